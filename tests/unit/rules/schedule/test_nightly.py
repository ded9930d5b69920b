"""The nightly moment: stable for a deployment, ahead of now, and in the night."""

from hypothesis import given
from hypothesis import strategies as st

from server.ports.queue import BUCKET, Job, name_job
from server.rules.schedule.nightly import DAY, NIGHT, find_next_nightly_run

moments = st.floats(1_600_000_000, 2_000_000_000)


@given(st.text(), moments)
def test_the_next_night_is_within_a_day_and_at_night(name, now):
    at = find_next_nightly_run(name, now)

    assert now < at <= now + DAY
    assert at % DAY < NIGHT * 60


@given(st.text(), moments, st.floats(0, DAY))
def test_the_minute_stays_the_same(name, now, later):
    assert find_next_nightly_run(name, now) % DAY == find_next_nightly_run(name, now + later) % DAY


@given(st.text(), moments, st.floats(0, 1))
def test_whenever_it_is_put_ahead_it_is_the_same_job(name, now, part):
    at = find_next_nightly_run(name, now)
    later = now + (at - now) * part * 0.999

    jobs = {name_job(Job("audit"), moment, find_next_nightly_run(name, moment) - moment) for moment in (now, later)}
    assert len(jobs) == 1
    [(_, due_at)] = jobs
    assert at < due_at <= at + BUCKET


def test_deployments_do_not_all_begin_at_once():
    assert len({find_next_nightly_run(str(n), 0.0) for n in range(50)}) > 25
