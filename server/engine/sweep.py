"""Keep our list of mailboxes like the Directory's."""

from __future__ import annotations

from dataclasses import replace

from server.domain.errors import MailboxUnavailableError, RefusedError, TransientError
from server.domain.mailbox import Mailbox, Person
from server.engine.ports import Ports
from server.engine.workspace import WorkspaceCache


def sweep(ports: Ports, workspaces: WorkspaceCache) -> list[Mailbox]:
    """Everybody who has a mailbox and is in scope, new ones admitted; returns the mailboxes that collect."""
    people = [p for p in workspaces.refresh() if _in_scope(ports, p)]
    swept = [_admit(ports, person) for person in people if person.has_mailbox and not person.is_suspended]
    workspaces.learn()
    return [mailbox for mailbox in swept if mailbox.stage.collects]


def _in_scope(ports: Ports, person: Person) -> bool:
    scope = ports.admission.scope
    return not scope or bool(scope & set(person.addresses))


def _admit(ports: Ports, person: Person) -> Mailbox:
    def change(before: Mailbox | None) -> Mailbox:
        if before is None:
            return Mailbox(person.mailbox_id, person.addresses, ports.admission.stage, _start(ports), name=person.name)
        # A rename keeps the row; send-as addresses learnt before stay until they are read again.
        addresses = tuple(dict.fromkeys((*person.addresses, *before.addresses)))
        return replace(before, addresses=addresses, name=person.name)

    mailbox = ports.store.save_mailbox(person.mailbox_id, change)
    if not mailbox.stage.collects:
        return mailbox
    try:
        send_as = ports.mail.send_as(mailbox)
    except (TransientError, MailboxUnavailableError, RefusedError):
        return mailbox  # collect meets the same trouble and parks the mailbox with its cause
    own = tuple(dict.fromkeys((*person.addresses, *send_as)))
    return ports.store.save_mailbox(
        person.mailbox_id, lambda before: replace(before or mailbox, addresses=own, name=person.name)
    )


def _start(ports: Ports) -> int:
    depth = ports.admission.backfill_seconds
    return 0 if depth is None else int((ports.clock.now() - depth) * 1000)
