"""The simulator's own interface, under ``/_simulator/``: look at the world, move time, plan failures."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from simulator import mime
from simulator.addon_host import AddonHost
from simulator.answers import reply
from simulator.cloud.project import CloudProject
from simulator.faults import Fault
from simulator.gmail.mailbox import Mailbox
from simulator.mailfiles import MailFile
from simulator.people import People
from simulator.universe import Universe

PREFIX = "/_simulator/"


class Control:
    def __init__(self, universe: Universe, cloud: CloudProject | None = None) -> None:
        self._universe = universe
        self._host = AddonHost(universe)
        self._gets: dict[str, Callable[[Request], Any]] = {
            "world": self._world,
            "calls": lambda request: universe.calls.as_json(request.args.get("service")),
            "calls/summary": lambda _request: universe.calls.summary(),
            "salesforce": lambda _request: universe.org.dump(),
            "message": self._message,
            "clock": lambda _request: {"now": universe.clock.now()},
            "pubsub": lambda _request: {**universe.pubsub.as_json(), "watches": universe.watches.as_json()},
        }
        self._posts: dict[str, Callable[[dict[str, Any]], Any]] = {
            "service-accounts": lambda body: universe.identity.register(body["email"], body["public_key"]),
            "consents": universe.identity.consents.give,
            "consumers": universe.org.register,
            "faults": lambda body: universe.faults.plan(Fault(**body)),
            "faults/clear": lambda _body: universe.faults.clear(),
            "calls/clear": lambda _body: universe.calls.clear(),
            "clock/advance": lambda body: universe.clock.advance(float(body["seconds"])),
            "quota": self._set_quota,
            "latency": self._set_latency,
            "silence": lambda body: universe.silence.set(body["services"]),
            "mail": self._mail,
            "directory": People(universe).change,
            "delegation": self._delegate,
            "reports/lag": self._set_reports_lag,
            "tokens/revoke": self._revoke,
            "id-token": lambda body: {"token": universe.identity.id_token(body)},
            "addon/event": self._addon_event,
            "pubsub/topics": lambda body: universe.pubsub.create_topic(**body),
            "pubsub/subscriptions": lambda body: universe.pubsub.subscribe(**body),
            "salesforce/change": lambda body: universe.org.change(body["type"], body["record"]),
            "salesforce/delete": lambda body: universe.org.remove(body["id"], by="person"),
            "salesforce/undelete": lambda body: universe.org.restore(body["id"]),
            "salesforce/merge": lambda body: universe.org.merge(body["master"], body["loser"]),
            "salesforce/convert": lambda body: {"id": universe.org.convert(body["lead"], body["account"])},
        }

        if cloud:
            self._gets["cloud"] = lambda _request: cloud.as_json()
            self._posts |= {
                "cloud/start": lambda _body: cloud.server.start(),
                "cloud/stop": lambda _body: cloud.server.stop(),
                "cloud/grant": lambda body: cloud.iam.grant(**body),
                "cloud/revoke": lambda body: cloud.iam.revoke(**body),
                "cloud/targets": lambda body: cloud.tasks.set_target(body["url"], body["endpoints"]),
                "cloud/secrets": lambda body: {"version": cloud.add_secret(body["name"], body["text"].encode())},
            }

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        if request.method == "GET" and name in self._gets:
            try:
                return reply(self._gets[name](request))
            except KeyError as error:
                return reply({"error": f"There is no {error}."}, 404)
        if request.method == "POST" and name in self._posts:
            try:
                done = self._posts[name](json.loads(request.get_data() or b"{}"))
            except (KeyError, TypeError, ValueError) as error:
                return reply({"error": f"{type(error).__name__}: {error}"}, 400)
            return reply(done if done is not None else {})
        return reply({"error": f"{request.method} {name} is not known."}, 404)

    def _world(self, _request: Request) -> dict[str, Any]:
        world = self._universe.world
        return {
            "name": world.name,
            "users": [{"email": u.email, **u.settings} for u in world.users],
            "server": dict(world.server),
            "records": self._universe.org.names(),
            "mailboxes": {address: _list_messages(box) for address, box in self._universe.mailboxes.items()},
        }

    def _message(self, request: Request) -> dict[str, Any]:
        """A message as its reader sees it."""
        box = self._universe.mailboxes[request.args["mailbox"]]
        stored = box.messages[request.args["id"]]
        headers = stored.headers
        names = ("From", "To", "Cc", "Date")
        return {
            "labels": sorted(stored.label_ids),
            "subject": mime.shown(headers, "Subject"),
            "headers": [(name, mime.shown(headers, name)) for name in names if mime.first(headers, name)],
            "text": mime.text_of(stored.raw),
        }

    def _addon_event(self, body: dict[str, Any]) -> dict[str, Any]:
        """What Gmail would post to ``url`` for this mailbox, under which header."""
        event = self._host.event(
            body["mailbox"], body["message"], parameters=body.get("parameters"), inputs=body.get("inputs")
        )
        return {"authorization": self._host.authorization(body["url"]), "event": event}

    def _set_quota(self, body: dict[str, Any]) -> None:
        """A limit of ``simulator.gmail.quota.LIMITS``; null for no limit."""
        self._universe.quota.set(body)

    def _set_latency(self, body: dict[str, Any]) -> None:
        self._universe.latency = float(body["seconds"])

    def _set_reports_lag(self, body: dict[str, Any]) -> None:
        self._universe.reports_lag = float(body["seconds"])

    def _delegate(self, body: dict[str, Any]) -> None:
        """For which ``scopes`` a service account may act for users, and which ``signers`` may sign as it."""
        identity = self._universe.identity
        if "scopes" in body:
            identity.delegated[body["email"]] = frozenset(body["scopes"])
        if "signers" in body:
            identity.signers[body["email"]] = frozenset(body["signers"])

    def _revoke(self, _body: dict[str, Any]) -> None:
        self._universe.identity.revoke_all()
        self._universe.org.end_sessions()

    def _mail(self, body: dict[str, Any]) -> Any:
        """``op`` is deliver, relabel, delete or expire_history."""
        box = self._universe.mailboxes[body["mailbox"]]
        if body["op"] == "deliver":
            labels = set(body["labels"]) if "labels" in body else None
            source = body.get("source") or f"delivered-{len(box.messages)}"
            mail = MailFile(source, base64.b64decode(body["raw"]))
            return {"id": box.add(mail, self._universe.clock.now_ms(), labels).message_id}
        if body["op"] == "relabel":
            names = [
                {box.label_id(n) if n[:1].islower() or " " in n else n for n in body.get(k, ())}
                for k in ("add", "remove")
            ]
            box.relabel(body["id"], *names)
        elif body["op"] == "delete":
            box.delete(body["id"])
        elif body["op"] == "expire_history":
            box.expire_history()
        else:
            raise ValueError(body["op"])
        return None


def _list_messages(box: Mailbox) -> list[dict[str, Any]]:
    with box.lock:
        return [
            {
                "source": m.source,
                "gmail_message_id": m.message_id,
                "rfc822_message_id": m.rfc822_message_id,
                "label_ids": sorted(m.label_ids),
                "from": m.sender,
                "subject": m.subject,
            }
            for m in box.messages.values()
        ]
