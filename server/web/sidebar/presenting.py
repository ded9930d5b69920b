"""Turns what the engine knows into what a card shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from addon.codes import Operation, ReasonCode, WhyCode
from addon.models import ConversationShown, MessageShown, RecordShown, UnrelatedShown
from server.domain.crm import Record
from server.domain.decision import Outcome, Reason, Unrelated
from server.domain.ids import SalesforceId
from server.domain.policy import Policy
from server.engine.decide.explain import find_public_domain
from server.engine.sidebar.view import Shown, View

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NEVER_YEAR = 9000


@dataclass(frozen=True)
class Salesforce:
    """Links into the org. ``domain`` is My Domain without ``.salesforce.com``."""

    domain: str

    @property
    def origin(self) -> str:
        return f"https://{self.domain}.salesforce.com"

    def record(self, record_id: str) -> str:
        return f"{self.origin}/{quote(record_id, safe='')}"

    def new(self, kind: str, address: str) -> str:
        """Salesforce's own form, with the address filled in: it takes one value, encoded twice."""
        values = quote(f"Email={quote(address, safe='@.')}", safe="")
        return f"{self.origin}/lightning/o/{kind}/new?defaultFieldValues={values}" if address else ""


def _code_of(reason: Reason) -> ReasonCode:
    """Of a reason that a newer version wrote, a card says only that."""
    return ReasonCode(reason.value) if reason.value in set(ReasonCode) else ReasonCode.NEWER


def _count_unrelated(unrelated: Unrelated) -> UnrelatedShown | None:
    beyond = unrelated.beyond + unrelated.blind_beyond
    return UnrelatedShown(unrelated.most, beyond, unrelated.blind) if unrelated.count else None


@dataclass(frozen=True)
class Presenter:
    """``offset`` is the person's time zone, seconds east of UTC; ``now`` epoch seconds."""

    links: Salesforce
    now: float
    offset: int
    may_override: bool
    user: Callable[[], SalesforceId | None]
    policy: Policy

    def conversation(
        self,
        view: View,
        undo: tuple[Operation, Mapping[str, str]] | None = None,
        *,
        has_row: bool = False,
    ) -> ConversationShown:
        """``has_row``: the ledger has the opened message, so that no sync decides it again."""
        opened = next(s for s in view.shown if s.message_id == view.opened)
        rest = tuple(self.message(s) for s in view.shown if s.message_id != view.opened)
        by = "you" if view.chosen_by and view.chosen_by in view.mailbox.addresses else view.chosen_by
        message = self.message(opened)
        message = replace(message, needs_click=message.foreseen and has_row)
        return ConversationShown(message, rest, by, undo, view.is_record_gone, view.is_crm_away, view.is_as_known)

    def message(self, shown: Shown) -> MessageShown:
        address = shown.addresses[0] if shown.addresses else ""
        return MessageShown(
            reason=_code_of(shown.reason),
            when=self.moment(shown.sent_at / 1000),
            foreseen=shown.foreseen and shown.outcome is Outcome.LOGGED,
            record=self.record(shown.chosen) if shown.chosen else None,
            is_hidden=shown.is_hidden,
            not_chosen=tuple(self.record(loser.record, WhyCode(loser.why.value)) for loser in shown.losers),
            hidden_count=shown.hidden_losers,
            more_count=shown.more_losers,
            is_blind=shown.is_blind,
            unrelated=_count_unrelated(shown.unrelated),
            addresses=shown.addresses,
            mark=shown.marks[0] if shown.marks else "",
            next_try=self.moment(shown.due_at) if shown.due_at else "",
            code=shown.cause or "",
            sentence=shown.sentence,
            is_joined=shown.is_joined,
            is_doubled=shown.is_doubled,
            on_opportunity=shown.on_opportunity,
            add_contact=self.links.new("Contact", address),
            add_lead=self.links.new("Lead", address),
            public_domain=find_public_domain(address, self.policy),
            may_override=self.may_override or shown.reason is not Reason.CONTACTS_ONLY_ACCOUNT,
        )

    def record(self, record: Record, why: WhyCode | None = None) -> RecordShown:
        return RecordShown(
            record_id=record.record_id,
            kind=record.kind.value,
            name=record.name,
            account_name=record.account_name,
            found_by=record.found_by,
            url=self.links.record(record.record_id),
            why=why,
            is_own=record.owner_id is not None and record.owner_id == self.user(),
        )

    def moment(self, epoch: float) -> str:
        """A moment of today is a time, one of this year has no year. Empty for a moment that never comes."""
        try:
            moment = datetime.fromtimestamp(epoch, UTC) + timedelta(seconds=self.offset)
            today = datetime.fromtimestamp(self.now, UTC) + timedelta(seconds=self.offset)
        except (OverflowError, ValueError, OSError):
            return ""
        if moment.year > NEVER_YEAR:
            return ""
        zone = "" if self.offset else " UTC"
        if moment.date() == today.date():
            return f"{moment:%H:%M}{zone}"
        day = f"{moment.day} {MONTHS[moment.month - 1]}"
        return day if moment.year == today.year else f"{day} {moment.year}"
