"""A mail of ours whose copies have two Message-IDs, because a server on the way made a new one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import ActivityKey, KeyedHash
from server.domain.mail_names import CopyName, MailFamily
from server.domain.mailbox import Workspace
from server.domain.message import Headers
from server.rules.headers.copy_names import add_copy, describe_family
from server.rules.headers.identity_key import identify_mail
from server.rules.headers.people import people_of

US = Workspace(frozenset({"us.com"}))
HEADERS = {
    "From": "ann@us.com", "To": "ada@acme.com", "Cc": "ben@us.com", "Subject": "Offer",
    "Date": "Mon, 2 Mar 2026 10:00:30 +0100", "Message-ID": "<a@mail.gmail.com>",
}  # fmt: skip


def family(*, is_sent: bool = True, **changed: str | None) -> str | None:
    values = HEADERS | {name.replace("_", "-"): value for name, value in changed.items()}
    headers = Headers.of([(name, value) for name, value in values.items() if value is not None])
    return describe_family(headers, people_of(headers, US, is_sent=is_sent), US, is_sent=is_sent)


def test_all_copies_of_a_mail_are_of_one_family():
    copy = family(is_sent=False, Message_ID="<b@email.amazonses.com>", Subject="[sales] Offer", X_SES_Outgoing="1")
    assert copy == family() is not None
    assert family(To="ben@us.com, ada@acme.com", Cc=None) == family()


def test_other_mails_are_of_other_families():
    others = [
        family(To="bob@acme.com"), family(Subject="Offer 2"), family(Date="Mon, 2 Mar 2026 10:00:31 +0100"),
        family(From="ben@us.com"), family(Cc="ben@us.com, cem@us.com"),
    ]  # fmt: skip
    assert None not in others
    assert len({family(), *others}) == 6


def test_where_no_copy_can_be_renamed_or_recognised_there_is_no_family():
    assert family(From="ada@acme.com", To="ann@us.com", is_sent=False) is None
    assert family(Date=None) is None
    assert family(Date="yesterday") is None
    assert family(Message_ID=None) is None
    assert family(Cc=None) is None, "nobody of ours gets a copy"
    assert family(Cc=None, is_sent=False) is not None, "a blind copy that a colleague got"


def test_the_id_that_exchange_replaced_is_the_mails():
    def key(**changed: str) -> ActivityKey:
        values = HEADERS | {name.replace("_", "-"): value for name, value in changed.items()}
        headers = Headers.of(list(values.items()))
        return identify_mail(headers, people_of(headers, US), 0)

    renamed = {"Message_ID": "<b@prod.outlook.com>", "X_Microsoft_Original_Message_ID": "<a@mail.gmail.com>"}
    assert key(**renamed) == key()
    assert key(**renamed | {"X_Microsoft_Original_Message_ID": "<>"}) != key()
    # A customer's copies are all renamed alike, and replies name the new id.
    assert key(From="ada@acme.com", To="ann@us.com", **renamed) == key(
        From="ada@acme.com", To="ann@us.com", Message_ID="<b@prod.outlook.com>"
    )


COLLEAGUES = ("ben", "cem", "dan")


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[tuple[int, CopyName]], list[frozenset[str]]]:
    """Mails of one family, each with its SENT copy, copies of colleagues or both; all copies in any order, some twice.

    A server renames all mail that goes out, or none.
    """
    is_renamed = draw(st.booleans())
    mails: list[frozenset[str]] = []
    copies: list[tuple[int, CopyName]] = []
    for number in range(draw(st.integers(1, 3))):
        holders = draw(st.sets(st.sampled_from(COLLEAGUES), max_size=3))
        holders |= {"ann"}
        mails.append(frozenset(holders))
        for holder in sorted(holders):
            renamed = is_renamed and holder != "ann"
            copies.append((number, copy_name(number, is_sent=holder == "ann", is_renamed=renamed)))
    order = draw(st.permutations(copies + draw(st.lists(st.sampled_from(copies), max_size=4))))
    return order, mails


def copy_name(number: int, *, is_sent: bool, is_renamed: bool) -> CopyName:
    key = ActivityKey(f"renamed {number}" if is_renamed else f"own {number}")
    site = KeyedHash("amazonses.com" if is_renamed else "mail.gmail.com")
    return CopyName((KeyedHash("f"),), key, site, is_sent)


@given(arrivals())
def test_as_many_mails_as_were_sent_whatever_comes_first(
    drawn: tuple[list[tuple[int, CopyName]], list[frozenset[str]]],
):
    order, mails = drawn
    current = MailFamily(KeyedHash("f"))
    key_of_sent: dict[int, ActivityKey] = {}
    for number, copy in order:
        current, mail = add_copy(current, copy)
        if copy.is_sent:
            assert key_of_sent.setdefault(number, mail.activity_key) == mail.activity_key
    keys = [mail.activity_key for mail in current.mails]
    assert len(keys) == len(set(keys)) == len(mails)
    assert len(set(key_of_sent.values())) == len(mails), "two SENT copies are never one mail"


@given(st.permutations([True, False]))
def test_a_copy_that_is_read_again_changes_nothing(sent_first: list[bool]):
    copies = [copy_name(1, is_sent=is_sent, is_renamed=not is_sent) for is_sent in sent_first]
    current = MailFamily(KeyedHash("f"))
    for copy in copies:
        current, _ = add_copy(current, copy)
    for copy in copies:
        again, mail = add_copy(current, copy)
        assert again == current
        assert mail.activity_key == copies[0].key


def test_two_ids_of_one_site_are_two_mails():
    """Without a renaming server: Ben's copy of the second mail comes before Ann's."""
    current = MailFamily(KeyedHash("f"))
    for number, is_sent in ((1, True), (2, False), (2, True), (1, False)):
        current, mail = add_copy(current, copy_name(number, is_sent=is_sent, is_renamed=False))
        assert mail.activity_key == f"own {number}"
    assert len(current.mails) == 2


def test_a_key_that_another_mail_has_taken_is_not_given_twice():
    """A colleague's copy with another site stood for the wrong mail of two before its own SENT copy came."""

    def copy(key: str, site: str, *, is_sent: bool) -> CopyName:
        return CopyName((KeyedHash("f"),), ActivityKey(key), KeyedHash(site), is_sent)

    current, keys = MailFamily(KeyedHash("f")), []
    for each in (copy("2", "b", is_sent=False), copy("1", "a", is_sent=True), copy("2", "b", is_sent=True)):
        current, mail = add_copy(current, each)
        keys.append(mail.activity_key)
    assert keys[0] == keys[1] == "2"
    assert keys[2] not in keys[:2]
