"""What is asked of an org does not grow with it; ``make bench`` shows the same with a million contacts."""

from __future__ import annotations

from bench.org_size import asked


def test_a_larger_org_is_asked_the_same() -> None:
    small, large = asked(100, messages=60), asked(5_000, messages=60)

    assert small.calls == large.calls
    assert small.bytes_sent == large.bytes_sent
    assert small.logged == large.logged == 30
