"""A world: a Workspace, an org and mail, read from a folder. Every fault in it is one sentence."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulator import world_checks
from simulator.google_switches import GoogleSwitches
from simulator.labels import ENGLISH, LANGUAGES
from simulator.mailfiles import MailFile, read_folder
from simulator.mbox import INDEX, read_mbox
from simulator.troubles import TROUBLES, Trouble

WorldError = world_checks.WorldError


@dataclass(frozen=True)
class User:
    """``trouble`` is a name of ``TROUBLES``, or empty; ``deleted_at`` is epoch seconds."""

    email: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    is_suspended: bool = False
    is_admin: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    language: str = ENGLISH
    org_unit: str = "/"
    is_archived: bool = False
    is_set_up: bool = True
    has_licence: bool = True
    is_guest: bool = False
    born: str = ""
    trouble: str = ""
    deleted_at: float = math.inf

    @property
    def account(self) -> Trouble:
        """What Google's services answer about this person alone."""
        return TROUBLES.get(self.trouble, Trouble())

    @property
    def user_id(self) -> str:
        """Immutable, 21 digits as Google's are; ``born`` is the first address of a user who was renamed."""
        return "1" + str(int(hashlib.sha256((self.born or self.email).encode()).hexdigest(), 16))[:20]

    @property
    def has_gmail(self) -> bool:
        return self.has_licence and self.is_set_up and not self.is_guest


@dataclass
class World:
    """``org`` maps an object's name to its records, as in world.json; ``server`` holds settings for the demo.

    ``users`` changes while the world runs; ``deleted`` holds those that are gone, as Google does for some days.
    ``google`` says how hard Google is, and a test may set it at any time.
    """

    name: str
    customer: str
    domains: tuple[Mapping[str, Any], ...]
    users: tuple[User, ...]
    groups: tuple[Mapping[str, Any], ...]
    org: Mapping[str, Any]
    mail: Mapping[str, tuple[MailFile, ...]]
    server: Mapping[str, str] = field(default_factory=dict)
    deleted: tuple[User, ...] = ()
    google: GoogleSwitches = field(default_factory=GoogleSwitches)

    def user(self, address: str) -> User | None:
        """Whose address or alias it is, an alias by domain included."""
        folded = address.lower()
        return next((u for u in self.users if folded in (u.email, *u.aliases, *self.domain_aliases(u))), None)

    def domain_aliases(self, user: User) -> tuple[str, ...]:
        """Every alias of a domain gives everybody of that domain one more address, which nobody can edit."""
        local, _, domain = user.email.partition("@")
        own = (d for d in self.domains if str(d["name"]).lower() == domain)
        return tuple(f"{local}@{alias}".lower() for d in own for alias in d.get("aliases", ()))


def load(folder: Path) -> World:
    """Raises WorldError."""
    if not folder.is_dir():
        raise WorldError(f"There is no world at {folder}: a world is a folder with a world.json and a mail folder.")
    data = _json(folder / "world.json")
    space = _section(data, "workspace", folder)
    users = tuple(_user(item, i) for i, item in enumerate(_list(space, "users")))
    if not users:
        raise WorldError("world.json: workspace.users is empty, so there is no mailbox.")
    groups = tuple(_group(item, i) for i, item in enumerate(_list(space, "groups")))
    return World(
        name=str(data.get("name", folder.name)),
        customer=str(space.get("customer", "C0simulated")),
        domains=tuple(_domain(item, i) for i, item in enumerate(_list(space, "domains"))),
        users=_appoint_admin(_unique(users)),
        groups=groups,
        org=world_checks.org(_section(data, "salesforce", folder)),
        mail=_mail(folder / "mail", users),
        server=world_checks.server(_section(data, "server", folder, required=False)),
        google=world_checks.google(space.get("switches", {}), (str(group["email"]) for group in groups)),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorldError(f"{path} is missing.") from None
    except UnicodeDecodeError:
        raise WorldError(f"{path} is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        raise WorldError(f"{path} is not JSON: {error.msg} in line {error.lineno}.") from None
    except RecursionError:
        raise WorldError(f"{path} is nested too deep.") from None
    except OSError as error:
        raise WorldError(f"{path} cannot be read: {error.strerror}.") from None
    if not isinstance(data, dict):
        raise WorldError(f"{path} must hold one JSON object.")
    return data


def _section(data: Mapping[str, Any], name: str, folder: Path, *, required: bool = True) -> Mapping[str, Any]:
    section = data.get(name, None if required else {})
    if not isinstance(section, dict):
        raise WorldError(f'{folder / "world.json"}: "{name}" is missing or not an object.')
    return section


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    items = data.get(name, [])
    if not isinstance(items, list):
        raise WorldError(f'world.json: "{name}" must be a list.')
    return items


def _user(item: Any, number: int) -> User:
    where = f"workspace.users[{number}]"
    email = _address(item, "email", where)
    return User(
        email=email,
        name=str(item.get("name") or ""),
        aliases=tuple(world_checks.strings(item, "aliases", where)),
        is_suspended=bool(item.get("suspended")),
        is_admin=bool(item.get("admin")),
        settings=world_checks.begin(item, where),
        language=_language(item, number),
        org_unit=str(item.get("orgUnit") or "/"),
        is_archived=bool(item.get("archived")),
        is_set_up=bool(item.get("mailboxSetup", True)),
        has_licence=bool(item.get("licence", True)),
        is_guest=bool(item.get("guest")),
        trouble=world_checks.trouble(item, where),
    )


def _language(item: Mapping[str, Any], number: int) -> str:
    language = str(item.get("language", ENGLISH))
    if language not in LANGUAGES:
        where = f"world.json: workspace.users[{number}]"
        raise WorldError(f"{where} has language {language}; labels are known in {', '.join(LANGUAGES)}.")
    return language


def _unique(users: tuple[User, ...]) -> tuple[User, ...]:
    emails = [user.email for user in users]
    for email in emails:
        if emails.count(email) > 1:
            raise WorldError(f"world.json: workspace.users names {email} twice.")
    return users


def _appoint_admin(users: tuple[User, ...]) -> tuple[User, ...]:
    """Somebody must read the Directory: where the world names no admin, the first who works there."""
    if any(user.is_admin and not user.is_suspended for user in users):
        return users
    first = next((user for user in users if not user.is_suspended), None)
    if first is None:
        raise WorldError("world.json: everybody in workspace.users is suspended, so nobody can read the Directory.")
    return tuple(replace(user, is_admin=True) if user is first else user for user in users)


def _domain(item: Any, number: int) -> Mapping[str, Any]:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or "." not in item["name"]:
        raise WorldError(f"world.json: workspace.domains[{number}] needs a name such as acme.example.")
    return {**item, "aliases": world_checks.strings(item, "aliases", f"workspace.domains[{number}]")}


def _group(item: Any, number: int) -> Mapping[str, Any]:
    _address(item, "email", f"workspace.groups[{number}]")
    assert isinstance(item, dict)
    lists = {name: world_checks.strings(item, name, f"workspace.groups[{number}]") for name in ("aliases", "members")}
    return {**item, **lists}


def _address(item: Any, name: str, where: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, str) or not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise WorldError(f"world.json: {where} needs an {name} such as ann@acme.example.")
    return value.lower()


def _mail(folder: Path, users: tuple[User, ...]) -> dict[str, tuple[MailFile, ...]]:
    addresses = {user.email for user in users}
    mail: dict[str, tuple[MailFile, ...]] = {}
    if not folder.is_dir():
        raise WorldError(f"{folder} is missing: it holds a folder or an .mbox file for each mailbox.")
    try:
        for path in sorted(folder.iterdir()):
            address = path.name.removesuffix(".mbox").lower()
            if path.name.startswith(".") or path.name.endswith(INDEX):
                continue
            if address not in addresses:
                raise WorldError(f"{path} belongs to nobody: world.json has no user {address}.")
            mail[address] = mail.get(address, ()) + tuple(read_folder(path) if path.is_dir() else read_mbox(path))
    except OSError as error:
        raise WorldError(f"{error.filename} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WorldError(str(error)) from None
    return mail
