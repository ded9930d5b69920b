"""Every query that the code can emit, read by a SOQL parser of other people's making."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.adapters.salesforce import soql as queries
from server.adapters.salesforce.matching.choices import MatchingChoices
from server.adapters.salesforce.matching.look_up import list_questions
from server.adapters.salesforce.matching.spellings import HOSTS, spell_addresses, spell_domains, spell_typed_domains
from server.adapters.salesforce.org.shape import EmailFields, OrgShape
from server.domain.crm import Query
from tests.support import node
from tests.support.scene import MakeScene, eml, small_world
from tests.support.wire import listen

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("jsforce")]
HOSTILE = (
    "xn--tf-wka.example", "o'brien@x.example", 'a"b@x.example', "a\\'b@x.example", "a\\", "%_%", "a\nb\r\t\b\f",
    "') OR (Email != '", "--", "/*", ":bind", "{0}", "ö@ü.example", "\u202e", "a\u2028b\u2029", "\\u2028", "x" * 3_000, "", " ", "null", "TODAY",
)  # fmt: skip
SHAPE = OrgShape(
    ("TrulyActivity__Email_Domain__c",), ("TrulyActivity__Email_Only_Sync_Contact_Matches__c",), {}, {}, "Completed",
    relates_many=True, has_person_accounts=True, has_time_zones=True,
    contact_emails=EmailFields(("Email", "Other_Email__c")), lead_emails=EmailFields(("Email", "Second__c")),
)  # fmt: skip
INDEXED = {
    "Contact": {"Id", "Email", "Other_Email__c"},
    "Lead": {"Id", "Email", "Second__c"},
    "Account": {"Id", "TrulyActivity__Email_Domain__c"},
    "Task": {"Id", "TrulyActivity__Message_Key__c"},
    "User": {"Id", "Email", "FederationIdentifier", "Username"},
    "EmailMessage": {"MessageIdentifier"},
    "Opportunity": {"Id", "AccountId"},
    "OpportunityContactRole": {"ContactId"},
    "UserRecordAccess": {"UserId", "RecordId"},
}
"""By default, as External IDs, or (Users) in a table that stays small. What only narrows is in ``NARROWING``."""
NARROWING = {"IsActive", "UserType", "IsClosed", "Opportunity.IsClosed"}


def read(emitted: Sequence[str]) -> list[Any]:
    done = subprocess.run(  # our own script
        ["node", str(node.packages() / "soql.cjs")], input=json.dumps(list(emitted)), capture_output=True,
        text=True, check=True, timeout=120,
    )  # fmt: skip
    found: list[Any] = json.loads(done.stdout)
    return found


def emitted(values: Sequence[str]) -> list[tuple[str, str]]:
    """Each kind of statement, with these values; long lists take several."""
    asked = Query(frozenset(values), frozenset(values), frozenset(values))
    questions = list_questions(asked, SHAPE, MatchingChoices(websites=True), sorted(spell_addresses(values)))
    every = [(question.kind, question.write(question.values)) for question in questions]
    listed = sorted(values)
    whole = (
        ("access", lambda part: queries.access("005A00000000001AAA", part)),
        ("tasks", lambda part: queries.tasks_by_key("TrulyActivity__Message_Key__c", part)),
        ("emails", queries.email_messages),
        ("roles", queries.opportunities_by_role),
        ("deals", queries.opportunities_of),
        ("table", queries.active_users),
    )
    every += [(name, make(part)) for name, make in whole for part in queries.chunks(listed, 2)]
    return every + [(prefix, queries.by_id(SHAPE, f"{prefix}A00000000001") or "") for prefix in queries.PREFIXES]


def test_every_statement_parses_and_means_what_was_asked() -> None:
    values = [*HOSTILE, *(f"p{n}@x.example" for n in range(2_000))]
    every = emitted(values)

    asked: Counter[tuple[str, str]] = Counter()
    for (name, statement), parsed in zip(every, read([each for _, each in every]), strict=True):
        assert parsed is not None, name
        assert len(statement) < 100_000, name
        for field, operator, found in parsed["literals"]:
            if operator in ("IN", "LIKE"):
                asked[name, field] += len(found) if operator == "IN" else 1
    addresses, domains = len(spell_addresses(values)), len(spell_domains(values))
    spellings = {
        "contacts": addresses, "leads": addresses, "users": addresses, "users_of_sandbox": addresses,
        "accounts": len(spell_typed_domains(values)), "websites": domains * len(HOSTS), "emails": 2 * len(values),
    }  # fmt: skip
    assert asked.pop(("users", "Email")) == 2 * addresses
    assert len(values) < addresses
    assert len(values) < domains
    assert {key: count for key, count in asked.items() if count != spellings.get(key[0], len(values))} == {}


@settings(max_examples=20, deadline=None)
@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=200))
def test_what_is_read_back_is_what_was_asked(values: set[str]) -> None:
    [parsed] = read([queries.contacts(SHAPE, sorted(values))])

    assert [(field, operator) for field, operator, _ in parsed["literals"]] == [
        ("Email", "IN"), ("Other_Email__c", "IN"),
    ]  # fmt: skip
    for _, _, literals in parsed["literals"]:
        assert {unquoted(literal) for literal in literals} == values


def unquoted(literal: str) -> str:
    """By Salesforce's table of escapes."""
    plain = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
    assert literal[0] == literal[-1] == "'"
    return re.sub(
        r"\\(?:u([0-9a-f]{4})|(.))",
        lambda m: chr(int(m[1], 16)) if m[1] else plain[m[2]],
        literal[1:-1],
        flags=re.DOTALL,
    )


def test_every_filter_stands_on_an_index() -> None:
    # Websites are documented: an admin who turns them on asks Salesforce for an index.
    every = [each for each in emitted(["a@x.example", "xn--tf-wka.example"]) if each[0] != "websites"]

    for (name, _), parsed in zip(every, read([each for _, each in every]), strict=True):
        filtered = {field for field, _, _ in parsed["literals"]}
        assert filtered, name
        assert filtered <= INDEXED[parsed["source"]] | NARROWING, name
        assert filtered & INDEXED[parsed["source"]], name


def test_a_list_of_domains_parses() -> None:
    assert read([queries.domain_lists(SHAPE)])[0]["source"] == "Account"


def test_what_a_whole_run_asked_parses_and_no_uri_is_long(make_scene: MakeScene) -> None:
    """Not only what is listed above: everything that went over the wire."""
    scene = make_scene(small_world(), JOIN_OTHERS="yes", OPPORTUNITIES="yes", ACCOUNT_WEBSITE="yes")
    heard = listen(scene)
    for number, hostile in enumerate(("o'b@x.example", '"a\\\\b"@x.example', "ö@ü.example")):
        scene.deliver("ann@acme.example", eml(sender=hostile, subject=str(number)))
    scene.deliver("ann@acme.example", eml())
    scene.sync()

    urls = [url for url, _ in heard]
    for _, body in heard:
        if "compositeRequest" in body:
            urls += [part["url"] for part in json.loads(body)["compositeRequest"]]
    soql = [parse_qs(urlsplit(url).query)["q"][0] for url in urls if "?q=" in url]
    assert len(soql) > 5
    assert None not in read(soql)
    over_the_wire = [url for url in urls if url.startswith("http")]
    assert max(map(len, over_the_wire)) < 2_000
