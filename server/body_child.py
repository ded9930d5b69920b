"""``python -m server.body_child CPU_SECONDS MEGABYTES``: reads emails from standard input, one after the other.

A request is its length (8 bytes, big-endian) and the raw email; a response is its length (4 bytes) and JSON: the fields
of a ``MailBody``, or ``refusal`` for bytes that are no email, and ``ends``, true for the program's last response. The
first response, ``{}``, says that the program is ready. The kernel ends the program where an email takes more processor
time than CPU_SECONDS, or when its parent ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import select
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from server.domain.errors import UnreadableError
from server.domain.mail_body import UNREADABLE_BODY, MailBody
from server.rules.body.message_text import read_body

REQUEST = struct.Struct(">Q")
RESPONSE = struct.Struct(">I")
GROWN = 256 * 1024
"""Kilobytes of memory after which the program ends, and its parent starts a small one with the next email."""
ENDS = "ends"
"""The field of a response after which the program ends."""
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def serve(cpu_seconds: int, megabytes: int, read: Callable[[bytes], MailBody] = read_body) -> None:
    """Read emails until standard input ends."""
    bound_memory(megabytes)
    requests, responses = sys.stdin.fileno(), sys.stdout.fileno()
    watch_pipe(requests)
    send(responses, {})
    while (raw := receive(requests)) is not None:
        allow_cpu(cpu_seconds)
        with ending_with_parent(requests):
            response = read_email(raw, read)
        del raw
        has_grown = measure_peak() > GROWN
        send(responses, response | {ENDS: has_grown})
        if has_grown:
            return


def measure_peak() -> float:
    """The most memory (kilobytes) that this program has had.

    Linux counts the parent's memory into ``ru_maxrss``, because a process begins as a copy of its parent. macOS counts
    bytes.
    """
    with suppress(OSError):
        if match := _PEAK.search(Path("/proc/self/status").read_text(encoding="ascii", errors="replace")):
            return float(match[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "darwin" else float(peak)


def read_email(raw: bytes, read: Callable[[bytes], MailBody]) -> dict[str, Any]:
    """An email that breaks its reader, or needs more memory than there is, costs only its text."""
    try:
        return asdict(read(raw))
    except UnreadableError as error:
        return {"refusal": str(error)}
    except Exception:  # noqa: BLE001  # MemoryError, or a bug that the email meets
        return asdict(UNREADABLE_BODY)


def receive(requests: int) -> bytes | None:
    """The next email; None where the parent closed its end."""
    head = read_bytes(requests, REQUEST.size)
    return None if head is None else read_bytes(requests, REQUEST.unpack(head)[0])


def read_bytes(requests: int, size: int) -> bytes | None:
    chunks = []
    while size:
        chunk = os.read(requests, size)
        if not chunk:
            return None
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def send(responses: int, response: dict[str, Any]) -> None:
    """Raises BrokenPipeError where the parent is gone, which ends the program."""
    content = json.dumps(response).encode()
    view = memoryview(RESPONSE.pack(len(content)) + content)
    while view:
        view = view[os.write(responses, view) :]


def bound_memory(megabytes: int) -> None:
    """MacOS knows no such bound: there the parent's clock is the only one."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def allow_cpu(seconds: int) -> None:
    """The kernel counts a process's whole time, so the bound moves on with each email."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds + 1, resource.RLIM_INFINITY))


@contextmanager
def ending_with_parent(requests: int) -> Iterator[None]:
    """Within it the kernel ends the program as soon as the other end of ``requests`` is closed.

    The parent writes nothing while it waits for the answer, so that a signal of the pipe can mean nothing else. Even a
    long regular expression is ended, which would let no handler of Python's run.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    if is_closed(requests):
        sys.exit()
    try:
        yield
    finally:
        signal.signal(signal.SIGIO, signal.SIG_IGN)


def watch_pipe(requests: int) -> None:
    """The kernel signals what happens on the pipe, from now on."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    with suppress(OSError):
        fcntl.fcntl(requests, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(requests, fcntl.F_SETFL, fcntl.fcntl(requests, fcntl.F_GETFL) | os.O_ASYNC)


def is_closed(requests: int) -> bool:
    poll = select.poll()
    poll.register(requests, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
