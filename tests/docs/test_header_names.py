"""The headers that docs/matching.md and docs/authorship.md name are those that the code reads, and for that end."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from server.domain.ids import MessageId, ThreadId
from server.domain.mailbox import Workspace
from server.domain.message import Headers, Message
from server.rules.authorship import rule, words
from server.rules.authorship.facts import find_sales_tool, read_facts
from server.rules.authorship.marks import DECISIVE
from server.rules.authorship.own_mail import is_unsent_draft
from server.rules.decision.other_tools import SALESFORCE_HEADERS
from server.rules.decision.screen import HEADERS
from server.rules.headers.identity_key import ORIGINAL_ID_HEADERS
from server.rules.headers.people import people_of
from tests.docs.pages import find_code_spans, read_page, read_rows

GROUP = "sales@acme.example"
WORKSPACE = Workspace(domains=frozenset({"acme.example"}), groups=frozenset({GROUP}))
BEHIND_GROUP = (("From", f"'Ada' via Sales <{GROUP}>"), ("List-ID", "<sales.acme.example>"))
SOMEBODY = "Ada <ada@byron.example>"


def find_headers(text: str) -> set[str]:
    """Code spans that are a header's name, or its name with a value, in lower case."""
    requested = {name.lower() for name in HEADERS}
    named = set()
    for span in find_code_spans(text):
        name = span.partition(":")[0].lower()
        looks_like_one = re.fullmatch(r"[A-Z][A-Za-z]*(?:-[A-Za-z]+)+", span.partition(":")[0]) is not None
        if name in requested or looks_like_one:
            named.add(name)
    return named


def try_headers_of_people() -> set[str]:
    """Those in which a person may stand and be found, tried with each that is asked for."""
    names = set()
    for name in HEADERS:
        alone = people_of(Headers.of(((name, SOMEBODY),)), WORKSPACE)
        behind_group = people_of(Headers.of((*BEHIND_GROUP, (name, SOMEBODY))), WORKSPACE)
        if alone.externals or behind_group.externals:
            names.add(name.lower())
    return names


class NotedHeaders(Headers):
    """Headers that note each name that is asked for, and answer so that no question stops halfway."""

    names: set[str] = set()  # noqa: RUF012  # shared on purpose, by all copies of one test

    def all(self, name: str) -> list[str]:
        self.names.add(name.lower())
        return super().all(name)

    def has(self, name: str) -> bool:
        self.names.add(name.lower())
        return super().has(name)

    def has_any(self, lower_names: frozenset[str]) -> bool:
        self.names.update(lower_names)
        return super().has_any(lower_names)

    def position(self, name: str) -> int | None:
        self.names.add(name.lower())
        return super().position(name)


def note_headers_of_authorship() -> set[str]:
    NotedHeaders.names = set()
    samples = [
        (("From", "jira@acme.example"), ("Content-Type", "text/calendar"), ("Subject", "Invoice")),
        (("From", "alerts@acme.example"), ("X-Mailer", "PHPMailer"), ("Subject", "Out of office")),
        (("From", "support@acme.example"), ("X-Zendesk-Email-Id", "1"), ("List-ID", "<x.acme.example>")),
    ]
    for sample in samples:
        noted = NotedHeaders(tuple(sample))
        for own_group in (False, True):
            facts = read_facts(noted, own_group=own_group, label_ids=frozenset())
            for mark in rule.MARKS:
                mark.shows(facts)
        find_sales_tool(noted)
    return NotedHeaders.names | set(words.SALES_TOOL_HEADERS)


def note_headers_of_drafts() -> set[str]:
    NotedHeaders.names = set()
    is_unsent_draft(Message(MessageId("m"), ThreadId("t"), frozenset(), 0, 0, NotedHeaders(())))
    return NotedHeaders.names


def compare_headers(named: set[str], read: set[str], *, is_whole: bool) -> list[str]:
    """``is_whole``: the page claims to name all of them."""
    wrong = [f"{name} is not read" for name in sorted(named - read)]
    return wrong + ([f"{name} is not on the page" for name in sorted(read - named)] if is_whole else [])


def compare_weights(rows: Iterable[list[str]], in_code: dict[str, int]) -> list[str]:
    on_page = {row[0].strip("`"): int(row[1]) for row in rows}
    wrong = [f"{name} is no mark" for name in sorted(on_page.keys() - in_code.keys())]
    wrong += [f"{name} is not on the page" for name in sorted(in_code.keys() - on_page.keys())]
    both = sorted(on_page.keys() & in_code.keys())
    return wrong + [f"{name} weighs {in_code[name]}" for name in both if on_page[name] != in_code[name]]


def read_weights() -> dict[str, int]:
    return {mark.name: mark.weight for mark in rule.MARKS if mark.weight != DECISIVE}


def test_matching_names_the_headers_in_which_people_are_found():
    assert compare_headers(find_headers(read_page("docs/matching.md")), try_headers_of_people(), is_whole=True) == []


def test_authorship_names_headers_that_the_rule_reads():
    named = find_headers(read_page("docs/authorship.md"))
    assert len(named) > 20
    assert compare_headers(named, note_headers_of_authorship(), is_whole=False) == []


def test_no_header_is_asked_for_that_nothing_reads():
    for_identity = {"date", "message-id", "references", "in-reply-to", "subject"}
    for_identity |= {name.lower() for name in (*ORIGINAL_ID_HEADERS, *SALESFORCE_HEADERS)}
    for_labels = {"delivered-to", "return-path"}
    for_labels |= note_headers_of_drafts()
    read = note_headers_of_authorship() | try_headers_of_people() | for_identity | for_labels
    assert sorted({name.lower() for name in HEADERS} - read) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("`Sender`", "another header", "sender is not on the page"),
        ("`Cc`", "`Cc` and `Resent-To`", "resent-to is not read"),
        ("`Bcc`", "blind copies", "bcc is not on the page"),
    ],
)
def test_a_wrong_header_of_people_is_caught(old, new, problem):
    text = read_page("docs/matching.md").replace(old, new)
    assert problem in compare_headers(find_headers(text), try_headers_of_people(), is_whole=True)


@pytest.mark.parametrize("header", ["X-Spam-Status", "X-Autoreplies"])
def test_a_wrong_header_of_the_rule_is_caught(header):
    text = read_page("docs/authorship.md").replace("`X-Ricevuta`", f"`{header}`")
    assert f"{header.lower()} is not read" in compare_headers(
        find_headers(text), note_headers_of_authorship(), is_whole=False
    )


def test_authorship_has_each_circumstance_with_its_weight():
    assert compare_weights(read_rows(read_page("docs/authorship.md"), "mark"), read_weights()) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["`robot`", "40", ""], "robot weighs 50"),
        (["`robots`", "50", ""], "robots is no mark"),
        (["`robots`", "50", ""], "robot is not on the page"),
    ],
)
def test_a_wrong_weight_is_caught(row, problem):
    rows = [row if line[0] == "`robot`" else line for line in read_rows(read_page("docs/authorship.md"), "mark")]
    assert problem in compare_weights(rows, read_weights())
