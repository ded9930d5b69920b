"""Charsets that no field names, or that the header and the HTML name differently."""

import pytest

from server.rules.body.charsets import decode_bytes
from server.rules.body.mime.charset_guess import guess_charset

TEXTS = {
    "Russian": ("Добрый день, Рита! Мы берём двенадцать барабанов.", ("cp1251", "koi8-r", "iso8859-5")),
    "Russian in capitals": ("ПРИВЕТ, РИТА", ("cp1251",)),
    "Ukrainian": ("Доброго дня, ми згодні на вашу ціну.", ("cp1251", "koi8-u")),
    "Greek": ("Καλημέρα, δεχόμαστε την προσφορά σας.", ("cp1253",)),
    "Hebrew": ("שלום ריטה, אנחנו מקבלים את ההצעה.", ("cp1255",)),
    "Arabic": ("مرحبا، نحن نقبل العرض الخاص بك", ("cp1256",)),
    "Thai": ("สวัสดีค่ะ เรายอมรับข้อเสนอ", ("cp874",)),
    "Japanese": ("見積書を送付いたします。よろしくお願いします。", ("cp932", "euc-jp")),
    "Korean": ("안녕하세요, 로프 열두 개를 주문합니다.", ("cp949",)),
    "Chinese": ("你好，我们订购十二个滚筒，请周一发货。", ("gb18030",)),
    "Taiwanese": ("您好，我們訂購十二個滾筒，請週一出貨。", ("big5",)),
}


@pytest.mark.parametrize("declared", ["", "us-ascii", "iso-8859-1", "utf-8", "no-such-charset"])
@pytest.mark.parametrize("language", TEXTS)
def test_text_that_names_no_charset(language, declared):
    """Or names the default of a program, which it is not."""
    text, codecs = TEXTS[language]
    for codec in codecs:
        assert decode_bytes(text.encode(codec), declared) == text


@pytest.mark.parametrize(
    "text",
    ["Grüße und Äpfel für Übermütige", "Été à Nîmes, élève reçue", "“Hello” – it’s €5", "Ærø på øen", "ÄÖÜ äöü", "ü"],
)
def test_western_text_stays_western(text):
    """Its letters beyond ASCII stand alone among others."""
    assert guess_charset(text.encode("cp1252")) is None
    assert decode_bytes(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("markup", "codec", "declared"),
    [
        ('<meta charset="iso-8859-1"><p>{}</p>', "utf-8", "utf-8"),
        ('<meta charset="utf-8"><p>{}</p>', "latin-1", "utf-8"),
        ('<meta charset="iso-8859-1"><p>{}</p>', "latin-1", "utf-8"),
        ('<meta charset="utf-8"><p>{}</p>', "utf-8", "iso-8859-1"),
        ('<meta charset="utf-16"><p>{}</p>', "utf-8", ""),
        ("<p>{}</p>", "utf-8", "unicode"),
        ("<meta content='text/html; charset=iso-8859-1'><p>{}</p>", "latin-1", ""),
        ('<meta http-equiv=3D"Content-Type" content=3D"text/html; charset=3Diso-8859-1"><p>{}</p>', "latin-1", ""),
        ('<?xml version="1.0" encoding="iso-8859-1"?><p>{}</p>', "latin-1", ""),
    ],
)
def test_html_that_names_its_charset(markup, codec, declared):
    """Of header and HTML the one that decodes the bytes counts."""
    text = "Søren køber größere"

    assert f"<p>{text}</p>" in decode_bytes(markup.format(text).encode(codec), declared, is_html=True)


def test_the_html_wins_where_the_header_cannot_be():
    """The header says UTF-8, and the bytes are none."""
    text = "Zażółć gęślą jaźń"

    assert text in decode_bytes(f'<meta charset="windows-1250">{text}'.encode("cp1250"), "utf-8", is_html=True)
