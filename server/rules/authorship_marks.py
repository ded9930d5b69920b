"""What gives a machine away, as data: words and patterns first, then the one table of marks that uses them.

Weights: ``DECISIVE`` settles the matter alone. Everything else is added up; from ``THRESHOLD`` on a machine wrote it.
Bulk marks that ordinary people's mail carries too (Precedence, List-Unsubscribe with or without one click,
X-Auto-Response-Suppress) stay below the threshold even all together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from server.domain.message import Headers

DECISIVE = 100
THRESHOLD = 50


class AuthorKind(StrEnum):
    """Who wrote it; the first three are people."""

    PERSON = "person"
    PERSON_VIA_LIST = "person_via_list"
    SALES_SEQUENCE = "sales_sequence"
    CALENDAR = "calendar"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    NOTIFICATION = "notification"
    BULK = "bulk"


@dataclass(frozen=True)
class Facts:
    """A mail's headers, read once. ``local`` is the author's; ``domain_labels`` stand left of the registrable domain.

    ``name`` and ``subject`` are decoded; ``domain`` is the registrable one. ``is_named_so``: the local part is made of
    the display name's words, so that they are a person's name. ``is_discussion``: people write to this list, and the
    author is not the list.
    """

    headers: Headers
    label_ids: frozenset[str]
    local: str
    domain_labels: frozenset[str]
    name: str
    subject: str
    is_from_list: bool
    has_list_marks: bool
    is_discussion: bool
    is_named_so: bool = False
    domain: str = ""

    def token(self, name: str) -> str:
        """The first header of that name as a bare word: lower case, no comments, cut at the first semicolon."""
        return bare(self.headers.first(name) or "")

    def parameter(self, name: str) -> str:
        """A parameter of the top-level Content-Type, in lower case, or ""."""
        value = (self.headers.first("Content-Type") or "")[:2000].lower()
        found = re.search(rf';\s*{re.escape(name)}\s*=\s*"?([^";\s]+)', value)
        return found.group(1) if found else ""


Predicate = Callable[[Facts], str | None]
"""The name of the header that shows the mark, "" if none of them does but it holds, None if it does not hold."""


class SetBy(StrEnum):
    """Whose doing a mark is: it says nothing of the author where a list or a sales tool put it there."""

    AUTHOR = "author"
    LIST = "list"
    SERVICE = "service"


@dataclass(frozen=True)
class Mark:
    """``on_outbound``: it counts in mail that left one of our mailboxes too."""

    name: str
    weight: int
    kind: AuthorKind
    shows: Predicate
    set_by: SetBy = SetBy.AUTHOR
    on_outbound: bool = False


def bare(value: str) -> str:
    return re.sub(r"\([^()]*\)", " ", value[:1000]).partition(";")[0].strip().lower()


# --- words -----------------------------------------------------------------------------------------------------------

AUTO_REPLIED = frozenset({"auto-replied"})
AUTO_REPLY_PRECEDENCE = frozenset({"auto_reply", "auto-reply"})
BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})
ANSWERING = re.compile(r"(?:re|aw|sv|antw|rif|res|odp)(?:\[\d+\])?\s?:", re.IGNORECASE)
NOT_AUTOMATIC = frozenset({"", "no", "false", "none", "0", "off"})

NO_REPLY = re.compile(
    r"(?:^|[-_.+])(?:(?:no|not|donot|do[-_.]not|dont|don[-_.]t|never)[-_.]?(?:reply|replies|response"
    r"|respond)|unattended"
    r"|nicht[-_.]?antworten|keine[-_.]?antwort|ne[-_.]?pas[-_.]?repondre|pas[-_.]?de[-_.]?reponse|no[-_.]?responder"
    r"|no[-_.]?contestar|nao[-_.]?respond[ae]r?|non[-_.]?rispondere|nie[-_.]?odpowiadac|niet[-_.]?antwoorden"
    r"|svar[-_.]?ej|ikke[-_.]?svar|inte[-_.]?svara)(?:$|[-_.+=\d])"
)
DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mail[-_.]?delivery[-_.]?(?:sub)?system|mdaemon)"
)
ROBOT = re.compile(
    r"(?:^|[-_.+])(?:notifications?|notif|notify|alerts?|mailer|bounces?|auto[-_.]?mailer|auto[-_.]?reply"
    r"|auto[-_.]?respon(?:der|se)|automated|(?:mail[-_.]?)?robot|form[-_.]?submissions?|web[-_.]?forms?|[a-z]+[-_]daemon|majordomo|listserv|listproc|mailman"
    r"|ecartis|ezmlm|sympa|rss(?:[-_.]?feeds?)?|rss2email)"
    r"(?:$|[-_.+\d])"
)
MAILING = re.compile(
    r"(?:^|[-_.+])(?:(?:e?news)?letters?|news(?:flash|desk)?|digest|subscriptions?|mailing[-_.]?list"
    r"|mailings?|marketing"
    r"|promo(?:tions?)?|offers?|deals?|campaigns?|announce(?:ments?)?|updates?|specials?)(?:$|[-_.+\d])"
)
PAPERWORK = re.compile(
    r"(?:^|[-_.+])(?:billing|receipts?|invoic(?:es?|ing)|e?statements?|payments?|orders?|order[-_.]?confirmation"
    r"|shipping|tracking|rechnung(?:en)?|factur(?:es?|acion|as?)|fattur[ae])(?:$|[-_.+\d])"
)
SERVICE_DOMAINS = frozenset(
    {"docusign.net", "adobesign.com", "facebookmail.com", "squarespace.info", "amazonses.com", "bounces.google.com"}
)
"""Only programs write from these: the firms' own people have other domains."""
ROLE_WORDS = frozenset(
    {
        "no", "not", "reply", "noreply", "team", "service", "services", "support", "system", "systems", "center",
        "centre", "desk", "help", "daemon", "mail", "mailer", "info", "account", "accounts", "online", "customer",
    }
)  # fmt: skip
"""Of which names of departments are made: with nothing else in it, a name is nobody's."""
TOOL_ACCOUNT = re.compile(r"(?:jira|confluence|bugzilla|gitlab|github|jenkins|trac|redmine|root|cron|nagios|wordpress)")
LIST_ADMIN = re.compile(r"(?:owner-.+|.+-(?:request|admin|bounces?|owner|digest|announce-request))")
MINTED = re.compile(
    r"(?=.*[0-9])(?=.*[a-z])[a-z0-9._~-]*[#$=][a-z0-9._~#$=-]{20,}|[0-9a-f]{24,}|(?=(?:\D*\d){10}).{32,}"
)
MAILING_LABELS = frozenset(
    [
        "newsletter",
        "newsletters",
        "enews",
        "news",
        "mailer",
        "mailing",
        "mailings",
        "alerts",
        "alert",
        "bounce",
        "bounces",
        "marketing",
        "promo",
        "promotions",
        "campaign",
        "campaigns",
        "mktg",
        "notifications",
        "notify",
        "lists",
        "list",
        "eblast",
        "offers",
        "deals",
    ]
)
MAILING_NAME = re.compile(
    r"\b(?:e?-?newsletter|mailing list|digest|mailer|no[- ]?reply|notifications?|alerts?)\b", re.IGNORECASE
)
MAILING_SUBJECT = re.compile(
    r"\bnewsletter\b|\b(?:vol(?:ume)?\.?|issue|ausgabe|numero)\s?(?:no\.? ?|# ?)?\d{1,4}\b"
    r"|^\W{0,3}(?:your |the )?(?:daily|weekly|monthly)\b",
    re.IGNORECASE,
)
DIGEST_SUBJECT = re.compile(
    r"(?!.*\b(?:re|aw|fwd?|sv):).{0,120}\bdigest\b.{0,40}?(?:\bvol(?:ume)?\b|\bv\d|#\s?\d|\bissue\b)", re.IGNORECASE
)
RECEIPT_SUBJECT = re.compile(
    r"^\W{0,3}(?:your |the |ihre |votre |su |il tuo )?(?:\w{1,20} ){0,2}(?:receipt|invoice|order|payment"
    r"|statement|rechnung"
    r"|bestellung|facture|factura|pedido|fattura|recibo)\b",
    re.IGNORECASE,
)
CALENDAR_SUBJECT = re.compile(
    r"^(?:updated |cancel+ed )?(?:invitation|event|accepted|declined|tentative(?:ly accepted)?|cancel+ed"
    r"|new time proposed"
    r"|einladung|zugesagt|abgelehnt|invitaci[oó]n|aceptad[oa]|rechazad[oa]|accept[ée]|refus[ée]|invito"
    r"|accettato)\b[^:]{0,40}:",
    re.IGNORECASE,
)
BULK_MAILER = re.compile(
    r"accucast|listmanager|mailbeamer|mailchimp|campaign ?monitor|constant ?contact|phplist|sendy|mautic"
    r"|acymailing|mailwizz"
    r"|cleverreach|sendinblue|brevo|dotmailer|eloqua|marketo|icontact|lyris|responsys|silverpop|exacttarget|mailerlite"
    r"|getresponse|activecampaign|aweber|klaviyo|emarsys|inxmail|rapidmail|newsletter2go|ezine|bulk ?mail|e-?blast",
    re.IGNORECASE,
)
BOUNCE_PATH = re.compile(
    r"(?:^|[-_.+<])(?:bounces?|bnc|errors?|return|msprvs\d?)(?:[-_.+=@]|$)|@(?:[\w-]+\.)*bounces?\."
)

AUTO_REPLY_SUBJECT = re.compile(
    r"\W{0,3}(?:auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer|antwort)\s*"
    r"(?:$|[:;!.(\[-]|(?:re|from|to)\b)"
    r"|automatische[s]? (?:antwort|antwoord|beantwoording)|automatisk[t]? svar|autosvar|automaattinen vastaus"
    r"|abwesenheits(?:notiz|nachricht|meldung|assistent|benachrichtigung)|abwesend\s*:|r[ée]ponse automatique"
    r"|absence du bureau|message d['\u2019]absence|respuesta autom[áa]tica|fuera de (?:la )?oficina\s*[:(-]"
    r"|resposta autom[áa]tica"
    r"|risposta automatica|fuori sede\s*[:(-]|automatisch antwoord|afwezigheids(?:melding|bericht)"
    r"|fr[åa]nvaromeddelande"
    r"|frav[æa]rsmelding|automatyczna odpowied[źz]|odpowied[źz] automatyczna|automatick[áa] odpov[eěé][dď]"
    r"|r[ăa]spuns automat|automatikus v[áa]lasz|otomatik (?:yan\w{1,2}t|cevap)"
    r"|автоматический ответ|автоответ"
    r"|poissaolo(?:ilmoitus|viesti)|自动答复"
    r"|автоматична відповідь|αυτόματη απάντηση|自動返信|自动回复|自動回覆|자동 ?(?:회신|응답)|תשובה אוטומטית|رد تلقائي"
    r"|auto:\s.{1,80}\b(?:out of|away|office|abwesend|leave|vacation)\b)",
    re.IGNORECASE,
)
SALES_TOOL_HEADERS = (
    "x-mixmax",
    "x-yesware",
    "x-outreach",
    "x-salesloft",
    "x-apollo",
    "x-groove",
)
SALES_TOOL = re.compile(
    r"\b(?:mixmax|yesware|outreach|salesloft|apollo|toutapp|groove|lemlist|woodpecker)(?:\.(?:com|io|co|ai))?\b"
)

CALENDAR_SENDER = r"calendar-notification@google\.com"
CALENDAR_ID = r"<calendar-[0-9a-f-]{20,}@google\.com>"
CALENDAR_CLASS = r"urn:content-classes:calendarmessage"
CALENDAR_HEADERS = ("X-MS-Exchange-Calendar-Originator-Id", "X-MS-Exchange-Calendar-Series-Instance-Id")
AUTO_REPLY_HEADERS = (
    "X-Autoreply", "X-Auto-Reply", "X-Autorespond", "X-Autoresponse", "X-Mail-Autoreply", "X-AutoReply-From",
)  # fmt: skip
TOOL_HEADERS = (
    "X-GitHub-Reason", "X-GitLab-Project", "X-JIRA-FingerPrint", "X-Bugzilla-Type", "X-Phabricator-Sent-This-Message",
    "X-LinkedIn-Class", "X-LinkedIn-Template", "X-Redmine-Host", "X-Jenkins-Job", "X-Trello-Event", "X-Asana-Task",
    "X-Cron-Env", "X-FC-MachineGenerated",
)  # fmt: skip
HELP_DESK_HEADERS = (
    "X-Zendesk-From-Account-Id",
    "X-Zendesk-Email-Id",
    "X-Zendesk-Priority-Mail",
    "X-Freshdesk-Ticket-Id",
)
CAMPAIGN_HEADERS = (
    "X-MarketoID", "X-HS-CID", "X-Kmail-Account", "X-Roving-ID", "X-CTCT-ID", "X-SFMC-Stack", "X-Mailchimp-Campaign-Id",
    "X-Klaviyo-Message-Id", "X-Braze-Id", "X-CleverReach", "X-Emarsys-Campaign",
)  # fmt: skip
"""Of tools that send one text to many, and nothing else. Relays, which carry people's mail too, are the next table."""
SENDING_SERVICE_HEADERS = (
    "X-SG-EID", "X-Mailgun-Sid", "X-MC-User", "X-CampaignID", "X-Campaign", "X-CSA-Complaints", "X-SES-Outgoing",
    "X-PM-Message-Id", "X-MSYS-API", "X-Mailjet-Campaign", "X-Bulkmail",
)  # fmt: skip
