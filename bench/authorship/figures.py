"""The figures of authorship for build/bench.json."""

from __future__ import annotations

import time

from bench.authorship import corpora, modern, second
from bench.authorship.hostile import find_worst_cost
from bench.authorship.measure import judge_sample, measure_naive_rule, measure_rule
from bench.authorship.naive import is_automated

Figure = tuple[float, str, float | None, str]
SECONDS = 2.0
MADE_UP = "both made-up sets; this kind against all others"
HELD_OUT = "made-up set, the half that nothing was tuned on"


def figures() -> dict[str, Figure]:
    """Precision and recall of the verdict "machine", the speed of screening, and the cost of its worst message."""
    figures: dict[str, Figure] = {}
    for title, samples in corpora.list_corpora(print):
        name = title.lower().replace(",", "").replace(" ", "_")
        score, naive = measure_rule(samples).machine, measure_naive_rule(samples, is_automated)
        against = (
            f"{title}, {len(samples)} messages; the rule of many products {naive.precision:.3f}, {naive.recall:.3f}"
        )
        figures[f"screen_precision_{name}"] = (score.precision, "ratio", None, against)
        figures[f"screen_recall_{name}"] = (score.recall, "ratio", None, against)
    held_out = [s for s in modern.make_samples() if modern.is_held_out(s)]
    score = measure_rule(held_out).machine
    figures["screen_precision"] = (score.precision, "ratio", 0.99, HELD_OUT)
    figures["screen_recall"] = (score.recall, "ratio", 0.95, HELD_OUT)
    for kind, of_kind in measure_rule([*modern.make_samples(), *second.make_samples()]).kinds.items():
        figures[f"screen_precision_of_{kind}"] = (of_kind.precision, "ratio", None, MADE_UP)
        figures[f"screen_recall_of_{kind}"] = (of_kind.recall, "ratio", None, MADE_UP)
    figures["screened_per_second"] = (_measure_speed(), "1/s", None, "one core, headers parsed already")
    worst, name = find_worst_cost(held_out[:50])
    figures["screen_worst_over_median"] = (worst, "ratio", 50.0, f"100 kB of headers: {name}")
    return figures


def _measure_speed() -> float:
    samples = list(modern.make_samples())
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        for sample in samples:
            judge_sample(sample)
        count += len(samples)
    return count / (time.process_time() - began)


if __name__ == "__main__":
    for name, figure in figures().items():
        print(name, *figure)  # noqa: T201
