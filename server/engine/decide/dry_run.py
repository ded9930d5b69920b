"""A dry run: what the waiting rows would become, with nothing written anywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from server.domain.crm import Query
from server.domain.decision import Decision, Outcome
from server.domain.ids import ActivityKey
from server.domain.ledger import Row
from server.domain.mail import Copy, Mail
from server.domain.mailbox import Mailbox, Workspace
from server.engine.collect.screening import open_copy
from server.engine.ports import Ports
from server.rules.decision.decide import decide
from server.rules.decision.match import build_query
from server.rules.decision.owner import find_owner_id

AT_ONCE = 200


@dataclass
class Preview:
    """``rows`` counts, by outcome and reason, settled rows as they are and waiting ones as they would be."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    activities: int = 0


def preview(ports: Ports, workspace: Workspace, mailboxes: list[Mailbox]) -> Preview:
    result = Preview()
    copies: dict[ActivityKey, list[Copy]] = {}
    for mailbox in mailboxes:
        for row in ports.store.rows(mailbox.mailbox_id):
            if _waits(row):
                copies.setdefault(row.activity_key or ActivityKey(""), []).append(
                    open_copy(ports, workspace, row, mailbox)
                )
            else:
                result.rows[row.outcome.value, row.reason.value] += 1
    mails = [Mail(key, None, tuple(found)) for key, found in copies.items()]
    for start in range(0, len(mails), AT_ONCE):
        _decide(ports, workspace, mails[start : start + AT_ONCE], result)
    return result


def _waits(row: Row) -> bool:
    return row.outcome is Outcome.WAITING and row.sealed_headers is not None


def _decide(ports: Ports, workspace: Workspace, mails: list[Mail], result: Preview) -> None:
    asked = Query()
    for mail in mails:
        asked = asked | build_query(mail, workspace, ports.policy)
    candidates = ports.crm.look_up(asked)
    for mail in mails:
        owner = find_owner_id(mail, workspace, candidates)
        decision: Decision = decide(mail, owner, candidates, workspace, ports.policy)
        result.rows[decision.outcome.value, decision.reason.value] += len(mail.copies)
        result.activities += decision.outcome is Outcome.LOGGED
