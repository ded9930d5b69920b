"""Whose fault a refusal is, one person's or a setting's, and when a step that failed is tried again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
PERSONAL = frozenset({TroubleCode.NO_SUCH_USER, TroubleCode.OUT_OF_SCOPE, TroubleCode.NO_GMAIL})
"""Codes that one person has while all settings are right. Of these, only Gmail may be off for everybody."""
LASTING = 3 * HOUR
"""Seconds after which what should pass by itself is told to a person."""


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
    everybody = list(attempts)
    tried = _leave_out_personal(everybody)
    codes = {attempt.code for attempt in tried}
    left = readable - (len(everybody) - len(tried))
    if len(codes) != 1 or codes & PASSING or len(tried) < min(FEWEST, left):
        return None
    if has_admin and not any(attempt.is_admin for attempt in tried):
        return None
    # A few people who are gone for good say nothing of all those for whom Google was only away.
    if codes & PERSONAL and len(tried) <= readable / 2:
        return None
    return codes.pop()


def _leave_out_personal(tried: list[Attempt]) -> list[Attempt]:
    """Without those whose code is a person's own, where others are left: one who is gone hides no setting."""
    for personal in (PERSONAL - {TroubleCode.NO_GMAIL}, PERSONAL):
        rest = [attempt for attempt in tried if attempt.code not in personal]
        if not rest:
            break
        tried = rest
    return tried


def find_settings_fault(mailboxes: Iterable[Mailbox], admin: str, now: float) -> str | None:
    """The code of a fault that all mailboxes share, by what is stored of them.

    ``admin`` is the address in GOOGLE_ADMIN. Where that account has no mailbox in scope, nobody may ask Gmail for it,
    and the other mailboxes alone decide; so they do where it has no Gmail any more.
    """
    readable = [mailbox for mailbox in mailboxes if mailbox.reads or mailbox.has_lost_gmail]
    tries = [
        Attempt(code, mailbox.is_named(admin))
        for mailbox in readable
        if (code := _read_last_code(mailbox, now)) is not None
    ]
    has_admin = any(mailbox.is_named(admin) and mailbox.reads for mailbox in readable)
    return find_shared_code(tries, len(readable), has_admin=has_admin)


def _read_last_code(mailbox: Mailbox, now: float) -> str | None:
    """Of a mailbox that was tried lately, empty where it was read; None where its last try proves nothing."""
    if mailbox.has_lost_gmail:
        return TroubleCode.NO_GMAIL  # each sweep asks Gmail or the Directory
    trouble = mailbox.trouble(PersonStep.READ)
    if trouble is not None:
        return None if trouble.code in PASSING or now - trouble.at > LATELY else trouble.code
    return "" if _is_read_lately(mailbox, now) else None


def _is_read_lately(mailbox: Mailbox, now: float) -> bool:
    is_read = mailbox.reads and mailbox.trouble(PersonStep.READ) is None
    return is_read and mailbox.last_synced_at is not None and now - mailbox.last_synced_at <= LATELY


def tries_again_at(trouble: Trouble) -> float:
    """Epoch seconds. A refusal is a person's to end, so an early try would be in vain.

    A first word that somebody is missing or has no Gmail is asked about once more by the next sweep: it may be chance.
    """
    if _is_first_word(trouble):
        return trouble.at
    return trouble.at + (compute_backoff(trouble.failures) if trouble.code in PASSING else HOUR)


def _is_first_word(trouble: Trouble) -> bool:
    is_absence = trouble.step == PersonStep.DIRECTORY or trouble.code == TroubleCode.NO_GMAIL
    return is_absence and trouble.failures == 1


def select_troubled(mailboxes: Collection[Mailbox], now: float) -> list[tuple[Mailbox, Trouble]]:
    """Each mailbox that should be read and has a trouble which a person must end, with the gravest of its troubles.

    What should pass by itself is one too once it lasts, except where Google is away for everybody.
    """
    is_away = sum(mailbox.reads for mailbox in mailboxes) >= FEWEST and not any(
        _is_read_lately(mailbox, now) for mailbox in mailboxes
    )
    pairs = ((mailbox, _find_gravest(mailbox, now, is_away=is_away)) for mailbox in mailboxes)
    return [(mailbox, trouble) for mailbox, trouble in pairs if trouble is not None]


def _find_gravest(mailbox: Mailbox, now: float, *, is_away: bool) -> Trouble | None:
    if mailbox.has_lost_gmail:
        return _find_loss(mailbox, now)
    if not mailbox.reads:
        return None
    troubles = [trouble for step in PersonStep if (trouble := mailbox.trouble(step))]
    return next((trouble for trouble in troubles if _needs_person(trouble, is_away=is_away)), None)


def _find_loss(mailbox: Mailbox, now: float) -> Trouble | None:
    """Why Gmail is gone; None while that is a first word. Where the Directory says so, nobody asks Gmail again."""
    said = mailbox.trouble(PersonStep.ADDRESSES)
    if said is None or said.code in PASSING:
        return Trouble(PersonStep.ADDRESSES, mailbox.directory_since, TroubleCode.NO_GMAIL)
    return None if _is_first_word(said) and now - said.at <= LATELY else said


def _needs_person(trouble: Trouble, *, is_away: bool) -> bool:
    if trouble.code not in PASSING:
        return not _is_first_word(trouble)
    return trouble.step == PersonStep.READ and trouble.lasted >= LASTING and not is_away
