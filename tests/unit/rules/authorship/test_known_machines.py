"""Machines' mail of the kinds that people's mail comes near to: each must be known."""

import pytest

from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind, judge_authorship

K = AuthorKind
PERSON = ("From", "Mina Tarn <mina@tarn-mills.example>")
REPLY = ("In-Reply-To", "<q1@quayside.example>")
AUTO = ("Auto-Submitted", "auto-generated")
OWN_LOOP = ("X-MS-Exchange-Inbox-Rules-Loop", "mina@tarn-mills.example")
QUIET = ("X-Auto-Response-Suppress", "All")
MIXED = ("Content-Type", 'multipart/mixed; boundary="r"')
TNEF = ("Content-Type", 'application/ms-tnef; name="winmail.dat"')
PLAIN = ("Content-Type", "text/plain; charset=utf-8")

UNREAD_LOCALS = """no-reply noreply no.reply noreply-crm crm-noreply donotreply do-not-reply do_not_respond dont-reply noanswer sendonly send-only outbound-only unmonitored
    reply-not-monitored notmonitored nicht-antworten nichtantworten nicht-beantworten keine-antwort bitte-nicht-antworten ne-pas-repondre nepasrepondre
    pas-de-reponse sans-reponse noresponder no-responder no.contestar nocontestar sin-respuesta norespondre nao-responda naoresponda nao-responder
    sem-resposta non-rispondere nonrispondere senza-risposta niet-beantwoorden niet-antwoorden nietreageren geen-antwoord geenantwoord svara-inte svara_ej
    ej-svar inte-svara svarinte svar-ikke svarikke ikke-svar ikkesvar ikke-besvar ei-vastata eivastata ei-vastausta alavastaa ala-vastaa
    nie-odpowiadaj nieodpowiadaj nie-odpowiadac brak-odpowiedzi neodpovidat neodpovidejte neodpovedaj neodpovedat nepouzivat bez-odpovedi
    nevalaszolj ne-valaszoljon nu-raspunde nuraspundeti yanitlamayin yanitlama cevaplamayin ne-otvechat neotvechaite ne-vidpovidaty
    ne-odgovaraj neodgovarajte jangan-balas neatsakyti neatbildet acme.noreply system+noreply"""


def judge(*fields):
    headers = fields if any(name == "From" for name, _ in fields) else (PERSON, *fields)
    return judge_authorship(Headers.of(headers), is_outbound=False, own_group=False, label_ids=frozenset())


@pytest.mark.parametrize("local", UNREAD_LOCALS.split())
def test_addresses_that_nobody_reads(local):
    verdict = judge(("From", f"Tarn <{local}@tarn-mills.example>"), ("Subject", "Document"))

    assert (verdict.is_automated, verdict.kind) == (True, K.NOTIFICATION)


@pytest.mark.parametrize(
    "author",
    ["info@noreply.tarn-mills.example", "Do Not Reply <info@t.example>", "Tarn (do not reply) <info@t.example>", "Tarn - No Reply <info@t.example>",
     '"Tarn (nicht antworten)" <info@t.example>', "Ne pas répondre <info@t.example>", "Nie odpowiadaj <info@t.example>", "Не отвечайте <info@t.example>",
     "ターン 発信専用 <info@t.example>", "送信専用 <info@t.example>", "自動送信 <info@t.example>", "システム通知 <info@t.example>", "系统邮件 <info@t.example>",
     "系統通知 <info@t.example>", "发送专员系统自动发送 <info@t.example>", "송신전용 <info@t.example>", "请勿回复 <info@t.example>", "발신전용 <info@t.example>", "타른(발신전용) <info@t.example>", "자동발송 <info@t.example>",
     "orders-bot@t.example", "ci-bot@t.example", "deploy_bot@t.example", "support.bot@t.example", "slackbot@t.example", "dependabot@t.example",
     "Ariba <ordersender-prod@ansmtp.ariba.com>", "x <s4system-prodeu+acme.Doc1@eusmtp.ariba.com>", "x <any@smtp.mn9.ariba.com>", "ordersender-prod@ariba.com",
     "mail-sender@t.example", "Mail <mailsystem@t.example>"],
)  # fmt: skip
def test_authors_that_name_a_machine(author):
    assert judge(("From", author), ("Subject", "Document")).is_automated


@pytest.mark.parametrize(
    "subject",
    ["【自動送信】ご注文", "【自動返信】お問い合わせ", "（自動配信）お知らせ", "自動送信：受付", "【送信専用】ご案内", "[발신전용] 안내", "[자동발송] 접수", "【系统邮件】通知", "[系统自动发送] 通知",
     "（請勿回覆）通知", "自动回复：x", "※自動送信※ ご注文", "＜自動送信＞ご注文", "自動送信メール：受付", "[발송전용] 안내", "[系统提醒] 密码", "〔配信専用〕お知らせ", "お知らせ【自動配信メール】"],
)  # fmt: skip
def test_subjects_that_say_that_a_program_sends(subject):
    assert judge(("Subject", subject)).is_automated


@pytest.mark.parametrize(
    "word",
    ["Read", "Not read", "Gelesen", "Ungelesen gelöscht", "Nicht gelesen", "Lu ", "Non lu ", "Leído", "No leído", "Letto", "Letta", "Lida", "Lido", "Não lida",
     "Gelezen", "Niet gelezen", "Läst", "Oläst", "Læst", "Ulæst", "Lest", "Ulest", "Luettu", "Lukematta", "Přečteno", "Nepřečteno", "Prečítané", "Przeczytano",
     "Odczytano", "Elolvasva", "Olvasott", "Citit", "Прочетено", "Pročitano", "Prebrano", "Прочитано", "Прочтено", "Не прочитано", "Αναγνώστηκε", "Διαβάστηκε",
     "Okundu", "Okunmadı", "Loetud", "Izlasīts", "Perskaityta", "開封済み", "開封済", "既読", "已读", "已讀", "읽음", "נקרא", "مقروءة", "อ่านแล้ว", "Dibaca", "Llegit",
     "Return Receipt", "Lesebestätigung", "Confirmation de lecture", "Confirmación de lectura", "Potwierdzenie odczytania"],
)  # fmt: skip
def test_receipts_that_are_no_reports(word):
    assert judge(("Subject", f"{word}: Offer 77"), REPLY, MIXED).kind is K.RECEIPT
    assert judge(("Subject", f"{word}: Offer 77"), REPLY, PLAIN).kind is K.RECEIPT
    assert judge(("Subject", f"{word}: Offer 77"), TNEF).kind is K.RECEIPT
    assert judge(("Subject", f"Re: {word}: Offer 77"), REPLY, PLAIN).kind is K.PERSON


RECALL = [("X-CallingTelephoneNumber", "IPM.Note"), ("X-VoiceMessageDuration", "4"), ("X-FaxNumberOfPages", "0")]


@pytest.mark.parametrize(
    "subject",
    [
        "Recall: Offer 77",
        "Rückruf: Angebot",
        "Rappel : Offre",
        "Retirar: Oferta",
        "Richiamo: Offerta",
        "Intrekken: Offerte",
        "撤回: 报价",
        "取り消し: 見積",
    ],
)
def test_recalls_of_outlook(subject):
    assert judge(("Subject", subject), *RECALL).is_automated
    assert not judge(("Subject", subject), PLAIN).is_automated


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([("Subject", "Message Recall Success: Offer 77")], id="a recall that worked"),
        pytest.param([("Subject", "Message Recall Failure: Offer 77"), REPLY], id="a recall that failed"),
        pytest.param([("Content-Class", "urn:content-class:custom.IPM.Outlook.Recall")], id="a recall by its class"),
        pytest.param([("Content-Class", "urn:content-classes:mdn"), MIXED], id="a receipt by its class"),
        pytest.param([("Content-Class", "missedcall")], id="a missed call"),
        pytest.param([("Content-Class", "voice")], id="a voice message"),
        pytest.param([("X-MS-Journal-Report", "")], id="a journal copy"),
        pytest.param([("Content-Identifier", "ExJournalReport")], id="a journal copy by its identifier"),
        pytest.param(
            [QUIET, ("Subject", "Automatic reply: can you send the offer?")], id="an answered question beside a mark"
        ),
        pytest.param(
            [("From", "Mail System <ms@t.example>"), ("Subject", "Mailzustellung fehlgeschlagen")], id="a German bounce"
        ),
        pytest.param(
            [("From", "Microsoft Outlook <o@t.example>"), ("Subject", "Non remis : Offre")], id="a French bounce"
        ),
        pytest.param(
            [("From", "System Administrator <a@t.example>"), ("Subject", "Undeliverable: Offer")],
            id="an English bounce",
        ),
        pytest.param(
            [("From", "Postmaster <a@t.example>"), ("Subject", "Nie można dostarczyć: Oferta")], id="a Polish bounce"
        ),
        pytest.param(
            [("From", "Mail Delivery Service <a@t.example>"), ("Subject", "Falha na entrega")], id="a Portuguese bounce"
        ),
        pytest.param(
            [("From", "Системный администратор <a@t.example>"), ("Subject", "Недоставлено: x")], id="a Russian bounce"
        ),
        pytest.param([("From", "メール配信システム <a@t.example>"), ("Subject", "配信エラー")], id="a Japanese bounce"),
        pytest.param([("Sender", "Jane via SurveyMonkey <member@surveymonkey.com>")], id="a survey by its Sender"),
        pytest.param([("Return-Path", "<bounce-12@qemailserver.com>")], id="a survey by its bounce address"),
        pytest.param(
            [("Return-Path", "<x@mail.medallia.eu>"), ("Subject", "Your stay")],
            id="a survey by a bounce address below the firm's",
        ),
    ],
)
def test_programs_of_other_kinds(fields):
    assert judge(*fields).is_automated


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([OWN_LOOP, QUIET, ("Subject", "Automatic reply: Order")], id="an answer by its subject"),
        pytest.param([OWN_LOOP, ("Subject", "I am away")], id="away, in no program's words"),
        pytest.param([OWN_LOOP, ("Subject", "Abwesenheit")], id="away in German"),
        pytest.param([OWN_LOOP, ("Subject", "Out of office next week")], id="away next week"),
        pytest.param([OWN_LOOP, QUIET, ("Subject", "Selwyn Autoreply")], id="a template of a rule"),
        pytest.param([OWN_LOOP, ("Subject", "Thank you for contacting us")], id="thanks"),
        pytest.param([OWN_LOOP, ("Subject", "Wir haben Ihre Anfrage erhalten")], id="thanks in German"),
        pytest.param([OWN_LOOP, ("From", "Tarn portal <noreply@t.example>")], id="no-reply"),
        pytest.param([OWN_LOOP, ("From", "Server <server1@t.example>"), ("Subject", "Hello")], id="a server"),
        pytest.param([OWN_LOOP, ("From", "Zabbix <zbx@t.example>"), ("Subject", "Hello")], id="a monitor"),
        pytest.param([OWN_LOOP, ("From", "it@t.example"), ("Subject", "Backup finished")], id="a job's end"),
        pytest.param([OWN_LOOP, ("From", "it@t.example"), ("Subject", "Problem: load on db3")], id="an alarm"),
        pytest.param([OWN_LOOP, ("Subject", "Automatic reply: can you send the offer?")], id="an answered question"),
        pytest.param([("X-MS-Exchange-Generated-Message-Source", "Journal Agent")], id="the journal"),
        pytest.param(
            [("X-MS-Exchange-Generated-Message-Source", "Transport Rule Agent")], id="a transport rule's notice"
        ),
        pytest.param(
            [("X-Forwarded-For", "a@t.example"), ("From", "Tarn-Mills <info@tarn-mills.example>")],
            id="a firm's program, sent on by Gmail",
        ),
        pytest.param([("X-Loop", "mina@tarn-mills.example")], id="an answering program's own loop"),
        pytest.param([("X-MS-Exchange-Organization-AutoForwarded", "false")], id="not forwarded"),
    ],
)
def test_machines_that_a_rule_sends_on(fields):
    assert judge(AUTO, *fields).is_automated


@pytest.mark.parametrize(
    "subject",
    ["Out of office until Monday, 3 May 2027", "Out of office (returning 3 May)", "Out of office from 3 May to 9 May", "On vacation until 9 August - back on 10 August",
     "Abwesend vom 3. bis 9. August", "Abwesend bis 9. August / Out of office until 9 August", "Absente du 3 au 7 mai", "Absent jusqu'au 3 mai. Re: devis",
     "Fuera de la oficina hasta el lunes 3 de mayo", "De férias até 15/07/2027", "In ferie fino al 20.8.", "Afwezig t/m 3 januari: Offerte", "Lomalla 3.1. asti",
     "Poza biurem do 5.05.2027", "Я в отпуске до 15 августа", "Out of Office: Offer", "Out of office AutoReply: Offer", "Automatic reply from Jane Doe",
     "Autoreply - Re: Offer", "Automatic reply!", "Automatische Antwort - Angebot 77"],
)  # fmt: skip
def test_an_absence_ends_after_its_days(subject):
    assert judge(("Subject", subject)).kind is K.AUTO_REPLY
