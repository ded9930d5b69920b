"""Any bytes as the value of an address header: never a crash, and nobody who does not stand there."""

from __future__ import annotations

import re
import unicodedata

import idna

from server.domain.message import Header
from server.rules.addresses import address_variants, normalise_address, parse_addresses
from server.rules.header_text import decode_words, repair

WORDS = (
    b"=?utf-8?q?", b"=?utf-8?b?", b"=?iso-8859-1?q?", b"?=", b"=3C", b"=40", b"=2C", b"mailto:", b"[mailto:", b"@acme.com", b"<@",
    b"a@b.example", b"undisclosed-recipients:;", b'\\"', b"\xef\xbc\xa0", b"\xe2\x80\xae", b"\xc2\xad", b"xn--", b"[IPv6:::1]",
)  # fmt: skip
_INNER_COMMENT = re.compile(r"\([^()]*\)")
_QUOTING = re.compile(r'["\\\s]+')


def one(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    found = parse_addresses(text, Header.TO)
    assert found == parse_addresses(text, Header.TO)
    assert len({person.address for person in found}) == len(found)
    for person in found:
        assert normalise_address(person.address) == person.address
        assert address_variants(person.address)[0] == person.address
        assert stands_in(person.address, text), person.address
        assert "\n" not in person.name
        person.name.encode()


def stands_in(address: str, text: str) -> bool:
    """Is it written there? Quoting, comments, white space and case aside, and one that is alone may be encoded."""
    local, _, domain = address.rpartition("@")
    texts = {repair(text), decode_words(text)}
    spellings = {f"{local}@{domain}", f"{local}@{_spoken(domain)}"}
    return any(view(s) in view(t) for view in (_plain, _uncommented) for s in spellings for t in texts)


def _plain(text: str) -> str:
    mapped = unicodedata.normalize("NFKC", text.lower().replace("\u3002", ".")).lower()
    shown = "".join(c for c in mapped if unicodedata.category(c) not in {"Cf", "Mn"})
    return _QUOTING.sub("", shown)


def _uncommented(text: str) -> str:
    while (shorter := _INNER_COMMENT.sub("", text)) != text:
        text = shorter
    return _plain(text)


def _spoken(domain: str) -> str:
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain
