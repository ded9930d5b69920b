"""Addresses and hosts that belong to programs, though the mail may bear a person's name.

Firms whose people write from the same domain (linkedin.com, paypal.com) are listed by the local parts of programs.
"""

from __future__ import annotations

import re


def _split_list(text: str) -> frozenset[str]:
    return frozenset(text.split())


DOMAINS = frozenset(
    [
        # Signatures and contracts
        "docusign.net", "echosign.com", "adobesign.com", "email.pandadoc.net", "mail.hellosign.com",
        # Meetings and booking pages
        "bookings.microsoft.com", "teams.microsoft.com", "gotowebinar.com",
        # Boards, chat and documents
        "mail.notion.so", "am.atlassian.com", "slackhq.com", "facebookmail.com", "docs.google.com",
        "sharepointonline.com", "mail.asana.com",
        # Orders, invoices and supplier portals
        "coupahost.com", "notification.intuit.com", "hq.bill.com", "inform.bill.com", "tipalti.com",
        "post.xero.com", "shopifyemail.com", "messaging.squareup.com", "myworkday.com", "greenhouse-mail.io",
        # Forms, surveys, events and status pages
        "squarespace.info", "wix-forms.com", "followups.typeform.com", "surveymonkeyuser.com", "event.eventbrite.com",
        "statuspage.io",
        # Carriers and monitors, writing for themselves
        "amazonses.com", "bounces.google.com", "dtdg.co", "email.amazon.com", "inbound.efax.com", "e.read.ai",
    ]
)  # fmt: skip
"""No person has a mailbox in these domains."""
LOCALS: dict[str, frozenset[str]] = {
    "ariba.com": frozenset({"ordersender-prod", "ordersender", "s4system-prod", "s4system-prodeu", "mtsystem-prod"}),
    "linkedin.com": frozenset({"invitations", "hit-reply", "inmail-hit-reply", "sales-navigator", "updates"}),
    "paypal.com": frozenset({"service", "member"}),
    "slack.com": frozenset({"feedback", "notification"}),
    "microsoft.com": frozenset({"azuredevops", "msonlineservicesteam", "powerbi"}),
    "google.com": frozenset({"drive-shares-noreply", "drive-shares-dm-noreply", "forms-receipts-noreply"}),
    "stripe.com": frozenset({"receipts", "invoice", "notifications"}),
    "fedex.com": frozenset({"trackingupdates"}),
    "ups.com": frozenset({"mcinfo", "auto-notify"}),
    "expensify.com": frozenset({"concierge"}),
    "freshbooks.com": frozenset({"mail"}),
    "amazon.com": frozenset({"auto-confirm", "order-update", "shipment-tracking"}),
    "uber.com": frozenset({"uber.us", "uber.uk", "receipts"}),
    "chilipiper.com": frozenset({"hello"}),
    "webex.com": frozenset({"messenger"}),
    "fireflies.ai": frozenset({"fred"}),
    "otter.ai": frozenset({"notes"}),
    "hotmail.com": frozenset({"staff"}),
}
"""Programs at domains where people have mailboxes too. ``staff@hotmail.com`` passes on complaints."""
PROGRAM_PARENTS = frozenset({"ariba.com"})
"""Below these domains only programs write: ``ordersender-prod@eusmtp.ariba.com``, ``x@smtp.mn1.ariba.com``."""
SURVEY_HOSTS = _split_list(
    """
    surveymonkey.com surveymonkeyuser.com surveymonkey.net getfeedback.com qualtrics.com qualtrics-survey.com
    qualtrics-research.com qemailserver.com typeform.com medallia.com medallia.eu delighted.com delightedmail.com
    asknice.ly asknicely.com alchemer.com alchemer.eu surveygizmo.com questionpro.com survicate.com satismeter.com
    promoter.io wootric.com customersure.com smartsurvey.co.uk surveysparrow.com limesurvey.org sogosurvey.com
    confirmit.com confirmit.eu forsta.com inmoment.com mcxplatform.de feefo.com trustpilotmail.com trustpilot.com
    reviews.io yotpo.com simplesat.io nicereply.com checkmarket.com netigate.net netigate.se easy-feedback.de
    easy-feedback.com questback.com zonkafeedback.com retently.com customer.guru hotjar.com survio.com startquest.com
    webropol.com webropolsurveys.com lamapoll.de umfrageonline.com findmind.ch sphinxonline.com eval-and-go.com
    customerthermometer.com smileback.io crewhu.com zohosurvey.com zohosurvey.eu surveyanyplace.com pointerpro.com
    mopinion.com usabilla.com snapsurveys.com keysurvey.com surveylab.com ankietaplus.pl webankieta.pl
    ekomi.de ekomi.com trustedshops.com trustedshops.de bazaarvoice.com reevoo.com powerreviews.com
    """
)
"""Firms that ask in the name of others. Their own people write from these domains, to which they also return."""
CAMPAIGN_HOSTS = _split_list(
    """
    list-manage.com mcsv.net rsgsv.net mcdlv.net hubspotemail.net hubspotstarter.net mktomail.com mktdns.com
    exacttarget.com exct.net pardot.com eloqua.com en25.com responsys.net constantcontact.com ccsend.com
    createsend.com cmail19.com cmail20.com kmail-lists.com klaviyomail.com activehosted.com mailerlite.com
    getresponse.com substack.com beehiiv.com buttondown.email customeriomail.com convertkit-mail.com emarsys.net
    sailthru.com bronto.com listrak.com infusionmail.com aweber.com icontact.com madmimi.com cleverreach.com
    crsend.com rapidmail.com inxmail.com nl2go.com dotmailer.com cvent.com flodesk.com omnisend.com braze.com
    moosend.com mailpoet.com ngpvan.com everyaction.com acems.com dripemail2.com iterable.com sarbacane.com
    mailup.com maillist-manage.com maillist-manage.eu zcsend.net campaign-archive.com rdstation.com
    """
)
"""Platforms that send one text to many. No person's own mail has their unsubscribe links or bounce addresses."""

_HOST = re.compile(r"[@/.]([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})")
_ADDRESS = re.compile(r"([^\s<>@]{1,100})@([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8})")


def is_tool(local: str, domain: str) -> bool:
    """Whether ``local@domain``, in lower case, belongs to a program; plus tags do not matter."""
    parents = _list_parents(domain)
    if not DOMAINS.isdisjoint(parents) or not PROGRAM_PARENTS.isdisjoint(parents[1:]):
        return True
    return any(local.partition("+")[0] in LOCALS[parent] for parent in parents if parent in LOCALS)


def names_tool(text: str) -> bool:
    """Whether the first address in a header's text, in lower case, is a program's."""
    match = _ADDRESS.search(text)
    return match is not None and is_tool(*match.groups())


def names_campaign(text: str) -> bool:
    """Whether a host in the text, in lower case, is a campaign platform's."""
    return any(not CAMPAIGN_HOSTS.isdisjoint(_list_parents(match.group(1))) for match in _HOST.finditer(text))


def is_campaign_host(domain: str) -> bool:
    return not CAMPAIGN_HOSTS.isdisjoint(_list_parents(domain))


def is_survey_host(domain: str) -> bool:
    return not SURVEY_HOSTS.isdisjoint(_list_parents(domain))


def _list_parents(domain: str) -> list[str]:
    """The domain and the domains above it, without the top level."""
    labels = domain.split(".")[-8:]
    return [".".join(labels[at:]) for at in range(len(labels) - 1)]
