"""A server started by `streamlit run app.py`: a session's id is of no use to another browser."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, cast

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from pages.ui.web.sessions import NOT_ASKED_FOR, REFUSED
from tests.e2e.driver import running_app
from tests.load.page import MAX_MESSAGE
from tests.own_thread import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.typing import Origin, Subprotocol

PATIENCE_S = 60
BOUNDARY = "b"
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    f"Content-Type: image/png\r\n\r\nface\r\n--{BOUNDARY}--\r\n"
).encode()
XSRF = "_streamlit_xsrf"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("data")) as started:
        yield started


class Browser:
    """Keeps cookies, opens sessions, and sends files to them."""

    def __init__(self, base: str, *, keeps_cookies: bool = True) -> None:
        self._base = base
        self._cookies: dict[str, str] = {}
        for path in ("/", "/_stcore/health"):
            with urllib.request.urlopen(base + path, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own server
                for line in answer.headers.get_all("Set-Cookie") or []:
                    for name, morsel in SimpleCookie(line).items():
                        if keeps_cookies or name == XSRF:
                            self._cookies[name] = morsel.value

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={word}" for name, word in self._cookies.items())}

    async def open(self, session: str = "") -> tuple[ClientConnection, str]:
        """Open a session, or ask for one again; return its line and its id."""
        line = await connect(
            self._base.replace("http", "ws", 1) + "/_stcore/stream",
            origin=cast("Origin", self._base),
            additional_headers=self._headers,
            subprotocols=cast(
                "list[Subprotocol]", ["streamlit", "token", *([session] if session else [])]
            ),
            max_size=MAX_MESSAGE,
            proxy=None,
        )
        assert line.subprotocol == "streamlit"
        message = BackMsg()
        message.rerun_script.page_name = ""
        await line.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            while True:
                content = ForwardMsg.FromString(cast("bytes", await line.recv()))
                if content.WhichOneof("type") == "new_session":
                    return line, content.new_session.initialize.session_id

    def sends(self, method: str, session: str) -> str:
        """What is answered to a file for a session, or to its deletion."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self._base}/_stcore/upload_file/{session}/file",
            FORM if method == "PUT" else None,
            {
                **self._headers,
                "Origin": self._base,
                "X-Xsrftoken": self._cookies[XSRF],
                "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - the same
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()


async def reopened(first: Browser, second: Browser, *, closed: bool) -> bool:
    """Whether the second gets the session that the first has opened."""
    line, session = await first.open()
    if closed:
        await line.close()
    other_line, other = await second.open(session)
    for one in (line, other_line):
        await one.close()
    return other == session


@pytest.mark.parametrize("closed", [True, False])
def test_a_session_is_given_back_to_its_own_browser_alone(base: str, closed: bool) -> None:
    mine, theirs = Browser(base), Browser(base)
    blank, other_blank = (Browser(base, keeps_cookies=False) for _ in range(2))
    assert run(reopened(mine, mine, closed=closed))
    assert not run(reopened(mine, theirs, closed=closed))
    assert not run(reopened(mine, blank, closed=closed))
    assert not run(reopened(blank, mine, closed=closed))
    assert not run(reopened(blank, other_blank, closed=closed))


async def answers(base: str) -> list[str]:
    """What a session's own browser, another, and one without cookies hear of its uploads."""
    mine, theirs, blank = Browser(base), Browser(base), Browser(base, keeps_cookies=False)
    line, session = await mine.open()
    heard = [
        await asyncio.to_thread(browser.sends, method, session)
        for browser in (theirs, blank, mine)
        for method in ("PUT", "DELETE")
    ]
    await line.close()
    return heard


def test_uploads_of_a_session_are_its_own_browsers(base: str) -> None:
    # The page that is open is the notice.
    assert run(answers(base)) == [REFUSED] * 4 + [NOT_ASKED_FOR, ""]
