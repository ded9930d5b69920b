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
    "en": (r"(?:on )?(?:(?:annual|sick|maternity|paternity|parental) leave|pto|holidays?)", r"away"),
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


ANSWER_SUBJECT = re.compile(
    _beginning(ANSWER) + r"\s*(?:$|[:：;!.,()（\[\]】|–—-]|(?:re|aw|fwd?|wg|tr|sv|from|to|von|bis|until)\b)"
    r"|\W{0,3}auto:\s.{1,80}\b(?:out of|away|office|abwesend|außer haus|leave|vacation)\b",
    re.IGNORECASE,
)
"""After the phrase a person goes on with words ("Automatic reply templates?"), a program with a mark or a subject."""
AWAY = re.compile(_beginning(ABSENT), re.IGNORECASE)
AWAY_AUTOMATIC = re.compile(
    AWAY.pattern + r"\s*(?:$|[:：\[(（\]】]|(?:auto|re|aw|fwd)\b|message$|notification|notice|- ?re\b"
    r"|(?:until|till|from \d|bis|vom|du \d|hasta|del? \d|até|fino|dal \d|du 1er|tot|t\.o\.m|til|asti|saakka|od \d"
    r"|do \d|t/m|până|до|с \d|έως|μέχρι|עד|حتى)(?![^\W\d])|jusqu['’]"
    r"|\d[\d./ ]{0,8}(?:asti|saakka)|[\w. ]{1,20}-ig$)",
    re.IGNORECASE,
)
"""How a machine goes on: with nothing, with the subject that it answers, or with the day of the return."""
_ANSWERED = r"[–—-]?\s*(?:re|aw|wg|sv)\s?:"
HOLIDAY_AUTOMATIC = re.compile(
    _beginning(HOLIDAY) + r"(?:\s+(?:until|till|bis(?: zum)?|jusqu['’]au|hasta(?: el)?|até|fino al?|t/m|tot|til|do|до)"
    rf"\s+[\w./ ]{{1,16}}(?:$|{_ANSWERED})|\s*{_ANSWERED})",
    re.IGNORECASE,
)
