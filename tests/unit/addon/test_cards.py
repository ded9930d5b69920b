"""Cards: Google's own schema, plain words, and texts out of mail that can do nothing."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon import texts as words
from addon.codes import LOGGED_REASONS, WAITING_REASONS, ReasonCode, WhyCode
from addon.conversation import conversation_card
from addon.gallery import act, gallery
from addon.inert import MOST_MARKS, clean, to_plain, to_rich
from addon.models import ConversationShown, MessageShown, RecordShown
from server.domain.decision import Decision, Outcome, Reason, Why
from tests.support.cards import check, texts

GALLERY = dict(gallery())
NEVER_SHOWN = (
    "winner",
    "loser",
    "tie",
    "candidate",
    "re-match",
    "break-glass",
    "traceback",
    "override",
    "ledger",
    "snippet",
)


@pytest.mark.parametrize("name", GALLERY)
def test_google_accepts_the_card(name):
    check(GALLERY[name])


@pytest.mark.parametrize("name", GALLERY)
def test_people_read_no_word_of_ours(name):
    read = " ".join(texts(GALLERY[name])).lower()

    assert not [word for word in NEVER_SHOWN if re.search(rf"\b{word}\b", read)]
    assert not re.search(r"[a-z]+_[a-z]+(?!\w*@)", read.replace("field_custom_validation_exception", ""))
    assert "{" not in read


@pytest.mark.parametrize("name", GALLERY)
def test_who_hears_a_card_knows_what_each_icon_and_button_is(name):
    icons = list(_find_all(GALLERY[name], "startIcon"))
    buttons = [b for found in (_find_all(GALLERY[name], "button"), *_find_all(GALLERY[name], "buttons")) for b in found]
    spoken = [b.get("altText") or b["text"] for b in buttons]

    assert all(icon["altText"] for icon in icons)
    assert words.OPEN not in spoken
    assert words.USE not in spoken


@pytest.mark.parametrize("name", GALLERY)
def test_enter_sends_a_text_field(name):
    for field in _find_all(GALLERY[name], "textInput"):
        assert field["onChangeAction"]["function"].startswith("https://")


def _find_all(node, key):
    """The values of that key, however deep."""
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == key)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _find_all(child, key)


def test_no_two_cards_have_one_name():
    assert len(GALLERY) == len(list(gallery())) > 60


def test_every_reason_and_every_why_has_its_words():
    assert {why.value for why in Why} == set(WhyCode) == set(words.WHYS)
    codes = {reason.value for reason in Reason} | {ReasonCode.NEWER}
    assert codes == set(ReasonCode) == set(words.SENTENCES) == set(words.SHORT)
    for reason in ReasonCode:
        check(conversation_card(ConversationShown(MessageShown(reason, "14 Sep")), act))


def test_cards_and_server_agree_on_what_is_logged_or_waits():
    by_outcome = {outcome: {r.value for r in Reason if Decision(r).outcome is outcome} for outcome in Outcome}

    assert by_outcome[Outcome.LOGGED] == LOGGED_REASONS
    assert by_outcome[Outcome.WAITING] == WAITING_REASONS


HOSTILE = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "<b>",
            "<script>alert(1)</script>",
            "\u202e",
            "\x00\x1b[0m",
            "x" * 10_000,
            "👩‍👩‍👧",
            "Z" + "\u0301" * 99,
            "&lt;",
        ]
    ),
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_texts_make_valid_and_inert_cards(name, account, address):
    record = RecordShown("003", "Contact", name, account, address, why="owned_by_other")
    for reason in (
        "contact_match",
        "thread_override",
        "account_domain_match",
        "contacts_only_account",
        "no_match",
        "rejected",
    ):
        message = MessageShown(reason, "14 Sep", record=record, not_chosen=(record,), addresses=(address,), code=name)
        check(conversation_card(ConversationShown(message, (message,), chosen_by=address), act))


@given(st.text(max_size=2_000), st.integers(1, 300))
def test_clean_text_is_one_line_without_what_cannot_be_seen(text, longest):
    found = clean(text, longest)

    assert len(found) <= longest
    assert found == found.strip()
    assert not set(found) & set("\n\r\t\x00\u202a\u202e\u2066\u200b\ufeff")
    assert clean(found, longest) == found


@given(st.text(max_size=300))
def test_plain_and_rich_texts_hold_no_markup(text):
    assert not set(to_plain(text)) & set("<>")
    assert not set(to_rich(text)) & set("<>\"'")


@pytest.mark.parametrize("text", ["Zoë Ñandú", "日本 語", "👩‍👩‍👧", "O'Hara & Söhne", "नमस्ते"])
def test_people_s_names_stay_as_they_are(text):
    assert clean(text) == text


def test_piled_up_marks_are_cut():
    assert clean("Z" + "\u0301" * 500) == "Z" + "\u0301" * MOST_MARKS


def test_a_card_does_not_grow_with_a_conversation():
    message = MessageShown("contact_match", "14 Sep", record=RecordShown("003", "Contact", "x" * 10_000))
    sizes = [len(json.dumps(conversation_card(ConversationShown(message, (message,) * n), act))) for n in (50, 5_000)]

    assert sizes[1] < sizes[0] + 200
