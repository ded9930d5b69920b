"""The forms that the state has had, and how each became the next one.

Version 1 is what program version 0.1.0 wrote. A change of form that ``codec`` reads by a default needs no migration: it
fills in a field that is not there. A migration is for what no default can say: a field renamed, split or computed.

To add one: append it to ``MIGRATIONS``. Where the program of the version before can work on documents of the new form
too, say ``keeps_older``: then both run side by side while a new version is rolled out, and a roll-back works. Otherwise
the older program stops by itself before the first document is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.adapters.documents import Data, Document

FIRST = 1
"""The version of a state that has no document about its version."""


@dataclass(frozen=True)
class Migration:
    """One step forward over one collection.

    ``change`` returns what takes the document's place, None where the document has the new form already. It is called
    again for a document that was changed before the process ended, so it must know the new form when it sees it.

    With ``keeps_older`` it is called for what is read, too, because the older program goes on to write its own form.
    The state's queries see the document as it is stored, so such a step changes no field that a query asks for.
    """

    collection: str
    change: Callable[[Document], Data | None]
    keeps_older: bool


MIGRATIONS: tuple[Migration, ...] = ()
"""The first leads from version 1 to 2. None is needed yet: today's form is what 0.1.0 wrote, and fields beside it."""
