"""The shipped proxies with all kinds of requests, before two small servers in the app's place."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from websockets.sync.client import connect

from pages.ui.web.launcher import BYTES_PER_MB, FORM_BYTES
from pages.ui.web.replicas import COOKIE
from tests.deploy.site import NAME, NAMES, PROXIES, Door
from tests.fakes.servers import NoServer
from tests.fakes.web_server import serving
from tests.integration.test_launcher import MAX_UPLOAD_MB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket

OURS = {"Content-Security-Policy": "object-src 'none'", "X-Content-Type-Options": "nosniff"}
BIGGEST = MAX_UPLOAD_MB * BYTES_PER_MB + FORM_BYTES
BROWSERS = 12


@dataclass(frozen=True, slots=True)
class Site:
    """A proxy, and the names of the servers behind it that answer."""

    door: Door
    stopping: dict[str, ExitStack]

    def who(self, cookie: str = "") -> str:
        """Return who answers a browser, with this cookie if it has one."""
        kept = {"Cookie": f"other=1; {COOKIE}={cookie}; last=2"} if cookie else {}
        return str(json.loads(self.door.ask("/", **kept).body)["name"])


def echo(name: str) -> list[Route | WebSocketRoute]:
    """Routes that tell who they are and what they got."""

    async def tell(request: Request) -> JSONResponse:
        length = 0
        async for part in request.stream():
            length += len(part)
        said = {"name": name, "headers": dict(request.headers), "length": length}
        return JSONResponse(said, headers=OURS)

    async def answer(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"{name}: {await socket.receive_text()}")
        await socket.close()

    methods = ["GET", "PUT"]
    return [WebSocketRoute("/stream", answer), Route("/{path:path}", tell, methods=methods)]


@pytest.fixture(params=list(PROXIES), scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with ExitStack() as stack:
        stopping, ports = {}, []
        for name in NAMES:
            stopping[name] = stack.enter_context(ExitStack())
            ports.append(stopping[name].enter_context(serving(echo(name))))
        try:
            door = stack.enter_context(PROXIES[request.param](ports))
        except NoServer as error:
            pytest.skip(str(error))
        yield Site(door, stopping)


@pytest.mark.parametrize("prefix", ["", "/mood/ring"])
@pytest.mark.parametrize(
    "path", ["metrics", "metrics/", "agent/", "agent/session?a=b", "%6Detrics", "AGENT/x"]
)
def test_figures_and_programs_routes_are_nobodys(site: Site, prefix: str, path: str) -> None:
    assert site.door.ask(f"{prefix}/_stcore/{path}").status == 404


@pytest.mark.parametrize("path", ["/_stcore/health", "/mood/ring/_stcore/host-config", "/library"])
def test_what_pages_need_is_there_with_its_headers_untouched(site: Site, path: str) -> None:
    answer = site.door.ask(path)
    assert answer.status == 200
    for name, value in OURS.items():
        assert answer.headers[name.casefold()] == [value]


def test_a_browser_goes_where_its_cookie_says_and_new_ones_go_to_both(site: Site) -> None:
    for name in NAMES:
        assert {site.who(name) for _ in range(BROWSERS)} == {name}
    assert {site.who() for _ in range(BROWSERS)} == set(NAMES)
    # No name of a process that is, or was.
    assert site.who("ab") in NAMES


def test_the_server_learns_how_the_browser_asked_and_no_made_up_address(site: Site) -> None:
    forged = {"X_Forwarded_For": "198.51.100.1", "X_Forwarded_Proto": "http"}
    got = json.loads(site.door.ask("/", **forged).body)["headers"]
    assert got["host"] == f"{NAME}:{site.door.port}"
    assert got["x-forwarded-proto"] == "https"
    assert got["x-forwarded-for"] == "127.0.0.1"


def test_the_largest_upload_passes_and_a_larger_one_is_refused(site: Site) -> None:
    passed = site.door.ask("/_stcore/upload_file/a/b", "PUT", b"x" * (BIGGEST - 1024))
    assert json.loads(passed.body)["length"] == BIGGEST - 1024
    # No file of a proxy's holds a photo on its way.
    assert not [
        one for one in site.door.folder.rglob("*") if one.is_file() and b"xxxx" in one.read_bytes()
    ]
    try:
        refused = site.door.ask("/", "PUT", b"x" * (BIGGEST + 1024))
    except (BrokenPipeError, ConnectionResetError):
        # The proxy has hung up before all was sent.
        return
    assert refused.status in {413, 502}


def test_a_socket_goes_through(site: Site) -> None:
    address = f"ws://{NAME}:{site.door.port}/stream"
    with connect(address, sock=site.door.line()) as socket:
        socket.send("hello")
        assert re.fullmatch("[ab]: hello", str(socket.recv()))


def test_visitors_of_a_process_that_is_gone_find_another(site: Site) -> None:
    site.stopping["a"].close()
    assert [site.who("a"), site.who("b"), site.who()] == ["b"] * 3
