"""How a mailbox moves when its person leaves and returns, and what an admin said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.mailbox import DirectoryState, Mailbox, Stage

LIVE = Mailbox("m1", ("ann@acme.example",), Stage.LIVE, cursor=7)  # type: ignore[arg-type]
LEFT = [DirectoryState.SUSPENDED, DirectoryState.ARCHIVED, DirectoryState.DELETED]
STATES = list(DirectoryState)


@pytest.mark.parametrize("state", LEFT)
def test_who_leaves_drains_and_returns_to_live_with_the_cursor(state: DirectoryState) -> None:
    left = LIVE.seen(state, 100.0)
    assert (left.stage, left.directory_state, left.directory_since) == (Stage.DRAINING, state, 100.0)
    assert (left.reads, left.delivers) == (False, True)
    back = left.seen(DirectoryState.ACTIVE, 200.0)
    assert (back.stage, back.cursor, back.returns_to, back.reads) == (Stage.LIVE, 7, None, True)


@pytest.mark.parametrize("stage", [Stage.OFF, Stage.DRAINING, Stage.DRY_RUN])
@pytest.mark.parametrize("state", LEFT)
def test_no_other_stage_is_touched(stage: Stage, state: DirectoryState) -> None:
    left = replace(LIVE, stage=stage).seen(state, 100.0)
    assert (left.stage, left.reads) == (stage, False)
    assert left.seen(DirectoryState.ACTIVE, 200.0).stage is stage


def test_an_admins_word_while_the_person_is_away_holds_on_return() -> None:
    left = LIVE.seen(DirectoryState.SUSPENDED, 100.0)
    for stage in (Stage.OFF, Stage.DRAINING, Stage.DRY_RUN):
        assert left.staged(stage).seen(DirectoryState.ACTIVE, 200.0).stage is stage


def test_live_said_of_somebody_who_is_away_means_on_return() -> None:
    away = LIVE.seen(DirectoryState.SUSPENDED, 100.0).staged(Stage.LIVE).seen(DirectoryState.SUSPENDED, 150.0)
    assert away.stage is Stage.DRAINING
    assert away.seen(DirectoryState.ACTIVE, 200.0).stage is Stage.LIVE


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("stage", list(Stage))
def test_a_second_look_at_the_same_changes_nothing(state: DirectoryState, stage: Stage) -> None:
    once = replace(LIVE, stage=stage).seen(state, 100.0)
    assert once.seen(state, 200.0) == once


def test_a_pause_of_before_ends_when_the_mailbox_can_be_read_again() -> None:
    parked = replace(LIVE, paused_until=9e9, failures=3, last_error="MailboxUnavailableError")
    back = parked.seen(DirectoryState.SUSPENDED, 1.0).seen(DirectoryState.ACTIVE, 2.0)
    assert (back.paused_until, back.failures, back.last_error) == (0.0, 0, None)
    assert parked.seen(DirectoryState.ACTIVE, 2.0).paused_until == 9e9


def test_out_of_scope_ends_reading_and_writing_and_keeps_the_stage() -> None:
    outside = replace(LIVE, is_in_scope=False)
    assert (outside.reads, outside.delivers, outside.stage, outside.hold_cause) == (
        False, False, Stage.LIVE, "out_of_scope",
    )  # fmt: skip


def test_it_is_complete_to_its_last_sync_once_it_was_listed_whole() -> None:
    assert replace(LIVE, last_synced_at=5.0).complete_to == 5.0
    assert replace(LIVE, last_synced_at=5.0, cursor=None).complete_to is None
