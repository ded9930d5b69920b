"""Describe a mailbox's status in sentences for an admin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from server.domain.errors import (
    DayBudgetError,
    GmailOffError,
    MailboxUnavailableError,
    OutOfScopeError,
    ReconnectRequiredError,
)
from server.domain.mailbox import DirectoryState, Mailbox, Stage
from server.domain.trouble import PersonStep, TroubleCode

DIRECTORY_SENTENCES = {
    DirectoryState.SUSPENDED: "The person is suspended in Google Workspace.",
    DirectoryState.ARCHIVED: "The person is archived in Google Workspace.",
    DirectoryState.DELETED: "The person was deleted from Google Workspace.",
    DirectoryState.NOT_SET_UP: "Gmail is not set up for this person yet. We try again for one day.",
    DirectoryState.NO_GMAIL: "Gmail is switched off for this person, or the person has no licence for it.",
}
STAGE_SENTENCES = {
    Stage.OFF: "This mailbox is switched off.",
    Stage.DRAINING: "This mailbox is draining: we read no new mail, and log what we have read.",
    Stage.DRY_RUN: "This mailbox is in trial mode: we read its mail and write nothing to Salesforce.",
    Stage.LIVE: "This mailbox is live.",
}
NEWER_STAGE = "This mailbox has a stage that only a newer version of this program knows. This version leaves it alone."
OUT_OF_SCOPE = "This mailbox is outside the configured scope."
ERROR_SENTENCES: Mapping[type[Exception], str] = {
    GmailOffError: DIRECTORY_SENTENCES[DirectoryState.NO_GMAIL],
    MailboxUnavailableError: "Google does not let us read this mailbox now. We try again automatically.",
    ReconnectRequiredError: "Google no longer accepts our credentials. Run doctor to see what to fix.",
    OutOfScopeError: OUT_OF_SCOPE,
}
PAST_WAITS: Mapping[str, str] = {
    DayBudgetError.__name__: "Older mail waits: today's Gmail units for it are used up (GMAIL_UNITS_PER_DAY). It goes"
    " on by itself at {at} UTC; new mail is read meanwhile."
}
"""By the error's class: why the reading of older mail has paused."""
TROUBLE_SENTENCES: Mapping[str, str] = {
    TroubleCode.NO_GMAIL: DIRECTORY_SENTENCES[DirectoryState.NO_GMAIL],
    TroubleCode.NO_SUCH_USER: "Google gives nobody access to this account: it is suspended, deleted or renamed.",
    TroubleCode.NOT_DELEGATED: "Google does not let this service act for this person.",
    TroubleCode.NOT_SIGNED: "Google no longer accepts our credentials. Run doctor to see what to fix.",
    TroubleCode.CREDENTIALS_REFUSED: "Gmail does not accept our credentials for this person.",
    TroubleCode.DOMAIN_POLICY: "A policy of your Google Workspace keeps programs out of this person's Gmail.",
    TroubleCode.DELEGATION_DENIED: "Gmail denies this service access as this person.",
    TroubleCode.ACCESS_REFUSED: "Gmail refuses this service access to this person's mailbox.",
    TroubleCode.API_OFF: "The Gmail API is not enabled in the Google Cloud project.",
    TroubleCode.CALL_REFUSED: "Gmail refuses our calls for this person's mailbox as invalid.",
    TroubleCode.CONFLICT: "Gmail answers that this person's mailbox is busy.",
    TroubleCode.OUT_OF_SCOPE: OUT_OF_SCOPE,
    TroubleCode.DIRECTORY_REFUSED: "Google refuses our question about this person alone.",
    "": "We have failed for hours to read this mailbox, and Google names no cause. The log names the error.",
}
"""Of one person. A code without a sentence is one of a newer version."""
UNNAMED_TROUBLE = "Google does not let us read this mailbox now."
STEP_SENTENCES: Mapping[PersonStep, str] = {
    PersonStep.READ: "",
    PersonStep.ADDRESSES: "The addresses that this person sends from cannot be read now.",
    PersonStep.WATCH: "Gmail does not push this mailbox's changes, so it is polled.",
    PersonStep.DIRECTORY: "The Directory does not tell about this person.",
}
RETRIED = "We try again automatically."
FOR_ALL = "Google refuses all mailboxes alike, so a setting is at fault and not a person."
FAULT_SENTENCES: Mapping[str, str] = {
    TroubleCode.NO_GMAIL: "Switch Gmail on in the Admin console, under Apps, Google Workspace.",
    TroubleCode.NOT_DELEGATED: "In the Admin console, under Domain-wide delegation, authorise the service account for"
    " https://www.googleapis.com/auth/gmail.readonly.",
    TroubleCode.DOMAIN_POLICY: "In the Admin console, under API controls, let programs use Gmail.",
    TroubleCode.API_OFF: "Enable the Gmail API in the Google Cloud project of the service account.",
}
RUN_DOCTOR = "Run doctor to see what to fix."
UNKNOWN_ERROR = "We could not read this mailbox. We try again automatically."
RETURNS = "It becomes live again as soon as the person is back."
NEVER_COMPLETE = "This mailbox has never been read completely."


def describe_status(mailbox: Mailbox, now: float) -> str:
    """A few sentences. Where no new mail is read, the last one says up to when all mail is accounted for."""
    sentences = []
    if not mailbox.is_in_scope:
        sentences.append(OUT_OF_SCOPE)
    if mailbox.directory_state in DIRECTORY_SENTENCES:
        sentences.append(DIRECTORY_SENTENCES[mailbox.directory_state])
    sentences.append(STAGE_SENTENCES.get(mailbox.stage, NEWER_STAGE))
    if mailbox.returns_to is not None:
        sentences.append(RETURNS)
    is_paused = mailbox.paused_until > now
    if mailbox.reads:
        sentences += _describe_troubles(mailbox, is_paused=is_paused)
    if mailbox.reads and (waiting := describe_past_pause(mailbox, now)):
        sentences.append(waiting)
    if not mailbox.reads or is_paused:
        sentences.append(describe_completeness(mailbox))
    return " ".join(sentences)


def _describe_troubles(mailbox: Mailbox, *, is_paused: bool) -> list[str]:
    """What fails for this person and does not pass by itself, step by step."""
    sentences = []
    read = mailbox.trouble(PersonStep.READ)
    if read is not None and read.code:
        sentences += [describe_trouble(read.code), RETRIED]
    elif is_paused and mailbox.last_error:
        sentences.append(_describe_error(mailbox.last_error))
    for step in (PersonStep.ADDRESSES, PersonStep.WATCH, PersonStep.DIRECTORY):
        trouble = mailbox.trouble(step)
        # Where nothing of the mailbox can be read, the other steps fail for the same reason.
        if trouble is not None and trouble.code and (read is None or read.code != trouble.code):
            sentences += [STEP_SENTENCES[step], describe_trouble(trouble.code)]
    return sentences


def describe_trouble(code: str) -> str:
    """Why one person's mailbox cannot be read."""
    return TROUBLE_SENTENCES.get(code, UNNAMED_TROUBLE)


def describe_settings_fault(code: str) -> str:
    """What an admin must do where all mailboxes are refused with this code."""
    return f"{FOR_ALL} {FAULT_SENTENCES.get(code, RUN_DOCTOR)}"


def _describe_error(error_name: str) -> str:
    """``error_name`` is the name of the error's class, as the mailbox stores it."""
    by_name = {error.__name__: sentence for error, sentence in ERROR_SENTENCES.items()}
    return by_name.get(error_name, UNKNOWN_ERROR)


def describe_past_pause(mailbox: Mailbox, now: float) -> str | None:
    """Why older mail waits, where that is no trouble of this mailbox."""
    past = mailbox.backfill
    text = PAST_WAITS.get(past.last_error or "") if past else None
    if past is None or text is None or past.paused_until <= now:
        return None
    return text.format(at=f"{datetime.fromtimestamp(past.paused_until, UTC):%Y-%m-%d %H:%M}")


def describe_completeness(mailbox: Mailbox) -> str:
    """One sentence for a mailbox of which no new mail is read. Times are UTC."""
    if mailbox.complete_to is None:
        return NEVER_COMPLETE
    complete_to = f"Complete to {datetime.fromtimestamp(mailbox.complete_to, UTC):%Y-%m-%d %H:%M} UTC"
    if mailbox.backfill is None:
        return f"{complete_to}."
    read_from = f"{datetime.fromtimestamp(mailbox.backfill.until, UTC):%Y-%m-%d}"
    return f"{complete_to}, starting on {read_from}. We have not read older mail yet."


def describe_start(mailbox: Mailbox) -> str:
    """The first day (UTC) whose mail is logged."""
    if not mailbox.start:
        return "its first message"
    return datetime.fromtimestamp(mailbox.start / 1000, UTC).date().isoformat()
