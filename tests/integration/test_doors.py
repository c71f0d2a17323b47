"""A started server answers to its own names alone, and tells nobody its figures."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pages.ui.web import doors
from tests.e2e.driver import running_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
MISDIRECTED, FORBIDDEN, SWITCHED, NOT_FOUND, FINE = 421, 403, 101, 404, 200


def status(base: str, path: str, host: str | None = None, **headers: str) -> int:
    """The status of the answer to a request that names this host; None for the server's own."""
    at = urlsplit(base)
    with closing(HTTPConnection(at.hostname or "", at.port, timeout=30)) as line:
        sent = headers | ({} if host is None else {"Host": host})
        line.request("GET", path, headers=sent)
        return line.getresponse().status


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.nip.io", "a@b"])
def test_another_name_is_turned_away_at_the_page_and_at_the_websocket(base: str, host: str) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/moodring/hello", "/media/x.mp3"):
        assert status(base, path, host) == MISDIRECTED
    assert status(base, "/_stcore/stream", host, **HANDSHAKE) == FORBIDDEN
    own = {"Origin": f"http://{host}"}
    assert status(base, "/_stcore/stream", host, **HANDSHAKE, **own) == FORBIDDEN


@pytest.mark.parametrize(
    "host", [None, "127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]", "[::1]:8501"]
)
def test_this_machines_own_names_are_answered(base: str, host: str | None) -> None:
    assert status(base, "/", host) == FINE
    assert status(base, "/_stcore/stream", host, **HANDSHAKE) == SWITCHED


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/_stcore%2Fmetrics"])
def test_nobody_is_told_the_figures_of_the_process(base: str, path: str) -> None:
    assert status(base, path) == NOT_FOUND


@pytest.mark.slow
def test_the_name_that_spotify_sends_visitors_back_to_is_answered(tmp_path: Path) -> None:
    environ = {"MOODRING_REDIRECT_URI": "https://mood.example/"}
    with running_app(tmp_path, **environ) as base:
        assert status(base, "/", "mood.example") == FINE
        assert status(base, "/_stcore/stream", "mood.example", **HANDSHAKE) == SWITCHED
        assert status(base, "/", "evil.example") == MISDIRECTED


@pytest.mark.parametrize(
    ("told", "address", "names"),
    [
        ([], "127.0.0.1", ["127.0.0.1", "::1", "localhost", "mood.example"]),
        ([], "::1", ["127.0.0.1", "::1", "localhost", "mood.example"]),
        (["else.example"], "127.0.0.1", None),
        (["*"], "localhost", None),
        ([], "0.0.0.0", None),
        ([], "192.0.2.1", None),
        ([], None, None),
    ],
)
def test_names_are_set_where_nobody_else_is_served_and_none_are(
    monkeypatch: pytest.MonkeyPatch, told: list[str], address: str | None, names: list[str] | None
) -> None:
    options = {"server.allowedHosts": told, "server.address": address}
    became: list[object] = []
    monkeypatch.setattr(doors.st, "get_option", options.get)
    monkeypatch.setattr(doors.config, "set_option", lambda _, value, __: became.append(value))
    doors.allow_only_our_names("https://mood.example/moodring/")
    assert became == ([] if names is None else [names])
