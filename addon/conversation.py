"""The conversation card: what became of the opened message and why, and the conversation's other messages."""

from __future__ import annotations

from addon import texts
from addon.codes import LOGGED_REASONS, TIES, WAITING_REASONS, Operation, ReasonCode, WhyCode
from addon.inert import to_rich
from addon.models import Act, ConversationShown, MessageShown, RecordShown, UnrelatedShown
from addon.sentences import LABEL_MARKS, Facts, sentence_of
from addon.widgets import Widget, button, buttons, card, line, link, paragraph, section

MOST_RECORDS = 10
MOST_MESSAGES = 40
FOLDED = 3
"""Other messages that are seen before the section is opened."""
ICONS = {"Contact": "PERSON", "Lead": "PERSON", "Account": "STORE"}
OTHER_ICON = "PERSON"


def conversation_card(conversation: ConversationShown, act: Act) -> Widget:
    opened, is_trial = conversation.opened, conversation.is_trial
    return card(
        "conversation",
        [
            _known_section(conversation, act) if conversation.is_as_known else None,
            section([paragraph(texts.TRIAL)], header=texts.TRIAL_TITLE) if is_trial else None,
            section(
                [
                    paragraph(_why(opened, conversation)),
                    _record_line(opened.record) if opened.record else None,
                    None if is_trial else buttons([*_buttons(opened, act), _undo_button(conversation, act)]),
                ],
                header=_title(opened, is_trial=is_trial),
            ),
            None if conversation.is_crm_away else _not_chosen_section(opened),
            _messages_section(conversation.earlier_and_later, is_trial=is_trial),
        ],
        menu={texts.REFRESH: act(Operation.SHOW)},
    )


def _known_section(conversation: ConversationShown, act: Act) -> Widget:
    text = texts.LATE_CLICKS[conversation.late_click] if conversation.late_click else texts.AS_KNOWN
    refresh = buttons([button(texts.REFRESH, act(Operation.SHOW), primary=True)])
    return section([paragraph(text), refresh])


def name_of(record: RecordShown) -> str:
    """``Ada Byron, Acme Ltd``, as it stands in Salesforce: not inert yet."""
    account = record.account_name if record.account_name != record.name else ""
    return ", ".join(name for name in (record.name or record.record_id, account) if name)


def rich_name(record: RecordShown) -> str:
    """The same for fields that read HTML."""
    return to_rich(name_of(record))


def icon_of(record: RecordShown) -> tuple[str, str]:
    return ICONS.get(record.kind, OTHER_ICON), record.kind


def plural(forms: dict[int, str], count: int, **values: str) -> str:
    return forms[1 if count == 1 else 2].format(count=count, **values)


def _title(message: MessageShown, *, is_trial: bool) -> str:
    if message.reason in LOGGED_REASONS:
        if message.foreseen:
            if is_trial:
                return texts.TRIAL_LOGGED
            return texts.CAN_BE_LOGGED if message.needs_click else texts.FORESEEN
        if message.record and not message.is_joined and _tied_records(message):
            return texts.LOGGED_ON.format(record=rich_name(message.record))
        return texts.LOGGED
    if message.reason in WAITING_REASONS:
        return texts.WAITING
    if message.reason == ReasonCode.NEWER:
        return texts.UPDATING
    return texts.REFUSED if message.reason == ReasonCode.REJECTED else texts.NOT_LOGGED


def _why(message: MessageShown, conversation: ConversationShown) -> str:
    is_logged = message.reason in LOGGED_REASONS
    if is_logged and message.is_joined:
        return texts.JOINED
    if is_logged and message.is_blind:
        return _join_sentences(texts.BLIND, _tell_unrelated(message.unrelated))
    if is_logged and message.record is None and message.is_hidden:
        return texts.HIDDEN_NOW if conversation.is_crm_away else texts.HIDDEN
    if conversation.is_trial and message.reason in WAITING_REASONS:
        return texts.TRIAL_WAITS
    text = sentence_of(message.reason, _facts(message, conversation))
    if is_logged and message.is_doubled:
        text = f"{text} {texts.DOUBLED}".lstrip()
    if not is_logged or message.record is None:
        return text
    if message.reason == ReasonCode.ACCOUNT_DOMAIN_MATCH and message.addresses:
        text = f"{text} {texts.NOT_A_CONTACT.format(address=to_rich(message.addresses[0]))}"
    if message.on_opportunity:
        text = f"{text} {texts.ON_OPPORTUNITY}"
    ties = _why_among_ties(message.record, _tied_records(message), has_more=message.more_count > 0)
    return _join_sentences(text, ties, _tell_unrelated(message.unrelated))


def _join_sentences(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _tell_unrelated(unrelated: UnrelatedShown | None) -> str:
    """Which contacts of the email its activity does not show, and why."""
    if unrelated is None:
        return ""
    beyond = plural(texts.UNRELATED_BEYOND, unrelated.beyond, most=str(unrelated.most)) if unrelated.beyond else ""
    blind = plural(texts.UNRELATED_BLIND, unrelated.blind) if unrelated.blind else ""
    return _join_sentences(texts.UNRELATED_ONE if beyond and unrelated.most == 1 else beyond, blind)


def _facts(message: MessageShown, conversation: ConversationShown) -> Facts:
    record = message.record
    boxes = [loser for loser in message.not_chosen if loser.why == WhyCode.CONTACTS_ONLY and loser.kind == "Account"]
    return Facts(
        record=rich_name(record) if record else "",
        found_by=to_rich(record.found_by) if record else "",
        chosen_by=texts.YOU if conversation.chosen_by == "you" else to_rich(conversation.chosen_by),
        # Who is added is logged only once the mailbox is live.
        address=to_rich(message.addresses[0]) if message.addresses and not conversation.is_trial else "",
        account=to_rich(boxes[0].name) if boxes else "",
        mark=message.mark,
        time=to_rich(message.next_try),
        sentence=to_rich(message.sentence),
        code=to_rich(message.code),
        public_domain=to_rich(message.public_domain),
        is_record_gone=conversation.is_record_gone,
    )


def _tied_records(message: MessageShown) -> list[RecordShown]:
    """The records that fit as well as the chosen one."""
    return [record for record in message.not_chosen if record.why in TIES]


def _why_among_ties(record: RecordShown, ties: list[RecordShown], *, has_more: bool) -> str:
    if not ties:
        return ""
    is_same = all(tie.found_by == record.found_by for tie in ties)
    count = plural(texts.OTHERS_HAVE_IT[record.kind] if is_same else texts.OTHERS_ON_IT, len(ties))
    count = texts.AT_LEAST.format(count=count) if has_more else count
    whys = {tie.why for tie in ties}
    why = next(code for code in TIES if code in whys)
    is_own = why == WhyCode.OWNED_BY_OTHER and record.is_own
    return f"{count} {texts.YOU_OWN if is_own else texts.CHOSE[why]}"


def _record_line(record: RecordShown) -> Widget:
    return line(rich_name(record), above=record.kind, icon=icon_of(record), button=_open_link(record))


def _open_link(record: RecordShown) -> Widget | None:
    return link(texts.OPEN, record.url, spoken=texts.OPEN_SPOKEN.format(record=name_of(record)))


def _buttons(message: MessageShown, act: Act) -> list[Widget | None]:
    reason = message.reason
    is_by_label = message.mark in LABEL_MARKS
    if reason in LOGGED_REASONS:
        return _buttons_of_logged(message, act)
    if reason == ReasonCode.NO_MATCH:
        return [
            link(texts.ADD_CONTACT, message.add_contact, reload=True),
            link(texts.ADD_LEAD, message.add_lead, reload=True),
            button(texts.CHOOSE, act(Operation.CHOOSE)),
        ]
    if reason == ReasonCode.CONTACTS_ONLY_ACCOUNT:
        choose = button(texts.CHOOSE, act(Operation.CHOOSE)) if message.may_override else None
        return [link(texts.ADD_CONTACT, message.add_contact, reload=True), choose]
    if reason in (ReasonCode.AUTOMATED, ReasonCode.BEFORE_START) or (
        reason == ReasonCode.NOT_PRIMARY and message.mark not in ("SPAM", "TRASH")
    ):
        return [button(texts.LOG_IT_ANYWAY, act(Operation.LOG))]
    if reason == ReasonCode.TAKEN_BACK or (reason == ReasonCode.KEPT_OUT and not is_by_label):
        return [button(texts.LOG_AGAIN, act(Operation.LOG))]
    if reason in (ReasonCode.READY, ReasonCode.HELD):
        return [
            button(texts.LOG_NOW, act(Operation.LOG), primary=True),
            button(texts.STOP, act(Operation.ASK_STOP)),
        ]
    return []


def _buttons_of_logged(message: MessageShown, act: Act) -> list[Widget | None]:
    stop = button(texts.STOP, act(Operation.ASK_STOP))
    if message.is_joined:
        return [stop]
    is_by_domain = message.reason == ReasonCode.ACCOUNT_DOMAIN_MATCH
    return [
        button(texts.LOG_NOW, act(Operation.LOG), primary=True) if message.foreseen else None,
        link(texts.ADD_CONTACT, message.add_contact, reload=True) if is_by_domain else None,
        button(texts.USE_ANOTHER if _tied_records(message) else texts.MOVE, act(Operation.CHOOSE)),
        stop,
    ]


def _undo_button(conversation: ConversationShown, act: Act) -> Widget | None:
    if conversation.undo is None:
        return None
    operation, arguments = conversation.undo
    return button(texts.UNDO, act(operation, **arguments))


def _not_chosen_section(message: MessageShown) -> Widget | None:
    """Each record that was not chosen, and why."""
    lines = [
        line(
            rich_name(record),
            above=record.kind,
            below=texts.WHYS[record.why],
            button=_open_link(record),
        )
        for record in message.not_chosen[:MOST_RECORDS]
        if record.why
    ]
    more = message.more_count + max(len(message.not_chosen) - MOST_RECORDS, 0)
    unseen = [
        paragraph(plural(texts.MORE_RECORDS, more)) if more else None,
        paragraph(plural(texts.MORE_HIDDEN, message.hidden_count)) if message.hidden_count else None,
    ]
    return section([*lines, *unseen], header=texts.NOT_CHOSEN, shown=2) if lines or any(unseen) else None


def _messages_section(messages: tuple[MessageShown, ...], *, is_trial: bool) -> Widget | None:
    """The newest first."""
    if not messages:
        return None
    newest = reversed(messages[-MOST_MESSAGES:])
    lines: list[Widget | None] = [line(_short(message, is_trial=is_trial), above=message.when) for message in newest]
    older = len(messages) - MOST_MESSAGES
    lines.append(paragraph(plural(texts.EARLIER, older)) if older > 0 else None)
    return section(lines, header=plural(texts.CONVERSATION, len(messages)), shown=FOLDED)


def _short(message: MessageShown, *, is_trial: bool) -> str:
    if message.reason not in LOGGED_REASONS:
        return texts.SHORT[message.reason]
    if message.record is None:
        return texts.SHORT_HIDDEN
    foreseen = texts.SHORT_TRIAL if is_trial else texts.SHORT_FORESEEN
    form = foreseen if message.foreseen else texts.LOGGED_ON
    return form.format(record=rich_name(message.record))
