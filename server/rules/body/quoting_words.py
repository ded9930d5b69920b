"""What mail programs write around the mail that is answered, by language. `quoting` uses it."""

from __future__ import annotations

WROTE: dict[str, tuple[str, ...]] = {
    "en": ("wrote", "writes", "said"),
    "de": ("schrieb", "schrieben", "hat geschrieben"),
    "fr": ("a écrit", "a ecrit", "écrit"),
    "es": ("escribió", "escribio", "ha escrito"),
    "pt": ("escreveu", "escreveram"),
    "it": ("ha scritto", "scrive"),
    "ca": ("va escriure", "ha escrit"),
    "gl": ("escribiu",),
    "eu": ("idatzi du", "igorleak hau idatzi zuen"),
    "nl": ("schreef", "geschreven", "het volgende geschreven"),
    "da": ("skrev", "skrev følgende"),
    "nb": ("skrev", "skreiv"),
    "sv": ("skrev",),
    "is": ("skrifaði",),
    "fi": ("kirjoitti",),
    "et": ("kirjutas",),
    "lv": ("rakstīja",),
    "lt": ("rašė", "parašė"),
    "pl": ("napisał", "napisała", "napisał(a)", "napisał/a", "pisze"),
    "cs": ("napsal", "napsala", "napsal(a)"),
    "sk": ("napísal", "napísala", "napísal(a)"),
    "sl": ("je napisal", "je napisala", "je oseba"),
    "hr": ("napisao je", "je napisao", "je napisala", "napisao/la", "piše"),
    "sr": ("је написао", "је написала", "је написао/ла"),
    "bg": ("написа",),
    "mk": ("напиша",),
    "ru": ("написал", "написала", "написал(а)", "пишет", "писал"),
    "uk": ("пише", "написав", "написала", "написав(ла)"),
    "be": ("напісаў", "піша"),
    "hu": ("írta", "ezt írta", "a következőt írta"),
    "ro": ("a scris",),
    "sq": ("shkroi",),
    "el": ("έγραψε", "έγραψε:"),
    "tr": ("şunu yazdı", "yazdı", "tarihinde şunları yazdı"),
    "he": ("כתב", "כתבה", "מאת", "כתב/ה"),
    "ar": ("كتب", "كتبت", "كتب ما يلي"),
    "fa": ("نوشت", "نوشته است"),
    "hi": ("लिखा", "ने लिखा"),
    "th": ("เขียนว่า", "เขียน", "ได้เขียน"),
    "vi": ("đã viết", "viết"),
    "id": ("menulis", "menulis pesan"),
    "ja": ("書きました", "のメール", "のメッセージ", "wrote"),
    "zh": ("写道", "寫道", "撰写", "撰寫", "来信", "来信说"),
    "ko": ("작성", "님이 작성", "쓴 글", "썼습니다"),
}
"""Words that end an attribution or stand in its middle. Turkish, Hungarian and Japanese put them last."""

OPENERS = (
    "on", "at", "am", "le", "el", "em", "a", "il", "op", "den", "d.", "dne", "dňa", "dana", "dnia", "w dniu", "le", "la", "în", "pe", "στις",
    "στο", "ב", "ביום", "בתאריך", "في", "يوم", "в", "на", "у", "vào", "pada", "เมื่อ", "在", "於", "于", "em", "às", "el dia", "kl",
)  # fmt: skip
"""First words of an attribution that begins neither with a date nor with an address."""

LABELS: dict[str, tuple[str, ...]] = {
    "from": (
        "from", "von", "de", "da", "di", "van", "fra", "från", "lähettäjä", "saatja", "no", "nuo", "siuntėjas", "od", "odesílatel", "odosielateľ",
        "feladó", "de la", "expéditeur", "remitente", "mittente", "afzender", "kimden", "gönderen", "από", "מאת", "من", "от", "від", "отправитель",
        "від кого", "от кого", "від", "nga", "từ", "dari", "จาก", "发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "발신", "प्रेषक",
        "frá", "nondik", "از", "ад",
    ),
    "sent": (
        "sent", "date", "gesendet", "datum", "envoyé", "date d'envoi", "enviado", "enviado el", "enviado em", "fecha", "data", "inviato", "verzonden",
        "dato", "sendt", "skickat", "lähetetty", "päivämäärä", "saadetud", "kuupäev", "nosūtīts", "išsiųsta", "wysłano", "wysłane", "odesláno",
        "odoslané", "dátum", "küldve", "elküldve", "trimis", "data trimiterii", "tarih", "gönderildi", "gönderilme tarihi", "gönderme tarihi",
        "ημερομηνία", "στάλθηκε", "נשלח", "נשלח ב", "תאריך", "تاريخ الإرسال", "تم الإرسال", "التاريخ", "отправлено", "дата", "надіслано", "poslano",
        "послато", "изпратено", "đã gửi", "ngày", "dikirim", "tanggal", "ส่ง", "วันที่", "发送时间", "日期", "傳送時間", "寄件日期", "送信日時",
        "日付", "送信日", "보낸 날짜", "날짜", "enviat", "दिनांक", "sent at", "sent on", "sendt den",
    ),
    "to": (
        "to", "an", "à", "para", "a", "aan", "til", "till", "vastaanottaja", "saaja", "kam", "kam", "komu", "pro", "címzett", "către", "catre", "kime",
        "alıcı", "προς", "אל", "إلى", "кому", "до", "za", "prima", "đến", "tới", "kepada", "ถึง", "收件人", "收件者", "宛先", "받는 사람", "수신",
        "per a", "प्रति", "destinataire", "destinatario", "reply-to", "reply to",
    ),
    "cc": (
        "cc", "kopie", "kopi", "kopia", "kopio", "copie", "copie à", "másolat", "másolatot kap", "bilgi", "κοιν.", "עותק", "נسخة", "копия", "копія",
        "dw", "do wiadomości", "抄送", "副本", "참조", "สำเนา", "kópia", "cópia",
    ),
    "subject": (
        "subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "emne", "ämne", "aihe", "teema", "temats", "tema", "temat",
        "předmět", "predmet", "tárgy", "subiect", "konu", "θέμα", "נושא", "الموضوع", "тема", "относно", "предмет", "zadeva", "chủ đề", "perihal",
        "subjek", "subjek", "เรื่อง", "หัวเรื่อง", "主题", "主題", "主旨", "件名", "제목", "assumpte", "विषय", "efni",
    ),
}  # fmt: skip
"""Labels of the header block that Outlook and others put above the mail that is answered."""

ORIGINAL = (
    "original message", "original appointment", "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "message d'origine",
    "message original", "message transféré", "mensaje original", "mensagem original", "messaggio originale", "messaggio original",
    "oorspronkelijk bericht", "origineel bericht", "oprindelig meddelelse", "original meddelelse", "opprinnelig melding", "original melding",
    "ursprungligt meddelande", "originalmeddelande", "alkuperäinen viesti", "algne sõnum", "wiadomość oryginalna", "oryginalna wiadomość",
    "původní zpráva", "pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original", "mesajul inițial", "orijinal ileti",
    "özgün ileti", "orijinal mesaj", "αρχικό μήνυμα", "הודעה מקורית", "الرسالة الأصلية", "رسالة أصلية", "исходное сообщение", "оригинал сообщения",
    "оригінальне повідомлення", "izvorno sporočilo", "izvorna poruka", "originalna poruka", "оригинално съобщение", "tin nhắn gốc",
    "thư gốc", "pesan asli", "ข้อความดั้งเดิม", "ข้อความต้นฉบับ", "原始邮件", "原邮件", "原始郵件", "元のメッセージ", "원본 메시지", "원본 메일",
    "missatge original", "reply message",
)  # fmt: skip

FORWARDED = (
    "forwarded message", "begin forwarded message", "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "message transféré",
    "début du message transféré", "début du message réexpédié", "mensaje reenviado", "inicio del mensaje reenviado", "mensagem encaminhada",
    "mensagem reencaminhada", "início da mensagem reencaminhada", "messaggio inoltrato", "inizio messaggio inoltrato", "doorgestuurd bericht",
    "begin doorgestuurd bericht", "videresendt meddelelse", "videresendt besked", "start på videresendt besked", "videresendt melding",
    "vidarebefordrat meddelande", "vidarebefordrat brev", "välitetty viesti", "edelleenlähetetty viesti", "alkaa välitetty viesti",
    "edastatud kiri", "treść przekazanej wiadomości", "wiadomość przekazana dalej", "początek przekazywanej wiadomości", "přeposlaná zpráva",
    "preposlaná správa", "továbbított üzenet", "továbbított levél", "mesaj redirecționat", "mesaj transmis", "iletilen mesaj", "yönlendirilen ileti",
    "iletilmiş mesaj", "προωθημένο μήνυμα", "הודעה שהועברה", "رسالة معاد توجيهها", "رسالة مُعاد توجيهها", "пересылаемое сообщение",
    "пересланное сообщение", "перенаправленное сообщение", "переслане повідомлення", "пересилається повідомлення", "posredovano sporočilo",
    "proslijeđena poruka", "prosleđena poruka", "препратено съобщение", "thư chuyển tiếp", "pesan terusan", "ข้อความที่ส่งต่อ", "转发的邮件", "转发邮件",
    "已转发邮件", "轉寄郵件", "轉寄的郵件", "転送メッセージ", "転送されたメッセージ", "전달된 메시지", "전달된 메일", "missatge reenviat",
)  # fmt: skip

FORWARD_PREFIXES = (
    "fw", "fwd", "wg", "tr", "rv", "enc", "i", "fs", "vs", "vb", "vl", "doorst", "pd", "továbbítás", "ilt", "προώθ", "הועבר", "פ", "إعادة توجيه",
    "转发", "轉寄", "転送", "전달", "تمرير", "пересл", "rif",
)  # fmt: skip
"""How the subject of a forward begins. "VS" also begins a Finnish answer; then more text is kept, which harms less."""

ANSWER_PREFIXES = (
    "re", "aw", "antw", "antwort", "réf", "ref", "rép", "r", "rif", "res", "resp", "sv", "vs", "odp", "atb", "ats", "vá", "ynt", "yan", "cevap", "bls",
    "balas", "απ", "σχετ", "ответ", "отв", "на", "відп", "адк", "отг", "hf", "нa", "回复", "回覆", "答复", "答覆", "返信", "회신", "답장", "trả lời",
    "ตอบกลับ", "رد", "الرد", "תשובה", "השב", "پاسخ", "re：", "ré", "risp", "opt", "vas", "odg", "одг",
)  # fmt: skip
"""How the subject of an answer begins, by the programs of many languages."""

SENT_FROM = (
    r"sent (?:from|via|with|using|by) \S", r"sent from (?:my|outlook|mail|yahoo|gmail|proton|mailbox)", r"from my iphone", r"get \[?outlook for ",
    r"(?:von|vom) meine[mr]? .{1,40}gesendet", r"gesendet (?:von|mit|über|vom|aus) ", r"diese nachricht wurde von .{1,60}gesendet",
    r"envoyé (?:de|depuis|à partir de|avec|par) ", r"télécharge[rz] outlook pour ", r"enviado (?:desde|do|de|a partir do|via|con|com|pelo) ",
    r"obtener outlook para ", r"obter o outlook ", r"inviato (?:da|dal|con|tramite) ", r"ottieni outlook per ",
    r"verzonden (?:vanaf|met|via|vanuit) ", r"verstuurd (?:vanaf|met|via) ", r"outlook voor \w+ downloaden", r"sendt fra ", r"skickat från ",
    r"skickades från ", r"hämta outlook för ", r"lähetetty .{1,40}(?:sta|stä|lla|llä)\b", r"hanki outlook ", r"saadetud minu ",
    r"wysłan[eoy] z ", r"pobierz outlook", r"odesláno z ", r"odoslané z ", r"az? .{1,30}(?:ról|ről|ból|ből) küldve", r"elküldve ",
    r"trimis de pe ", r"trimis din ", r"obțineți outlook pentru ", r".{1,40}(?:dan|den|tan|ten|ımdan|imden) gönderildi",
    r"(?:στάλθηκε|εστάλη) από ", r"נשלח מה", r"נשלח מ", r"أرسل(?:ت)? من ", r"تم الإرسال من ", r"отправлено (?:с|из) ",
    r"надіслано з ", r"poslano (?:z|s) ", r"gửi từ ", r"được gửi từ ", r"dikirim dari ", r"ส่งจาก", r"发自我的", r"發自我的", r"从我的 ?.{1,20}发送",
    r"從我的 ?.{1,20}傳送", r"(?:私の)? ?.{1,20}から送信", r"(?:나의|내) ?.{1,20}에서 보냄", r"enviat des de ", r"надіслано за допомогою ",
)  # fmt: skip
"""Beginnings of the line that a phone or a program puts under its owner's words."""
