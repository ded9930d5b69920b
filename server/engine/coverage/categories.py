"""Categories of Gmail's that this version does not know: their mail counts as primary, and an admin is told."""

from __future__ import annotations

from server.domain.mailbox import Mailbox
from server.ports.mail import MailProvider
from server.rules.decision.screen import is_unknown_category


def count_unknown_categories(mail: MailProvider, mailbox: Mailbox) -> dict[str, int]:
    """How many emails each holds in the mailbox. Raises what the mail port raises."""
    unknown = [label.label_id for label in mail.labels(mailbox) if not label.is_own]
    counts = {name: mail.count_messages(mailbox, name) for name in sorted(unknown) if is_unknown_category(name)}
    return {name: count for name, count in counts.items() if count}
