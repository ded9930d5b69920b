"""How senders say in an address, a name or a subject that nobody reads answers, in many languages."""

from __future__ import annotations

import re

NO_REPLY = re.compile(
    r"(?:^|[-_.+])(?:(?:no|not|donot|do[-_.]not|dont|don[-_.]t|never)[-_.]?(?:reply|replies|response"
    r"|respond|answer)|unattended|(?:un|not[-_.]?)monitored|(?:send|outbound|outgoing|sending)[-_.]?only"
    r"|(?:nicht|bitte[-_.]?nicht)[-_.]?(?:be)?antworten|keine[-_.]?antwort(?:en)?|bitte[-_.]?nicht|nur[-_.]?versand"
    r"|ne[-_.]?pas[-_.]?r[eé]pondre|(?:pas[-_.]?de|sans|no)[-_.]?r[eé]ponse"
    r"|no[-_.]?responda?[einrs]{0,2}|no[-_.]?contest(?:ar|e|en)|(?:sin|no)[-_.]?respuesta|no[-_.]?respon(?:gueu|dre)"
    r"|n[aã]o[-_.]?respond(?:a|ae?r|er?)|sem[-_.]?resposta|non[-_.]?rispond(?:ere|ete|i)|(?:senza|no)[-_.]?risposta"
    r"|niet[-_.]?(?:be)?antwoorden|geen[-_.]?(?:antwoord|reactie|reply)|niet[-_.]?reageren"
    r"|svara?[-_.]?(?:inte|ej|ikke)|(?:inte|ej|ikke)[-_.]?(?:be)?svare?s?a?|besvaras[-_.]?ej"
    r"|ei[-_.]?vasta(?:ta|usta|uksia)|[aä]l[aä][-_.]?vastaa?|[aä]lk[aä][-_.]?vastatko"
    r"|ara[-_.]?vasta(?:ge)?|neatbild(?:et|iet)|neatsaky(?:ti|kite)"
    r"|nie[-_.]?odpowiad(?:a[cćj]|ajcie|amy)|(?:brak|bez)[-_.]?odpowiedzi|ne[-_.]?(?:odpov[ií]d|odpoved|podpovid)\w{0,5}"
    r"|nepou[zž][ií]vat|bez[-_.]?odpovedi|ne[-_.]?v[aá]laszol(?:j(?:on)?)?|nu[-_.]?r[aă]spunde(?:[tț]i)?"
    r"|ne[-_.]?odgovar(?:j?aj|j?ajte|jati|ati)|yan[iı]tlamay[iı]n(?:[iı]z)?|cevaplamay[iı]n(?:[iı]z)?|yan[iı]tlama"
    r"|ne[-_.]?otve(?:ch|c)(?:at|ai|aj|aite|ayte|ajte)|ne[-_.]?vidpovida(?:ty|ti|yte)|bez[-_.]?otveta|min[-_.]?apant\w{1,6}"
    r"|(?:jangan|tidak)[-_.]?(?:di)?balas|khong[-_.]?(?:tra[-_.]?loi|phan[-_.]?hoi)|sou?shin[-_.]?sen(?:yo|you)"
    r"|noreponse|nao[-_.]?responda)(?:$|[-_.+=\d])|[a-z](?:no|donot)reply$"
)
NO_REPLY_LABELS = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply", "sendonly"})
"""Labels left of the registrable domain."""
_UNREAD = (
    r"(?:自動|自动)(?:送信|配信|返信|応答|通知|発送|发送|發送|发信|發信|回复|回覆|回復|答复|答覆|邮件|郵件)|(?:送信|発信|配信)専用|自動メール|返信不可|(?:请|請)?勿(?:直接)?回[复覆]"
    r"|(?:系统|系統)(?:邮件|郵件|通知|消息|訊息|提醒|发送|發送|自动|自動|信)|システム(?:自動|通知|メール)|発送専用"
    r"|(?:발신|발송|송신)\s?전용|자동\s?(?:발송|발신|회신|응답|메일|전송)|(?:수신|회신)\s?불가|시스템\s?(?:메일|알림)"
)
UNREAD_NAME = re.compile(_UNREAD)
"""How senders in East Asia say that a program writes, or that nobody reads answers."""
_BRACKETED = (
    rf"[【\[［(（<＜〔〈「][^】\]］)）>＞〕〉」]{{0,12}}(?:{_UNREAD})[^】\]］)）>＞〕〉」]{{0,16}}[】\]］)）>＞〕〉」]"
)
UNREAD_SUBJECT = re.compile(
    rf"\s?(?:{_BRACKETED}(?!\s*(?:の件|について|に関|の設定|を))|[※＊*★]?\s?(?:{_UNREAD})(?:メール|メッセージ|메일|邮件|郵件|です)?\s?(?:$|[:：|／※＊*★])|[^【\[［(（]{{1,120}}{_BRACKETED}\s*$)"
)
"""The same in a subject, in brackets or before a colon: people write about such mail too."""
_NO_REPLY_WORDS = (
    r"(?:(?:no|(?:please )?do not|don['’]t)[- ]?reply|noreply|donotreply|(?:bitte )?nicht antworten|keine antwort"
    r"|ne pas r[ée]pondre|no (?:responder|contestar)|n[ãa]o respond[ae]r?|non rispondere|niet (?:be)?antwoorden"
    r"|svara (?:inte|ej)|ikke svar|svar ikke|[äa]l[äa] vastaa|nie odpowiada[ćcj]|neodpov[íi]dejte|ne v[áa]laszoljon"
    r"|yan[ıi]tlamay[ıi]n|не отвеча(?:ть|йте))"
)
NO_REPLY_NAME = re.compile(rf"(?:^|[\s(\[|–—-]){_NO_REPLY_WORDS}(?:[\s)\]!.]{{0,4}}$|\s?[-–—|(:,])")
"""A name in lower case that ends in these words, or goes on behind a mark: "Acme (do not reply)"."""
