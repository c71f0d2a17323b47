"""The owner's password, at two started servers as behind a proxy, and whoever guesses."""

from __future__ import annotations

from contextlib import ExitStack
from http.client import HTTPConnection, HTTPMessage
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlsplit

import pytest

from pages.ui.visitor.password import MAX_FORM, MAX_WRONG
from tests.e2e.driver import running_app
from tests.fakes.handshakes import page_as_seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "canary-päss word&=%"
OWNERS, STRANGERS = b"Add songs", b"Sign in as the owner"
SET = {"MOODRING_OWNER_PASSWORD": PASSWORD, "MOODRING_COOKIE_SECRET": "canary-secret-" * 3}
PROXIED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")


@pytest.fixture(scope="module")
def bases(homes: tuple[Path, Path]) -> Iterator[tuple[str, str]]:
    """Two replicas, of which the first has its visitors guess."""
    with ExitStack() as started:
        one, other = (started.enter_context(running_app(home, **SET)) for home in homes)
        yield one, other


def ask(
    base: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, HTTPMessage, str]:
    """Send a request to the owner's page; return status, headers and text of the answer."""
    line = HTTPConnection(urlsplit(base).netloc, timeout=30)
    line.request(method, "/moodring/owner", body, headers)
    answer = line.getresponse()
    said = answer.read().decode()
    line.close()
    return answer.status, answer.headers, said


def sent(base: str, password: str, **headers: str) -> tuple[int, HTTPMessage, str]:
    """Send the form with a password."""
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": base}
    return ask(base, "POST", f"password={quote_plus(password)}", **{**kind, **headers})


def test_the_password_makes_the_owner_of_every_process(bases: tuple[str, str]) -> None:
    status, headers, said = ask(bases[1])
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert 'type="password"' in said
    # Else the browser would send no origin with it.
    assert headers["Referrer-Policy"] == "same-origin"
    status, headers, _ = sent(bases[1], PASSWORD, **PROXIED)
    assert (status, headers["Location"], headers["Cache-Control"]) == (303, "../", "no-store")
    (morsel,) = SimpleCookie(headers["Set-Cookie"]).values()
    assert (morsel["path"], morsel["samesite"], morsel["max-age"]) == ("/", "strict", "")
    assert morsel["httponly"]
    assert morsel["secure"]
    cookie = {"Cookie": f"{morsel.key}={morsel.value}"}
    for base in bases:
        assert OWNERS in page_as_seen(base, "catalogue", headers=cookie)
        assert STRANGERS in page_as_seen(base, "catalogue")


def test_pages_of_others_cannot_send_it(bases: tuple[str, str]) -> None:
    assert sent(bases[1], PASSWORD, Origin="https://evil.example")[0] == 403
    assert ask(bases[1], "PUT")[0] in {403, 405}


def test_after_some_wrong_ones_nobody_may_try_for_a_while(
    bases: tuple[str, str], homes: tuple[Path, Path]
) -> None:
    wrong = ["", PASSWORD[:-1], PASSWORD + "!", "x" * MAX_FORM, PASSWORD.upper()]
    assert len(wrong) == MAX_WRONG
    for one in wrong:
        status, headers, said = sent(bases[0], one)
        assert (status, "Set-Cookie" in headers) == (403, False)
        assert "That is not the password." in said
    status, headers, said = sent(bases[0], PASSWORD, **{"Accept-Language": "de"})
    assert (status, headers["Retry-After"], "Set-Cookie" in headers) == (429, "60", False)
    assert "Zu viele falsche Passwörter" in said
    assert sent(bases[1], PASSWORD)[0] == 303
    for home in homes:
        log = (home / "server.log").read_text()
        assert "canary" not in log
