"""The cards that ask: which record, and whether to stop."""

from __future__ import annotations

from collections.abc import Sequence

from addon import texts
from addon.codes import Operation
from addon.conversation import icon_of, name_of, plural, rich_name
from addon.inert import to_rich
from addon.models import Act, RecordShown
from addon.widgets import Widget, button, buttons, card, line, paragraph, section, text_input

SEARCH_FIELD = "search"
SHORTEST_SEARCH = 2
"""Characters: Salesforce answers no shorter search."""
MOST_RECORDS = 30


def choose_card(
    fitting: Sequence[RecordShown],
    act: Act,
    *,
    earlier_choice: str = "",
    text: str = "",
    matches: Sequence[RecordShown] = (),
) -> Widget:
    """``fitting`` are the records on the email; ``matches`` answers a search for ``text``.

    ``earlier_choice`` is what an undo goes back to, however often a click is repeated.
    """
    search = act(Operation.SEARCH)
    field = text_input(SEARCH_FIELD, texts.SEARCH_LABEL, text, on_change=search)
    return card(
        "choose",
        [
            section([field, buttons([button(texts.SEARCH, search, primary=True)])], header=texts.CHOOSE_TITLE),
            _results_section(text, matches, act, earlier_choice),
            section([_record_line(r, act, earlier_choice) for r in fitting[:MOST_RECORDS]], header=texts.FITTING),
        ],
    )


def stop_card(removed: int, stays_with: Sequence[str], act: Act, *, unnamed: int = 0) -> Widget:
    """``removed`` is the number of emails that Salesforce loses; ``stays_with`` names the people whose copies stay.

    ``unnamed`` counts further ones whom the rep cannot see on the email.
    """
    sentences = [texts.STOP_REMOVES[min(removed, 2)].format(count=removed)]
    if stays_with:
        names = to_rich(", ".join(stays_with))
        sentences.append(texts.STAYS[min(len(stays_with), 2)].format(names=names))
    if unnamed:
        sentences.append(plural(texts.STAYS_UNNAMED, unnamed))
    yes = button(texts.STOP_YES if removed else texts.STOP_YES_NOTHING, act(Operation.STOP), primary=True)
    no = button(texts.CANCEL, act(Operation.SHOW))
    return card("stop", [section([paragraph(" ".join(sentences)), buttons([yes, no])], header=texts.STOP_TITLE)])


def _results_section(text: str, matches: Sequence[RecordShown], act: Act, earlier_choice: str) -> Widget | None:
    if not text:
        return None
    if len(text.strip()) < SHORTEST_SEARCH:
        return section([paragraph(texts.SEARCH_LONGER)])
    if not matches:
        return section([paragraph(texts.NO_RESULTS.format(text=to_rich(text)))])
    return section([_record_line(r, act, earlier_choice) for r in matches[:MOST_RECORDS]], header=texts.RESULTS)


def _record_line(record: RecordShown, act: Act, earlier_choice: str) -> Widget:
    use = act(Operation.MOVE, record=record.record_id, before=earlier_choice)
    return line(
        rich_name(record),
        above=record.kind,
        below=record.found_by if record.found_by != record.name else "",
        icon=icon_of(record),
        button=button(texts.USE, use, spoken=texts.USE_SPOKEN.format(record=name_of(record))),
    )
