"""An upstream takes the connection and says nothing: real gunicorn, real sockets, and every card comes in time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.stalled import AT_ONCE, LONGEST_CARD, LONGEST_HEALTH, measure, stage_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("upstream", ["salesforce", "gmail", "google_token"])
def test_a_silent_upstream_delays_no_card_and_no_health(tmp_path: Path, upstream: str) -> None:
    with stage_of(tmp_path) as stage:
        found = measure(stage, upstream, rounds=1)

    assert len(found.cards) == AT_ONCE
    assert max(found.cards) < LONGEST_CARD
    assert max(found.health) < LONGEST_HEALTH
    assert found.titles == {"<b>This takes longer than usual</b>"}


def test_a_card_shows_what_the_ledger_knows_while_salesforce_is_silent(tmp_path: Path) -> None:
    with stage_of(tmp_path) as stage:
        found = measure(stage, "salesforce", rounds=1, is_known=True)

    assert max(found.cards) < LONGEST_CARD
    assert found.titles == {"<b>Logged in Salesforce</b>"}
