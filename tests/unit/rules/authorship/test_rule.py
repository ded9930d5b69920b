"""Did a person write it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.message import Headers, Participant
from server.rules.authorship.marks import DECISIVE, THRESHOLD, SetBy
from server.rules.authorship.rule import MARKS, AuthorKind, judge_authorship

K = AuthorKind
PERSON = ("From", "Jane Doe <jane@acme.com>")
UNSUBSCRIBE = ("List-Unsubscribe", "<https://x.example/u>")
ONE_CLICK = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
REPLY = ("In-Reply-To", "<q@us.com>")
FEEDBACK = ("Feedback-ID", "1:2:3:esp")
GROUP = [
    ("List-ID", "<sales.us.com>"), ("Precedence", "list"),
    ("Mailing-list", "list sales@us.com; contact x@us.com"),
    ("X-Google-Group-Id", "12"),
    ("List-Post", "<https://groups.google.com/a/us.com>, <mailto:sales@us.com>"), UNSUBSCRIBE,
]  # fmt: skip
MAILMAN = [
    ("List-Id", "Talk <talk.lists.org>"), ("List-Post", "<mailto:talk@lists.org>"), ("X-BeenThere", "talk@lists.org"),
    ("X-Mailman-Version", "2.1"), ("Precedence", "list"), UNSUBSCRIBE, ("Return-Path", "<talk-bounces@lists.org>"),
]  # fmt: skip


def judge(*fields, outbound=False, own_group=False, labels=()):
    named = fields if any(name == "From" for name, _ in fields) else (PERSON, *fields)
    return judge_authorship(Headers.of(named), is_outbound=outbound, own_group=own_group, label_ids=frozenset(labels))


def sent_by(address):
    return ("From", address)


def report(kind):
    return ("Content-Type", f'multipart/report; boundary="x"; report-type="{kind}"')


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param([report("delivery-status")], K.BOUNCE, id="delivery report"),
        pytest.param([report("Disposition-Notification")], K.RECEIPT, id="read receipt"),
        pytest.param([report("feedback-report")], K.NOTIFICATION, id="feedback report"),
        pytest.param([sent_by("Mail Delivery <MAILER-DAEMON@mx.com>")], K.BOUNCE, id="mailer-daemon"),
        pytest.param([sent_by("MAILER-DAEMON (Mail Delivery System)")], K.BOUNCE, id="mailer-daemon without a domain"),
        pytest.param([sent_by("postmaster@acme.com"), REPLY], K.BOUNCE, id="postmaster"),
        pytest.param([("X-Failed-Recipients", "a@b.c")], K.BOUNCE, id="failed recipients"),
        pytest.param([("Return-Path", "<>")], K.BOUNCE, id="empty return path"),
        pytest.param([("Auto-Submitted", "Auto-Replied (vacation); x=y"), REPLY], K.AUTO_REPLY, id="auto-replied"),
        pytest.param([("Auto-Submitted", " auto-generated")], K.NOTIFICATION, id="auto-generated"),
        pytest.param([("Auto-Submitted", "auto-notified; owner-email=x")], K.NOTIFICATION, id="auto-notified"),
        pytest.param([("X-Autoreply", "yes"), REPLY], K.AUTO_REPLY, id="X-Autoreply"),
        pytest.param([("X-Autorespond", "Re: x")], K.AUTO_REPLY, id="X-Autorespond"),
        pytest.param([("Precedence", "auto_reply")], K.AUTO_REPLY, id="precedence auto_reply"),
        pytest.param([("Delivered-To", "Autoresponder")], K.AUTO_REPLY, id="delivered to autoresponder"),
        pytest.param(
            [("Subject", "Out of office next week"), ("X-Auto-Response-Suppress", "All")], K.AUTO_REPLY, id="Exchange"
        ),
        pytest.param([("Content-Type", "text/calendar; charset=utf-8; method=REQUEST")], K.CALENDAR, id="iMIP"),
        pytest.param(
            [("Content-Type", "text/calendar"), ("Subject", "Accepted: Demo")], K.CALENDAR, id="iMIP without method"
        ),
        pytest.param(
            [("Sender", "Google Calendar <calendar-notification@google.com>")], K.CALENDAR, id="Google Calendar"
        ),
        pytest.param([("Content-class", "urn:content-classes:calendarmessage")], K.CALENDAR, id="Exchange meeting"),
        pytest.param([sent_by("no-reply@acme.com")], K.NOTIFICATION, id="no-reply"),
        pytest.param([sent_by("Jane <comments-noreply@docs.example>"), REPLY], K.NOTIFICATION, id="product-noreply"),
        pytest.param([sent_by("do_not_reply+1@acme.com")], K.NOTIFICATION, id="do_not_reply"),
        pytest.param([sent_by("nicht-antworten@acme.de")], K.NOTIFICATION, id="German no-reply"),
        pytest.param(
            [sent_by("Jane <notifications@github.com>"), ("X-GitHub-Reason", "mention"), REPLY],
            K.NOTIFICATION,
            id="GitHub",
        ),
        pytest.param(
            [sent_by("Jane (Jira) <jira@acme.com>"), ("X-JIRA-FingerPrint", "ab12")], K.NOTIFICATION, id="Jira"
        ),
        pytest.param([sent_by("notifications@calendly.example")], K.NOTIFICATION, id="notifications"),
        pytest.param([sent_by("alerts@bank.example"), UNSUBSCRIBE], K.NOTIFICATION, id="alerts"),
        pytest.param([UNSUBSCRIBE, ONE_CLICK, FEEDBACK, ("X-SG-EID", "abc")], K.BULK, id="sending service"),
        pytest.param([UNSUBSCRIBE, ONE_CLICK, ("X-Mailgun-Sid", "abc")], K.BULK, id="one click and a service"),
        pytest.param([UNSUBSCRIBE, ONE_CLICK, ("X-SES-Outgoing", "1"), FEEDBACK], K.BULK, id="SES"),
        pytest.param([sent_by("newsletter@acme.com"), UNSUBSCRIBE], K.BULK, id="newsletter"),
        pytest.param([sent_by("news@acme.com"), ("Precedence", "bulk")], K.BULK, id="news"),
        pytest.param(
            [sent_by("billing@acme.com"), UNSUBSCRIBE, ("X-PM-Message-Id", "1")], K.RECEIPT, id="invoice by machine"
        ),
        pytest.param([sent_by("receipts@acme.com"), FEEDBACK], K.RECEIPT, id="receipt by machine"),
        pytest.param([*MAILMAN, ("Subject", "Talk Digest, Vol 12, Issue 3")], K.BULK, id="list digest"),
        pytest.param([sent_by("talk-request@lists.org"), *MAILMAN], K.NOTIFICATION, id="list request address"),
        pytest.param([sent_by("talk-bounces@lists.org")], K.NOTIFICATION, id="list bounces"),
        pytest.param([sent_by("talk@lists.org"), *MAILMAN], K.BULK, id="from the list itself"),
    ],
)
def test_machines_give_themselves_away(fields, kind):
    verdict = judge(*fields)

    assert (verdict.is_automated, verdict.kind) == (True, kind)


@pytest.mark.parametrize(
    "subject",
    ["Automatic reply: Offer", "AUTOREPLY", "Auto-Reply: x", "Automatische Antwort: Angebot", "Abwesenheitsnotiz: x",
     "Réponse automatique : offre", "Respuesta automática: x", "Resposta automática: x", "Risposta automatica: x",
     "Automatisch antwoord: x", "Autosvar: x", "Automaattinen vastaus: x", "Odpowiedź automatyczna: x",
     "Автоматический ответ: x", "自动回复：x", "自動返信: x",
     "자동 회신: x", "Out of Office: Jane", "Out of the office",
     "Out of office Re: Offer", "AUTO: Jane Doe is out of the office (returning 3 May)",
     "=?utf-8?q?Automatic_reply=3A_x?="],
)  # fmt: skip
def test_the_subject_of_an_auto_reply_is_known_in_many_languages(subject):
    assert judge(("Subject", subject), REPLY).kind is K.AUTO_REPLY


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([], id="nothing special"),
        pytest.param([("Precedence", "bulk")], id="precedence alone"),
        pytest.param([UNSUBSCRIBE], id="unsubscribe alone"),
        pytest.param([("X-Auto-Response-Suppress", "All")], id="suppress alone"),
        pytest.param(
            [("Precedence", "bulk"), UNSUBSCRIBE, ONE_CLICK, ("X-Auto-Response-Suppress", "OOF")],
            id="bulk marks together",
        ),
        pytest.param([("Auto-Submitted", "no")], id="Auto-Submitted: no"),
        pytest.param([("Auto-Submitted", " No ; x=y")], id="Auto-Submitted: no with parameters"),
        pytest.param([("X-Autoreply", "no")], id="X-Autoreply: no"),
        pytest.param([("Subject", "Re: Automatic reply: Offer"), REPLY], id="a person answers an auto-reply"),
        pytest.param([("Subject", "Out of office next week, call me")], id="a person is away"),
        pytest.param([("Subject", "Automated response tooling")], id="a subject about automation"),
        pytest.param([("Subject", "Invitation: dinner on Friday")], id="a person invites"),
        pytest.param([("Subject", "Accepted: your proposal"), REPLY], id="a person accepts"),
        pytest.param([("Content-Type", "multipart/mixed; report-type=delivery-status")], id="not a report"),
        pytest.param([sent_by("info@acme.com")], id="info"),
        pytest.param([sent_by("Jane <billing@acme.com>"), ("Subject", "Invoice 17")], id="a person at billing"),
        pytest.param([sent_by("it-admin@acme.com")], id="an administrator"),
        pytest.param([sent_by("Jane <jane@noreplyconsulting.com>")], id="a domain that sounds automatic"),
        pytest.param([sent_by("albert.alertson@acme.com")], id="a name that sounds automatic"),
        pytest.param([UNSUBSCRIBE, ONE_CLICK, FEEDBACK, ("X-SG-EID", "x"), REPLY], id="a reply through a service"),
        pytest.param([("Return-Path", "<jane@acme.com>")], id="return path"),
        pytest.param([UNSUBSCRIBE, ("X-SES-Outgoing", "1"), FEEDBACK], id="one carrier's own headers"),
        pytest.param([("X-Failed-Recipients", "")], id="an empty header"),
    ],
)
def test_a_human_author_is_the_default(fields):
    verdict = judge(*fields)

    assert (verdict.is_automated, verdict.kind) == (False, K.PERSON)


def test_no_headers_at_all_are_a_person():
    assert not judge_authorship(Headers(), is_outbound=False, own_group=False, label_ids=frozenset()).is_automated


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(MAILMAN, id="mailman"),
        pytest.param([*MAILMAN, ONE_CLICK, FEEDBACK, ("X-SES-Outgoing", "1")], id="a list behind a service"),
        pytest.param([("Precedence", "bulk"), ("Sender", "owner-talk@lists.org")], id="majordomo"),
        pytest.param([sent_by("Jane via Talk <talk@lists.org>"), *MAILMAN], id="list that rewrites From"),
        pytest.param([*MAILMAN, ("Subject", "Re: Talk Digest, Vol 12, Issue 3")], id="an answer to a digest"),
        pytest.param(GROUP, id="somebody else's Google Group"),
    ],
)
def test_people_write_to_lists(fields):
    verdict = judge(*fields)

    assert (verdict.is_automated, verdict.kind) == (False, K.PERSON_VIA_LIST)


def test_mail_through_our_own_group_belongs_to_its_original_sender():
    rewritten = [("From", "'Jane' via Sales <sales@us.com>"), *GROUP]

    assert judge(*rewritten, ("X-Original-From", "jane@acme.com"), own_group=True).kind is K.PERSON
    assert judge(*rewritten, ("X-Original-Sender", "no-reply@acme.com"), own_group=True).is_automated
    assert judge(*GROUP, own_group=True).kind is K.PERSON
    assert judge(*GROUP, ("Auto-Submitted", "auto-replied"), own_group=True).kind is K.AUTO_REPLY


@pytest.mark.parametrize(
    "fields",
    [
        [UNSUBSCRIBE, ONE_CLICK, FEEDBACK, ("X-SG-EID", "x"), ("Precedence", "bulk")],
        [("Subject", "Out of office: handover")],
        [("From", "newsletter@us.com"), UNSUBSCRIBE],
        MAILMAN,
    ],
)
def test_what_left_our_mailbox_is_the_reps_own(fields):
    assert judge(*fields, outbound=True).kind is K.PERSON


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (("Auto-Submitted", "auto-replied"), K.AUTO_REPLY),
        (("X-Autoreply", "yes"), K.AUTO_REPLY),
        (report("disposition-notification"), K.RECEIPT),
        (("Content-Type", "text/calendar; method=REPLY"), K.CALENDAR),
        (("Sender", "calendar-notification@google.com"), K.CALENDAR),
    ],
)
def test_machines_write_from_our_mailboxes_too(field, kind):
    assert judge(field, outbound=True).kind is kind


@pytest.mark.parametrize("outbound", [True, False])
@pytest.mark.parametrize(
    "mark", [("X-Mixmax-Id", "1"), ("X-Mailer", "Yesware"), ("Message-ID", "<1@app1.outreach.io>")]
)
def test_a_sales_sequence_is_its_users_mail(outbound, mark):
    verdict = judge(mark, UNSUBSCRIBE, ONE_CLICK, FEEDBACK, ("X-SG-EID", "x"), outbound=outbound)

    assert (verdict.is_automated, verdict.kind) == (False, K.SALES_SEQUENCE)


def test_a_category_counts_but_proves_nothing():
    assert not judge(labels=["CATEGORY_PROMOTIONS"]).is_automated
    assert judge(UNSUBSCRIBE, ONE_CLICK, labels=["CATEGORY_PROMOTIONS"]).is_automated


def test_evidence_points_at_headers_and_quotes_nothing():
    verdict = judge(PERSON, ("Subject", "secret"), ("AUTO-SUBMITTED", "auto-generated"))

    assert [(e.mark, e.header_position, e.weight) for e in verdict.evidence] == [("auto_submitted", 2, DECISIVE)]


def test_bulk_marks_of_ordinary_mail_stay_below_the_threshold_together():
    ordinary = {"unsubscribe", "unsubscribe_one_click", "precedence", "suppresses_replies"}

    assert sum(mark.weight for mark in MARKS if mark.name in ordinary) < THRESHOLD
    assert all(mark.set_by is SetBy.LIST for mark in MARKS if mark.name in ordinary)


def test_marks_have_names_of_their_own():
    assert len({mark.name for mark in MARKS}) == len(MARKS)


NAMES = [
    "From",
    "Sender",
    "Subject",
    "Content-Type",
    "Auto-Submitted",
    "List-Post",
    "Mailing-list",
    "Return-Path",
    "X-Mailer",
]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text())), st.booleans(), st.booleans())
def test_no_headers_crash_and_the_verdict_is_always_the_same(fields, outbound, own_group):
    first, second = (
        judge_authorship(Headers.of(fields), is_outbound=outbound, own_group=own_group, label_ids=frozenset())
        for _ in range(2)
    )

    assert first == second
    assert first.is_automated == (first.kind not in {K.PERSON, K.PERSON_VIA_LIST, K.SALES_SEQUENCE})


@pytest.mark.parametrize(
    "subject",
    [
        "I am out of the office until Monday", "I'm currently out of office until 3 May", "I’m out of the office",
        "Away from my desk", "On annual leave until 3 May", "OOO: Re: offer",
        "Ich bin derzeit nicht im Büro", "Außer Haus bis 3. Mai", "Abwesend bis Montag",
        "Absent du bureau: Re: offre", "Absente jusqu'au 3 mai", "Je suis absent du bureau jusqu’au 3 mai",
        "En congés du 3 au 7 mai", "Absence : de retour lundi",
        "Fuera de la oficina: Re: oferta", "Estoy fuera de la oficina hasta el lunes", "De vacaciones hasta el 3 de mayo",
        "Fora do escritório até segunda", "Estou de férias até 3 de maio", "Fuori ufficio fino al 3 maggio", "Assente dal 3 al 7",
        "Afwezig tot maandag", "Ik ben momenteel niet op kantoor", "Inte på kontoret: Re: offert", "Fraværende til mandag",
        "Poissa toimistolta: Re: tarjous", "Poza biurem do 3 maja", "Mimo kancelář: nabídka", "În afara biroului până luni",
        "Házon kívül: ajánlat", "Yanıt: ofis dışında", "Ofis dışındayım", "Вне офиса до понедельника", "Я в отпуске до 3 мая",
        "Поза офісом: пропозиція", "Εκτός γραφείου: προσφορά", "不在：提案", "不在办公室", "부재중: 제안", "מחוץ למשרד עד", "خارج المكتب: عرض",
    ],
)  # fmt: skip
def test_an_away_note_gives_itself_away_by_its_subject_alone(subject):
    assert judge(("Subject", subject), REPLY).kind is K.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Out of office coverage plan", "Out of office coverage plan", "Vacation rental contract", "Re: Absent du bureau",
        "RE: I am out of the office until Monday", "Ynt: Ofis dışında", "I am out of ideas until Monday",
        "I am out of the office on Friday, can we move it?", "Absent sponsors and what to do",
        "Absent mardi, on décale ?", "Je suis absente demain, jeudi vous irait ?", "Absence de réponse à notre offre",
        "En congé maternité : qui prend la suite ?", "Nicht im Büro erreicht, bitte um Rückruf", "Abwesenheit von Frau Meier",
        "Ausente en la reunión de ayer", "De vacaciones con el equipo", "Afwezigheidsbeleid 2027", "Fuori sede il cliente paga di più",
        "On leave policies for 2027", "Do we meet until Monday?", "В отпуске с понедельника, решим раньше?", "休假安排",
    ],
)  # fmt: skip
def test_a_person_may_write_about_being_away(subject):
    assert judge(("Subject", subject), REPLY).kind is K.PERSON


ALERTS = sent_by("Acme Alerts <alerts@acme.com>")
OURS = ("In-Reply-To", "<CA+x@mail.gmail.com>")
THEIRS = ("In-Reply-To", "<2@app.acme.com>")


@pytest.mark.parametrize(
    ("fields", "is_machine"),
    [
        pytest.param([OURS], False, id="an answer to us out of a robot's address"),
        pytest.param([OURS, ("Message-ID", "<CAy@mail.gmail.com>")], False, id="both are written in Gmail"),
        pytest.param([("References", "<CA+x@mail.gmail.com> <2@app.acme.com>")], False, id="deeper in a conversation"),
        pytest.param([THEIRS], True, id="its own earlier alert, by its domain"),
        pytest.param([("In-Reply-To", "<1@i.net>"), ("Message-ID", "<2@i.net>")], True, id="the same, by its host"),
        pytest.param([("In-Reply-To", "your mail of Monday")], True, id="names no mail"),
    ],
)
def test_a_monitor_that_threads_its_own_alerts_answers_nobody(fields, is_machine):
    assert judge(ALERTS, ("Subject", "Re: server load high"), *fields).is_automated is is_machine


def test_a_desk_that_asks_is_a_person():
    desk = sent_by("Ann Lee <support@acme.com>")
    assert judge(desk, ("Subject", "Ticket #4711 has been closed")).is_automated
    assert not judge(desk, ("Subject", "Ticket #4711 has been closed - why?")).is_automated
    assert not judge(("Subject", "Ticket #4711 has been closed")).is_automated


FORM = (
    ("From", "Acme <no-reply@acme.example>"), ("Reply-To", "Ada <ada@byron.example>"), ("Subject", "New form submission"),
    ("X-Mailer", "PHPMailer 6.8"), ("X-SG-EID", "1"), ("Feedback-ID", "1:sg"),
)  # fmt: skip


def judge_form(address, *more, is_form=True):
    return judge_authorship(
        Headers.of((*FORM, *more)),
        is_outbound=False,
        own_group=False,
        label_ids=frozenset(),
        author=Participant(address),
        is_form=is_form,
    )


def test_who_filled_in_a_form_is_judged_and_not_the_site():
    assert judge(*FORM).is_automated
    assert not judge_form("ada@byron.example").is_automated
    # Through a group that rewrote From, the marks are the author's own.
    assert judge_form("ada@byron.example", is_form=False).is_automated


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("no-reply@byron.example", ()),
        ("mailer-daemon@byron.example", ()),
        ("ada@byron.example", (("Auto-Submitted", "auto-replied"),)),
        ("ada@byron.example", (("Content-Type", "multipart/report; report-type=delivery-status"),)),
    ],
)
def test_a_machine_behind_a_form_is_a_machine(address, more):
    assert judge_form(address, *more).is_automated
