"""Claimed mails become activities: bodies read, copies sealed, and what Salesforce gets of each worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from server.domain.alarm import AlarmCode
from server.domain.crm import Activity, Direction, Opportunities
from server.domain.decision import Outcome
from server.domain.errors import MailboxUnavailableError, NotFoundError, ReconnectRequiredError
from server.domain.ids import ActivityKey, KeyedHash, MailboxId, SalesforceId
from server.domain.ledger import SealedMail
from server.domain.mail import Copy
from server.domain.mail_body import UNREADABLE_BODY, MailBody
from server.domain.mailbox import Mailbox, Workspace
from server.domain.message import Headers
from server.domain.policy import Policy
from server.engine.decide.misreading import is_read_alike, make_message
from server.engine.deliver.bodies import BodyFetcher, FetchedBody
from server.engine.deliver.wanted import Claimed, Misread, Wanted
from server.engine.ledger.sealing import Sealing
from server.engine.ledger.snapshots import seal_snapshot, snapshot_of
from server.engine.mailboxes.lease import RenewLeases
from server.ports.alarms import Alarms
from server.ports.body_reader import BodyReader
from server.ports.crm import ACTIVITIES_PER_COLLECTION, Crm
from server.ports.kek import WrapKek
from server.ports.store import Store
from server.rules.decision.activity import plan_activity
from server.rules.decision.after_reading import decide_after_reading
from server.rules.decision.opportunity import choose_opportunity, list_opportunity_holders
from server.rules.decision.response_time import measure_response_minutes
from server.rules.headers.sent_headers import correct_headers, list_doubtful_fields, read_sent_headers
from server.vault.envelope import Place, seal_copy

BYTES_PER_PORTION = 64 * 1024 * 1024
"""Of raw messages, by the provider's own estimate."""
Planned = tuple[Claimed, Activity]
ReadMail = Callable[[Claimed, bytes], tuple[Claimed, MailBody]]
"""Reads one mail; the claim that it returns may be a newer version."""
Moments = dict[KeyedHash, list[tuple[int, bool]]]
"""Of a conversation: when each mail was sent, and whether it came from outside."""


@dataclass(frozen=True)
class PlannerTools:
    """What planning needs in every round. ``wrap`` seals copies and cannot open them."""

    crm: Crm
    store: Store
    alarms: Alarms
    policy: Policy
    sealing: Sealing
    bodies: BodyFetcher
    reader: BodyReader
    wrap: WrapKek
    organisation: str


class ActivityPlanner:
    """Plans the activities of one round.

    ``failed`` collects mails that came to nothing, each with its error, and ``unwanted`` those whose body shows that
    they are not to be logged, with the decision that says so. ``misread`` are to be screened anew.
    """

    def __init__(self, tools: PlannerTools, workspace: Workspace, mailboxes: Mapping[MailboxId, Mailbox]) -> None:
        self._tools = tools
        self._workspace = workspace
        self._mailboxes = mailboxes
        self._opportunities = Opportunities()
        self.failed: list[tuple[Wanted, Exception]] = []
        self.unwanted: list[Wanted] = []
        self.misread: list[Misread] = []

    def learn_opportunities(self, mails: Sequence[Wanted]) -> None:
        """One question for all of a round, where an admin wants opportunities linked."""
        if self._tools.policy.opportunities:
            chosen = [wanted.decision.chosen for wanted in mails if wanted.decision.chosen]
            self._opportunities = self._tools.crm.opportunities(*list_opportunity_holders(chosen))

    def seal_snapshot(self, wanted: Wanted) -> bytes:
        """What a card shows of the mail."""
        snapshot = replace(snapshot_of(wanted.mail, wanted.decision), opportunity_id=self._opportunity_of(wanted))
        return seal_snapshot(self._tools.sealing, wanted.key, snapshot)

    def _opportunity_of(self, wanted: Wanted) -> SalesforceId | None:
        chosen = wanted.decision.chosen
        return choose_opportunity(chosen, self._opportunities) if chosen else None

    def plan(self, mails: Sequence[Claimed], read: ReadMail, renew_leases: RenewLeases) -> list[Planned]:
        """Read, seal and plan each mail: what stays in memory of each is the text that Salesforce gets.

        The smallest mail is read first, so that a large one delays few. Raises what ``renew_leases`` raises.
        """
        planned: dict[ActivityKey, Planned] = {}
        copies: list[SealedMail] = []
        fetched: list[tuple[Claimed, FetchedBody]] = []
        bodies = self._tools.bodies.fetch_bodies(self._mailboxes, [claimed.mail for claimed in mails])
        for claimed in mails:
            content = bodies[claimed.key]
            if isinstance(content, FetchedBody):
                fetched.append((claimed, content))
            else:
                self.failed.append((claimed.wanted, content))
        for claimed, content in sorted(fetched, key=lambda pair: len(pair[1].raw)):
            renew_leases()
            try:
                plan = self._plan_one(claimed, content, read)
            except Exception as error:  # noqa: BLE001  # one bad mail must not stop the others
                self.failed.append((claimed.wanted, error))
                continue
            if plan is not None:
                planned[claimed.key] = plan
                copies.append(self._seal_copy(claimed.key, content.raw))
        self._tools.store.keep_copies(copies)
        return [planned[claimed.key] for claimed in mails if claimed.key in planned]

    def add_response_times(self, planned: list[Planned]) -> list[Planned]:
        """How long the customer waited for each answer. The other mails are in this round, or were logged earlier."""
        in_round: Moments = {}
        for claimed, activity in planned:
            if claimed.mail.conversation:
                moment = (activity.sent_at, activity.direction is Direction.INBOUND)
                in_round.setdefault(claimed.mail.conversation, []).append(moment)
        logged: Moments = {}
        return [(c, self._with_response_time(c, activity, in_round, logged)) for c, activity in planned]

    def _with_response_time(self, claimed: Claimed, activity: Activity, in_round: Moments, logged: Moments) -> Activity:
        conversation = claimed.mail.conversation
        is_answer = bool(claimed.mail.canonical.headers.first("In-Reply-To"))
        if conversation is None or activity.direction is Direction.INBOUND or not is_answer:
            return activity
        if conversation not in logged:
            activities = self._tools.store.activities_of(conversation)
            logged[conversation] = [(a.sent_at, a.is_inbound) for a in activities if a.sent_at]
        minutes = measure_response_minutes(activity.sent_at, logged[conversation] + in_round[conversation])
        return replace(activity, response_minutes=minutes)

    def _take_headers(self, claimed: Claimed, fetched: FetchedBody) -> Claimed | None:
        """The mail with the headers that were sent; None where these lead elsewhere, and it is to be screened anew."""
        copy, wanted = fetched.copy, claimed.wanted
        sent = copy.headers if copy.is_as_sent else read_sent_headers(fetched.raw, copy.headers)
        if sent == copy.headers:
            return claimed
        copies = tuple(
            replace(c, headers=sent, is_as_sent=True)
            if c is copy
            else replace(c, headers=correct_headers(c.headers, copy.headers, sent))
            for c in wanted.mail.copies
        )
        if not is_read_alike(make_message(copy), sent, self._workspace, self._tools.policy):
            self.misread.append(Misread(wanted, copies))
            return None
        return replace(claimed, wanted=replace(wanted, mail=replace(wanted.mail, copies=copies)))

    def _is_misread_elsewhere(self, claimed: Claimed, read: Copy) -> bool:
        """Whether the bytes of another copy lead elsewhere. It may alone name people, and could name them wrongly.

        Raises what keeps such a copy from being read for a while: until then nobody is on a record by it.
        """
        wanted = claimed.wanted
        doubtful = [copy for copy in wanted.mail.copies if _names_others(copy, read)]
        if not doubtful:
            return False
        bodies = self._tools.bodies.fetch_copies(self._mailboxes, doubtful)
        copies, is_misread = list(wanted.mail.copies), False
        for copy in doubtful:
            sent = _confirm_headers(copy, read, bodies[copy.mailbox_id, copy.message_id])
            is_misread |= not is_read_alike(make_message(copy), sent, self._workspace, self._tools.policy)
            copies[copies.index(copy)] = replace(copy, headers=sent, is_as_sent=True)
        if is_misread:
            self.misread.append(Misread(wanted, tuple(copies)))
        return is_misread

    def _plan_one(self, claimed: Claimed, fetched: FetchedBody, read: ReadMail) -> Planned | None:
        corrected = self._take_headers(claimed, fetched)
        if corrected is None or self._is_misread_elsewhere(corrected, fetched.copy):
            return None
        claimed, body = read(corrected, fetched.raw)
        wanted = claimed.wanted
        decision = decide_after_reading(wanted.decision, body)
        if decision.outcome is not Outcome.LOGGED:
            self.unwanted.append(_narrow_to_copy(replace(wanted, decision=decision), fetched.copy))
            return None
        if body == UNREADABLE_BODY:
            self._tools.alarms.raise_alarm(AlarmCode.TEXT_UNREADABLE, wanted.mail.canonical.mailbox_id)
        activity = plan_activity(wanted.mail, wanted.decision, wanted.owner, body, self._workspace, self._tools.policy)
        is_past = all(row.is_from_the_past for row in wanted.rows)
        what_id = self._opportunity_of(wanted) or activity.what_id
        return claimed, replace(activity, what_id=what_id, key=claimed.claim.crm_key, is_backfilled=is_past)

    def _seal_copy(self, key: ActivityKey, raw: bytes) -> SealedMail:
        sealed = seal_copy(raw, Place(self._tools.organisation, "copies", key, "copy"), self._tools.wrap)
        return SealedMail(key, sealed.dek_id, sealed.ciphertext, sealed.wrapped_dek, sealed.key_name)


def _names_others(copy: Copy, read: Copy) -> bool:
    """Whether a copy whose bytes were not read names people whom the other does not, and may name them wrongly."""
    place = read.mailbox_id, read.message_id
    if copy.is_as_sent or (copy.mailbox_id, copy.message_id) == place:
        return False
    return bool(list_doubtful_fields(copy.headers, _list_others(copy, read)))


def _list_others(copy: Copy, read: Copy) -> set[str]:
    return {p.address for p in copy.people.externals} - {p.address for p in read.people.externals}


def _confirm_headers(copy: Copy, read: Copy, raw: bytes | Exception) -> Headers:
    """As they were sent. What nobody can confirm names nobody: the message is gone, or its mailbox is refused.

    Another person's trouble must not keep this mail waiting. Raises what passes by itself.
    """
    if isinstance(raw, bytes):
        return read_sent_headers(raw, copy.headers)
    if not isinstance(raw, NotFoundError | MailboxUnavailableError | ReconnectRequiredError):
        raise raw
    doubtful = list_doubtful_fields(copy.headers, _list_others(copy, read))
    return Headers(tuple(field for field in copy.headers if field not in doubtful))


def _narrow_to_copy(wanted: Wanted, copy: Copy) -> Wanted:
    """With the row of the copy whose bytes were read. The others wait on, and each is judged by its own.

    A mail that somebody made to look like a customer's has that one's key, and must not end it.
    """
    place = (copy.mailbox_id, copy.message_id)
    return replace(wanted, rows=tuple(row for row in wanted.rows if (row.mailbox_id, row.message_id) == place))


def cut_portions(mails: Sequence[Wanted | Claimed]) -> Iterator[list[Wanted | Claimed]]:
    """Bodies held in memory together stay bounded, however large the attachments.

    A mailbox's conversation stays together where it fits: read whole it costs less than message by message.
    """
    portion: list[Wanted | Claimed] = []
    size = 0
    for _, group in groupby(sorted(mails, key=_thread_of), key=_thread_of):
        conversation = list(group)
        if portion and len(portion) + len(conversation) > ACTIVITIES_PER_COLLECTION:
            yield portion
            portion, size = [], 0
        for item in conversation:
            weight = item.mail.canonical.size
            if portion and (len(portion) == ACTIVITIES_PER_COLLECTION or size + weight > BYTES_PER_PORTION):
                yield portion
                portion, size = [], 0
            portion.append(item)
            size += weight
    if portion:
        yield portion


def _thread_of(item: Wanted | Claimed) -> tuple[str, str]:
    copy = item.mail.canonical
    return copy.mailbox_id, copy.thread_id
