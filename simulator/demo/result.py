"""The JSON of a run: the server's ledger joined with what only the simulator knows."""

from __future__ import annotations

import json
from typing import Any

from simulator.demo.stage import Scene


def result_of(scene: Scene) -> dict[str, Any]:
    """The shape of the design, 10."""
    calls = scene.get("calls/summary")
    exported = scene.folder / "export.json"
    scene.server("export", str(exported), quiet=True)
    ledger = json.loads(exported.read_text())
    known = {
        (mailbox, item["gmail_message_id"]): item
        for mailbox, items in scene.get("world")["mailboxes"].items()
        for item in items
    }
    messages = []
    for row in ledger["messages"]:
        item = known.get((row["mailbox"], row["gmail_message_id"]), {})
        messages.append(
            {
                "mailbox": row["mailbox"],
                "source": item.get("source"),
                "gmail_message_id": row["gmail_message_id"],
                "rfc822_message_id": item.get("rfc822_message_id"),
                "outcome": row["outcome"],
                "reason": row["reason"],
                "record": row["record"],
                "activity": row["activity"],
            }
        )
    messages.sort(key=lambda m: (m["mailbox"], _order(m["source"]), m["gmail_message_id"]))
    return {
        "messages": messages,
        "coverage": ledger["coverage"],
        "unrelated": ledger["unrelated"],
        "salesforce": scene.get("salesforce"),
        "calls": calls,
    }


def _order(source: str | None) -> tuple[int, str]:
    text = source or ""
    return (int(text), "") if text.isdigit() else (0, text)
