"""docs/simulator.md names calls and world settings that the simulator has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from simulator.app import Simulator
from simulator.clock import Clock
from simulator.cloud.project import CloudProject
from simulator.universe import Universe
from tests.docs.pages import ROOT, find_code_spans, read_page, read_rows
from tests.support.scene import START, small_world

PAGE = "docs/simulator.md"
_CALL = re.compile(r"/_simulator/([a-z/-]+)")


@pytest.fixture(scope="module")
def client() -> Client:
    universe = Universe.of(small_world(), Clock(START, frozen=True))
    return Client(Simulator(universe, CloudProject(universe)))


def find_unknown_calls(text: str, client: Client) -> list[str]:
    """A call that is there refuses an empty body otherwise than as unknown."""
    unknown = []
    for name in sorted(set(_CALL.findall(text))):
        answers = [client.post(f"/_simulator/{name}", json={}), client.get(f"/_simulator/{name}")]
        if all("is not known" in answer.get_data(as_text=True) for answer in answers):
            unknown.append(name)
    return unknown


def find_unread_settings(rows: list[list[str]]) -> list[str]:
    """Names of the org's table that no module of the simulator mentions as a text."""
    source = "".join(path.read_text() for path in Path(ROOT / "simulator").rglob("*.py"))
    names = [name for row in rows for name in find_code_spans(row[0])]
    return [name for name in names if f'"{name}"' not in source]


def test_the_calls_on_the_page_are_there(client):
    assert len(_CALL.findall(read_page(PAGE))) > 10
    assert find_unknown_calls(read_page(PAGE), client) == []


def test_a_call_that_is_not_there_is_caught(client):
    assert find_unknown_calls("Post to `/_simulator/salesforce/changes`.", client) == ["salesforce/changes"]


def test_the_settings_of_a_world_on_the_page_are_read():
    assert find_unread_settings(read_rows(read_page(PAGE), "name")) == []


def test_a_setting_of_a_world_that_nothing_reads_is_caught():
    assert find_unread_settings([["`readonly`", "pairs"]]) == ["readonly"]
