"""Where a mailbox stands, in words that an admin reads."""

from __future__ import annotations

from datetime import UTC, datetime

from server.domain.mailbox import DirectoryState, Mailbox, Stage

AWAY = {
    DirectoryState.SUSPENDED: "The person is suspended in Google Workspace.",
    DirectoryState.ARCHIVED: "The person is archived in Google Workspace.",
    DirectoryState.DELETED: "The person was deleted from Google Workspace.",
    DirectoryState.NOT_SET_UP: "Gmail is not set up for this person yet. It is tried again for a day.",
    DirectoryState.NO_GMAIL: "Gmail is switched off for this person, or there is no licence for it.",
}
STAGES = {
    Stage.OFF: "An admin switched it off.",
    Stage.DRAINING: "It is draining: nothing new is read, and what was read is delivered.",
    Stage.DRY_RUN: "It is read, and nothing is written to Salesforce.",
    Stage.LIVE: "It is live.",
}
TROUBLE = {
    "GmailOffError": AWAY[DirectoryState.NO_GMAIL],
    "MailboxUnavailableError": "Google does not let us read it now. It is tried again by itself.",
    "ReconnectRequiredError": "Google no longer accepts our credentials: doctor says what to mend.",
    "OutOfScopeError": "It is outside the configured scope.",
}
RETURNS = "It is live again as soon as the person is back."


def standing(mailbox: Mailbox, now: float) -> str:
    """A few sentences; the last one says up to when all mail is accounted for, where nothing new is read."""
    said = []
    if not mailbox.is_in_scope:
        said.append("It is outside the configured scope.")
    if mailbox.directory_state in AWAY:
        said.append(AWAY[mailbox.directory_state])
    said.append(STAGES[mailbox.stage])
    if mailbox.returns_to is not None:
        said.append(RETURNS)
    if mailbox.reads and mailbox.paused_until > now and mailbox.last_error:
        said.append(TROUBLE.get(mailbox.last_error, "It could not be read. It is tried again by itself."))
    if not mailbox.reads or mailbox.paused_until > now:
        said.append(complete(mailbox))
    return " ".join(said)


def complete(mailbox: Mailbox) -> str:
    """What a card or a page can show of a mailbox that reads nothing new."""
    if mailbox.complete_to is None:
        return "Nothing of it was ever read to the end."
    to = f"Complete to {datetime.fromtimestamp(mailbox.complete_to, UTC):%Y-%m-%d %H:%M} UTC"
    if mailbox.backfill is None:
        return f"{to}."
    return f"{to}, from {datetime.fromtimestamp(mailbox.backfill.until, UTC):%Y-%m-%d} on; older mail was not read yet."


def first_day(mailbox: Mailbox) -> str:
    """From which on its mail is logged (UTC)."""
    if not mailbox.start:
        return "its first message"
    return datetime.fromtimestamp(mailbox.start / 1000, UTC).date().isoformat()
