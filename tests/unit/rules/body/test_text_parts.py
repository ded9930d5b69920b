"""Which parts of a mail are its text: what a reader would see, once, however a program wrote it."""

import pytest

from server.rules.body.message_text import read_body
from tests.support.raw_mail import HEAD, file_part, html_part, multipart, raw_mail, raw_multipart, text_part

WORDS = "We take forty coils."


@pytest.mark.parametrize(
    "raw",
    [
        raw_mail('text/plain; charset=utf-8; name="mail.txt"', WORDS),
        raw_mail("text/plain", WORDS, 'Content-Disposition: inline; filename="offer.txt"'),
        raw_multipart("mixed", text_part(WORDS, parameters='; name="mail.txt"'), file_part("list.pdf")),
        raw_multipart("mixed", file_part("list.pdf"), text_part(WORDS, parameters='; name="text.txt"')),
        raw_multipart("alternative", text_part(WORDS, parameters='; name="a.txt"'), html_part(f"<p>{WORDS}</p>")),
        raw_multipart(
            "related", text_part(f"<p>{WORDS}</p>", "text/html", '; name="offer.html"'), file_part("list.pdf")
        ),
    ],
)
def test_a_named_body_is_text(raw):
    """A name without the word attachment makes no file of the body."""
    assert read_body(raw).text == WORDS
    assert read_body(raw).attachments in {(), ("list.pdf",)}


@pytest.mark.parametrize(
    "raw",
    [
        raw_multipart("mixed", text_part(WORDS), text_part("notes", parameters='; name="notes.txt"')),
        raw_multipart("mixed", text_part("notes", parameters='; name="notes.txt"'), text_part(WORDS)),
        raw_multipart(
            "mixed",
            text_part(WORDS),
            text_part("n", "text/plain", "", "Content-Disposition: inline; filename=notes.txt"),
        ),
        raw_multipart(
            "mixed",
            text_part(WORDS),
            text_part("n", "text/plain", "", "Content-Disposition: attachment; filename=notes.txt"),
        ),
    ],
)
def test_a_named_text_beside_a_body_is_a_file(raw):
    """Notes that somebody attached are not part of the words."""
    body = read_body(raw)

    assert body.text == WORDS
    assert body.attachments == ("notes.txt",)


QUOTE = "please confirm the order of twelve coils, their price, and the date of the delivery to gate B"


@pytest.mark.parametrize(
    ("plain", "markup", "expected"),
    [
        ("Your mail program shows no HTML. Please open this message in a browser.", "<p>Forty coils by Friday.</p>", "Forty coils by Friday."),
        ("このメールはHTML形式です。", "<p>十二個注文します。</p>", "十二個注文します。"),
        ("Cet e-mail ne peut pas être affiché par votre logiciel.", "<p>Nous prenons douze rouleaux.</p>", "Nous prenons douze rouleaux."),
        ("\u00a0\u200b\ufeff\n\u00ad", "<p>Hello.</p>", "Hello."),
        ("-", "<p>Yes, do it.</p>", "Yes, do it."),
        ("https://a.example/1", "<p>We order this one.</p>", "We order this one."),
        ("Mina Tarn\nTarn Mills", "<p>Rita, we take forty coils.</p><p>Mina Tarn<br>Tarn Mills</p>", "Rita, we take forty coils.\nMina Tarn\nTarn Mills"),
        ("Rita, we take forty coils and", "<p>Rita, we take forty coils and twelve drums by Friday.</p>", "Rita, we take forty coils and twelve drums by Friday."),
        (f"> {QUOTE}", f"<p>We accept it.</p><blockquote>{QUOTE}</blockquote>", f"We accept it.\n> {QUOTE}"),
        ("<p>We take <b>forty</b> coils.</p>", "<p>We take <b>forty</b> coils.</p>", WORDS),
        (WORDS, f"<p>{WORDS}</p>", WORDS),
        (f"{WORDS} See <https://a.example/list>", f"<p>{WORDS} <a href='https://a.example/list'>See</a></p>", f"{WORDS} See <https://a.example/list>"),
        ("We take forty coils, see the photo.", "<img src='cid:a' alt='x'>", "We take forty coils, see the photo."),
    ],
)  # fmt: skip
def test_the_fuller_alternative_is_the_text(plain, markup, expected):
    """The plain part, unless it is blank, a placeholder, or lacks words of the HTML."""
    assert read_body(raw_multipart("alternative", text_part(plain), html_part(markup))).text == expected


def test_a_poor_html_part_hides_no_words():
    """A long plain text stays, even where the HTML has other words."""
    plain = " ".join(f"word{number}" for number in range(120))

    assert (
        read_body(raw_multipart("alternative", text_part(plain), html_part("<p>Welcome to us all</p>"))).text == plain
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "<html><head><style>p{x:y}</style></head><body><p>Sent as plain text.</p></body></html>",
            "Sent as plain text.",
        ),
        ("<div>Hi <b>you</b></div>\n", "Hi you"),
        ("<p>Hi</p> is how one writes a paragraph", "<p>Hi</p> is how one writes a paragraph"),
        ("a < b and b > c", "a < b and b > c"),
    ],
)
def test_html_that_is_called_plain(content, expected):
    """Source from the first to the last character is HTML, a text about HTML is not."""
    assert read_body(raw_mail("text/plain; charset=utf-8", content)).text == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html charset=utf-8", "text/html;charset=utf-8;;", "text/html; charset", "html", "HTML", "text / html", '"text/html"', "text\\html",
        "text/html (a comment); charset=utf-8", 'text/html; charset="utf-8', "text/html, charset=utf-8", "Content-Type: text/html", "text/html; charset:utf-8",
        "text.html; charset=utf-8", "text", "",
    ],
)  # fmt: skip
def test_a_malformed_type(content_type):
    """What no standard allows, and programs write."""
    assert read_body(raw_mail(content_type, "<p>Größe <b>12</b>.</p>")).text == "Größe 12."


BOTH = "--xx\nContent-Type: text/plain\n\nWe take forty coils.\n--xx\nContent-Type: text/html\n\n<p>We take forty coils.</p>\n--xx--\n"


@pytest.mark.parametrize(
    "raw",
    [
        raw_mail("multipart/alternative", BOTH),
        raw_mail('multipart/alternative boundary="xx"', BOTH),
        raw_mail('multipart/alternative; boundary="xx";; charset=utf-8', BOTH),
        raw_mail('multipart/alternative; boundary="other"', BOTH),
        raw_mail("multipart/alternative; boundary='xx'", BOTH),
        raw_mail('multipart/alternative;\n\tboundary=\n\t"xx"', BOTH),
        raw_mail('multipart/alternative; boundary="xx"', BOTH.replace("--xx--\n", "")),
        raw_mail('multipart/alternative; boundary="xx"', f"a preamble\n\n{BOTH}an epilogue"),
        raw_mail('multipart/alternative; boundary="xx"', BOTH.replace("\n", "\r\n")),
        raw_mail('multipart/alternative; boundary="xx"', BOTH).replace(b"\n", b"\r"),
        raw_mail('multipart/alternative; boundary="xx"', BOTH.replace("--xx\n", "--xx \t\n")),
        raw_mail('multipart/alternative; boundary="xx"', BOTH.replace("--xx\n", "--xx\n\n")),
        HEAD + f"\nThis is a multi-part message in MIME format.\n\n{BOTH}".encode(),
        raw_mail("text/plain", BOTH),
    ],
)  # fmt: skip
def test_a_broken_boundary(raw):
    """Missing, undeclared, untrue, unclosed: the parts are found, and no line of them is text."""
    assert read_body(raw).text == WORDS


def test_boundaries_that_collide():
    """One boundary for two levels, and one that begins as the outer one does."""
    for inner in ("q", "q1"):
        both = multipart("alternative", text_part(WORDS), html_part(f"<p>{WORDS}</p>"), boundary=inner)
        body = read_body(raw_multipart("mixed", both, file_part("list.pdf")))

        assert body.text == WORDS
        assert body.attachments == ("list.pdf",)


def test_a_text_that_quotes_a_boundary_is_text():
    """Lines of a plain mail that only look like a boundary stay."""
    text = "We had:\n\n--xx\nContent-Type: text/plain\n\nwhat is it?"

    assert read_body(raw_mail("text/plain", text)).text == text


@pytest.mark.parametrize(
    "data",
    [
        "Content-Type: text/calendar\n\nBEGIN:VCALENDAR", "Content-Type: text/vcard\n\nBEGIN:VCARD", "Content-Type: text/x-vcard\n\nBEGIN:VCARD",
        "Content-Type: text/xml\n\n<a>b</a>", "Content-Type: text/csv\n\na;b", "Content-Type: application/json\n\n{}",
        "Content-Type: text/x-amp-html\n\n<html amp4email>", 'Content-Type: text/vnd.google.email-reaction+json\n\n{"emoji":"x"}',
        "Content-Type: text/css\n\np{}", "Content-Type: text/rtf\n\n{rtf}",
    ],
)  # fmt: skip
def test_data_is_no_text(data):
    """Neither beside the text nor among its renderings."""
    for kind in ("mixed", "alternative"):
        assert read_body(raw_multipart(kind, text_part(WORDS), data)).text == WORDS


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ('Content-Type: text/vnd.google.email-reaction+json\n\n{"emoji":"\\ud83d\\udc4d","version":1}', "👍"),
        ("Content-Type: text/vnd.google.email-reaction+json\n\n[1]", ""),
        ("Content-Type: text/x-amp-html\n\n<html amp4email><body><p>Yes.</p></body></html>", "Yes."),
        (
            "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nDESCRIPTION:Gate\n  B\\, at ten\nSUMMARY:Visit\nEND:VCALENDAR",
            "Visit\n\nGate B, at ten",
        ),
        ("Content-Type: text/enriched\n\n<bold>Yes</bold>,\nfriend <<3", "Yes, friend <3"),
        ("Content-Type: text/markdown\n\n**Yes**", "**Yes**"),
    ],
)
def test_alternatives_of_data_alone(part, expected):
    """What the data says in words stands for the text that is missing."""
    assert read_body(raw_multipart("alternative", part)).text == expected


@pytest.mark.parametrize(
    "parts",
    [
        (text_part(f"Dear Rita,\n\n{WORDS}"), html_part(f"<p>Dear Rita,</p><p>{WORDS}</p>")),
        (html_part(f"<p>Dear Rita,</p><p>{WORDS}</p>"), text_part(f"Dear Rita,\n\n{WORDS}")),
        (
            multipart("alternative", text_part(f"Dear Rita, {WORDS}"), boundary="z"),
            html_part(f"<p>Dear Rita, {WORDS}</p>"),
        ),
    ],
)
@pytest.mark.parametrize("kind", ["mixed", "related"])
def test_renderings_beside_each_other_count_once(kind, parts):
    """Programs that know no alternatives."""
    assert read_body(raw_multipart(kind, *parts)).text.count(WORDS) == 1


def test_different_texts_all_count():
    """A footer, or two texts of one kind, are no renderings."""
    raw = raw_multipart(
        "mixed", html_part(f"<p>{WORDS}</p>"), text_part("The gateway checked this mail."), html_part(f"<p>{WORDS}</p>")
    )

    assert read_body(raw).text == f"{WORDS}\n\nThe gateway checked this mail.\n\n{WORDS}"
