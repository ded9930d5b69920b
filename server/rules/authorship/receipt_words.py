"""What mail programs call their read receipts, recalls and bounces, by language (ISO 639-1), and where these stand."""

from __future__ import annotations

import re

READ: dict[str, tuple[str, ...]] = {
    "en": (
        r"(?:not )?read",
        r"read[- ]receipt",
        r"return receipt",
        r"confirmation of reading",
        r"deleted without being read",
    ),
    "de": (r"(?:nicht |un)?gelesen(?: gel[öo]scht)?", r"(?:lese|empfangs)best[äa]tigung"),
    "fr": (r"(?:non )?lue?s?", r"accus[ée] de (?:lecture|r[ée]ception)", r"confirmation de lecture"),
    "es, gl": (r"(?:no )?le[íi]d[oa]", r"confirmaci[óo]n de lectura", r"acuse de (?:recibo|lectura)", r"lid[oa]"),
    "ca, eu": (r"(?:no )?llegit", r"irakurrita"),
    "pt": (r"(?:n[ãa]o )?lid[oa]", r"confirma[çc][ãa]o de leitura", r"recibo de leitura"),
    "it": (r"(?:non )?lett[oa]", r"conferma di lettura", r"ricevuta di (?:lettura|ritorno)"),
    "nl": (r"(?:niet |on)?gelezen", r"leesbevestiging", r"ontvangstbevestiging"),
    "sv": (r"(?:ol[äa]st|(?:ej |inte )?l[äa]st(?:es|s)?)", r"l[äa]skvitto"),
    "no, da": (r"(?:ikke )?l(?:æ|e|ae)st", r"ul(?:æ|e)st", r"l(?:æ|e)sebekreftelse", r"kvittering for l[æe]sning"),
    "is": (r"(?:ó)?lesið",),
    "fi": (r"(?:ei )?luettu", r"lukematta", r"lukukuittaus"),
    "et, lv, lt": (r"loetud", r"(?:ne)?izlas[īi]t[sa]", r"(?:ne)?perskaityt[aai]s?"),
    "pl": (r"(?:nie )?(?:prze|od)czytan[oaey]", r"potwierdzenie (?:od|prze)czytania"),
    "cs, sk": (r"(?:ne)?p[řr]e[čc][ií]?t(?:eno|an[áée])", r"potvrzen[íi] o p[řr]e[čc]ten[íi]"),
    "hu": (r"(?:el)?olvas(?:va|ott)", r"olvasatlan(?:ul)?", r"olvas[áa]si visszaigazol[áa]s"),
    "ro": (r"(?:ne)?citit[ăa]?", r"confirmare de citire"),
    "sl, hr, sr": (r"(?:ne)?prebrano", r"(?:ni |nije )?(?:pro[čc]itano|прочитано)"),
    "bg, mk": (r"(?:не)?прочетено",),
    "ru": (r"(?:не )?про(?:чит|чт)ено", r"(?:не )?прочитан[оа]?", r"уведомление о прочтении"),
    "uk": (r"(?:не )?прочитано",),
    "el": (r"(?:δεν )?(?:αναγν[ώω]στηκε|διαβ[άα]στηκε)", r"(?:μη )?αναγνωσμένο"),
    "tr": (r"okun(?:du|mad[ıi])", r"okundu bilgisi"),
    "ja": (r"開封済み?", r"既読", r"未開封", r"開封確認"),
    "zh": (r"已[读讀閱]", r"未[读讀]", r"[读讀]取回[条條]", r"回[执執]"),
    "ko": (r"읽음", r"읽지 ?않음", r"수신 ?확인"),
    "he": (r"נקרא(?:ה)?", r"לא נקרא"),
    "ar": (r"(?:تمت? (?:ال)?)?قراءة", r"مقروء(?:ة)?"),
    "th": (r"อ่านแล้ว",),
    "vi": (r"đ[ãa] đọc",),
    "id, ms": (r"(?:telah |tidak )?dibaca",),
}
RECALL_REPORT: dict[str, tuple[str, ...]] = {
    "en": (r"message recall (?:success|failure|report|status)\w*", r"message recall"),
    "de": (r"nachrichtenr[üu]ckruf\w*(?: (?:erfolgreich|fehlgeschlagen))?", r"(?:erfolg|fehler) beim nachrichtenr[üu]ckruf"),
    "fr": (r"(?:r[ée]ussite|succ[èe]s|[ée]chec) du rappel d[eu] message", r"rappel d[eu] message (?:r[ée]ussi|[ée]chou[ée])"),
    "es": (r"(?:[ée]xito|error|correcto) (?:al recuperar|en la recuperaci[óo]n de)l? (?:el )?mensaje", r"recuperaci[óo]n del? mensaje"),
    "pt": (r"(?:[êe]xito|sucesso|falha) (?:ao|na) recupera(?:r|[çc][ãa]o) (?:d?a |de )?mensagem", r"recupera[çc][ãa]o de mensagem"),
    "it": (r"(?:esito positivo|errore)(?: del)? richiamo (?:del )?messaggio", r"richiamo (?:del )?messaggio(?: riuscito| non riuscito)?"),
    "nl": (r"intrekken van bericht (?:geslaagd|mislukt)", r"bericht intrekken"),
    "sv, no, da": (r"(?:[åa]terkallelse|tilbakekalling|tilbagekaldelse) av? ?meddelande\w*",),
    "pl": (r"(?:powodzenie|niepowodzenie) odwo[łl]ania wiadomo[śs]ci",),
    "ru": (r"(?:успешный |неудачный )?отзыв сообщения",),
    "ja": (r"メッセージの取り消し",),
    "zh": (r"(?:邮件|郵件)(?:撤回|召回)(?:成功|失败|失敗|报告|報告)",),
}  # fmt: skip
"""Outlook's report to the author of a recall. "Recall:" alone is a word of people, and "Rappel" is a reminder."""
UNDELIVERED: dict[str, tuple[str, ...]] = {
    "en": (
        r"undeliver(?:able|ed)\b", r"(?:mail )?deliver(?:y|ing) (?:has )?(?:fail|status|report|problem|delay|incomplete)",
        r"(?:mail |message )?(?:delivery )?fail(?:ed|ure)\b", r"returned mail", r"mail (?:could not|not) ",
        r"message (?:not|un|could not|delayed|you sent)", r"warning: (?:message|could not)", r"non[- ]?delivery",
    ),
    "de": (
        r"(?:mail)?zustellung", r"unzustellbar", r"nicht zustellbar", r"(?:e-?mail|nachricht)\b.{0,40}\bzugestellt",
        r"zustell(?:fehler|problem|bericht)", r"r[üu]ckl[äa]ufer",
    ),
    "fr": (
        r"non remis", r"[ée]chec (?:de|d['’])(?: la)? ?(?:remise|distribution|livraison|envoi)",
        r"(?:message|courrier) non (?:distribu|remis|d[ée]livr)", r"impossible de (?:remettre|distribuer)",
    ),
    "es": (
        r"no (?:se (?:puede|pudo|ha podido) )?entrega", r"(?:error|fallo|problema) (?:de|en la|al) entrega",
        r"entrega fallida", r"(?:correo|mensaje) (?:no entregad|devuelto)",
    ),
    "pt": (r"n[ãa]o (?:foi poss[íi]vel |é poss[íi]vel )?entreg", r"falha (?:na|de) entrega", r"mensagem (?:n[ãa]o entregue|devolvida)"),
    "it": (r"manca(?:to|ta) (?:recapito|consegna)", r"(?:non|impossibile) recapita", r"messaggio non (?:recapitato|consegnato)"),
    "nl": (r"onbestelba", r"niet (?:bezorg|afgelever)", r"(?:bezorging|aflevering) (?:is )?mislukt"),
    "sv": (r"(?:kan|kunde) inte levereras", r"olevere?rbar", r"leverans(?:en)? misslyck", r"ej levererat"),
    "no, da": (r"(?:kan|kunne) ikke leveres", r"levering(?:en)? mislyk", r"ikke[- ]lever", r"ulever"),
    "fi": (r"toimitus (?:ep[äa]onnistui|ei)", r"ei voi(?:tu|da)? toimitta", r"toimittamaton"),
    "pl": (r"nie (?:mo[żz]na|uda[łl]o si[ęe]) dostarczy", r"niedo(?:starczon|r[ęe]czon|r[ęe]czaln)", r"b[łl][ąa]d dostarczania"),
    "cs, sk": (r"nedoru[čc]", r"zpr[áa]vu nelze doru[čc]it"),
    "hu": (r"(?:nem k[ée]zbes[íi]thet|k[ée]zbes[íi]thetetlen|sikertelen k[ée]zbes[íi]t)",),
    "ro": (r"nelivra", r"(?:nu (?:a putut|poate) fi livrat|livrare e[șs]uat)"),
    "sl, hr, sr": (r"neisporu[čc]", r"ni mogo[čc]e dostaviti"),
    "tr": (r"teslim edileme", r"iletileme"),
    "ru": (r"(?:сообщение )?не ?достав", r"не удалось достав", r"невозможно достав", r"ошибка доставки"),
    "uk": (r"не (?:вдалося |може бути )?достав", r"недоставлен"),
    "el": (r"(?:αδυναμία|αποτυχία) παράδοσης", r"δεν παραδόθηκε"),
    "ja": (r"配信(?:不能|エラー|失敗|できません)", r"未配[達信]", r"送信エラー"),
    "zh": (r"(?:系统)?退信", r"(?:投递|投遞|发送|傳送|传递|傳遞)(?:失败|失敗)", r"(?:无法|無法|未)(?:送达|送達|投递|投遞|传递|傳遞)"),
    "ko": (r"(?:메일 ?)?(?:배달|전송|발송)(?:되지| ?실패| ?할 수| ?불가)", r"반송"),
}  # fmt: skip


def _beginning(phrases: dict[str, tuple[str, ...]]) -> str:
    return rf"\W{{0,3}}(?:{'|'.join(p for words in phrases.values() for p in words)})"


READ_SUBJECT = re.compile(_beginning(READ) + r"(?: \([^)]{1,20}\))?\s?(?:[:：]|[-–] (?=\S))", re.IGNORECASE)
RECALL_REPORT_SUBJECT = re.compile(_beginning(RECALL_REPORT) + r"\s?(?:$|[:：])", re.IGNORECASE)
UNDELIVERED_SUBJECT = re.compile(_beginning(UNDELIVERED), re.IGNORECASE)
SYSTEM_NAME = re.compile(
    r"\W{0,2}(?:(?:internet |inter)?(?:e-?)?mail[- ]?(?:er|box)?[- ]?(?:delivery|daemon|system|server|service|subsystem"
    r"|administrator|gateway|zustell\w*|versand)|delivery (?:subsystem|service|system|status)|microsoft (?:outlook|exchange)"
    r"|exchange server|post ?master|system[- ]?administrat(?:or|ör|øren?|eur)|administrat(?:eur|or) (?:syst[èe]me|sistem)"
    r"|(?:administrador|amministratore|administrator)(?: d[eil]{1,3})? ?(?:sistema|systemu|sistem)|systeembeheerder|(?:sistema|syst[èe]me|sistemul) (?:de|di|du) (?:correos?|messagerie|posta|mail)"
    r"|rendszergazda|järjestelmänvalvoja|spr[áa]vce (?:syst[ée]mu|po[šs]ty)|системный администратор|почтовая (?:система|служба)"
    r"|メール(?:配信)?(?:システム|サーバ)|(?:邮件|郵件)(?:系统|系統|服务|服務|投递|投遞|管理)|메일 ?(?:시스템|서버|관리자))",
    re.IGNORECASE,
)
"""Names of a mail system, which bounce."""
RECEIVED_SUBJECT = re.compile(
    r"\W{0,3}(?:(?:thanks|thank you) for (?:contacting|getting in|reaching out|writing|your (?:e-?mail|mail|message|enquiry|inquiry"
    r"|request|submission|feedback)\b)|(?:vielen dank|danke) f[üu]r (?:ihre|deine) (?:nachricht|e-?mail|mail|anfrage|mitteilung)"
    r"|eingangsbest[äa]tigung|wir haben ihre \w{1,12} erhalten|merci (?:de|pour) (?:nous avoir|votre (?:message|e-?mail|mail|demande))"
    r"|nous avons bien re[çc]u|accus[ée] de r[ée]ception|gracias por (?:contactar|(?:su|tu) (?:mensaje|correo|consulta|solicitud))"
    r"|hemos recibido|obrigad[oa] p(?:or|elo) (?:seu|sua|nos) \w{4,}|recebemos (?:o seu|a sua)|grazie per (?:averci|la (?:sua|tua)"
    r" (?:mail|e-?mail|richiesta))|abbiamo ricevuto|bedankt voor uw (?:bericht|mail|e-?mail|aanvraag)|wij hebben uw \w{1,12} ontvangen"
    r"|tack f[öo]r (?:ditt|er|ert) (?:mail|meddelande|mejl)|tak for din (?:mail|henvendelse|besked)|takk for (?:din )?henvendelse"
    r"|kiitos (?:viestist|yhteyden)|dzi[ęe]kujemy za (?:wiadomo|kontakt|zg[łl])|d[ěe]kujeme za (?:va[šs]|zpr)|k[öo]sz[öo]nj[üu]k (?:lev|meg)"
    r"|we(?:'ve| have)? received your|your (?:request|message|e-?mail|enquiry|inquiry) (?:has been|was) received"
    r"|(?:i|we) no longer work|お問い合わせ(?:ありがとう|を受け付け))",
    re.IGNORECASE,
)
"""How a rule confirms the arrival of mail."""
STATUS_SUBJECT = re.compile(
    r"\W{0,3}(?:(?:problem|recovery|resolved|alert|alarm|warning|critical|down|firing|incident|st[öo]rung)\s?[:：!]|problem started)|"
    r"(?=.{0,200}\b(?:finished|completed|failed|succeeded|ended|started|is (?:down|up|full|offline|online)|exceeded|\d+ ?%"
    r"|beendet|abgeschlossen|fehlgeschlagen|erfolgreich|termin[ée]e?|[ée]chou[ée]e?|finalizad[oa]|completad[oa])\b)"
    r".{0,60}\b(?:back-?up|job|task|scan|sync|import|export|server|disk|drive|update|service|batch|database|replication"
    r"|sicherung|datensicherung|sauvegarde|copia|host|node|raid|ups|certificate|licen[cs]e|quota|mailbox)\b",
    re.IGNORECASE,
)
"""What servers report of themselves."""
REPORT_CLASS = (
    r"content-class(?:es)?:(?:mdn|dsn)|report\.ipm\.|ipm\.outlook\.recall|ipm\.recall|^\s*(?:voice|fax|missedcall)\b"
)
"""What Exchange calls reports, recalls, voice mail and faxes in Content-Class."""
