"""History is taken off; no word of the author's is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.bodies.replies import score_stripper
from server.rules.body.quoting import own_text


def test_nothing_is_over_cut_in_other_peoples_fixtures():
    found = score_stripper(own_text)

    assert found.over == []
    assert len(found.exact) >= 47


@pytest.mark.parametrize(
    "text", ["A\n\n> q\n\nanswer", "See:\n\n---------- Forwarded message ---------\nFrom: a@b.example\n\nx", "> q"]
)
def test_answers_between_quotes_and_forwards_are_kept(text):
    assert own_text(text) == text


@given(st.text(max_size=300))
def test_lines_of_the_rest_stand_in_the_text_in_order(text):
    assert own_text(text) in text


def test_a_forward_of_an_old_program_keeps_what_it_forwards() -> None:
    text = (
        "Look at this.\n\n--- begin forwarded text\n\nDate: Tue, 24 Sep 2002\nFrom: Bob\nTo: Ann\nSubject: x\n\nHello\n"
    )
    assert "Hello" in own_text(text, "Re: x")


ATTRIBUTIONS = (
    "On Mon, 1 Jun 2026 at 10:12, Ann Vale <ann@acme.example> wrote:",
    "Am Mo., 1. Juni 2026 um 10:12 Uhr schrieb Ann Vale <ann@acme.example>:",
    "Am 01.06.2026 um 10:12 schrieb Ann Vale:",
    "Le lun. 1 juin 2026 à 10:12, Ann Vale <ann@acme.example> a écrit :",
    "El lun, 1 jun 2026 a las 10:12, Ann Vale (<ann@acme.example>) escribió:",
    "Em seg., 1 de jun. de 2026 às 10:12, Ann Vale <ann@acme.example> escreveu:",
    "Il giorno lun 1 giu 2026 alle ore 10:12 Ann Vale <ann@acme.example> ha scritto:",
    "Op ma 1 jun 2026 om 10:12 schreef Ann Vale <ann@acme.example>:",
    "Den mån 1 juni 2026 kl 10:12 skrev Ann Vale <ann@acme.example>:",
    "Den man. 1. jun. 2026 kl. 10.12 skrev Ann Vale <ann@acme.example>:",
    "man. 1. juni 2026 kl. 10:12 skrev Ann Vale <ann@acme.example>:",
    "ma 1. kesäk. 2026 klo 10.12 Ann Vale <ann@acme.example> kirjoitti:",
    "pon., 1 cze 2026 o 10:12 Ann Vale <ann@acme.example> napisał(a):",
    "po 1. 6. 2026 v 10:12 odesílatel Ann Vale <ann@acme.example> napsal:",
    "po 1. 6. 2026 o 10:12 Ann Vale <ann@acme.example> napísal(a):",
    "Ann Vale <ann@acme.example> ezt írta (időpont: 2026. jún. 1., H, 10:12):",
    "În lun., 1 iun. 2026 la 10:12, Ann Vale <ann@acme.example> a scris:",
    "Ann Vale <ann@acme.example>, 1 Haz 2026 Pzt, 10:12 tarihinde şunu yazdı:",
    "пн, 1 июн. 2026 г. в 10:12, Ann Vale <ann@acme.example>:",
    "1 июня 2026 г., 10:12, Ann Vale <ann@acme.example> написал:",
    "пн, 1 черв. 2026 р. о 10:12 Ann Vale <ann@acme.example> пише:",
    "Στις Δευ 1 Ιουν 2026 στις 10:12 π.μ., ο χρήστης Ann Vale <ann@acme.example> έγραψε:",
    "2026年6月1日(月) 10:12 Ann Vale <ann@acme.example>:",
    "Ann Vale <ann@acme.example> 于2026年6月1日周一 10:12写道：",
    "Ann Vale <ann@acme.example> 於 2026年6月1日 週一 上午10:12寫道：",
    "2026년 6월 1일 (월) 오전 10:12, Ann Vale <ann@acme.example>님이 작성:",
    "בתאריך יום ב׳, 1 ביוני 2026 ב-10:12 מאת Ann Vale <ann@acme.example>:",
    "في الاثنين، 1 يونيو 2026 في 10:12 ص تمت كتابة ما يلي بواسطة Ann Vale <ann@acme.example>:",
    "Vào Th 2, 1 thg 6, 2026 vào lúc 10:12 Ann Vale <ann@acme.example> đã viết:",
    "ในวันที่ จ. 1 มิ.ย. 2026 เวลา 10:12 Ann Vale <ann@acme.example> เขียนว่า:",
    "Pada tanggal Sen, 1 Jun 2026 pukul 10.12 Ann Vale <ann@acme.example> menulis:",
    "El dl., 1 de juny 2026 a les 10:12, Ann Vale <ann@acme.example> va escriure:",
)


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_history_under_an_attribution_of_any_language_is_apart(line: str) -> None:
    assert own_text(f"Monday suits us.\n\n{line}\n\n> When?\n>\n> Ann\n", "Re: Visit") == "Monday suits us."


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_answer_between_the_lines_keeps_what_it_answers(line: str) -> None:
    text = f"{line}\n> When?\nMonday.\n> Where?\nAt the hall.\n"
    own = own_text(text, "Re: Visit")
    assert "Monday." in own
    assert "At the hall." in own
    assert "> Where?" in own


HEADER_BLOCKS = (
    "From: Ann Vale\nSent: Monday, 1 June 2026 10:12\nTo: Ada Byron\nSubject: Visit",
    "Von: Ann Vale\nGesendet: Montag, 1. Juni 2026 10:12\nAn: Ada Byron\nBetreff: Besuch",
    "De : Ann Vale\nEnvoyé : lundi 1 juin 2026 10:12\nÀ : Ada Byron\nObjet : Visite",
    "De: Ann Vale\nEnviado el: lunes, 1 de junio de 2026 10:12\nPara: Ada Byron\nAsunto: Visita",
    "Da: Ann Vale\nInviato: lunedì 1 giugno 2026 10:12\nA: Ada Byron\nOggetto: Visita",
    "Van: Ann Vale\nVerzonden: maandag 1 juni 2026 10:12\nAan: Ada Byron\nOnderwerp: Bezoek",
    "Från: Ann Vale\nSkickat: den 1 juni 2026 10:12\nTill: Ada Byron\nÄmne: Besök",
    "Od: Ann Vale\nWysłano: 1 czerwca 2026 10:12\nDo: Ada Byron\nTemat: Wizyta",
    "От: Ann Vale\nОтправлено: 1 июня 2026 г. 10:12\nКому: Ada Byron\nТема: Визит",
    "差出人: Ann Vale\n送信日時: 2026年6月1日 10:12\n宛先: Ada Byron\n件名: 訪問",
    "发件人: Ann Vale\n发送时间: 2026年6月1日 10:12\n收件人: Ada Byron\n主题: 访问",
)


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_history_under_a_block_of_headers_is_apart_and_a_forward_is_kept(block: str) -> None:
    text = f"Monday suits us.\n\n{block}\n\nWhen can you come?\n"
    assert own_text(text, "RE: Visit") == "Monday suits us."
    assert "When can you come?" in own_text(text, "FW: Visit")


@pytest.mark.parametrize(
    "text",
    [
        "He wrote: come on Monday.\nThat is what he wrote:\nMonday.",
        "On 1 June 2026 we met.\nYou wrote: fine.\nWe agree.",
        "From: the hall\nTo: the dock\nthat is 40 metres.",
        "Prices:\n- lamp 5\n- post 7\n\nThe rest is as agreed.",
        "-- \nAda\nPS: the offer ends on Friday, please answer.\n" * 6,
    ],
)
def test_nothing_is_cut_that_only_looks_like_history(text: str) -> None:
    said = [line for line in text.split("\n") if line.strip() and line != "-- "]
    own = own_text(text, "Lamps")
    assert sum(line in own for line in said) >= len(said) - 2
