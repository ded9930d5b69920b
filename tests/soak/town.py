"""The company and its customers, as the simulator takes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from simulator.salesforce.ids import to_18
from simulator.world import User, World

DOMAIN = "acme.example"
ADMIN = f"rep000@{DOMAIN}"
ACCOUNTS = 30
CONTACTS = 3
"""Of each account."""
LEADS = 10
QUIET = "quiet.example"
"""The domain of an account that wants contact matches only."""
BOX_FIELD = "TrulyActivity__Email_Only_Sync_Contact_Matches__c"
DOMAIN_FIELD = "TrulyActivity__Email_Domain__c"


class Kind(StrEnum):
    """Who the other side of a mail is; the first three are customers whose mail must be logged."""

    CONTACT = "contact"
    ACCOUNT = "account"
    LEAD = "lead"
    REFUSED = "refused"
    QUIET = "quiet"
    STRANGER = "stranger"
    COLLEAGUE = "colleague"
    MACHINE = "machine"


CUSTOMERS = frozenset({Kind.CONTACT, Kind.ACCOUNT, Kind.LEAD})


def rep(number: int) -> str:
    """The first address of a mailbox; it names the mailbox here whatever it is called later."""
    return f"rep{number:03d}@{DOMAIN}"


def identifier(prefix: str, number: int) -> str:
    return to_18(f"{prefix}F{number:011d}")


def contact(account: int, number: int) -> tuple[str, str]:
    """Address and record id."""
    return f"person{number}@customer{account}.example", identifier("003", account * 100 + number)


def lead(number: int) -> tuple[str, str]:
    return f"lead{number}@startup{number}.example", identifier("00Q", number)


def account_of(number: int) -> tuple[str, str]:
    """Domain and record id."""
    return f"customer{number}.example", identifier("001", number)


def world(mailboxes: int) -> World:
    """Everybody has a mailbox, and four in five are Salesforce users."""
    users = tuple(User(rep(i), f"Rep {i}", is_admin=rep(i) == ADMIN) for i in range(mailboxes))
    return World("faults", "C0faults", ({"name": DOMAIN, "primary": True, "aliases": []},), users, (), _org(users), {})


def _org(users: tuple[User, ...]) -> dict[str, Any]:
    owners = [identifier("005", i) for i in range(len(users)) if i % 5 != 4]
    accounts = [
        {"Id": account_of(i)[1], "Name": f"Customer {i}", "OwnerId": owners[i % len(owners)],
         DOMAIN_FIELD: account_of(i)[0], BOX_FIELD: False}
        for i in range(ACCOUNTS)
    ]  # fmt: skip
    quiet = {"Id": identifier("001", 900), "Name": "Quiet", "OwnerId": owners[0], DOMAIN_FIELD: QUIET, BOX_FIELD: True}
    people = [(i, j, *contact(i, j)) for i in range(ACCOUNTS) for j in range(CONTACTS)]
    return {
        "namespace": "TrulyActivity",
        "User": [
            {"Id": identifier("005", i), "Email": user.email, "Name": user.name, "IsActive": True}
            for i, user in enumerate(users)
            if i % 5 != 4
        ],
        "Account": [*accounts, quiet],
        "Contact": [
            {"Id": record, "FirstName": f"Person{j}", "LastName": f"Of{i}", "Email": address,
             "AccountId": account_of(i)[1], "OwnerId": owners[(i + j) % len(owners)]}
            for i, j, address, record in people
        ],
        "Lead": [
            {"Id": lead(i)[1], "FirstName": "Lea", "LastName": f"Of{i}", "Company": f"Startup {i}",
             "Email": lead(i)[0], "OwnerId": owners[i % len(owners)], "IsConverted": False}
            for i in range(LEADS)
        ],
        "Opportunity": [],
    }  # fmt: skip
