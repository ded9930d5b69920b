"""Which mailboxes a sweep reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.domain.ids import Cursor, MailboxId
from server.domain.mailbox import Backfill, Mailbox
from server.rules.schedule.polling import WATCHED_POLL, is_poll_due

NOW = 1_790_000_000.0
QUIET = Mailbox(
    MailboxId("1"),
    ("ann@acme.example",),
    cursor=Cursor(7),
    last_synced_at=NOW - 60,
    watch_expires_at=NOW + 86_400,
    push_heard_at=NOW - 60,
)
"""Watched, read a minute ago, with nothing to be done."""


def test_a_watched_mailbox_that_was_just_read_is_left_to_its_pushes() -> None:
    assert not is_poll_due(QUIET, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"watch_expires_at": None},
        {"watch_expires_at": NOW},
        {"cursor": None},
        {"last_synced_at": None},
        {"failures": 1},
        {"backfill": Backfill(NOW, int(NOW), 0, 10)},
        {"last_synced_at": NOW - WATCHED_POLL},
        {"last_synced_at": NOW + 7_200},
        {"push_heard_at": None},
        {"unannounced": 1},
    ],
    ids=[
        "no watch",
        "watch over",
        "never read",
        "no time",
        "trouble",
        "past",
        "an hour",
        "clock set back",
        "no push yet",
        "push lost",
    ],
)
def test_a_mailbox_of_which_no_push_may_tell_is_read(changes: dict[str, object]) -> None:
    assert is_poll_due(replace(QUIET, **changes), NOW)  # type: ignore[arg-type]


def test_a_poll_its_interval_and_the_spread_end_within_the_hour() -> None:
    assert WATCHED_POLL + 300 + 300 <= 3_600
