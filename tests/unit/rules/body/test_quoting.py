"""History is taken off; no word of the author's is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.bodies import figures, marked
from bench.bodies.replies import score_stripper
from server.rules.body.quoting import has_answer_prefix, own_text


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


def test_no_line_of_an_author_is_lost_and_history_goes_in_the_marked_mails() -> None:
    mails = [mail for mails in figures.list_sets().values() for mail in mails]
    score = marked.score_stripper(figures.strip_mail, mails)

    assert score.missing == ()
    assert score.replies > 350
    assert len(score.history_left) <= figures.MOST_HISTORY_LEFT * score.replies
    assert len(score.furniture_left) <= 2


def test_the_rest_of_the_rest_is_itself() -> None:
    for mails in figures.list_sets().values():
        for mail in mails:
            own = figures.strip_mail(mail)
            assert own_text(own, mail.subject, is_answer=mail.is_answer) == own, mail.name


WORDS = st.sampled_from(
    ["We take the rope.", "at gate 4", "Ann", "12 coils", "see you on Friday", "Price: 98", "", "- red"]
)


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_a_new_mail_without_a_signature_is_unchanged(lines: list[str]) -> None:
    text = "\n".join(["Hello Rita,", *lines, "Thank you"])
    assert own_text(text, "Rope", is_answer=False) == text


LINES = st.sampled_from(
    [
        "We take the rope.", "> When?", "On Mon, 1 Jun 2026 at 10:12, Ann Vale <ann@acme.example> wrote:", "", "--", "From: Ann Vale <ann@acme.example>",
        "Sent: Monday, 1 June 2026 10:12", "To: Ada", "Subject: Visit", "Sent from my iPhone", "-----Original Message-----", "Ann", "CAUTION: external email, do not click",
        "________________________________", "Monday.", "To unsubscribe from this group, send an email", "see below", "> On 1 Jun 2026, Ann wrote:", "The end:",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=25), st.sampled_from(["", "Re: Visit", "Visit", "FW: Visit"]), st.booleans())
def test_the_rest_is_made_of_lines_of_the_text_in_order(lines: list[str], subject: str, is_answer: bool) -> None:
    text = "\n".join(lines)
    remaining = iter(text.split("\n"))
    own = own_text(text, subject, is_answer=is_answer)
    assert all(any(line.strip() == other.strip() for other in remaining) for line in own.split("\n") if own)


@given(st.lists(LINES, min_size=1, max_size=20))
def test_what_an_author_writes_below_a_quote_is_kept(lines: list[str]) -> None:
    text = "\n".join([*lines, "> And the hook?", "The hook is bent, take another."])
    own = own_text("On Mon, 1 Jun 2026 at 10:12, Ann Vale <ann@acme.example> wrote:\n> Hello\n" + text, "Re: Visit")
    # A whole attribution above words without quote signs begins history, as a block of headers does.
    hard = ("From:", "-----Original", "On Mon, 1 Jun 2026 at 10:12, Ann Vale <ann@acme.example> wrote:")
    if not any(line.startswith(hard) for line in lines) and "Sent: Monday, 1 June 2026 10:12" not in lines:
        assert "The hook is bent" in own


@pytest.mark.parametrize(
    "subject",
    [
        "Re: a",
        "RE[2]: a",
        "AW: a",
        "Antw.: a",
        "SV: a",
        "回复：a",
        "답장: a",
        "R: a",
        "Odp: a",
        "Ynt: a",
        "RES: a",
        "Réf : a",
        "ΑΠ: a",
        "Trả lời: a",
    ],
)
def test_prefixes_of_answers(subject: str) -> None:
    assert has_answer_prefix(subject)


@pytest.mark.parametrize("subject", ["Fwd: a", "WG: a", "Order: 12", "Rope", "", "Real: a", "12: a"])
def test_other_subjects_answer_nothing(subject: str) -> None:
    assert not has_answer_prefix(subject)


HISTORY = "From: Ann Vale <ann@acme.example>\nSent: Monday, 1 June 2026 10:12\nTo: Ada Byron\nSubject: Visit\n\nWhich gate?\nGate B, on Friday.\n"


@pytest.mark.parametrize(
    "pointer",
    [
        "My answers are in red below.", "Please see my comments inline.", "I have replied within your email.", "Responses in CAPS.", "See below:", "Antworten siehe unten.",
        "Meine Kommentare sind direkt im Text.", "Ich habe Ihre Fragen unten in grün beantwortet.", "Voir mes réponses ci-dessous.", "J'ai répondu en rouge dans votre mail.",
        "Respondo en verde abajo.", "Ver mis comentarios más abajo en rojo.", "Respondi em azul no corpo do e-mail.", "Ho risposto sotto, in blu.", "Mijn antwoorden staan hieronder.",
        "Svaren finns nedan.", "Mine svar er med rødt.", "Vastaan alla.", "Odpowiedzi w treści na czerwono.", "Odpovědi jsou níže červeně.", "Válaszok alább.", "Răspunsurile sunt mai jos.",
        "Yanıtlarım aşağıda.", "Ответы ниже.", "Відповіді нижче червоним.", "Οι απαντήσεις μου είναι παρακάτω.", "赤字でお答えします。", "文中に回答を記入しました。", "我的回复在下面。", "답변은 아래에 있습니다.",
    ],
)  # fmt: skip
def test_where_the_author_points_below_everything_stays(pointer: str) -> None:
    assert "Gate B, on Friday." in own_text(f"Hello Ann,\n\n{pointer}\n\nAda\n\n{HISTORY}", "RE: Visit")


@pytest.mark.parametrize(
    "sentence",
    [
        "Our price is below 98.", "As you wrote in your email, it is late.", "Thank you for your answer.", "Vielen Dank für Ihre Antwort.", "We take the red rope.", "Merci de votre réponse.",
        "Gracias por su respuesta.", "Grazie per la risposta.", "Bedankt voor je antwoord.", "Tack för svaret.", "Dziękuję za odpowiedź.", "Спасибо за ответ.", "ご回答ありがとうございます。", "感谢您的回复。",
    ],
)  # fmt: skip
def test_a_sentence_that_points_nowhere_keeps_no_history(sentence: str) -> None:
    assert own_text(f"Hello Ann,\n\n{sentence}\n\nAda\n\n{HISTORY}", "RE: Visit") == f"Hello Ann,\n\n{sentence}\n\nAda"


def test_paragraphs_right_above_an_attribution_are_the_authors() -> None:
    above = "Please deliver\non Monday, 8 June 2026 at 14:30\nto gate 4 of Ann's hall\nAda"
    for line in (
        "On Mon, 1 Jun 2026, Ann Vale wrote:",
        "Am 01.06.2026 um 10:12 schrieb Ann Vale:",
        "Ann Vale <ann@acme.example> wrote:",
    ):
        assert own_text(f"{above}\n{line}\n> When?", "Re: Visit") == above


@pytest.mark.parametrize(
    "block",
    [
        "From: Oslo\nTo: Bergen\nDate: Friday\nPersons: 2", "From: 8:00\nTo: 16:00\nDate: 3 June 2026\nSubject: shift", "Von: Kiel\nAn: Oslo\nDatum: 3.6.2026, 8:30 Uhr\nBetreff: Kran\nGewicht: 2 t",
        "De : Brest\nÀ : Nantes\nDate : lundi\nObjet : treuil", "Od: Gdynia\nDo: Oslo\nData: 3 czerwca\nTemat: lina",
    ],
)  # fmt: skip
def test_own_lines_with_labels_in_an_answer_are_kept(block: str) -> None:
    text = f"Yes please, as follows:\n\n{block}\n\nThanks, Ada"
    assert own_text(text, "Re: Visit") == text


def test_answers_between_quoted_lines_under_an_outlook_block_are_kept() -> None:
    text = "Ada here.\n\n-----Original Message-----\nFrom: Ann <ann@acme.example>\nSent: 1 June 2026 10:12\nTo: Ada\nSubject: x\n\n> When?\nMonday.\n> Where?\nGate B.\n"
    own = own_text(text, "RE: x")
    assert "Monday." in own
    assert "Gate B." in own


def test_a_mark_of_what_is_left_out_stands_before_the_quote() -> None:
    text = (
        "Hello\n\nFriday, 5 June 2026, 10:12:00, Ann <ann@acme.example> wrote:\n\n[...]\n\nAV> Which gate?\nGate B.\n"
    )
    assert "Gate B." in own_text(text, "Re: x")


def test_finnish_answers_and_danish_forwards_have_one_prefix() -> None:
    finnish = "Sopii.\n\nLähettäjä: Ann <ann@acme.example>\nLähetetty: 1. kesäkuuta 2026 10.12\nVastaanottaja: Ada\nAihe: x\n\nMilloin?"
    danish = "Se her.\n\nFra: Ann <ann@acme.example>\nSendt: 1. juni 2026 10:12\nTil: Ada\nEmne: x\n\nUdbuddet lukker."
    assert own_text(finnish, "VS: x") == "Sopii."
    assert "Udbuddet lukker." in own_text(danish, "VS: x")


def test_a_forward_that_lost_its_prefix_is_whole() -> None:
    text = f"Please handle.\n\n{HISTORY}"
    assert own_text(text, "Tender of the port").strip() == text.strip()
    assert own_text(text, "Tender of the port", is_answer=False).strip() == text.strip()


@pytest.mark.parametrize("quote", [">10 kN for the hall\n>25 kN for the quay", "> press slow\n> wait ten seconds"])
def test_lines_that_an_author_began_with_a_quote_sign_are_kept(quote: str) -> None:
    text = f"These are the limits:\n\n{quote}"
    assert own_text(text, "Re: Limits") == text
    assert own_text(text.replace(":", ""), "Limits") == text.replace(":", "")


@pytest.mark.parametrize(
    "own",
    [
        "Book:\n\nFrom: Oslo 08:15\nTo: Bergen 09:20\nDate: 5 Oct 2026\nSubject: DY 1207", "Date: 5 October 2026\nFrom: 16:12\nTo: 18:00\nSubject: crane test", "-- Original Message --\nis the name of the ship",
        "Guests\n\nOtto Fjord\n5 October 2026, 16:12\n\nPlease confirm.", "| a | b |\n| 1 | 2 |", "On 5 October 2026 at 16:12 your driver Jens wrote:\nnobody was there.\nThat is wrong.",
        "2026年10月5日 16:12に貴社の運転手のメール:\n誰もいない。", "Path:\nStart\n> Programs\n> Tools", "PS> Get-Process\nPS> Stop-Process", "Quoting Otto: yes.",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "below", ["", HISTORY, "On Mon, 1 Jun 2026 at 10:12, Ann Vale <ann@acme.example> wrote:\n> When?"]
)
def test_own_lines_above_history_are_kept_and_the_history_goes(own: str, below: str) -> None:
    assert own_text(f"Hello Ann,\n\n{own}\n\n{below}", "Re: Visit") == f"Hello Ann,\n\n{own}"


POINTERS = (
    "please see my answers below in red.", "my comments are in blue in your mail.", "Answers in the text below.", "see my answers inline", "Comments in line below", "My answers in CAPITALS below",
    "See my notes in green.", "I've answered your questions below", "Replies in red", "Please find our responses below each question.", "I have put my answers next to your questions.", "answers after each point",
    "My reply is in between your lines", "Please scroll down for my answers", "Inline:", "Inline replies from me", "Answered below.", "[Mina] marks my answers below",
    "Antworten in Rot", "Meine Antworten unten im Text", "siehe meine Anmerkungen in rot", "s.u.", "Antworten stehen direkt unter den Fragen", "Antworten jeweils unter Ihren Fragen.",
    "anbei die Antworten in blau", "Ich habe unten geantwortet.", "Antworten siehe im Text", "Bitte unten weiterlesen, Antworten in grün", "Kommentare siehe unten", "Réponses en rouge ci-dessous",
    "Mes commentaires en bleu", "voir réponses dans le texte", "Je réponds ci-dessous", "Réponses entre les lignes", "réponses à la suite de vos questions", "Respuestas en rojo",
    "Mis respuestas abajo", "Contesto entre líneas", "Te contesto debajo de cada pregunta", "Ver respuestas en azul", "Respostas abaixo", "Minhas respostas em vermelho",
    "Respondi no corpo do email", "Seguem respostas em azul", "Risposte in rosso", "Ti rispondo qui sotto", "Vedi commenti sotto", "Risposte in blu nel testo",
    "Antwoorden hieronder", "Zie antwoorden in rood", "Mijn reactie in blauw", "Zie mijn opmerkingen in de tekst", "Svar nedan", "Mina svar i rött",
    "Se svar i texten", "Svarar nedan i blått", "Svar nedenfor", "Mine svar med rødt", "Se kommentarer i teksten", "Svar i teksten med rødt",
    "Svar står i rødt under", "Vastaukset alla", "Vastaukset punaisella", "Vastaan tekstin sekaan", "Kommentit sinisellä", "Odpowiedzi poniżej",
    "Odpowiedzi na czerwono", "Odpowiedziałam w tekście", "Moje uwagi na niebiesko", "Odpovědi níže", "Odpovědi červeně", "Odpovídám v textu",
    "Moje komentáře modře", "Odpovede nižšie", "Odpovede červenou", "Válaszok lent", "A válaszaim pirossal", "Lásd lent",
    "Válaszoltam a szövegben", "Răspunsuri mai jos", "Răspunsurile cu roșu", "Am răspuns în text", "Cevaplar aşağıda", "Cevaplarım kırmızı",
    "Yanıtlar metin içinde", "Cevaplar kırmızı renkte", "Ответы ниже", "Мои ответы красным", "Ответил в тексте", "Ответы выделены красным",
    "см. ниже", "Комментарии синим", "Відповіді нижче", "Мої відповіді червоним", "Відповів у тексті", "Απαντώ παρακάτω",
    "Οι απαντήσεις με κόκκινο", "Απαντήσεις στο κείμενο", "回答は赤字です。", "下記に回答します。", "インラインで失礼します。", "青字で回答",
    "以下に回答いたします。", "文中にて回答いたします", "请见下文红字", "回复见红色部分", "我的答复在下面", "见下面蓝色字",
    "請見下方紅字回覆", "答复如下，见原文中红字", "아래 답변드립니다", "빨간색으로 답변", "본문에 답변 남깁니다", "답변은 파란색입니다",
)  # fmt: skip
SENTENCES = (
    "The answer is no.", "Thank you for your quick reply.", "I will answer tomorrow.", "The comments of Otto were good.", "Find the drawing attached.", "See you on Monday.",
    "We see a problem in your message.", "The price is below our limit, we agree.", "Please note our new address.", "Danke für die Rückmeldung.", "Die Antwort kommt morgen.", "Unten am Hafen ist Platz.",
    "Wir nehmen die rote Farbe.", "Merci pour votre retour.", "La réponse est oui.", "Le treuil est en bas.", "La respuesta es sí.", "El precio está abajo del límite.",
    "La risposta è sì.", "Het antwoord is ja.", "Svaret är ja.", "Svaret er ja, vi ses under mødet.", "Vastaus on kyllä.", "Odpowiedź brzmi tak.",
    "Odpověď je ano.", "A válasz igen.", "Răspunsul este da.", "Cevap evet.", "Ответ да.", "Відповідь так.",
    "Η απάντηση είναι ναι.", "答えは「はい」です。", "ご返信ありがとうございます。", "以下の通りお願いします。", "回复收到，谢谢。", "见面时间定在周一。",
    "답변 감사합니다.", "확인했습니다.",
)  # fmt: skip


@pytest.mark.parametrize("pointer", POINTERS)
def test_more_ways_to_point_below(pointer: str) -> None:
    assert "Gate B, on Friday." in own_text(f"Ann,\n\n{pointer}\n\nAda\n\n{HISTORY}", "RE: Visit")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_more_sentences_that_point_nowhere(sentence: str) -> None:
    assert "Gate B" not in own_text(f"Ann,\n\n{sentence}\n\nAda\n\n{HISTORY}", "RE: Visit")


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_answers_between_the_lines_below_words_of_the_author_are_kept(line: str) -> None:
    own = own_text(
        f"Hello Ann, a few words.\n\n{line}\n\n> When?\n\nMonday.\n\n> Where?\n\nAt the hall.\n\n> Ann\n", "Re: Visit"
    )
    assert own.startswith("Hello Ann, a few words.")
    assert "> When?\n\nMonday.\n\n> Where?\n\nAt the hall." in own
    assert "> Ann" not in own


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_answer_below_a_quote_with_words_above_is_kept(line: str) -> None:
    text = f"Hello Ann,\n\n{line}\n> When?\n\nMonday, at the hall."
    assert own_text(text, "Re: Visit") == text


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_answers_between_quoted_lines_under_a_block_of_headers_are_kept(block: str) -> None:
    own = own_text(f"Hello Ann.\n\n{block}\n\n> When?\nMonday.\n> Where?\nAt the hall.\n", "Re: Visit")
    assert "Monday." in own
    assert "At the hall." in own


@pytest.mark.parametrize(
    "above",
    [
        "The ferry leaves\nat 14:30",
        "We come\non Monday 12 October 2026",
        "We come\non 12 October 2026 at 14:30",
        "Write to otto@f.example\nAda",
        "Wir kommen\nam 12.10.2026 um 14:30 Uhr",
        "Nous venons\nle 12/10/2026 à 14:30",
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "Ann Vale <ann@acme.example> wrote:",
        "Ann Vale wrote:",
        "On Mon, 1 Jun 2026, Ann Vale wrote:",
        "Am 01.06.2026 um 10:12 schrieb Ann Vale:",
    ],
)
def test_lines_above_an_attribution_that_could_open_it_are_kept(above: str, line: str) -> None:
    assert own_text(f"{above}\n{line}\n> When?", "Re: Visit") == above


@pytest.mark.parametrize(
    "mark",
    [
        "-------- Original Message --------\nOn Monday, 06/01/26 at 10:12 Ann Vale <ann@acme.example> wrote:\n", "Ann Vale <ann@acme.example>\n1 June 2026 at 10:12\n",
        "________________________________\nFrom: Ann Vale <ann@acme.example>\nSent: 1 June 2026 10:12\nTo: Ada\nSubject: x\n", "----- Original Message -----\nFrom: Ann <ann@acme.example>\nTo: Ada\nSent: Monday, June 01, 2026 10:12 AM\nSubject: x\n",
    ],
)  # fmt: skip
def test_answers_between_quoted_lines_under_other_marks_are_kept(mark: str) -> None:
    own = own_text(f"Hello Ann.\n\n{mark}\n> When?\nMonday.\n> Where?\nAt the hall.\n", "Re: x")
    assert "Monday." in own
    assert "At the hall." in own
    assert own_text(f"Hello Ann.\n\n{mark}\n> When?\n> Where?\n", "Re: x") == "Hello Ann."


def test_an_answer_put_into_any_quoted_history_is_kept() -> None:
    answer = "Here is an answer, gate B please."
    count = 0
    for mails in figures.list_sets().values():
        for mail in (mail for mail in mails if mail.is_answer):
            lines = mail.text.split("\n")
            quoted = [
                at
                for at, (mark, line) in enumerate(mail.lines)
                if mark is marked.Mark.HISTORY
                and re.match(r"\s?>+ ?\w", line)
                and not re.search(r"wrote|@|:$|\d{4}", line)
            ]
            if not quoted:
                continue
            end = quoted[-1] + 1
            count += 1
            for text in (
                [*lines[:end], answer, *lines[end:]],
                [*lines[:end], "", answer, "", *lines[end:]],
                [*lines, "", answer],
            ):
                assert answer in own_text("\n".join(text).strip(), mail.subject), mail.name
    assert count > 200
