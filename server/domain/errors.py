"""Every failure, by what it asks of us.

::

    TrulyError
    ├── UserError                what a person must change; its text is for that person
    │   ├── ConfigurationError   a setting, key file or missing Salesforce field       exit 3
    │   │   ├── RightsError      the integration user lacks a right that every email needs
    │   │   └── KeylessError     the org has no field for the key of an activity
    │   ├── OtherOrgError        another Salesforce org answers than the state's        exit 3
    │   ├── BadInputError        a file or argument that cannot be used                exit 4
    │   └── RefusedError         not allowed: out of scope, no key to open with        exit 5
    │       └── OutOfScopeError  this mailbox is not ours to read: park it alone, too
    ├── TransientError           try again, at ``retry_after`` if it is known          exit 6
    │   ├── ThrottledError       they asked us to slow down
    │   │   └── DayBudgetError   our own budget of a day's units leaves nothing for this work: yield
    │   ├── StateAwayError       our own state does not answer: nothing at all can be done now
    │   ├── TooSlowError         a person waits, and the answer did not come in time
    │   ├── DoubtError           a write whose answer says nothing: look before writing again
    │   │   └── UnansweredError  no answer came, so it may yet be done: look, and wait before writing again
    │   ├── BrokenAutomationError  their own automation refused all that was sent: perhaps it is broken for all
    │   ├── UnfinishedReadingError  an email took its reader too long, or broke it: read it apart
    │   ├── UnlistedGroupError   who is in one of our groups cannot be known now: its mail waits, for a day at most
    │   └── StaleTargetError     the chosen record is gone or merged: match again
    ├── CursorExpiredError       the history is gone: list again
    ├── ReconnectRequiredError   credentials or delegation no longer hold: park        exit 7
    ├── MailboxUnavailableError  this mailbox cannot be read now: park it alone
    │   ├── GmailOffError        there is no Gmail for this person: no licence, or switched off
    │   ├── MailboxRefusedError  Google refuses us this mailbox: a setting's fault only where it refuses them all
    │   └── OutOfScopeError      (above): for whoever asks, it is also a mailbox that cannot be read
    ├── NotFoundError            it is not there (any more)
    │   └── JustSentError        Gmail does not say, or not yet, which message its web client means
    ├── ConflictError            somebody else wrote first: read again
    │   └── OverruledError       a person said something newer of the conversation: do no more
    ├── RejectedError            the other side refuses this record for good
    │   └── UnseenActivityError  the org does not show us this activity: it is hidden, or gone for good
    ├── UntrustedCallerError     a request that did not come from whom it says
    ├── UnreadableError          these bytes are not a message
    ├── SealBrokenError          a sealed value does not open here
    └── InvariantError           a promise of the design is broken: a bug, stop        exit 70

No message of these classes holds an address, a subject, a body, a token or a query.
"""

from __future__ import annotations

from enum import StrEnum

from server.domain.trouble import TroubleCode


class Reaction(StrEnum):
    """What a failure asks of us, in one word for logs and metrics."""

    FIX_SETTING = "fix_setting"
    FIX_INPUT = "fix_input"
    REFUSE = "refuse"
    TRY_AGAIN = "try_again"
    SLOW_DOWN = "slow_down"
    LOOK_FIRST = "look_first"
    READ_APART = "read_apart"
    MATCH_AGAIN = "match_again"
    LIST_AGAIN = "list_again"
    RECONNECT = "reconnect"
    PARK = "park"
    NOT_THERE = "not_there"
    READ_AGAIN = "read_again"
    REJECTED = "rejected"
    UNTRUSTED = "untrusted"
    UNREADABLE = "unreadable"
    SEAL_BROKEN = "seal_broken"
    BUG = "bug"


class TrulyError(Exception):
    """Base of every failure we raise. ``exit_code`` is what a command ends with."""

    exit_code = 1
    reaction = Reaction.BUG
    code: str = ""
    """One word for the cause; of a mailbox that cannot be read a ``TroubleCode``."""


class UserError(TrulyError):
    """No traceback: show this text."""

    reaction = Reaction.FIX_INPUT
    exit_code = 2


class ConfigurationError(UserError):
    reaction = Reaction.FIX_SETTING
    exit_code = 3

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RightsError(ConfigurationError):
    pass


class KeylessError(ConfigurationError):
    pass


class OtherOrgError(UserError):
    """``bound`` is the id of the org that the state belongs to, ``met`` that of the one that answers.

    No ConfigurationError, of which some stand for one missing field and are worked around: nothing is written at all.
    """

    reaction = Reaction.FIX_SETTING
    exit_code = 3

    def __init__(self, problem: str, bound: str, met: str) -> None:
        super().__init__(problem)
        self.bound = bound
        self.met = met


class BadInputError(UserError):
    exit_code = 4


class RefusedError(UserError):
    reaction = Reaction.REFUSE
    exit_code = 5


class TransientError(TrulyError):
    """``retry_after`` is in seconds from now, None where the other side named no time."""

    reaction = Reaction.TRY_AGAIN
    exit_code = 6

    def __init__(self, message: str, retry_after: float | None = None, code: str = "") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.code = code


class ThrottledError(TransientError):
    reaction = Reaction.SLOW_DOWN


class DayBudgetError(ThrottledError):
    pass


class StateAwayError(TransientError):
    pass


class TooSlowError(TransientError):
    pass


class DoubtError(TransientError):
    reaction = Reaction.LOOK_FIRST


class UnansweredError(DoubtError):
    pass


class BrokenAutomationError(TransientError):
    """``code`` and ``reason`` as of a RejectedError, which it becomes where it lasts."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__("The org's own automation refused all that was sent.")
        self.code = code
        self.reason = reason


class UnfinishedReadingError(TransientError):
    reaction = Reaction.READ_APART


class UnlistedGroupError(TransientError):
    """``is_refused``: the Directory answers, and says no."""

    def __init__(self, message: str, retry_after: float | None = None, *, is_refused: bool = False) -> None:
        super().__init__(message, retry_after)
        self.is_refused = is_refused


class StaleTargetError(TransientError):
    reaction = Reaction.MATCH_AGAIN


class CursorExpiredError(TrulyError):
    reaction = Reaction.LIST_AGAIN


class ReconnectRequiredError(TrulyError):
    reaction = Reaction.RECONNECT
    exit_code = 7


class MailboxUnavailableError(TrulyError):
    """One person's trouble, whatever Google's status was. ``code`` says which."""

    reaction = Reaction.PARK
    code = TroubleCode.UNAVAILABLE

    def __init__(self, message: str, code: TroubleCode | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code


class GmailOffError(MailboxUnavailableError):
    code = TroubleCode.NO_GMAIL


class MailboxRefusedError(MailboxUnavailableError, ReconnectRequiredError):
    """Who asks for one mailbox parks that one; who asks as GOOGLE_ADMIN must reconnect."""

    reaction = Reaction.PARK


class OutOfScopeError(RefusedError, MailboxUnavailableError):
    """Refused before anything was minted. As a mailbox's trouble it is that mailbox's alone."""

    reaction = Reaction.PARK
    code = TroubleCode.OUT_OF_SCOPE


class NotFoundError(TrulyError):
    reaction = Reaction.NOT_THERE


class JustSentError(NotFoundError):
    pass


class ConflictError(TrulyError):
    reaction = Reaction.READ_AGAIN


class OverruledError(ConflictError):
    pass


class RejectedError(TrulyError):
    """``code`` is the vendor's; ``reason`` is its sentence, for the rep and the admin, never for a log line."""

    reaction = Reaction.REJECTED

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class UnseenActivityError(RejectedError):
    """Salesforce gives one answer for both, so nobody here may call it deleted."""


class UntrustedCallerError(TrulyError):
    reaction = Reaction.UNTRUSTED


class UnreadableError(TrulyError):
    reaction = Reaction.UNREADABLE


class SealBrokenError(TrulyError):
    reaction = Reaction.SEAL_BROKEN


class InvariantError(TrulyError):
    exit_code = 70


def reaction_named(name: str) -> Reaction:
    """The reaction to a class of this module by its name, as rows and mailboxes keep it."""
    error_class = globals().get(name)
    if isinstance(error_class, type) and issubclass(error_class, TrulyError):
        return error_class.reaction
    return Reaction.BUG


def reaction_of(error: BaseException) -> Reaction:
    """A failure that is none of ours is a bug."""
    return error.reaction if isinstance(error, TrulyError) else Reaction.BUG
