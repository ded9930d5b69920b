"""Signed and encrypted mail: the text of a signed one is inside and needs no key; an encrypted one says that it is."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile

from server.rules.body.mime.parts import Entity, read_entity
from server.rules.body.mime.transfer_encoding import decode_base64_content

ENCRYPTED = "(This email is encrypted. Its text cannot be read.)"
LONGEST_ENVELOPE = 6_000_000
"""Bytes of a signed envelope that are looked at. What lies beyond, mostly an attachment, is cut off."""
MOST_ELEMENTS = 20_000
"""Pieces of the signed text, and elements before it. A gigabyte in pieces of the usual thousand bytes has more."""
MOST_ENVELOPES = 5
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_SEALED_KINDS = frozenset({
    bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d010706"), bytes.fromhex("2a864886f70d0109100117"),
})  # fmt: skip
"""Object identifiers of enveloped, encrypted and authenticated-enveloped data (RFC 5652, RFC 5083)."""
_SEALED_TYPES = frozenset({"enveloped-data", "authenveloped-data", "encrypted-data"})
_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET, _TAGGED = 0x02, 0x04, 0x06, 0x30, 0x31, 0xA0
_CONSTRUCTED_OCTETS = 0x24
_ENVELOPE_KINDS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ENVELOPE_NAMES = frozenset({"", "smime.p7m", "smime.p7", "smime"})
_LOOSE_KINDS = frozenset({"application/octet-stream", "application/x-smime", "application/smime"})
_ARMOUR = re.compile(
    r"^(?P<quote>[> ]{0,40}+)-----BEGIN PGP (?P<kind>SIGNED MESSAGE|MESSAGE(?:, PART [\d/]{1,9})?)-----[ \t]*$",
    re.MULTILINE,
)
_ARMOUR_FIELD = re.compile(r"[A-Z][\w-]{1,40}: ")
_ARMOUR_LETTERS = re.compile(
    r"(?:-----BEGIN PGP SIGNATURE-----)?"
    r"(?:\n[> ]{0,40}+(?:[A-Z][\w-]{1,40}: [^\n]{0,200}|[A-Za-z0-9+/=]{0,90})(?=\n|\Z))*+"
)
MOST_ARMOURS = 100


def is_envelope(entity: Entity, *, is_whole: bool) -> bool:
    """Whether the part is the mail in an S/MIME envelope, by its type or by the name that programs give to one.

    A signed file that somebody attached, as "contract.pdf.p7m", is none.
    """
    if entity.kind in _ENVELOPE_KINDS:
        return is_whole or entity.file_name.lower() in _ENVELOPE_NAMES
    return entity.kind in _LOOSE_KINDS and entity.file_name.lower() == "smime.p7m"


def is_pgp_encrypted(entity: Entity) -> bool:
    """Whether the part is PGP/MIME's encrypted mail, also after a server made its type multipart/mixed."""
    return entity.kind == "multipart/encrypted" or any(
        child.kind == "application/pgp-encrypted" for child in entity.children
    )


def open_envelopes(message: Entity) -> Entity:
    """The tree with what is inside signed envelopes in their place. What is encrypted becomes a sealed part."""
    return _Opener().open_part(message, is_whole=True)


class _Opener:
    """Opens a bounded number of envelopes, so that one mail cannot hold the work of many."""

    def __init__(self) -> None:
        self._envelopes_left = MOST_ENVELOPES

    def open_part(self, entity: Entity, *, is_whole: bool) -> Entity:
        """The part itself if nothing in it is protected."""
        if is_pgp_encrypted(entity):
            return replace(entity, children=(), is_sealed=True)
        if is_envelope(entity, is_whole=is_whole):
            return self._open_envelope(entity)
        children = tuple(self.open_part(child, is_whole=False) for child in entity.children)
        if all(child is closed for child, closed in zip(children, entity.children, strict=True)):
            return entity
        return replace(entity, children=children)

    def _open_envelope(self, entity: Entity) -> Entity:
        """The entity inside. An envelope that cannot be opened stays a file, unless it says that it is encrypted."""
        if not self._envelopes_left:
            return entity
        self._envelopes_left -= 1
        try:
            kind, content = _read_cms(decode_base64_content(entity, LONGEST_ENVELOPE))
        except (ValueError, IndexError):
            return replace(entity, is_sealed=entity.parameter("smime-type").lower() in _SEALED_TYPES)
        if kind in _SEALED_KINDS:
            return replace(entity, is_sealed=True)
        return self.open_part(read_entity(content), is_whole=True) if content else entity


def _read_cms(data: bytes) -> tuple[bytes, bytes]:
    """The content type's identifier, and the signed bytes. Raises ValueError for anything else."""
    at, _ = _enter(data, 0, _SEQUENCE)
    oid_start, oid_end = _enter(data, at, _OID)
    kind = data[oid_start:oid_end]
    if kind != _SIGNED_DATA:
        if kind in _SEALED_KINDS:
            return kind, b""
        raise ValueError
    at, _ = _enter(data, oid_end, _TAGGED)
    at, _ = _enter(data, at, _SEQUENCE)
    at = _enter(data, at, _INTEGER)[1]
    at = _skip_element(data, at)
    at, _ = _enter(data, at, _SEQUENCE)
    at = _enter(data, at, _OID)[1]
    if at >= len(data) or data[at] != _TAGGED:
        return kind, b""
    at, _ = _enter(data, at, _TAGGED)
    return kind, _join_octets(data, at)


def _read_head(data: bytes, at: int) -> tuple[int, int, int | None]:
    """An element's tag, where its content begins and ends; None for the end of an indefinite length."""
    tag, size = data[at], data[at + 1]
    at += 2
    if size == 0x80:
        return tag, at, None
    if size > 0x80:
        digits = size & 0x7F
        if digits > 8:
            raise ValueError
        size = int.from_bytes(data[at : at + digits], "big")
        at += digits
    # An envelope that was cut off still shows the text at its beginning.
    return tag, at, min(at + size, len(data))


def _enter(data: bytes, at: int, tag: int) -> tuple[int, int]:
    actual, start, end = _read_head(data, at)
    if actual != tag:
        raise ValueError
    return start, len(data) if end is None else end


def _skip_element(data: bytes, at: int) -> int:
    """Where the element ends. Of an indefinite length, its elements are counted through on a stack of depth only."""
    depth = 0
    for _ in range(MOST_ELEMENTS):
        tag, start, end = _read_head(data, at)
        if tag == 0 and end == start and depth:
            depth -= 1
            at = start
        elif end is None:
            depth += 1
            at = start
        else:
            at = end
        if not depth:
            return at
    raise ValueError


def _join_octets(data: bytes, at: int) -> bytes:
    """The bytes of an octet string that may come in pieces, and in pieces of pieces."""
    pieces: list[bytes] = []
    depth = 0
    for _ in range(MOST_ELEMENTS):
        if at + 2 > len(data):
            break
        tag, start, end = _read_head(data, at)
        if tag == _CONSTRUCTED_OCTETS:
            at = start
            depth += end is None
            if end is not None and not depth:
                return b"".join([*pieces, _join_definite(data, start, end)])
        elif tag == _OCTETS and end is not None:
            pieces.append(data[start:end])
            at = end
            if not depth:
                break
        elif tag == 0 and end == start and depth:
            depth -= 1
            at = start
            if not depth:
                break
        else:
            break
    return b"".join(pieces)


def _join_definite(data: bytes, at: int, end: int) -> bytes:
    pieces: list[bytes] = []
    while at + 2 <= end and len(pieces) < MOST_ELEMENTS:
        tag, start, piece_end = _read_head(data, at)
        if tag != _OCTETS or piece_end is None:
            break
        pieces.append(data[start:piece_end])
        at = piece_end
    return b"".join(pieces)


def remove_armour(text: str) -> str:
    """The text of a clear-signed message without its armour, and a sentence for one that is encrypted."""
    if "-----BEGIN PGP " not in text:
        return text
    kept: list[str] = []
    at = 0
    for _ in range(MOST_ARMOURS):
        armour = _ARMOUR.search(text, at)
        if armour is None:
            break
        kept.append(text[at : armour.start()])
        if armour["kind"] == "SIGNED MESSAGE":
            words, at = _read_signed(text, armour.end(), armour["quote"])
            kept.append(words)
        else:
            at = _find_end(text, armour.end(), armour["quote"], "MESSAGE")
            kept.append(f"{armour['quote']}{ENCRYPTED}")
    return "".join(kept) + text[at:]


def _read_signed(text: str, at: int, quote: str) -> tuple[str, int]:
    """The words between the armour's fields and the signature, dash escapes undone, and where the signature ends."""
    mark = text.find(f"{quote}-----BEGIN PGP SIGNATURE", at)
    end = mark if mark >= 0 else len(text)
    lines = text[at:end].removeprefix("\r\n").removeprefix("\n").splitlines()
    fields = list(takewhile(_ARMOUR_FIELD.match, (line[len(quote) :] for line in lines)))
    lines = lines[len(fields) :]
    if lines and not lines[0][len(quote) :].strip():
        lines = lines[1:]
    if not any(field.startswith("NotDashEscaped") for field in fields):
        escape = f"{quote}- "
        lines = [quote + line[len(escape) :] if line.startswith(escape) else line for line in lines]
    return "\n".join(lines), _find_end(text, mark, quote, "SIGNATURE") if mark >= 0 else end


def _find_end(text: str, at: int, quote: str, kind: str) -> int:
    """Behind the closing line of the armour, or behind its letters if that line was cut off."""
    end = text.find(f"{quote}-----END PGP {kind}", at)
    if end < 0:
        letters = _ARMOUR_LETTERS.match(text, at)
        return letters.end() if letters else at
    line_end = text.find("\n", end)
    return len(text) if line_end < 0 else line_end
