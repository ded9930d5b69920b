"""A mail on its way to Salesforce, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.crm import CrmUser
from server.domain.decision import Decision
from server.domain.ids import ActivityKey, SalesforceId
from server.domain.ledger import ActivityRow, Row
from server.domain.mail import Mail


@dataclass(frozen=True)
class Wanted:
    """A decided mail with the rows that wait for it. ``DeliveryRound`` makes it; a claim or a failure ends it."""

    mail: Mail
    decision: Decision
    owner: CrmUser | None
    rows: tuple[Row, ...]

    @property
    def key(self) -> ActivityKey:
        return self.mail.key

    @property
    def owner_id(self) -> SalesforceId | None:
        return self.owner.user_id if self.owner else None


@dataclass(frozen=True)
class Claimed:
    """A wanted mail and the claim on it: nobody else inserts it now. The claim may be an earlier try's.

    ``MailFiler`` makes it, or ``DeliveryRound`` of a claim whose end nobody knows; ``ActivityCloser`` ends it.
    """

    wanted: Wanted
    claim: ActivityRow

    @property
    def mail(self) -> Mail:
        return self.wanted.mail

    @property
    def key(self) -> ActivityKey:
        return self.wanted.mail.key
