"""The Date header, its zones, and the clocks of senders."""

import os
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.message import Headers
from server.rules.headers.dates import AFTER_ARRIVAL, BEFORE_ARRIVAL, parse_date, read_sent_at

TEN = datetime(2026, 10, 6, 10, tzinfo=UTC)
EIGHT = datetime(2026, 10, 6, 8, tzinfo=UTC)
ARRIVED = int(TEN.timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


def sent_at(date, arrived=ARRIVED, **how):
    return read_sent_at(Headers.of([("Date", date)] if date is not None else []), arrived, **how)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tue, 06 Oct 2026 10:00:00 -0000", TEN),
        ("Tue, 06 Oct 2026 10:00:00 -0000 (CEST)", TEN),
        ("Tue, 06 Oct 2026 10:00:00", TEN),
        ("Tue, 06 Oct 2026 10:00:00 GMT", TEN),
        ("Tue, 06 Oct 2026 10:00:00 UT", TEN),
        ("Tue, 06 Oct 2026 10:00:00 Z", TEN),
        ("Tue, 06 Oct 26 10:00:00 +0000", TEN),
        ("Tue, 06 Oct 2026 10:00:00 +0200 (CEST)", EIGHT),
        ("Tue, 06 Oct 2026 10:00:00 +02:00", EIGHT),
        ("Tue, 06 Oct 2026 10:00:00 GMT+0200", EIGHT),
        ("Tue, 06 Oct 2026 10:00:00 GMT+02:00", EIGHT),
        ("Tue, 06 Oct 2026 10:00:00 UTC+2", EIGHT),
        ("Tue, 06 Oct 2026 10:00:00 CEST", EIGHT),
        ("Tue, 06 Oct 2026 10:00:00 (CEST)", EIGHT),
        ("Tue Oct  6 10:00:00 CEST 2026", EIGHT),
        ("Tue, 06 Oct 2026 05:00:00 EST", TEN),
        ("Tue, 06 Oct 2026 19:00:00 JST", TEN),
        ("Tue, 06 Oct 2026 15:30:00 IST", TEN),
        ("Tue, 06 Oct 2026 13:00:00 MSK", TEN),
        ("Tue, 06 Oct 2026 21:00:00 AEDT", TEN),
        ("2026-10-06T10:00:00+02:00", EIGHT),
        ("2026-10-06 10:00:00 +0200", EIGHT),
        ("2026-10-06T10:00:00Z", TEN),
        ("2026-10-06 10:00:00", TEN),
        ("2026-10-06T10:00:00.250-00:00", TEN.replace(microsecond=250_000)),
        ("Tue, 31 Feb 2026 10:00:00 +0000", None),
        ("Tue, 06 Oct 2026 10:00:00 +9999", None),
        ("Mon, 14 Sep 99999999 09:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_zones_of_a_date(written, expected):
    assert parse_date(written) == expected


@pytest.mark.parametrize("written", ["Tue, 06 Oct 2026 10:00:00", "Tue, 06 Oct 2026 10:00:00 -0000"])
def test_the_machines_own_zone_says_nothing(written, monkeypatch):
    monkeypatch.setitem(os.environ, "TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert parse_date(written) == TEN
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 06 Oct 2026 09:58:00 +0000", ARRIVED - 2 * 60_000),
        ("Tue, 29 Sep 2026 10:00:00 +0000", ARRIVED - BEFORE_ARRIVAL),
        ("Tue, 29 Sep 2026 09:59:59 +0000", ARRIVED),
        ("Tue, 01 Jan 1980 00:04:00 +0000", ARRIVED),
        ("Wed, 07 Oct 2026 10:00:00 +0000", ARRIVED + AFTER_ARRIVAL),
        ("Wed, 07 Oct 2026 10:00:01 +0000", ARRIVED),
        ("Mon, 14 Sep 2099 09:00:00 +0000", ARRIVED),
        ("Thu, 01 Jan 1970 00:00:00 +0000", ARRIVED),
        ("no date", ARRIVED),
        (None, ARRIVED),
    ],
)
def test_received_mail_stands_near_its_arrival(date, expected):
    assert sent_at(date) == expected


def test_mail_that_was_moved_here_keeps_the_day_of_its_first_arrival():
    """Imported in 2026: Gmail's own time is the import's, the servers' stamps are of 2019."""
    received = "from mx.byron.example by mx.old.example with ESMTP id 7; Mon, 04 Mar 2019 09:00:05 +0100"
    arrived = milliseconds(datetime(2019, 3, 4, 8, 0, 5, tzinfo=UTC))
    assert sent_at("Mon, 4 Mar 2019 09:00:00 +0100", received=received) == arrived - 5_000
    assert sent_at("Tue, 01 Jan 1980 00:04:00 +0000", received=received) == arrived
    assert sent_at(None, received=received) == arrived


@pytest.mark.parametrize(
    "received",
    ["", "by mx.example with SMTP", "by x; no date", "by x; Mon, 14 Sep 2099 09:00:00 +0000", "; ; ;", "x" * 100_000],
)
def test_a_stamp_that_says_nothing_leaves_the_providers_own_time(received):
    assert sent_at("Tue, 01 Jan 1980 00:04:00 +0000", received=received) == ARRIVED


def test_own_mail_keeps_its_date():
    """Sent items that were brought along from another server."""
    sent = milliseconds(datetime(2019, 3, 4, 8, tzinfo=UTC))
    assert sent_at("Mon, 4 Mar 2019 09:00:00 +0100", is_own=True, received="by x; Tue, 06 Oct 2026 10:00:00 Z") == sent
    assert sent_at("Mon, 14 Sep 2099 09:00:00 +0000", is_own=True) == ARRIVED
    assert sent_at(None, is_own=True) == ARRIVED


@given(st.text(max_size=300), st.text(max_size=300), st.booleans())
def test_no_header_breaks_it(date, received, is_own):
    moment = sent_at(date, received=f"by x; {received}", is_own=is_own)
    assert 0 < moment <= ARRIVED + 2 * AFTER_ARRIVAL
