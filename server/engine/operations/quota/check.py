"""What the doctor says of Gmail's units of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.domain.quota import Purpose
from server.engine.operations.doctor.registry import Checks, Finding
from server.engine.operations.quota.gmail_quota import GmailQuota, QuotaUse

PURPOSES = {Purpose.LIVE: "new mail and cards", Purpose.AUDIT: "the nightly comparison", Purpose.PAST: "older mail"}
CHECKS = Checks[GmailQuota]()


@CHECKS.register("Gmail units")
def check_units(quota: GmailQuota) -> Iterator[Finding]:
    """Live work that takes nearly the whole budget is the one thing that a person has to mend."""
    use = quota.measure()
    is_good = not use.per_day or use.today[Purpose.LIVE] < use.per_day * 0.9
    text = " ".join(describe_use(use))
    if not is_good:
        text += " New mail alone needs nearly all of it: ask Google for more, and raise GMAIL_UNITS_PER_DAY."
    yield Finding("Gmail units", is_good=is_good, text=text, is_note=is_good and not use.per_day)


def describe_use(use: QuotaUse) -> list[str]:
    """Sentences for an admin. A process tells what it used within a minute or so."""
    if not use.per_day:
        return ["No budget of Gmail units a day is set (GMAIL_UNITS_PER_DAY=0), so none are counted."]
    today, yesterday = (f"{sum(day.values()):,}" for day in (use.today, use.yesterday))
    sentences = [f"Today (since midnight Pacific time) {today} of {use.per_day:,} Gmail units{_list_parts(use.today)}."]
    sentences.append(f"Yesterday {yesterday}{_list_parts(use.yesterday)}.")
    sentences.append(f"{use.left:,} are left today, {use.free_for_past:,} of them for older mail.")
    return sentences


def _list_parts(day: Mapping[Purpose, int]) -> str:
    parts = [f"{name} {day[purpose]:,}" for purpose, name in PURPOSES.items() if day[purpose]]
    return f" ({', '.join(parts)})" if parts else ""
