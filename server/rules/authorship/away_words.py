"""How answering machines begin their subjects, and how people say that they are away, by language (ISO 639-1)."""

from __future__ import annotations

import re

ANSWER: dict[str, tuple[str, ...]] = {
    "en": (
        r"auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer)", r"automatic message", r"vacation responder",
    ),
    "de": (
        r"auto(?:matische)?[ -]?antwort(?:mail)?", r"automatische abwesenheits\w{4,20}",
        r"abwesenheits(?:notiz|nachricht|meldung|assistent|benachrichtigung|info)", r"urlaubs(?:notiz|meldung)",
    ),
    "fr": (
        r"r[ée]ponse automatique(?: d['\u2019]absence)?", r"(?:message|avis) d['\u2019]absence", r"absence du bureau",
    ),
    "es": (r"respuesta autom[áa]tica", r"mensaje autom[áa]tico"),
    "ca, eu": (r"resposta autom[àa]tica", r"erantzun automatikoa"),
    "is, cy, ga": (r"sjálfvirkt svar", r"ateb awtomatig", r"freagra uathoibríoch"),
    "pt": (r"resposta autom[áa]tica", r"mensagem autom[áa]tica"),
    "it": (r"risposta automatica", r"messaggio automatico"),
    "nl": (r"automatisch antwoord", r"automatische (?:beantwoording|antwoord)", r"afwezigheids(?:melding|bericht)"),
    "sv": (r"automatiskt svar", r"autosvar", r"fr[åa]nvaromeddelande"),
    "no, da": (r"automatisk svar", r"autosvar", r"frav[æa]rs(?:melding|besked|meddelelse)"),
    "fi": (r"automaattinen vastaus", r"poissaoloilmoitus", r"poissaoloviesti"),
    "et, lv, lt": (r"automaatvastus", r"autom[āa]tisk[āa] atbilde", r"automatinis atsakymas"),
    "pl": (r"automatyczna odpowied[źz]", r"odpowied[źz] automatyczna", r"autoodpowied[źz]"),
    "cs, sk": (r"automatick[áa] odpov(?:[ěe][ďd]|e[ďd])",),
    "hu": (r"automatikus v[áa]lasz",),
    "ro": (r"r[ăa]spuns automat",),
    "sl, hr, sr": (r"samodejni odgovor", r"automatski odgovor", r"аутоматски одговор"),
    "bg": (r"автоматичен отговор",),
    "ru": (r"автоматический ответ", r"авто-?ответ(?:чик)?"),
    "uk": (r"автоматична відповідь", r"автовідповідь"),
    "el": (r"αυτόματη απάντηση",),
    "tr": (r"otomatik (?:yan[ıi]t|cevap)",),
    "ja": (r"自動(?:返信|応答)(?:メール)?", r"不在通知"),
    "zh": (r"自动(?:回复|答复)", r"自動(?:回覆|答覆|回復)"),
    "ko": (r"자동 ?(?:회신|응답|답장)", r"부재중 자동 ?(?:회신|응답)"),
    "vi": (r"(?:tự động trả lời|trả lời tự động)",),
    "id, ms": (r"bala(?:san|s) (?:otomatis|automatik)",),
    "th": (r"(?:ตอบกลับ|การตอบกลับ)อัตโนมัติ",),
    "he": (r"תשובה אוטומטית", r"מענה אוטומטי"),
    "ar": (r"(?:ال)?رد (?:ال)?تلقائي",),
    "fa": (r"پاسخ خودکار",),
    "mk, sq": (r"автоматски одговор", r"përgjigje automatike"),
    "ka, hy, az, kk": (r"ავტომატური პასუხი", r"ավտոմատ պատասխան", r"avtomatik cavab", r"автоматты жауап"),
    "bn, ur": (r"স্বয়ংক্রিয় উত্তর", r"خودکار جواب"),
    "hi": (r"स्वचालित (?:उत्तर|जवाब)",),
}  # fmt: skip
"""Names that programs give their own answers."""

ABSENT: dict[str, tuple[str, ...]] = {
    "en": (
        (
            r"(?:i(?: am|['’]m) )?(?:currently )?(?:out of (?:the )?office|away from (?:the|my) (?:office|desk)|ooo"
            r"|on (?:(?:annual|sick|maternity|paternity|parental) )?(?:vacation|leave|holiday))"
        ),
        r"(?:i(?: am|['’]m) )?(?:on )?ooo",
        r"vacation",
    ),
    "de": (
        (
            r"(?:ich bin )?(?:(?:derzeit|zurzeit|momentan|aktuell) )?"
            r"(?:bis [\w. ]{1,20} )?(?:abwesend|nicht im (?:b(?:ü|ue)ro|haus)|au(?:ß|ss)er haus)"
        ),
        r"abwesenheit",
    ),
    "fr": (r"(?:je suis )?(?:actuellement )?(?:absente?(?: du bureau)?|hors du bureau|en cong[ée]s?)", r"absence"),
    "es": (r"(?:estoy )?(?:fuera de (?:la )?oficina|ausente(?: de la oficina)?|de vacaciones)",),
    "pt": (
        r"(?:estou )?(?:fora do escrit[óo]rio|ausente do escrit[óo]rio|de f[ée]rias)",
        r"aus[êe]ncia do escrit[óo]rio",
    ),
    "it": (r"(?:sono )?(?:in ferie|fuori (?:sede|(?:dall['’])?ufficio)|assente(?: dall['’]ufficio)?)",),
    "nl": (r"(?:ik ben )?(?:momenteel )?(?:(?:niet )?a(?:f|an)wezig|niet op kantoor|buiten kantoor)", r"afwezigheid"),
    "sv": (r"(?:jag är )?(?:semesterledig|inte på kontoret|frånvarande)", r"frånvaro"),
    "no, da": (r"(?:jeg er )?(?:ikke på kontoret|ude af kontoret|fraværende)", r"fravær"),
    "fi": (r"(?:olen )?lomalla", r"poissa toimisto[ls]ta", r"poissaolo"),
    "pl": (r"(?:jestem )?(?:poza biurem|nieobecn[ya])", r"nieobecność"),
    "cs, sk": (r"mimo kancelář", r"(?:nepřítomnost|neprítomnosť)"),
    "ro": (r"în afara biroului",),
    "hu": (r"(?:házon|irodán) kívül", r"szabadságon(?: vagyok)?", r"távollét"),
    "tr": (
        r"(?:i̇|[iİ])zindeyim",
        r"(?:yan[ıi]t\s*:\s*)?(?:ofis|büro) d[ıi]ş[ıi]nda(?:y[ıi]m)?",
    ),
    "ru": (r"(?:я )?(?:нахожусь )?(?:вне офиса|не в офисе|в отпуске)",),
    "uk": (r"(?:я )?поза офісом",),
    "el": (r"(?:είμαι )?εκτός γραφείου",),
    "ja": (r"不在", r"外出中", r"休暇中"),
    "zh": (r"不在办公室", r"不在辦公室", r"休假中?"),
    "ko": (r"부재 ?중", r"휴가 ?중"),
    "he": (r"מחוץ למשרד",),
    "ar": (r"خارج المكتب",),
}
"""A person who is away may begin a subject like this too."""

HOLIDAY: dict[str, tuple[str, ...]] = {
    "en": (
        r"(?:on )?(?:(?:annual|sick|maternity|paternity|parental) leave|pto|holidays?)",
        r"(?:i(?: am|['’]m) )?away",
    ),
    "de": (r"(?:(?:im|in) )?(?:urlaub|elternzeit)", r"ferien"),
    "fr": (r"(?:en )?(?:cong[ée]s?|vacances)",),
    "es": (r"vacaciones",),
    "pt": (r"f[ée]rias",),
    "it": (r"ferie",),
    "nl": (r"(?:op )?vakantie",),
    "sv, no, da": (r"(?:på )?(?:semester|ferie)",),
    "fi": (r"loma",),
    "pl": (r"(?:na )?urlop(?:ie)?",),
    "cs, sk": (r"dovolen[áa]",),
    "ru": (r"отпуск",),
    "ja": (r"休暇",),
}
"""Nouns that people use too. Only the day of the return or the answered subject after them marks a program."""


def _beginning(phrases: dict[str, tuple[str, ...]]) -> str:
    """The beginning of a subject, after brackets or quotes at most: a person's answer to it begins with "Re"."""
    return rf"\W{{0,3}}(?:{'|'.join(p for words in phrases.values() for p in words)})(?!\w)"


ANSWER_PHRASE = re.compile(_beginning(ANSWER), re.IGNORECASE)
AUTO_PHRASE = re.compile(
    r"\W{0,3}auto:\s.{1,80}\b(?:out of|away|office|abwesend|außer haus|leave|vacation)\b", re.IGNORECASE
)
"""How Lotus Notes begins: "AUTO: Jane Doe is out of the office (returning 3 May)"."""
AWAY = re.compile(_beginning(ABSENT), re.IGNORECASE)
UNTIL = re.compile(
    r"(?:until|till|from \d|bis|vom|du \d|hasta|del? \d|até|fino|dal \d|du 1er|tot|t\.o\.m|til|asti|saakka|od \d"
    r"|do \d|t/m|până|до|с \d|έως|μέχρι|עד|حتى)(?![^\W\d])|jusqu['’]"
    r"|\d[\d./ ]{0,8}(?:asti|saakka)|[\w. ]{1,20}-ig$",
    re.IGNORECASE,
)
"""How the days of an absence begin, right behind the phrase."""
COLONS = ":："
BRACKETS = "[(（]】"
PARTICLES = ("の", "を", "について", "に関")
"""Japanese makes a thing of the bracket before them."""
OPENERS, CLOSERS = "(（", ")）"
QUESTION_MARKS = ("?", "？")
PAUSES = ";!.,|–—-)），。！"
UNTIL_DAY = re.compile(r"(?:until|till|bis|jusqu|hasta|até|fino|tot|t\.o\.m|t/m|til|do |до)", re.IGNORECASE)
NAMED_NOTE = re.compile(
    r"auto(?:\b|[- ]?re)|(?:message|notification|notice)\s*(?:$|[:：]|for\b|from\b|of\b)", re.IGNORECASE
)
"""How a program goes on that names its own note: "Out of office notification"."""
_DAY = (
    r"(?:\d|(?:jan|ene|gen|feb|f[ée]v|mar|m[äa]r|mrz|apr|avr|abr|ma[iyj]|jun|juin|giu|jul|juil|lug|aug|ao[uû]|ago|sep"
    r"|set|o[ck]t|ott|nov|d[eé][czs]|dic|mon|tue|wed|thu|fri|sat|sun|die|mit|don|fre|sam|son|lun|mer|jeu|ven|sab|dom"
    r"|mi[ée]|jue|vie|gio|maa|din|woe|vri|zat|zon|tis|ons|tors|l[öø]r|s[öø]n)\w{0,8}\b)"
)
SEPARATOR = re.compile(
    rf"[:：](?!\d)|[;；|?？!！。\[\](（]|[,，、](?!\s*{_DAY})|\s[-–—]+\s?(?!\s*{_DAY})|[–—](?!\s*{_DAY})|\s/\s|(?<!\d)\.(?=\s)"
    r"|\s(?=(?:re|aw|fwd?|wg|sv)\s?[:：])",
    re.IGNORECASE,
)
"""What ends the days of an absence; a comma or a dash before another day does not."""
ANSWERED = re.compile(r"\W{0,3}(?:re|aw|wg|sv|tr|rv|fwd?|odp|vs|ynt|antw)\s?[:：]", re.IGNORECASE)
"""The beginning of the subject that a machine answers."""
PASSED_ON = re.compile(
    r"\W{0,3}(?:re|aw|sv|vs|antw|ant|odp|rif|res|ynt|ref|fwd?|wg|tr|rv|vb|doorst|vl|enc|i|r)(?:\[\d+\])?\s?[:：]",
    re.IGNORECASE,
)
"""An answer, or mail that somebody passes on."""
RETURN = re.compile(
    r"(?:i(?:['’]ll| will) be |i am |ich bin |je serai )?(?:back|return|(?:de )?retour|zur[üu]ck|wieder"
    r"|de (?:regreso|vuelta)|regreso|vuelvo|volto|de volta|di ritorno|rientr|terug|tillba|tilba"
    r"|takaisin|powr[óo]t|wracam"
    r"|zp[ěa]t|sp[äa][tť]"
    r"|vissza|[îi]napoi|d[öo]n[üu]ş|верн|возвращ|limited|no access|復帰|返回)",
    re.IGNORECASE,
)
"""How a note goes on about itself: the return, or what the author cannot do until then."""
REQUEST = re.compile(
    r"\b(?:please|pls|kindly"
    r"|(?:can|could|would|will|do|may|shall|should) (?:you|we|i|they)|let['’]?s|let us|how (?:do|can|to)"
    r"|bitte[nt]?|(?:k[öo]nn|k[öo]nnt|d[üu]rf|soll|w[üu]rd)en|wie (?:kann|stell|geht)|merci|svp|s['’]il|pouvez|pourriez"
    r"|peut-on|veuillez|comment|por favor|pueden?|podr[íi]an?|podemos|env[íi]en|rogamos|obrigad[oa]|podem|pode|enviem"
    r"|per favore|potete|possiamo|si prega|prego|graag|kunt|kunnen|kun je|alstublieft|aub|gelieve|v[äa]nligen|sn[äa]lla"
    r"|kan (?:ni|du|vi|i|jeg)|skicka|venligst|vennligst|send gjerne|yst[äa]v[äa]llisesti|voitteko|prosz[ęe]|prosimy|czy"
    r"|pros[íi]m\w{0,2}|m[ůôo][žz]ete|k[ée]r(?:em|j[üu]k)|v[ăa] rog|putem|l[üu]tfen|rica|vui l[òo]ng|mohon|tolong|molim"
    r"|palun|l[ūu]dzu|pra[šs]au)\b|пожалуйста|прошу|просим|можете|можем|пришлит|отправьте|будь ласка|моля|παρακαλώ"
    r"|μπορείτε|お願い|ください|いただけ|请|請|부탁|주세요|בבקשה|נא |من فضلك|الرجاء|يرجى|โปรด|กรุณา|कृपया",
    re.IGNORECASE,
)
"""Words by which an author asks the reader for something. A note tells, and a subject that it answers mostly names."""
ADDRESSEE = re.compile(
    r"(?i:bis|until|re|fwd?|aw|wg|tr|sv)\b|(?i:from|to|von)\s+(?:"
    r"(?i:your (?:e-?mail|mail|message|enquiry|inquiry|request))\b"
    r"|[\"'“‘<]|\S{1,64}@|[^\W\d_a-zß-öø-ÿ])"
)
"""Whom a program answers, or until when: a name, an address. "Automatic reply from the pump" is a thing's."""
TIME = re.compile(
    rf"\W|{_DAY}|(?:next|this|today|tomorrow|on|in|for|the|from|starting|due|since|all|week|n[äa]chste\w?|diese\w?|heute"
    r"|morgen|ab|am|im|wegen|cette|la|le|pour|[àa]|depuis|esta|hoy|ma[ñn]ana|del?|el|desde|em|de|dal?|per|da|oggi|deze"
    r"|van|vanaf|volgende|n[äa]sta|n[æe]ste|i|fr[åa]n|p[åa]|fra|od|do|w|na|po|от|на|с|по|в)\b|[^\x00-\u024f]",
    re.IGNORECASE,
)
"""How a phrase goes on that tells of an absence. Another word makes it a thing: "Out of office furniture"."""
_ANSWERED = r"[–—-]?\s*(?:re|aw|wg|sv)\s?:"
HOLIDAY_PHRASE = re.compile(_beginning(HOLIDAY), re.IGNORECASE)
HOLIDAY_AUTOMATIC = re.compile(
    _beginning(HOLIDAY) + r"(?:\s+(?:until|till|bis(?: zum)?|jusqu['’]au|hasta(?: el)?|até|fino al?|t/m|tot|til|do|до)"
    rf"\s+[\w./ ]{{1,16}}(?:$|{_ANSWERED})|\s*{_ANSWERED})",
    re.IGNORECASE,
)
