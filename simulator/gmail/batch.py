"""Google's batch: many calls in one multipart request, each answered on its own."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterable, Iterator
from email.message import Message
from urllib.parse import parse_qs, unquote, urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from simulator.answers import Failure

MOST = 100
BOUNDARY = "batch_simulated"
CallHandler = Callable[[int, str, str, MultiDict[str, str], bytes], Response]


def inner_calls(request: Request) -> list[Message]:
    """Raises Failure for an empty or too large batch."""
    head = f"Content-Type: {request.headers.get('Content-Type', '')}\r\n\r\n".encode()
    outer = email.message_from_bytes(head + request.get_data())
    parts = outer.get_payload() if outer.is_multipart() else []
    inner = [p for p in parts if isinstance(p, Message)] if isinstance(parts, list) else []
    if not inner or len(inner) > MOST:
        raise Failure(400, "badRequest", "The batch is empty, or has more than 100 calls.", "INVALID_ARGUMENT")
    return inner


def batch(inner: list[Message], handle: CallHandler) -> Response:
    """``handle`` takes number, verb, path, arguments and body of one inner call."""
    responses = [_answer_call(number, call, handle) for number, call in enumerate(inner)]
    body: Iterable[bytes] = _write(responses)
    if not any(response.is_streamed for _, response in responses):
        body = [b"".join(body)]
    return Response(body, 200, content_type=f"multipart/mixed; boundary={BOUNDARY}")


def _answer_call(number: int, call: Message, handle: CallHandler) -> tuple[str, Response]:
    """The Content-ID of one inner call, and its answer."""
    payload = call.get_payload(decode=True)
    text = payload.decode() if isinstance(payload, bytes) else ""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    verb, target, *_ = head.split(" ", 2)
    parts = urlsplit(target)
    response = handle(number, verb, unquote(parts.path), MultiDict(parse_qs(parts.query)), body.strip().encode())
    return str(call.get("Content-ID", "")).strip(), response


def _write(responses: Iterable[tuple[str, Response]]) -> Iterator[bytes]:
    """A long mail passes through piece by piece."""
    for content_id, response in responses:
        wait = f"Retry-After: {response.headers['Retry-After']}\r\n" if "Retry-After" in response.headers else ""
        yield (
            f"--{BOUNDARY}\r\nContent-Type: application/http\r\n"
            f"Content-ID: <response-{content_id.lstrip('<')}\r\n\r\n"
            f"HTTP/1.1 {response.status}\r\nContent-Type: application/json; charset=UTF-8\r\n{wait}\r\n"
        ).encode()
        yield from response.iter_encoded()
        yield b"\r\n"
    yield f"--{BOUNDARY}--\r\n".encode()
