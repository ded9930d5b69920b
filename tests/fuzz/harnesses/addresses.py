"""Any bytes as the value of an address header: never a crash, and nobody who does not stand there."""

from __future__ import annotations

from bench.addresses.compare import is_in_text
from server.domain.message import Header
from server.rules.headers.address import address_variants, normalise_address
from server.rules.headers.addresses import parse_addresses

WORDS = (
    b"=?utf-8?q?", b"=?utf-8?b?", b"=?iso-8859-1?q?", b"?=", b"=3C", b"=40", b"=2C", b"mailto:", b"[mailto:", b"@acme.com", b"<@",
    b"a@b.example", b"undisclosed-recipients:;", b'\\"', b"\xef\xbc\xa0", b"\xe2\x80\xae", b"\xc2\xad", b"xn--", b"[IPv6:::1]",
)  # fmt: skip


def one(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    found = parse_addresses(text, Header.TO)
    assert found == parse_addresses(text, Header.TO)
    assert len({person.address for person in found}) == len(found)
    for person in found:
        assert normalise_address(person.address) == person.address
        assert address_variants(person.address)[0] == person.address
        assert is_in_text(person.address, text), person.address
        assert "\n" not in person.name
        person.name.encode()
