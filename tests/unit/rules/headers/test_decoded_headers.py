"""Headers as they were sent, and decoded in two ways: the same people, decision and key, or a difference that is seen.

Mail that is skipped for its headers is never read, so that nothing could put that right: a decoded header may make us
look at a mail in vain, and never overlook one. One thing could: a quotation mark or a bracket that stands bare in two
decoded names takes what lies between them for a name. Nothing in the header would show it.
"""

from __future__ import annotations

import base64
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.mailbox import Workspace
from server.domain.message import Headers, Message
from server.domain.policy import Policy
from server.engine.decide.misreading import is_read_alike
from server.rules.decision.screen import HEADERS, Situation, screen
from server.rules.headers.identity_key import identify_mail
from server.rules.headers.sent_headers import read_sent_headers
from simulator import mime
from simulator.header_forms import show_headers
from simulator.world import load
from tests.docs.pages import ROOT

FORMS = ("requoted", "bare")
NAMES = frozenset(name.lower() for name in HEADERS)
INTERNAL = Workspace(domains=frozenset({"acme.example", "quayside.example", "northlight.example"}))
DIFFER = {"34-subjects/003.eml"}
"""Mail of the repository that reads otherwise when it is decoded: its subject is encoded twice."""


def show(raw: bytes, form: str, *, is_sent: bool = False) -> Message:
    pairs = show_headers(mime.sent_headers_of(raw), form)
    headers = Headers.of((n, v) for n, v in pairs if n.strip().lower() in NAMES)
    return Message("1", "1", frozenset({"SENT"} if is_sent else {"INBOX"}), 1_789_376_400_000, 1_000, headers)


def decide(message: Message):
    screening, people = screen(message, INTERNAL, Policy(), Situation())
    return screening, people, identify_mail(message.headers, people, message.internal_date)


def check(raw: bytes, *, is_sent: bool) -> bool:
    """Whether both decoded forms lead where the mail as it was sent leads."""
    sent = show(raw, "", is_sent=is_sent)
    alike = True
    for form in FORMS:
        shown = show(raw, form, is_sent=is_sent)
        reread = read_sent_headers(raw, shown.headers)
        assert decide(Message(**{**vars(sent), "headers": reread})) == decide(sent)
        screening, *_ = decide(shown)
        if screening.reason is not None:
            assert screening.reason == decide(sent)[0].reason, "nobody would ever read it again"
        is_alike = is_read_alike(shown, reread, INTERNAL, Policy())
        assert is_alike or decide(shown) != decide(sent)
        assert not is_alike or decide(shown) == decide(sent)
        alike = alike and is_alike
    return alike


@cache
def list_mail() -> dict[str, bytes]:
    folders = [ROOT / "simulator/worlds/demo", *sorted((ROOT / "tests/cases").glob("worlds/*"))]
    worlds = {folder.name: folder for folder in folders if (folder / "world.json").is_file()}
    mail = {f"{n}/{m.source}": m.raw for n, f in worlds.items() for ms in load(f).mail.values() for m in ms}
    cases = (ROOT / "tests/cases/mail").rglob("*.eml")
    return mail | {f"{path.parents[2].name}/{path.name}": path.read_bytes() for path in cases}


@pytest.mark.parametrize("is_sent", [False, True], ids=["received", "sent"])
def test_the_mail_of_the_repository_reads_alike_in_all_forms(is_sent):
    assert len(list_mail()) > 200
    assert {name for name, raw in list_mail().items() if not check(raw, is_sent=is_sent)} == DIFFER


def encode(text: str, charset: str, is_base64: bool) -> str:
    data = text.encode("utf-8" if charset == "x-none" else charset, "replace")
    if is_base64:
        return f"=?{charset}?b?{base64.b64encode(data).decode()}?="
    return f"=?{charset}?q?{''.join(f'={byte:02X}' for byte in data)}?="


chars = st.sampled_from("Aböřé名 ,;:<>'@\\.=?_\t") | st.characters(codec="utf-8", exclude_characters='"()')
texts = st.text(chars, min_size=1, max_size=12)
pieces = st.sampled_from(["ada@byron.example", "<ben@acme.example>", " via Sales", "Novák, Jan", "<x", "=?q?"])
words = st.builds(encode, texts | pieces, st.sampled_from(["utf-8", "iso-8859-2", "gb2312", "x-none"]), st.booleans())
phrases = st.lists(words | st.sampled_from(["Jan", '"Jan, N."', "(work)"]), max_size=3).map(" ".join)
places = st.sampled_from(["ann@acme.example", "ada@byron.example", "leo@harbor.example", "sales@acme.example"])
entries = st.builds(lambda phrase, place: f"{phrase} <{place}>".strip(), phrases, places) | places
lists = st.lists(entries, min_size=1, max_size=4).map(",\r\n ".join)


@settings(deadline=None, max_examples=100)
@given(
    sender=entries, to=lists, copied=lists, subject=st.lists(words, max_size=4).map("\r\n ".join), is_sent=st.booleans()
)
def test_no_header_that_is_decoded_hides_a_mail(sender, to, copied, subject, is_sent):
    head = f"From: {sender}\r\nTo: {to}\r\nCc: {copied}\r\nSubject: {subject}\r\nMessage-ID: <1@mail.example>\r\n"
    check(f"{head}Date: Mon, 14 Sep 2026 09:00:00 +0000\r\n\r\nHello.".encode(), is_sent=is_sent)
