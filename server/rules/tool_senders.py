"""Addresses under which only programs write, though they bear people's names: nobody of the firm has a mailbox there.

Firms whose people write from the same domain (linkedin.com, paypal.com) are listed by their programs' local parts.
"""

from __future__ import annotations

DOMAINS = frozenset(
    [
        # Signatures and contracts
        "docusign.net", "echosign.com", "adobesign.com", "email.pandadoc.net", "mail.hellosign.com",
        # Meetings and booking pages
        "bookings.microsoft.com", "email.teams.microsoft.com", "gotowebinar.com",
        # Boards, chat and documents
        "mail.notion.so", "am.atlassian.com", "slackhq.com", "facebookmail.com", "docs.google.com",
        "sharepointonline.com",
        # Orders, invoices and supplier portals
        "ansmtp.ariba.com", "coupahost.com", "notification.intuit.com", "hq.bill.com", "tipalti.com",
        # Forms, events and status pages
        "squarespace.info", "wix-forms.com", "followups.typeform.com", "event.eventbrite.com", "statuspage.io",
        # Carriers of other people's mail, writing for themselves
        "amazonses.com", "bounces.google.com", "dtdg.co",
    ]
)  # fmt: skip
ADDRESSES: dict[str, frozenset[str]] = {
    "linkedin.com": frozenset({"invitations", "hit-reply", "inmail-hit-reply", "sales-navigator", "updates",
                               "jobs-listings"}),
    "paypal.com": frozenset({"service", "member"}),
    "slack.com": frozenset({"feedback", "notification"}),
    "microsoft.com": frozenset({"azuredevops", "msonlineservicesteam", "powerbi"}),
    "webex.com": frozenset({"messenger"}),
    "hotmail.com": frozenset({"staff"}),
    "fireflies.ai": frozenset({"fred"}),
    "otter.ai": frozenset({"notes"}),
    "google.com": frozenset({"calendar-notification", "calendar-server"}),
    "stripe.com": frozenset({"receipts", "invoice", "notifications"}),
}  # fmt: skip


def is_tool(local: str, domain: str) -> bool:
    """Whether ``local@domain``, in lower case, belongs to a program; plus tags do not matter."""
    labels = domain.split(".")[-8:]
    parents = {".".join(labels[at:]) for at in range(len(labels) - 1)}
    if parents & DOMAINS:
        return True
    return any(local.partition("+")[0] in ADDRESSES[parent] for parent in parents & ADDRESSES.keys())
