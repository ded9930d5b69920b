"""What an admin does to users while the world runs. The mail and the user id stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulator.gmail.mailbox import Mailbox
from simulator.universe import Universe
from simulator.world import User

FLAGS: dict[str, tuple[str, bool]] = {
    "suspend": ("is_suspended", True), "unsuspend": ("is_suspended", False),
    "archive": ("is_archived", True), "unarchive": ("is_archived", False),
    "take_licence": ("has_licence", False), "give_licence": ("has_licence", True),
    "unset_mailbox": ("is_set_up", False), "set_up_mailbox": ("is_set_up", True),
}  # fmt: skip
ENDS_SESSIONS = frozenset({"suspend", "archive"})


class People:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._ops: dict[str, Callable[[User, dict[str, Any]], None]] = {
            "rename": lambda user, body: self.rename(user, body["to"].lower(), keep_alias=body.get("keep_alias", True)),
            "move": lambda user, body: self._put(user, replace(user, org_unit=body["org_unit"])),
            "alias": lambda user, body: self._put(user, replace(user, aliases=(*user.aliases, body["alias"].lower()))),
            "unalias": lambda user, body: self._put(
                user, replace(user, aliases=tuple(a for a in user.aliases if a != body["alias"].lower()))
            ),
            "delete": lambda user, _body: self._delete(user),
        }

    def change(self, body: dict[str, Any]) -> None:
        """``op`` is one of FLAGS, rename, move, alias, unalias, delete, undelete or create, and ``email`` whose.

        Raises KeyError for an op or a user that is not known.
        """
        op, email = str(body["op"]), str(body["email"]).lower()
        if op == "create":
            self._create(email, str(body.get("name", "")))
        elif op == "undelete":
            gone = next((u for u in reversed(self._universe.world.deleted) if u.email == email), None)
            self._undelete(_known(gone, email))
        elif op in FLAGS:
            user = _known(self._universe.user(email), email)
            name, value = FLAGS[op]
            self._put(user, replace(user, **{name: value}))  # type: ignore[arg-type]  # the flags are all booleans
            if op in ENDS_SESSIONS:
                self._universe.identity.end_sessions(user.email)
        else:
            change = self._ops[op]
            change(_known(self._universe.user(email), email), body)

    def rename(self, user: User, to: str, *, keep_alias: bool = True) -> None:
        """Google keeps the old address as an alias, unless an admin takes it away."""
        aliases = (*user.aliases, user.email) if keep_alias else user.aliases
        self._put(user, replace(user, email=to, aliases=aliases, born=user.born or user.email))
        box = self._universe.mailboxes.pop(user.email)
        with box.lock:
            box.address = to
            box.send_as = (to, *(a for a in box.send_as if keep_alias or a != user.email))
        self._universe.mailboxes[to] = box
        self._universe.identity.rename_user(user.email, to)

    def _put(self, before: User, after: User) -> None:
        world = self._universe.world
        world.users = tuple(after if u.user_id == before.user_id else u for u in world.users)

    def _delete(self, user: User) -> None:
        world = self._universe.world
        world.users = tuple(u for u in world.users if u.user_id != user.user_id)
        world.deleted = (*world.deleted, replace(user, deleted_at=self._universe.clock.now()))
        self._universe.identity.end_sessions(user.email)

    def _undelete(self, user: User) -> None:
        world = self._universe.world
        world.deleted = tuple(u for u in world.deleted if u.user_id != user.user_id)
        world.users = (*world.users, user)

    def _create(self, email: str, name: str) -> None:
        """A mailbox of its own, also where the address was somebody else's before."""
        world = self._universe.world
        taken = len(world.users) + len(world.deleted)
        world.users = (*world.users, User(email, name, born=f"{email} {taken}"))
        self._universe.mailboxes[email] = Mailbox(email, (email,), on_change=self._universe.watches.announce_change)


def _known(user: User | None, email: str) -> User:
    if user is None:
        raise KeyError(email)
    return user
