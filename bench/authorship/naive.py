"""The rule of many products: any mark of bulk or automation, or a no-reply address, means that a machine wrote it."""

from __future__ import annotations

import re

from server.domain.message import Headers

MARKS = ("List-Unsubscribe", "List-Id", "Auto-Submitted", "X-Autoreply", "X-Auto-Response-Suppress")


def is_automated(headers: Headers) -> bool:
    if any(headers.has(name) for name in MARKS):
        return True
    if (headers.first("Precedence") or "").strip().lower() in {"bulk", "list", "junk", "auto_reply"}:
        return True
    author = (headers.first("From") or "").lower()
    return bool(re.search(r"no-?reply|donotreply|mailer-daemon|postmaster|notifications?@", author))
