"""What the headers of an export say: whose it is, and which companies its owner writes with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.takeout.accounts import MOST, propose_companies
from simulator.takeout.survey import Findings, Survey

ME = "ann@acme.example"


def findings(*mails: dict[str, str], me: str = ME) -> Findings:
    survey = Survey(me)
    for mail in mails:
        survey.add([(name.replace("_", "-"), value) for name, value in mail.items()])
    return survey.findings()


def sent(to: str, sender: str = f"Ann Lee <{ME}>", labels: str = "Sent", **more: str) -> dict[str, str]:
    return {"X_Gmail_Labels": labels, "From": sender, "To": to, **more}


def received(sender: str, labels: str = "Inbox", **more: str) -> dict[str, str]:
    return {"X_Gmail_Labels": labels, "From": sender, "To": ME, **more}


def domains(*mails: dict[str, str], me: str = ME) -> list[str]:
    return [c.domain for c in propose_companies(findings(*mails, me=me))]


def test_companies_one_wrote_to_come_before_those_that_wrote():
    assert domains(
        *[received("a@loud.example")] * 9, sent("b@mail.byron.co.uk"), sent("c@byron.co.uk"), sent("d@once.example")
    ) == ["byron.co.uk", "once.example", "loud.example"]


def test_nobody_is_proposed_who_is_no_customer():
    assert domains(
        sent("friend@gmail.com"), sent("x@team.acme.example"), sent("draft@later.example", labels="Drafts"),
        received("no-reply@shop.example"), received("a@list.example", List_Id="<l.list.example>"), received("a@spam.example", "Spam"),
        received("a@ads.example", "Inbox,Category Promotions"), received("a@away.example", Auto_Submitted="auto-replied"),
        received("a@bulk.example", Precedence="bulk"), received("mailer-daemon@bounce.example"), received("not an address"),
    ) == []  # fmt: skip


def test_no_more_are_proposed_than_fit_a_screen():
    assert len(domains(*[sent(f"a@c{n}.example") for n in range(60)])) == MOST


def test_own_mail_without_labels_counts_as_sent():
    assert domains({"From": ME, "To": "a@byron.example"}) == ["byron.example"]


def test_names_of_companies_are_guessed_from_the_domain():
    assert [
        c.name for c in propose_companies(findings(sent("a@okafor-foods.example"), sent("b@xn--mller-kva.example")))
    ] == [
        "Okafor Foods",
        "Müller",
    ]


def test_another_address_is_ones_own_only_if_more_than_the_folder_says_so():
    found = findings(
        sent("x@y.example"), sent("x@y.example", "ANN LEE <lee@acme.example>"), sent("x@y.example", "Sales <sales@acme.example>"),
        sent("x@y.example", "Ann (old) <ann@before.example>"), sent("x@y.example", "Ben <ben@acme.example>"),
        received("a@b.example", Delivered_To="sales@acme.example"), received("Cem <ann@other.example>"),
        sent("x@y.example", "Ann Lee <draft@acme.example>", labels="Drafts,Sent"),
    )  # fmt: skip

    assert found.name == "Ann Lee"
    assert set(found.aliases) == {"lee@acme.example", "sales@acme.example", "ann@before.example"}


def test_names_with_commas_in_encoded_words_are_read():
    found = findings(sent("=?utf-8?Q?M=C3=BCller=2C_J=C3=B6rg?= <j@byron.example>, Eva <e@byron.example>"))

    assert found.written_to == {"j@byron.example": 1, "e@byron.example": 1}


def test_whose_export_it_might_be_is_told_by_what_was_delivered_and_sent():
    found = findings(
        *[received("a@b.example", Delivered_To="ann@acme.example")] * 2,
        sent("x@y.example", "b@acme.example"),
        me="zoe@acme.example",
    )

    assert found.likely_owners == [("ann@acme.example", 2), ("b@acme.example", 1)]
    assert not found.is_about_owner
    assert findings(received("a@b.example")).is_about_owner


def test_the_language_of_the_labels_settles_what_was_sent():
    found = findings(
        sent("x@byron.example", labels="Envoyé,Ouvert"), received("a@b.example", "Messages archivés,Ouvert")
    )

    assert found.language == "fr"
    assert found.written_to == {"x@byron.example": 1}


NASTY = st.text(st.sampled_from('<>@,;:"()[]\\ =?utf-8QB_a.\u00fc\x00\n\t'), max_size=60) | st.text(max_size=40)


@given(
    st.lists(
        st.tuples(st.sampled_from(["From", "To", "Cc", "Delivered-To", "X-Gmail-Labels", "Precedence"]), NASTY),
        max_size=6,
    )
)
def test_no_header_stops_the_survey(headers):
    survey = Survey(ME)
    survey.add(headers)

    found = survey.findings()

    assert len(propose_companies(found)) <= MOST
    assert isinstance(found.aliases, tuple)
