"""One verified call of one person: what the person's buttons may read and change, and the cards that answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from addon.codes import LateClick, Operation, Refusal
from addon.conversation import conversation_card
from addon.home import settings_card
from addon.models import Act, RecordShown
from addon.refusals import refusal_card
from addon.widgets import Widget
from server.bootstrap import Services
from server.domain.errors import JustSentError, TrulyError
from server.domain.history import MessageRef
from server.domain.ledger import Conversation
from server.domain.mailbox import Mailbox, Stage, Workspace
from server.engine.conversations.choice_keeper import Click
from server.engine.operations.jobs import enqueue_collect
from server.engine.sidebar.button_tokens import Order, Signer
from server.engine.sidebar.view import View, find_mailbox_of_caller
from server.web.guards import Admitted
from server.web.sidebar.presenting import Presenter, Salesforce

log = logging.getLogger(__name__)

ACT = "/addon/act"
"""The path that all buttons call."""
TOKEN = "st"  # noqa: S105  # the name of the parameter that holds a button's signed order
REFUSAL_OF: dict[LateClick | None, Refusal] = {
    None: Refusal.SLOW,
    LateClick.DROPPED: Refusal.DROPPED,
    LateClick.UNDER_WAY: Refusal.UNDER_WAY,
}
"""The card where even the ledger knows nothing of the message."""
Undo = tuple[Operation, Mapping[str, str]]
"""The operation that takes back what a click did, and its arguments."""


class RefusalError(Exception):
    """A card with an explanation takes the place of the one that was asked for. ``detail`` fills its text."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.detail = detail


class Desk:
    """Raises RefusalError where the person's mailbox has no cards. ``click`` is None where nobody clicked."""

    def __init__(self, services: Services, admitted: Admitted, click: Click | None = None) -> None:
        self.click = click
        self.choices = services.rooms.choices
        self.stopper = services.rooms.stopper
        self.event = admitted.event
        self._services = services
        self._caller = admitted.caller
        self._signer = Signer(services.ports.hasher, services.ports.clock)
        self.mailbox = self._require_mailbox()

    @property
    def workspace(self) -> Workspace:
        return self._services.workspaces.current()

    def require_live(self) -> None:
        """Before a click that changes something, or leads to one: a card may be older than the trial."""
        if self._is_trial:
            raise RefusalError(Refusal.NOT_LIVE)

    @property
    def _is_trial(self) -> bool:
        return self.mailbox.stage is Stage.DRY_RUN

    def find_opened(self) -> MessageRef:
        """The message that Google's event names. Raises NotFoundError, and JustSentError where it names none."""
        event = self.event
        if not event.message_id:
            raise JustSentError("Gmail does not say which message is open.")
        return self._services.ports.mail.identify(self.mailbox, event.message_id, event.thread_id, event.tokens)

    def open_card(self) -> dict[str, Any]:
        """The card of the message that the person opened. An unknown conversation is put into the queue too."""
        ref = self.find_opened()
        self._require_row(ref)
        view = self.view(ref)
        self._ask_for_sync(view)
        return self.conversation_card(ref, view)

    def known_card(self, ref: MessageRef | None, late_click: LateClick | None = None) -> dict[str, Any]:
        """What the ledger knows of the message, with a button that asks again. ``ref`` is None for the opened one."""
        ref = ref or self.find_opened()
        view = self._services.rooms.sidebar.view_known(self.mailbox, ref)
        if view is None:
            return refusal_card(REFUSAL_OF[late_click], refresh=self.act(ref)(Operation.SHOW))
        return self.conversation_card(ref, view, late_click=late_click)

    def conversation_card(
        self, ref: MessageRef, view: View, undo: Undo | None = None, late_click: LateClick | None = None
    ) -> dict[str, Any]:
        shown = self.presenter().conversation(view, undo, has_row=self._has_row(ref))
        shown = replace(shown, late_click=late_click, is_trial=self._is_trial)
        return conversation_card(shown, self.act(ref))

    def settings_card(self) -> Widget:
        """What holds for the person's mailbox."""
        settings, start = self._services.settings, self.mailbox.start
        day = self.presenter().moment(start / 1000) if start else ""
        return settings_card(self.mailbox.stage.value, day, settings.disclosure.value, settings.help_contact)

    def view(self, ref: MessageRef) -> View:
        return self._services.rooms.sidebar.view(self.workspace, self.mailbox, ref)

    def choice_on(self, ref: MessageRef) -> Conversation | None:
        """What people chose for the conversation."""
        return self._services.rooms.sidebar.find_choice(self.mailbox, ref)

    def list_fitting(self, ref: MessageRef) -> list[RecordShown]:
        """The records that fit the opened message, the chosen one first."""
        message = self.presenter().conversation(self.view(ref)).opened
        return [*([message.record] if message.record else []), *message.not_chosen]

    def search(self, text: str) -> list[RecordShown]:
        """Only what the rep may read."""
        matches = self._services.ports.crm.search(text)
        readable = self._services.rooms.access.readable(self.mailbox, matches)
        return [self.presenter().record(record) for record in matches if record.record_id in readable]

    def presenter(self) -> Presenter:
        ports, settings = self._services.ports, self._services.settings
        return Presenter(
            links=Salesforce(settings.salesforce.domain),
            now=ports.clock.now(),
            offset=self.event.offset,
            may_override=ports.policy.override_contacts_only,
            policy=ports.policy,
            user=lambda: self._services.rooms.sidebar.user_of(self.mailbox),
        )

    def act(self, ref: MessageRef) -> Act:
        url = self._services.settings.public_url + ACT

        def sign_action(operation: Operation, **arguments: str) -> dict[str, Any]:
            order = Order(operation, ref.message_id, ref.thread_id, arguments)
            signed = self._signer.sign(order, self._caller.subject)
            return {"function": url, "parameters": [{"key": TOKEN, "value": signed}]}

        return sign_action

    def _ask_for_sync(self, view: View) -> None:
        """An unknown conversation is decided now and carried out by the queue; without the queue, by the next sweep."""
        if self._is_trial or not any(message.foreseen for message in view.shown):
            return
        try:
            enqueue_collect(self._services.queue, self.mailbox.mailbox_id, self._services.ports.clock.now())
        except TrulyError as error:
            log.warning("a card could not ask for a sync: %s", type(error).__name__)

    def _has_row(self, ref: MessageRef) -> bool:
        return bool(self._services.ports.store.existing_rows(self.mailbox.mailbox_id, [ref.message_id]))

    def _require_row(self, ref: MessageRef) -> None:
        """A mailbox that drains has cards for the messages in the ledger only: nothing else will be read."""
        if self.mailbox.stage is not Stage.DRAINING:
            return
        complete_to = self.mailbox.complete_to
        if not self._has_row(ref):
            moment = self.presenter().moment(complete_to) if complete_to is not None else ""
            raise RefusalError(Refusal.NO_LONGER_READ if moment else Refusal.NOT_INCLUDED, moment)

    def _require_mailbox(self) -> Mailbox:
        caller = self._caller
        find_owners = self._services.rooms.addresses.find_owners
        mailbox = find_mailbox_of_caller(self._services.ports.store, find_owners, caller.subject, caller.address)
        if mailbox is None:
            is_internal = self.workspace.is_internal(caller.address)
            raise RefusalError(Refusal.NOT_INCLUDED if is_internal else Refusal.CONSUMER)
        if mailbox.stage is Stage.OFF or not mailbox.is_in_scope:
            raise RefusalError(Refusal.NOT_INCLUDED)
        return mailbox
