"""Signed mail is read without a key, encrypted mail says that it is, and hostile envelopes cost little."""

import base64
import datetime as dt
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given
from hypothesis import strategies as st

from server.rules.body.message_text import read_body
from server.rules.body.mime.parts import read_message
from server.rules.body.protected_mail import ENCRYPTED, MOST_ENVELOPES, open_envelopes, remove_armour
from tests.support.raw_mail import file_part, html_part, multipart, raw_mail, raw_multipart, text_part

SIGNED = 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"'
ENVELOPED = 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'
BASE64 = "Content-Transfer-Encoding: base64"
ORDER = text_part("We order forty coils, Größe 12.")
WORDS = "We order forty coils, Größe 12."
SIGNED_DATA, PLAIN_DATA, SEALED_DATA = "2a864886f70d010702", "2a864886f70d010701", "2a864886f70d010703"


@cache
def _signer() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Mina")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(day).not_valid_after(day + dt.timedelta(days=900))
    return builder.sign(key, hashes.SHA256()), key


def sign(entity: str) -> bytes:
    """The envelope as a library writes it, of definite lengths."""
    certificate, key = _signer()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(entity.encode()).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def element(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def endless(tag: int, content: bytes) -> bytes:
    """An element of indefinite length."""
    return bytes([tag, 0x80]) + content + b"\0\0"


def stream(octets: bytes, oid: str = SIGNED_DATA) -> bytes:
    """The envelope as mail programs stream it, of indefinite lengths; ``octets`` is its octet string."""
    inner = endless(0x30, element(6, bytes.fromhex(PLAIN_DATA)) + endless(0xA0, octets))
    data = endless(0x30, element(2, b"\1") + endless(0x31, element(0x30, b"")) + inner)
    return endless(0x30, element(6, bytes.fromhex(oid)) + endless(0xA0, data))


def enclose(envelope: bytes, kind: str = SIGNED) -> bytes:
    return raw_mail(kind, base64.encodebytes(envelope), BASE64)


def in_pieces(text: str) -> bytes:
    data = text.encode()
    return b"".join(element(4, data[at : at + 7]) for at in range(0, len(data), 7))


@pytest.mark.parametrize(
    "envelope",
    [
        lambda: sign(ORDER),
        lambda: stream(element(4, ORDER.encode())),
        lambda: stream(endless(0x24, in_pieces(ORDER))),
        lambda: stream(element(0x24, in_pieces(ORDER))),
        lambda: stream(endless(0x24, endless(0x24, in_pieces(ORDER[:30])) + in_pieces(ORDER[30:]))),
        lambda: sign(text_part("", SIGNED.partition(";")[0], "", BASE64) + base64.encodebytes(sign(ORDER)).decode()),
    ],
    ids=["definite", "indefinite", "in pieces", "definite pieces", "pieces of pieces", "signed twice"],
)
@pytest.mark.parametrize("kind", [SIGNED, "application/x-pkcs7-mime", 'application/octet-stream; name="smime.p7m"'])
def test_a_signed_envelope_is_read(envelope, kind):
    """In each of the forms that programs give it."""
    body = read_body(enclose(envelope(), kind))

    assert body.text == WORDS
    assert body.attachments == ()


def test_the_parts_of_a_signed_mail():
    """Its renderings and files are chosen as those of any mail."""
    both = multipart("alternative", ORDER, html_part(f"<p>{WORDS}</p>"), boundary="a")
    body = read_body(enclose(sign(multipart("mixed", both, file_part("plan.pdf"), boundary="m"))))

    assert body.text == WORDS
    assert body.attachments == ("plan.pdf",)
    assert body.subject == "Order"


def test_a_footer_beside_a_signed_mail():
    """A list puts the envelope into a multipart of its own."""
    part = f"Content-Type: {SIGNED}\n{BASE64}\n\n{base64.encodebytes(sign(ORDER)).decode()}"

    assert read_body(raw_multipart("mixed", part, text_part("Footer"))).text == f"{WORDS}\n\nFooter"


@pytest.mark.parametrize(
    "raw",
    [
        enclose(stream(b"", SEALED_DATA), ENVELOPED),
        enclose(stream(b"", SEALED_DATA), "application/pkcs7-mime"),
        enclose(element(0x30, element(6, bytes.fromhex("2a864886f70d0109100117"))), "application/pkcs7-mime"),
        enclose(b"broken", ENVELOPED),
        enclose(sign(text_part("", ENVELOPED, "", BASE64) + base64.encodebytes(stream(b"", SEALED_DATA)).decode())),
        raw_multipart("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1", file_part("encrypted.asc", "application/octet-stream")),
        raw_multipart("mixed", text_part(""), "Content-Type: application/pgp-encrypted\n\nVersion: 1", file_part("encrypted.asc", "application/octet-stream")),
        raw_mail("text/plain", "-----BEGIN PGP MESSAGE-----\nVersion: x\n\nhQEMA8q1hH2m6w0p\n=abcd\n-----END PGP MESSAGE-----\n"),
        raw_mail("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQEMA8q1hH2m6w0p\nhQEMA8q1hH2m6w0p"),
        raw_mail("text/html", "<pre>-----BEGIN PGP MESSAGE-----<br><br>hQEMA8q1hH2m6w0p<br>-----END PGP MESSAGE-----</pre>"),
    ],
    ids=range(10),  # a mail of this run has a signature of this run
)  # fmt: skip
def test_encrypted_mail_says_so(raw):
    """S/MIME, PGP/MIME, also after Exchange has touched it, and PGP within the text."""
    body = read_body(raw)

    assert body.text == body.own == ENCRYPTED
    assert body.attachments == ()


ARMOUR = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nHi Rita,\n\n- -- \nMina\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----"
SHOWN = "Hi Rita,\n\n-- \nMina"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Before\n\n{ARMOUR}\nafter", f"Before\n\n{SHOWN}\nafter"),
        ("> " + ARMOUR.replace("\n", "\n> "), "> " + SHOWN.replace("\n", "\n> ")),
        (ARMOUR.partition("\n-----END")[0], SHOWN),
        (ARMOUR.partition("\n-----BEGIN PGP SIGNATURE")[0], SHOWN),
        (ARMOUR.replace("Hash: SHA512\n", ""), SHOWN),
        (ARMOUR.replace("Hash", "NotDashEscaped: x\nHash"), SHOWN.replace("\n-- ", "\n- -- ")),
        (f"{ARMOUR}\n{ARMOUR}", f"{SHOWN}\n{SHOWN}"),
        ("How does -----BEGIN PGP SIGNED MESSAGE----- work?", "How does -----BEGIN PGP SIGNED MESSAGE----- work?"),
        ("-----BEGIN PGP MESSAGE-----\nis the line that begins one.", f"{ENCRYPTED}\nis the line that begins one."),
    ],
)
def test_armour_is_taken_off(text, expected):
    """The words stay, and dashes that were escaped are as they were written."""
    assert remove_armour(text).rstrip() == expected


def test_only_so_many_envelopes_are_opened():
    """The others are files, so that one mail never holds the work of many."""
    part = f"Content-Type: {SIGNED}\n{BASE64}\n\n{base64.encodebytes(sign(ORDER)).decode()}"
    body = read_body(raw_multipart("mixed", *[part] * 20))

    assert body.text.count(WORDS) == MOST_ENVELOPES
    assert body.attachments == ("smime.p7m",)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x30", b"\x30\x80" * 50_000, b"\x30\x84\xff\xff\xff\xff", b"\x30\x88" + b"\xff" * 8, b"\x30\xff" + b"\0" * 200,
        stream(b"\x24\x80" * 100_000), stream(element(4, b"")), stream(endless(0x24, element(4, b"") * 100_000)), b"\0" * 100_000,
        element(0x30, element(6, bytes.fromhex(SIGNED_DATA))),
    ],
)  # fmt: skip
def test_a_hostile_envelope(data):
    """Neither endless nesting nor untrue lengths are more than a file that cannot be opened."""
    assert read_body(enclose(data)).text == ""


@given(st.binary(max_size=60), st.integers(0, 400))
def test_any_bytes_in_an_envelope(noise, at):
    """What is broken anywhere still ends as text or as a file."""
    envelope = stream(endless(0x24, in_pieces(ORDER)))
    for data in (noise, envelope[:at] + noise + envelope[at:], envelope[:at] + noise):
        opened = open_envelopes(read_message(enclose(data)))
        assert opened.kind
        assert isinstance(read_body(enclose(data)).text, str)
