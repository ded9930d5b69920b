"""The parser on public test suites' lists: what it must never do, and how much of them it reads."""

from __future__ import annotations

import pytest

from bench.addresses.__main__ import LISTS, count_qualities, list_misses, measure_parsers, read_explanations
from bench.addresses.compare import Quality

FOUND = measure_parsers(with_others=False)
COMMENTS = {'first.(")middle.last(")@iana.org', "cal(foo)bar)@iamcal.com"}
"""Comments within a local part are taken out, so that what is left does not stand there letter by letter."""


def test_the_lists_are_there() -> None:
    assert len(FOUND) >= 12
    assert sum(len(by["ours"]) for by in FOUND.values()) > 900
    assert all((LISTS / f"{name}.json").is_file() for name in FOUND)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_nothing_is_raised_and_nothing_invented(name: str) -> None:
    results = FOUND[name]["ours"]
    assert count_qualities(results)[Quality.RAISED] == 0
    assert {r.case.text for r in results if r.quality is Quality.INVENTED} <= COMMENTS


def test_more_is_read_of_what_people_write_than_the_standard_library_reads() -> None:
    ours, theirs = (
        count_qualities(FOUND["field-headers"][parser])[Quality.EXACT] for parser in ("ours", "getaddresses")
    )
    assert ours >= theirs + 20


def test_every_miss_is_explained() -> None:
    reasons = read_explanations()
    assert [r.case.text for results in list_misses(FOUND).values() for r in results if r.case.text not in reasons] == []
