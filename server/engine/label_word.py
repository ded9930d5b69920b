"""The Gmail label "Don't log": a rep's word that works on a phone, and with filters."""

from __future__ import annotations

from server.domain.mailbox import Mailbox
from server.engine.ports import Ports


def dont_log_label(ports: Ports, mailbox: Mailbox) -> str | None:
    """The id of the rep's own label of that name, without case; None where there is none."""
    wanted = ports.policy.dont_log_label.strip().lower()
    labels = ports.mail.labels(mailbox)
    return next((found.label_id for found in labels if found.is_own and found.name.strip().lower() == wanted), None)
