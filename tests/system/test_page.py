"""The page of `make demo`: everything that came from mail is shown as text and nothing else."""

from __future__ import annotations

from simulator.demo.page import render

HOSTILE = "<script>alert(1)</script>\"'&"


def test_hostile_text_is_inert() -> None:
    message = {
        "mailbox": HOSTILE, "source": HOSTILE, "gmail_message_id": "1", "outcome": "logged", "reason": "contact_match",
        "record": HOSTILE, "activity": "00T",
    }  # fmt: skip
    item = {"gmail_message_id": "1", "from": HOSTILE, "subject": HOSTILE}
    page = render(
        {"messages": [message], "coverage": {HOSTILE: {"gmail": 1}}, "salesforce": {"Task": []}},
        {"name": HOSTILE, "mailboxes": {HOSTILE: [item]}, "records": {HOSTILE: HOSTILE}},
    )
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 6
