"""Change the stage of many mailboxes at once: whose, what that would do, and the change itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from server.domain.errors import BadInputError, ConflictError, TrulyError
from server.domain.mailbox import Mailbox, Person, Stage
from server.engine.mailboxes.stages import align_mailbox, count_misaligned, set_stage
from server.ports.clock import Clock
from server.ports.directory import Directory
from server.ports.store import Store

T = TypeVar("T")
AT_ONCE = 8
"""Mailboxes that are worked on at a time: each is a few calls over the network."""
Progress = Callable[[], None]
"""Called once for each mailbox, from several threads."""


@dataclass(frozen=True)
class Selection:
    """``mailboxes`` are those to be changed. ``absent`` counts people who have no mailbox here: they are out of scope.

    ``departed`` counts mailboxes of people who left, which no new mail is read of. ``spared`` counts mailboxes that
    somebody switched off or lets drain, by their stage: they are left alone.
    """

    mailboxes: tuple[Mailbox, ...]
    absent: int = 0
    departed: int = 0
    spared: Mapping[Stage, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a stage does to one mailbox.

    ``past`` is how many older messages are still to be read, about; None where nobody has looked yet.
    """

    mailbox: Mailbox
    is_changed: bool
    freed: int
    held: int
    past: int | None

    @property
    def is_needed(self) -> bool:
        """Also where an earlier run was ended between the stage and the waiting rows."""
        return self.is_changed or bool(self.freed or self.held)


@dataclass(frozen=True)
class StagePlan:
    """``troubled`` maps the address of a mailbox that could not be looked at to the class of its error."""

    stage: Stage
    effects: tuple[Effect, ...]
    troubled: Mapping[str, str] = field(default_factory=dict)

    @property
    def needed(self) -> tuple[Effect, ...]:
        return tuple(effect for effect in self.effects if effect.is_needed)


@dataclass(frozen=True)
class StageChanger:
    """Thread-safe. One mailbox's trouble stops no other."""

    directory: Directory
    store: Store
    clock: Clock

    def select(
        self,
        stage: Stage,
        *,
        group: str | None = None,
        org_unit: str | None = None,
        includes_off: bool = False,
        is_group: Callable[[str], bool],
    ) -> Selection:
        """The mailboxes of a group's members, of an org unit and all below it, or of everybody where neither is given.

        ``includes_off``: also those that somebody switched off or lets drain. Raises BadInputError where there is
        nobody.
        """
        stored = {mailbox.mailbox_id: mailbox for mailbox in self.store.mailboxes()}
        if group is None and org_unit is None:
            return _sort_out(stage, list(stored.values()), absent=0, includes_off=includes_off)
        people = [person for person in self.directory.people() if not person.is_guest]
        chosen = self._list_members(people, group, is_group) if group else _list_unit(people, str(org_unit))
        mailboxes = [stored[person.mailbox_id] for person in chosen if person.mailbox_id in stored]
        return _sort_out(stage, mailboxes, absent=len(chosen) - len(mailboxes), includes_off=includes_off)

    def preview(self, selection: Selection, stage: Stage, on_progress: Progress = lambda: None) -> StagePlan:
        """Reads the waiting rows of each mailbox, and changes nothing."""
        troubled: dict[str, str] = {}

        effects: list[Effect] = []

        def foresee(mailbox: Mailbox) -> None:
            staged = mailbox.staged(stage)
            freed, held = count_misaligned(staged, self.store.waiting_rows(mailbox.mailbox_id), self.clock.now())
            is_changed = (staged.stage, staged.returns_to) != (mailbox.stage, mailbox.returns_to)
            effects.append(Effect(mailbox, is_changed, freed, held, _estimate_past(mailbox)))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda m: _try(foresee, m, m, troubled, on_progress), selection.mailboxes))
        return StagePlan(stage, tuple(effects), troubled)

    def carry_out(self, plan: StagePlan, on_progress: Progress = lambda: None) -> Mapping[str, str]:
        """Returns the class of the error of each mailbox that could not be changed, by address.

        May be run again at any point: what is done already is found done.
        """
        troubled: dict[str, str] = {}

        def change(effect: Effect) -> None:
            current = self.store.mailbox(effect.mailbox.mailbox_id)
            if current is not None and current.stage is not effect.mailbox.stage:
                raise ConflictError("Somebody set another stage since the preview.")
            if effect.is_changed:
                set_stage(self.store, self.clock, effect.mailbox, plan.stage)
            else:
                align_mailbox(self.store, self.clock, effect.mailbox)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda e: _try(change, e, e.mailbox, troubled, on_progress), plan.needed))
        return troubled

    def _list_members(self, people: Sequence[Person], group: str, is_group: Callable[[str], bool]) -> list[Person]:
        if not is_group(group):
            raise BadInputError(f"{group} is not a group of this Workspace.")
        listed = self.directory.members(group)
        members = [person for person in people if listed.include(person)]
        if not members:
            raise BadInputError(f"The group {group} has no member with an account in this Workspace.")
        return members


def _list_unit(people: Sequence[Person], path: str) -> list[Person]:
    if not path.startswith("/"):
        raise BadInputError(f"An org unit is a path that begins with a slash, such as /Sales: {path}")
    inside = path.rstrip("/").lower() + "/"
    members = [person for person in people if (person.org_unit.rstrip("/").lower() + "/").startswith(inside)]
    if not members:
        raise BadInputError(f"Nobody is in the org unit {path}.")
    return members


def _sort_out(stage: Stage, mailboxes: Sequence[Mailbox], *, absent: int, includes_off: bool) -> Selection:
    """Who left keeps the stage that ends the mailbox, unless it is to be ended; so does whom somebody ended."""
    staying = [m for m in mailboxes if not (stage.collects and m.directory_state.has_left)]
    spared = [] if includes_off else [mailbox for mailbox in staying if mailbox.is_spared(stage)]
    changed = [mailbox for mailbox in staying if mailbox not in spared]
    ordered = tuple(sorted(changed, key=lambda mailbox: mailbox.address))
    by_stage = Counter(mailbox.stage for mailbox in spared)
    return Selection(ordered, absent, departed=len(mailboxes) - len(staying), spared=by_stage)


def _estimate_past(mailbox: Mailbox) -> int | None:
    if mailbox.cursor is None:
        return None
    return max(0, mailbox.backfill.size - mailbox.backfill.seen) if mailbox.backfill else 0


def _try(
    work: Callable[[T], None], subject: T, mailbox: Mailbox, troubled: dict[str, str], on_progress: Progress
) -> None:
    try:
        work(subject)
    except TrulyError as error:
        troubled[mailbox.address] = type(error).__name__
    finally:
        on_progress()
