"""Gmail's users.watch behind the Watch port: Gmail publishes a mailbox's changes to the topic in PUBSUB_TOPIC."""

from __future__ import annotations

import json
import re

from googleapiclient.errors import HttpError

from server.adapters.gmail.calls import GmailCalls
from server.adapters.google.api_failures import map_http_error
from server.domain.errors import ConfigurationError, TransientError, TrulyError
from server.domain.ids import Cursor
from server.domain.mailbox import Mailbox
from server.ports.watch import ActiveWatch

OTHER_TOPIC = "only one user push notification client"
TOPIC_FAULTS = (
    ("invalid topicname", "PUBSUB_TOPIC must be a topic in the Google Cloud project of the service account."),
    ("cloud pubsub.*not found", "PUBSUB_TOPIC names a topic that is not there. Create it, or correct the setting."),
    (
        "cloud pubsub.*not authorized",
        "Gmail may not publish to PUBSUB_TOPIC: make gmail-api-push@system.gserviceaccount.com a publisher of it.",
    ),
)
"""Patterns of Gmail's refusals, and what an admin must do. Such a fault is the same for every mailbox."""


class _OtherTopicError(TrulyError):
    """The mailbox is watched for another topic of the same project."""


class GmailWatch:
    """Implements ``server.ports.watch.Watch``. Thread-safe.

    There is no label filter: Gmail must report mail, too, that a filter of the user archives at once.
    """

    def __init__(self, calls: GmailCalls, topic: str) -> None:
        self._calls = calls
        self._topic = topic
        self._users = calls.service.users()

    def start(self, mailbox: Mailbox) -> ActiveWatch:
        try:
            return self._start(mailbox)
        except _OtherTopicError:
            # An admin changed PUBSUB_TOPIC; Gmail pushes to one topic of a project at a time.
            self.stop(mailbox)
            return self._start(mailbox)

    def stop(self, mailbox: Mailbox) -> None:
        self._calls.call(mailbox, self._users.stop(userId="me"), self._map_failure)

    def _start(self, mailbox: Mailbox) -> ActiveWatch:
        request = self._users.watch(userId="me", body={"topicName": self._topic})
        watch = self._calls.call(mailbox, request, self._map_failure)
        try:
            return ActiveWatch(int(watch["expiration"]) / 1000, Cursor(int(watch["historyId"])))
        except (KeyError, TypeError, ValueError):
            raise TransientError("Gmail's answer about a watch has not the documented form.") from None

    def _map_failure(self, error: HttpError) -> TrulyError:
        """Gmail has one status for many faults here; only its sentence tells them apart."""
        sentence = _read_sentence(error)
        if OTHER_TOPIC in sentence:
            return _OtherTopicError("The mailbox is watched for another topic.")
        fault = next((text for words, text in TOPIC_FAULTS if re.search(words, sentence)), None)
        return ConfigurationError(fault) if fault else map_http_error(error, self._calls.clock.now())


def _read_sentence(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["message"]).lower()
    except (ValueError, KeyError, TypeError):
        return ""
