"""Whether a label in Gmail is the one that keeps mail out, however a rep typed its name."""

from __future__ import annotations

import unicodedata

_APOSTROPHES = "\u2019\u2018\u201b\u02bc\u02bb\u02b9\u02c8\u00b4\u0060\u2032\u2035\u055a\ua78c\ua78b\u05f3\u0060\uff40"
"""What phones and keyboards of any language put where "don't" has an apostrophe."""
_TO_PLAIN = str.maketrans(dict.fromkeys(_APOSTROPHES, "'"))


def fold_label_name(name: str) -> str:
    """Without case, kinds of apostrophe and differences of spaces; "/" stands between a label and one below it."""
    plain = unicodedata.normalize("NFKC", name.translate(_TO_PLAIN)).translate(_TO_PLAIN).casefold()
    shown = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return "/".join(" ".join(part.split()) for part in shown.split("/"))


def is_label_named(label: str, wanted: str) -> bool:
    """Whether the label has that name, at the top or below any other label."""
    own, name = fold_label_name(label), fold_label_name(wanted)
    return bool(name) and (own == name or own.endswith(f"/{name}"))
