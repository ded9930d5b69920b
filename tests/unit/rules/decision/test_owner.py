"""Whose mail it is, of mail to our groups and from addresses that several people share."""

from __future__ import annotations

from itertools import chain, combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.crm import Candidates, CrmUser, Record, RecordKind, RecordOwner
from server.domain.ids import ActivityKey, MailboxId, MessageId, SalesforceId, ThreadId
from server.domain.mail import Copy, Mail
from server.domain.mailbox import GroupPeople, Workspace
from server.domain.message import Headers
from server.rules.decision.owner import MOST_MEMBERS, find_owner, list_groups, list_owner_addresses
from server.rules.headers.people import people_of

ANN, BEN, CEM, DEE = (f"{name}@acme.example" for name in ("ann", "ben", "cem", "dee"))
SALES, DESK, INFO = (f"{name}@acme.example" for name in ("sales", "desk", "info"))
WORKSPACE = Workspace(
    frozenset({"acme.example"}),
    frozenset({SALES, DESK}),
    {ANN: (ANN, INFO), BEN: (BEN, INFO, SALES), CEM: (CEM,), DEE: (DEE,)},
)
GROUPS: GroupPeople = {SALES: (ANN, BEN, CEM), DESK: (DEE,)}


def mail(*holders: str, sent_by: str = "", **headers: str) -> Mail:
    """``holders`` have a copy each; ``sent_by`` has the SENT one."""
    named = {"From": "ada@byron.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
    found = Headers.of(named.items())
    copies = (
        Copy(
            MailboxId(holder), holder, MessageId(holder), ThreadId("t"), holder == sent_by, number, found,
            people_of(found, WORKSPACE, is_sent=holder == sent_by),
        )
        for number, holder in enumerate(holders)
    )  # fmt: skip
    return Mail(ActivityKey("k"), None, tuple(copies))


def users(*addresses: str) -> Candidates:
    return Candidates(users={a: CrmUser(SalesforceId(f"005-{a}"), a) for a in addresses})


def record_of(owner: str) -> Record:
    return Record(SalesforceId("003"), RecordKind.CONTACT, "ada@byron.example", owner_id=SalesforceId(f"005-{owner}"))


def owner_of(of: Mail, known: Candidates, chosen: str = "", groups: GroupPeople = GROUPS) -> str | None:
    """The address of the User who owns the mail once a record of ``chosen`` is the one."""
    owner = find_owner(of, WORKSPACE, known, groups, known.owners.keys())
    user = owner.settle(record_of(chosen) if chosen else None)
    return user.address if user else None


def test_of_mail_to_a_group_the_member_who_owns_the_record_owns_it() -> None:
    known = users(ANN, BEN, DEE)
    assert owner_of(mail(ANN, To=SALES), known, chosen=BEN) == BEN
    assert owner_of(mail(ANN, To=SALES), known, chosen=DEE) == ANN
    assert owner_of(mail(ANN, To=SALES), known) == ANN
    assert find_owner(mail(ANN, To=SALES), WORKSPACE, known, GROUPS).ids == {f"005-{ANN}", f"005-{BEN}"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"To": f"{SALES}, {DEE}"}, ANN),
        ({"To": f"{DEE}, {SALES}"}, DEE),
        ({"To": DEE, "Cc": SALES}, DEE),
        ({"To": f"x@b.example, {DESK}", "Cc": SALES}, DEE),
        ({"To": SALES.upper(), "Cc": DEE}, ANN),
        ({"To": "x@b.example", "List-ID": "<sales.acme.example>"}, ANN),
        ({"To": "x@b.example", "Mailing-list": f"list {DESK}; contact desk+owners@acme.example"}, DEE),
        ({"From": f"'Ada' via Sales <{SALES}>", "X-Original-From": "ada@byron.example", "To": SALES}, ANN),
        ({"From": f"'Ada' via Sales <{SALES}>", "Reply-To": "Ada <ada@byron.example>", "To": SALES,
          "List-ID": "<sales.acme.example>"}, ANN),
    ],
)  # fmt: skip
def test_a_group_takes_its_place_among_the_recipients(headers: dict[str, str], expected: str) -> None:
    assert owner_of(mail(BEN, CEM, **headers), users(ANN, BEN, CEM, DEE)) == expected


def test_a_group_without_a_user_gives_way_to_the_next_recipient() -> None:
    assert owner_of(mail(ANN, To=DESK, Cc=BEN), users(ANN, BEN)) == BEN
    assert owner_of(mail(ANN, To=SALES), users(DEE)) is None


def test_what_our_people_sent_to_a_group_is_the_senders() -> None:
    sent = mail(CEM, BEN, sent_by=CEM, From=CEM, To=f"ada@byron.example, {SALES}")
    assert list_groups(sent, WORKSPACE) == ()
    assert owner_of(sent, users(ANN, BEN), chosen=BEN) is None
    assert owner_of(sent, users(ANN, BEN, CEM), chosen=BEN) == CEM


def test_an_address_of_several_people_or_of_a_group_names_nobody_of_them() -> None:
    for shared in (INFO, SALES):
        assert owner_of(mail(BEN, From=shared, To="ada@byron.example", Cc=BEN), users(ANN, BEN)) is None
        assert owner_of(mail(CEM, sent_by=CEM, From=shared, To="ada@byron.example"), users(ANN, BEN)) is None
        assert owner_of(mail(ANN, sent_by=ANN, From=shared, To="ada@byron.example"), users(ANN, BEN)) == ANN
    # A licence that the whole team shares is nobody's in person: the author has none.
    assert owner_of(mail(ANN, sent_by=ANN, From=ANN, To="ada@byron.example"), users(INFO)) is None


def test_of_a_large_group_the_owners_of_fitting_records_are_known_too() -> None:
    people = tuple(f"rep{number:05d}@acme.example" for number in range(5_000))
    workspace = Workspace(frozenset({"acme.example"}), frozenset({SALES}), {name: (name,) for name in people})
    late, outside = people[-1], "zoe@acme.example"
    owners = {
        SalesforceId(f"005-{name}"): RecordOwner(CrmUser(SalesforceId(f"005-{name}"), name), frozenset({name}))
        for name in (late, outside)
    }
    known = Candidates(users=users(people[3]).users, owners=owners)
    of = mail(people[0], To=SALES)

    owner = find_owner(of, workspace, known, {SALES: people}, owners.keys())

    assert owner.ids == {f"005-{people[3]}", f"005-{late}"}
    assert [u.address if (u := owner.settle(record_of(name))) else None for name in (late, outside)] == [
        late,
        people[3],
    ]
    assert len(list_owner_addresses(of, workspace, {SALES: people})) == MOST_MEMBERS


HEADERS = st.fixed_dictionaries(
    {"To": st.lists(st.sampled_from([ANN, BEN, CEM, DEE, SALES, DESK, "x@b.example"]), min_size=1, max_size=4)},
    optional={"Cc": st.lists(st.sampled_from([ANN, BEN, SALES, DESK]), max_size=3)},
)


@settings(deadline=None)
@given(
    headers=HEADERS, known=st.sets(st.sampled_from([ANN, BEN, CEM, DEE])), chosen=st.sampled_from([ANN, BEN, DEE, ""])
)
def test_neither_order_nor_number_of_the_copies_changes_whose_mail_it_is(
    headers: dict[str, list[str]], known: set[str], chosen: str
) -> None:
    """Of mail that names somebody of ours who is a User, whichever copies have come so far."""
    written = {name: ", ".join(people) for name, people in headers.items()}
    named = {a for people in headers.values() for a in people}
    holders = [ANN, BEN, CEM]
    arrivals = chain.from_iterable(permutations(some) for n in (1, 2, 3) for some in combinations(holders, n))
    owners = {owner_of(mail(*some, **written), users(*known), chosen) for some in arrivals}
    if known & {person for name in named for person in GROUPS.get(name, (name,))}:
        assert len(owners) == 1


@settings(deadline=None)
@given(
    order=st.permutations([ANN, BEN, CEM]),
    sender=st.sampled_from([ANN, BEN, CEM]),
    written=st.sampled_from([INFO, SALES]),
)
def test_where_the_sent_copy_is_there_the_order_of_copies_changes_nothing(
    order: list[str], sender: str, written: str
) -> None:
    of = mail(*order, sent_by=sender, From=written, To="ada@byron.example", Cc=f"{ANN}, {BEN}")
    assert owner_of(of, users(ANN, BEN, CEM)) == sender
