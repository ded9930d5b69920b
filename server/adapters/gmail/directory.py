"""The Admin Directory behind the Directory port."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import google_auth_httplib2
import httplib2
import idna
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from server.adapters.gmail.credentials import CredentialMint
from server.adapters.gmail.failures import mapped
from server.adapters.transport import Transport
from server.domain.errors import MailboxUnavailableError, ReconnectRequiredError, TransientError
from server.domain.ids import MailboxId
from server.domain.mailbox import Person
from server.ports.clock import Clock


class GoogleDirectory:
    """Implements ``server.ports.directory.Directory`` as an admin of the Workspace."""

    def __init__(self, mint: CredentialMint, transport: Transport, clock: Clock, customer: str) -> None:
        self._mint = mint
        self._transport = transport
        self._clock = clock
        self._customer = customer
        self._service = build("admin", "directory_v1", http=transport.http(), static_discovery=True)

    def people(self) -> list[Person]:
        users = self._service.users()
        request = users.list(customer=self._customer, maxResults=500, orderBy="email")
        return [_person(item) for page in self._pages(users, request) for item in page.get("users", ())]

    def domains(self) -> frozenset[str]:
        answer = self._call(self._service.domains().list(customer=self._customer))
        names: set[str] = set()
        for domain in answer.get("domains", ()):
            if domain.get("verified", True):
                names.add(_a_label(str(domain["domainName"])))
                names.update(_a_label(str(alias["domainAliasName"])) for alias in domain.get("domainAliases", ()))
        return frozenset(names)

    def groups(self) -> frozenset[str]:
        groups = self._service.groups()
        request = groups.list(customer=self._customer, maxResults=200)
        return frozenset(
            address.lower()
            for page in self._pages(groups, request)
            for group in page.get("groups", ())
            for address in [group["email"], *group.get("aliases", ()), *group.get("nonEditableAliases", ())]
        )

    def _pages(self, resource: Any, request: Any) -> Iterator[Any]:
        while request is not None:
            answer = self._call(request)
            yield answer
            request = resource.list_next(request, answer)

    def _call(self, request: Any) -> Any:
        try:
            http = google_auth_httplib2.AuthorizedHttp(
                self._mint.for_directory(), http=self._transport.http(), max_refresh_attempts=1
            )
            answer = request.execute(http=http, num_retries=2)
        except MailboxUnavailableError:
            raise ReconnectRequiredError("GOOGLE_ADMIN is not an active user of this Workspace.") from None
        except HttpError as error:
            failure = mapped(error, self._clock.now())
            if not isinstance(failure, TransientError | ReconnectRequiredError):
                failure = ReconnectRequiredError(
                    f"Google Directory refuses our question with {int(error.resp.status)}."
                    " Check GOOGLE_CUSTOMER and GOOGLE_ADMIN."
                )
            raise failure from None
        except (httplib2.HttpLib2Error, HTTPException, OSError, UnicodeDecodeError):
            raise TransientError("Google Directory cannot be reached.") from None
        if not isinstance(answer, dict):
            raise TransientError("Google Directory's answer is not JSON.")
        return answer


def _a_label(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return name.lower()


def _person(item: Any) -> Person:
    listed = [item["primaryEmail"], *item.get("aliases", ()), *item.get("nonEditableAliases", ())]
    addresses = dict.fromkeys(str(a).lower() for a in listed)
    return Person(
        mailbox_id=MailboxId(str(item["id"])),
        addresses=tuple(addresses),
        name=str(item.get("name", {}).get("fullName", "")),
        is_suspended=bool(item.get("suspended")),
        is_admin=bool(item.get("isAdmin")),
        has_mailbox=bool(item.get("isMailboxSetup", True)) and not item.get("archived"),
    )
