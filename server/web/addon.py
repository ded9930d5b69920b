"""The add-on's endpoints: verified, then answered with a card, whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request

from addon.conversation import conversation_card
from addon.home import home_card
from addon.manifest import manifest
from addon.models import Act, RecordShown
from addon.refusals import refusal_card
from addon.widgets import pushed, shown
from server.bootstrap import Services
from server.domain.errors import (
    ConflictError,
    MailboxUnavailableError,
    NotFoundError,
    OutOfScopeError,
    RefusedError,
    RejectedError,
    TransientError,
    UntrustedCallerError,
)
from server.domain.history import MessageRef
from server.domain.mailbox import Mailbox, Stage, Workspace
from server.engine.operations.jobs import ask_collect
from server.engine.sidebar.button_tokens import ExpiredError, Order, Signer
from server.engine.sidebar.view import View, mailbox_of
from server.settings import Settings
from server.web.acting import act
from server.web.guards import Admitted, ConsentMissingError, admit, check_google
from server.web.presenting import Presenter, Salesforce

log = logging.getLogger(__name__)

HOME = "/addon/home"
OPEN = "/addon/open"
ACT = "/addon/act"
Answer = dict[str, Any]


class Source(Protocol):
    def get(self) -> Services: ...


def deployment(settings: Settings) -> Answer:
    """deployment.json for this service."""
    return manifest(settings.public_url, HOME, OPEN, Salesforce(settings.salesforce.domain).origin)


class RefusalError(Exception):
    """A card that says why not, in place of the one that was asked for."""

    def __init__(self, kind: str, said: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.said = said


def blueprint(source: Source) -> Blueprint:
    routes = Blueprint("addon", __name__)

    @routes.post(HOME)
    def home() -> Response:
        services = source.get()
        check_google(services, HOME, _authorization())
        return jsonify(shown(home_card(services.settings.disclosure.value)))

    @routes.post(OPEN)
    def open_message() -> Response:
        services = source.get()
        admitted = admit(services, OPEN, _authorization(), request.get_data())
        return jsonify(_answered(services, admitted, lambda desk: shown(desk.card())))

    @routes.post(ACT)
    def click() -> Response:
        services = source.get()
        admitted = admit(services, ACT, _authorization(), request.get_data())
        try:
            order = Signer(services.ports).read(admitted.event.parameters.get("st", ""), admitted.caller.subject)
        except ExpiredError:
            return jsonify(_refused(services, admitted, "stale"))
        return jsonify(_answered(services, admitted, lambda desk: act(desk, order)))

    @routes.errorhandler(ConsentMissingError)
    def ask_consent(_error: ConsentMissingError) -> Response:
        return jsonify(requesting_google_scopes={"all_scopes": True})

    @routes.errorhandler(UntrustedCallerError)
    def untrusted(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(TransientError)
    def away(_error: TransientError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot be verified now."), 503

    return routes


def _authorization() -> str:
    return request.headers.get("Authorization", "")


class Desk:
    """One verified call of one person about one message."""

    def __init__(self, services: Services, admitted: Admitted) -> None:
        self.services = services
        self.event = admitted.event
        self.caller = admitted.caller
        self.signer = Signer(services.ports)
        self.mailbox = self._mailbox()

    @property
    def workspace(self) -> Workspace:
        return self.services.workspaces.current()

    def opened(self) -> MessageRef:
        """The message that Google's event names."""
        return self.services.ports.mail.identify(self.mailbox, self.event.message_id, self.event.thread_id)

    def card(self) -> Answer:
        ref = self.opened()
        self._check_known(ref)
        view = self.view(ref)
        self.ask_for_sync(view)
        return conversation_card(self.presenter().conversation(view), self.act(ref))

    def view(self, ref: MessageRef) -> View:
        return self.services.sidebar.view(self.workspace, self.mailbox, ref)

    def fitting(self, ref: MessageRef) -> list[RecordShown]:
        """The records that fit the opened message, the chosen one first."""
        message = self.presenter().conversation(self.view(ref)).opened
        return [*([message.record] if message.record else []), *message.others]

    def search(self, text: str) -> list[RecordShown]:
        """Only what the rep may read."""
        found = self.services.ports.crm.search(text)
        readable = self.services.access.readable(self.mailbox, found)
        return [self.presenter().record(record) for record in found if record.record_id in readable]

    def presenter(self) -> Presenter:
        ports, settings = self.services.ports, self.services.settings
        return Presenter(
            links=Salesforce(settings.salesforce.domain),
            now=ports.clock.now(),
            offset=self.event.offset,
            may_override=ports.policy.override_contacts_only,
            user=lambda: self.services.sidebar.user_of(self.mailbox),
        )

    def act(self, ref: MessageRef) -> Act:
        url = self.services.settings.public_url + ACT

        def action(operation: str, **arguments: str) -> Answer:
            order = Order(operation, ref.message_id, ref.thread_id, arguments)
            signed = self.signer.sign(order, self.caller.subject)
            return {"function": url, "parameters": [{"key": "st", "value": signed}]}

        return action

    def ask_for_sync(self, view: View) -> None:
        """An unknown conversation is decided now and carried out by the queue."""
        queue = self.services.queue
        if queue is not None and any(s.foreseen for s in view.shown):
            ask_collect(queue, self.mailbox.mailbox_id, self.services.ports.clock.now())

    def _check_known(self, ref: MessageRef) -> None:
        """A mailbox that drains shows what the ledger has; of anything else a card would promise in vain."""
        if self.mailbox.stage is not Stage.DRAINING:
            return
        rows = self.services.ports.store.existing_rows(self.mailbox.mailbox_id, [ref.message_id])
        complete_to = self.mailbox.complete_to
        if not rows:
            moment = self.presenter().moment(complete_to) if complete_to is not None else ""
            raise RefusalError("no_longer_read" if moment else "not_included", moment)

    def _mailbox(self) -> Mailbox:
        mailbox = mailbox_of(self.services.ports, self.caller.subject, self.caller.address)
        if mailbox is None:
            internal = self.services.workspaces.current().is_internal(self.caller.address)
            raise RefusalError("not_included" if internal else "consumer")
        if mailbox.stage is Stage.OFF or not mailbox.is_in_scope:
            raise RefusalError("not_included")
        if mailbox.stage is Stage.DRY_RUN:
            raise RefusalError("not_live")
        return mailbox


def _answered(services: Services, admitted: Admitted, work: Callable[[Desk], Answer]) -> Answer:
    """Our own trouble is a card too: on any other answer Google shows nothing but "something went wrong"."""
    said = ""
    try:
        return work(Desk(services, admitted))
    except RefusalError as refusal:
        kind, said = refusal.kind, refusal.said
    except OutOfScopeError:
        kind = "not_included"
    except NotFoundError:
        kind = "not_found"
    except RejectedError as error:
        kind, said = "refused", error.reason or error.code
    except RefusedError as error:
        kind, said = "refused", str(error)
    except (TransientError, MailboxUnavailableError, ConflictError):
        kind = "away"
    except Exception as error:  # noqa: BLE001  # the person must read something, and the log says what
        log.error("a card failed with %s", type(error).__name__)  # noqa: TRY400  # a trace could quote mail
        kind = "broken"
    return _refused(services, admitted, kind, said)


def _refused(services: Services, admitted: Admitted, kind: str, said: str = "") -> Answer:
    card = refusal_card(kind, address=admitted.caller.address, admin=services.settings.google_admin, said=said)
    return shown(card) if admitted.is_trigger else pushed(card)
