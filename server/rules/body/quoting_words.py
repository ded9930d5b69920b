"""What mail programs write around the mail that is answered, by language: data of `history` and `quoting`."""

from __future__ import annotations

WROTE: dict[str, tuple[str, ...]] = {
    "en": ("wrote", "writes", "said"),
    "de": ("schrieb", "schrieben", "hat geschrieben"),
    "fr": ("a écrit", "a ecrit", "écrit"),
    "es": ("escribió", "escribio", "ha escrito"),
    "pt": ("escreveu", "escreveram", "escrito por"),
    "it": ("ha scritto", "scrive"),
    "ca": ("va escriure", "ha escrit"),
    "gl": ("escribiu",),
    "eu": ("idatzi du", "igorleak hau idatzi zuen"),
    "nl": ("schreef", "geschreven", "het volgende geschreven"),
    "da": ("skrev",),
    "nb": ("skrev", "skreiv"),
    "sv": ("skrev",),
    "is": ("skrifaði",),
    "fi": ("kirjoitti",),
    "et": ("kirjutas",),
    "lv": ("rakstīja",),
    "lt": ("rašė", "parašė"),
    "pl": ("napisał", "napisała", "napisał(a)", "napisał/a", "pisze", "napisana przez", "napisano"),
    "cs": ("napsal", "napsala", "napsal(a)"),
    "sk": ("napísal", "napísala", "napísal(a)", "napísal/a"),
    "sl": ("je napisal", "je napisala", "je oseba", "napisala", "napisal"),
    "hr": ("napisao je", "napisala je", "je napisao", "je napisala", "napisao/la", "piše"),
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
    "tr": ("şunu yazdı", "şunları yazdı", "yazdı", "yazmış"),
    "he": ("כתב", "כתבה", "מאת", "כתב/ה"),
    "ar": ("كتب", "كتبت", "كتب ما يلي", "كتابة ما يلي"),
    "fa": ("نوشت", "نوشته است"),
    "hi": ("लिखा", "ने लिखा"),
    "th": ("เขียนว่า", "เขียน", "ได้เขียน"),
    "vi": ("đã viết", "viết"),
    "id": ("menulis", "menulis pesan"),
    "ja": ("書きました", "のメール", "のメッセージ", "wrote"),
    "zh": ("写道", "寫道", "撰写", "撰寫", "来信", "来信说", "写到", "寫到"),
    "ko": ("작성", "님이 작성", "쓴 글", "썼습니다"),
}
"""Words that end an attribution or stand in its middle. Turkish, Hungarian and Japanese put them last."""

OPENERS = (
    "on", "at", "am", "le", "el", "em", "a", "il", "op", "den", "d.", "dne", "dňa", "dana", "dnia", "w dniu", "le", "la", "în", "pe", "στις",
    "στο", "ב", "ביום", "בתאריך", "في", "يوم", "в", "на", "у", "vào", "pada", "เมื่อ", "ในวันที่", "在", "於", "于", "às", "el dia", "kl", "no dia", "o",
    "dana", "v", "ons", "më", "kuupäev", "در تاریخ", "missatge de", "wiadomość napisana", "il giorno",
)  # fmt: skip
"""First words of an attribution that begins neither with a date nor with an address."""

LABELS: dict[str, tuple[str, ...]] = {
    "from": (
        "from", "von", "de", "da", "di", "van", "fra", "från", "lähettäjä", "saatja", "no", "nuo", "siuntėjas", "od", "odesílatel", "odosielateľ",
        "feladó", "de la", "expéditeur", "remitente", "mittente", "afzender", "kimden", "gönderen", "από", "מאת", "من", "от", "від", "отправитель",
        "від кого", "от кого", "від", "nga", "từ", "dari", "จาก", "发件人", "寄件者", "寄件人", "差出人", "送信者", "보낸 사람", "발신", "प्रेषक",
        "frá", "nondik", "از", "ад", "од", "šalje", "daripada", "发信人", "發件人", "보낸사람", "보낸이",
    ),
    "sent": (
        "sent", "date", "gesendet", "datum", "envoyé", "date d'envoi", "enviado", "enviado el", "enviado em", "fecha", "data", "inviato", "verzonden",
        "dato", "sendt", "skickat", "lähetetty", "päivämäärä", "saadetud", "kuupäev", "nosūtīts", "išsiųsta", "wysłano", "wysłane", "odesláno",
        "odoslané", "dátum", "küldve", "elküldve", "trimis", "data trimiterii", "tarih", "gönderildi", "gönderilme tarihi", "gönderme tarihi",
        "ημερομηνία", "στάλθηκε", "נשלח", "נשלח ב", "תאריך", "تاريخ الإرسال", "تم الإرسال", "التاريخ", "отправлено", "дата", "надіслано", "poslano",
        "послато", "изпратено", "đã gửi", "ngày", "dikirim", "tanggal", "ส่ง", "วันที่", "发送时间", "日期", "傳送時間", "寄件日期", "送信日時",
        "日付", "送信日", "보낸 날짜", "날짜", "enviat", "दिनांक", "sent at", "sent on", "sendt den",
        "enviada", "enviada em", "bidalia", "испратено", "адпраўлена", "dërguar", "ارسال شده", "تاریخ", "dihantar", "tarikh", "发件时间", "發送時間",
        "发送日期", "時間", "时间", "received", "date et heure", "datums", "data wysłania", "datum odeslání", "datum a čas",
    ),
    "to": (
        "to", "an", "à", "para", "a", "aan", "til", "till", "vastaanottaja", "saaja", "kam", "kam", "komu", "pro", "címzett", "către", "catre", "kime",
        "alıcı", "προς", "אל", "إلى", "кому", "до", "za", "prima", "đến", "tới", "kepada", "ถึง", "收件人", "收件者", "宛先", "받는 사람", "수신",
        "per a", "प्रति", "destinataire", "destinatario", "reply-to", "reply to",
        "risposta", "antwort an", "répondre à", "responder a", "responder para", "do", "nora", "adressaat", "каму", "për", "به", "за", "收信人", "받는사람", "받는이",
    ),
    "other": (
        "importance", "priority", "x-priority", "sensitivity", "attachments", "attachment", "categories", "bcc", "mailed-by", "signed-by", "wichtigkeit", "priorität",
        "anlagen", "anhänge", "pièces jointes", "importancia", "prioridad", "datos adjuntos", "anexos", "prioridade", "importância", "priorità", "importanza", "allegati",
        "urgentie", "prioriteit", "bijlagen", "prioritet", "vikt", "bifogade filer", "bilagor", "vedhæftede filer", "vedlegg", "prioriteetti", "liitteet", "załączniki", "ważność",
        "priorytet", "přílohy", "důležitost", "prílohy", "mellékletek", "fontosság", "atașări", "ekler", "önem", "вложения", "важность", "приоритет", "вкладення", "συνημμένα",
        "添付ファイル", "重要度", "附件", "重要性", "첨부 파일", "첨부", "중요도", "bijlage", "flag", "followup flag", "in-reply-to", "message-id", "list-id", "organization",
    ),
    "cc": (
        "cc", "kopie", "kopi", "kopia", "kopio", "copie", "copie à", "másolat", "másolatot kap", "bilgi", "κοιν.", "עותק", "נسخة", "копия", "копія",
        "dw", "do wiadomości", "抄送", "副本", "참조", "สำเนา", "kópia", "cópia",
    ),
    "subject": (
        "subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "emne", "ämne", "aihe", "teema", "temats", "tema", "temat",
        "předmět", "predmet", "tárgy", "subiect", "konu", "θέμα", "נושא", "الموضوع", "тема", "относно", "предмет", "zadeva", "chủ đề", "perihal",
        "subjek", "subjek", "เรื่อง", "หัวเรื่อง", "主题", "主題", "主旨", "件名", "제목", "assumpte", "विषय", "efni",
        "gaia", "наслов", "тэма", "subjekti", "موضوع", "tēma", "naslov", "asia", "题目", "标题",
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
    "missatge original", "reply message", "replied message", "mail original", "courriel d'origine", "courrier d'origine", "původní e-mail",
    "pôvodný e-mail", "ursprüngliche mail", "ursprüngliche e-mail", "originele bericht", "original mail", "original email", "original e-mail",
    "e-mail original", "correo original", "email originale", "wiadomość pierwotna", "eredeti levél", "mesaj inițial", "исходное письмо",
    "原邮件信息", "回复的原邮件", "回复的邮件", "원본 이메일", "元のメール", "original", "mesej asal", "izvorni mail", "původní mail",
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
    "转发", "轉寄", "转寄", "転送", "전달", "تمرير", "пересл", "chuyển tiếp", "ed", "preposl", "przek", "doorgestuurd", "videresend", "transf",
)  # fmt: skip
"""How the subject of a forward begins. "VS" begins a Danish or Norwegian forward and a Finnish or Estonian answer."""

ANSWER_PREFIXES = (
    "re", "aw", "antw", "antwort", "réf", "ref", "rép", "r", "rif", "res", "resp", "sv", "vs", "odp", "atb", "ats", "vá", "ynt", "yan", "cevap", "bls",
    "balas", "απ", "σχετ", "ответ", "отв", "на", "відп", "адк", "отг", "hf", "нa", "回复", "回覆", "答复", "答覆", "返信", "회신", "답장", "trả lời",
    "ตอบกลับ", "ตอบ", "رد", "الرد", "תשובה", "תגובה", "השב", "پاسخ", "ré", "risp", "odg", "одг", "svar", "réponse", "réponse à", "respuesta", "resposta",
    "risposta", "antwoord", "odpověď", "odpoveď", "odpowiedź", "válasz", "răspuns", "yanıt", "відповідь", "답변", "phúc đáp", "reaction", "accepted",
)  # fmt: skip
"""How the subject of an answer begins, by the programs of many languages."""

ANSWERS_IN_FINNISH = ("lähettäjä:", "vastaanottaja:", "kirjoitti", "saatja:", "kirjutas")
"""Words of programs that show that "VS:" begins an answer."""

QUOTING = (
    "quoting", "zitat von", "citando a", "citando", "citation de", "quotando", "citeren", "citat från", "citerar", "citat fra", "siterer",
    "cytowanie", "cytuję", "citování", "idézet", "citez pe", "alıntı", "цитирую", "цитата от", "lainaus", "quota", "cita de", "selon", "en réponse à",
)  # fmt: skip
"""What Horde and others write before a name above a quote."""

REPLY_ABOVE = (
    r"reply above (?:this|the) line", r"(?:type|write|enter|add) your (?:reply|response) above (?:this|the) line", r"reply (?:directly )?above this",
    r"respond above this line", r"antwort(?:en sie)? (?:bitte )?(?:über|oberhalb) (?:dieser|dieser) (?:zeile|linie)",
    r"(?:geben|schreiben) sie ihre antwort (?:bitte )?(?:über|oberhalb) (?:von )?dieser (?:zeile|linie)",
    r"(?:(?:saisir|saisissez|écrire|écrivez|taper|tapez|entrer|entrez) votre réponse|répondre|réponse|répondez) (?:au-dessus de|au dessus de) cette ligne", r"(?:respuesta|responda|conteste|escriba) (?:.{0,20})?(?:encima|arriba) de esta línea",
    r"(?:responda|resposta|responder) acima d(?:a|esta) linha", r"(?:rispondi|risposta|rispondere) sopra (?:a )?questa (?:riga|linea)",
    r"(?:antwoord|reactie|antwoorden) boven deze (?:regel|lijn)", r"(?:svar|svara|svaret) (?:över|ovanför|over|ovenfor) den(?:na| här|ne)? ?(?:raden|linje|linjen)",
    r"vastaa(?:us)? tämän rivin yläpuolelle", r"odpowie(?:dz|dź) powyżej tej linii", r"odpověď nad t(?:ento|uto) řád(?:ek|ku)", r"válasz(?:át)? e fölé a sor fölé",
    r"răspuns(?:ul)? deasupra acestei linii", r"yanıtınızı bu satırın üst(?:üne|ünde)", r"ответ (?:выше|над) (?:этой )?(?:линии|строкой|строки|чертой)",
    r"відповідь (?:вище|над) (?:цим )?рядк(?:ом|а)", r"この(?:行|線)(?:より|の)上に", r"请?在此(?:行|线)(?:以|之)?上(?:方)?(?:回复|输入)", r"이 (?:줄|선) 위에",
)  # fmt: skip
"""What ticket systems write above the mail that they ask to answer."""

POINTERS: tuple[tuple[str, str], ...] = (
    (
        r"answer|repl(?:y|ies|ied)\b|comment|respon[sd]|remark|notes\b|annotat|feedback|correction|input\b",
        (r"below|underneath|inline|in[- ]line|interspersed|embedded|in between|scroll down|between (?:the|your) (?:lines|questions)|further down|highlighted|"
        r"(?:in|within|into|inside|throughout) (?:your|the|his|her|their|this) (?:\w+ )?(?:text|e?-?mails?|message|questions?|body|thread|quote|original)|"
        r"(?:under|after|behind|beside|beneath|next to) (?:each|every|your|the) (?:\w+ )?(?:questions?|points?|items?|lines?|paragraphs?)|"
        r"in (?:\w+ )?(?:red|blue|green|purple|orange|pink|yellow|brown|magenta|bold|italics?|capitals?|caps|colou?r)\b"),
    ),
    (
        r"see\b|find\b|look\b|read\b|wrote\b|written\b|added\b|marked\b|changed\b|mine\b",
        (r"inline\b|in[- ]line\b|below in\b|below[:.]?$|in (?:\w+ )?(?:red|blue|green|purple|orange|pink|bold|italics|caps|colou?r)\b|"
        r"between (?:the|your) lines|(?:my|our) (?:\w+ )?(?:\w+ )?below"),
    ),
    (
        r"antwort|beantwort|geantwortet|kommentar|kommentier|anmerk|bemerk|rückmeld|ergänz|notizen|stell?ungnahme",
        (r"unten|unterhalb|untenstehend|darunter|dazwischen|zwischen den (?:zeilen|fragen)|inline|farbig|"
        r"(?:in|mit|auf) (?:\w+ )?(?:rot|blau|grün|lila|orange|pink|gelb|fett|kursiv|farbe)\b|rot (?:markiert|geschrieben)|direkt im|"
        r"(?:im|in den|in ihrem|in ihren|in deinem|in eurem) (?:\w+ )?(?:text|fließtext|mailtext|verlauf)|in (?:ihrer|deiner|eurer|der|ihre|deine) (?:\w+ )?(?:e-?mail|mail|nachricht|anfrage)|"
        r"(?:unter|hinter|nach|neben) (?:den|der|jeder|ihren|deinen) (?:\w+ )?(?:fragen?|punkte?n?|zeilen?)"),
    ),
    (
        r"siehe|seht\b|sieh\b|finde[nt]?\b|markier|geschrieben|steh(?:t|en)\b|eingetragen",
        r"unten\b.{0,30}(?:rot|blau|grün|text|farb)|(?:in|mit) (?:\w+ )?(?:rot|blau|grün|lila|orange|fett|kursiv|farbe)\b|farbig|inline|unten[:.]?$|direkt im text",
    ),
    (
        r"répon[sd]|comment|remarque|annot|précision|modif",
        (r"ci-?dessous|ci-?après|plus bas|en (?:rouge|bleu|vert|violet|orange|gras|italique|couleur)|dans le corps|entre (?:les|vos) lignes|en ligne|"
        r"dans (?:le|votre|ton|vos) (?:\w+ )?(?:texte|mail|e-?mail|message|courriel|corps)|après chaque|à la suite de (?:vos|chaque|chacune)|sous (?:chaque|vos|les) (?:\w+ )?(?:questions?|points?)|au fil du texte"),
    ),
    (r"voir\b|voyez\b|trouve", r"en (?:rouge|bleu|vert|violet|orange|gras)|dans le corps|au fil du texte|ci-?dessous[:.]?$"),
    (
        r"respuesta|respond|contest|comentari|observaci|anot|aclaraci",
        (r"abajo|debajo|a continuación|en (?:color )?(?:rojo|azul|verde|negrita|naranja|morado|mayúsculas)|entre líneas|en línea|intercalad|"
        r"en (?:el|tu|su|el mismo) (?:\w+ )?(?:texto|correo|mensaje|cuerpo|mail|email)|(?:tras|después de|bajo) cada"),
    ),
    (r"ver\b|vea\b|véase|mira\b|marc", r"en (?:color )?(?:rojo|azul|verde|negrita)|más abajo[:.]?$"),
    (
        r"respost|respond|comentári|coment|observaç|anot",
        (r"abaixo|a seguir|em (?:vermelho|azul|verde|negrito|laranja|roxo|maiúsculas)|a (?:vermelho|azul|verde)|entre (?:as )?linhas|inline|intercalad|"
        r"n[oa] (?:corpo|próprio|meio|seu |sua |tua |teu )?(?:texto|e-?mail|mensagem|mail)|no corpo"),
    ),
    (r"ver\b|veja|vide\b|segue", r"em (?:vermelho|azul|verde|negrito)|a (?:vermelho|azul)\b"),
    (
        r"rispost|rispond|comment|osservazion|annotazion",
        (r"sotto|di seguito|in (?:rosso|blu|verde|grassetto|arancione|viola|maiuscolo)|nel (?:testo|corpo|tuo|suo|vostro)|nell[ae]' ?(?:tua |sua |vostra )?e?-?mail|"
        r"nella (?:tua |sua |vostra )?mail|tra le righe|inline|in linea|in calce|più in basso"),
    ),
    (r"ved[ie]|veda\b|trov|evidenzi", r"in (?:rosso|blu|verde|grassetto)|qui sotto[:.]?$"),
    (
        r"antwoord|beantwoord|reactie|reageer|opmerking|commenta|aanvulling|toelichting",
        (r"hieronder|onderaan|onderstaand|beneden|in (?:het )?(?:rood|blauw|groen|vet|oranje|paars|cursief)|tussen de (?:regels|vragen)|inline|tussendoor|verderop|"
        r"in (?:de|het|uw|je|jouw) (?:\w+ )?(?:tekst|mail|e-?mail|bericht)"),
    ),
    (r"zie\b|vind|gemarkeerd", r"in (?:het )?(?:rood|blauw|groen|vet)\b|inline"),
    (
        r"svar|besvar|kommentar|kommenter|anmärkning|bemærkning|merknad|synpunkt",
        (r"nedan|nedanför|nedenfor|herunder|under(?: i teksten| i texten| hver| dine| deres| varje| spørsm| spørgsm|\W*$)|i (?:rött|blått|grönt|rødt|blåt|grønt|fet)|med (?:rött|rødt|blått|blåt|grønt|grönt|rød|blå|röd)|inline|"
        r"i (?:texten|teksten|mailen|mejlet|meddelandet|meldingen|e-posten|din mail|ditt mail|ditt mejl)|mellan raderna|mellem linjerne|mellom linjene|direkt i|direkte i"),
    ),
    (r"se\b|markerat|skrivit|skrevet", r"i (?:rött|blått|grönt|rødt|blåt|grønt)|med (?:rött|rødt|blått|blåt)|(?:nedan|nedenfor)[:.]?$"),
    (
        r"vasta(?:u|si|an|sin)|kommen|huomautu|merkin|lisäyks|ks\b|katso",
        r"alla\b|alle\b|alempana|punaisella|sinisellä|vihreällä|lihavoit|tekstin (?:seassa|joukossa|lomassa|sekaan|joukkoon)|viestin (?:sisällä|seassa)|rivien väli|inline",
    ),
    (
        r"odpowied|odpowiada|odpisa|odpisuj|komentarz|uwagi|dopis|zaznacz|patrz",
        (r"poniżej|niżej|na (?:czerwono|niebiesko|zielono)|(?:czerwonym|niebieskim|zielonym) kolor|kolorem|między wierszami|pod (?:pytaniami|każdym)|inline|pogrubi|"
        r"w (?:treści|tekście|pani mailu|pana mailu|twoim mailu|mailu)"),
    ),
    (
        r"odpov|komentář|komentár|poznámk|dopl[nň]|viz\b|viď\b",
        r"níže|nižšie|dole|pod(?: každ| otáz|tím)|červen|modř|modr|zelen|tučn|v (?:textu|texte|mailu|maile|e-mailu|tvém|vašem|vašom)|mezi řádky|medzi riadk|inline",
    ),
    (
        r"válasz|megjegyzés|hozzáfűz|kiegészít|lásd",
        r"lent|lentebb|alább|alul|alatt|piros|kék|zöld|vastag|a szövegben|a levélben|a leveledben|a levelében|sorok között|közé|inline",
    ),
    (r"răspuns|raspuns|răspund|comentari|observați", r"mai jos|dedesubt|cu (?:roșu|rosu|albastru|verde|bold)|în (?:text|corpul|mesaj|mailul)|in text|printre rânduri|inline"),
    (r"cevap|yanıt|yorum|notlar", r"aşağı|altta|altında|kırmızı|mavi|yeşil|kalın|metin(?:de| içinde)|(?:mail|e-posta)\w* içinde|satır ara|inline|renk"),
    (
        r"ответ|отвеч|коммент|замечани|примечани|пометк|дописал",
        r"ниже|внизу|красн|син(?:им|ий|его)|зел[её]н|жирн|цветом|в (?:тексте|теле|вашем письме|твоем письме|твоём письме)|между строк|под (?:вопрос|каждым)|inline|курсив",
    ),
    (r"відпов|комент|зауваж|примітк", r"нижче|внизу|червон|син(?:ім|ій)|зелен|жирн|кольором|[ув] (?:тексті|вашому листі|твоєму листі)|між рядк|під (?:питан|кожним)"),
    (r"απαντ|απάντ|σχόλι|σημειώσ|παρατηρ", r"παρακάτω|κάτω|κόκκιν|μπλε|πράσιν|έντον|στο (?:κείμενο|μήνυμα|σώμα|μέιλ|email)|ανάμεσα|ενδιάμεσα|inline"),
    (r"回答|返信|返答|コメント|追記|記入|答え", r"下記|以下に|下に|赤字|赤文字|赤色|青字|青文字|青色|緑|太字|本文中|文中|文面中|行間|インライン|下方"),
    (r"回复|回覆|答复|答覆|回答|批注|评论|意见|意見|标注|標註", r"下面|下方|以下|如下|下文|红色|紅色|红字|紅字|蓝色|藍色|绿色|綠色|粗体|粗體|文中|正文|邮件中|郵件中|行间|原文"),
    (r"답변|답장|회신|코멘트|의견|댓글", r"아래|밑에|빨간|빨강|파란|파랑|초록|녹색|굵게|본문|사이에|중간에|인라인|붉은"),
    (r"تعليق|إجاب|ردود|ردي|ملاحظ", r"أدناه|بالأحمر|بالأزرق|باللون|داخل النص|في النص|بين السطور"),
    (r"תשוב|תגוב|הערות|עניתי", r"למטה|להלן|באדום|בכחול|בירוק|בגוף|בין השורות|בתוך"),
    (r"trả lời|phản hồi|nhận xét", r"bên dưới|dưới đây|màu đỏ|màu xanh|trong nội dung|xen kẽ"),
    (r"jawab|komentar|balasan", r"di bawah|warna merah|warna biru|dalam teks|di dalam email"),
    (r"odgovor|odgovar|komentar", r"ispod|niže|spodaj|crven|plav|rdeč|modr|u tekstu|v besedilu"),
    (r"отговор|коментар|одговор", r"по-долу|долу|испод|червен|црвен|син|зелен|в текста|в писмото|у тексту"),
)  # fmt: skip
"""For a language each: words for an answer, and words for its place in the mail below. Both in one sentence point there."""

POINTS = (
    r"in[- ]?line\b(?=\W*$| (?:answers?|replies|comments?))", r"(?:answers?|replies|comments?|notes) in[- ]?line", r"interspersed", r"see (?:also |my |our )?(?:\w+ )?(?:below|underneath|inline)",
    r"(?:siehe|s\.) ?(?:bitte )?(?:u\.|unten)", r"voir (?:plus bas|ci-?dessous)", r"(?:ver|vea) (?:más )?abajo", r"(?:ver|vide|veja) abaixo", r"vedi (?:qui )?sotto", r"zie (?:hieronder|onder)\b",
    r"se (?:nedan|nedenfor|under)\b", r"ks\.? alla", r"(?:patrz|zob\.|zobacz) (?:poniżej|niżej)", r"viz níže", r"viď nižšie", r"lásd (?:lent|alább)", r"vezi mai jos", r"(?:bkz\.? aşağı|aşağıya bak)",
    r"см\.? ?ниже", r"смотри(?:те)? ниже", r"див\.? ?нижче", r"βλ(?:έπε|\.) ?παρακάτω", r"δείτε παρακάτω",
    r"see (?:my |our |the )?(?:comments?|notes|remarks|responses|replies|answers|bold|red|blue|green|purple|caps)\b", r"(?:comments?|answers?|replies) (?:inside|within|follow|by point|after each|next to)",
    r"(?:replied|answered|responded|commented)(?: to)? (?:each|every|all)\b", r"point by point", r"(?:next to|under|below|beneath|after) (?:your|each|every) (?:points?|questions?|q\b|bullets?|items?)", r"(?:bold|caps|red|blue) (?:text |type |ones? )?(?:is|are|=) (?:mine|ours|my)",
    r"marked (?:mine|ours|my \w+) with", r"my (?:two cents|thoughts|input|views?) (?:beneath|below|underneath|inside|next to)", r"scroll (?:down )?to the bottom", r"see (?:after|behind) the >+", r"see \w{1,8}: for my",
    r"siehe (?:meine |unsere )?(?:kommentare|antworten|anmerkungen)", r"(?:anbei|hier)(?: sind)? (?:die|meine|unsere) antworten", r"(?:direkt )?bei den (?:fragen|punkten)", r"weiter unten", r"(?:rot|blau|grün|fett|kursiv) ?= ?(?:meine|unsere|von mir)", r"punkt für punkt",
    r"voir (?:mes|nos) (?:commentaires|réponses|remarques)", r"(?:cf\.?|voir) infra", r"(?:réponse|réponses) suit|suivent chaque", r"point par point", r"ver mis (?:comentarios|respuestas)", r"punto por punto", r"sobre tu correo", r"vedi (?:i miei |le mie )?(?:commenti|risposte)", r"punto per punto",
    r"ponto (?:a|por) ponto", r"zie (?:mijn |onze )?(?:opmerkingen|antwoorden|commentaar)", r"bij (?:elk|ieder|elke|iedere) (?:punt|vraag)", r"punt voor punt", r"(?:ved|vid) (?:hvert|varje|hver) (?:punkt|spørgsmål|spørsmål|fråga)", r"punkt för punkt|punkt for punkt", r"kohta kohdalta",
    r"u každého (?:bodu|dotazu)|pri každom bode", r"bod po bodu|bod po bode", r"punkt po punkcie", r"pontról pontra", r"punct cu punct", r"madde madde", r"по пунктам", r"по пунктах",
    r"in (?:red|blue|green) below", r"below in (?:red|blue|green)", r"(?:unten|weiter unten) in (?:rot|blau|grün)",
)  # fmt: skip
"""Phrases that point into the mail below by themselves."""

POINTS_WITHOUT_SPACES = (r"インライン", r"赤字", r"青字", r"赤文字", r"见下[文方面]", r"見下[文方面]", r"红字", r"紅字", r"蓝字", r"藍字", r"인라인", r"아래 참조", r"请看我的回复", r"請看我的回覆", r"逐[条條点點]", r"一つずつ回答", r"하나씩 답변")  # fmt: skip
"""The same in languages that put no space between words."""
