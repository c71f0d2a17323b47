"""Streamlit's sessions and their uploads are for the browser that opened them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import Headers
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

from pages.ui.cookie_secret import SECRET_BYTES
from pages.ui.visitor.browser import browser_id, cookie_name, new_cookie
from pages.ui.web import sessions
from pages.ui.web.sessions import HEADER, USER_KEY, OwnSessions, bind_sessions_to_browsers
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message, Receive, Scope, Send

SECRET, OTHER_SECRET = b"s" * SECRET_BYTES, b"o" * SECRET_BYTES
NAME = cookie_name(SECRET, https=False)
MINE, THEIRS = new_cookie(SECRET), new_cookie(SECRET)
# By names, so that a test is called the same in each worker.
COOKIES = {
    "mine": MINE,
    "theirs": THEIRS,
    "another server's": new_cookie(OTHER_SECRET),
    "nonsense": "nonsense",
    "nobody's": "",
}
SESSION = "00000000-0000-4000-8000-000000000001"
UPLOAD = f"/_stcore/upload_file/{SESSION}/file"
ASKED_FOR = "sec-websocket-protocol"


@pytest.fixture(autouse=True)
def bound(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An option of an administrator's own, and one session, which is mine."""
    told = config.get_option("server.trustedUserHeaders")
    config.set_option("server.trustedUserHeaders", {"X-Theirs": "theirs"}, "a test")
    bind_sessions_to_browsers()
    mine = {"theirs": None, USER_KEY: browser_id(MINE, SECRET)}
    session = SimpleNamespace(matches_user_info=mine.__eq__)
    runtime = SimpleNamespace(get_app_session={SESSION: session}.get)
    monkeypatch.setattr(sessions, "Runtime", SimpleNamespace(instance=lambda: runtime))
    yield
    config.set_option("server.trustedUserHeaders", told, "a test")


def ask(
    path: str = "/_stcore/stream",
    kind: str = "websocket",
    method: str = "PUT",
    cookie: str = "",
    **headers: str,
) -> tuple[Headers | None, int]:
    """What Streamlit would see of a request (None: nothing), and the status of a refusal."""
    seen: list[Scope] = []
    statuses: list[int] = []

    async def streamlit(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope)

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def nothing() -> Message:
        return {"type": "http.request"}

    asked = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    if cookie:
        asked.append((b"cookie", f"a=b; {NAME}={cookie}".encode()))
    scope: Scope = {"type": kind, "method": method, "path": path, "headers": asked}
    before = list(asked)
    run_apart(OwnSessions(streamlit, secret=lambda: SECRET)(scope, nothing, note))
    assert scope["headers"] == before, "others may hold on to it"
    return Headers(scope=seen[0]) if seen else None, sum(statuses)


def test_streamlit_is_told_which_browser_opens_a_session() -> None:
    seen, _ = ask(cookie=MINE)
    assert seen is not None
    assert gather_user_info(seen) == {"theirs": None, USER_KEY: browser_id(MINE, SECRET)}


@pytest.mark.parametrize("whose", ["nobody's", "mine", "another server's", "nonsense"])
def test_nobody_says_by_a_header_which_browser_they_are(whose: str) -> None:
    cookie = COOKIES[whose]
    seen, _ = ask(cookie=cookie, x_moodring_browser=browser_id(THEIRS, SECRET))
    assert seen is not None
    assert seen.getlist(HEADER) == [browser_id(cookie, SECRET)]


@pytest.mark.parametrize(
    ("whose", "asked", "told"),
    [
        ("mine", f"streamlit, token, {SESSION}", f"streamlit, token, {SESSION}"),
        ("theirs", f"streamlit, token, {SESSION}", f"streamlit, token, {SESSION}"),
        ("nobody's", f"streamlit, token, {SESSION}", "streamlit, token"),
        ("nobody's", f"streamlit,,{SESSION}", "streamlit,"),
        ("nobody's", f"streamlit,,{SESSION},{SESSION}", "streamlit,"),
        ("nobody's", "streamlit, token", "streamlit, token"),
        ("another server's", f"streamlit, token, {SESSION}", "streamlit, token"),
    ],
)
def test_without_a_cookie_no_session_is_asked_for(whose: str, asked: str, told: str) -> None:
    seen, _ = ask(cookie=COOKIES[whose], sec_websocket_protocol=asked)
    assert seen is not None
    assert seen[ASKED_FOR] == told


def test_a_handshake_without_it_is_left_as_it_is() -> None:
    seen, _ = ask()
    assert seen is not None
    assert ASKED_FOR not in seen


@pytest.mark.parametrize("prefix", ["", "/mood/ring"])
@pytest.mark.parametrize(
    ("method", "whose", "session", "passed"),
    [
        ("PUT", "mine", SESSION, True),
        ("DELETE", "mine", SESSION, True),
        ("PUT", "theirs", SESSION, False),
        ("DELETE", "theirs", SESSION, False),
        ("PUT", "nobody's", SESSION, False),
        ("DELETE", "nobody's", SESSION, False),
        ("OPTIONS", "nobody's", SESSION, True),
        # Streamlit says that there is no such session.
        ("PUT", "theirs", "closed", True),
        ("DELETE", "theirs", "closed", False),
    ],
)
def test_uploads_are_changed_by_their_own_browser(
    prefix: str, method: str, whose: str, session: str, passed: bool
) -> None:
    path = f"{prefix}/_stcore/upload_file/{session}/file"
    seen, status = ask(path, "http", method, COOKIES[whose])
    assert ((seen is not None), status) == ((True, 0) if passed else (False, 403))


@pytest.mark.parametrize("kind", ["http", "lifespan"])
def test_other_requests_are_passed_on_as_they_are(kind: str) -> None:
    seen, status = ask("/_stcore/health", kind, "GET", MINE, x_moodring_browser="mine")
    assert seen is not None
    assert (seen[HEADER], status) == ("mine", 0)
