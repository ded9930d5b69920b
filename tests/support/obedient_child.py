"""A child that reads bodies, and does to itself what the header ``X-Do`` of an email says."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from typing import Any

from server import body_child
from server.domain.mail_body import MailBody
from server.rules.body.message_text import read_body

OWN_PROCESS = "pid"
"""``X-Do`` of an email whose text is the number of the child's process."""


def obey(raw: bytes) -> MailBody:
    order = re.search(rb"^X-Do: (\w+)", raw, re.MULTILINE)
    deeds: dict[bytes, Any] = {
        b"crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        b"sleep": lambda: time.sleep(60),
        b"spin": spin,
        b"eat": lambda: bytearray(4 << 30),
        b"bug": lambda: 1 // 0,
        b"chatter": lambda: os.write(sys.stdout.fileno(), b"\0\0\0\5{}}}}"),
        b"boast": lambda: os.write(sys.stdout.fileno(), b"\xff\xff\xff\xff"),
        b"lie": lambda: os.write(sys.stdout.fileno(), b'\0\0\0\x11{"whole_text": 7}'),
        b"grow": lambda: len(bytes([1]) * (300 << 20)),
        b"pid": lambda: None,
        b"environment": lambda: None,
    }
    if order is None:
        return read_body(raw)
    deeds[order[1]]()
    body = read_body(raw)
    if order[1] == b"pid":
        return MailBody(str(os.getpid()), own=str(os.getpid()))
    if order[1] == b"environment":
        return MailBody(" ".join(sorted(os.environ)), own="")
    return body


def spin() -> None:
    """One call that never lets a handler of Python's run."""
    re.match(r"(a|a)*b", "a" * 60)


if __name__ == "__main__":
    body_child.serve(int(sys.argv[1]), int(sys.argv[2]), obey)
