"""The Admin Directory: users, domains, groups."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from simulator.answers import NOT_FOUND, Failure, dropped, failure_of, reply
from simulator.calls import Call
from simulator.gmail import fields
from simulator.universe import Universe
from simulator.world import User

PREFIX = "/admin/directory/v1/"
SCOPE = "https://www.googleapis.com/auth/admin.directory."


class Directory:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def answer(self, request: Request) -> Response:
        method = _method(request.path)
        kind = self._universe.faults.take("directory", method)
        status = 200
        try:
            if kind == "drop_answer":
                return dropped()
            if kind:
                raise failure_of(kind)
            self._authorise(request, method)
            return reply(self._body(method, request.args))
        except Failure as failure:
            status = failure.status
            return failure.response()
        finally:
            self._universe.calls.record(Call("directory", method, 0, status))

    def _authorise(self, request: Request, method: str) -> None:
        access = self._universe.identity.access(request)
        user = self._universe.user(access.subject)
        needed = SCOPE + method.partition(".")[0].removesuffix("s")
        if not any(scope.startswith(needed) for scope in access.scopes):
            raise Failure(403, "insufficientPermissions", "Insufficient Permission", "PERMISSION_DENIED")
        if user is None or not user.is_admin:
            raise Failure(403, "forbidden", "Not Authorized to access this resource/api", "PERMISSION_DENIED")

    def _body(self, method: str, args: MultiDict[str, str]) -> dict[str, Any]:
        world = self._universe.world
        items: dict[str, list[dict[str, Any]]] = {
            "users.list": [_user(u) for u in sorted(world.users, key=lambda u: u.email)],
            "groups.list": [
                {"id": f"g{i}", "aliases": g.get("aliases", []), **_group(g)} for i, g in enumerate(world.groups)
            ],
            "domains.list": [_domain(d) for d in world.domains],
        }
        if method not in items:
            raise Failure(*NOT_FOUND)
        name = method.partition(".")[0]
        body: dict[str, Any] = {"kind": f"admin#directory#{name}", name: items[method]}
        if name != "domains":
            _page(body, name, args)
        mask = args.get("fields")
        return fields.apply(fields.parse(mask), body) if mask else body


def _method(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] + ".list"


def _page(body: dict[str, Any], name: str, args: MultiDict[str, str]) -> None:
    start = int(args.get("pageToken") or 0)
    size = min(int(args.get("maxResults") or 100), 500 if name == "users" else 200)
    everything = body[name]
    body[name] = everything[start : start + size]
    if start + size < len(everything):
        body["nextPageToken"] = str(start + size)
    if not body[name]:
        del body[name]  # Google leaves an empty list out


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.user_id,
        "primaryEmail": user.email,
        "name": {"fullName": user.name},
        "aliases": list(user.aliases),
        "suspended": user.is_suspended,
        "isAdmin": user.is_admin,
        "isMailboxSetup": True,
        "archived": False,
    }


def _group(group: Any) -> dict[str, Any]:
    return {"email": group["email"], "directMembersCount": str(len(group.get("members", ())))}


def _domain(domain: Any) -> dict[str, Any]:
    return {
        "domainName": domain["name"],
        "isPrimary": bool(domain.get("primary")),
        "verified": bool(domain.get("verified", True)),
        "domainAliases": [
            {"domainAliasName": alias, "parentDomainName": domain["name"]} for alias in domain.get("aliases", ())
        ],
    }
