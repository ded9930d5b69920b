"""The conversation card: what became of the opened message and why, its other records, and the other messages."""

from __future__ import annotations

from addon import texts
from addon.inert import rich
from addon.models import Act, ConversationShown, MessageShown, RecordShown
from addon.widgets import Widget, button, buttons, card, line, link, paragraph, section

MOST_OTHERS = 10
MOST_MESSAGES = 40
FOLDED = 3
"""Other messages that are seen before the section is opened."""
MATCHES = frozenset(texts.BECAUSE)
TIES = frozenset(texts.CHOSE)
BY_LABEL = frozenset({"label", "conversation_label"})
ICONS = {"Contact": "PERSON", "Lead": "PERSON", "Account": "STORE"}


def conversation_card(conversation: ConversationShown, act: Act) -> Widget:
    opened = conversation.opened
    return card(
        "conversation",
        [
            section(
                [
                    paragraph(_because(opened, conversation)),
                    _record_line(opened.record) if opened.record else None,
                    buttons([*_buttons(opened, act), _undo(conversation, act)]),
                ],
                header=_title(opened),
            ),
            _others(opened),
            _messages(conversation.others),
        ],
    )


def name_of(record: RecordShown) -> str:
    """``Ada Byron, Acme Ltd``, as it stands in Salesforce: not inert yet."""
    account = record.account_name if record.account_name != record.name else ""
    return ", ".join(part for part in (record.name or record.record_id, account) if part)


def named(record: RecordShown) -> str:
    """The same for fields that read HTML."""
    return rich(name_of(record))


def plural(forms: dict[int, str], count: int) -> str:
    return forms[1] if count == 1 else forms[2].format(count=count)


def _title(message: MessageShown) -> str:
    if message.reason in MATCHES:
        if message.foreseen:
            return texts.FORESEEN
        if message.is_joined:
            return texts.LOGGED
        is_tie = message.record and any(other.why in TIES for other in message.others)
        return texts.LOGGED_ON.format(record=named(message.record)) if is_tie and message.record else texts.LOGGED
    if message.reason in ("ready", "held", "retrying"):
        return texts.WAITING
    return texts.REFUSED if message.reason == "rejected" else texts.NOT_LOGGED


def _because(message: MessageShown, conversation: ConversationShown) -> str:
    if message.reason in MATCHES and message.is_joined:
        return texts.JOINED
    if message.reason in MATCHES:
        return _logged(message, conversation)
    if message.reason == "not_primary":
        return texts.CATEGORY.format(name=texts.CATEGORIES.get(message.mark, "another tab"))
    if message.reason == "kept_out" and message.mark in BY_LABEL:
        return texts.WHY_NOT["kept_out_label"]
    if message.reason in ("held", "retrying") and message.next_try:
        form = texts.HELD if message.reason == "held" else texts.RETRYING
        return form.format(time=rich(message.next_try))
    if message.reason in ("ready", "held", "retrying"):
        return texts.READY
    return _why_not(message)


def _why_not(message: MessageShown) -> str:
    address = rich(message.addresses[0]) if message.addresses else ""
    if message.reason == "contacts_only_account":
        boxes = [other for other in message.others if other.why == "contacts_only" and other.kind == "Account"]
        box = boxes[0] if boxes else None
        if box is None or not address:
            return texts.WHY_NOT["contacts_only_account_unnamed"]
        return texts.WHY_NOT["contacts_only_account"].format(account=rich(box.name), address=address)
    if message.reason == "no_match":
        known = texts.WHY_NOT["no_match"].format(address=address)
        return known if address else texts.WHY_NOT["no_match_unnamed"]
    if message.reason == "rejected" and message.sentence:
        return texts.WHY_NOT["rejected_sentence"].format(sentence=rich(message.sentence))
    if message.reason == "rejected" and message.code:
        return texts.WHY_NOT["rejected_code"].format(code=rich(message.code))
    return texts.WHY_NOT[message.reason]


def _logged(message: MessageShown, conversation: ConversationShown) -> str:
    record = message.record
    text = _on(message, conversation)
    if record is None:
        return text
    if message.reason == "account_domain_match" and message.addresses:
        text = f"{text} {texts.NOT_A_CONTACT.format(address=rich(message.addresses[0]))}"
    if message.on_opportunity:
        text = f"{text} {texts.ON_OPPORTUNITY}"
    ties = [other for other in message.others if other.why in TIES]
    if not ties:
        return text
    same = all(other.found_by == record.found_by for other in ties)
    others = plural(texts.OTHERS_HAVE_IT[record.kind] if same else texts.OTHERS_ON_IT, len(ties))
    return f"{text} {others} {_chose(record, {other.why for other in ties})}"


def _on(message: MessageShown, conversation: ConversationShown) -> str:
    who = texts.YOU if conversation.chosen_by == "you" else rich(conversation.chosen_by) or texts.SOMEBODY
    is_gone = message.reason == "thread_override" and conversation.is_record_gone
    record = message.record
    if record is None and message.is_hidden:
        return texts.HIDDEN
    if record is None:
        return texts.CHOSEN_GONE_NOBODY if is_gone else texts.LOG_ANYWAY.format(chosen_by=who)
    form = texts.CHOSEN_GONE if is_gone else texts.BECAUSE[message.reason]
    return form.format(record=named(record), found_by=rich(record.found_by), chosen_by=who)


def _chose(record: RecordShown, whys: set[str]) -> str:
    why = next(code for code in texts.CHOSE if code in whys)
    return texts.YOU_OWN if why == "owned_by_other" and record.is_own else texts.CHOSE[why]


def _record_line(record: RecordShown) -> Widget:
    return line(
        named(record), above=record.kind, icon=ICONS.get(record.kind, "PERSON"), button=link(texts.OPEN, record.url)
    )


def _buttons(message: MessageShown, act: Act) -> list[Widget | None]:
    reason = message.reason
    if reason in MATCHES:
        add = link(texts.ADD_CONTACT, message.add_contact, reload=True) if reason == "account_domain_match" else None
        move = texts.USE_ANOTHER if any(other.why in TIES for other in message.others) else texts.MOVE
        if message.is_joined:
            return [button(texts.STOP, act("ask_stop"))]
        now = button(texts.LOG_NOW, act("log"), primary=True) if message.foreseen else None
        return [now, add, button(move, act("choose")), button(texts.STOP, act("ask_stop"))]
    if reason == "no_match":
        return [
            link(texts.ADD_CONTACT, message.add_contact, reload=True),
            link(texts.ADD_LEAD, message.add_lead, reload=True),
            button(texts.CHOOSE, act("choose")),
        ]
    if reason == "contacts_only_account":
        choose = button(texts.CHOOSE, act("choose")) if message.may_override else None
        return [link(texts.ADD_CONTACT, message.add_contact, reload=True), choose]
    if reason in ("automated", "before_start") or (reason == "not_primary" and message.mark not in ("SPAM", "TRASH")):
        return [button(texts.LOG_IT_ANYWAY, act("log"))]
    if reason == "taken_back" or (reason == "kept_out" and message.mark not in BY_LABEL):
        return [button(texts.LOG_AGAIN, act("log"))]
    if reason in ("ready", "held"):
        return [button(texts.LOG_NOW, act("log"), primary=True), button(texts.STOP, act("ask_stop"))]
    return []


def _undo(conversation: ConversationShown, act: Act) -> Widget | None:
    if conversation.undo is None:
        return None
    operation, arguments = conversation.undo
    return button(texts.UNDO, act(operation, **arguments))


def _others(message: MessageShown) -> Widget | None:
    """Each record that was not chosen, and why."""
    listed = [
        line(named(other), above=other.kind, below=texts.WHYS[other.why], button=link(texts.OPEN, other.url))
        for other in message.others[:MOST_OTHERS]
        if other.why in texts.WHYS
    ]
    hidden = message.hidden_others + max(len(message.others) - MOST_OTHERS, 0)
    more = paragraph(plural(texts.MORE_HIDDEN, hidden)) if hidden else None
    return section([*listed, more], header=texts.OTHERS, shown=2) if listed or more else None


def _messages(others: tuple[MessageShown, ...]) -> Widget | None:
    """The newest first."""
    if not others:
        return None
    listed: list[Widget | None] = [line(_short(m), above=m.when) for m in reversed(others[-MOST_MESSAGES:])]
    rest = len(others) - MOST_MESSAGES
    listed.append(paragraph(plural(texts.EARLIER, rest)) if rest > 0 else None)
    return section(listed, header=plural(texts.CONVERSATION, len(others)), shown=FOLDED)


def _short(message: MessageShown) -> str:
    if message.reason not in MATCHES:
        return texts.SHORT[message.reason]
    if message.record is None:
        return texts.SHORT["logged_hidden"]
    return texts.SHORT["foreseen" if message.foreseen else "logged"].format(record=named(message.record))
