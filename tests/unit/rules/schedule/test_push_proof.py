"""What polls and pushes prove of a mailbox, and when many mailboxes prove a fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.ids import MailboxId
from server.domain.mailbox import Mailbox, Stage
from server.rules.schedule.push_proof import (
    ENOUGH,
    HEARD_WITHIN,
    LATELY,
    PUSH_LAG,
    begin_watch,
    is_proven,
    measure_pushes,
    note_poll,
    note_push,
)

NOW = 1_790_000_000.0
PROVEN = Mailbox(
    MailboxId("1"), ("ann@acme.example",), Stage.LIVE, watch_expires_at=NOW + 86_400, push_heard_at=NOW - 600
)
SILENT = replace(PROVEN, unannounced=ENOUGH, unannounced_at=NOW - 60)
UNHEARD = NOW - PUSH_LAG - 1
"""When mail arrived that should have been announced by now."""


def test_old_mail_that_a_poll_found_takes_the_proof_and_a_push_gives_it_back() -> None:
    doubted = note_poll(PROVEN, {UNHEARD, NOW}, NOW)
    assert (is_proven(doubted), doubted.unannounced, doubted.unannounced_at) == (False, 1, NOW)
    assert note_poll(doubted, {UNHEARD}, NOW).unannounced == 2
    heard = note_push(doubted, NOW)
    assert (is_proven(heard), heard.push_heard_at, heard.unannounced_at) == (True, NOW, None)


@pytest.mark.parametrize(
    ("mailbox", "arrivals"),
    [
        (PROVEN, set()),
        (PROVEN, {NOW - PUSH_LAG}),
        (replace(PROVEN, failures=1), {UNHEARD}),
        (replace(PROVEN, watch_expires_at=NOW), {UNHEARD}),
        (replace(PROVEN, push_heard_at=NOW - 5), {UNHEARD}),
    ],
    ids=["no mail", "its push may be on the way", "trouble", "no watch", "history was late"],
)
def test_what_proves_nothing_changes_nothing(mailbox: Mailbox, arrivals: set[float]) -> None:
    assert note_poll(mailbox, arrivals, NOW) is mailbox


def test_a_new_watch_is_not_proven_by_pushes_of_an_earlier_one() -> None:
    assert not is_proven(begin_watch(PROVEN))
    assert begin_watch(SILENT).unannounced == 0


@pytest.mark.parametrize(
    ("silent", "heard", "is_broken"),
    [(2, 0, False), (3, 0, True), (3, 6, True), (3, 7, False), (40, 60, True), (30, 70, False)],
)
def test_three_mailboxes_and_a_third_of_those_with_news_are_a_fault(silent: int, heard: int, is_broken: bool) -> None:
    pushes = measure_pushes([SILENT] * silent + [PROVEN] * heard, NOW)
    assert (pushes.silent, pushes.with_news, pushes.is_broken) == (silent, silent + heard, is_broken)


def test_mailboxes_without_news_neither_accuse_nor_excuse() -> None:
    quiet = replace(PROVEN, push_heard_at=NOW - LATELY - 1)
    long_silent = replace(SILENT, unannounced_at=NOW - LATELY - 1, push_heard_at=None)
    pushes = measure_pushes([SILENT] * 3 + [quiet] * 50 + [long_silent], NOW)
    assert (pushes.with_news, pushes.silent, pushes.is_broken) == (3, 3, True)
    assert (pushes.watched, pushes.heard, pushes.unproven) == (54, 53, 4)


def test_one_lost_push_in_each_mailbox_is_no_fault() -> None:
    lost = replace(PROVEN, unannounced=1, unannounced_at=NOW)
    assert not measure_pushes([lost] * 5, NOW).is_doubtful


def test_one_mailbox_is_enough_for_a_doubt_where_no_other_was_heard_since() -> None:
    assert measure_pushes([SILENT, PROVEN], NOW).is_doubtful
    assert not measure_pushes([SILENT, replace(PROVEN, push_heard_at=NOW)], NOW).is_doubtful
    assert not measure_pushes([], NOW).is_doubtful


def test_only_mailboxes_that_are_read_and_watched_count() -> None:
    others = [replace(SILENT, stage=Stage.OFF), replace(SILENT, watch_expires_at=None)]
    assert measure_pushes(others, NOW).watched == 0
    assert measure_pushes([replace(PROVEN, push_heard_at=NOW - HEARD_WITHIN - 1)], NOW).heard == 0
