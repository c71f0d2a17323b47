"""A server and its owner: the printed address, the cookie, and whoever tries without them."""

from __future__ import annotations

from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pages.ui.visitor import owner
from recommender.wording import Message, sentence
from tests.e2e.driver import TERMINAL, owner_address, started_server
from tests.fakes.handshakes import is_refused, page_as_seen
from tests.fakes.inside import looked_into, told_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse
    from http.cookies import Morsel
    from pathlib import Path

OWNERS, STRANGERS = b"Add songs", b"Only the owner"
# What a proxy on the same machine sends on, so that the server takes all for neighbours.
NAMED = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Forwarded-Server": "proxy"}
PROXIED = [
    (None, {}),
    ("localhost", {}),
    ("127.0.0.1:8501", NAMED),
    ("localhost", {"Cf-Connecting-Ip": "203.0.113.9", "Tailscale-User-Login": "me@example.org"}),
    ("[::1]:8501", {"True-Client-Ip": "203.0.113.9", "X-Client-Ip": "127.0.0.1"}),
    ("moodring.example.org", {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"}),
]
ELSEWHERE = [
    "http://127.0.0.1:1",
    "http://localhost:1",
    "http://127.0.0.1",
    "http://0.0.0.0:1",
    "https://evil.example",
    "null",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    """A server at a terminal, and behind a proxy."""
    known = {"MOODRING_REDIRECT_URI": f"https://{PROXIED[-1][0]}/"}
    with started_server(home, terminal=True, **known) as (base, _):
        yield base


@pytest.fixture(scope="module")
def address(base: str, home: Path) -> str:
    """What it has printed there."""
    assert owner_address(home).startswith(f"{base}/")
    return owner_address(home)


@pytest.fixture(scope="module")
def cookie(address: str) -> dict[str, str]:
    """What the owner's browser sends."""
    morsel = given(ask(address))
    return {"Cookie": f"{morsel.key}={morsel.value}"}


def given(answer: HTTPResponse) -> Morsel[str]:
    """The owner's cookie in an answer."""
    (morsel,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert morsel.key.startswith(owner.COOKIE)
    return morsel


def ask(
    address: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> HTTPResponse:
    """Send one request, and follow nothing."""
    there = urlsplit(address)
    line = HTTPConnection(there.netloc, timeout=30)
    line.request(method, f"{there.path}?{there.query}", headers=dict(headers or {}))
    answer = line.getresponse()
    answer.said = answer.read().decode()  # type: ignore[attr-defined]
    line.close()
    return answer


@pytest.mark.parametrize(("host", "headers"), PROXIED)
def test_nobody_becomes_the_owner_by_a_header(
    base: str, host: str | None, headers: dict[str, str]
) -> None:
    seen = page_as_seen(base, "catalogue", host=host, headers=headers)
    assert STRANGERS in seen
    assert OWNERS not in seen


def test_the_cookie_makes_the_owner_behind_a_proxy_too(base: str, cookie: dict[str, str]) -> None:
    host, headers = PROXIED[-1]
    seen = page_as_seen(base, "catalogue", host=host, headers={**headers, **cookie})
    assert OWNERS in seen


def test_the_printed_address_leaves_a_cookie_and_leads_to_the_first_page(
    address: str,
) -> None:
    answer = ask(address)
    assert (answer.status, answer.headers["Location"]) == (303, "../")
    for name, value in (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")):
        assert answer.headers[name] == value
    morsel = given(answer)
    assert morsel.key == f"{owner.COOKIE}_{urlsplit(address).port}"
    assert (morsel["path"], morsel["samesite"], morsel["max-age"]) == ("/", "strict", "")
    assert morsel["httponly"]
    assert not morsel["secure"]
    assert morsel.value not in address
    by_https = ask(address, headers={"X-Forwarded-Proto": "https"})
    assert given(by_https)["secure"]


@pytest.mark.parametrize("query", ["", "word=", "word=x", "word=é", "word=%FF", "other=1", "cut"])
def test_a_wrong_word_is_told_kindly_and_leaves_no_cookie(
    base: str, address: str, query: str
) -> None:
    if query == "cut":
        query = urlsplit(address).query[:-1]
    answer = ask(f"{base}/moodring/owner?{query.replace('é', '%C3%A9')}")
    assert (answer.status, answer.said) == (403, sentence(Message("owner-wrong-address")))  # type: ignore[attr-defined]
    assert answer.headers["Set-Cookie"] is None
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("origin", ELSEWHERE)
def test_pages_of_other_servers_cannot_act_with_the_owners_cookie(
    base: str, cookie: dict[str, str], origin: str
) -> None:
    assert is_refused(base, origin, headers=cookie)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = ask(f"{base}/_stcore/upload_file/x/y", method, {**cookie, "Origin": origin})
        assert answer.status == 403
        assert answer.said == "Only Moodring's own pages may do this."  # type: ignore[attr-defined]
    # Reading changes nothing, and a browser keeps the answer from the other page.
    assert ask(f"{base}/_stcore/health", headers={"Origin": origin}).status == 200


def test_our_own_pages_can_act(base: str, cookie: dict[str, str]) -> None:
    assert OWNERS in page_as_seen(base, "catalogue", origin=base, headers=cookie)
    # Streamlit itself answers: nobody has such a session.
    put = ask(f"{base}/_stcore/upload_file/x/y", "PUT", {"Origin": base})
    assert put.said != "Only Moodring's own pages may do this."  # type: ignore[attr-defined]


def test_the_word_is_printed_once_and_only_to_the_terminal(
    base: str, home: Path, address: str, cookie: dict[str, str]
) -> None:
    word = address.partition("word=")[2]
    assert OWNERS in page_as_seen(base, "catalogue", headers=cookie)
    assert (home / TERMINAL).read_text().count(word) == 1
    assert word not in (home / "server.log").read_text()


def test_without_a_terminal_nothing_of_the_word_is_written(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    debugging = {"STREAMLIT_LOGGER_LEVEL": "debug"}
    with started_server(tmp_path, **looked_into(told), **debugging) as (base, process):
        word = str(told_by(process, told)["owner_word"])
        assert ask(f"{base}/moodring/owner?word={word}").status == 303
        assert ask(f"{base}/moodring/owner?word={word[:-1]}").status == 403
        log = (tmp_path / "server.log").read_text()
        assert log
        assert "moodring/owner" not in log
        secrets = {word[:-1].encode(), owner.cookie_of(word).encode()}
        for path in tmp_path.rglob("*"):
            if path.is_file() and told not in path.parents:
                content = path.read_bytes()
                assert not any(secret in content for secret in secrets), path


@pytest.mark.slow
def test_below_a_base_path_cookie_and_page_lie_there(tmp_path: Path) -> None:
    environ = {"STREAMLIT_SERVER_BASE_URL_PATH": "mood/ring"}
    with started_server(tmp_path, health="/mood/ring", terminal=True, **environ) as (base, _):
        address = owner_address(tmp_path)
        assert address.startswith(f"{base}/mood/ring/moodring/owner?word=")
        for one in (address, address.replace("/mood/ring", "", 1)):
            answer = ask(one)
            assert (answer.status, answer.headers["Location"]) == (303, "/mood/ring/")
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            morsel = given(answer)
            assert morsel["path"] == "/mood/ring"
        mine = {"Cookie": f"{morsel.key}={morsel.value}"}
        assert OWNERS in page_as_seen(f"{base}/mood/ring", "catalogue", headers=mine)
