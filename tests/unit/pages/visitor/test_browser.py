"""The cookie that a browser is known by: made here, not to be made up, and given with a page."""

from __future__ import annotations

import os
import re
import stat
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st

from pages.ui import resources
from pages.ui.cookie_secret import FILE_NAME, SECRET_BYTES, CookieSecret, secret_in
from pages.ui.visitor import browser
from pages.ui.visitor.browser import (
    BrowserCookie,
    PartitionedCookies,
    attributes,
    browser_id,
    cookie_name,
    is_https,
    key,
    new_cookie,
)
from recommender.settings import Settings
from tests.busy import wait_until
from tests.e2e.driver import free_port
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Message, Receive, Scope, Send

SECRET, OTHER_SECRET = b"s" * SECRET_BYTES, b"o" * SECRET_BYTES
PLAIN, OVER_HTTPS = (cookie_name(SECRET, https=https) for https in (False, True))
HTML = "text/html; charset=utf-8"
MASKED_XSRF = "2|aabbccdd|00112233445566778899aabbccddeeff|1790000000"


def test_each_browser_gets_a_word_of_its_own_and_keeps_it() -> None:
    made = [new_cookie(SECRET) for _ in range(50)]
    words = [browser_id(cookie, SECRET) for cookie in made]
    assert len(set(words)) == 50
    assert words == [browser_id(cookie, SECRET) for cookie in made]
    for cookie, word in zip(made, words, strict=True):
        assert len(word) == 64
        # Nobody who sees the digest can send the cookie.
        assert word not in cookie
        assert cookie.split(".")[0] not in word
    assert browser.WORD_BYTES * 8 >= 128


def test_what_was_not_issued_here_is_nobodys_word() -> None:
    cookie = new_cookie(SECRET)
    word, tag = cookie.split(".")
    planted = [
        "",
        ".",
        word,
        f"{word}.",
        f"{word}.{tag[:-1]}",
        cookie[:-2],
        cookie[1:],
        f"{cookie}A",
        f" {cookie}",
        f"{cookie}\n",
        f'"{cookie}"',
        f"{'A' * 22}.{tag}",
        f"{word}.{'A' * 43}",
        f"{word}.{new_cookie(SECRET).split('.')[1]}",
        f"{word[:-1]}ä.{tag}",
        new_cookie(OTHER_SECRET),
        new_cookie(b""),
        "t" * 22,
        "x" * 5000,
        MASKED_XSRF,
    ]
    assert [one for one in planted if browser_id(one, SECRET)] == []


def test_every_changed_letter_is_noticed() -> None:
    cookie = new_cookie(SECRET)
    for place, letter in enumerate(cookie):
        changed = cookie[:place] + ("A" if letter != "A" else "B") + cookie[place + 1 :]
        assert browser_id(changed, SECRET) == ""


def test_names_tell_servers_apart_that_share_a_host() -> None:
    assert cookie_name(OTHER_SECRET, https=False) != PLAIN
    assert f"__Host-{PLAIN}" == OVER_HTTPS
    assert PLAIN.startswith("moodring_browser_")


@pytest.mark.parametrize(
    ("headers", "scheme", "https"),
    [
        ({}, "http", False),
        ({}, "https", True),
        ({}, "wss", True),
        ({"X-Forwarded-Proto": "https"}, "http", True),
        ({"X-Forwarded-Proto": "https, http"}, "http", True),
        ({"X-Forwarded-Proto": "HTTPS"}, "http", True),
        ({"X-Forwarded-Proto": "http"}, "http", False),
        ({"X-Forwarded-Proto": ""}, "https", True),
    ],
)
def test_https_is_known_here_and_behind_a_proxy(
    headers: dict[str, str], scheme: str, https: bool
) -> None:
    assert is_https(headers, scheme) is https


def ask(
    *,
    method: str = "GET",
    scheme: str = "http",
    status: int = 200,
    kind: str = HTML,
    framed: bool = False,
    **headers: str,
) -> dict[str, str]:
    """Return the headers of an answer; underscores stand for dashes."""

    async def page(_: Scope, __: Receive, send: Send) -> None:
        answered = [(b"content-type", kind.encode())] if kind else []
        await send({"type": "http.response.start", "status": status, "headers": answered})
        await send({"type": "http.response.body", "body": b""})

    sent: list[Message] = []

    async def note(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    asked = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope: Scope = {"type": "http", "method": method, "scheme": scheme, "headers": asked}
    run_apart(BrowserCookie(page, secret=lambda: SECRET, framed=framed)(scope, nothing, note))
    assert [one["type"] for one in sent] == ["http.response.start", "http.response.body"]
    return {name.decode(): text.decode() for name, text in sent[0]["headers"]}


def test_a_page_brings_a_cookie_that_no_script_reads_and_no_proxy_keeps() -> None:
    answer = ask()
    given = re.fullmatch(rf"{PLAIN}=(\S+); Path=/; HttpOnly; SameSite=Lax", answer["set-cookie"])
    assert given is not None
    assert browser_id(given[1], SECRET)
    assert answer["cache-control"] == "no-store"
    assert ask()["set-cookie"] != answer["set-cookie"]


@pytest.mark.parametrize("how", [{"scheme": "https"}, {"x_forwarded_proto": "https"}])
def test_over_https_it_is_bound_to_the_host(how: dict[str, str]) -> None:
    given = ask(**how)["set-cookie"]  # type: ignore[arg-type] - one of them is no header
    assert given.startswith(f"{OVER_HTTPS}=")
    assert given.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    # One from before, over HTTP, is not enough.
    plain = f"{PLAIN}={new_cookie(SECRET)}"
    assert "set-cookie" in ask(cookie=plain, **how)  # type: ignore[arg-type]
    mine = f"{OVER_HTTPS}={new_cookie(SECRET)}"
    assert "set-cookie" not in ask(cookie=mine, **how)  # type: ignore[arg-type]


def test_where_other_sites_may_frame_us_each_of_them_has_its_own() -> None:
    framed: dict[str, Any] = {"framed": True, "sec_fetch_dest": "iframe", "scheme": "https"}
    given = ask(sec_fetch_site="cross-site", **framed)["set-cookie"]
    assert given.startswith(f"{OVER_HTTPS}=")
    assert given.endswith("; Path=/; HttpOnly; SameSite=None; Secure; Partitioned")
    mine = f"{OVER_HTTPS}={new_cookie(SECRET)}"
    assert "set-cookie" not in ask(sec_fetch_site="cross-site", cookie=mine, **framed)
    # Browsers take no such cookie over HTTP: there, it is as where nobody frames us.
    assert ask(framed=True)["set-cookie"].endswith("; SameSite=Lax")
    assert "set-cookie" not in ask(
        framed=True, sec_fetch_dest="iframe", sec_fetch_site="cross-site"
    )


@pytest.mark.parametrize(
    ("https", "framed", "expected"),
    [
        (False, False, "SameSite=Strict"),
        (True, False, "SameSite=Strict; Secure"),
        (False, True, "SameSite=Strict"),
        (True, True, "SameSite=None; Secure; Partitioned"),
    ],
)
def test_the_pages_own_cookies_are_of_the_same_kind(
    https: bool, framed: bool, expected: str
) -> None:
    assert attributes(https=https, framed=framed, own="Strict") == expected


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a=b; Path=/; SameSite=None; Secure", "a=b; Path=/; SameSite=None; Secure; Partitioned"),
        ("a=b; SameSite=None; Secure; Partitioned", "a=b; SameSite=None; Secure; Partitioned"),
        ("a=b; Path=/; SameSite=Strict", "a=b; Path=/; SameSite=Strict"),
        ("a=samesite=none; Path=/", "a=samesite=none; Path=/"),
    ],
)
def test_what_streamlit_sends_to_frames_is_partitioned_too(given: str, sent: str) -> None:
    async def page(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/plain"), (b"set-cookie", given.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"well"})

    answered: list[Message] = []

    async def note(message: Message) -> None:
        answered.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    scope: Scope = {"type": "http", "method": "GET", "headers": []}
    run_apart(PartitionedCookies(page)(scope, nothing, note))
    assert dict(answered[0]["headers"])[b"set-cookie"] == sent.encode()
    assert answered[1]["body"] == b"well"


def test_who_has_one_keeps_it_and_a_planted_one_is_replaced() -> None:
    assert "set-cookie" not in ask(cookie=f"a=b; {PLAIN}={new_cookie(SECRET)}; c=d")
    for planted in ("", "t" * 22, new_cookie(OTHER_SECRET), new_cookie(SECRET)[:-1]):
        assert "set-cookie" in ask(cookie=f"{PLAIN}={planted}; _streamlit_xsrf={MASKED_XSRF}")


@pytest.mark.parametrize(
    ("request_", "given"),
    [
        ({"sec_fetch_dest": "document", "sec_fetch_site": "none"}, True),
        # A link elsewhere, or Spotify's way back: a Lax cookie is sent, so there is none.
        ({"sec_fetch_dest": "document", "sec_fetch_site": "cross-site"}, True),
        ({"sec_fetch_dest": "iframe", "sec_fetch_site": "same-site"}, True),
        ({"sec_fetch_dest": "iframe", "sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_dest": "iframe", "sec_fetch_site": "same-origin"}, False),
        ({"sec_fetch_dest": "image", "sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_dest": "empty", "sec_fetch_site": "same-site"}, False),
        # A page that the browser has kept from an earlier day.
        ({"status": 304, "kind": "", "accept": "text/html,*/*;q=0.8"}, True),
        ({"status": 304, "kind": "", "accept": "*/*"}, False),
        ({"status": 404}, False),
        ({"kind": "application/json"}, False),
        ({"kind": ""}, False),
        ({"method": "HEAD"}, False),
        ({"method": "POST"}, False),
    ],
)
def test_only_pages_bring_one_and_never_over_one_that_could_not_be_seen(
    request_: dict[str, str], given: bool
) -> None:
    assert ("set-cookie" in ask(**request_)) is given  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cookies", "headers", "known"),
    [
        ({}, {}, False),
        ({PLAIN: ""}, {}, False),
        ({"_streamlit_xsrf": MASKED_XSRF}, {}, False),
        ({PLAIN: new_cookie(SECRET)}, {}, True),
        ({PLAIN: new_cookie(OTHER_SECRET)}, {}, False),
        ({OVER_HTTPS: new_cookie(SECRET)}, {}, False),
        ({OVER_HTTPS: new_cookie(SECRET)}, {"Origin": "https://example.org"}, True),
        ({OVER_HTTPS: new_cookie(SECRET)}, {"X-Forwarded-Proto": "https"}, True),
        # A proxy that says nothing of HTTPS.
        ({PLAIN: new_cookie(SECRET)}, {"Origin": "https://example.org"}, True),
    ],
)
def test_a_page_knows_its_browser_by_it(
    monkeypatch: pytest.MonkeyPatch,
    cookies: dict[str, str],
    headers: dict[str, str],
    known: bool,
) -> None:
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies=cookies, headers=headers))
    assert bool(key()) is known


def test_over_https_a_planted_plain_cookie_does_not_count_beside_the_bound_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, planted = new_cookie(SECRET), new_cookie(SECRET)
    context = SimpleNamespace(
        cookies={PLAIN: planted, OVER_HTTPS: mine}, headers={"Origin": "https://example.org"}
    )
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    monkeypatch.setattr(st, "context", context)
    assert key() == browser_id(mine, SECRET)


def test_a_visit_without_cookies_makes_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "browser_secret", None)
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies={}, headers={}))
    assert key() == ""


def test_the_secret_outlives_a_restart_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    made = secret_in(folder)
    assert len(made) == SECRET_BYTES
    assert secret_in(folder) == made
    assert [one.name for one in folder.iterdir()] == [FILE_NAME]
    if os.name == "posix":
        assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600
    assert secret_in(tmp_path) != made


@pytest.mark.parametrize("damaged", [b"", b"short", b"l" * (SECRET_BYTES + 1)])
def test_a_damaged_secret_is_made_anew(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(damaged)
    made = secret_in(tmp_path)
    assert made != damaged
    assert secret_in(tmp_path) == made


def test_where_nothing_can_be_kept_a_secret_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("no folder")
    assert len(secret_in(file)) == SECRET_BYTES
    assert secret_in(file) != secret_in(file)


def test_the_servers_own_secret_is_taken_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = CookieSecret(Settings(data_dir=tmp_path))
    monkeypatch.setattr(resources, "_kept_secret", lambda: kept)
    monkeypatch.setattr(resources.config, "is_manually_set", lambda _: True)
    monkeypatch.setattr(st, "get_option", lambda _: "the owner's")
    first = resources.browser_secret()
    assert len(first) == SECRET_BYTES
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(resources.config, "is_manually_set", lambda _: False)
    assert resources.browser_secret() == secret_in(tmp_path) != first


def test_a_secret_of_the_settings_is_the_same_wherever_it_is_set(tmp_path: Path) -> None:
    said = "0123456789abcdef" * 2
    first, second = (CookieSecret(Settings(cookie_secret=said, data_dir=tmp_path)) for _ in "ab")
    assert first.value() == second.value()
    assert len(first.value()) == SECRET_BYTES
    assert said.encode() not in first.value()
    first.share()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_keeps_no_request_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(CookieSecret, "_ask_again", lambda _, settings: asked.append(settings))
    nobody = f"postgresql://me@127.0.0.1:{free_port()}/moodring"
    secret = CookieSecret(Settings(data_dir=tmp_path, database_url=nobody))
    secret.share()
    assert secret.value() == secret_in(tmp_path)
    wait_until(lambda: len(asked) == 1)
