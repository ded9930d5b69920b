"""When a refusal is a setting's fault and not a person's, and when whoever was refused is asked again."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import Cursor, MailboxId
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.domain.trouble import PersonStep, Trouble, TroubleCode
from server.rules.schedule.troubles import (
    FEWEST,
    HOUR,
    LASTING,
    LATELY,
    PASSING,
    PERSONAL,
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
    assert {attempt.code for attempt in attempts} - PERSONAL <= {fault}
    assert fault in {attempt.code for attempt in attempts} - PASSING
    has_it = [attempt for attempt in attempts if attempt.code == fault]
    assert fault not in PERSONAL or len(has_it) > readable / 2
    assert len(has_it) >= min(FEWEST, readable - sum(attempt.code in PERSONAL - {fault} for attempt in attempts))
    assert not has_admin or any(attempt.is_admin for attempt in has_it)


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


def lose_gmail(mailbox: Mailbox, failures: int) -> Mailbox:
    """As after so many sweeps that heard so from Gmail."""
    for _ in range(failures):
        mailbox = mailbox.troubled(PersonStep.ADDRESSES, TroubleCode.NO_GMAIL, NOW)
    return replace(mailbox, directory_state=DirectoryState.NO_GMAIL)


def test_what_only_a_person_can_have_hides_no_setting() -> None:
    refused = Attempt(TroubleCode.NOT_DELEGATED)
    many = [Attempt(TroubleCode.NOT_DELEGATED, is_admin=True), *[refused] * 999]
    for code in PERSONAL:
        assert find_shared_code([*many, Attempt(code)], 1001, has_admin=True) == refused.code
        assert find_shared_code([*many, Attempt(code), Attempt("")], 1002, has_admin=True) is None
    off = [Attempt(TroubleCode.NO_GMAIL)] * 999
    assert find_shared_code([*off, Attempt(TroubleCode.NO_SUCH_USER)], 1000, has_admin=False) == TroubleCode.NO_GMAIL


def test_a_few_with_a_persons_code_prove_nothing_of_all_others() -> None:
    """Google was away for the others, so only these few count as tried."""
    few = [Attempt(TroubleCode.NO_SUCH_USER)] * 3
    assert find_shared_code(few, 1000, has_admin=False) is None


def test_gmail_off_for_all_who_had_it_is_a_setting() -> None:
    lost = [lose_gmail(make(number), 1) for number in range(3)]
    admin = lose_gmail(make(9, address=ADMIN), 1)
    never = lose_gmail(Mailbox(MailboxId("8"), ("new@acme.example",), Stage.LIVE), 2)
    assert find_settings_fault([*lost, admin, never], ADMIN, NOW) == TroubleCode.NO_GMAIL
    assert find_settings_fault([*lost, admin, make(4)], ADMIN, NOW) is None
    assert find_settings_fault([never], ADMIN, NOW) is None
    # An admin without Gmail has no mailbox to be tried, so the others decide.
    others = [make(number, TroubleCode.DOMAIN_POLICY) for number in range(3)]
    assert find_settings_fault([*others, admin], ADMIN, NOW) == TroubleCode.DOMAIN_POLICY


def test_who_lost_gmail_is_troubled_and_who_never_had_it_is_not() -> None:
    lost, once = lose_gmail(make(1), 2), lose_gmail(make(2), 1)
    never = lose_gmail(Mailbox(MailboxId("3"), ("new@acme.example",), Stage.LIVE), 2)
    told = replace(make(4), directory_state=DirectoryState.NO_GMAIL)  # by the Directory, so Gmail was not asked
    off = replace(lose_gmail(make(5), 2), stage=Stage.OFF)
    outside = replace(lose_gmail(make(6), 2), is_in_scope=False)
    everybody = [lost, once, never, told, off, outside, make(7)]
    found = select_troubled(everybody, NOW)
    assert [(mailbox.mailbox_id, trouble.code) for mailbox, trouble in found] == [
        ("1", TroubleCode.NO_GMAIL),
        ("4", TroubleCode.NO_GMAIL),
    ]
    # Nobody asked Gmail once more, for the Directory says so too.
    later = select_troubled(everybody, NOW + LATELY + 1)
    assert [mailbox.mailbox_id for mailbox, _ in later] == ["1", "2", "4"]


def fail_for_long(number: int, code: str, seconds: float) -> Mailbox:
    return make(number).troubled(PersonStep.READ, code, NOW - seconds).troubled(PersonStep.READ, code, NOW)


def test_what_should_pass_and_lasts_for_hours_is_a_persons_to_end() -> None:
    busy, broken = fail_for_long(1, TroubleCode.CONFLICT, LASTING), fail_for_long(2, "", LASTING)
    found = select_troubled([busy, broken, fail_for_long(3, "", LASTING - 1), make(4)], NOW)
    assert [mailbox.mailbox_id for mailbox, _ in found] == ["1", "2"]


def test_where_google_is_away_for_all_nobody_is_named() -> None:
    away = [fail_for_long(number, "", 2 * LASTING) for number in range(FEWEST)]
    assert select_troubled(away, NOW) == []
    assert [mailbox.mailbox_id for mailbox, _ in select_troubled(away[:1], NOW)] == ["0"]


def test_the_troubled_are_those_whom_a_person_must_help() -> None:
    refused = make(1, TroubleCode.ACCESS_REFUSED)
    addresses = make(2).troubled(PersonStep.ADDRESSES, TroubleCode.DOMAIN_POLICY, NOW)
    away, busy = make(3, ""), make(4, TroubleCode.CONFLICT)
    off = Mailbox(MailboxId("5"), ("e@acme.example",), Stage.OFF).troubled(
        PersonStep.READ, TroubleCode.ACCESS_REFUSED, NOW
    )
    found = select_troubled([refused, addresses, away, busy, off, make(6)], NOW)
    assert [(mailbox.mailbox_id, trouble.code) for mailbox, trouble in found] == [
        ("1", TroubleCode.ACCESS_REFUSED),
        ("2", TroubleCode.DOMAIN_POLICY),
    ]
