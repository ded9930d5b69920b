"""Gmail's users.watch behind the Watch port: changes of a mailbox are published to a Pub/Sub topic of ours."""

from __future__ import annotations

import json
import re

from googleapiclient.errors import HttpError

from server.adapters.gmail.calls import GmailCalls
from server.adapters.google.api_failures import mapped
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
"""Words of Gmail's refusal, and what to do: the same for every mailbox."""


class _OtherTopicError(TrulyError):
    """The mailbox is watched for another topic of the same project."""


class GmailWatch:
    """Implements ``server.ports.watch.Watch``. Thread-safe.

    No label filter: mail that a filter of the user's archives at once must be told of, too.
    """

    def __init__(self, calls: GmailCalls, topic: str) -> None:
        self._calls = calls
        self._topic = topic
        self._users = calls.service.users()

    def start(self, mailbox: Mailbox) -> ActiveWatch:
        try:
            return self._start(mailbox)
        except _OtherTopicError:
            self.stop(mailbox)
            return self._start(mailbox)

    def stop(self, mailbox: Mailbox) -> None:
        self._calls.one(mailbox, self._users.stop(userId="me"), self._failure)

    def _start(self, mailbox: Mailbox) -> ActiveWatch:
        request = self._users.watch(userId="me", body={"topicName": self._topic})
        answer = self._calls.one(mailbox, request, self._failure)
        try:
            return ActiveWatch(int(answer["expiration"]) / 1000, Cursor(int(answer["historyId"])))
        except (KeyError, TypeError, ValueError):
            raise TransientError("Gmail's answer about a watch has not the documented form.") from None

    def _failure(self, error: HttpError) -> TrulyError:
        """Gmail has one status for many faults here; only its sentence tells them apart."""
        said = _sentence(error)
        if OTHER_TOPIC in said:
            return _OtherTopicError("The mailbox is watched for another topic.")
        fault = next((text for words, text in TOPIC_FAULTS if re.search(words, said)), None)
        return ConfigurationError(fault) if fault else mapped(error, self._calls.clock.now())


def _sentence(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["message"]).lower()
    except (ValueError, KeyError, TypeError):
        return ""
