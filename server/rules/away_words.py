"""How a subject says that its author is away, in the languages in which answering machines are known."""

from __future__ import annotations

import re

AWAY = re.compile(
    r"\W{0,3}(?:"
    r"(?:i(?: am|['’]m) )?(?:currently )?(?:out of (?:the )?office|away from (?:the|my) (?:office|desk)|ooo"
    r"|on (?:(?:annual|sick|maternity|paternity|parental) )?(?:vacation|leave|holiday))|vacation"
    r"|(?:ich bin )?(?:(?:derzeit|zurzeit|momentan|aktuell) )?"
    r"(?:abwesend|nicht im (?:b(?:ü|ue)ro|haus)|au(?:ß|ss)er haus)"
    r"|abwesenheit|(?:je suis )?(?:actuellement )?(?:absente?(?: du bureau)?|hors du bureau|en cong[ée]s?)|absence"
    r"|(?:estoy )?(?:fuera de (?:la )?oficina|ausente(?: de la oficina)?|de vacaciones)"
    r"|(?:estou )?(?:fora do escrit[óo]rio|ausente do escrit[óo]rio|de f[ée]rias)|aus[êe]ncia do escrit[óo]rio"
    r"|(?:sono )?(?:fuori (?:sede|(?:dall['’])?ufficio)|assente(?: dall['’]ufficio)?)"
    r"|(?:ik ben )?(?:momenteel )?(?:afwezig|niet op kantoor|buiten kantoor)|afwezigheid"
    r"|(?:jag är )?(?:inte på kontoret|frånvarande)|frånvaro"
    r"|(?:jeg er )?(?:ikke på kontoret|ude af kontoret|fraværende)|fravær|poissa toimisto[ls]ta|poissaolo"
    r"|(?:jestem )?(?:poza biurem|nieobecn[ya])|nieobecność|mimo kancelář|(?:nepřítomnost|neprítomnosť)"
    r"|(?:sunt )?în afara biroului|(?:házon|irodán) kívül|távollét"
    r"|(?:yan[ıi]t\s*:\s*)?(?:ofis|büro) d[ıi]ş[ıi]nda(?:y[ıi]m)?"
    r"|(?:я )?(?:нахожусь )?(?:вне офиса|не в офисе|в отпуске)|(?:я )?поза офісом|(?:είμαι )?εκτός γραφείου"
    r"|不在|外出中|不在办公室|不在辦公室|休假中?|부재 ?중|מחוץ למשרד|خارج المكتب"
    r")(?!\w)",
    re.IGNORECASE,
)
"""A person who is away may begin a subject so too."""
AWAY_AUTOMATIC = re.compile(
    AWAY.pattern + r"\s*(?:$|[:：\[(（]|(?:auto|re|aw|fwd)\b|message$|notification|notice|- ?re\b"
    r"|(?:until|till|from \d|bis|vom|du \d|hasta|del? \d|até|fino|dal \d|tot|t\.o\.m|til|asti|saakka|od \d"
    r"|do \d|până|до|с \d|έως|μέχρι|до|עד|حتى)(?![^\W\d])|jusqu['’])",
    re.IGNORECASE,
)
"""So does a machine: nothing else, the subject it answers, or the day of the return."""
