"""What gives a machine away, as data: local parts, names, subjects and header names."""

from __future__ import annotations

import re

AUTO_REPLIED = frozenset({"auto-replied"})
AUTO_REPLY_PRECEDENCE = frozenset({"auto_reply", "auto-reply"})
BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})
ANSWERING = re.compile(r"(?:re|aw|sv|antw|rif|res|odp)(?:\[\d+\])?\s?:", re.IGNORECASE)
NOT_AUTOMATIC = frozenset({"", "no", "false", "none", "0", "off"})

DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?daemon|post[-_.]?master|mail[-_.]?(?:delivery[-_.]?)?(?:sub)?system|mdaemon"
    r"|microsoftexchange[0-9a-f]{32})"
)
_BOT = (
    r"(?:(?:the|my|our)[-_.]?)?(?:orders?|sales|support|help|service|info|team|chat|mail|news|ci|cd|build|deploy(?:ment)?"
    r"|releases?|merge|review|issues?|stale|renovate|dependa?|github|gitlab|git|slack|teams|jira|crm|erp|sap|hr|it|ops"
    r"|dev|devops|test|qa|data|report(?:s|ing)?|status|monitor(?:ing)?|alerts?|sync|back-?up|security|tickets?|billing"
    r"|invoices?|payments?|booking|calendar|meeting|reminder|survey|feedback|web|site|shop|store|admin|auto|api|app"
    r"|task|work ?flow|notif(?:y|ication)?|update|shipping|delivery|tracking|stock|price|quote|lead|market|social|post"
    r"|rss)s?[-_.]?bots?(?=$|[-_.+\d])"
)
"""A role, then "bot". Talbot, Abbott and j.bot are people."""
ROBOT = re.compile(
    r"(?:^|[-_.+])(?:[a-z]{0,20}notifications?|(?:auto|system)[-_.]?(?:mail|message)|automated|notif|notify"
    r"|alerts?|mailer|bounces?|auto[-_.]?mailer|auto[-_.]?reply"
    r"|auto[-_.]?respon(?:der|se)|(?:mail[-_.]?)?robot|rss(?:[-_.]?feeds?)?|rss2email|[a-z]+[-_]daemon"
    r"|majordomo|listserv|listproc|mailman|reminders?|dmarc[-_.]?reports?|scanner|copier|printer|workflow|batch"
    r"|(?:auto|ship(?:ment)?|order|booking|reservation)[-_.]?(?:confirm(?:ation)?s?|updates?)"
    r"|(?:auftrags|bestell|buchungs|reservierungs|versand)[-_.]?best(?:ae|ä)tigung(?:en)?"
    r"|web[-_.]?forms?|contact[-_.]?forms?|form[-_.]?(?:mailer|submissions?)"
    r"|ecartis|ezmlm|sympa|system|quarantine|mail[-_.]?sender|auto[-_.]?sender)"
    r"(?:$|[-_.+\d])|^" + _BOT
)
NEWSLETTER = re.compile(
    r"(?:^|[-_.+])(?:(?:e[-_.]?)?newsletters?|rundbrief|nieuwsbrief|nyhetsbrev|nyhedsbrev|uutiskirje|infolettre|boletin"
    r"|bollettino|biuletyn|hirlevel|bulten)(?:$|[-_.+\d])"
)
MAILING = re.compile(
    r"(?:^|[-_.+])(?:e?letters?|news(?:flash|desk)?|digest|subscriptions?|mailing[-_.]?list|webinars?|events?"
    r"|mailings?|marketing|(?:(?:daily|weekly|monthly)[-_.]?)?(?:reports?|summary|recap)|portal"
    r"|promo(?:tions?)?|offers?|deals?|campaigns?|announce(?:ments?)?|specials?|[a-z]{0,20}updates?)(?:$|[-_.+\d])"
)
DEVICE_LOCAL = re.compile(
    r"(?:[a-z0-9]{1,12}[-_.])?(?:[a-z]{0,12}servers?|hosts?|back-?ups?|monitor(?:ing)?|portal|sap(?:adm|service|wf)?|erp|crm"
    r"|wms|nas|ups|usv|firewall|router|vpn|sql|db|database|vm(?:ware)?|veeam|veritas|sophos|fortigate|synology|qnap"
    r"|scheduler|task|batch|cron|daemon|web(?:app|server)|gateway|appliance|camera|alarms?|sensor"
    r"|device|plc|scada|pbx|telephony|helpdesk|antivirus|spamfilter|sysadmin|automation|robot|bot|service[-_.]?account"
    r"|notices?|status|system)(?:[-_.]?[a-z]{0,4}\d{1,4}|[-_.](?:prod|test|dev|alerts?|service|system|\d+))?"
)
DEVICE_NAME = re.compile(
    r"(?:\S{1,20} )?(?:zabbix|nagios|icinga2?|prtg|grafana|prometheus|alertmanager|checkmk|jenkins|gitlab|veeam|acronis"
    r"|synology|qnap|sophos|fortigate|datadog|pagerduty|opsgenie|uptimerobot"
    r"|\w{0,12}server|host|backup(?: server)?|monitor(?:ing)?|portal|sap|erp|crm"
    r"|wms|nas|ups|firewall|router|database|scheduler|system|alarm|gateway|printer|scanner|helpdesk|workflow|automation)\W?\d{0,4}",
    re.IGNORECASE,
)
"""Machines by the names that administrators give them, in the address or before it."""
QUESTION = re.compile(
    r".*\?\s*$|\W{0,3}(?:(?:a |quick |one |urgent )?(?:question|query)|(?:r[üu]ck)?frage|pregunta|consulta|d[úu]vida"
    r"|domanda|vraag|fr[åa]ga|sp[øo]rgsm[åa]l|kysymys|pytanie|dotaz|k[ée]rd[ée]s|soru|вопрос|質問|问题|문의)\b",
    re.IGNORECASE,
)
PAPERWORK = re.compile(
    r"(?:^|[-_.+])(?:billing|receipts?|invoic(?:es?|ing)|e?statements?|payments?|orders?|order[-_.]?confirmation"
    r"|shipping|tracking|rechnung(?:en)?|factur(?:es?|acion|as?)|fattur[ae])(?:$|[-_.+\d])"
)
TOOL_ACCOUNT = re.compile(
    r"(?:jira|confluence|bugzilla|gitlab|github|trac|redmine|root|cron|nagios|zabbix|icinga|grafana|prometheus"
    r"|alertmanager|gitea|teamcity|wordpress|backups?|voice[-_.]?mail|scans?|e?fax)"
)
DESK = re.compile(
    r"(?:^|[-_.+])(?:support|help|(?:help|service)[-_.]?desk|tickets?|cases?|requests?|(?:customer[-_.]?)?(?:care|service)"
    r"|it)(?:$|[-_.+])"
)
"""People answer from such an address, and systems too."""
STATEMENT = re.compile(r"[^?]*$")
"""A subject that asks nothing."""
LIST_ADMIN = re.compile(r"(?:listmaster|owner-.+|.+-(?:request|admin|bounces?|owner|digest|announce-request))")
MINTED = re.compile(
    r"(?=.*[0-9])(?=.*[a-z])[a-z0-9._~-]*[#$=][a-z0-9._~#$=-]{20,}|[0-9a-f]{24,}|(?=(?:\D*\d){10}).{32,}"
    r"|(?=(?:\D*\d){14})\d*[a-z_].*"
)
_LABELS = """
    newsletter newsletters enews news mailer mailing mailings alerts alert bounce bounces marketing promo promotions
    campaign campaigns mktg mkt notifications notification notify lists list eblast offers deals em e email go send info
    digest messaging updates transactional
"""
MAILING_LABELS = frozenset(_LABELS.split())
"""Labels left of the registrable domain."""
MAILING_NAME = re.compile(
    r"\b(?:e?-?newsletter|news|mailing list|digest|mailer|no[- ]?reply|notifications?|alerts?)\b", re.IGNORECASE
)
NEWSLETTER_SUBJECT = re.compile(
    r"newsletter|nieuwsbrief|nyhetsbrev|nyhedsbrev|uutiskirje|infolettre|rundbrief|bolet[ií]n|bollettino|biuletyn"
    r"|h[ií]rlev[ée]l|b[üu]lten|рассылк|ニュースレター|メルマガ|뉴스레터"
)
MAILING_SUBJECT = re.compile(
    r"\b(?:vol(?:ume)?\.?|issue|ausgabe|numero)\s?(?:no\.? ?|# ?)?\d{1,4}\b"
    r"|^\W{0,3}(?:your |the )?(?:daily|weekly|monthly)\b"
)
DIGEST_SUBJECT = re.compile(
    r"(?!.*\b(?:re|aw|fwd?|sv):).{0,120}\bdigest\b.{0,40}?(?:\bvol(?:ume)?\b|\bv\d|#\s?\d|\bissue\b)", re.IGNORECASE
)
RECEIPT_SUBJECT = re.compile(
    r"^\W{0,3}(?:your |the |ihre |votre |su |il tuo )?(?:\w{1,20} ){0,2}(?:receipt|invoice|order|payment"
    r"|statement|rechnung"
    r"|bestell(?:ung|best(?:ä|ae)tigung)|auftragsbest(?:ä|ae)tigung|facture|factura|pedido|fattura|recibo)\b",
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
    r"|getresponse|activecampaign|aweber|klaviyo|emarsys|inxmail|rapidmail|newsletter2go"
    r"|sarbacane|mailup|acumbamail|e-?goi\b|rd ?station|sendpulse|unisender|freshmail|cvent|ezine|bulk ?mail|e-?blast"
)
BOUNCE_PATH = re.compile(
    r"(?:^|[-_.+<])(?:bounces?|bnc|errors?|return|msprvs\d?)(?:[-_.+=@]|$)|@(?:[\w-]+\.)*bounces?\."
)

SALES_TOOL_HEADERS = (
    "x-mixmax",
    "x-yesware",
    "x-outreach",
    "x-salesloft",
    "x-apollo",
    "x-groove",
)
SALES_TOOL_MAILER = re.compile(r"\b(?:mixmax|yesware|outreach|salesloft|apollo|toutapp|groove|lemlist|woodpecker)\b")
SALES_TOOL_ID = re.compile(
    r"@(?:[\w-]{1,60}\.){0,4}(?:mixmax\.com|yesware\.com|outreach\.io|salesloft\.com|apollo\.io|toutapp\.com|groove\.co"
    r"|lemlist\.com|woodpecker\.co)>"
)

CALENDAR_SENDER = r"calendar-notification@google\.com"
CALENDAR_ID = r"<calendar-[0-9a-f-]{20,}@google\.com>"
CALENDAR_CLASS = r"urn:content-classes:calendarmessage"
CALENDAR_HEADERS = ("X-MS-Exchange-Calendar-Originator-Id", "X-MS-Exchange-Calendar-Series-Instance-Id")
RECALL_HEADERS = ("X-CallingTelephoneNumber", "X-VoiceMessageDuration", "X-FaxNumberOfPages")
"""Exchange writes them into recalls and voice mail, with ``IPM.Note`` for a recall, and into no other mail."""
SCRIPT_MAILER = r"phpmailer|wpmailsmtp|swiftmailer|drupal"
AUTO_REPLY_HEADERS = (
    "X-Autoreply", "X-Auto-Reply", "X-Autorespond", "X-Autoresponse", "X-Mail-Autoreply", "X-AutoReply-From",
)  # fmt: skip
TOOL_HEADERS = (
    "X-GitHub-Reason", "X-GitLab-Project", "X-JIRA-FingerPrint", "X-Bugzilla-Type", "X-Phabricator-Sent-This-Message",
    "X-Redmine-Host", "X-Jenkins-Job", "X-Trello-Event", "X-Asana-Task", "X-Cron-Env", "X-FC-MachineGenerated",
    "X-LinkedIn-Class", "X-LinkedIn-Template",
)  # fmt: skip
HELP_DESK_HEADERS = (
    "X-Zendesk-From-Account-Id",
    "X-Zendesk-Email-Id",
    "X-Zendesk-Priority-Mail",
    "X-Freshdesk-Ticket-Id",
)
SENDING_SERVICE_HEADERS = (
    "X-SG-EID", "X-Mailgun-Sid", "X-CSA-Complaints", "X-SES-Outgoing", "X-PM-Message-Id", "X-MSYS-API", "X-Mailin-EID",
    "X-Mandrill-User",
)  # fmt: skip
"""Headers of carriers, which send campaigns and also the ordinary mail of many firms."""
CAMPAIGN_HEADERS = (
    "X-MC-User", "X-Campaign", "X-CampaignID", "X-MarketoID", "X-HS-Cid", "X-SFMC-Stack", "X-Kmail-Message",
    "X-Mailin-Campaign", "X-Mailjet-Campaign", "X-Roving-ID", "X-Bulkmail", "X-Kmail-Account", "X-CTCT-ID",
    "X-Mailchimp-Campaign-Id", "X-Klaviyo-Message-Id", "X-Braze-Id", "X-CleverReach", "X-Emarsys-Campaign",
)  # fmt: skip
"""Headers of programs that only write to many people at once."""
EXCHANGE_MEETING = r":ee_meetingmessage\b"
CRM_ALERT = frozenset({"workflowactionalert"})
CRM_MASS_MAIL = frozenset({"apimassmail", "massmail"})
SHARE_ID = r"@odspnotify>"
"""Microsoft sends shares from their owner's address; only the Message-ID shows it."""
TICKET_RECEIVED = re.compile(
    r"\W{0,3}(?:(?:ticket|request|case|enquiry|inquiry) (?:has been )?(?:received|created|opened)"
    r"|(?:thank you for|we(?:'ve| have)? received|your request|ihre anfrage|votre demande|su solicitud)\b)",
    re.IGNORECASE,
)
ZENDESK_MAILER = "zendesk mailer"
ZENDESK_HEADERS = ("X-Zendesk-From-Account-Id", "X-Zendesk-Email-Id")
AGENT_NAME = re.compile(r"\S.{0,100} \(.{1,100}\)")
"""How Zendesk names an agent: the person, then the firm in brackets."""
ZENDESK_EARLIER = "_sprut@zendesk.com>"
"""In the references this shows that Zendesk wrote on the ticket earlier: the mail does not confirm its arrival."""

_HOUSE = """
    a an app at by care center centre co communications community company corp crew customer desk from gmbh group help
    hq inc info kundenservice limited llc ltd mail notification notifications of online our sales service services
    support system team the updates your
"""
HOUSE = frozenset(_HOUSE.split())
"""Words that a firm adds to its own name."""
PERSONA = re.compile(r"\S{2,30}(?: \S{1,30})? (?:from|at|@|von|de chez|di|van|of) (?P<firm>\S.{0,60})", re.IGNORECASE)
"""How campaigns sign: "Kate from Lattice"."""
EVENT_SUBJECT = re.compile(
    r"\W{0,3}(?:"
    r"(?:security|new) (?:alert|sign-?in|login|log-in|device|voice ?(?:message|mail)|fax)\b(?! (?:for|with) you)"
    r"|new (?:form |survey |chat )?(?:submission|response|entry)\b|new (?:conversation|chat|comment|review"
    r"|lead) (?:from|on|in)\b"
    r"|you(?:'ve| have)? (?:been (?:added|assigned|invited|mentioned|granted)\b|(?:got|received|have) (?:a|an"
    r"|\d+) new\b)"
    r"|(?:your |the )?(?:link|proposal|document|quote|file|video|page)\b.{0,40} (?:was"
    r"|has been) (?:just )?(?:viewed|opened|signed|downloaded)\b"
    r"|.{1,40} (?:mentioned|tagged|assigned|invited) you (?:in|on|to)\b|.{1,40} assigned (?:a|an) \w{1,20} to you\b"
    r"|.{1,40} (?:commented on|left a comment|replied to your comment|shared .{1,60} with you)\b"
    r"|(?:please )?(?:verify|confirm|activate) your (?:e-?mail|account|address|sign-?up)\b"
    r"|(?:reset|change) your password\b|password (?:reset|changed)\b|(?:your )?(?:verification|security|login"
    r"|one-time) (?:code|passcode)\b"
    r"|(?:\[[^\]]{1,40}\] ?)?(?:ticket|request|case) (?:has been |was )?(?:received|created|opened|closed|solved)\b"
    r"|(?:\[[^\]]{1,40}\] ?)?(?:(?:ticket|request|case|incident) )?[#(\[]?[a-z]{0,10}[-#]?\d[\w-]{0,20}[)\]]?"
    r" (?:has been|was|is now) (?:received|created|opened|closed|solved|resolved|updated|assigned|escalated|merged)\b"
    r"|(?:\[[^\]]{1,40}\] ?)?we(?:'ve| have)? received your (?:request|e-?mail|message|inquiry|enquiry)\b"
    r"|(?:\[[^\]]{1,40}\] ?)?(?:build|pipeline|deployment|job|backup) .{0,40}\b(?:failed|succeeded|passed)\b"
    r"|(?:your |the )?(?:recording|transcript|meeting (?:recap|summary)|export|report|download)\b.{0,40} (?:is"
    r"|are) (?:now )?(?:ready|available)\b"
    r"|how (?:did we do|would you rate|likely are you|was your (?:experience|visit|stay|call|purchase))\b"
    r"|(?:please )?rate your (?:\w{1,20} )?(?:experience|visit|stay|call|purchase)\b"
    r"|wir haben ihre (?:anfrage|nachricht|e-?mail) erhalten\b|neue anmeldung\b|ihr (?:bestätigungs|sicherheits)code\b"
    r"|nous avons bien re[çc]u votre\b|hemos recibido (?:su|tu)\b|abbiamo ricevuto la (?:sua|tua)\b"
    r")",
    re.IGNORECASE,
)
"""How systems report what happened in them."""
COMMERCE_SUBJECT = re.compile(
    r"\W{0,3}(?:"
    r"(?:your |the |ihre? |votre |su |il tuo |la tua )?(?:\w{1,20} ){0,2}(?:order|booking|reservation"
    r"|registration|appointment|payment|invoice|bill|statement|shipment|package"
    r"|delivery|subscription|trial|ticket|bestellung|buchung|rechnung|sendung|lieferung|reservierung|commande"
    r"|facture|colis"
    r"|r[ée]servation|pedido|reserva|factura|ordine|prenotazione|fattura)\b.{0,30}"
    r"\b(?:confirmed|confirmation|details|(?:is|are|has been|was) (?:now )?(?:ready|available|online|shipped"
    r"|delivered|scheduled|placed|on its way|out for delivery|due|paid)|ends|expires"
    r"|ist (?:online|da|verf[üu]gbar|unterwegs)|wurde (?:versandt|zugestellt)|est (?:disponible"
    r"|exp[ée]di[ée]e?)|confirm[ée]e?|confirmad[oa])\b"
    r"|(?:ihre )?(?:buchungs|bestell|auftrags|versand|reservierungs)best(?:ä|ae)tigung\b"
    r"|confirmation de (?:votre |la )?(?:commande|r[ée]servation)\b"
    r")",
    re.IGNORECASE,
)
"""How shops and carriers write, and also clerks."""
