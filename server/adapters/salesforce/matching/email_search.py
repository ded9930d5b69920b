"""Addresses in email fields that no index shows, found by Salesforce's search in SOSL and checked letter by letter."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

from more_itertools import constrained_batches

from server.adapters.salesforce import soql
from server.adapters.salesforce.client import OrgClient
from server.adapters.salesforce.matching.spellings import spell_addresses
from server.adapters.salesforce.org.shape import OrgShape
from server.domain.errors import ConfigurationError, InvariantError, RejectedError
from server.logs.events import Event, describe_error

log = logging.getLogger(__name__)

LONGEST_TEXT = 3_500
"""Characters between the braces. Beyond 4,000 Salesforce takes the OR away."""
BYTES_PER_CHARACTER = 3
"""In the URL, on average: with the fields it may have 16 KB, and a letter beyond ASCII takes six to twelve."""
MOST_FOUND = 2_000
"""Records of one search: with as many, some may have been left out."""
_RESERVED = re.compile(r"[?&|!{}\[\]()^~*:\\\"'+-]")
_OR = " OR "


def search_emails(client: OrgClient, addresses: Collection[str], shape: OrgShape) -> Iterator[tuple[str, list[Any]]]:
    """Rows by "contacts" or "leads". A word search finds more than was asked: the reader compares the fields.

    A search that Salesforce refuses finds nothing: the indexed fields were asked already, and mail must not wait.
    Where no email field has an index the search is the only question, and its refusal is raised: nobody was asked.
    """
    terms = sorted({_quote(spelling) for spelling in spell_addresses(addresses)})
    portions = constrained_batches(terms, LONGEST_TEXT, get_len=_measure, strict=False)
    for portion in portions:
        for row in _find(client, list(portion), shape):
            yield ("leads" if str(row["attributes"]["type"]) == "Lead" else "contacts"), [row]


def _find(client: OrgClient, terms: list[str], shape: OrgShape) -> list[Any]:
    statement = f"FIND {{{_OR.join(terms)}}} IN EMAIL FIELDS RETURNING {', '.join(_list_objects(shape))}"
    try:
        rows = list(client.call("search", params={"q": statement}).get("searchRecords", ()))
    except (ConfigurationError, InvariantError, RejectedError) as error:
        if any(fields.searched and not fields.indexed for fields in (shape.contact_emails, shape.lead_emails)):
            raise
        log.warning("Salesforce refused a search in email fields", extra=describe_error(Event.BUG, error))
        return []
    if len(rows) < MOST_FOUND or len(terms) < 2:
        return rows
    half = len(terms) // 2
    return _find(client, terms[:half], shape) + _find(client, terms[half:], shape)


def _list_objects(shape: OrgShape) -> Iterator[str]:
    if shape.contact_emails.searched:
        yield f"Contact({', '.join(soql.list_contact_fields(shape))})"
    if shape.lead_emails.searched:
        yield f"Lead({', '.join(soql.list_lead_fields(shape))} WHERE IsConverted = false)"


def _quote(address: str) -> str:
    escaped = _RESERVED.sub(lambda match: f"\\{match[0]}", address)
    return f'"{escaped}"'


def _measure(term: str) -> int:
    return max(len(term + _OR), len(quote(term + _OR, safe="")) // BYTES_PER_CHARACTER)
