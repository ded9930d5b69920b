"""The figures of authorship for build/bench.json."""

from __future__ import annotations

import time

from bench.authorship import corpora, modern, second
from bench.authorship.hostile import worst_over_median
from bench.authorship.measure import machine_score, measured, verdict
from bench.authorship.naive import is_automated

Figure = tuple[float, str, float | None, str]
SECONDS = 2.0
MADE_UP = "both made-up sets; this kind against all others"
HELD_OUT = "made-up set, the half that nothing was tuned on"


def figures() -> dict[str, Figure]:
    """Precision and recall of "no person wrote it": what is taken for a machine and is one, and the machines found."""
    found: dict[str, Figure] = {}
    for title, samples in corpora.every(print):
        name = title.lower().replace(",", "").replace(" ", "_")
        score, naive = measured(samples).machine, machine_score(samples, is_automated)
        against = (
            f"{title}, {len(samples)} messages; the rule of many products {naive.precision:.3f}, {naive.recall:.3f}"
        )
        found[f"screen_precision_{name}"] = (score.precision, "ratio", None, against)
        found[f"screen_recall_{name}"] = (score.recall, "ratio", None, against)
    held_out = [s for s in modern.samples() if modern.is_held_out(s)]
    score = measured(held_out).machine
    found["screen_precision"] = (score.precision, "ratio", 0.99, HELD_OUT)
    found["screen_recall"] = (score.recall, "ratio", 0.95, HELD_OUT)
    for kind, each in measured([*modern.samples(), *second.samples()]).kinds.items():
        found[f"screen_precision_of_{kind}"] = (each.precision, "ratio", None, MADE_UP)
        found[f"screen_recall_of_{kind}"] = (each.recall, "ratio", None, MADE_UP)
    found["screened_per_second"] = (_speed(), "1/s", None, "one core, headers parsed already")
    worst, name = worst_over_median(held_out[:50])
    found["screen_worst_over_median"] = (worst, "ratio", 50.0, f"100 kB of headers: {name}")
    return found


def _speed() -> float:
    samples = list(modern.samples())
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        for sample in samples:
            verdict(sample)
        count += len(samples)
    return count / (time.process_time() - began)


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
