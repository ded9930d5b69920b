"""explain: the decision for one message and the full why."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from addon import texts
from addon.codes import ReasonCode, WhyCode
from addon.sentences import Facts, sentence_of
from server.bootstrap import Services
from server.commands.running import Source, report_errors
from server.domain.crm import Record, RecordKind
from server.domain.decision import Decision, Outcome, Reason, Why
from server.domain.errors import BadInputError, UnfinishedReadingError, UnreadableError
from server.domain.mailbox import Mailbox
from server.domain.message import Headers
from server.domain.policy import LeadOrder, Policy
from server.engine.conversations.label_names import is_label_named
from server.engine.decide.explain import Explanation, build_message, choose_mailbox, find_public_domain
from server.engine.mailboxes.admission import default_start
from server.rules.body.message_text import read_headers
from server.rules.decision.after_reading import decide_after_reading
from server.rules.headers.dates import read_sent_at
from server.rules.headers.header_text import decode_words


def commands(source: Source) -> list[click.Command]:
    @click.command("explain")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--label", "labels", multiple=True, help="A Gmail label id, such as CATEGORY_PROMOTIONS, or a name.")
    @click.option("--mailbox", "address", default="", help="Whose copy it is; found from the message if not given.")
    @click.option("--json", "as_json", is_flag=True)
    @report_errors
    def command(file: Path, labels: tuple[str, ...], address: str, as_json: bool) -> None:
        """Decide the message in FILE (.eml) as the sync would, and say why. Nothing is written."""
        services = source.get()
        dont_log_label = services.ports.policy.dont_log_label.strip()
        label_ids = frozenset(_identify_label(label, dont_log_label) for label in labels)
        explanation = _explain_file(services, file, label_ids or _read_labels(file, dont_log_label), address)
        if as_json:
            click.echo(json.dumps(as_dict(explanation, services.ports.policy), indent=1))
        else:
            _print_explanation(explanation, services.ports.policy)

    return [command]


def _explain_file(services: Services, file: Path, labels: frozenset[str], address: str) -> Explanation:
    raw = _read_file(file)
    try:
        headers = Headers.of(read_headers(raw))
    except UnreadableError:
        raise BadInputError(f"{file} is not an email: it has no header line.") from None
    mailbox = _choose_mailbox(services, headers, address)
    # A message without a readable date counts as sent now.
    now = int(services.ports.clock.now() * 1000)
    message = build_message(headers, labels, read_sent_at(headers, now, is_own=True), len(raw))
    explanation = services.rooms.explainer.explain(services.workspaces.current(), message, mailbox)
    return replace(explanation, decision=_decide_after_reading(services, explanation.decision, raw))


def _decide_after_reading(services: Services, decision: Decision, raw: bytes) -> Decision:
    """As the sync does: only the body of what would be logged is read."""
    if decision.outcome is not Outcome.LOGGED:
        return decision
    try:
        return decide_after_reading(decision, services.body_reader.read(raw))
    except UnfinishedReadingError:
        return decide_after_reading(decision, services.body_reader.read_apart(raw))


def _choose_mailbox(services: Services, headers: Headers, address: str) -> Mailbox:
    """The mailbox with this address or Directory id, or the one that the message names.

    A mailbox that is not stored is a new one.
    """
    ports, people = services.ports, services.workspaces.refresh(services.ports.store.mailboxes())
    mailboxes = [Mailbox(p.mailbox_id, p.addresses, name=p.name) for p in people if p.has_mailbox]
    if address:
        mailbox = next((m for m in mailboxes if m.is_named(address)), None)
        if mailbox is None:
            raise BadInputError(f"No mailbox of this Workspace has the address or Directory id {address}.")
    else:
        mailbox = choose_mailbox(headers, services.workspaces.current(), mailboxes)
    stored = ports.store.mailbox(mailbox.mailbox_id)
    return replace(
        mailbox,
        dont_log_label=ports.policy.dont_log_label.strip().lower(),
        start=stored.start if stored else default_start(ports.clock, ports.admission),
    )


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInputError(f"{file} cannot be read: {error.strerror}.") from None


SYSTEM_LABELS = {
    "inbox": "INBOX", "sent": "SENT", "spam": "SPAM", "trash": "TRASH", "bin": "TRASH", "draft": "DRAFT",
    "drafts": "DRAFT", "chat": "CHAT", "chats": "CHAT", "scheduled": "SCHEDULED",
}  # fmt: skip


def _read_labels(file: Path, dont_log_label: str) -> frozenset[str]:
    """The labels in the file's header of Google Takeout: system labels by id, user labels by name in lower case.

    A file without that header counts as mail in the inbox.
    """
    try:
        values = Headers.of(read_headers(_read_file(file))).all("X-Gmail-Labels")
    except UnreadableError:
        return frozenset()
    if not values:
        return frozenset({"INBOX"})
    matches = re.findall(r'"((?:[^"\\]|\\.)*)"|([^",]+)', decode_words(values[0]))
    names = [name.strip().lower() for quoted, bare in matches if (name := quoted or bare).strip()]
    return frozenset(_identify_known(name, dont_log_label) or name for name in names)


def _identify_known(name: str, dont_log_label: str) -> str | None:
    """A label that rules look at, by its name in lower case."""
    if is_label_named(name, dont_log_label):
        return dont_log_label.lower()
    return SYSTEM_LABELS.get(name) or _find_category_id(name)


GMAIL_LABELS = (
    "INBOX", "SENT", "DRAFT", "CHAT", "SCHEDULED", "SPAM", "TRASH", "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS",
    "CATEGORY_SOCIAL", "CATEGORY_UPDATES", "CATEGORY_FORUMS", "CATEGORY_PURCHASES", "IMPORTANT", "STARRED", "UNREAD",
)  # fmt: skip


def _identify_label(label: str, dont_log_label: str) -> str:
    """The label as the rules name it. Raises BadInputError for one that no rule looks at: mostly it is misspelt."""
    name = label.strip().lower()
    label_id = _identify_known(name, dont_log_label) or name.upper()
    if label_id in (*GMAIL_LABELS, dont_log_label.lower()):
        return label_id
    names = ", ".join((*GMAIL_LABELS, dont_log_label))
    raise BadInputError(f"No rule looks at the label {label}. The labels are {names}.")


def _find_category_id(name: str) -> str | None:
    kind, _, category = name.partition(" ")
    return f"CATEGORY_{category.upper()}" if kind == "category" and category else None


def _give_reason(decision: Decision, policy: Policy) -> str:
    """The card's own sentence, in plain text."""
    record = decision.chosen
    boxes = [x.record for x in decision.losers if x.why is Why.CONTACTS_ONLY and x.record.kind is RecordKind.ACCOUNT]
    address = next((value for value in decision.would_change if "@" in value), "")
    facts = Facts(
        record=_name_record(record) if record else "",
        found_by=record.found_by if record else "",
        address=address,
        public_domain=find_public_domain(address, policy),
        account=boxes[0].name if boxes else "",
        mark=next((evidence.mark for evidence in decision.evidence), ""),
    )
    return sentence_of(ReasonCode(decision.reason.value), facts)


def as_dict(explanation: Explanation, policy: Policy) -> dict[str, Any]:
    decision = explanation.decision
    return {
        "outcome": decision.outcome.value,
        "reason": decision.reason.value,
        "because": _give_reason(decision, policy),
        "mailbox": explanation.mailbox_address,
        "owner": explanation.owner,
        "owner_as_member_of": explanation.group or None,
        "record": decision.chosen.record_id if decision.chosen else None,
        "not_chosen": [
            {
                "record": loser.record.record_id,
                "kind": loser.record.kind.value,
                "name": loser.record.name,
                "why": texts.WHYS[WhyCode(loser.why.value)],
            }
            for loser in decision.losers
        ],
        "evidence": [{"mark": e.mark, "header": e.header_position, "weight": e.weight} for e in decision.evidence],
        "would_change": list(decision.would_change),
    }


def _print_explanation(explanation: Explanation, policy: Policy) -> None:
    decision = explanation.decision
    is_logged = decision.outcome is Outcome.LOGGED
    click.echo(f"{'Logged' if is_logged else 'Not logged'} ({decision.reason.value}): {_give_reason(decision, policy)}")
    click.echo(f"Mailbox: {explanation.mailbox_address}")
    if decision.chosen:
        click.echo(f"On: {_identify_record(decision.chosen)}, found by {decision.chosen.found_by}")
    if explanation.owner:
        member = f", as a member of {explanation.group}" if explanation.group else ""
        click.echo(f"Owner: Salesforce user {explanation.owner}{member}")
    for loser in decision.losers:
        click.echo(f"Not on: {_identify_record(loser.record)}: {texts.WHYS[WhyCode(loser.why.value)]}")
    for evidence in decision.evidence:
        at = "" if evidence.header_position is None else f" (header {evidence.header_position + 1})"
        click.echo(f"Evidence: {evidence.mark}{at}")
    for change in _describe_changes(decision, policy):
        click.echo(f"Would change: {change}")


def _describe_changes(decision: Decision, policy: Policy) -> list[str]:
    """One phrase for each kind of change. A lead changes something only where leads count and nothing matched."""
    addresses = [change for change in decision.would_change if "@" in change]
    domains = [change for change in decision.would_change if "@" not in change]
    person = (
        "a contact or lead" if policy.leads is not LeadOrder.NO and decision.reason is Reason.NO_MATCH else "a contact"
    )
    return [
        *([f"{person} with the address {' or '.join(addresses)}"] if addresses else []),
        *([f"an account with the domain {' or '.join(domains)}"] if domains else []),
        *(
            f"COMPANY_DOMAINS={domain} in the settings: {domain} is listed as a public mail provider,"
            " so no account is looked for"
            for domain in sorted({find_public_domain(address, policy) for address in addresses} - {""})
        ),
    ]


def _name_record(record: Record) -> str:
    account = f", {record.account_name}" if record.account_name and record.account_name != record.name else ""
    return f"{record.name or record.record_id}{account}"


def _identify_record(record: Record) -> str:
    return f"{record.kind.value} {_name_record(record)} ({record.record_id})"
