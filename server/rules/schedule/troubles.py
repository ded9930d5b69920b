"""Whose fault a refusal is, one person's or a setting's, and when a step that failed is tried again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.mailbox import Mailbox
from server.domain.trouble import PersonStep, Trouble, TroubleCode
from server.rules.schedule.recovery import compute_backoff

HOUR = 3_600.0
LATELY = HOUR + 900.0
"""Seconds: whoever is refused is tried again once an hour, by the next sweep after that."""
FEWEST = 3
"""Mailboxes that must fail alike before a setting is at fault; of fewer, all."""
PASSING = frozenset({"", TroubleCode.CONFLICT})
"""Codes that prove nothing: Google was away, or busy."""


@dataclass(frozen=True)
class Attempt:
    """The last try of one mailbox: ``code`` is empty where it was read. ``is_admin``: it is GOOGLE_ADMIN's own."""

    code: str
    is_admin: bool = False


def find_shared_code(attempts: Iterable[Attempt], readable: int, *, has_admin: bool) -> str | None:
    """The one code with which all of these tries failed, where a setting is at fault; else None.

    ``readable`` is how many mailboxes there are to be tried. ``has_admin``: GOOGLE_ADMIN's own is among them, and then
    it must have failed too: an account that Google lets in proves that the settings are right.
    """
    tried = list(attempts)
    codes = {attempt.code for attempt in tried}
    if len(codes) != 1 or codes & PASSING or len(tried) < min(FEWEST, readable):
        return None
    if has_admin and not any(attempt.is_admin for attempt in tried):
        return None
    return codes.pop()


def find_settings_fault(mailboxes: Iterable[Mailbox], admin: str, now: float) -> str | None:
    """The code of a fault that all mailboxes share, by what is stored of them.

    ``admin`` is the address in GOOGLE_ADMIN. Where that account has no mailbox in scope, nobody may ask Gmail for it,
    and the other mailboxes alone decide.
    """
    readable = [mailbox for mailbox in mailboxes if mailbox.reads]
    tries = [
        Attempt(code, mailbox.is_named(admin))
        for mailbox in readable
        if (code := _read_last_code(mailbox, now)) is not None
    ]
    has_admin = any(mailbox.is_named(admin) for mailbox in readable)
    return find_shared_code(tries, len(readable), has_admin=has_admin)


def _read_last_code(mailbox: Mailbox, now: float) -> str | None:
    """Of a mailbox that was tried lately, empty where it was read; None where its last try proves nothing."""
    trouble = mailbox.trouble(PersonStep.READ)
    if trouble is not None:
        return None if trouble.code in PASSING or now - trouble.at > LATELY else trouble.code
    is_recent = mailbox.last_synced_at is not None and now - mailbox.last_synced_at <= LATELY
    return "" if is_recent else None


def tries_again_at(trouble: Trouble) -> float:
    """Epoch seconds. A refusal is a person's to end, so an early try would be in vain.

    A first word that somebody is missing or has no Gmail is asked about once more by the next sweep: it may be chance.
    """
    is_absence = trouble.step == PersonStep.DIRECTORY or trouble.code == TroubleCode.NO_GMAIL
    if is_absence and trouble.failures == 1:
        return trouble.at
    return trouble.at + (compute_backoff(trouble.failures) if trouble.code in PASSING else HOUR)


def select_troubled(mailboxes: Iterable[Mailbox]) -> list[tuple[Mailbox, Trouble]]:
    """Each mailbox that is read and has a trouble which a person must end, with the gravest of its troubles."""
    pairs = ((mailbox, _find_gravest(mailbox)) for mailbox in mailboxes if mailbox.reads)
    return [(mailbox, trouble) for mailbox, trouble in pairs if trouble is not None]


def _find_gravest(mailbox: Mailbox) -> Trouble | None:
    lasting = [trouble for step in PersonStep if (trouble := mailbox.trouble(step)) and trouble.code not in PASSING]
    return lasting[0] if lasting else None
