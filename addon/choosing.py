"""The cards that ask: which record, and whether to stop."""

from __future__ import annotations

from collections.abc import Sequence

from addon import texts
from addon.conversation import ICONS, named
from addon.inert import rich
from addon.models import Act, RecordShown
from addon.widgets import Widget, button, buttons, card, line, paragraph, section

SEARCH_FIELD = "search"
MOST_FOUND = 30


def choose_card(
    fitting: Sequence[RecordShown], act: Act, *, before: str = "", text: str = "", found: Sequence[RecordShown] = ()
) -> Widget:
    """``fitting`` are the records on the email; ``found`` answers a search for ``text``.

    ``before`` is the record that somebody chose earlier: an undo goes back to it, however often a click is repeated.
    """
    field = {"textInput": {"name": SEARCH_FIELD, "label": texts.SEARCH_LABEL, "type": "SINGLE_LINE", "value": text}}
    return card(
        "choose",
        [
            section([field, buttons([button(texts.SEARCH, act("search"), primary=True)])], header=texts.CHOOSE_TITLE),
            _found(text, found, act, before),
            section([_record(r, act, before) for r in fitting[:MOST_FOUND]], header=texts.FITTING),
        ],
    )


def stop_card(removed: int, stays_with: Sequence[str], act: Act) -> Widget:
    """``removed`` emails go from Salesforce; ``stays_with`` names whose copies stay."""
    form = texts.STOP_REMOVES[min(removed, 2)]
    said = [form.format(count=removed)]
    if stays_with:
        names = rich(", ".join(stays_with))
        said.append(texts.STAYS[min(len(stays_with), 2)].format(names=names))
    yes = texts.STOP_YES if removed else texts.STOP_YES_NOTHING
    answers = [button(yes, act("stop"), primary=True), button(texts.CANCEL, act("show"))]
    return card("stop", [section([paragraph(" ".join(said)), buttons(answers)], header=texts.STOP_TITLE)])


def _found(text: str, found: Sequence[RecordShown], act: Act, before: str) -> Widget | None:
    if not text:
        return None
    if len(text.strip()) < 2:
        return section([paragraph(texts.SEARCH_LONGER)])
    if not found:
        return section([paragraph(texts.FOUND_NONE.format(text=rich(text)))])
    return section([_record(r, act, before) for r in found[:MOST_FOUND]], header=texts.FOUND)


def _record(record: RecordShown, act: Act, before: str) -> Widget:
    below = record.found_by if record.found_by != record.name else ""
    return line(
        named(record),
        above=record.kind,
        below=below,
        icon=ICONS.get(record.kind, "PERSON"),
        button=button(texts.USE, act("move", record=record.record_id, before=before)),
    )
