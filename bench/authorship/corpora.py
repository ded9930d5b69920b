"""The labelled corpora, the made-up one first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench.authorship import bounces, modern, second, spam_assassin
from bench.authorship.samples import Sample

Say = Callable[[str], None]
EXPLANATIONS = {
    "SpamAssassin spam": "by its headers most of it is from people, which is what a spammer is after. Gmail's label"
    " SPAM decides before authorship is asked; nothing here is tuned on it."
}
"""Corpora whose misses are not listed by name, and why."""

THIRD = ("third-", "fourth-")
"""Prefixes of families by an author who had not read the tables of known senders."""
ATTACK = ("fifth-",)
"""Prefix of families by an author who had read the rule and chose what would break it."""
SIXTH, SEVENTH = ("sixth-",), ("seventh-", "eighth-")
"""Prefixes of families about forwarding rules, absences, carriers, receipts and recalls."""
FIRST_READINGS = {
    "Forwards, notes, receipts": "at first reading the rule that did not know these kinds had a precision of 0.283 and"
    " a recall of 0.260 and lost 33 of 61 people; the rule that was then written for them 1.000 and 0.980, none lost.",
    "The same kinds, once more": "at first reading, when the rule for these kinds stood: precision 0.918, recall 0.900,"
    " 4 of 45 people lost (the rule before it: 0.455, 0.400, 24 lost); the second half, after"
    " the rule was mended: 1.000, 0.975, 0 of 45"
    " (0.441, 0.375, 19 lost).",
}
"""What a corpus gave when it was first judged, before the rule was changed after it."""


def list_corpora(say: Say) -> Iterator[tuple[str, Sequence[Sample]]]:
    """Each corpus with its name. A corpus that cannot be fetched is reported with ``say`` and left out."""
    made_up = list(modern.make_samples())
    yield "Modern, tuned on", [s for s in made_up if not modern.is_held_out(s)]
    yield "Modern, held out", [s for s in made_up if modern.is_held_out(s)]
    yield "Second made-up set", list(second.make_samples(is_late=False))
    written_last = list(second.make_samples(is_late=True))
    yield "Second, written last", [s for s in written_last if not s.name.startswith(THIRD + ATTACK + SIXTH + SEVENTH)]
    yield "By a third hand", [s for s in written_last if s.name.startswith(THIRD)]
    yield "An attack on the rule", [s for s in written_last if s.name.startswith(ATTACK)]
    yield "Forwards, notes, receipts", [s for s in written_last if s.name.startswith(SIXTH)]
    yield "The same kinds, once more", [s for s in written_last if s.name.startswith(SEVENTH)]
    yield "Bounces", list(bounces.read_samples())
    try:
        ham, spam = list(spam_assassin.read_ham()), list(spam_assassin.read_spam())
    except spam_assassin.CorpusMissingError as error:
        say(str(error))
        return
    yield "SpamAssassin ham, labelled", ham
    yield "SpamAssassin spam", spam
