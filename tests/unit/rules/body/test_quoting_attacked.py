"""What a hostile reader made the stripper lose or leak, and siblings of it."""

from __future__ import annotations

import pytest

from server.rules.body.quoting import has_answer_prefix, own_text

BLOCK = """From: Rita Holm <rita@quayside.example>
Sent: Monday, October 5, 2026 4:12 PM
To: Mina Tarn <mina@tarn.example>
Subject: Lamps

our floor price is 98"""
GMAIL = "On Mon, 5 Oct 2026 at 16:12, Rita Holm <rita@quayside.example> wrote:\n\n> our floor price is 98"


@pytest.mark.parametrize(
    "text",
    [
        "You are receiving this message because you are on our short list.\nWe chose you for the lamps.\nPlease send the contract.",
        "To unsubscribe, please send me the right link.\nI will order 50 lamps anyway.",
        "Sie erhalten diese E-Mail, weil Sie unser Angebot gewonnen haben.\nWir bestellen 50 Lampen.",
        "Vous recevez ce message car vous êtes notre fournisseur préféré.\nNous commandons 50 lampes.",
        "To leave, go to gate 4 and hand in the badge.\nLunch is at noon.",
        "Posted by: DHL, tracking 123\nPlease sign.",
        "Danke.\n-----------------\nDie Liste der offenen Punkte:\nPreis 98 Euro\nTermin Freitag",
        "Gracias.\n-----------------\nLista de precios que pedimos\nrojo 98",
        "We get your list twice a week.\n\nTo unsubscribe from the price list, whom must I ask?\n\nMina",
    ],
)
def test_words_of_a_lists_footer_are_the_authors_without_an_address(text: str) -> None:
    assert own_text(text, "Lamps", is_answer=False) == text
    assert own_text(f"{text}\n\n{GMAIL}", "Re: Lamps") == text


def test_a_footer_with_an_address_goes() -> None:
    footer = "You received this message because you are subscribed to the group.\nTo unsubscribe, visit https://lists.tarn.example"
    assert own_text(f"Monday suits us.\n\n-- \n{footer}", "Re: Lamps") == "Monday suits us."


@pytest.mark.parametrize(
    "text",
    [
        'On 5 October 2026 at 16:12 you wrote:\n"We accept 98."\n\nThat is not what we agreed. We withdraw the order.',
        "Am 5. Oktober 2026 um 16:12 schrieb Max Weber:\n„Wir liefern am Freitag.“\n\nNichts kam an. Wir stornieren.",
        "Le 5 octobre 2026 à 16h12 Monsieur Jean Dupont a écrit :\n« nous livrons vendredi ».\nRien n'est arrivé.",
        "On October 5, 2026 at 10:00 AM Otto Lund of Byron Works said:\nWe will buy 50.\nJun agreed.",
        "Am 05.10.2026 um 10:00 bitte anmelden bei ops@tarn.example:\nTor 3, Kennwort Lampe.",
    ],
)
def test_what_an_author_cites_is_the_authors(text: str) -> None:
    text = f"Dear Rita,\n\n{text}"
    assert own_text(text, "Re: Lamps") == text


@pytest.mark.parametrize(
    "text",
    [
        "We can offer these visits.\n\nHamburg Office\n05.10.2026 16:00\n\nOslo Office\n06.10.2026 10:00\n\nPlease choose one.",
        "These people come.\n\nAnna Berg\n05.10.2026 09:00\n\nOtto Lund\n05.10.2026 10:30\n\nLia Sund\n06.10.2026 08:00",
    ],
)
def test_a_list_of_names_and_dates_is_the_authors(text: str) -> None:
    assert own_text(text, "Re: Lamps") == text


@pytest.mark.parametrize(
    "tag", ["[EXT]", "[EXTERNAL EMAIL]", "[External] [Ticket 123]", "*** EXTERN ***", "EXTERNAL MAIL -"]
)
@pytest.mark.parametrize("prefix", ["FW:", "WG:", "RE:", "AW:"])
def test_a_gateways_tag_hides_no_prefix(tag: str, prefix: str) -> None:
    own = own_text(f"Please look.\n\n{BLOCK}", f"{tag} {prefix} Lamps")
    assert ("floor price" in own) is (prefix in {"FW:", "WG:"})
    assert has_answer_prefix(f"{tag} {prefix} Lamps") is (prefix in {"RE:", "AW:"})


@pytest.mark.parametrize("above", ["Sent from my iPhone\n\n", "\n", "-\n\n", "Von meinem iPhone gesendet\n\n"])
def test_an_answer_without_own_words_sends_nothing(above: str) -> None:
    assert own_text(above + BLOCK, "Re: Lamps") in {"", "-"}


def test_an_answer_below_an_attribution_without_quote_signs_is_kept() -> None:
    text = "On Mon, 5 Oct 2026 at 16:12, Rita Holm <rita@quayside.example> wrote:\nIs 98 fine?\n\nYes, it is."
    assert own_text(text, "Re: Lamps") == text


@pytest.mark.parametrize(
    "last",
    [
        "Important: this offer is confidential and intended only for Acme. Do not disclose it. We need your signature by Friday.",
        "If you received two invoices by mistake, please inform us and destroy the confidential one. We pay only one.",
        "If you received the confidential drawings in error, please notify us and delete them.",
        "Diese Preisliste ist vertraulich und nur für Empfänger in Ihrem Haus bestimmt. Bitte löschen Sie die alte Liste.",
    ],
)
def test_an_authors_secrecy_is_no_legal_notice(last: str) -> None:
    text = f"Dear Rita,\n\nhere is the offer.\n\n{last}"
    assert own_text(text, "Lamps", is_answer=False) == text


@pytest.mark.parametrize("comment", ["[Mina Tarn] 98 is fine", "[MT] 98 Euro", "[Tarn, Mina] 98", "[Mina] yes"])
def test_comments_that_outlook_marks_keep_the_mail_below(comment: str) -> None:
    own = own_text(f"Hi Rita, thanks.\n\n{BLOCK}\n{comment}", "Re: Lamps")
    assert comment in own


@pytest.mark.parametrize(
    "line", ["[cid:image001.png]", "[EXTERNAL]", "[1] https://tarn.example", "[mailto:a@b.example]"]
)
def test_other_brackets_are_no_comments(line: str) -> None:
    assert own_text(f"Hi Rita, thanks.\n\n{BLOCK}\n{line} more", "Re: Lamps") == "Hi Rita, thanks."


def test_a_reason_is_no_warning_of_a_gateway() -> None:
    text = "This message was sent from outside the company network, because our VPN is down.\nPlease call me."
    assert own_text(text, "Lamps", is_answer=False) == text


def test_a_number_under_dashes_that_a_colon_announces_stays() -> None:
    text = "My number changed, please call:\n--\n+47 22 33 44 55"
    assert own_text(text, "Lamps", is_answer=False) == text


def test_empty_quoted_lines_cost_linear_time() -> None:
    """Each quoted line once looked at all lines above it."""
    assert own_text("Yes.\n" + ">\nx\n" * 40_000, "Re: Lamps").startswith("Yes.")
