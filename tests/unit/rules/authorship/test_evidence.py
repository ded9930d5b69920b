"""What speaks for machines that hide behind people, and for people who look like machines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.message import Headers
from server.rules.authorship.facts import spells_local
from server.rules.authorship.known_senders import (
    CAMPAIGN_HOSTS,
    DOMAINS,
    LOCALS,
    PROGRAM_PARENTS,
    is_tool,
    names_campaign,
    names_tool,
)
from server.rules.authorship.rule import AuthorKind, away_words, judge_authorship

K = AuthorKind
PERSON = ("From", "Jane Doe <jane@acme.com>")
REPLY = ("In-Reply-To", "<q@us.com>")
ZENDESK = [
    ("X-Mailer", "Zendesk Mailer"), ("X-Zendesk-From-Account-Id", "1a2b"), ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "All"), REPLY,
]  # fmt: skip


def judge(*fields, **said):
    named = fields if any(name == "From" for name, _ in fields) else (PERSON, *fields)
    usual = {"is_outbound": False, "own_group": False, "label_ids": frozenset(), **said}
    return judge_authorship(Headers.of(named), **usual)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param([("From", "Jane via DocuSign <dse_na4@docusign.net>")], K.NOTIFICATION, id="a domain of programs"),
        pytest.param([("From", "PayPal <service@paypal.com>")], K.NOTIFICATION, id="a local part of programs"),
        pytest.param(
            [("From", "x <service+1@intl.paypal.com>"), ("Subject", "Receipt for your payment")],
            K.RECEIPT,
            id="receipt",
        ),
        pytest.param(
            [("Sender", "Google Sheets <drive-shares-noreply@google.com>")], K.NOTIFICATION, id="a tool sends"
        ),
        pytest.param([("Message-ID", "<Share-8f2a@odspnotify>")], K.NOTIFICATION, id="a share"),
        pytest.param([("X-LinkedIn-Class", "INMAIL"), REPLY], K.NOTIFICATION, id="LinkedIn"),
        pytest.param([("X-SFDC-EmailCategory", "workflowActionAlert")], K.NOTIFICATION, id="a rule in a CRM"),
        pytest.param([("X-SFDC-EmailCategory", "apiMassMail")], K.BULK, id="mass mail of a CRM"),
        pytest.param([("X-Ricevuta", "accettazione")], K.RECEIPT, id="registered mail"),
        pytest.param(
            [("X-MS-TrafficTypeDiagnostic", "PAX1:EE_MeetingMessage|AS8:EE_")], K.CALENDAR, id="Exchange meeting"
        ),
        pytest.param([("List-Unsubscribe", "<https://a.us1.list-manage.com/u>")], K.BULK, id="a platform's opt-out"),
        pytest.param([("Return-Path", "<1axc@bf03x.hubspotemail.net>")], K.BULK, id="a platform's bounce address"),
        pytest.param(
            [("X-Kmail-Message", "1"), ("List-Unsubscribe", "<https://x.example/u>")], K.BULK, id="a campaign tool"
        ),
        pytest.param([("From", "Microsoft Outlook <MicrosoftExchange" + "0a" * 16 + "@acme.com>")], K.BOUNCE, id="NDR"),
        pytest.param([("From", "<>")], K.BOUNCE, id="nobody"),
        pytest.param([("From", "Mail Delivery Subsystem <MAILER-DAEMON>")], K.BOUNCE, id="a daemon without a domain"),
        pytest.param([("Subject", "Urlaub bis 5.1."), REPLY], K.AUTO_REPLY, id="a holiday until a day"),
        pytest.param([("Subject", "On PTO - Re: Offer"), REPLY], K.AUTO_REPLY, id="a holiday and what it answers"),
        pytest.param([("Subject", "Lomalla 3.1. asti"), REPLY], K.AUTO_REPLY, id="a day before its word"),
        pytest.param([("Subject", "İzindeyim: teklif"), REPLY], K.AUTO_REPLY, id="a dotted capital I"),
        pytest.param([("From", "PowerAutomateNoReply@acme.com")], K.NOTIFICATION, id="no-reply without a dash"),
        pytest.param([("From", "AutoNotification@acme.com")], K.NOTIFICATION, id="notification without a dash"),
        pytest.param(
            [("From", "Jo <notifications@tool.example>"), ("Reply-To", "r-1@tool.example"), REPLY],
            K.NOTIFICATION,
            id="a robot passes on an answer",
        ),
        pytest.param(
            [("Subject", "Nyhetsbrev november"), ("List-Unsubscribe", "<https://x.example/u>"), ("Precedence", "bulk")],
            K.BULK,
            id="a newsletter in Swedish",
        ),
        pytest.param([("From", "nieuwsbrief@acme.nl")], K.BULK, id="a newsletter in Dutch"),
        pytest.param([("From", "scanner@acme.com")], K.NOTIFICATION, id="a scanner"),
        pytest.param(
            [("From", "Acme <wordpress@acme.com>"), ("X-Mailer", "PHPMailer 6.9")], K.NOTIFICATION, id="a form"
        ),
        pytest.param(
            [
                ("From", "A <announce@acme.com>"),
                ("List-Post", "NO"),
                ("Precedence", "list"),
                ("List-Id", "<a.acme.com>"),
                ("Return-Path", "<announce-bounces@acme.com>"),
                ("List-Unsubscribe", "<mailto:x@acme.com>"),
            ],
            K.BULK,
            id="a list to which nobody writes",
        ),
        pytest.param([("From", "Acme Support <support@acme.com>"), *ZENDESK], K.NOTIFICATION, id="a ticket was opened"),
        pytest.param(
            [("X-Freshdesk-Ticket-Id", "1"), ("Subject", "Ticket Received - lamps"), REPLY],
            K.NOTIFICATION,
            id="Freshdesk",
        ),
    ],
)
def test_machines_behind_people(fields, kind):
    verdict = judge(*fields)

    assert (verdict.is_automated, verdict.kind) == (True, kind)
    assert all(evidence.weight for evidence in verdict.evidence)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([("From", '"Jane Doe (Acme)" <support@acme.com>'), *ZENDESK], id="an agent by name"),
        pytest.param(
            [("From", "Acme <support@acme.com>"), *ZENDESK, ("References", "<A1@zendesk.com> <A1_5f_sprut@zendesk.com>")],
            id="a ticket goes on",
        ),
        pytest.param([("From", "Noreen Mailer <noreen.mailer@acme.com>"), ("Precedence", "bulk")], id="a surname"),
        pytest.param([("From", "Harriet Mailer <h.mailer@acme.com>")], id="an initial and a surname"),
        pytest.param([("From", "Jo <jo_at_acme_com_x1@privaterelay.appleid.com>"), REPLY], id="Apple's relay"),
        pytest.param([("From", "Bea <bea@linkedin.com>")], id="somebody at LinkedIn"),
        pytest.param([("From", "Paul <paul@paypal.com>"), ("Subject", "Receipt")], id="somebody at PayPal"),
        pytest.param([("Sender", "noreply@salesforce.com"), ("X-SFDC-EmailCategory", "apiSingleMail")], id="by hand, in a CRM"),
        pytest.param([("X-MS-TrafficTypeDiagnostic", "PAX1:EE_|AS8:EE_")], id="Exchange"),
        pytest.param([("List-Unsubscribe", "<https://list-manage.com.acme.com/u>")], id="a look-alike of a platform"),
        pytest.param([("List-Unsubscribe", "<https://notlist-manage.com/u>")], id="another domain that ends so"),
        pytest.param([("X-Kmail-Message", "1")], id="a campaign tool alone"),
        pytest.param([("Return-Path", "<bounce@exacttarget.com>"), REPLY], id="an answer by a platform"),
        pytest.param([("X-Mailer", "PHPMailer 6.9")], id="a script alone"),
        pytest.param([("X-SES-Outgoing", "1"), ("Feedback-ID", "1:a:AmazonSES")], id="a carrier alone"),
        pytest.param([("X-Ricevuta", "")], id="an empty header"),
        pytest.param([("Subject", "Automatic reply templates?")], id="a question about automatic replies"),
        pytest.param([("Subject", "Abwesenheitsnotiz einrichten")], id="a question about away notes"),
        pytest.param([("Subject", "Urlaubsvertretung klären")], id="a holiday"),
        pytest.param([("Subject", "Urlaub ab Freitag, bitte vorher unterschreiben")], id="a holiday from a day"),
        pytest.param([("Subject", "Urlaub: wie viele Tage?")], id="a question about holidays"),
        pytest.param([("Subject", "PTO until 3 January, or may we start before that?")], id="a question until a day"),
        pytest.param([("Subject", "Re: On PTO - Re: Offer"), REPLY], id="an answer to a holiday"),
        pytest.param([("Subject", "Newsletter draft for review")], id="a draft of a newsletter"),
        pytest.param([("From", "Jo Doe <notifications@acme.com>"), REPLY, ("Subject", "Re: x")], id="a person at a robot's"),
        pytest.param([("Message-ID", "<1@mail.apollo.acme.com>"), ("Subject", "x")], id="a server called Apollo"),
    ],
)  # fmt: skip
def test_people_who_look_like_machines(fields):
    verdict = judge(*fields)

    assert (verdict.is_automated, verdict.kind) == (False, K.PERSON)


def test_a_list_that_is_written_to_keeps_its_people():
    lists = [
        ("List-Post", "<mailto:talk@lists.org>"),
        ("List-Unsubscribe", "<https://groups.io/u>"),
        ("List-Id", "<t.l>"),
    ]

    assert judge(*lists, ("X-Kmail-Message", "1")).kind is K.PERSON_VIA_LIST


def _simple(pattern):
    """The plainest text that a phrase fits, or "" if it is not that simple."""
    text = re.sub(r"\(\?:([^()|]*)(?:\|[^()]*)?\)\??", r"\1", pattern)
    text = re.sub(r"\[(.)[^]]*\]", r"\1", text)
    return "" if re.search(r"[\\(|?]", text) else text


PHRASES = [(language, _simple(p)) for language, words in away_words.ANSWER.items() for p in words if _simple(p)]


@pytest.mark.parametrize(("language", "phrase"), PHRASES)
def test_what_programs_call_their_answers_is_known_at_the_beginning_only(language, phrase):
    assert language
    assert judge(("Subject", f"{phrase}: Offer"), REPLY).kind is K.AUTO_REPLY
    assert judge(("Subject", f"{phrase[0].upper()}{phrase[1:]}")).kind is K.AUTO_REPLY
    assert judge(("Subject", f"Re: {phrase}: Offer"), REPLY).kind is K.PERSON
    assert judge(("Subject", f"Offer: {phrase}"), REPLY).kind is K.PERSON


def test_languages():
    assert len({code for codes in away_words.ANSWER for code in codes.split(", ")}) >= 40
    assert len(PHRASES) > 60


@pytest.mark.parametrize(
    ("name", "local", "spelt"),
    [
        ("Noreen Mailer", "noreen.mailer", True), ("Harriet Mailer", "h.mailer", True), ("Łukasz Robot", "lukasz_robot", True),
        ("Mailer, Noreen", "noreen.mailer", True), ("Björn Alert", "bjorn.alert", True), ("Acme", "alert", False),
        ("Alert", "alert", False), ("Acme Alerts", "alerts", False), ("Jane Doe", "noreen.mailer", False),
        ("Jane Doe", "jane.newsletter", False), ("", "noreen.mailer", False), ("Noreen Mailer", "", False),
        ("Noreen Mailer", "...", False),
    ],
)  # fmt: skip
def test_a_name_that_is_spelt_out_in_the_address(name, local, spelt):
    assert spells_local(name, local) is spelt


def test_tables_of_senders_are_plain_domains():
    for domain in [*DOMAINS, *LOCALS, *CAMPAIGN_HOSTS]:
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain)
        assert is_tool("anybody", f"mail.{domain}") is (domain in DOMAINS | PROGRAM_PARENTS)


@pytest.mark.parametrize(
    ("text", "tool", "campaign"),
    [
        ("docusign <dse@docusign.net>", True, False), ("jane <jane@acme.com>, x <dse@docusign.net>", False, False),
        ("<https://x.us1.list-manage.com/u?a=1>", False, True), ("<mailto:a@em-sj-77.mktomail.com>", False, True),
        ("docusign.net", False, False), ("<https://acme.com/?r=list-manage.com>", False, False), ("", False, False),
    ],
)  # fmt: skip
def test_hosts_in_headers(text, tool, campaign):
    assert (names_tool(text), names_campaign(text)) == (tool, campaign)


NAMES = st.sampled_from(["Ada Byron", "Jürgen Weiß", "佐藤 健太", "O'Brien, Pat", "", "Noreen Price", "Acme GmbH"])
LOCALS_OF_PEOPLE = st.sampled_from(
    ["ada", "j.weiss", "info", "office", "accounts", "sales", "team", "noreen.price", "a+b"]
)
SUBJECTS = st.sampled_from(
    [
        "Offer",
        "Re: Automatic reply: Offer",
        "Fwd: Undelivered Mail Returned to Sender",
        "Invoice 17",
        "Rückfrage",
        "",
        "お見積り",
    ]
)
ORDINARY = st.lists(
    st.sampled_from(
        [
            ("Precedence", "bulk"), ("List-Unsubscribe", "<https://acme.com/u>"), ("X-Auto-Response-Suppress", "All"),
            ("Auto-Submitted", "no"), ("X-Mailer", "Apple Mail (2.3)"), ("Content-Type", "multipart/mixed; boundary=x"),
            ("Feedback-ID", ""), ("Importance", "high"), REPLY, ("Reply-To", "other@acme.com"),
        ]
    ),
    unique_by=lambda pair: pair[0],
)  # fmt: skip


@given(NAMES, LOCALS_OF_PEOPLE, SUBJECTS, ORDINARY)
def test_without_a_machines_own_mark_a_person_wrote_it(name, local, subject, more):
    verdict = judge(("From", f'"{name}" <{local}@acme.com>'), ("Subject", subject), *more)

    assert not verdict.is_automated
