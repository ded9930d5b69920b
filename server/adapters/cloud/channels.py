"""How Google Cloud's gRPC APIs are reached: by their own addresses and our own credentials, or in a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import google.auth.exceptions

from server.domain.errors import ConfigurationError

if TYPE_CHECKING:
    import grpc

C = TypeVar("C")
SIMULATED_TOKEN = "simulated:"  # noqa: S105  # the word before the account, no secret
LOOPBACK_OPTIONS = (
    # A proxy of the machine is for the internet.
    ("grpc.enable_http_proxy", 0),
    # A simulator that comes back is found at once, and not after the two minutes that gRPC waits at most.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


class CloudChannels:
    """Makes the clients of one process. ``simulator`` is ``host:port``, empty in production.

    ``identity`` is the account as which a simulator is called; in production the credentials say it.
    """

    def __init__(self, simulator: str = "", identity: str = "") -> None:
        self._channel = _open_simulated_channel(simulator, identity) if simulator else None

    def connect(self, client: Callable[..., C], transport: Callable[..., Any]) -> C:
        """Make a client of a Google library, over its own gRPC ``transport``. Raises ConfigurationError."""
        if self._channel is not None:
            return client(transport=transport(channel=self._channel))
        try:
            return client()
        except google.auth.exceptions.GoogleAuthError:
            raise ConfigurationError(
                "Google Cloud is in the settings, but there are no Google credentials. Run"
                " `gcloud auth application-default login`, or use a service account."
            ) from None

    def close(self) -> None:
        """Close the simulated channel. In production each client holds its own."""
        if self._channel is not None:
            self._channel.close()


def _open_simulated_channel(address: str, identity: str) -> grpc.Channel:
    """The token travels as Google's does, over a channel that gRPC lets carry one: ``insecure_channel`` sends none."""
    import grpc

    credentials = grpc.local_channel_credentials()
    if identity:
        token = grpc.access_token_call_credentials(f"{SIMULATED_TOKEN}{identity}")
        credentials = grpc.composite_channel_credentials(credentials, token)
    return grpc.secure_channel(address, credentials, options=LOOPBACK_OPTIONS)
