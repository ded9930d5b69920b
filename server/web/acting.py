"""What each button does. The order was signed by us for this person; its ids are our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from addon import texts
from addon.choosing import SEARCH_FIELD, choose_card, stop_card
from addon.conversation import conversation_card, name_of
from addon.widgets import changed, pushed, replaced
from server.domain.decision import Outcome
from server.domain.history import MessageRef
from server.domain.ids import MessageId, SalesforceId, ThreadId
from server.engine.sidebar.button_tokens import Order

if TYPE_CHECKING:
    from server.engine.sidebar.view import View
    from server.web.addon import Desk

Answer = dict[str, Any]
Undo = tuple[str, Mapping[str, str]]
LONGEST_SEARCH = 100


def act(desk: Desk, order: Order) -> Answer:
    """Raises KeyError for an operation that this version does not know."""
    ref = MessageRef(MessageId(order.message_id), ThreadId(order.thread_id))
    return OPERATIONS[order.operation](desk, ref, order)


def _shown(desk: Desk, ref: MessageRef, said: str, undo: Undo | None = None) -> Answer:
    view = desk.view(ref)
    card = conversation_card(desk.presenter().conversation(view, undo), desk.act(ref))
    return changed(card, said)


def _log(desk: Desk, ref: MessageRef, _order: Order) -> Answer:
    before = desk.view(ref)
    desk.services.choices.log(desk.workspace, desk.mailbox, ref)
    after = desk.view(ref)
    undo: Undo | None = None
    if before.is_kept_out:
        undo = ("stop", {})
    elif after.chosen_by and not before.chosen_by:
        undo = ("withdraw", {})
    return _shown(desk, ref, texts.SAID["log" if _is_done(after) else "log_soon"], undo)


def _choose(desk: Desk, ref: MessageRef, _order: Order) -> Answer:
    return pushed(choose_card(desk.fitting(ref), desk.act(ref), before=_chosen(desk, ref)))


def _search(desk: Desk, ref: MessageRef, _order: Order) -> Answer:
    text = " ".join(desk.event.inputs.get(SEARCH_FIELD, "").split())[:LONGEST_SEARCH]
    found = desk.search(text)
    return replaced(
        choose_card(desk.fitting(ref), desk.act(ref), before=_chosen(desk, ref), text=text or " ", found=found)
    )


def _move(desk: Desk, ref: MessageRef, order: Order) -> Answer:
    before = order.arguments.get("before", "")
    record = desk.services.choices.move(desk.workspace, desk.mailbox, ref, SalesforceId(order.arguments["record"]))
    undo: Undo = UNDO_MOVE.get(before, ("move", {"record": before}))
    if before == record.record_id:
        undo = UNDO_MOVE[""]
    said = texts.SAID["move" if _is_done(desk.view(ref)) else "move_soon"]
    return _shown(desk, ref, said.format(record=name_of(desk.presenter().record(record))), undo)


def _is_done(view: View) -> bool:
    """What the opened message shows must not contradict what is said above it."""
    return all(each.outcome is not Outcome.WAITING for each in view.shown if each.message_id == view.opened)


KEPT_OUT, ANYWAY = "kept_out", "anyway"
UNDO_MOVE: dict[str, Undo] = {"": ("withdraw", {}), KEPT_OUT: ("stop", {}), ANYWAY: ("withdraw", {"stays": "yes"})}
"""What takes a move back, by what was said of the conversation before it; else it was on another chosen record."""


def _chosen(desk: Desk, ref: MessageRef) -> str:
    """What was said of the conversation: the chosen record's id, or one of the words above, or nothing."""
    word = desk.services.sidebar.word_on(desk.mailbox, ref)
    if word is None:
        return ""
    if desk.mailbox.mailbox_id in word.kept_out_by:
        return KEPT_OUT
    return word.record_id or (ANYWAY if word.log_anyway else "")


def _withdraw(desk: Desk, ref: MessageRef, order: Order) -> Answer:
    stays = bool(order.arguments.get("stays"))
    desk.services.choices.withdraw(desk.workspace, desk.mailbox, ref, stays=stays)
    return _shown(desk, ref, texts.SAID["withdraw"])


def _ask_stop(desk: Desk, ref: MessageRef, _order: Order) -> Answer:
    would = desk.services.choices.stopping(desk.mailbox, ref)
    return pushed(stop_card(would.removed, would.stays_with, desk.act(ref)))


def _stop(desk: Desk, ref: MessageRef, _order: Order) -> Answer:
    desk.services.choices.stop(desk.mailbox, ref)
    return _shown(desk, ref, texts.SAID["stop"], ("log", {}))


def _show(desk: Desk, ref: MessageRef, _order: Order) -> Answer:
    return _shown(desk, ref, "")


OPERATIONS: dict[str, Callable[[Desk, MessageRef, Order], Answer]] = {
    "log": _log,
    "choose": _choose,
    "search": _search,
    "move": _move,
    "withdraw": _withdraw,
    "ask_stop": _ask_stop,
    "stop": _stop,
    "show": _show,
}
