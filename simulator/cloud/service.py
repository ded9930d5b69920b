"""What every simulated Google Cloud service is made of: methods, callers, refusals with the vendor's status codes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from simulator.calls import Call
from simulator.cloud import faults
from simulator.cloud.iam import Iam
from simulator.universe import Universe

TOKEN = "Bearer simulated:"  # noqa: S105  # the word before the account, no secret


class Refusal(Exception):
    """The call ends with this status, and ``message`` is the vendor's sentence."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> Refusal:
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, message)


def missing(resource: str) -> Refusal:
    return Refusal(grpc.StatusCode.NOT_FOUND, f"{resource} not found.")


@dataclass(frozen=True)
class Caller:
    """``account`` is empty for who sent no token."""

    account: str
    iam: Iam

    def demand(self, permission: str, resource: str) -> None:
        """Raises Refusal: PERMISSION_DENIED, worded as Google does."""
        if not self.iam.is_allowed(self.account, permission, resource):
            raise Refusal(
                grpc.StatusCode.PERMISSION_DENIED,
                f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
            )


@dataclass(frozen=True)
class Method:
    """``act`` takes the caller and the request, and returns the answer or raises Refusal.

    ``request`` and ``answer`` are classes of the vendor's own library, proto-plus or protobuf.
    """

    act: Callable[[Caller, Any], Any]
    request: Any
    answer: Any


class CloudService(Protocol):
    """``name`` stands in the call log; ``full_name`` is the service's name in its proto file."""

    @property
    def name(self) -> str: ...

    @property
    def full_name(self) -> str: ...

    @property
    def methods(self) -> Mapping[str, Method]: ...


class Gate:
    """Every call comes through here: it names the caller, lets planned failures happen, and counts. Thread-safe."""

    def __init__(self, universe: Universe, iam: Iam) -> None:
        self.universe = universe
        self.iam = iam
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self._begun: Counter[tuple[str, str]] = Counter()

    def make_handler(self, service: CloudService) -> grpc.GenericRpcHandler:
        methods = {name: self._make_method(service.name, name, method) for name, method in service.methods.items()}
        return grpc.method_handlers_generic_handler(service.full_name, methods)

    def counts(self) -> list[dict[str, Any]]:
        """Calls by service, method, caller and status (``OK``, ``PERMISSION_DENIED``...)."""
        with self._lock:
            counts = sorted(self._counts.items())
        names = ("service", "method", "caller", "status")
        return [{**dict(zip(names, key, strict=True)), "count": count} for key, count in counts]

    def count(self, service: str, method: str = "", *, caller: str = "", status: str = "") -> int:
        """How many calls there were; what is left empty counts them all."""
        asked = {"service": service, "method": method, "caller": caller, "status": status}
        return sum(int(line["count"]) for line in self.counts() if all(line[k] == v for k, v in asked.items() if v))

    def count_begun(self, service: str, method: str) -> int:
        """How many calls came in, those that are not answered yet among them."""
        with self._lock:
            return self._begun[service, method]

    def _make_method(self, service: str, name: str, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            account = _read_account(context)
            with self._lock:
                self._begun[service, name] += 1
            try:
                result = self._act(service, name, method, account, request)
            except Refusal as refusal:
                self._record(service, name, account, request, refusal.code)
                context.abort(refusal.code, refusal.message)
            self._record(service, name, account, request, grpc.StatusCode.OK)
            return result

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=_reader_of(method.request), response_serializer=_writer_of(method.answer)
        )

    def _act(self, service: str, name: str, method: Method, account: str, request: Any) -> Any:
        kind = self.universe.faults.take(service, name, record=account)
        if not account:
            raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "Request is missing required authentication credential.")
        return _suffer(kind, request, lambda: method.act(Caller(account, self.iam), request))

    def _record(self, service: str, name: str, account: str, request: Any, code: grpc.StatusCode) -> None:
        detail = {"caller": account, "resource": _name_resource(request)}
        self.universe.calls.record(Call(service, name, 1, code.value[0], detail=detail))
        with self._lock:
            self._counts[service, name, account, code.name] += 1


def _suffer(kind: str | None, request: Any, act: Callable[[], Any]) -> Any:
    """Let the call fail as planned: ``kind`` is one of those in ``simulator.cloud.faults``, or None."""
    kind = kind or ""
    code = faults.status_of(kind)
    if code:
        raise Refusal(code, "The simulator was asked to fail.")
    if kind.startswith(faults.SLOW):
        time.sleep(float(kind.removeprefix(faults.SLOW)))
    if kind == faults.STRAY_REQUEST:
        faults.change_bytes(_plain(request))
    result = act()
    if kind == faults.DROP_ANSWER:
        raise Refusal(grpc.StatusCode.UNAVAILABLE, "The connection was lost.")
    if kind == faults.STRAY_ANSWER:
        faults.change_bytes(_plain(result))
    elif kind == faults.WRONG_CHECKSUM:
        faults.change_checksums(_plain(result))
    elif kind == faults.UNVERIFIED:
        faults.take_verification_back(_plain(result))
    return result


def _read_account(context: grpc.ServicerContext) -> str:
    """Call credentials stand in the metadata, as Google's access tokens do."""
    for key, value in context.invocation_metadata():
        if key == "authorization" and str(value).startswith(TOKEN):
            return str(value).removeprefix(TOKEN)
    return ""


def _name_resource(request: Any) -> str:
    return str(getattr(request, "name", "") or getattr(request, "parent", ""))


def _plain(message: Any) -> Any:
    """The protobuf message within a message of proto-plus, or the message itself."""
    return type(message).pb(message) if hasattr(type(message), "pb") else message


def _reader_of(kind: Any) -> Any:
    return kind.deserialize if hasattr(kind, "deserialize") else kind.FromString


def _writer_of(kind: Any) -> Any:
    return kind.serialize if hasattr(kind, "serialize") else kind.SerializeToString
