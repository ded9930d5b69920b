"""The Admin Directory: users, domains, groups."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from simulator.answers import NOT_FOUND, Failure, drop_connection, failure_of, reply
from simulator.calls import Call
from simulator.gmail import fields
from simulator.troubles import GONE_AFTER
from simulator.universe import Universe
from simulator.world import User

PREFIX = "/admin/directory/v1/"
SCOPE = "https://www.googleapis.com/auth/admin.directory."


EVERYBODY = "*"


class Directory:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def answer(self, request: Request) -> Response:
        method, keys = _method(request.path)
        kind = self._universe.faults.take("directory", method, record=keys[0] if keys else None)
        status = 200
        try:
            if kind == "drop_answer":
                return drop_connection()
            if kind:
                raise failure_of(kind)
            self._authorise(request, method)
            body = self._one(method, keys, request.args) if keys else self._body(method, request.args)
            mask = request.args.get("fields")
            return reply(fields.apply(fields.parse(mask), body) if mask else body)
        except Failure as failure:
            status = failure.status
            return failure.response()
        finally:
            self._universe.calls.record(Call("directory", method, 0, status))

    def _authorise(self, request: Request, method: str) -> None:
        access = self._universe.identity.access(request)
        self._universe.check_api("admin.googleapis.com")
        user = self._universe.user(access.subject)
        needed = SCOPE + NEEDED[method.partition(".")[0]]
        if not any(scope.startswith(needed) for scope in access.scopes):
            raise Failure(403, "insufficientPermissions", "Insufficient Permission", "PERMISSION_DENIED")
        if user is None or not user.is_admin:
            raise Failure(403, "forbidden", "Not Authorized to access this resource/api", "PERMISSION_DENIED")

    def _body(self, method: str, args: MultiDict[str, str]) -> dict[str, Any]:
        world = self._universe.world
        users = world.deleted if args.get("showDeleted") == "true" else world.users
        items: dict[str, list[dict[str, Any]]] = {
            "users.list": [self._user(u) for u in sorted(users, key=lambda u: u.email)],
            "groups.list": [
                {"id": f"g{i}", "aliases": g.get("aliases", []), **_group_json(g)}
                for i, g in enumerate(world.groups)
                if self._is_ours(g)
            ],
            "domains.list": [_domain(d) for d in world.domains],
        }
        if method not in items:
            raise Failure(*NOT_FOUND)
        name = method.partition(".")[0]
        body: dict[str, Any] = {"kind": f"admin#directory#{name}", name: items[method]}
        if name != "domains":
            _page(body, name, args)
        return body

    def _one(self, method: str, keys: tuple[str, ...], args: MultiDict[str, str]) -> dict[str, Any]:
        if method == "users.get":
            user = self._found(keys[0])
            if user.account.directory:
                raise Failure(*user.account.directory)
            return self._user(user)
        if method not in ("members.hasMember", "members.list"):
            raise Failure(*NOT_FOUND)
        if _domain_of(keys[0]) not in self._domains():
            raise Failure(*UNLISTABLE["403"])
        group = self._group(keys[0])
        if group is None:
            raise Failure(*NOT_FOUND)
        if method == "members.list":
            self._check_listable(str(group["email"]).lower())
            return self._members(group, args)
        return {"isMember": self._has(group, self._found(keys[1]))}

    def _found(self, key: str) -> User:
        """By id, primary address or alias. Who was deleted can be restored for some days; then nobody is found."""
        world = self._universe.world
        user = next((u for u in world.users if key == u.user_id), None) or world.user(key)
        if user is None:
            gone = next((u for u in reversed(world.deleted) if key.lower() in (u.user_id, u.email, *u.aliases)), None)
            if gone and self._universe.clock.now() - gone.deleted_at < GONE_AFTER:
                raise Failure(412, "conditionNotMet", "Precondition Failed", "FAILED_PRECONDITION")
            raise Failure(404, "notFound", "Resource Not Found: userKey", "NOT_FOUND")
        return user

    def _group(self, key: str) -> Any:
        groups = self._universe.world.groups
        folded = key.lower()
        return next((g for g in groups if folded in (a.lower() for a in (g["email"], *g.get("aliases", ())))), None)

    def _domains(self) -> set[str]:
        domains = self._universe.world.domains
        return {str(name).lower() for d in domains for name in (d["name"], *d.get("aliases", ()))}

    def _is_ours(self, group: Any) -> bool:
        """A group of a world whose domain is none of the Workspace's is another company's."""
        return _domain_of(str(group["email"])) in self._domains()

    def _has(self, group: Any, user: User) -> bool:
        """Raises Failure for who is not directly in the group, and in another domain than it."""
        direct, derived = _list_direct(group), self._derive(group, is_whole=True)
        if EVERYBODY in direct or any(self._universe.user(member) == user for member in direct):
            return True
        if _domain_of(str(group["email"])) != _domain_of(user.email):
            raise Failure(400, "invalid", "Invalid Input: memberKey", "INVALID_ARGUMENT")
        return EVERYBODY in derived or any(self._universe.user(member) == user for member in derived)

    def _check_listable(self, address: str) -> None:
        """Raises Failure for a group of the switch ``unlistable_groups``, with the status that stands beside it."""
        for entry in self._universe.world.google.unlistable_groups:
            group, _, status = entry.partition(" ")
            if group.lower() == address:
                raise Failure(*UNLISTABLE[status])

    def _members(self, group: Any, args: MultiDict[str, str]) -> dict[str, Any]:
        """The member ``*`` of a world's group is Google's for everybody, who has no address."""
        is_derived = args.get("includeDerivedMembership") == "true"
        is_whole = not self._universe.world.google.derived_in_one_domain
        listed = self._derive(group, is_whole=is_whole) if is_derived else _list_direct(group)
        body: dict[str, Any] = {"kind": "admin#directory#members", "members": [self._member(m) for m in listed]}
        _page(body, "members", args)
        return body

    def _derive(self, group: Any, *, is_whole: bool) -> list[str]:
        """With the members of groups in the group, whose own addresses stay in the list.

        Unless it ``is_whole``, groups of other domains are not looked into.
        """
        listed: dict[str, None] = {}
        waiting, seen = [group], [group]
        while waiting:
            for member in _list_direct(waiting.pop(0)):
                listed[member] = None
                inner = self._group(member)
                is_near = is_whole or _domain_of(member) == _domain_of(str(group["email"]))
                if inner is not None and self._is_ours(inner) and is_near and not any(inner is one for one in seen):
                    seen.append(inner)
                    waiting.append(inner)
        return list(listed)

    def _member(self, address: str) -> dict[str, Any]:
        if address == EVERYBODY:
            return {"id": self._universe.world.customer, "role": "MEMBER", "type": "CUSTOMER"}
        user = self._universe.user(address)
        if user is None:
            group = self._group(address)
            is_named = group is not None and (self._is_ours(group) or self._universe.world.google.foreign_groups_named)
            kind = "GROUP" if is_named else "EXTERNAL"
            return {"email": address, "role": "MEMBER", "type": kind}
        return {"id": user.user_id, "email": user.email, "role": "MEMBER", "type": "USER", "status": "ACTIVE"}

    def _user(self, user: User) -> dict[str, Any]:
        aliases = {"aliases": list(user.aliases)} if user.aliases else {}
        fixed = self._universe.world.domain_aliases(user)
        return {
            "id": user.user_id,
            "customerId": self._universe.world.customer,
            "primaryEmail": user.email,
            "name": {"fullName": user.name},
            **aliases,
            **({"nonEditableAliases": list(fixed)} if fixed else {}),
            "suspended": user.is_suspended,
            "isAdmin": user.is_admin,
            "isMailboxSetup": user.is_set_up and user.has_licence,
            "isGuestUser": user.is_guest,
            "archived": user.is_archived,
            "orgUnitPath": user.org_unit,
        }


UNLISTABLE = {
    "400": (400, "invalid", "Invalid Input: groupKey", "INVALID_ARGUMENT"),
    "403": (403, "forbidden", "Not Authorized to access this resource/api", "PERMISSION_DENIED"),
    "404": (404, "notFound", "Resource Not Found: groupKey", "NOT_FOUND"),
}
NEEDED = {"users": "user", "groups": "group", "members": "group", "domains": "domain"}


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _list_direct(group: Any) -> list[str]:
    return [str(member).lower() for member in group.get("members", ())]


def _method(path: str) -> tuple[str, tuple[str, ...]]:
    """The method's name, and the keys in its path."""
    parts = [unquote(part) for part in path.removeprefix(PREFIX).strip("/").split("/")]
    if parts[0] == "groups" and len(parts) == 4 and parts[2] == "hasMember":
        return "members.hasMember", (parts[1], parts[3])
    if parts[0] == "groups" and len(parts) == 3 and parts[2] == "members":
        return "members.list", (parts[1],)
    if parts[0] == "customer" or len(parts) == 1:
        return f"{parts[-1] if parts[-1] in NEEDED else 'users'}.list", ()
    return f"{parts[0] if parts[0] in NEEDED else 'users'}.get", tuple(parts[1:])


def _page(body: dict[str, Any], name: str, args: MultiDict[str, str]) -> None:
    start = int(args.get("pageToken") or 0)
    size = min(int(args.get("maxResults") or 100), 500 if name == "users" else 200)
    everything = body[name]
    body[name] = everything[start : start + size]
    if start + size < len(everything):
        body["nextPageToken"] = str(start + size)
    if not body[name]:
        del body[name]  # Google leaves an empty list out


def _group_json(group: Any) -> dict[str, Any]:
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
