"""Gmail's users.watch behind the Watch port: changes of a mailbox are published to a Pub/Sub topic of ours."""

from __future__ import annotations

import json
import re
from http.client import HTTPException
from typing import Any

import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from server.adapters.gmail.credentials import CredentialMint
from server.adapters.gmail.failures import mapped
from server.adapters.gmail.quota import quota_user
from server.adapters.transport import Transport
from server.domain.errors import ConfigurationError, TransientError, TrulyError
from server.domain.ids import HistoryId
from server.domain.mailbox import Mailbox
from server.ports.clock import Clock
from server.ports.watch import Watched

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

    def __init__(self, mint: CredentialMint, transport: Transport, clock: Clock, topic: str) -> None:
        self._mint = mint
        self._transport = transport
        self._clock = clock
        self._topic = topic
        self._users = build("gmail", "v1", http=transport.http(), static_discovery=True).users()

    def start(self, mailbox: Mailbox) -> Watched:
        try:
            return self._start(mailbox)
        except _OtherTopicError:
            self.stop(mailbox)
            return self._start(mailbox)

    def stop(self, mailbox: Mailbox) -> None:
        self._call(mailbox, self._users.stop(userId="me", quotaUser=quota_user(mailbox)))

    def _start(self, mailbox: Mailbox) -> Watched:
        request = self._users.watch(userId="me", body={"topicName": self._topic}, quotaUser=quota_user(mailbox))
        answer = self._call(mailbox, request)
        try:
            return Watched(int(answer["expiration"]) / 1000, HistoryId(int(answer["historyId"])))
        except (KeyError, TypeError, ValueError):
            raise TransientError("Gmail's answer about a watch has not the documented form.") from None

    def _call(self, mailbox: Mailbox, request: Any) -> Any:
        credentials = self._mint.for_mailbox(mailbox.addresses)
        http = google_auth_httplib2.AuthorizedHttp(credentials, http=self._transport.http(), max_refresh_attempts=1)
        try:
            return request.execute(http=http, num_retries=0)
        except HttpError as error:
            raise self._failure(error) from None
        except (httplib2.HttpLib2Error, HTTPException, OSError, ValueError):
            raise TransientError("Gmail cannot be reached.") from None

    def _failure(self, error: HttpError) -> TrulyError:
        """Gmail has one status for many faults here; only its sentence tells them apart."""
        said = _sentence(error)
        if OTHER_TOPIC in said:
            return _OtherTopicError("The mailbox is watched for another topic.")
        fault = next((text for words, text in TOPIC_FAULTS if re.search(words, said)), None)
        return ConfigurationError(fault) if fault else mapped(error, self._clock.now())


def _sentence(error: HttpError) -> str:
    try:
        return str(json.loads(error.content)["error"]["message"]).lower()
    except (ValueError, KeyError, TypeError):
        return ""
