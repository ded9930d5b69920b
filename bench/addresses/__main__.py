"""``python -m bench.addresses``: public lists, our parser beside others, and each of our misses by name."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.addresses.compare import Verdict, judge
from bench.addresses.parsers import HERE, parsers

LISTS = HERE / "data"
GOOD = (Verdict.EXACT, Verdict.PART, Verdict.MISSED, Verdict.MORE, Verdict.INVENTED, Verdict.RAISED)
BAD = (Verdict.NOBODY, Verdict.LITERAL, Verdict.INVENTED, Verdict.RAISED)
SINGLE = ("email-validator",)
"""Reads one address and no header: asked only for lists of addresses."""


@dataclass(frozen=True)
class Case:
    text: str
    people: list[str] | None
    note: str = ""


@dataclass(frozen=True)
class Result:
    case: Case
    verdict: Verdict
    answer: list[str] | None


def lists() -> dict[str, list[Case]]:
    """By name, those whose people are known first. A name ends with what it holds: valid, headers, or invalid."""
    names = sorted((path.stem for path in LISTS.glob("*.json")), key=lambda n: (n.endswith("-invalid"), n))
    return {
        name: [Case(**each) for each in json.loads((LISTS / f"{name}.json").read_text())["cases"]] for name in names
    }


def measured(*, with_others: bool) -> dict[str, dict[str, list[Result]]]:
    """By list, then by parser."""
    found: dict[str, dict[str, list[Result]]] = {}
    for name, cases in lists().items():
        for parser, answers in parsers(with_others=with_others).items():
            if parser in SINGLE and name.endswith("-headers"):
                continue
            every = zip(cases, answers([case.text for case in cases]), strict=True)
            results = [Result(case, judge(case.text, case.people, answer), answer) for case, answer in every]
            found.setdefault(name, {})[parser] = results
    return found


def counts(results: list[Result]) -> Counter[Verdict]:
    return Counter(each.verdict for each in results)


def figures() -> dict[str, tuple[float, str, float | None, str]]:
    """For ``make bench``: beside the standard library only."""
    found = measured(with_others=False)
    known = [by for name, by in found.items() if not name.endswith("-invalid")]
    share = {parser: _share([by[parser] for by in known], Verdict.EXACT) for parser in ("ours", "getaddresses")}
    made_up = sum(counts(by["ours"])[Verdict.INVENTED] for by in found.values())
    raised = sum(counts(by["ours"])[Verdict.RAISED] for by in found.values())
    size = sum(len(by["ours"]) for by in found.values())
    return {
        "addresses_found_exactly": (share["ours"], "share", None, f"the standard library: {share['getaddresses']:.3f}"),
        "addresses_invented": (made_up, "texts", 0, f"of {size} in public lists: an address that does not stand there"),
        "addresses_raised": (raised, "texts", 0, f"of {size} in public lists"),
    }


def _share(results: list[list[Result]], verdict: Verdict) -> float:
    every = [each for part in results for each in part]
    return sum(each.verdict is verdict for each in every) / len(every)


def table(found: dict[str, dict[str, list[Result]]], verdicts: tuple[Verdict, ...], *, invalid: bool) -> Table:
    shown = Table(
        "List", "Texts", "Parser", *verdicts, title="What no list calls an address" if invalid else "People known"
    )
    for name, by in found.items():
        if name.endswith("-invalid") is not invalid:
            continue
        for parser, results in by.items():
            first = parser == "ours"
            cells = [str(counts(results)[verdict] or "") for verdict in verdicts]
            shown.add_row(name if first else "", str(len(results)) if first else "", parser, *cells)
    return shown


def explained() -> dict[str, str]:
    """Why we do not say what a list says: by text, one sentence each."""
    words: dict[str, Any] = json.loads((HERE / "explained.json").read_text())
    return {text: str(why) for why, texts in words.items() for text in texts}


def misses(found: dict[str, dict[str, list[Result]]]) -> dict[str, list[Result]]:
    wrong = {Verdict.PART, Verdict.MISSED, Verdict.MORE, Verdict.INVENTED, Verdict.RAISED}
    return {name: kept for name, by in found.items() if (kept := [r for r in by["ours"] if r.verdict in wrong])}


def main() -> None:
    console = Console()
    found = measured(with_others=True)
    console.print(table(found, GOOD, invalid=False))
    console.print(table(found, BAD, invalid=True))
    reasons = explained()
    for name, results in misses(found).items():
        console.print(f"[bold]{name}[/]")
        for each in results:
            text, said = json.dumps(each.case.text)[:120], json.dumps(each.answer)[:120]
            console.print(escape(f"  {each.verdict}: {text} gave {said}"))
            console.print(escape(f"    {reasons.get(each.case.text, 'NOT EXPLAINED')}"))


if __name__ == "__main__":
    main()
