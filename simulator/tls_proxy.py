"""An HTTPS proxy on loopback behind which every Google and Salesforce host is the simulator.

It ends the client's TLS with a certificate for the host asked for, and passes on what is inside as it is: the
simulator tells its services apart by the Host header, so a request needs no change. Nothing here opens a connection
to any other address than the simulator's.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress

from simulator.authority import Authority, is_known

HEAD_LIMIT = 8192
"""Bytes of a CONNECT request, its headers included."""
PATIENCE = 20.0
"""Seconds for a client to say where it wants to go, and again for its TLS handshake."""
CHUNK = 65536
CONNECT = re.compile(rb"CONNECT ([^ :]+):(\d{1,5}) HTTP/1\.[01]\r\n", re.IGNORECASE)


class TlsProxy:
    """Listens from the moment it is made; answers in a thread, from ``start`` to ``close`` or the process's end."""

    def __init__(self, port: int) -> None:
        """``port`` 0 is any that is free. Raises OSError where it is taken."""
        self.authority = Authority()
        self._socket = socket.create_server(("127.0.0.1", port))
        self._target: tuple[str, int] = ("", 0)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ready = threading.Event()
        self._ended = asyncio.Event()
        self._busy: set[asyncio.Task[None] | None] = set()
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    @property
    def url(self) -> str:
        """What HTTPS_PROXY is set to."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self, simulator_port: int) -> None:
        """In the process that is to answer: a thread made before a fork cannot run after it."""
        self._target = ("127.0.0.1", simulator_port)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._is_ready.wait()

    def close(self) -> None:
        """Ends every connection, and the thread where it was started."""
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(self._make_protocol, sock=self._socket)
        self._is_ready.set()
        await self._ended.wait()
        # No further connection is taken. A server that is closed while one is being made would leave its socket open.
        self._loop.remove_reader(self._socket.fileno())
        await _take_turns()
        server.close()
        # A task that is cancelled before its first step closes nothing: so every connection is ended here.
        for transport in list(self._transports):
            transport.abort()
        await _take_turns()

    def _make_protocol(self) -> asyncio.StreamReaderProtocol:
        return _Connection(asyncio.StreamReader(HEAD_LIMIT), self._connected, self._transports)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # While TLS begins the loop itself holds nothing of a connection, and the collector could take it away.
        self._busy.add(task := asyncio.current_task())
        try:
            async with asyncio.timeout(PATIENCE):
                host = await _asked_for(reader)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await writer.start_tls(self.authority.context(host), ssl_handshake_timeout=PATIENCE)
            await self._relayed(reader, writer)
        except _Refused as refusal:
            writer.write(refusal.answer())
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError, TimeoutError):
            pass  # the client left, or does not trust us: nobody is there to be told
        finally:
            self._busy.discard(task)
            writer.close()

    async def _relayed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the simulator ends the connection, or the client is gone."""
        answers, asks = await asyncio.open_connection(*self._target)
        upwards = asyncio.create_task(_copied(reader, asks))
        try:
            await _copied(answers, writer)
        finally:
            upwards.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await upwards
            asks.close()


class _Connection(asyncio.StreamReaderProtocol):
    """A client's connection, which the proxy can end from the moment it is made."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        transports: weakref.WeakSet[asyncio.Transport],
    ) -> None:
        super().__init__(reader, connected)
        self._all_transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._all_transports.add(transport)
        super().connection_made(transport)


async def _take_turns() -> None:
    """Let the loop make the connections that it has accepted, or close those that were ended."""
    for _ in range(4):
        await asyncio.sleep(0)


class _Refused(Exception):
    def __init__(self, status: str, words: str) -> None:
        super().__init__(words)
        self._status = status

    def answer(self) -> bytes:
        body = f"{self}\n".encode()
        head = f"HTTP/1.1 {self._status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"Connection: close\r\n\r\n" + body


async def _asked_for(reader: asyncio.StreamReader) -> str:
    """The host of a CONNECT request. Raises _Refused."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _Refused("431 Request Header Fields Too Large", "That is no CONNECT request.") from None
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            raise
        raise _Refused("400 Bad Request", "That is no CONNECT request.") from None
    found = CONNECT.match(head)
    if found is None:
        raise _Refused("405 Method Not Allowed", "This proxy knows CONNECT alone: it is for https addresses.")
    host = found[1].decode("ascii", "replace").lower()
    if not is_known(host) or int(found[2]) != 443:
        raise _Refused("403 Forbidden", f"The simulator is not {host}:{int(found[2])}, and reaches nothing else.")
    return host


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    finally:
        if target.can_write_eof():  # TLS cannot: there the end is the end of both directions
            with suppress(OSError):
                target.write_eof()
