"""Banners, signatures, device lines, footers and notices go; a sentence that mentions one stays."""

import time

import pytest

from server.rules.body.quoting import own_text

OWN = "Monday suits us."


NOTICES = (
    "This message (including any attachments) may contain confidential, proprietary, privileged and/or private information. The information is intended to be for the use of the individual or entity designated above. If you are not the intended recipient of this message, please notify the sender immediately, and delete the message and any attachments.",
    "The information contained in this communication is confidential and may be legally privileged. It is intended solely for the use of the individual to whom it is addressed. If you are not the intended recipient you are hereby notified that any disclosure is strictly prohibited.",
    "DISCLAIMER:\nThis email and any files transmitted with it are confidential and intended solely for the use of the individual. If you received it in error please notify the system manager.",
    "This e-mail is confidential. If you are not the intended recipient, please delete it.\n\nTarn Mills Ltd accepts no liability for viruses in this e-mail.\n\nRegistered in England No. 1234567. Registered office: 12 Weir Lane, Leeds.",
    "Diese E-Mail könnte vertrauliche und/oder rechtlich geschützte Informationen enthalten. Wenn Sie nicht der richtige Adressat sind oder diese E-Mail irrtümlich erhalten haben, informieren Sie bitte sofort den Absender und vernichten Sie diese Mail. Das unerlaubte Kopieren sowie die unbefugte Weitergabe dieser Mail ist nicht gestattet.",
    "Der Inhalt dieser E-Mail ist vertraulich und ausschließlich für den bezeichneten Adressaten bestimmt. Wenn Sie nicht der vorgesehene Adressat sind, beachten Sie bitte, dass jede Form der Kenntnisnahme unzulässig ist.",
    "Ce courriel et les documents joints peuvent contenir des informations confidentielles. Si vous n'êtes pas le destinataire, merci d'en avertir l'expéditeur et de supprimer ce message.",
    "AVISO LEGAL: Este mensaje va dirigido, de manera exclusiva, a su destinatario y puede contener información confidencial. Si ha recibido este mensaje por error, comuníquelo y bórrelo.",
    "Esta mensagem pode conter informação confidencial ou privilegiada. Se você não for o destinatário, não deve usar, copiar ou divulgar as informações; avise o remetente e apague a mensagem.",
    "Questo messaggio e i suoi allegati sono indirizzati esclusivamente alle persone indicate. La diffusione, copia o qualsiasi altra azione è vietata. Se avete ricevuto questo documento per errore siete pregati di darne comunicazione al mittente e di distruggerlo.",
    "Dit e-mailbericht is uitsluitend bestemd voor de geadresseerde. Indien u dit bericht ten onrechte hebt ontvangen, wordt u verzocht de inhoud niet te gebruiken, maar de afzender te informeren en het bericht te verwijderen.",
    "Niniejsza wiadomość jest poufna i przeznaczona wyłącznie dla adresata. Jeżeli otrzymali ją Państwo przez pomyłkę, prosimy o powiadomienie nadawcy i usunięcie wiadomości.",
    "Tato zpráva je důvěrná a určená pouze adresátovi. Pokud jste ji obdrželi omylem, informujte odesílatele a zprávu smažte.",
    "Это сообщение и вложения являются конфиденциальными и предназначены только для адресата. Если вы получили его по ошибке, сообщите отправителю и удалите его.",
    "Bu e-posta ve ekleri gizli bilgiler içerebilir ve sadece alıcıya yöneliktir. Yanlışlıkla aldıysanız göndereni bilgilendirin ve silin.",
    "このメールには機密情報が含まれている場合があります。誤って受信された場合は、送信者にご連絡の上、削除してください。",
    "本邮件及其附件含有保密信息，仅限于发送给收件人。如果您错收了本邮件，请立即通知发件人并删除本邮件。",
    "Please consider the environment before printing this e-mail",
    "P Please consider the environment before printing",
    "Think before you print.",
    "Virus-free. www.avast.com",
    "NOTICE: This e-mail message is for the sole use of the intended recipient(s) and may contain confidential and privileged information. Any unauthorized review, use, disclosure or distribution is prohibited.",
    "*** Confidentiality Note: This e-mail is intended only for the person or entity to which it is addressed and may contain information that is privileged, confidential or otherwise protected from disclosure. ***",
    "______________________________________________________________________\nThis email has been scanned by the Symantec Email Security.cloud service.\nFor more information please visit http://www.symanteccloud.com\n______________________________________________________________________",
)  # fmt: skip
MORE_BANNERS = (
    "[EXTERNAL]",
    "EXTERNAL: Do not click links or open attachments unless you trust the sender.",
    "CAUTION: External Email.",
    "This Message Is From an External Sender\nThis message came from outside your organization.",
    "⚠ External sender. Be careful with links.",
    "*** WARNING: This email originates from outside of Tarn Mills. ***",
    "NOTE: This email originated outside of Tarn Mills.",
    "Warning - External Email: verify the sender before you click",
    "Externe E-Mail! Vorsicht beim Öffnen von Anhängen",
    "ACHTUNG: externe E-Mail",
    "[Extern] Diese Nachricht stammt von einem externen Absender",
    "ATTENTION: Cet e-mail provient d'un expéditeur externe.",
    "AVISO: correo externo. No abra enlaces.",
    "Este correo ha sido enviado desde fuera de la organización",
    "ATENÇÃO: e-mail externo",
    "ATTENZIONE: e-mail esterna",
    "Let op: externe e-mail",
    "VARNING: Externt mejl",
    "ADVARSEL: Ekstern e-mail",
    "UWAGA: wiadomość zewnętrzna",
    "ВНИМАНИЕ: внешнее письмо",
    "【外部メール】",
    "[외부 메일] 첨부 파일에 주의하세요",
    "【外部邮件】请谨慎打开",
    "CAUTION: EXTERNAL SENDER Do not click on links",
    "The sender of this message is external to your organization.",
)  # fmt: skip


def strip_new(text: str) -> str:
    return own_text(text, "Visit", is_answer=False)


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone", "Sent from my iPhone 15 Pro", "Sent from Outlook for iOS<https://aka.ms/o0ukef>", "Sent from my Samsung Galaxy S24 Ultra", "Sent from Yahoo Mail for iPhone", "Sent from my Huawei Mobile",
        "Get Outlook for Mac", "Sent with BlueMail for Android", "Sent from Proton Mail Android", "Sent with Aqua Mail", "Sent from Gmail Mobile", "Gesendet mit der WEB.DE Mail App", "Gesendet von Outlook für iOS",
        "Von meinem iPad gesendet", "Envoyé depuis mon Galaxy", "Envoyé depuis Yahoo Mail pour Android", "Enviado desde Outlook para iOS", "Enviado desde mi Samsung Galaxy", "Enviado do meu smartphone Samsung Galaxy.",
        "Inviato da Outlook per iOS", "Inviato dal mio iPad", "Verzonden vanaf mijn Galaxy", "Verstuurd vanaf mijn iPhone", "Skickat från Outlook för Android", "Sendt fra min iPad", "Lähetetty Outlookista", "Wysłane z telefonu Xiaomi",
        "Odesláno z Outlooku pro Android", "Trimis de pe telefonul meu Samsung Galaxy", "iPadから送信", "Androidから送信", "发自我的 iPad", "发自我的华为手机", "從我的 iPad 傳送", "내 iPhone에서 보냄", "Отправлено с iPad", "Отправлено из Outlook для iOS",
        "Надіслано з iPhone", "Sent from FairEmail", "Sent from my Redmi Note 12", "Sent from Mail for Windows 11", "Sent from my T-Mobile 4G LTE device",
    ],
)  # fmt: skip
def test_device_lines_go(line: str) -> None:
    assert strip_new(f"{OWN}\n\n{line}") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my desk we see the harbour", "Sent from Hamburg on Monday", "Sent with lorry 12: 40 coils", "Sent via DHL", "Get Outlook for everybody", "Gesendet von Halle 3", "Gesendet mit Spedition Nord am 3.10.",
        "Mein iPhone wird am Montag verschickt", "Das Samsung Galaxy haben wir gestern verschickt", "Envoyé de Brest lundi", "Enviado desde Bilbao", "Inviato da Genova", "Verzonden met de post", "Wysłane z Gdyni", "Отправлено из Мурманска",
        "倉庫から送信", "发自上海仓库", "iPhone", "From my phone I cannot open it", "Sent by mistake: two iPhones", "My iPhone sent it twice", "Hey:)", "Orange", "Von Orange", "Nine", "From Front",
    ],
)  # fmt: skip
def test_own_lines_that_only_begin_so_are_kept(line: str) -> None:
    assert strip_new(f"Hello\n{line}") == f"Hello\n{line}"


@pytest.mark.parametrize(
    "signature",
    [
        "Ann Vale\nAcme Ropes, 4 Quay Street",
        "Ann Vale | Sales\n+47 55 123 456\nann@acme.example",
        "Best regards\nAnn",
        "Mit freundlichen Grüßen\nAnn Vale\nVale GmbH",
        "安娜\n销售部",
        "ann",
    ],
)
def test_signatures_go(signature: str) -> None:
    assert strip_new(f"{OWN}\n\n--\n{signature}") == OWN


@pytest.mark.parametrize(
    "rest",
    [
        "Option B: 80 coils with 6 % off, in two lots.\n\nWe prefer B. Can you confirm today?\n\nAda", "order 2: 9 coils sisal", "order 2: 9 coils\n--\norder 3: 4 drums", "We need it by Friday.", "Ann Vale\n\nPS: send it to gate B",
        "Day 2", "the second part is longer than the first one", "Can you come?", "Ann\nPlease answer today, we are waiting for your word on the price.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("divider", ["--", "—", "-----"])
def test_dividers_are_kept(divider: str, rest: str) -> None:
    text = f"Option A: 40 coils.\n{divider}\n{rest}"
    assert strip_new(text) == text


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links.", "[EXTERNAL]", "[External Email]", "WARNING: This message was sent from outside your company.", "EXTERNAL SENDER: be careful with links and attachments",
        "*** EXTERNAL ***", "This email came from an external sender.", "ACHTUNG externe E-Mail: Bitte keine Links anklicken.", "Diese E-Mail wurde von einem externen Absender gesendet.", "ATTENTION: courriel externe. Ne cliquez pas sur les liens.",
        "Este mensaje proviene de un remitente externo.", "Questo messaggio proviene da un mittente esterno.", "Deze e-mail is afkomstig van een externe afzender.", "Wiadomość spoza organizacji. Wiadomość e-mail została wysłana spoza firmy.",
        "Внимание! Письмо от внешнего отправителя.", "【社外】このメールは外部から送信されています", "You don't often get email from ann@acme.example. Learn why this is important", "外部邮件：此邮件来自外部，请谨慎打开附件",
    ],
)  # fmt: skip
def test_banners_of_gateways_go(banner: str) -> None:
    assert strip_new(f"{banner}\n\n{OWN}") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "CAUTION: the hook is bent.", "External work starts on Monday.", "ACHTUNG: Die Kiste ist offen.", "[EXTERNAL] is the name of our column.", "This message is for you.", "Attention: la porte est fermée.", "注意：钩子弯了。",
        "Please read the mail from the external auditor.", "WARNING: do not lift more than 200 kg.",
    ],
)  # fmt: skip
def test_own_warnings_are_kept(line: str) -> None:
    assert strip_new(f"{line}\n\n{OWN}") == f"{line}\n\n{OWN}"


@pytest.mark.parametrize(
    "footer",
    [
        '-- \nYou received this message because you are subscribed to the Google Groups "Sales" group.\nTo unsubscribe from this group and stop receiving emails from it, send an email to x+unsubscribe@acme.example.',
        "_______________________________________________\nFerry mailing list\nFerry@lists.acme.example\nhttps://lists.acme.example/mailman/listinfo/ferry",
        "_______________________________________________\nFerry mailing list -- ferry@lists.acme.example\nTo unsubscribe send an email to ferry-leave@lists.acme.example",
        "-=-=-=-=-=-=-=-\nGroups.io Links: You receive all messages sent to this group.\nView/Reply Online (#1): https://groups.io/g/x/message/1\n-=-=-=-=-=-=-=-",
        "To unsubscribe from the ROPES list, click the following link:\nhttps://lists.acme.example/cgi-bin/wa?SUBED1=ROPES",
        "---\nVisit Topic or reply to this email to respond.\nTo unsubscribe from these emails, click here.",
        "-- \nVous recevez ce message, car vous êtes abonné au groupe Google Groupes.\nPour vous désabonner de ce groupe, envoyez un e-mail à x+unsubscribe@acme.example.",
    ],
)  # fmt: skip
def test_footers_of_lists_go(footer: str) -> None:
    assert strip_new(f"{OWN}\n\n{footer}") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "To unsubscribe I clicked three times.", "Is there a mailing list?\nOur mailing list", "You sent it because you are kind.", "This email is confidential, tell nobody our price.", "If you received it in error, call me.",
        "Please delete the file and notify Jens.", "I printed the email before I thought of the environment.",
    ],
)  # fmt: skip
def test_sentences_that_mention_such_things_are_kept(line: str) -> None:
    assert strip_new(f"{OWN}\n\n{line}") == f"{OWN}\n\n{line}"


def test_everything_below_an_answered_mail_goes_with_it() -> None:
    text = f"{OWN}\n\nOn Mon, 1 Jun 2026 at 10:12, Ann <ann@acme.example> wrote:\n> When?\n\n--\nAda Byron\nSent from my iPhone\n\n_____________\nFerry mailing list\nhttps://lists.example/ferry"
    assert own_text(text, "Re: Visit") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone\n", "--\n", "To unsubscribe from this list\n", "This e-mail is confidential\n", "CAUTION: this email originated ", "iPhone " * 40 + "\n", "From: a@b.example\nTo: c\n", "answer answer below ",
        "On 1 Jan 2020 a@b.example wrote:\n", ">>> a@b.example 1/1/2020 >>>\n", "Ann Vale\n5 June 2026 at 10:12\n", "> " + "a" * 70 + "\nb\n> c\n", "(", "<a@", "wrote ", ":\n", "\n",
    ],
)  # fmt: skip
def test_hostile_lines_take_linear_time(line: str) -> None:
    def measure(size: int) -> float:
        text = "x\n" + (line * (size // len(line) + 1))[:size] + "\nx"
        started = time.process_time()
        own_text(text, "Re: x")
        return time.process_time() - started

    assert measure(200_000) < 8 * max(measure(50_000), 0.05)


@pytest.mark.parametrize("notice", NOTICES)
def test_legal_notices_go(notice: str) -> None:
    assert strip_new(f"{OWN}\n\nAda\n\n{notice}") == f"{OWN}\n\nAda"


@pytest.mark.parametrize("banner", MORE_BANNERS)
def test_more_banners_go(banner: str) -> None:
    assert strip_new(f"{banner}\n\n{OWN}") == OWN


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Delivery address\n--\nTarn Mills\nWeir Lane 12\nGate B", None),
        ("Yes.\n--\nTarn Mills\nWeir Lane 12\nGate B", "Yes."),
        ("Order\n--\nAda\nada@byron.example", "Order"),
    ],
)
def test_a_signature_stands_apart_or_holds_an_address(text: str, own: str | None) -> None:
    assert strip_new(text) == (own or text)
