"""Pub/Sub's message that a mailbox changed: it is verified and put into the queue. The request itself syncs nothing."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from server.domain.errors import BadInputError, TrulyError, UntrustedCallerError
from server.engine.operations.pushes import enqueue_push
from server.logs.events import Event, describe_error
from server.logs.trail import label_trail
from server.web.guards import Guard
from server.web.hints import Hint
from server.web.lazy_services import LazyServices

log = logging.getLogger(__name__)

PUSH = "/push"
LONGEST = 64 * 1024
"""Bytes; Gmail's own pushes have some hundreds."""


def blueprint(lazy: LazyServices) -> Blueprint:
    routes = Blueprint("push", __name__)

    @routes.post(PUSH)
    def push() -> tuple[Response, int]:
        services = lazy.get()
        guard = Guard(services.identity, services.settings)
        guard.check_pubsub(PUSH, request.headers.get("Authorization", ""))
        try:
            hint = _read_hint()
        except BadInputError:
            return _ignore("malformed")
        mailboxes = enqueue_push(services.rooms.addresses, services.queue, hint.address, services.ports.clock.now())
        if mailboxes:
            label_trail(mailbox=mailboxes[0])
        return (Response(), 204) if mailboxes else _ignore("unknown_mailbox")

    @routes.errorhandler(UntrustedCallerError)
    def refuse_caller(_error: UntrustedCallerError) -> tuple[Response, int]:
        return jsonify(error="The caller cannot prove who it is."), 401

    @routes.errorhandler(TrulyError)
    def ask_again(error: TrulyError) -> tuple[Response, int]:
        """Pub/Sub sends the push again, each time later."""
        fields = describe_error(Event.PUSH_FAILED, error)
        log.warning("a push must come again: %s", type(error).__name__, extra=fields)
        return jsonify(error="The push cannot be stored now. Send it again."), 503

    return routes


def _read_hint() -> Hint:
    """Raises BadInputError. The body is read only after the caller has proved who it is."""
    request.max_content_length = LONGEST
    try:
        return Hint.parse(request.get_data(cache=False))
    except HTTPException:  # the body is longer than that, or cut off
        raise BadInputError("The push cannot be read.") from None


def _ignore(code: str) -> tuple[Response, int]:
    """Answers 204 all the same: after anything but 2xx the push would come again for days. Polling finds its news."""
    log.warning("a push was ignored: %s", code)
    return Response(), 204
