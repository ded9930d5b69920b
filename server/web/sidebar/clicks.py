"""What each button does. The token proves that we signed the order for this person, so its ids are our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from addon import texts
from addon.choosing import SEARCH_FIELD, choose_card, stop_card
from addon.codes import Operation
from addon.conversation import name_of, plural
from addon.widgets import push_card, show_change, update_card
from server.domain.decision import Outcome
from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.engine.sidebar.button_tokens import Order, StaleTokenError
from server.engine.sidebar.view import View
from server.web.sidebar.desk import Desk, Undo

Handler = Callable[[Desk, MessageRef, Mapping[str, str]], dict[str, Any]]
"""Takes the message of the card and the button's arguments, and returns the answer to the click."""
LONGEST_SEARCH = 100
"""Characters of what a person searches for; the rest is cut."""
KEPT_OUT, ANYWAY = "kept_out", "anyway"
"""What was said of a conversation that is on no chosen record, as an argument of a button."""


def handler_of(order: Order) -> Handler:
    """Raises StaleTokenError for an operation that this version does not have."""
    try:
        return HANDLERS[Operation(order.operation)]
    except ValueError:
        raise StaleTokenError("The button's operation is not known.") from None


def message_of(order: Order) -> MessageRef:
    return MessageRef(MessageId(order.message_id), ThreadId(order.thread_id))


def _log(desk: Desk, ref: MessageRef, _arguments: Mapping[str, str]) -> dict[str, Any]:
    earlier = desk.view(ref)
    desk.choices.log(desk.workspace, desk.mailbox, ref, desk.click)
    view = desk.view(ref)
    undo: Undo | None = None
    if earlier.is_kept_out:
        undo = (Operation.STOP, {})
    elif view.chosen_by and not earlier.chosen_by:
        undo = (Operation.WITHDRAW, {})
    return show_change(
        desk.conversation_card(ref, view, undo), texts.LOGGED_NOW if _is_done(view) else texts.LOGGED_SOON
    )


def _choose(desk: Desk, ref: MessageRef, _arguments: Mapping[str, str]) -> dict[str, Any]:
    return push_card(choose_card(desk.list_fitting(ref), desk.act(ref), earlier_choice=_current_choice(desk, ref)))


def _search(desk: Desk, ref: MessageRef, _arguments: Mapping[str, str]) -> dict[str, Any]:
    text = " ".join(desk.event.inputs.get(SEARCH_FIELD, "").split())[:LONGEST_SEARCH]
    matches = desk.search(text)
    card = choose_card(
        desk.list_fitting(ref),
        desk.act(ref),
        earlier_choice=_current_choice(desk, ref),
        text=text or " ",
        matches=matches,
    )
    return update_card(card)


def _move(desk: Desk, ref: MessageRef, arguments: Mapping[str, str]) -> dict[str, Any]:
    earlier_choice = arguments.get("before", "")
    moved = desk.choices.move(desk.workspace, desk.mailbox, ref, SalesforceId(arguments["record"]), desk.click)
    record = moved.record
    undo = _undo_of_move("" if earlier_choice == record.record_id else earlier_choice)
    view = desk.view(ref)
    form = texts.MOVED_NOW if _is_done(view) else texts.MOVED_SOON
    if moved.is_all_unseen:
        form = texts.MOVED_REPLIES
    notice = _add_unseen(form.format(record=name_of(desk.presenter().record(record))), moved.unseen)
    return show_change(desk.conversation_card(ref, view, undo), notice)


def _withdraw(desk: Desk, ref: MessageRef, arguments: Mapping[str, str]) -> dict[str, Any]:
    desk.choices.withdraw(desk.workspace, desk.mailbox, ref, desk.click, stays=bool(arguments.get("stays")))
    return show_change(desk.conversation_card(ref, desk.view(ref)), texts.UNDONE)


def _ask_stop(desk: Desk, ref: MessageRef, _arguments: Mapping[str, str]) -> dict[str, Any]:
    preview = desk.stopper.preview(desk.mailbox, ref)
    return push_card(stop_card(preview.removed, preview.stays_with, desk.act(ref), unnamed=preview.unnamed))


def _stop(desk: Desk, ref: MessageRef, _arguments: Mapping[str, str]) -> dict[str, Any]:
    unseen = desk.stopper.stop(desk.mailbox, ref, desk.click)
    undo: Undo = (Operation.LOG, {})
    notice = _add_unseen(texts.STOPPED, unseen)
    return show_change(desk.conversation_card(ref, desk.view(ref), undo), notice)


def _add_unseen(notice: str, count: int) -> str:
    """What the click could not reach: only a person can look there."""
    return f"{notice} {plural(texts.UNSEEN, count)}" if count else notice


def _show(desk: Desk, ref: MessageRef, _arguments: Mapping[str, str]) -> dict[str, Any]:
    return show_change(desk.conversation_card(ref, desk.view(ref)), "")


CHANGES = frozenset({Operation.LOG, Operation.MOVE, Operation.WITHDRAW, Operation.STOP})
"""The operations that change something."""
HANDLERS: dict[Operation, Handler] = {
    Operation.LOG: _log,
    Operation.CHOOSE: _choose,
    Operation.SEARCH: _search,
    Operation.MOVE: _move,
    Operation.WITHDRAW: _withdraw,
    Operation.ASK_STOP: _ask_stop,
    Operation.STOP: _stop,
    Operation.SHOW: _show,
}


def _undo_of_move(earlier_choice: str) -> Undo:
    """What takes a move back. ``earlier_choice`` is what was said of the conversation before the move."""
    if earlier_choice == "":
        return (Operation.WITHDRAW, {})
    if earlier_choice == KEPT_OUT:
        return (Operation.STOP, {})
    if earlier_choice == ANYWAY:
        return (Operation.WITHDRAW, {"stays": "yes"})
    return (Operation.MOVE, {"record": earlier_choice})


def _current_choice(desk: Desk, ref: MessageRef) -> str:
    """What was said of the conversation: the chosen record's id, ``KEPT_OUT``, ``ANYWAY`` or nothing."""
    choice = desk.choice_on(ref)
    if choice is None:
        return ""
    if desk.mailbox.mailbox_id in choice.kept_out_by:
        return KEPT_OUT
    return choice.record_id or (ANYWAY if choice.log_anyway else "")


def _is_done(view: View) -> bool:
    """Whether the opened message is logged or refused by now: the notice must not contradict the card."""
    return all(message.outcome is not Outcome.WAITING for message in view.shown if message.message_id == view.opened)
