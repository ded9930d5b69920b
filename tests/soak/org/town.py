"""The company and its org, as the simulator takes them: customers of all kinds, and an org with rules of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.world import User, World
from tests.soak.town import BOX_FIELD, DOMAIN, DOMAIN_FIELD, identifier, rep

ACCOUNTS = 60
PEOPLE = 4
"""Contacts of each account."""
QUIET = 6
"""Accounts at the front whose people nobody touches: mail that a rule refuses is theirs."""
TWINS = 30
"""Addresses that two contacts have."""
LEADS = 40
HOMELESS = 30
"""Contacts whose domain no account has."""
INTEGRATION_USER = identifier("005", 999)
ADMIN = rep(0)
SHUT = "shut.example"
"""The domain of an account that the integration user may read and not edit."""
SHUT_ACCOUNT = identifier("001", 800)
SHUT_PEOPLE = 5
REGION = "Region__c"


class Kind(StrEnum):
    """Who the other side of a mail is."""

    CONTACT = "contact"
    TWIN = "twin"
    ACCOUNT = "account"
    LEAD = "lead"
    HOMELESS = "homeless"
    SHUT = "shut"
    STRANGER = "stranger"
    COLLEAGUE = "colleague"


@dataclass(frozen=True)
class Refusal:
    """A word in a subject that a rule of the org does not take, the code with which it says so, and in which words."""

    word: str
    code: str
    says: str


VALIDATION = Refusal("confidential", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Vertrauliches gehört nicht hierher.")
TRIGGER = Refusal("embargo", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Not before the board has met.")
OFFER = Refusal("offer", "REQUIRED_FIELD_MISSING", REGION)
"""Of these the org wants a region, for as long as somebody thinks that a good idea."""
REFUSALS = (VALIDATION, TRIGGER, OFFER)
NO_OWNER = "INACTIVE_OWNER_OR_USER"
NO_ACCESS_SAYS = "insufficient access"
NO_ACCESS = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
REQUIRED: Mapping[str, Any] = {"kind": "required", "when": {"Subject": OFFER.word}, "field": REGION}
RULES: tuple[Mapping[str, Any], ...] = (
    {"kind": "validation", "when": {"Subject": VALIDATION.word}, "message": VALIDATION.says},
    {"kind": "trigger", "name": "Embargo", "when": {"Subject": TRIGGER.word}, "message": TRIGGER.says},
    {"kind": "trigger", "name": "AccountRollup", "updates": "AccountId"},
)


def contact(account: int, number: int) -> tuple[str, str]:
    """Address and record id."""
    return f"person{number}@customer{account}.example", identifier("003", account * 100 + number)


def twin(number: int) -> tuple[str, tuple[str, str]]:
    """Address, and the ids of the two contacts that have it."""
    first = identifier("003", 50_000 + 2 * number)
    return f"twin{number}@customer{QUIET + number}.example", (first, identifier("003", 50_001 + 2 * number))


def homeless(number: int) -> tuple[str, str]:
    return f"free{number}@nohome{number}.example", identifier("003", 70_000 + number)


def lead(number: int) -> tuple[str, str]:
    return f"lead{number}@startup{number}.example", identifier("00Q", number)


def shut(number: int) -> tuple[str, str]:
    """A contact of the account that may not be edited; the contact itself may."""
    return f"inside{number}@{SHUT}", identifier("003", 80_000 + number)


def account(number: int) -> str:
    return identifier("001", number)


def user(number: int) -> str:
    return identifier("005", number)


def world(mailboxes: int) -> World:
    """Everybody has a mailbox, and four in five are Salesforce users."""
    users = tuple(User(rep(i), f"Rep {i}", is_admin=rep(i) == ADMIN) for i in range(mailboxes))
    org = _org(mailboxes)
    return World("orgfaults", "C0org", ({"name": DOMAIN, "primary": True, "aliases": []},), users, (), org, {})


def _org(mailboxes: int) -> dict[str, Any]:
    owners = [user(i) for i in range(mailboxes) if i % 5 != 4]
    people = [
        {"Id": user(i), "Email": rep(i), "Name": f"Rep {i}", "IsActive": True} for i in range(mailboxes) if i % 5 != 4
    ]
    people.append({"Id": INTEGRATION_USER, "Email": "sync@int.example", "Name": "Sync", "IsActive": True})
    return {
        "namespace": "TrulyActivity",
        "integration_user": INTEGRATION_USER,
        "read_only": [[INTEGRATION_USER, SHUT_ACCOUNT]],
        "rules": list(RULES),
        "User": people,
        "Account": _accounts(owners),
        "Contact": _contacts(owners),
        "Lead": [
            {"Id": lead(i)[1], "FirstName": "Lea", "LastName": f"Of{i}", "Company": f"Startup {i}",
             "Email": lead(i)[0], "OwnerId": owners[i % len(owners)], "IsConverted": False}
            for i in range(LEADS)
        ],
        "Opportunity": [],
    }  # fmt: skip


def _accounts(owners: list[str]) -> list[dict[str, Any]]:
    found = [
        {"Id": account(i), "Name": f"Customer {i}", "OwnerId": owners[i % len(owners)],
         DOMAIN_FIELD: f"customer{i}.example", BOX_FIELD: False}
        for i in range(ACCOUNTS)
    ]  # fmt: skip
    return [*found, {**found[0], "Id": SHUT_ACCOUNT, "Name": "Shut", DOMAIN_FIELD: SHUT}]


def _contacts(owners: list[str]) -> list[dict[str, Any]]:
    made = [(*contact(i, j), account(i), i + j) for i in range(ACCOUNTS) for j in range(PEOPLE)]
    for number in range(TWINS):
        address, both = twin(number)
        made += [(address, one, account(QUIET + number), number + k * 3) for k, one in enumerate(both)]
    made += [(*homeless(i), account(i % ACCOUNTS), i) for i in range(HOMELESS)]
    made += [(*shut(i), SHUT_ACCOUNT, i) for i in range(SHUT_PEOPLE)]
    return [
        {"Id": record, "FirstName": "P", "LastName": address.partition("@")[0], "Email": address,
         "AccountId": of, "OwnerId": owners[owner % len(owners)]}
        for address, record, of, owner in made
    ]  # fmt: skip
