"""Reads emails in a long-lived child process, which a hostile one may break without harm to anything else.

The child is a program of its own (``server.body_child``), started by an ``exec`` and never forked out of a process with
gRPC's threads. It starts with the first email that needs it, is replaced when it ends, and ends with its parent.
"""

from __future__ import annotations

import json
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from server.domain.errors import TransientError, UnfinishedReadingError, UnreadableError
from server.domain.mail_body import UNREADABLE_BODY, MailBody

ROOT = Path(__file__).resolve().parents[3]
REQUEST = struct.Struct(">Q")
RESPONSE = struct.Struct(">I")
LONGEST_RESPONSE = 16 * 1024 * 1024
"""Bytes. The longest text takes a tenth of it; a child that sends more is not trusted."""
STARTS_WITHIN = 60.0
"""Seconds until a child is ready: a machine that just starts is slow."""


@dataclass(frozen=True)
class Bounds:
    """``patience`` (seconds) is what one email of which nothing is known may take, ``seconds`` what any may take.

    ``cpu_seconds`` is the processor's time for one email, and ``megabytes`` the child's memory. The kernel holds the
    last two.
    """

    patience: float = 2.0
    seconds: float = 20.0
    cpu_seconds: int = 15
    megabytes: int = 512


BOUNDS = Bounds()


class _ChildEndedError(Exception):
    """The child ended within an email. ``is_late``: because the email took too long."""

    def __init__(self, *, is_late: bool) -> None:
        super().__init__()
        self.is_late = is_late


class ChildBodyReader:
    """One child, and one email at a time: threads wait for each other. ``module`` is the child's program."""

    def __init__(self, module: str = "server.body_child", bounds: Bounds = BOUNDS) -> None:
        self._command = (sys.executable, "-m", module, str(bounds.cpu_seconds), str(bounds.megabytes))
        self._bounds = bounds
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def read(self, raw: bytes) -> MailBody:
        with self._lock:
            try:
                return self._read_in_child(raw, self._bounds.patience)
            except _ChildEndedError:
                raise UnfinishedReadingError("An email takes longer than usual to read.", retry_after=1.0) from None

    def read_apart(self, raw: bytes) -> MailBody:
        with self._lock:
            for _ in range(2):  # a child may have been killed for a reason that is not this email's
                try:
                    return self._read_in_child(raw, self._bounds.seconds)
                except _ChildEndedError as ended:
                    if ended.is_late:
                        break
        return UNREADABLE_BODY

    def close(self) -> None:
        with self._lock:
            self._end_child()

    def _read_in_child(self, raw: bytes, seconds: float) -> MailBody:
        child = self._child
        if child is None or not child.is_alive:
            self._end_child()
            child = self._child = _Child.start(self._command)
        try:
            response = child.ask(raw, seconds)
        except _ChildEndedError:
            self._end_child()
            raise
        if isinstance(response, dict) and response.pop("ends", False):
            self._end_child()
        return _read_response(response)

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """One process, from its start to its end."""

    def __init__(self, process: subprocess.Popen[bytes], requests: IO[bytes], responses: IO[bytes]) -> None:
        self._process = process
        self._requests = requests
        self._responses = responses

    @classmethod
    def start(cls, command: Sequence[str]) -> _Child:
        """Raises TransientError. The child gets none of this process's environment: the secrets of the service."""
        try:
            process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
                env={"PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
        except OSError:
            raise TransientError("No process can be started that reads large email.") from None
        if process.stdin is None or process.stdout is None:
            raise TransientError("The process that reads large email has no pipes.")
        child = cls(process, process.stdin, process.stdout)
        try:
            with child._ending_after(STARTS_WITHIN):
                child._receive()
        except _ChildEndedError:
            child.end()
            raise TransientError("The process that reads large email did not start.") from None
        return child

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, raw: bytes, seconds: float) -> Any:
        """The child's answer to one email, from JSON. Raises _ChildEndedError."""
        with self._ending_after(seconds):
            try:
                self._requests.write(REQUEST.pack(len(raw)))
                self._requests.write(raw)
                self._requests.flush()
            except OSError:
                raise _ChildEndedError(is_late=False) from None
            return self._receive()

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._requests, self._responses):
            try:
                pipe.close()
            except OSError:
                continue  # bytes that the child did not take
        self._process.wait()

    def _has_spent_its_cpu(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(1.0) == -signal.SIGXCPU
        return False

    def _receive(self) -> Any:
        head = self._responses.read(RESPONSE.size)
        if len(head) < RESPONSE.size:
            raise _ChildEndedError(is_late=False)
        [length] = RESPONSE.unpack(head)
        content = self._responses.read(length) if length <= LONGEST_RESPONSE else b""
        try:
            return json.loads(content)
        except ValueError:
            raise _ChildEndedError(is_late=False) from None

    @contextmanager
    def _ending_after(self, seconds: float) -> Iterator[None]:
        """Kills the child when the time is over: then every read and write on its pipes ends."""
        has_expired = threading.Event()

        def expire() -> None:
            has_expired.set()
            self._process.kill()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        except _ChildEndedError:
            raise _ChildEndedError(is_late=has_expired.is_set() or self._has_spent_its_cpu()) from None
        finally:
            timer.cancel()


def _read_response(response: Any) -> MailBody:
    """Raises UnreadableError. A response of another form is a child that somebody took over."""
    if not isinstance(response, dict):
        return UNREADABLE_BODY
    if refusal := response.get("refusal"):
        raise UnreadableError(str(refusal))
    try:
        body = MailBody(**{**response, "attachments": tuple(map(str, response["attachments"]))})
    except (TypeError, KeyError):
        return UNREADABLE_BODY
    texts = (body.whole_text, body.own, body.subject, body.calendar_method, body.received)
    return body if all(isinstance(text, str) for text in texts) else UNREADABLE_BODY
