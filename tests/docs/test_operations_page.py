"""docs/operations.md has the events, reactions and alerts that there are, each alert in the words of its policy."""

from __future__ import annotations

import re

import pytest

from deploy.watching import read_files
from server.domain.errors import Reaction
from server.logs.events import Event
from server.logs.formats import LABELS
from tests.docs.pages import read_page, read_rows

PAGE = "docs/operations.md"
ROLES = {"operator", "Salesforce admin", "Workspace admin", "security officer"}
POLICIES = [(path.stem, policy) for path, policy in read_files("policies")]


def read_sections(text):
    """The page's alerts by the name of their file: heading, role, and what it says."""
    form = re.compile(r"^### (.+)\n\n`(\w+)` · for the ([\w ]+)\n\n((?:.+\n?|\n(?!#))*)", re.MULTILINE)
    return {name: (heading, role, body.strip()) for heading, name, role, body in form.findall(text)}


def compare_alerts(text):
    """What the page says otherwise than the files."""
    sections = read_sections(text)
    wrong = [f"{name} has no policy" for name in sorted(sections.keys() - dict(POLICIES).keys())]
    for name, policy in POLICIES:
        if name not in sections:
            wrong.append(f"{name} is not on the page")
            continue
        heading, role, body = sections[name]
        title = policy["displayName"].removeprefix("Truly: ")
        if heading.lower() != title.lower():
            wrong.append(f"{name} is called {title}")
        content = f"**For the {role}.**\n\n{body}".replace("\n\n1. ", "\n\nWhat to do:\n\n1. ")
        if content != policy["documentation"]["content"]:
            wrong.append(f"{name} says something else")
    return wrong


def test_the_page_has_each_alert_as_its_policy_says_it():
    assert compare_alerts(read_page(PAGE)) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("`bugs` ·", "`bug` ·", "bug has no policy"),
        ("`bugs` ·", "`bug` ·", "bugs is not on the page"),
        ("### A bug was met", "### A bug is met", "bugs is called a bug was met"),
        ("Report both.", "Report all.", "bugs says something else"),
        ("`bugs` · for the operator", "`bugs` · for the security officer", "bugs says something else"),
    ],
)
def test_a_difference_is_caught(old, new, problem):
    text = read_page(PAGE)
    assert old in text
    assert problem in compare_alerts(text.replace(old, new))


@pytest.mark.parametrize(("name", "policy"), POLICIES, ids=[name for name, _ in POLICIES])
def test_a_policy_names_who_acts_what_it_means_and_what_to_do(name, policy):
    content = policy["documentation"]["content"]
    role = re.match(r"\*\*For the ([\w ]+)\.\*\*\n\n[A-Z].+\.\n\nWhat to do:\n\n1\. ", content)
    assert role
    assert role.group(1) in ROLES
    assert policy["userLabels"] == {"app": "truly", "role": role.group(1).lower().replace(" ", "_")}
    assert policy["documentation"]["subject"] == policy["displayName"]
    assert all(line.endswith(".") for line in content.splitlines()[4:] if line[:1].isdigit())


def test_the_page_has_the_events_and_reactions():
    text = read_page(PAGE)
    assert [row[0].strip("`") for row in read_rows(text, "event")] == [event.value for event in Event]
    [line] = re.findall(r"^A reaction is one of: (.*)\.$", text, re.MULTILINE)
    assert re.findall(r"`(\w+)`", line) == [reaction.value for reaction in Reaction]
    fields = {name for row in read_rows(text, "field") for name in re.findall(r"`(\w+)`", row[0])}
    assert LABELS | {"event", "error", "reaction"} <= fields
