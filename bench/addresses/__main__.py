"""``python -m bench.addresses``: public lists, our parser beside others, and each of our misses by name."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.addresses.compare import Quality, judge_answer
from bench.addresses.parsers import HERE, list_parsers

LISTS = HERE / "data"
GOOD = (
    Quality.EXACT,
    Quality.PART,
    Quality.MISSED,
    Quality.MORE,
    Quality.INVENTED,
    Quality.RAISED,
)
BAD = (Quality.NOBODY, Quality.LITERAL, Quality.INVENTED, Quality.RAISED)
SINGLE = ("email-validator",)
"""These read one address and no header: they get only lists of addresses."""


@dataclass(frozen=True)
class Case:
    text: str
    people: list[str] | None
    note: str = ""


@dataclass(frozen=True)
class ParserResult:
    case: Case
    quality: Quality
    addresses: list[str] | None


Results = dict[str, dict[str, list[ParserResult]]]
"""By list, then by parser."""


def read_lists() -> dict[str, list[Case]]:
    """By name, lists of valid texts first. A name ends with what the list holds: valid, headers, or invalid."""
    names = sorted((path.stem for path in LISTS.glob("*.json")), key=lambda n: (n.endswith("-invalid"), n))
    return {
        name: [Case(**fields) for fields in json.loads((LISTS / f"{name}.json").read_text())["cases"]] for name in names
    }


def measure_parsers(*, with_others: bool) -> Results:
    """The results of each parser on each list."""
    results_by_list: Results = {}
    for name, cases in read_lists().items():
        for parser, parse in list_parsers(with_others=with_others).items():
            if parser in SINGLE and name.endswith("-headers"):
                continue
            parsed = zip(cases, parse([case.text for case in cases]), strict=True)
            results = [ParserResult(case, judge_answer(case.text, case.people, got), got) for case, got in parsed]
            results_by_list.setdefault(name, {})[parser] = results
    return results_by_list


def count_qualities(results: list[ParserResult]) -> Counter[Quality]:
    return Counter(result.quality for result in results)


def figures() -> dict[str, tuple[float, str, float | None, str]]:
    """For ``make bench``: beside the standard library only."""
    results_by_list = measure_parsers(with_others=False)
    valid = [by for name, by in results_by_list.items() if not name.endswith("-invalid")]
    share = {parser: _share([by[parser] for by in valid], Quality.EXACT) for parser in ("ours", "getaddresses")}
    made_up = sum(count_qualities(by["ours"])[Quality.INVENTED] for by in results_by_list.values())
    raised = sum(count_qualities(by["ours"])[Quality.RAISED] for by in results_by_list.values())
    size = sum(len(by["ours"]) for by in results_by_list.values())
    return {
        "addresses_found_exactly": (share["ours"], "share", None, f"the standard library: {share['getaddresses']:.3f}"),
        "addresses_invented": (made_up, "texts", 0, f"of {size} in public lists: an address that does not stand there"),
        "addresses_raised": (raised, "texts", 0, f"of {size} in public lists"),
    }


def _share(result_lists: list[list[ParserResult]], quality: Quality) -> float:
    qualities = [result.quality for results in result_lists for result in results]
    return qualities.count(quality) / len(qualities)


def draw_table(results_by_list: Results, qualities: tuple[Quality, ...], *, invalid: bool) -> Table:
    shown = Table(
        "List", "Texts", "Parser", *qualities, title="What no list calls an address" if invalid else "People known"
    )
    for name, by in results_by_list.items():
        if name.endswith("-invalid") is not invalid:
            continue
        for parser, results in by.items():
            is_first = parser == "ours"
            cells = [str(count_qualities(results)[quality] or "") for quality in qualities]
            shown.add_row(name if is_first else "", str(len(results)) if is_first else "", parser, *cells)
    return shown


def read_explanations() -> dict[str, str]:
    """By text, why our parser differs from a list: one sentence each."""
    texts_by_reason: dict[str, Any] = json.loads((HERE / "explained.json").read_text())
    return {text: str(why) for why, texts in texts_by_reason.items() for text in texts}


def list_misses(results_by_list: Results) -> dict[str, list[ParserResult]]:
    wrong = {Quality.PART, Quality.MISSED, Quality.MORE, Quality.INVENTED, Quality.RAISED}
    return {
        name: kept for name, by in results_by_list.items() if (kept := [r for r in by["ours"] if r.quality in wrong])
    }


def main() -> None:
    console = Console()
    results_by_list = measure_parsers(with_others=True)
    console.print(draw_table(results_by_list, GOOD, invalid=False))
    console.print(draw_table(results_by_list, BAD, invalid=True))
    reasons = read_explanations()
    for name, results in list_misses(results_by_list).items():
        console.print(f"[bold]{name}[/]")
        for result in results:
            text, addresses = json.dumps(result.case.text)[:120], json.dumps(result.addresses)[:120]
            console.print(escape(f"  {result.quality}: {text} gave {addresses}"))
            console.print(escape(f"    {reasons.get(result.case.text, 'NOT EXPLAINED')}"))


if __name__ == "__main__":
    main()
