"""When a refusal is a setting's fault and not a person's, and when whoever was refused is asked again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import Cursor, MailboxId
from server.domain.mailbox import Mailbox, Stage
from server.domain.trouble import PersonStep, Trouble, TroubleCode
from server.rules.schedule.troubles import (
    FEWEST,
    HOUR,
    LATELY,
    PASSING,
    Attempt,
    find_settings_fault,
    find_shared_code,
    select_troubled,
    tries_again_at,
)

NOW = 1_000_000.0
ADMIN = "admin@acme.example"
CODES = st.sampled_from(["", *TroubleCode])
ATTEMPTS = st.lists(st.builds(Attempt, CODES, st.booleans()), max_size=8)


def make(number: int, code: str | None = None, at: float = NOW - 60, address: str = "") -> Mailbox:
    """``code`` None: read at ``at``; else refused then."""
    known = Mailbox(
        MailboxId(str(number)), (address or f"p{number}@acme.example",), Stage.LIVE, cursor=Cursor(1), last_synced_at=at
    )
    return known if code is None else known.troubled(PersonStep.READ, code, at)


@given(ATTEMPTS, st.integers(0, 10), st.booleans())
def test_a_fault_is_one_code_of_all_and_of_enough(attempts: list[Attempt], more: int, has_admin: bool) -> None:
    readable = len(attempts) + more
    fault = find_shared_code(attempts, readable, has_admin=has_admin)
    if fault is None:
        return
    assert {attempt.code for attempt in attempts} == {fault}
    assert fault not in PASSING
    assert len(attempts) >= min(FEWEST, readable)
    assert not has_admin or any(attempt.is_admin for attempt in attempts)


@given(ATTEMPTS, st.booleans())
def test_whoever_is_let_in_clears_the_settings(attempts: list[Attempt], is_admin: bool) -> None:
    tries = [*attempts, Attempt("", is_admin)]
    assert find_shared_code(tries, len(tries), has_admin=True) is None


@given(st.sampled_from(sorted(set(TroubleCode) - PASSING)), st.integers(1, 8))
def test_all_that_there_are_refused_alike_is_a_fault(code: str, count: int) -> None:
    tries = [Attempt(code, is_admin=number == 0) for number in range(count)]
    assert find_shared_code(tries, count, has_admin=True) == code


def test_it_takes_three_where_there_are_three() -> None:
    refused = TroubleCode.DOMAIN_POLICY
    two = [make(0, refused, address=ADMIN), make(1, refused)]
    assert find_settings_fault(two, ADMIN, NOW) == refused
    not_tried = Mailbox(MailboxId("2"), ("c@acme.example",), Stage.LIVE)
    assert find_settings_fault([*two, not_tried], ADMIN, NOW) is None
    assert find_settings_fault([*two, make(2, refused), not_tried], ADMIN, NOW) == refused


def test_the_admins_own_mailbox_must_have_failed_too() -> None:
    refused = TroubleCode.NOT_DELEGATED
    others = [make(number, refused) for number in range(1, 5)]
    untried = Mailbox(MailboxId("0"), (ADMIN,), Stage.LIVE)
    assert find_settings_fault([untried, *others], ADMIN, NOW) is None
    assert find_settings_fault([make(0, address=ADMIN), *others], ADMIN, NOW) is None
    assert find_settings_fault([make(0, TroubleCode.NO_SUCH_USER, address=ADMIN), *others], ADMIN, NOW) is None
    assert find_settings_fault([make(0, refused, address=ADMIN), *others], ADMIN, NOW) == refused


def test_where_the_admin_has_no_mailbox_in_scope_the_others_decide() -> None:
    refused = TroubleCode.NOT_DELEGATED
    others = [make(number, refused) for number in range(1, 5)]
    off = Mailbox(MailboxId("0"), (ADMIN,), Stage.OFF)
    assert find_settings_fault(others, ADMIN, NOW) == refused
    assert find_settings_fault([off, *others], ADMIN, NOW) == refused


def test_only_what_was_tried_lately_counts() -> None:
    refused = TroubleCode.ACCESS_REFUSED
    tried = [make(0, refused, address=ADMIN), make(1, refused), make(2, refused)]
    assert find_settings_fault([*tried, make(3, at=NOW - LATELY - 1)], ADMIN, NOW) == refused
    assert find_settings_fault([*tried, make(3, at=NOW - 60)], ADMIN, NOW) is None
    assert find_settings_fault(tried, ADMIN, NOW + LATELY) is None
    # Google was away for this one, which says nothing of the settings.
    assert find_settings_fault([*tried, make(3, "")], ADMIN, NOW) == refused


def test_a_refusal_waits_an_hour_and_what_may_pass_waits_ever_longer() -> None:
    assert tries_again_at(Trouble("read", NOW, TroubleCode.ACCESS_REFUSED, 9)) == NOW + HOUR
    assert tries_again_at(Trouble("addresses", NOW, "", 3)) == NOW + 4
    assert tries_again_at(Trouble("addresses", NOW, "", 40)) == NOW + HOUR
    assert tries_again_at(Trouble("directory", NOW, TroubleCode.NOT_SIGNED, 1)) == NOW
    assert tries_again_at(Trouble("directory", NOW, TroubleCode.NOT_SIGNED, 2)) == NOW + HOUR


def test_the_troubled_are_those_whom_a_person_must_help() -> None:
    refused = make(1, TroubleCode.ACCESS_REFUSED)
    addresses = make(2).troubled(PersonStep.ADDRESSES, TroubleCode.DOMAIN_POLICY, NOW)
    away, busy = make(3, ""), make(4, TroubleCode.CONFLICT)
    off = Mailbox(MailboxId("5"), ("e@acme.example",), Stage.OFF).troubled(
        PersonStep.READ, TroubleCode.ACCESS_REFUSED, NOW
    )
    found = select_troubled([refused, addresses, away, busy, off, make(6)])
    assert [(mailbox.mailbox_id, trouble.code) for mailbox, trouble in found] == [
        ("1", TroubleCode.ACCESS_REFUSED),
        ("2", TroubleCode.DOMAIN_POLICY),
    ]
