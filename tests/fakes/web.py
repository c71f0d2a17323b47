"""What the fakes of web services share: a server on this machine, and faults of any HTTP server."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# No stalled answer outlives a test run by much.
LONGEST_STALL_S = 60.0
DRIP_PAUSE_S = 0.05


class Server(ThreadingHTTPServer):
    """Any number of requests at once; none holds up the end."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        # A client that hangs up is what half of the faults are about.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Fake:
    """A fake service on this machine, which serves as long as it is entered.

    released : set at its end, for answers that stall until then
    """

    def __init__(self, handler: type[Handler], port: int = 0) -> None:
        self.released = threading.Event()
        self._server = Server(("127.0.0.1", port), type("Handler", (handler,), {"fake": self}))

    @property
    def base(self) -> str:
        """Address for the setting of the service's address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Answer until stopped."""
        self._server.serve_forever(poll_interval=0.02)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, name=type(self).__name__, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers one request. ``fake.released`` is set when the fake ends."""

    fake: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def send_bytes(
        self, status: int, body: bytes, kind: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, data: bytes) -> None:
        """Send byte by byte, slowly enough that no timeout of a single read ever strikes."""
        self.close_connection = True
        for byte in data:
            if self.fake.released.wait(DRIP_PAUSE_S):
                return
            self.wfile.write(bytes([byte]))


def reset(handler: Handler) -> None:
    """End the connection at once."""
    handler.close_connection = True
    # No lingering: the close sends a reset.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def stall(handler: Handler) -> None:
    """Say nothing for a long time."""
    handler.close_connection = True
    handler.fake.released.wait(LONGEST_STALL_S)


def drip_body(handler: Handler) -> None:
    """Begin well, and then send the body byte by byte."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    handler.drip(b" " * 5000)
