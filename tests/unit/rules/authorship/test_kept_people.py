"""People's mail near to the rules that find machines: none may be lost."""

import pytest

from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind, judge_authorship

K = AuthorKind
PERSON = ("From", "Mina Tarn <mina@tarn-mills.example>")
REPLY = ("In-Reply-To", "<q1@quayside.example>")
AUTO = ("Auto-Submitted", "auto-generated")
LOOP = ("X-MS-Exchange-Inbox-Rules-Loop", "office@tarn-mills.example")
OPT_OUT = ("List-Unsubscribe", "<mailto:stop@tarn-mills.example>")
MIXED = ("Content-Type", 'multipart/mixed; boundary="a"')
ALTERNATIVE = ("Content-Type", 'multipart/alternative; boundary="a"')

SENTENCES = {
    "en": (
        "On vacation from 3 August: please send the last order this week",
        "Out of office until Friday, please call Bob",
        "Out of office chairs",
        "Out of office furniture until Friday",
        "Out of office printer, which toner?",
        "Out of office hours: can we call?",
        "Vacation homes: ropes for 12 balconies",
        "Vacation rentals until October",
        "On holiday until Monday - can this wait?",
        "Away from the office next week, shall we move the call?",
        "On leave policy for contractors",
        "Annual leave: how many days do you give?",
        "Automatic reply valve: quotation",
        "Automatic reply – can you switch it off in your shop?",
        "Automatic reply, please turn it off",
        "Automatic reply: can you switch it off?",
        "Automatic reply to Order 77, please stop it",
        "Auto reply from the pump controller",
        "Auto-response of the winch at low voltage",
        "Automatic message display, 12 pieces",
        "Automated response times in the contract",
        "Delivery failure of pump 3",
        "Delivery failed again, who pays?",
        "Undeliverable? call me",
        "Undeliverable pallets",
        "Mail delivery failed: who signs for it?",
        "Failure notice period",
        "Returned mail from the warehouse",
        "Recall of batch 12",
        "Recall: winch type 4, what shall we do?",
        "Recall campaign for the lifts",
        "Message recall clause",
        "Read: the contract, page 3",
        "Read this before Monday",
        "Not read yet, sorry",
        "Return receipt wanted",
        "Thank you for your message",
        "Thank you for your order",
        "Journal bearing, 40 mm",
        "Journal for the archive",
        "Survey of the site",
        "Robot arm for hall 4",
        "Bot for the website",
        "System status of the crane",
        "No reply from you since May",
        "No reply needed",
        "Do not reply to Otto, he left",
        "Unmonitored car park",
        "Backup generator",
        "Backup of the drawings, please",
        "Problem with the drums",
        "Alert for the crane operators",
        "Status of order 12",
        "Invoice 12 was paid twice",
        "Mail system of the ferry",
        "Auto: leasing offer",
        "Notification of defects",
        "Out of the office by 3, ring me before",
        "OOO means what exactly?",
        "Auto mirrors, 40 pieces",
        "Undelivered goods from May",
        "Delivery status of the rope?",
        "Read: yes. Signed: tomorrow",
        "Calling telephone number changed",
    ),
    "de": (
        "Abwesend vom 3. bis 9. August: Lieferung bitte an Tor 2",
        "Abwesend bis Mittwoch, bitte Angebot an Frau Kurz",
        "Urlaub im Werk: keine Lieferung vom 3. bis 9. August",
        "Urlaubsvertretung: Herr Kurz",
        "Ich bin bis Freitag nicht im Büro, können wir morgen?",
        "Abwesenheitsnotiz – wie schalte ich sie ab?",
        "Automatische Antwort, bitte abstellen",
        "Außer Haus bis 12 Uhr, danach erreichbar",
        "Rückruf: Herr Kurz",
        "Rückruf erbeten",
        "Gelesen, Fragen dazu",
        "Gelesen und verstanden",
        "Unzustellbar: Paket 12",
        "Zustellung am Montag?",
        "Mailzustellung geht wieder",
        "Keine Antwort auf unser Angebot",
        "Bitte nicht antworten, nur lesen",
    ),
    "fr": (
        "Absent du 3 au 7 mai : merci de livrer le 10",
        "En congés du 1er au 15 août, pouvez-vous livrer avant ?",
        "Absence de plan",
        "Je suis absente demain, jeudi vous irait ?",
        "Réponse automatique, comment la désactiver ?",
        "Rappel : facture 12",
        "Rappel : réunion de mardi",
        "Lu et approuvé",
        "Non remis : le colis de mardi",
        "Sans réponse de votre part",
    ),
    "es": (
        "De vacaciones hasta el 20 de agosto: por favor envíen la factura antes",
        "Ausente el lunes, ¿lo dejamos para el martes?",
        "Leído, gracias",
        "No entregado el pedido 12",
        "Respuesta automática del variador",
        "Sin respuesta a la oferta",
    ),
    "pt": (
        "De férias até 15 de julho, a encomenda pode seguir",
        "Lida a proposta, tenho dúvidas",
        "Mensagem automática no painel 3",
    ),
    "it": (
        "In ferie dal 5 al 20 agosto: consegnate prima per favore",
        "Letto il contratto",
        "Assente lunedì, sentiamoci martedì",
        "Richiamo dei freni",
    ),
    "nl": (
        "Afwezig tot 3 mei, graag levering op 4 mei",
        "Gelezen en akkoord",
        "Niet bezorgd pakket",
        "Automatisch antwoord van de regelaar",
    ),
    "sv": ("Frånvarande till den 4 maj: skicka offerten till Åsa", "Läst och godkänt", "Semester i fabriken vecka 29"),
    "da, no": ("Fraværende til mandag, send ordren nå", "Lest og forstått", "Læst, tak", "Ferie i fabrikken uge 29"),
    "fi": ("Lomalla 3.8. asti, lähetättekö tilauksen ennen?", "Luettu ja hyväksytty", "Loma-asunto"),
    "pl": (
        "Poza biurem do 5 maja, proszę o kontakt z Zofią",
        "Przeczytano umowę",
        "Urlop w fabryce: czy dostawa możliwa?",
    ),
    "cs, sk": ("Mimo kancelář do pátku, prosím volejte", "Přečteno, děkuji", "Dovolená v závodě"),
    "hu": ("Szabadságon vagyok péntekig, kérem hívja Pétert", "Elolvastam a szerződést"),
    "ro": ("În afara biroului până luni, vă rog sunați", "Citit contractul"),
    "tr": ("Ofis dışındayım, lütfen teklifi Ayşe'ye gönderin", "Okundu ve onaylandı"),
    "ru": (
        "В отпуске до 15 августа: пришлите счет Ивану",
        "Прочитано, вопросы есть",
        "Отзыв о лебедке",
        "Автоматический ответчик для склада",
    ),
    "uk": ("Поза офісом до п'ятниці, можете зателефонувати?", "Прочитано, дякую"),
    "el": ("Εκτός γραφείου μέχρι Δευτέρα, παρακαλώ καλέστε",),
    "ja": (
        "不在の間の納品について",
        "自動返信の設定について",
        "【自動返信】の設定について",
        "開封済みの箱について",
        "自動送信装置の見積",
        "送信専用回線の件",
        "【至急】見積の件",
    ),
    "zh": ("休假安排", "关于系统邮件的问题", "自动回复怎么关闭", "已读合同，有问题", "退信地址更正"),
    "ko": ("부재중 연락처 문의", "자동 회신 설정 문의", "읽음 확인 부탁드립니다", "반송 주소"),
    "he, ar": ("מחוץ למשרד השבוע, נא להתקשר", "خارج المكتب اليوم، يرجى الاتصال"),
}
SUBJECTS = [subject for subjects in SENTENCES.values() for subject in subjects]


def judge(*fields, **circumstances):
    headers = fields if any(name == "From" for name, _ in fields) else (PERSON, *fields)
    usual = {"is_outbound": False, "own_group": False, "label_ids": frozenset(), **circumstances}
    return judge_authorship(Headers.of(headers), **usual)


def test_the_table_of_people_is_large():
    assert len(set(SUBJECTS)) >= 150
    assert len({code for codes in SENTENCES for code in codes.split(", ")}) >= 20


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_person_s_own_subject(subject):
    assert judge(("Subject", subject)).kind is K.PERSON
    assert judge(("Subject", f"Re: {subject}"), REPLY).kind is K.PERSON
    assert judge(("Subject", subject), ALTERNATIVE).kind is K.PERSON


@pytest.mark.parametrize("subject", [s for s in SUBJECTS if s.isascii()][:40])
def test_a_person_s_subject_behind_a_carrier(subject):
    carrier = [
        ("X-SES-Outgoing", "1"),
        ("Feedback-ID", "1:x:AmazonSES"),
        ("Return-Path", "<bounce-1@mail.tarn-mills.example>"),
        OPT_OUT,
    ]
    assert not judge(("Subject", subject), *carrier).is_automated


FORWARDS = [
    pytest.param([LOOP], id="an inbox rule of Exchange"),
    pytest.param(
        [("X-MS-Exchange-ForwardingLoop", "info@tarn-mills.example;6f9b1a44")], id="a mailbox setting of Exchange"
    ),
    pytest.param([("X-MS-Exchange-Organization-AutoForwarded", "true")], id="marked by Exchange"),
    pytest.param([("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent")], id="made by Exchange's agent"),
    pytest.param([("Resent-From", "<archive@tarn-mills.example>")], id="Resent-From"),
    pytest.param([("X-Forwarded-For", "a@tarn-mills.example b@quayside.example")], id="Gmail"),
    pytest.param([("X-Forwarded-To", "b@quayside.example")], id="Gmail, the other header"),
    pytest.param([("X-Sieve-Redirected-From", "desk@tarn-mills.example")], id="Sieve"),
    pytest.param([("X-Redirected-From", "desk@tarn-mills.example")], id="other servers"),
    pytest.param([("X-Zimbra-Forwarded", "desk@tarn-mills.example")], id="Zimbra"),
    pytest.param([("Auto-Forwarded", "TRUE")], id="X.400"),
    pytest.param([("Autoforwarded", "1")], id="Lotus"),
    pytest.param([("X-Loop", "rules@forwarder.example")], id="procmail"),
    pytest.param([("Return-Path", "<SRS0=x=y=tarn-mills.example=mina@relay.example>")], id="a rewritten envelope"),
    pytest.param([("Return-Path", "<desk+caf_=rita=quayside.example@gmail.com>")], id="Gmail's envelope"),
]


@pytest.mark.parametrize("trace", FORWARDS)
def test_what_a_rule_sends_on_is_a_person_s(trace):
    assert judge(AUTO, *trace, ("Subject", "Wire rope")).kind is K.PERSON
    assert judge(AUTO, *trace, ("Subject", "Re: Wire rope"), REPLY).kind is K.PERSON
    assert judge(AUTO, ("Subject", "Wire rope")).kind is K.NOTIFICATION


@pytest.mark.parametrize(
    "author",
    ["Tarn Mills <info@tarn-mills.example>", "info@tarn-mills.example", "Sales <sales@tarn-mills.example>", "Mina Tarn <orders@tarn-mills.example>",
     "Otto Server <otto.server@tarn-mills.example>", "Office <office@tarn-mills.example>", "佐藤 <sato@tarn-mills.example>"],
)  # fmt: skip
def test_a_firm_s_mail_that_exchange_sends_on(author):
    assert not judge(("From", author), AUTO, LOOP, ("Subject", "Twelve drums")).is_automated


CARRIERS = [
    pytest.param([("X-SES-Outgoing", "1"), ("Feedback-ID", "1:x:AmazonSES"), ("Return-Path", "<0100019f-aa@amazonses.com>")], id="SES"),
    pytest.param([("X-SG-EID", "u001"), ("Feedback-ID", "12:SG"), ("Return-Path", "<bounces+12-ab@em77.tarn-mills.example>")], id="SendGrid"),
    pytest.param([("X-Mailgun-Sid", "WyJ"), ("Feedback-ID", "61:mailgun"), ("Return-Path", "<bounce+ab@mg.tarn-mills.example>")], id="Mailgun"),
    pytest.param([("X-Mailin-EID", "MTI"), ("X-CSA-Complaints", "x@eco.de"), ("Feedback-ID", "1:Sendinblue")], id="Brevo"),
    pytest.param([("X-MJ-Mid", "1"), ("Feedback-ID", "1.2:MJ"), ("Return-Path", "<a.b@bnc3.mailjet.com>")], id="Mailjet"),
    pytest.param([("X-PM-Message-Id", "1"), ("Feedback-ID", "s1:postmark"), ("Return-Path", "<pm_bounces@pm.tarn-mills.example>")], id="Postmark"),
    pytest.param([("X-Mandrill-User", "md_1"), ("Feedback-ID", "1:md"), ("Return-Path", "<bounce-md_1@mandrillapp.com>")], id="Mandrill"),
    pytest.param([("X-MSYS-API", "1"), ("Feedback-ID", "1:sp"), ("Return-Path", "<msprvs1=1=bounces-1@b.tarn-mills.example>")], id="SparkPost"),
]  # fmt: skip


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    "author",
    ["Mina Tarn <mina@tarn-mills.example>", "Tarn Mills <info@tarn-mills.example>", "Mina <sales@tarn-mills.example>"],
)
def test_one_carrier_s_headers_count_once(carrier, author):
    assert judge(("From", author), *carrier, OPT_OUT, ("Subject", "Drums")).kind is K.PERSON
    assert judge(("From", author), *carrier, OPT_OUT, ("Precedence", "bulk"), ("Subject", "Drums")).kind is K.PERSON


@pytest.mark.parametrize(
    "author",
    ["Gareth Talbot <talbot@a.example>", "Anna Abbott <anna-abbott@a.example>", "Jan Bot <j.bot@a.example>", "Jan Bot <jan-bot@a.example>", "Bo Bot <bobot@a.example>",
     "Eve Botsch <eve.botsch@a.example>", "Pascal Ribot <ribot@a.example>", "Nora Reply <nora.reply@a.example>", "Svara Nilsson <svara.nilsson@a.example>",
     "No Lund <no.lund@a.example>", "Anna Svar <anna.svar@a.example>", "Ikke Holm <ikke@a.example>", "Noreply Consulting <ann@noreply-consulting.example>",
     "Marc Sender <marc.sender@a.example>", "Jo Mailer <jo.mailer@a.example>", "Eva Journal <eva.journal@a.example>", "System Haus GmbH <office@systemhaus.example>",
     "Mail Boxes Etc <shop12@mbe.example>", "Ann Lee <ann@surveymonkey.com>", "Bob <bob@qualtrics.com>", "Kim <kim@ariba.com>",
     "Recall Ltd <info@recall.example>", "Ada <ada@getresponse.com>"],
)  # fmt: skip
def test_names_and_firms_that_sound_like_machines(author):
    address = author.rpartition("<")[2].rstrip(">")
    assert judge(("From", author), ("Return-Path", f"<{address}>"), ("Subject", "Drums")).kind is K.PERSON


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([("Subject", "Read: offer 77"), REPLY, ALTERNATIVE], id="a changed subject in HTML"),
        pytest.param(
            [("Subject", "Read: and agreed"), REPLY, ("Content-Type", "text/plain")], id="a sentence in plain text"
        ),
        pytest.param([("Subject", "Gelesen: passt das auch für Halle 4?"), REPLY], id="a question in plain text"),
        pytest.param([("Subject", "Read: the contract"), ("Content-Type", "text/plain")], id="no answer"),
        pytest.param(
            [("Subject", "Gelesen: Seite 3"), ("Content-Type", "multipart/mixed")], id="an attachment and no answer"
        ),
        pytest.param([("Subject", "Drawings"), ("Content-Type", "application/ms-tnef")], id="winmail.dat"),
        pytest.param([("Subject", "FW: Undeliverable: Offer"), ("X-MS-Has-Attach", "yes")], id="a forwarded bounce"),
        pytest.param([("Subject", "FW: Read: Offer"), REPLY], id="a forwarded receipt"),
        pytest.param(
            [("Subject", "Order 12"), ("Precedence", "bulk"), ("X-Auto-Response-Suppress", "All"), LOOP],
            id="Exchange's marks without Auto-Submitted",
        ),
        pytest.param([("Subject", "Vacation homes"), ("X-Auto-Response-Suppress", "OOF")], id="a mailing group's mark"),
        pytest.param([("Subject", "Out of office furniture"), ("Precedence", "bulk")], id="furniture in bulk"),
        pytest.param(
            [
                ("From", "Tarn <orders@tarn-mills.example>"),
                ("Subject", "Question about order 12"),
                ("X-PM-Message-Id", "1"),
            ],
            id="orders@ asks",
        ),
        pytest.param([("Subject", "Automatic reply valve: quotation"), AUTO, LOOP], id="a valve, sent on"),
        pytest.param([("Subject", "Automatic reply valve: quotation"), ("Precedence", "bulk")], id="a valve in bulk"),
        pytest.param(
            [("Subject", "Abwesend bis 9. August: Lieferung bitte an Tor 2"), AUTO, LOOP], id="a sentence, sent on"
        ),
        pytest.param([("Subject", "Backup finished"), AUTO, LOOP], id="a person reports of a server"),
        pytest.param([("Subject", "Proposal was signed by Otto"), AUTO, LOOP], id="a person reports of a contract"),
        pytest.param(
            [("From", "Tarn <jobs@tarn-mills.example>"), ("Subject", "Your application"), AUTO, LOOP], id="a recruiter"
        ),
        pytest.param([("From", "Journal <journal@tarn.example>"), ("Subject", "Interview")], id="a newspaper"),
        pytest.param(
            [("Subject", "Read: the plan"), MIXED, ("X-Auto-Response-Suppress", "All")],
            id="a mailing group and an attachment",
        ),
        pytest.param([("Sender", "Assistant <otto@tarn-mills.example>"), ("Subject", "Drums")], id="a delegate sends"),
    ],
)
def test_headers_of_people(fields):
    assert judge(*fields).kind is K.PERSON
