"""The first day's questions to the Directory and to the Reports API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from googleapiclient.discovery import build

from server.adapters.first_day.asking import answer, ask, count
from server.adapters.google.credentials import CredentialMint
from server.adapters.transport import Transport
from server.ports.clock import Clock
from server.ports.survey import Answer, Sample, Value

FEW = 5
WINDOW = 29 * 86_400
"""Seconds; Reports takes 30 days at most."""
MEMBER_TYPES = ("USER", "GROUP", "EXTERNAL", "CUSTOMER", "OTHER")


class WorkspaceSurvey:
    """Implements ``server.ports.survey.Survey``."""

    def __init__(self, mint: CredentialMint, transport: Transport, clock: Clock, customer: str) -> None:
        self._mint = mint
        self._transport = transport
        self._clock = clock
        self._customer = customer
        self._directory = build("admin", "directory_v1", http=transport.http(), static_discovery=True)
        self._reports = build("admin", "reports_v1", http=transport.http(), static_discovery=True)

    def answers(self, sample: Sample) -> Iterator[Answer]:
        directory, customer = self._directory, self._customer
        yield self._describe(
            "Which fields do users have?",
            directory.users().list(customer=customer, maxResults=FEW),
            lambda page: {"users": len(page.get("users", ())), **_count_fields(page.get("users", ()), USER_FIELDS)},
        )
        yield self._describe(
            "Are domains listed?",
            directory.domains().list(customer=customer),
            lambda page: {"domains": len(page.get("domains", ()))},
        )
        yield self._describe(
            "Are groups listed?",
            directory.groups().list(customer=customer, maxResults=FEW),
            lambda page: {"groups_on_the_first_page": len(page.get("groups", ()))},
        )
        if sample.group:
            yield from self._compare_members(sample.group)
        yield from self._look_at_reports()

    def _compare_members(self, group: str) -> Iterator[Answer]:
        """Does a listing with derived members look into groups, and of which kinds are its entries?"""
        for is_derived in (False, True):
            yield self._describe(
                f"Which members has a group, {'derived' if is_derived else 'direct'}?",
                self._directory.members().list(groupKey=group, maxResults=200, includeDerivedMembership=is_derived),
                lambda page: count([_as_type(member) for member in page.get("members", ())]),
            )

    def _look_at_reports(self) -> Iterator[Answer]:
        """Which kinds of events come without a filter and with one, and how late is the newest?"""
        now = self._clock.now()
        window = {"startTime": _format_moment(now - WINDOW), "endTime": _format_moment(now)}
        for kind in ("", "1", "2"):
            filters = {"filters": f"event_info.mail_event_type=={kind}", "eventName": "delivery"} if kind else {}
            request = self._reports.activities().list(
                userKey="all", applicationName="gmail", maxResults=50, **window, **filters
            )
            question = f"Which events does Reports list {f'of the type {kind}' if kind else 'without a filter'}?"
            yield self._describe(question, request, lambda page: _describe_events(page, now), has_reports=True)

    def _describe(
        self, question: str, request: Any, read: Callable[[Any], dict[str, Value]], *, has_reports: bool = False
    ) -> Answer:
        mint = self._mint.for_reports if has_reports else self._mint.for_directory
        return answer(question, lambda: read(ask(request, mint(), self._transport)))


USER_FIELDS = (
    "aliases", "nonEditableAliases", "suspended", "archived", "isMailboxSetup", "isGuestUser", "orgUnitPath",
    "customerId", "isAdmin", "isDelegatedAdmin",
)  # fmt: skip


def _count_fields(items: Any, names: tuple[str, ...]) -> dict[str, Value]:
    return {f"with_{name}": sum(name in item for item in items) for name in names}


def _as_type(member: Any) -> str:
    kind = str(member.get("type", ""))
    return kind if kind in MEMBER_TYPES else "unknown"


def _format_moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _describe_events(page: Any, now: float) -> dict[str, Value]:
    items = page.get("items", [])
    events = [event for item in items for event in item.get("events", ())]
    kinds: list[str] = []
    for event in events:
        kinds += [
            f"type_{int(inner['intValue'])}"
            for outer in event.get("parameters", ())
            for inner in outer.get("messageValue", {}).get("parameter", ())
            if inner.get("name") == "mail_event_type" and str(inner.get("intValue", "")).isdigit()
        ]
    times = [datetime.fromisoformat(item["id"]["time"]).timestamp() for item in items]
    lag = {"newest_is_minutes_old": int(now - max(times)) // 60} if times else {}
    return {"events": len(events), "has_more": "nextPageToken" in page, **count(kinds), **lag}
