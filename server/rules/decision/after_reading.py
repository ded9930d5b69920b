"""What only the body of a matched mail shows: that no person wrote it."""

from __future__ import annotations

import re

from server.domain.decision import Decision, Evidence, Outcome, Reason
from server.domain.mail_body import MailBody

CALENDAR_METHODS = frozenset({"REQUEST", "REPLY", "CANCEL", "COUNTER"})
"""RFC 5546: an invitation, an answer to one, its end, and another proposal. A calendar program writes these."""
CALENDAR_BODY = Evidence("calendar_body")
RECALL_BODY = Evidence("recall_body")
LONGEST_RECALL = 600
"""Characters: the sentence names a person and a subject, and nothing else."""
_RECALL = re.compile(
    r"(?:[^\n]{1,200}\s(?:would like to recall the message|möchte die Nachricht|souhaite rappeler le message"
    r"|desea (?:recuperar|retirar) el mensaje|desidera richiamare il messaggio"
    r"|gostaria de (?:recuperar|cancelar) a mensagem|wil(?: graag)? het bericht|vill återkalla meddelandet"
    r"|vil gerne tilbagekalde meddelelsen|ønsker å tilbakekalle meldingen|chce odwołać wiadomość)\b"
    r"[,:]?\s{0,4}[\"'“”„«»\u2018\u2019][^\n]{0,300}[\"'“”«»\u2018\u2019]"
    r"(?: (?:zurückrufen|intrekken|terugroepen))?\.?)",
    re.IGNORECASE,
)
"""Outlook's whole text of a recall, in a person's name: Ada would like to recall the message, "Offer"."""


def decide_after_reading(decision: Decision, body: MailBody) -> Decision:
    """The decision that stands once the body is read.

    Calendar mail and a recall are ``automated``, unless a person chose the record or "log anyway".
    """
    if decision.outcome is not Outcome.LOGGED or decision.reason is Reason.THREAD_OVERRIDE:
        return decision
    if body.calendar_method in CALENDAR_METHODS:
        return _end_as_automated(decision, CALENDAR_BODY)
    text = body.whole_text.strip()
    if len(text) <= LONGEST_RECALL and _RECALL.fullmatch(text):
        return _end_as_automated(decision, RECALL_BODY)
    return decision


def _end_as_automated(decision: Decision, evidence: Evidence) -> Decision:
    return Decision(Reason.AUTOMATED, evidence=(evidence,), policy_version=decision.policy_version)
