"""Salesforce's records for a world of one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from simulator.salesforce import ids
from simulator.takeout.accounts import Company
from simulator.takeout.contacts import Person
from simulator.takeout.domains import company_of, domain_of

NAMESPACE = "TrulyActivity"
USER = ids.make("005", 1)
Records = dict[str, list[dict[str, Any]]]


def org_of(owner: str, name: str, records: Records) -> dict[str, Any]:
    """As world.json has it."""
    user = {"Id": USER, "Email": owner, "Name": name, "IsActive": True}
    return {
        "namespace": NAMESPACE,
        "User": [user],
        "Account": [],
        "Contact": [],
        "Lead": [],
        "Opportunity": [],
        **records,
    }


def of_companies(companies: Iterable[Company]) -> Records:
    return {"Account": [_account(n, company.name, company.domain) for n, company in enumerate(companies, 1)]}


def of_people(people: Sequence[Person], own: frozenset[str]) -> Records:
    """An account's domain is the one most of its contacts have; ``own`` domains and public mail are no account's."""
    names: dict[str, str] = {}
    domains: dict[str, Counter[str]] = {}
    for person in people:
        if person.company:
            key = person.company.casefold()
            names.setdefault(key, person.company)
            company = company_of(domain_of(person.email))
            domains.setdefault(key, Counter()).update([company] if company and company not in own else [])
    numbers = {key: n for n, key in enumerate(names, 1)}
    return {
        "Account": [
            _account(numbers[key], names[key], next((d for d, _ in found.most_common(1)), None))
            for key, found in domains.items()
        ],
        "Contact": [
            {
                "Id": ids.make("003", n),
                "FirstName": person.first,
                "LastName": person.last,
                "Email": person.email,
                "OwnerId": USER,
                "AccountId": ids.make("001", numbers[key]) if (key := person.company.casefold()) in numbers else None,
            }
            for n, person in enumerate(people, 1)
        ],
    }


def _account(number: int, name: str, domain: str | None) -> dict[str, Any]:
    return {
        "Id": ids.make("001", number),
        "Name": name,
        "OwnerId": USER,
        f"{NAMESPACE}__Email_Domain__c": domain,
        f"{NAMESPACE}__Email_Only_Sync_Contact_Matches__c": False,
    }
