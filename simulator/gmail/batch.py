"""Google's batch: many calls in one multipart request, each answered on its own."""

from __future__ import annotations

import email
from collections.abc import Callable
from email.message import Message
from urllib.parse import parse_qs, urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from simulator.answers import Failure

MOST = 100
BOUNDARY = "batch_simulated"
Answer = Callable[[int, str, str, MultiDict[str, str], bytes], Response]


def inner_calls(request: Request) -> list[Message]:
    """Raises Failure for an empty or too large batch."""
    head = f"Content-Type: {request.headers.get('Content-Type', '')}\r\n\r\n".encode()
    outer = email.message_from_bytes(head + request.get_data())
    parts = outer.get_payload() if outer.is_multipart() else []
    inner = [p for p in parts if isinstance(p, Message)] if isinstance(parts, list) else []
    if not inner or len(inner) > MOST:
        raise Failure(400, "badRequest", "The batch is empty, or has more than 100 calls.", "INVALID_ARGUMENT")
    return inner


def batch(inner: list[Message], answer: Answer) -> Response:
    """``answer`` takes number, verb, path, arguments and body of one inner call."""
    body = "".join(_part(number, part, answer) for number, part in enumerate(inner)) + f"--{BOUNDARY}--\r\n"
    return Response(body.encode(), 200, content_type=f"multipart/mixed; boundary={BOUNDARY}")


def _part(number: int, part: Message, answer: Answer) -> str:
    payload = part.get_payload(decode=True)
    text = payload.decode() if isinstance(payload, bytes) else ""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    verb, target, *_ = head.split(" ", 2)
    parts = urlsplit(target)
    response = answer(number, verb, parts.path, MultiDict(parse_qs(parts.query)), body.strip().encode())
    content_id = str(part.get("Content-ID", "")).strip()
    wait = f"Retry-After: {response.headers['Retry-After']}\r\n" if "Retry-After" in response.headers else ""
    return (
        f"--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <response-{content_id.lstrip('<')}\r\n\r\n"
        f"HTTP/1.1 {response.status}\r\nContent-Type: application/json; charset=UTF-8\r\n{wait}\r\n"
        f"{response.get_data(as_text=True)}\r\n"
    )
