"""The labelled corpora, the made-up one first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench.authorship import bounces, modern, second, spam_assassin
from bench.authorship.samples import Sample

Say = Callable[[str], None]
EXPLAINED = {
    "SpamAssassin spam": "by its headers most of it is from people, which is what a spammer is after. Gmail's label"
    " SPAM decides before authorship is asked; nothing here is tuned on it."
}
"""Corpora whose misses are not listed by name, and why."""

THIRD = ("third-", "fourth-")
"""Families of the second set's form by somebody who had not read the tables of known senders."""
ATTACK = ("fifth-",)
"""By somebody who had read the rule, and chose what would break it."""


def every(say: Say) -> Iterator[tuple[str, Sequence[Sample]]]:
    """Each with its name; one that cannot be had here is said and left out."""
    made_up = list(modern.samples())
    yield "Modern, tuned on", [s for s in made_up if not modern.is_held_out(s)]
    yield "Modern, held out", [s for s in made_up if modern.is_held_out(s)]
    yield "Second made-up set", list(second.samples(late=False))
    late = list(second.samples(late=True))
    yield "Second, written last", [s for s in late if not s.name.startswith(THIRD + ATTACK)]
    yield "By a third hand", [s for s in late if s.name.startswith(THIRD)]
    yield "An attack on the rule", [s for s in late if s.name.startswith(ATTACK)]
    yield "Bounces", list(bounces.samples())
    try:
        ham, spam = list(spam_assassin.ham()), list(spam_assassin.spam())
    except spam_assassin.NotHereError as error:
        say(str(error))
        return
    yield "SpamAssassin ham, labelled", ham
    yield "SpamAssassin spam", spam
