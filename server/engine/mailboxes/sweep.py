"""Keep our list of mailboxes like the Directory's: by its immutable ids, whoever is renamed, leaves or returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.domain.alarm import AlarmCode
from server.domain.errors import GmailOffError, MailboxUnavailableError, RefusedError, TransientError
from server.domain.ids import MailboxId
from server.domain.mailbox import DirectoryState, Mailbox, Person
from server.engine.mailboxes.stages import realign
from server.engine.mailboxes.workspace_cache import FRESH, WorkspaceCache
from server.engine.ports import Ports

SET_UP_WITHIN = 86_400.0
"""Seconds in which Gmail is asked for a mailbox that the Directory says is not set up yet."""


def sweep(ports: Ports, workspaces: WorkspaceCache) -> list[Mailbox]:
    """Everybody who has a mailbox and is in scope, new ones admitted; returns the mailboxes that read."""
    people = {p.mailbox_id: p for p in workspaces.refresh() if not p.is_guest}
    known = {m.mailbox_id: m for m in ports.store.mailboxes()}
    swept = _Sweep(ports, {a: i for i, p in people.items() for a in p.addresses})
    kept = [swept.person(person, known.get(person.mailbox_id)) for person in people.values()]
    kept += [swept.missing(known[mailbox_id]) for mailbox_id in known.keys() - people.keys()]
    workspaces.learn()
    return sorted((m for m in kept if m and m.reads), key=lambda m: m.address)


def first_start(ports: Ports) -> int:
    """From when on a mailbox that is new today is logged, epoch milliseconds; 0 for everything."""
    depth = ports.admission.backfill_seconds
    return 0 if depth is None else int((ports.clock.now() - depth) * 1000)


@dataclass(frozen=True)
class _Sight:
    """What one look found. ``send_as`` is None where Gmail was not asked, or did not say."""

    person: Person
    state: DirectoryState
    is_in_scope: bool
    send_as: tuple[str, ...] | None = None


class _Sweep:
    """``owners`` maps each address of the Directory to whose it is now."""

    def __init__(self, ports: Ports, owners: Mapping[str, MailboxId]) -> None:
        self._ports = ports
        self._owners = owners
        self._now = ports.clock.now()

    def person(self, person: Person, before: Mailbox | None) -> Mailbox | None:
        """None for whoever has no mailbox with us, and shall have none."""
        if before is None and person.state.has_left:
            return None
        is_in_scope = self._ports.scope.includes(person)
        if before is None and not is_in_scope:
            return None
        sight = self._look(_Sight(person, person.state, is_in_scope), before)
        after = self._ports.store.save_mailbox(person.mailbox_id, lambda current: self._merged(current, sight))
        if before is not None:
            self._follow(before, after)
        return after

    def missing(self, mailbox: Mailbox) -> Mailbox | None:
        """Not in a listing: pages shift while they are read, so only a second look, by id, says that somebody left."""
        if mailbox.directory_state is DirectoryState.DELETED:
            return mailbox
        person = self._ports.directory.person(mailbox.mailbox_id)
        if person is not None:
            return None if person.is_guest else self.person(person, mailbox)
        after = self._ports.store.save_mailbox(
            mailbox.mailbox_id, lambda current: (current or mailbox).seen(DirectoryState.DELETED, self._now)
        )
        self._follow(mailbox, after)
        return after

    def _look(self, sight: _Sight, before: Mailbox | None) -> _Sight:
        """Where the mailbox will be read: ask Gmail whether it is there, and for its send-as addresses."""
        state = sight.state
        if state is DirectoryState.NOT_SET_UP and before and self._is_given_up(before):
            return replace(sight, state=DirectoryState.NO_GMAIL)
        if state is DirectoryState.ACTIVE and before and self._is_fresh(sight.person, before):
            return sight
        asked = self._merged(before, sight)
        if not asked.reads:
            return sight
        try:
            return replace(sight, state=DirectoryState.ACTIVE, send_as=self._ports.mail.send_as(asked))
        except GmailOffError:
            is_new = state is DirectoryState.NOT_SET_UP
            return replace(sight, state=state if is_new else DirectoryState.NO_GMAIL)
        except (TransientError, MailboxUnavailableError, RefusedError):
            # Collect meets the same trouble and parks the mailbox with its cause.
            was_off = before is not None and before.directory_state is DirectoryState.NO_GMAIL
            return replace(sight, state=DirectoryState.NO_GMAIL) if was_off else sight

    def _is_given_up(self, before: Mailbox) -> bool:
        """It was not set up for a day."""
        if before.directory_state is DirectoryState.NOT_SET_UP:
            return self._now - before.directory_since > SET_UP_WITHIN
        return before.directory_state is DirectoryState.NO_GMAIL

    def _is_fresh(self, person: Person, before: Mailbox) -> bool:
        """Gmail told its send-as addresses lately, and the person's own are as they were."""
        same = before.addresses[: len(person.addresses)] == person.addresses
        was_active = before.directory_state is DirectoryState.ACTIVE
        return same and was_active and self._now - before.asked_at < FRESH

    def _merged(self, current: Mailbox | None, sight: _Sight) -> Mailbox:
        person, admission = sight.person, self._ports.admission
        start = first_start(self._ports)
        mailbox = current or Mailbox(person.mailbox_id, person.addresses, admission.stage, start)
        # Until Gmail is asked again, what it said before holds, but for what has become somebody else's since.
        learnt = mailbox.addresses if sight.send_as is None else sight.send_as
        own = [a for a in learnt if self._owners.get(a, person.mailbox_id) == person.mailbox_id]
        return replace(
            mailbox.seen(sight.state, self._now),
            addresses=tuple(dict.fromkeys((*person.addresses, *own))),
            name=person.name,
            is_in_scope=sight.is_in_scope,
            asked_at=mailbox.asked_at if sight.send_as is None else self._now,
        )

    def _follow(self, before: Mailbox, after: Mailbox) -> None:
        if before.is_in_scope and not after.is_in_scope:
            self._ports.alarms.raise_alarm(AlarmCode.LEFT_SCOPE, after.mailbox_id)
        if (before.stage, before.is_in_scope) != (after.stage, after.is_in_scope):
            realign(self._ports, after)
