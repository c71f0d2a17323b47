"""A proxy in front of several processes: it keeps a browser with the one that its cookie names.

It does what nginx and Caddy are told to: it asks each process for its health, sends nobody to one
that is not well, and asks the next one where a connection is refused or the answer is 503.
"""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

COOKIE = re.compile(rb"\bmoodring_process=([a-z0-9-]+)")
LOOK_S, PATIENCE_S = 0.1, 20.0
CHUNK = 65_536
UNWELL = b"HTTP/1.1 503"
NOBODY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HEALTH = b"GET /_stcore/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
HERE = "127.0.0.1"


class StickyProxy:
    """A running proxy.

    ports : those of the processes, by name
    well : names of those that are well
    base : its own address
    failures : answers that a visitor got because no process was well
    """

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.ports = dict(ports)
        self.well: set[str] = set()
        self.failures = 0
        self._turn = 0
        self._stopping = threading.Event()
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    proxy.pass_on(self.request)

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer((HERE, 0), Handler)
        self.base = f"http://{HERE}:{self._server.server_address[1]}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, daemon=True),
            threading.Thread(target=self._look_on, daemon=True),
        ]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        for one in self._threads:
            one.join(PATIENCE_S)
        self._server.server_close()

    def _look_on(self) -> None:
        while not self._stopping.wait(LOOK_S):
            for name, port in self.ports.items():
                (self.well.add if _is_well(port) else self.well.discard)(name)

    def _order(self, head: bytes) -> list[str]:
        """Return the processes to ask: the one of the cookie if it is well, the others in turn."""
        self._turn += 1
        names = sorted(self.ports)
        first = self._turn % len(names)
        known = COOKIE.search(head)
        named = known[1].decode() if known else ""
        turned = names[first:] + names[:first]
        return sorted(turned, key=lambda name: (name not in self.well, name != named))

    def pass_on(self, client: socket.socket) -> None:
        """Pass a connection's request on, and its answer back."""
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(CHUNK)
            if not more:
                return
            head += more
        is_retried = head.startswith(b"GET")
        if b"\r\nupgrade:" not in head.lower():
            # One request a connection, so that each goes where its cookie says.
            head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
            head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        for name in self._order(head):
            with (
                suppress(ConnectionError),
                socket.create_connection((HERE, self.ports[name])) as back,
            ):
                back.sendall(head)
                sending = threading.Thread(target=_copy, args=(client, back), daemon=True)
                if not is_retried:
                    sending.start()
                first = back.recv(CHUNK)
                if is_retried and (not first or first.startswith(UNWELL)):
                    continue
                if is_retried:
                    sending.start()
                client.sendall(first)
                _copy(back, client)
                sending.join(PATIENCE_S)
                return
        self.failures += 1
        client.sendall(NOBODY)


def _copy(one: socket.socket, other: socket.socket) -> None:
    """Copy what one end sends to the other until one of them has gone, and end both."""
    with suppress(OSError):
        while content := one.recv(CHUNK):
            other.sendall(content)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _is_well(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HERE, port), 2) as line:
        line.sendall(HEALTH)
        return line.recv(CHUNK).startswith(b"HTTP/1.1 200")
    return False
