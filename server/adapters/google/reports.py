"""The Reports API behind the Witness port: Google's own record of every delivery in the Workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from googleapiclient.discovery import build

from server.adapters.google.admin_calls import AdminCalls, as_settings_problem
from server.adapters.transport import Transport
from server.domain.errors import TrulyError
from server.ports.clock import Clock
from server.ports.witness import Sighting

WHO = "Google's Reports API"
SENT, RECEIVED = "1", "2"
"""Values of ``mail_event_type``. Google notes some 25 others: a mail was opened, archived, marked as spam."""
INTO_A_MAILBOX = re.compile(r"gmail-ui::([^\s,;]+@[^\s,;]+)")
FIELDS = "nextPageToken,items(id/time,actor/email,events(name,parameters))"


class GoogleReports:
    """Implements ``server.ports.witness.Witness`` as an admin of the Workspace.

    ``mint`` gives credentials for the reports.
    """

    def __init__(self, mint: Callable[[], Any], transport: Transport, clock: Clock) -> None:
        self._calls = AdminCalls(mint, transport, clock, WHO)
        self._service = build("admin", "reports_v1", http=transport.http(), static_discovery=True)

    def sightings(self, since: float, until: float) -> Iterator[Sighting]:
        for kind in (SENT, RECEIVED):
            yield from self._list_kind(kind, since, until)

    def _list_kind(self, kind: str, since: float, until: float) -> Iterator[Sighting]:
        activities = self._service.activities()
        request = activities.list(
            userKey="all", applicationName="gmail", eventName="delivery", filters=f"event_info.mail_event_type=={kind}",
            maxResults=1000, startTime=_format_moment(since), endTime=_format_moment(until), fields=FIELDS,
        )  # fmt: skip
        try:
            for page in self._calls.pages(activities, request):
                for item in page.get("items", ()):
                    yield from _read_sightings(item, kind)
        except TrulyError as error:
            raise as_settings_problem(error, WHO) from None


def _format_moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_sightings(item: Any, kind: str) -> Iterator[Sighting]:
    at = datetime.fromisoformat(item["id"]["time"]).timestamp()
    actor = str(item.get("actor", {}).get("email", "")).lower()
    for event in item.get("events", ()):
        parameters = dict(_flatten(event.get("parameters", ())))
        message_id = parameters.get("rfc2822_message_id", "")
        # Google ignores a filter that it does not understand, and then lists every kind.
        if not message_id or parameters.get("mail_event_type") != kind:
            continue
        boxes = [actor]
        if kind == RECEIVED:
            # Groups and routes are destinations as well; only these destinations are mailboxes.
            destinations = INTO_A_MAILBOX.findall(parameters.get("flattened_destinations", ""))
            boxes = [address.lower() for address in destinations] or [actor]
        for address in dict.fromkeys(boxes):
            if address:
                yield Sighting(address, message_id, at)


def _flatten(parameters: Any) -> Iterator[tuple[str, str]]:
    """Names and values of nested parameters; a name may carry the names above it, as in the export to BigQuery."""
    for parameter in parameters:
        name = str(parameter.get("name", "")).rpartition(".")[2]
        nested = [parameter["messageValue"]] if "messageValue" in parameter else parameter.get("multiMessageValue", ())
        for message in nested:
            yield from _flatten(message.get("parameter", ()))
        value = parameter.get("intValue") or parameter.get("value") or " ".join(parameter.get("multiValue", ()))
        if value:
            yield name, str(value)
