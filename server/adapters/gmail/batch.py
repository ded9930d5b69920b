"""Gmail's batch: one method for several messages in one request, and an answer for each of them.

googleapiclient would build, encode and flatten every call of a batch anew, which took a quarter of a sync's CPU time.
Here it builds one call, and only the message's id changes from part to part. The parts are the bytes that
googleapiclient sends; tests/unit/adapters/gmail/test_batch.py compares the two.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httplib2
from googleapiclient.errors import HttpError

from server.domain.ids import MessageId

ANY_ID = "MESSAGE-ID"
"""Stands for the id in the call that a template is made of."""
BOUNDARY = re.compile(r'boundary="?([^";\r\n]+)"?', re.IGNORECASE)
CONTENT_ID = re.compile(rb"^content-id:\s*<[^>]*\+\s+([^>]*)>", re.IGNORECASE | re.MULTILINE)
BROKEN_BATCH = (ValueError, LookupError, TypeError)
"""What reading raises for an answer that is cut short, or is a page of something else."""
BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True)
class CallTemplate:
    """A GET of Gmail with all of its arguments but the message's id, which goes between ``path`` and ``query``."""

    method_id: str
    url: str
    path: str
    query: str
    head: str

    @classmethod
    def of(cls, request: Any) -> CallTemplate:
        """``request`` is googleapiclient's, for the message ``ANY_ID``."""
        url = urlsplit(request.uri)
        path, _, rest = url.path.partition(ANY_ID)
        headers = "".join(f"{name}: {value}\n" for name, value in request.headers.items())
        return cls(
            method_id=request.methodId,
            url=f"{url.scheme}://{url.netloc}/batch",
            path=path,
            query=f"{rest}?{url.query}",
            head=f"Content-Type: application/json\nMIME-Version: 1.0\n{headers}Host: {url.netloc}\n",
        )

    def write_part(self, content_id: str, message_id: MessageId, quota_user: str) -> str:
        """The lines of one call within a batch."""
        return (
            "Content-Type: application/http\nMIME-Version: 1.0\nContent-Transfer-Encoding: binary\n"
            f"Content-ID: <{content_id} + {quote(message_id)}>\n\n"
            f"GET {self.path}{quote(message_id, safe='')}{self.query}&quotaUser={quota_user} HTTP/1.1\n{self.head}\n"
        )


@dataclass(frozen=True)
class PartAnswer:
    """Gmail's answer for one message: an HTTP response within the response."""

    status: int
    head: bytes
    body: bytes

    def read_json(self) -> Any:
        """None where the body is no JSON. Raises RecursionError for one that is nested too deep."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def to_error(self) -> HttpError:
        """The error that googleapiclient raises for the same answer to a call that is made alone."""
        lines = (line.partition(":") for line in self.head.decode("latin-1").splitlines()[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        return HttpError(httplib2.Response({**headers, "status": str(self.status)}), self.body)


def send_batch(
    http: Any, template: CallTemplate, ids: Sequence[MessageId], quota_user: str
) -> dict[MessageId, PartAnswer]:
    """One answer for each id. A call whose credentials are refused is made once more with fresh ones.

    Raises HttpError where Gmail refuses the whole batch, and one of ``BROKEN_BATCH`` where its answer cannot be read.
    """
    answers = _send(http, template, ids, quota_user)
    refused = [message_id for message_id in ids if answers[message_id].status == HTTPStatus.UNAUTHORIZED]
    # A token may end between two calls. Only once: a second refusal is meant.
    if refused:
        http.credentials.refresh(None)
        answers |= _send(http, template, refused, quota_user)
    return {message_id: answers[message_id] for message_id in ids}


def _send(http: Any, template: CallTemplate, ids: Sequence[MessageId], quota_user: str) -> dict[MessageId, PartAnswer]:
    number = uuid.uuid4()
    boundary = f"==============={number.hex}=="
    parts = (template.write_part(str(number), message_id, quota_user) for message_id in ids)
    response, content = http.request(
        template.url,
        method="POST",
        body=write_multipart(boundary, parts),
        headers={"content-type": f'multipart/mixed; boundary="{boundary}"'},
    )
    if response.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise HttpError(response, content, uri=template.url)
    return read_multipart(response["content-type"], content)


def write_multipart(boundary: str, parts: Iterable[str]) -> str:
    return "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"


def read_multipart(content_type: str, content: bytes) -> dict[MessageId, PartAnswer]:
    """The answers by the id of their message. Raises one of ``BROKEN_BATCH``."""
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("The answer has no parts.")
    # A JSON text has no line break within its strings, so a line that begins like this is never a mail's.
    pieces = (b"\n" + content).split(f"\n--{boundary[1].strip()}".encode())[1:]
    answers = {}
    for piece in pieces:
        if piece.startswith(b"--"):
            break
        outer, inner, body = BLANK_LINE.split(piece, maxsplit=2)
        content_id = CONTENT_ID.search(re.sub(rb"\r?\n[ \t]+", b" ", outer))
        if content_id is None:
            raise ValueError("A part has no id.")
        status = int(inner.split(None, 2)[1])
        answers[MessageId(unquote(content_id[1].decode()))] = PartAnswer(status, inner, body)
    return answers
