"""The names of attached files, pictures that are none, and calendar parts that stand for the body."""

import base64

import pytest

from server.rules.body.message_text import read_body
from tests.support.raw_mail import HEAD, file_part, html_part, multipart, raw_mail, raw_multipart, text_part


def names_of(*parts: str) -> tuple[str, ...]:
    return read_body(raw_multipart("mixed", text_part("See file."), *parts)).attachments


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ("attachment;\n filename*0*=UTF-8''%50%6C%61%6E%20%C3%84;\n filename*1*=%72%2E%70%64%66", "Plan Är.pdf"),
        ('attachment; filename*0="Plan "; filename*1*=%41; filename*2=".pdf"', "Plan A.pdf"),
        ("attachment; filename*=UTF-8'de'%C3%9Cbersicht.pdf; filename=\"Ubersicht.pdf\"", "Übersicht.pdf"),
        ("attachment; filename*=iso-8859-1''%DCbersicht.pdf", "Übersicht.pdf"),
        ("attachment; filename*=\"UTF-8''%C3%9Cbersicht.pdf\"", "Übersicht.pdf"),
        ("attachment; filename=utf-8''%C3%9Cbersicht.pdf", "Übersicht.pdf"),
        ('attachment; filename="%C3%9Cbersicht.pdf"', "Übersicht.pdf"),
        ('attachment; filename="Übersicht.pdf"', "Übersicht.pdf"),
        ('attachment; filename="=?utf-8?Q?=C3=9Cber?=\n =?utf-8?Q?sicht.pdf?="', "Übersicht.pdf"),
        ("attachment; filename==?utf-8?B?w5xiZXJzaWNodC5wZGY=?=", "Übersicht.pdf"),
        ('attachment; filename*0="=?utf-8?B?w5xiZXJz"; filename*1="aWNodC5wZGY=?="', "Übersicht.pdf"),
        ("attachment; filename=Offer 2026 final.pdf", "Offer 2026 final.pdf"),
        ('attachment; filename="Offer; final.pdf"; size=3', "Offer; final.pdf"),
        ('attachment; filename="Offer.pdf; size=3', "Offer.pdf"),
        ('attachment filename="Offer.pdf"', "Offer.pdf"),
        ('attachement; filename="Offer.pdf"', "Offer.pdf"),
        ('filename="Offer.pdf"', "Offer.pdf"),
        ('attachment; filename="C:\\Users\\Mina\\Offer 1.pdf"', "Offer 1.pdf"),
        ('attachment; filename="\\\\server\\share\\Offer.pdf"', "Offer.pdf"),
        ('attachment; filename="/home/mina/Offer.pdf"', "Offer.pdf"),
        ('attachment; filename="Offer 1/2.pdf"', "Offer 1/2.pdf"),
        ('attachment; filename="the \\"best\\" offer.pdf"', 'the "best" offer.pdf'),
        ('attachment; filename="Offer 50%.pdf"', "Offer 50%.pdf"),
        ("attachment", "(application/pdf)"),
    ],
)  # fmt: skip
def test_the_name_of_a_file(disposition, expected):
    """In every way in which programs write one."""
    assert names_of(f"Content-Type: application/pdf\nContent-Disposition: {disposition}\n\nAAAA") == (expected,)


@pytest.mark.parametrize(
    "field",
    [
        'application/pdf; name="Übersicht.pdf"',
        "application/pdf name=Übersicht.pdf",
        "application/pdf; name==?utf-8?q?=C3=9Cbersicht.pdf?=",
    ],
)
def test_a_name_in_the_type(field):
    """Older programs have no other place."""
    assert names_of(f"Content-Type: {field}\n\nAAAA") == ("Übersicht.pdf",)


def test_a_name_in_another_charset():
    """Raw bytes that are no UTF-8."""
    part = 'Content-Type: application/pdf\nContent-Disposition: attachment; filename="Übersicht.pdf"\n\nAAAA'.encode(
        "latin-1"
    )

    assert read_body(
        HEAD + b"Content-Type: multipart/mixed; boundary=q\n\n--q\n" + part + b"\n--q--\n"
    ).attachments == ("Übersicht.pdf",)


INNER = multipart("mixed", text_part("inner words"), file_part("inner.pdf"), boundary="in")


@pytest.mark.parametrize(
    ("fields", "content", "expected"),
    [
        ("", f"Subject: Claim\n{INNER}", "Claim.eml"),
        ("", f"Subject: =?utf-8?q?R=C3=BCckgabe?=\n{INNER}", "Rückgabe.eml"),
        (
            'Content-Disposition: attachment; filename="Inner offer.eml"\n',
            f"Subject: Claim\n{INNER}",
            "Inner offer.eml",
        ),
        (
            "Content-Transfer-Encoding: base64\n",
            base64.b64encode(f"Subject: Claim\n{INNER}".encode()).decode(),
            "Claim.eml",
        ),
        ("", f"From: x@y.example\n{INNER}", "(message/rfc822)"),
    ],
)
def test_an_attached_mail(fields, content, expected):
    """It has a name itself, and neither its words nor its files are those of the mail."""
    body = read_body(
        raw_multipart("mixed", text_part("See the mail."), f"Content-Type: message/rfc822\n{fields}\n{content}")
    )

    assert body.text == "See the mail."
    assert body.attachments == (expected,)


def picture(name: str, disposition: str = "inline") -> str:
    return file_part(name, "image/png", disposition, "p@x")


@pytest.mark.parametrize(
    ("name", "disposition", "is_file"),
    [
        ("image001.png", "inline", False), ("image001.png", "attachment", False), ("logo.gif", "inline", False), ("Outlook-abc12.png", "inline", False),
        ("linkedin.png", "inline", False), ("tarn-logo.png", "attachment", False), ("photo.png", "inline", True), ("IMG_2041.jpeg", "inline", True), ("image.png", "inline", True),
        ("Screenshot 2026-10-06.png", "inline", True), ("plan.png", "attachment", True),
    ],
)  # fmt: skip
def test_a_picture_within_the_text(name, disposition, is_file):
    """A logo is no file; what a camera or a person made is one."""
    related = multipart(
        "related", html_part('<p>Hello.<img src="cid:p@x"></p>'), picture(name, disposition), boundary="r"
    )

    assert read_body(raw_multipart("mixed", related)).attachments == ((name,) if is_file else ())


def test_a_large_picture_is_a_file():
    """A pasted picture has the name of a logo, not its size."""
    large = picture("image001.png").replace("AAAA", "AAAA" * 60_000)

    assert read_body(raw_multipart("related", html_part('Hello.<img src="cid:p@x">'), large)).attachments == (
        "image001.png",
    )


def test_a_mail_of_one_picture():
    """Without any word, the picture is what the mail says."""
    assert read_body(
        raw_multipart("related", html_part('<img src="cid:p@x">'), picture("image001.png"))
    ).attachments == ("image001.png",)


def test_a_picture_that_plain_text_mentions():
    """The HTML is gone, and its logo became an attachment."""
    raw = raw_multipart(
        "mixed",
        text_part("Hello.\n[cid:p@x]"),
        picture("image001.png", "attachment"),
        picture("plan.png", "attachment"),
    )

    assert read_body(raw).attachments == ("plan.png",)


def test_pictures_beside_the_text():
    """An Outlook picture that another program took out of its text, and a photograph."""
    assert names_of(picture("image003.png"), file_part("IMG_1.jpg", "image/jpeg", "inline")) == ("IMG_1.jpg",)


@pytest.mark.parametrize(
    "part",
    [
        file_part("smime.p7s", "application/pkcs7-signature"), file_part("smime.p7s", "application/octet-stream"), file_part("signature.asc", "application/pgp-signature"),
        file_part("OpenPGP_signature.asc", "application/pgp-signature"), file_part("signature.asc", "application/octet-stream"),
        file_part("OpenPGP_0xA1B2C3D4.asc", "application/pgp-keys"), "Content-Type: application/pkcs7-signature\n\nAAAA",
    ],
)  # fmt: skip
def test_a_signature_is_no_file(part):
    """Whatever its name is."""
    assert names_of(part) == ()


def test_data_without_a_name():
    """Somebody added it, so the activity says that it is there."""
    assert names_of("Content-Type: text/vcard\n\nBEGIN:VCARD") == ("(text/vcard)",)
    assert names_of(file_part("contract.pdf.p7m", "application/pkcs7-mime")) == ("contract.pdf.p7m",)


CALENDAR = "BEGIN:VCALENDAR\nMETHOD:{}\nSUMMARY:Visit\nEND:VCALENDAR"


@pytest.mark.parametrize(
    ("raw", "method"),
    [
        (raw_multipart("alternative", text_part("Visit"), text_part(CALENDAR.format("REQUEST"), "text/calendar", "; method=REQUEST")), "REQUEST"),
        (raw_multipart("alternative", text_part("Visit"), text_part(CALENDAR.format("reply"), "text/calendar")), "REPLY"),
        (raw_multipart("mixed", multipart("alternative", text_part("No"), text_part("", "text/calendar", '; method=CANCEL; name="i.ics"'), boundary="a")), "CANCEL"),
        (raw_multipart("mixed", multipart("alternative", text_part("No"), text_part("", "text/calendar", "; method=COUNTER"), boundary="a"), file_part("i.ics")), "COUNTER"),
        (raw_mail("text/calendar; method=request", CALENDAR), "REQUEST"),
        (raw_mail("text/calendar", base64.b64encode(CALENDAR.format("CANCEL").encode()), "Content-Transfer-Encoding: base64"), "CANCEL"),
        (raw_multipart("mixed", text_part(CALENDAR.format("REQUEST"), "text/calendar", "; method=REQUEST")), "REQUEST"),
        (raw_multipart("mixed", text_part("My visit."), file_part("visit.ics", "text/calendar; method=REQUEST")), ""),
        (raw_multipart("mixed", text_part("My visit."), text_part("", "text/calendar", '; method=REQUEST; name="visit.ics"')), ""),
        (raw_multipart("mixed", text_part("My visit."), text_part("", "text/calendar", "; method=REQUEST")), ""),
        (raw_multipart("alternative", text_part("My visit."), file_part("visit.ics", "text/calendar; method=REQUEST")), ""),
        (raw_multipart("mixed", multipart("alternative", text_part("Hi"), multipart("mixed", html_part("Hi"), text_part("", "text/calendar", "; method=REQUEST"), boundary="m"), boundary="a")), ""),
        (raw_multipart("alternative", text_part("Visit"), text_part("BEGIN:VCALENDAR", "text/calendar")), ""),
    ],
)  # fmt: skip
def test_the_calendar_method(raw, method):
    """An alternative of the body, or the whole body, says it; a file that the mail carries does not."""
    assert read_body(raw).calendar_method == method
