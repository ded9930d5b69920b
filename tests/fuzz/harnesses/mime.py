"""Any bytes as a whole message: headers and body are read or refused in one way, and what is read is clean."""

from __future__ import annotations

import contextlib

from server.domain.errors import UnreadableError
from server.domain.mail_body import LONGEST
from server.rules.body.message_text import MOST_ATTACHMENTS, read_body

WORDS = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", b"--b\r\n", b"--b--\r\n", b"Content-Type: text/html; charset=",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n", b"message/rfc822", b"filename*0*=",
    b"Content-Disposition: attachment; filename=x\r\n", b"format=flowed; delsp=yes", b"multipart/alternative; boundary=a", b"--a\r\n",
    b"begin 644 a\n", b"\nend\n", b"=?utf-8?b?", b"From: a@b.example\r\n", b"multipart/related; boundary=c", b"--c\r\n", b"Content-ID: <p@x>\r\n",
    b'<img src="cid:p@x">', b"Content-Type: text/calendar; method=REQUEST\r\n\r\n", b"\nMETHOD:REPLY\n", b"application/pkcs7-mime; smime-type=signed-data",
    b"MIAGCSqGSIb3DQEHAqCAMIACAQExgDCABgkqhkiG9w0BBwGggCSABAR", b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"-----BEGIN PGP SIGNATURE-----\n",
    b"-----END PGP SIGNATURE-----\n", b"-----BEGIN PGP MESSAGE-----\n", b"> ", b"=C3=BC", b"text/enriched", b'{"emoji":"x"}', b"multipart/encrypted", b"\xef\xf0\xe8",
)  # fmt: skip


def one(data: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        body = read_body(data)
        assert body == read_body(data)
        assert len(body.text) <= LONGEST
        assert len(body.own) <= LONGEST
        assert len(body.attachments) <= MOST_ATTACHMENTS
        for text in (body.text, body.own, *body.attachments):
            text.encode()
            assert all(c == "\n" or c.isprintable() for c in text), "an unprintable character"
        assert body.own.strip() or not body.text.strip()
