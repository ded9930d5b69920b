"""Fixtures for every suite, and the closing table of what could not run here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """An empty world of three people around the real server, all in this process, with a clock that tests own."""
    made = Scene(tmp_path)
    yield made
    made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A missing tool skips its tests; with REQUIRE_ALL=1, as CI runs, it fails them."""
    for item in items:
        for need in needs.ALL:
            if item.get_closest_marker(need.mark) and not need.is_here() and not os.environ.get("REQUIRE_ALL"):
                item.add_marker(pytest.mark.skip(reason=f"{need.name} is not here: {need.how}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = [need for need in needs.ALL if not need.is_here()]
    if not missing:
        return
    terminalreporter.section("not run here")
    for need in missing:
        terminalreporter.write_line(f"{need.name:<20} {need.how}")
