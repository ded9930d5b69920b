"""The names of the files that a person attached, and the method of an invitation. Logos and signatures are no files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote

from server.rules.body.mime.part_headers import split_head
from server.rules.body.mime.parts import LONGEST_PART_HEAD, Entity
from server.rules.body.mime.transfer_encoding import decode_base64_content, decode_content
from server.rules.body.text_parts import CALENDAR_KINDS, TextReader, is_html
from server.rules.headers.header_text import clean_line, read_subject

LARGE_PICTURE = 200_000
"""Bytes, encoded, from which a picture within a text is more than a logo."""
_PROOF_KINDS = frozenset({
    "application/pgp-signature", "application/x-pgp-signature", "application/pkcs7-signature",
    "application/x-pkcs7-signature", "application/pgp-encrypted", "application/pgp-keys", "application/applefile",
})  # fmt: skip
_PROOF_NAME = re.compile(
    r"smime\.p7s|(?:openpgp_|pgp-?)?(?:digital)?signature(?:\.(?:asc|sig|pgp))?|pgp\.sig|openpgp_0x[0-9a-f]{8,40}\.asc"
    r"|publickey - .{1,200}\.asc|oledata\.mso|editdata\.mso", re.IGNORECASE
)  # fmt: skip
_MESSAGE_KINDS = frozenset({"message/rfc822", "message/global"})
_PICTURE_NAME = re.compile(r"\.(?:png|gif|jpe?g|bmp|svg|webp|heic|tiff?|emz|wmz|ico)$", re.IGNORECASE)
_OUTLOOK_NAME = re.compile(
    r"image\d{3}\.\w{3,4}|outlook-\w{1,80}(?:\.\w{3,4})?|picture \(device[^)]{0,40}\).{0,40}", re.IGNORECASE
)
_LOGO_NAME = re.compile(
    r".{0,40}(?:logo|icon|banner|signatur|firma\b|facebook|linkedin|twitter|instagram|youtube|xing|spacer|pixel|divider).{0,80}",
    re.IGNORECASE,
)
_PHOTO_NAME = re.compile(
    r"(?:img[-_ ]?\d|dsc[nf_]?[-_ ]?\d|dcim|pxl_|mvimg|gopr|p\d{7}|photo|foto|picture|bild|screen ?shot"
    r"|screen[-_ ]?capture|captura|capture|schermata|skärm|skjerm|scan|whatsapp|signal-|image\d?\.|unnamed\.|snip"
    r"|20\d{6}[-_ ]?\d{4,6}|20\d\d-\d\d-\d\d)",
    re.IGNORECASE,
)
"""Names that cameras, telephones and programs give to what somebody took or pasted."""
_CID = re.compile(r"cid:([^\"'\s<>)\]]{1,300})", re.IGNORECASE)
MOST_CIDS = 2_000
_METHOD = re.compile(r"^METHOD(?:;[^:\n]{0,200})?:[ \t]{0,10}([A-Za-z-]{3,30})", re.MULTILINE | re.IGNORECASE)
_METHOD_WITHIN = 100_000


def name_attachments(
    message: Entity, text_ids: Collection[int], reader: TextReader, *, has_words: bool
) -> Iterator[str]:
    """The names in their order; a type in brackets for an attachment without a name.

    ``text_ids`` are the ids of the parts that are text. A picture within a mail without words is what it is about.
    """
    pictures = _Pictures(message, reader, has_words=has_words)
    for entity, parent in _walk(message, None):
        if id(entity) in text_ids or entity.is_sealed or _is_proof(entity):
            continue
        is_rendering = parent is not None and parent.kind == "multipart/alternative" and entity.kind.startswith("text/")
        if entity.disposition != "attachment" and (is_rendering or pictures.is_decoration(entity, parent)):
            continue
        if entity.disposition == "attachment" and pictures.is_logo(entity):
            continue
        if name := _name_part(entity):
            yield name


def _walk(entity: Entity, parent: Entity | None) -> Iterator[tuple[Entity, Entity | None]]:
    """Each part that holds no others, with the one that holds it."""
    if entity.is_sealed or not entity.children:
        yield entity, parent
        return
    for child in entity.children:
        yield from _walk(child, entity)


def _is_proof(entity: Entity) -> bool:
    """Whether the part is a signature, a key or a marker that a program adds to the mail of a person."""
    return (
        entity.kind in _PROOF_KINDS
        or bool(_PROOF_NAME.fullmatch(entity.file_name))
        or entity.kind.startswith("multipart/")
    )


def _name_part(entity: Entity) -> str:
    if entity.file_name:
        return entity.file_name
    if entity.kind in _MESSAGE_KINDS:
        subject = _read_subject(entity)
        return f"{subject[:200]}.eml" if subject else f"({entity.kind})"
    # Data beside the text is something that a person added, though nobody named it.
    is_data = entity.kind.startswith("text/") and not is_html(entity) and entity.kind != "text/plain"
    return clean_line(f"({entity.kind})") if entity.disposition == "attachment" or is_data else ""


def _read_subject(entity: Entity) -> str:
    beginning = decode_base64_content(entity, LONGEST_PART_HEAD)
    head, _ = split_head(beginning, 0, len(beginning), LONGEST_PART_HEAD)
    return read_subject(head.first("subject"))


class _Pictures:
    """Tells the pictures that decorate a text from those that somebody sends."""

    def __init__(self, message: Entity, reader: TextReader, *, has_words: bool) -> None:
        self._message = message
        self._reader = reader
        self._has_words = has_words
        self._shown_ids: set[str] | None = None

    def is_decoration(self, entity: Entity, parent: Entity | None) -> bool:
        """Whether a picture that is not declared as attached belongs to the looks of the text."""
        if not self._has_words or not _is_picture(entity):
            return False
        is_outlook = bool(_OUTLOOK_NAME.fullmatch(entity.file_name))
        is_inside = parent is not None and parent.kind == "multipart/related"
        if not (is_inside or is_outlook or self._is_shown(entity)):
            return False
        return entity.size < LARGE_PICTURE and (is_outlook or not _PHOTO_NAME.match(entity.file_name))

    def is_logo(self, entity: Entity) -> bool:
        """Whether a picture that the text shows has the name of a logo, even if it is declared as attached."""
        return (
            self._has_words
            and entity.size < LARGE_PICTURE
            and bool(_OUTLOOK_NAME.fullmatch(entity.file_name) or _LOGO_NAME.fullmatch(entity.file_name))
            and self._is_shown(entity)
        )

    def _is_shown(self, entity: Entity) -> bool:
        content_id = entity.content_id.lower()
        if not content_id or not _is_picture(entity):
            return False
        if self._shown_ids is None:
            self._shown_ids = set(self._find_shown_ids())
        return content_id in self._shown_ids

    def _find_shown_ids(self) -> Iterator[str]:
        for entity, _ in _walk(self._message, None):
            # Programs that turn HTML into plain text leave the picture's id in brackets.
            if (is_html(entity) or entity.kind == "text/plain") and entity.disposition != "attachment":
                matches = _CID.finditer(self._reader.read_source(entity))
                yield from (unquote(match[1]).lower() for _, match in zip(range(MOST_CIDS), matches, strict=False))


def _is_picture(entity: Entity) -> bool:
    return entity.kind.startswith("image/") or bool(_PICTURE_NAME.search(entity.file_name))


def read_calendar_method(message: Entity) -> str:
    """The upper-case method of a calendar part that is the whole body or an alternative of it, else "".

    A calendar part beside the text, or one that is declared as attached, is a file that the mail carries.
    """
    for entity in _find_calendars(message, is_body=True):
        content = decode_content(entity, _METHOD_WITHIN).decode("ascii", "replace")
        match = _METHOD.search(content)
        method = entity.parameter("method") or (match[1] if match else "")
        if re.fullmatch(r"[A-Za-z-]{3,30}", method):
            return method.upper()
    return ""


def _find_calendars(entity: Entity, *, is_body: bool) -> Iterator[Entity]:
    if entity.children:
        is_choice = entity.kind == "multipart/alternative" or len(entity.children) == 1
        for at, child in enumerate(entity.children):
            # The first child of any other multipart leads to the body; the rest stands beside it.
            if is_choice or (at == 0 and child.children):
                yield from _find_calendars(child, is_body=is_body and (is_choice or at == 0))
    elif is_body and entity.kind in CALENDAR_KINDS and entity.disposition != "attachment":
        yield entity
