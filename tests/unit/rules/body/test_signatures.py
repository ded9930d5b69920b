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
    """The best of three, for other work on the machine makes a run slower and never faster."""

    def measure(size: int) -> float:
        text = "x\n" + (line * (size // len(line) + 1))[:size] + "\nx"
        times = []
        for _ in range(3):
            started = time.process_time()
            own_text(text, "Re: x")
            times.append(time.process_time() - started)
        return min(times)

    # Four times the text takes four times as long; quadratic rules would take sixteen times.
    assert measure(200_000) < 10 * max(measure(50_000), 0.05)


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


MORE_DEVICE_LINES = """\
Sent from my iPhone 12
Sent from Outlook Mobile
Sent from Outlook<http://aka.ms/weboutlook>
Sent from Yahoo Mail. Get the app
Sent from Yahoo Mail on iPhone
Sent from my Sony Xperia™ smartphone
Sent from my LG Mobile
Sent from my Motorola
Sent from my moto g power
Sent from my OnePlus Nord
Sent from my Nokia phone
Sent from my BlackBerry
Sent via BlackBerry from T-Mobile
Sent from my BlackBerry - the most secure mobile device - via the Bell Network
Sent from my Galaxy Tab
Sent from Samsung tablet
Sent from Samsung Mobile
Sent from my Windows Phone
Sent from my phone
Sent from my mobile
Sent from my mobile phone
Sent from my cell phone
Sent from my tablet
Sent from my mobile. Please excuse brevity.
Sent from my iPhone. Please excuse typos.
Sent from my iPhone - apologies for brevity
Sent from iPhone
Sent from Gmail for iOS
Sent with Proton Mail secure email.
Sent from Proton Mail for Android.
Sent from ProtonMail mobile
Sent with Mailbird
Sent from Airmail
Sent with Shortwave
Sent from Mailbutler
Sent via Gmail
Sent from eM Client | www.emclient.com
Sent from Postbox
Sent from my Fairphone
Sent from /e/ Mail.
Sent with AquaMail for Android
Sent using Zoho Mail
Sent from Workspace ONE Boxer
Sent with Tuta
Sent from Canary (https://canarymail.io)
Sent from Thunderbird for Android
Sent from Front
Sent via HEY
Sent from Hey
Sent from Spike
Sent with Missive
Get Outlook for Android<https://aka.ms/ghei36>
Get TypeApp for Android
Get BlueMail for iOS
Download Outlook for iOS
Gesendet von meinem iPad
Gesendet von meinem Xiaomi-Handy
Gesendet von meinem Smartphone
Gesendet von unterwegs
Gesendet vom Handy
Gesendet mit der Outlook-App
Gesendet von Yahoo Mail auf Android
Gesendet mit FairEmail
Gesendet von Mail für Windows 10
Gesendet mit AquaMail für Android
Von meinem Samsung Galaxy Smartphone gesendet.
Von meinem Huawei-Mobiltelefon gesendet
Diese Nachricht wurde von meinem Android-Mobiltelefon mit GMX Mail gesendet.
Diese Nachricht wurde von meinem Android Gerät mit WEB.DE Mail gesendet.
Gesendet mit der Telekom Mail App - kostenlos und werbefrei
Outlook für iOS beziehen
Outlook für iOS herunterladen
Holen Sie sich Outlook für Android
Envoyé de mon iPad
Envoyé de mon appareil mobile
Envoyé de mon téléphone
Envoyé à partir de mon smartphone Samsung Galaxy.
Envoyé depuis l'appli Mail Orange
Envoyé depuis Outlook pour Android
Envoyé avec BlueMail
Obtenir Outlook pour iOS
Obtenez Outlook pour Android
Télécharger Outlook pour Android
Provenance : Courrier pour Windows 10
Enviado desde mi móvil
Enviado desde mi teléfono móvil
Enviado desde mi Huawei
Enviado desde Yahoo Mail para Android
Enviado con Aqua Mail para Android
Enviado desde Correo para Windows 10
Obtener Outlook para iOS
Descargar Outlook para Android
Enviado do meu telemóvel
Enviado via iPhone
Enviado do Outlook para iOS
Enviado a partir do meu iPhone
Enviado do Email para Windows 10
Obter o Outlook para Android
Obtenha o Outlook para iOS
Inviato da Outlook per Android
Inviato da Yahoo Mail su Android
Inviato dal mio telefono
Inviato dal mio Huawei
Inviato da Posta per Windows
Inviato da smartphone
Scarica Outlook per Android
Verzonden vanaf Samsung-apparaat
Verzonden vanaf mijn mobiel
Verzonden vanuit Mail voor Windows
Verstuurd met Mail voor Windows
Outlook voor iOS downloaden
Skickat från min Samsung-enhet
Skickat från mobilen
Skickat från E-post för Windows
Hämta Outlook för Android
Sendt fra min Samsung Galaxy
Sendt fra Mail til Windows
Sendt fra min mobil
Hent Outlook til iOS
Skaff deg Outlook for iOS
Sendt fra E-post for Windows
Få Outlook for Android
Lähetetty Samsung Galaxy -älypuhelimesta
Lähetetty Outlook for Androidista
Lähetetty puhelimesta
Hanki Outlook iOS:lle
Wysłane z mojego iPhone'a
Wysłano z iPhone
Wysłane z telefonu
Wysłane z Outlooka dla systemu iOS
Wysłane z aplikacji Poczta dla Windows
Pobierz program Outlook dla systemu iOS
Uzyskaj aplikację Outlook dla systemu Android
Odesláno z mého iPhonu
Odesláno z mobilu
Odesláno z Pošty pro Windows
Získejte Outlook pro iOS
Odoslané z iPhonu
Získajte Outlook pre Android
Az iPhone-omról küldve
iPhone-ról küldve
Elküldve Samsung készülékemről
Outlook beszerzése Androidra
Trimis de pe iPhone
Trimis din Outlook pentru Android
Obțineți Outlook pentru iOS
iPhone'umdan gönderildi
iPad'imden gönderildi
Samsung cihazımdan gönderildi
iOS için Outlook'u edinin
Отправлено с моего iPhone
Отправлено с мобильного устройства
Отправлено из Почты для Windows
Отправлено из мобильного приложения Яндекс.Почта
Отправлено из приложения Mail.ru для Android
Получить Outlook для iOS
Отправлено с Samsung
Надіслано з мого iPhone
Надіслано з Outlook для Android
Отримати Outlook для iOS
Στάλθηκε από το iPhone μου
Αποστολή από το iPhone μου
Λήψη του Outlook για Android
נשלח מה-iPhone שלי
נשלח מ-Outlook עבור Android
تم الإرسال من الـ iPhone
أُرسلت من الـ iPhone
احصل على Outlook لـ Android
发自我的小米手机
发自我的荣耀手机
发自 Outlook for iOS
从我的iPhone发送
從我的 iPhone 傳送
来自我的华为手机
发自网易邮箱大师
发自我的vivo智能手机
获取 Outlook for Android
取得 Outlook for iOS
下载 Outlook for iOS
iPhoneから送信
私のiPadから送信
Outlook for iOSから送信
Outlook for Android を入手
Yahoo!メール for iPhoneから送信
Galaxyから送信
スマホから送信
나의 iPhone에서 보냄
내 Galaxy에서 보냄
iPhone에서 보냄
네이버 메일 앱에서 보냄
iOS용 Outlook 다운로드
Android용 Outlook 가져오기
Gửi từ iPhone của tôi
Đã gửi từ Outlook dành cho Android
Dikirim dari iPhone saya
Dikirim dari Outlook untuk Android
Dapatkan Outlook untuk iOS
ส่งจาก iPhone ของฉัน
รับ Outlook สำหรับ iOS
Изпратено от моя iPhone
Poslano z mojega iPhona
Poslano s mog iPhonea
Poslato sa mog iPhone-a
Saadetud minu iPhone'ist
Sent from my iPhone using Tapatalk
Enviat des del meu iPhone"""


@pytest.mark.parametrize("line", MORE_DEVICE_LINES.split("\n"))
def test_more_device_lines_go(line: str) -> None:
    assert strip_new(f"{OWN}\n\n{line}") == OWN


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone, the price is 98 and we deliver on Monday", "Sent from Outlook 3 mails yesterday, none arrived", "Sent from my phone number 55 66", "Gesendet vom Lager", "Gesendet vom Werk in Kiel",
        "Enviado desde mi casa", "Inviato dal mio ufficio", "Verzonden vanaf ons magazijn", "Envoyé depuis notre usine", "Skickat från lagret", "Sendt fra lageret", "Lähetetty varastosta", "Wysłane z mojego biura",
        "Отправлено с нашего склада", "Надіслано зі складу", "内の倉庫から送信", "从我的仓库发送", "창고에서 보냄", "Gửi từ kho của tôi", "Dikirim dari gudang", "depodan gönderildi", "raktárból küldve",
    ],
)  # fmt: skip
def test_more_own_lines_that_begin_so_are_kept(line: str) -> None:
    assert strip_new(f"Hello\n{line}") == f"Hello\n{line}"
