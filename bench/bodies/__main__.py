"""``python -m bench.bodies``: prints the figures, and each miss by name."""

from __future__ import annotations

from bench.bodies import cost, figures, hostile, replies


def main() -> None:
    for line in figures.write_table():
        print(line)
    for name, score in replies.score_all().items():
        print(f"{name}: exact {len(score.exact)}, over-cut {len(score.over)}, under-cut {len(score.under)} fixtures")
        print(f"  over-cut: {', '.join(score.over) or '-'}\n  under-cut: {', '.join(score.under) or '-'}")
    for name, ratio in sorted(cost.measure_ratios().items(), key=lambda pair: -pair[1]):
        print(f"{name}: {ratio:.1f} times an ordinary mail of its size")
    for name, seconds in sorted(hostile.measure_seconds(hostile.MOST).items(), key=lambda pair: -pair[1]):
        print(f"{name}, 35 MB: {seconds:.2f} seconds of the processor")


if __name__ == "__main__":
    main()
