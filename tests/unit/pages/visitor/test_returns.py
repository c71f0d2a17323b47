"""Answers of the sign-in: taken from the address, and kept for their browser's next page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui.cookie_secret import SECRET_BYTES
from pages.ui.visitor import returns
from pages.ui.visitor.browser import browser_id, cookie_name, new_cookie
from pages.ui.visitor.returns import (
    LIFETIME_S,
    MAX_FIELDS,
    MAX_QUERY,
    Return,
    Returns,
    SignInReturn,
)
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

SECRET = b"s" * SECRET_BYTES
MINE = new_cookie(SECRET)
WORD = browser_id(MINE, SECRET)
COOKIE = f"{cookie_name(SECRET, https=False)}={MINE}"
ANSWER = "code=abc&state=xyz"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Returns:
    waiting = Returns()
    monkeypatch.setattr(returns, "RETURNS", waiting)
    return waiting


def ask(
    query: str, path: str = "/", method: str = "GET", kind: str = "http", **headers: str
) -> str | None:
    """Return where a request is redirected to; None when it is passed on."""
    sent: list[Message] = []
    passed: list[Scope] = []

    async def page(scope: Scope, _: Receive, __: Send) -> None:
        passed.append(scope)

    async def note(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    scope: Scope = {
        "type": kind,
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()
        ],
    }
    run_apart(SignInReturn(page, secret=lambda: SECRET)(scope, nothing, note))
    if passed:
        assert sent == []
        return None
    answer = dict(sent[0]["headers"])
    assert sent[0]["status"] == 303
    assert answer[b"cache-control"] == b"no-store"
    return str(answer[b"location"].decode())


@pytest.mark.parametrize(
    ("query", "path", "place"),
    [
        (ANSWER, "/", "./"),
        (ANSWER, "/mood/ring", "./ring"),
        (ANSWER, "/mood/", "./"),
        (
            f"language=Tamil&{ANSWER}&artist=a%26b&artist=c",
            "/",
            "./?language=Tamil&artist=a%26b&artist=c",
        ),
        (f"{ANSWER}&clean=", "/", "./?clean="),
    ],
)
def test_the_answer_leaves_the_address_and_waits_for_the_page(
    kept: Returns, query: str, path: str, place: str
) -> None:
    assert ask(query, path, cookie=COOKIE, sec_fetch_dest="document") == place
    assert kept.take(WORD) == Return("abc", "xyz", "")
    assert kept.take(WORD) is None


def test_a_refusal_is_an_answer_too(kept: Returns) -> None:
    assert ask("error=access_denied&state=xyz", cookie=COOKIE) == "./"
    assert kept.take("another browser") is None
    assert kept.take(WORD) == Return("", "xyz", "access_denied")


@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("", {"cookie": COOKIE}),
        ("language=Tamil", {"cookie": COOKIE}),
        ("state=xyz", {"cookie": COOKIE}),
        ("code=abc&state=", {"cookie": COOKIE}),
        ("code=abc&estate=xyz", {"cookie": COOKIE}),
        (ANSWER, {}),
        (ANSWER, {"cookie": f"{cookie_name(SECRET, https=False)}=planted"}),
        (ANSWER, {"cookie": COOKIE, "method": "POST"}),
        (ANSWER, {"cookie": COOKIE, "kind": "websocket"}),
        (ANSWER, {"cookie": COOKIE, "sec_fetch_dest": "image"}),
        (ANSWER, {"cookie": COOKIE, "sec_fetch_dest": "iframe"}),
        (f"{ANSWER}&x={'y' * MAX_QUERY}", {"cookie": COOKIE}),
        (ANSWER + "&a=b" * MAX_FIELDS, {"cookie": COOKIE}),
        (f"{ANSWER}&x=ä", {"cookie": COOKIE}),
    ],
)
def test_everything_else_is_passed_on(kept: Returns, query: str, how: dict[str, str]) -> None:
    assert ask(query, **how) is None
    assert kept.take(WORD) is None


def test_an_answer_that_no_page_took_is_forgotten() -> None:
    clock = [0.0]
    waiting = Returns(lambda: clock[0])
    old, new = Return("a", "b", ""), Return("c", "d", "")
    waiting.keep(WORD, old)
    clock[0] = LIFETIME_S + 1
    waiting.keep(WORD, new)
    assert waiting.take(WORD) == new
    assert waiting.take(WORD) is None


def test_answers_of_two_tabs_come_in_their_order_and_a_flood_drives_out_the_oldest() -> None:
    waiting = Returns()
    for number in range(returns.MAX_RETURNS + 1):
        waiting.keep(WORD, Return(str(number), "", ""))
    assert [waiting.take(WORD), waiting.take(WORD)] == [Return("1", "", ""), Return("2", "", "")]
