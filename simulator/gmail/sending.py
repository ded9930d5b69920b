"""messages.send: into the sender's Sent, and to everybody of this Workspace whom it names."""

from __future__ import annotations

import base64
import binascii
from email.utils import formatdate, getaddresses, make_msgid
from typing import Any

from simulator import mime
from simulator.answers import BAD_REQUEST, Failure
from simulator.gmail.mailbox import Mailbox, Stored
from simulator.mailfiles import MailFile
from simulator.universe import Universe


def sent(universe: Universe, box: Mailbox, wanted: dict[str, Any]) -> Stored:
    """Raises Failure for bytes that are no message."""
    try:
        raw = base64.urlsafe_b64decode(str(wanted.get("raw", "")) + "==")
    except (binascii.Error, ValueError):
        raise Failure(*BAD_REQUEST) from None
    headers = mime.headers_of(raw)
    recipients = [
        a for n in ("To", "Cc", "Bcc") for _, a in getaddresses([v for k, v in headers if k.lower() == n.lower()])
    ]
    if not recipients:
        raise Failure(400, "invalidArgument", "Recipient address required", "INVALID_ARGUMENT")
    added = "".join(
        f"{name}: {value}\r\n"
        for name, value in (
            ("From", box.address),
            ("Date", formatdate(universe.clock.now())),
            ("Message-ID", make_msgid(domain="mail.gmail.com")),
        )
        if mime.first(headers, name) is None
    )
    source = f"sent-{universe.clock.now_ms()}-{len(box.messages)}"
    stored = box.add(
        MailFile(source, added.encode() + raw), universe.clock.now_ms(), {"SENT"}, thread_id=wanted.get("threadId")
    )
    universe.deliver(added.encode() + raw, box.address, recipients, source)
    return stored
