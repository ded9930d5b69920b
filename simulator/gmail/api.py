"""Gmail's REST methods, one by one, each with its price in quota units."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from simulator import mime
from simulator.answers import BAD_REQUEST, NOT_FOUND, Failure, drop_connection, failure_of, reply
from simulator.calls import Call
from simulator.gmail import fields, web_id
from simulator.gmail.listing import EMPTY_PAGE, empty_page, history_page, list_messages, list_threads
from simulator.gmail.mailbox import SYSTEM_LABELS, Mailbox
from simulator.gmail.messages import DETAILS, as_json, hide_label, ref_of, thread_as_json
from simulator.gmail.sending import sent
from simulator.identity import Access
from simulator.universe import Universe

UNITS = {
    "getProfile": 1, "labels.list": 1, "labels.get": 1, "sendAs.list": 1, "history.list": 2, "messages.list": 5,
    "messages.get": 20, "attachments.get": 20, "threads.get": 40, "threads.list": 10, "messages.modify": 5,
    "messages.trash": 5, "messages.untrash": 5, "messages.delete": 10, "messages.send": 100, "watch": 100, "stop": 50,
}  # fmt: skip
READING = frozenset(
    f"https://{s}"
    for s in ("mail.google.com/", "www.googleapis.com/auth/gmail.readonly", "www.googleapis.com/auth/gmail.modify")
)
OF_ADDONS = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata"
"""For the opened message alone, and its headers."""
WRITING = READING - {"https://www.googleapis.com/auth/gmail.readonly"}
PREFIX = "/gmail/v1/users/<user>"

RULES = Map(
    [
        Rule(f"{PREFIX}/profile", methods=["GET"], endpoint="getProfile"),
        Rule(f"{PREFIX}/messages", methods=["GET"], endpoint="messages.list"),
        Rule(f"{PREFIX}/messages/send", methods=["POST"], endpoint="messages.send"),
        Rule(f"{PREFIX}/messages/<id>", methods=["GET"], endpoint="messages.get"),
        Rule(f"{PREFIX}/messages/<id>", methods=["DELETE"], endpoint="messages.delete"),
        Rule(f"{PREFIX}/messages/<id>/modify", methods=["POST"], endpoint="messages.modify"),
        Rule(f"{PREFIX}/messages/<id>/trash", methods=["POST"], endpoint="messages.trash"),
        Rule(f"{PREFIX}/messages/<id>/untrash", methods=["POST"], endpoint="messages.untrash"),
        Rule(f"{PREFIX}/messages/<message>/attachments/<id>", methods=["GET"], endpoint="attachments.get"),
        Rule(f"{PREFIX}/threads", methods=["GET"], endpoint="threads.list"),
        Rule(f"{PREFIX}/threads/<id>", methods=["GET"], endpoint="threads.get"),
        Rule(f"{PREFIX}/history", methods=["GET"], endpoint="history.list"),
        Rule(f"{PREFIX}/labels", methods=["GET"], endpoint="labels.list"),
        Rule(f"{PREFIX}/labels/<id>", methods=["GET"], endpoint="labels.get"),
        Rule(f"{PREFIX}/settings/sendAs", methods=["GET"], endpoint="sendAs.list"),
        Rule(f"{PREFIX}/watch", methods=["POST"], endpoint="watch"),
        Rule(f"{PREFIX}/stop", methods=["POST"], endpoint="stop"),
    ]
)


@dataclass(frozen=True)
class Ask:
    """One call, alone or out of a batch."""

    verb: str
    path: str
    args: MultiDict[str, str]
    body: bytes
    access: Access
    is_one_too_many: bool = False
    message_token: str = ""
    """What ``X-Goog-Gmail-Access-Token`` holds: with an add-on's scopes it opens one message."""


class Gmail:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def answer(self, ask: Ask) -> Response:
        """Never raises: a refusal is an answer too, and every answer is in the call log."""
        try:
            method, path_values = RULES.bind("gmail").match(ask.path, ask.verb)
        except HTTPException:
            return Failure(*NOT_FOUND).response()
        path_args: dict[str, str] = dict(path_values)
        detail: dict[str, Any] = {}
        mailbox: str | None = None
        try:
            mailbox = ask.access.subject
            self._universe.check_api("gmail.googleapis.com")
            box = self._mailbox(ask, path_args.pop("user"), method)
            kind = self._universe.faults.take("gmail", method, mailbox=mailbox, record=path_args.get("id"))
            if kind and kind not in ("drop_answer", EMPTY_PAGE):
                raise failure_of(kind)
            if ask.is_one_too_many:
                raise failure_of("429")
            self._universe.quota.spend(self._charged(ask, mailbox), UNITS[method], self._universe.clock.now())
            body = METHODS[method](self._universe, box, ask, path_args)
            if self._universe.world.google.unlabelled_schedule:
                hide_label(body, "SCHEDULED")
            if kind == EMPTY_PAGE:
                body = empty_page(body, ask.args)
            detail = DETAILS[method](body, ask.args, path_args) if method in DETAILS else {}
            mask = ask.args.get("fields")
            response = drop_connection() if kind == "drop_answer" else _reply_masked(body, mask, detail)
        except Failure as failure:
            response = failure.response()
        self._universe.calls.record(Call("gmail", method, UNITS[method], response.status_code, mailbox, detail))
        return response

    def _charged(self, ask: Ask, mailbox: str) -> str:
        """Whose units a minute the call uses."""
        if self._universe.world.google.charges_principal:
            return ask.access.subject
        return str(ask.args.get("quotaUser", mailbox))

    def _mailbox(self, ask: Ask, user: str, method: str) -> Mailbox:
        subject = ask.access.subject
        if user not in ("me", subject):
            raise Failure(403, "insufficientPermissions", f"Delegation denied for {subject}", "PERMISSION_DENIED")
        needed = READING if (UNITS[method] < 100 and ask.verb == "GET") or method in ("watch", "stop") else WRITING
        is_opened = method == "messages.get" and OF_ADDONS in ask.access.scopes and self._opens(ask)
        if not ask.access.scopes & needed and not is_opened:
            message = "Request had insufficient authentication scopes."
            raise Failure(403, "insufficientPermissions", message, "PERMISSION_DENIED")
        box = self._universe.mailbox(subject)
        if box is None:
            raise failure_of("failedPrecondition")
        person = self._universe.user(subject)
        if person and person.account.gmail:
            raise Failure(*person.account.gmail)
        return box

    def _opens(self, ask: Ask) -> bool:
        """Whether the message's own token is for this message of this person, and no body is asked for."""
        opened = self._universe.identity.find_opened(ask.message_token)
        is_headers = ask.args.get("format", "full") in ("metadata", "minimal")
        return is_headers and opened == (ask.access.subject, ask.path.rpartition("/")[2])


def _reply_masked(body: Any, mask: str | None, detail: dict[str, Any]) -> Response:
    if body is None:
        return Response("", 204)
    if mask:
        try:
            body = fields.apply(fields.parse(mask), body)
        except ValueError:
            raise Failure(400, "invalidParameter", f"Invalid field selection {mask}", "INVALID_ARGUMENT") from None
    if detail:
        shown = body.get("messages", [body])
        detail["snippet"] = any("snippet" in message for message in shown)
        detail["body"] = any(_has_body(message) for message in shown)
        detail["fields"] = mask
    return reply(body)


def _has_body(message: Any) -> bool:
    payload = message.get("payload", {})
    return "raw" in message or bool(payload.get("parts") or payload.get("body", {}).get("data"))


def _profile(_universe: Universe, box: Mailbox, _ask: Ask, _path: dict[str, str]) -> Any:
    with box.lock:
        return {
            "emailAddress": box.address,
            "messagesTotal": len(box.messages),
            "threadsTotal": len({m.thread_id for m in box.messages.values()}),
            "historyId": str(box.history_id),
        }


def _get(universe: Universe, box: Mailbox, ask: Ask, path: dict[str, str]) -> Any:
    google = universe.world.google
    if google.signed_ids_need_addon and web_id.is_own(path["id"]) and not ask.message_token:
        raise Failure(400, "invalidArgument", "Invalid id value", "INVALID_ARGUMENT")
    with box.lock:
        stored = box.messages.get(web_id.api_id(path["id"], box.messages.values()))
        if stored is None or stored.is_younger_than(google.read_lag, universe.clock.now_ms()):
            raise Failure(*NOT_FOUND)
        return as_json(stored, ask.args.get("format", "full"), ask.args.getlist("metadataHeaders"), google)


def _attachment(_universe: Universe, box: Mailbox, _ask: Ask, path: dict[str, str]) -> Any:
    stored = box.messages.get(path["message"])
    data = mime.attachment_of(stored.raw, path["id"]) if stored else None
    if data is None:
        raise Failure(*NOT_FOUND)
    return {"size": len(data), "data": mime.encode(data)}


def _thread(universe: Universe, box: Mailbox, ask: Ask, path: dict[str, str]) -> Any:
    form, wanted = ask.args.get("format", "full"), ask.args.getlist("metadataHeaders")
    thread = thread_as_json(box, path["id"], form, wanted, universe.world.google)
    if thread is None:
        raise Failure(*NOT_FOUND)
    return thread


def _labels(_universe: Universe, box: Mailbox, _ask: Ask, _path: dict[str, str]) -> Any:
    return {"labels": _label_list(box)}


def _label(_universe: Universe, box: Mailbox, _ask: Ask, path: dict[str, str]) -> Any:
    label = next((label for label in _label_list(box) if label["id"] == path["id"]), None)
    if label is None:
        raise Failure(*NOT_FOUND)
    with box.lock:
        having = [m for m in box.messages.values() if label["id"] in m.label_ids]
    return {**label, "messagesTotal": len(having), "messagesUnread": sum("UNREAD" in m.label_ids for m in having)}


def _label_list(box: Mailbox) -> list[dict[str, str]]:
    """With the categories of its mail that are not among Gmail's five."""
    with box.lock:
        seen = {label for m in box.messages.values() for label in m.label_ids if label.startswith("CATEGORY_")}
    names = [*SYSTEM_LABELS, *sorted(seen - set(SYSTEM_LABELS))]
    system = [{"id": name, "name": name, "type": "system"} for name in names]
    return system + [{"id": i, "name": name, "type": "user"} for i, name in box.labels.items()]


def _send_as(_universe: Universe, box: Mailbox, _ask: Ask, _path: dict[str, str]) -> Any:
    return {
        "sendAs": [
            {"sendAsEmail": a, "isPrimary": a == box.address, "isDefault": a == box.address} for a in box.send_as
        ]
    }


def _modify(_universe: Universe, box: Mailbox, ask: Ask, path: dict[str, str]) -> Any:
    changes = _json(ask.body)
    return _relabel(box, path["id"], set(changes.get("addLabelIds", ())), set(changes.get("removeLabelIds", ())))


def _trash(_universe: Universe, box: Mailbox, _ask: Ask, path: dict[str, str]) -> Any:
    return _relabel(box, path["id"], {"TRASH"}, {"INBOX", "SPAM"})


def _untrash(_universe: Universe, box: Mailbox, _ask: Ask, path: dict[str, str]) -> Any:
    return _relabel(box, path["id"], set(), {"TRASH"})


def _relabel(box: Mailbox, message_id: str, add: set[str], remove: set[str]) -> Any:
    try:
        stored = box.relabel(message_id, add, remove)
    except KeyError:
        raise Failure(*NOT_FOUND) from None
    return {**ref_of(stored), "labelIds": sorted(stored.label_ids)}


def _delete(_universe: Universe, box: Mailbox, _ask: Ask, path: dict[str, str]) -> Any:
    try:
        box.delete(path["id"])
    except KeyError:
        raise Failure(*NOT_FOUND) from None


def _send(universe: Universe, box: Mailbox, ask: Ask, _path: dict[str, str]) -> Any:
    stored = sent(universe, box, _json(ask.body))
    return {**ref_of(stored), "labelIds": sorted(stored.label_ids)}


def _watch(universe: Universe, box: Mailbox, ask: Ask, _path: dict[str, str]) -> Any:
    return universe.watches.start(box, ask.access.project, _json(ask.body))


def _stop(universe: Universe, box: Mailbox, ask: Ask, _path: dict[str, str]) -> Any:
    universe.watches.stop(box, ask.access.project)


def _searched_until(universe: Universe) -> int:
    """Epoch milliseconds up to which a search knows what arrived."""
    return universe.clock.now_ms() - universe.world.google.search_lag * 1000


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Failure(*BAD_REQUEST)
    return content


METHODS: dict[str, Callable[[Universe, Mailbox, Ask, dict[str, str]], Any]] = {
    "getProfile": _profile,
    "messages.list": lambda u, box, ask, _p: list_messages(box, ask.args, _searched_until(u)),
    "messages.get": _get,
    "messages.send": _send,
    "messages.delete": _delete,
    "messages.modify": _modify,
    "messages.trash": _trash,
    "messages.untrash": _untrash,
    "attachments.get": _attachment,
    "threads.list": lambda u, box, ask, _p: list_threads(box, ask.args, _searched_until(u)),
    "threads.get": _thread,
    "history.list": lambda u, box, ask, _p: history_page(
        box, ask.args, is_disordered=u.world.google.disordered_history
    ),
    "labels.list": _labels,
    "labels.get": _label,
    "sendAs.list": _send_as,
    "watch": _watch,
    "stop": _stop,
}
