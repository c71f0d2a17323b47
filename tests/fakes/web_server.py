"""Routes of ours served by the real web server, and requests to them."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.middleware import Middleware
    from starlette.routing import BaseRoute


@contextmanager
def serving(routes: Sequence[BaseRoute], middleware: Sequence[Middleware] = ()) -> Iterator[int]:
    """Serve routes in another thread, and give the port on this machine."""
    app = Starlette(routes=routes, middleware=middleware)
    # Sockets as Streamlit has them.
    config = uvicorn.Config(app, lifespan="off", ws="websockets-sansio", log_level="error")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(30)


def asked(
    port: int, path: str, cookies: Mapping[str, str], method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers by their names in small letters, and body of an answer."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request(method, path, headers=sent)
        answer = line.getresponse()
        found = {name.casefold(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
