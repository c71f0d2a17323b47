"""A server started by `streamlit run app.py`: its headers, routes, and how its process is set."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from pages.ui.web import launcher
from pages.ui.web.doors import security_headers
from pages.ui.web.launcher import BYTES_PER_MB
from recommender.settings import DEFAULT_FRAME_ANCESTORS
from tests.e2e.driver import started_server
from tests.fakes.inside import looked_into, told_by
from tests.own_thread import run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

MAX_UPLOAD_MB = 25
END_PATIENCE_S = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with started_server(folder, **looked_into(folder)) as started:
        yield started


def answer(address: str) -> tuple[str, dict[str, str]]:
    with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310 - our own server
        return response.read().decode(), dict(response.headers.items())


@pytest.mark.parametrize("path", ["/", "/library", "/moodring/hello", "/_stcore/health"])
def test_our_headers_stand_on_every_answer(
    server: tuple[str, subprocess.Popen[bytes]], path: str
) -> None:
    _, headers = answer(server[0] + path)
    named = {name.casefold(): value for name, value in headers.items()}
    for name, value in security_headers(DEFAULT_FRAME_ANCESTORS).items():
        assert named[name.casefold()] == value
    assert "frame-ancestors 'self'" in named["content-security-policy"]


def test_our_routes_answer(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    assert answer(f"{server[0]}/moodring/hello")[0] == "hello"


def test_below_a_base_path_they_answer_too_and_others_may_frame_us_where_that_is_set(
    tmp_path: Path,
) -> None:
    environ = {
        "STREAMLIT_SERVER_BASE_URL_PATH": "mood/ring",
        "MOODRING_FRAME_ANCESTORS": "'self' https://example.org",
    }
    with started_server(tmp_path, health="/mood/ring", **environ) as (base, _):
        for prefix in ("", "/mood/ring"):
            said, headers = answer(f"{base}{prefix}/moodring/hello")
            assert said == "hello"
            policy = headers["content-security-policy"]
            assert "frame-ancestors 'self' https://example.org" in policy
            manifest = json.loads(answer(f"{base}{prefix}/moodring/manifest.webmanifest")[0])
            assert manifest["name"] == "Moodring"
        assert "<title>Moodring</title>" in answer(f"{base}/mood/ring/library")[0]
        cookie = answer(f"{base}/mood/ring/_stcore/health")[1]["set-cookie"]
        assert cookie.startswith("_streamlit_xsrf=")
        assert cookie.endswith("; SameSite=None; Secure; Partitioned")


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel")
def test_nothing_of_a_picture_can_come_onto_the_disk(
    server: tuple[str, subprocess.Popen[bytes]], folder: Path
) -> None:
    told = told_by(server[1], folder)
    assert told["core_bytes"] == [0, 0]
    assert told["dumpable"] == 0
    assert told["spool_bytes"] > MAX_UPLOAD_MB * BYTES_PER_MB


def test_no_other_session_can_compute_the_address_of_a_sound(
    server: tuple[str, subprocess.Popen[bytes]], folder: Path
) -> None:
    assert told_by(server[1], folder)["media_named_by"] == launcher.__name__


def test_the_page_obeys_no_other_page(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    said, _ = answer(f"{server[0]}/_stcore/host-config")
    assert json.loads(said)["allowedOrigins"] == []


def test_ctrl_c_ends_the_server_without_a_word(tmp_path: Path) -> None:
    with started_server(tmp_path) as (base, process):
        answer(f"{base}/moodring/hello")
        process.send_signal(signal.SIGINT)
        assert process.wait(END_PATIENCE_S) == 0
        assert "Traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", [False, True])
def test_what_is_cancelled_says_so_but_at_the_end(
    monkeypatch: pytest.MonkeyPatch, *, ending: bool
) -> None:
    told = threading.Event()
    if ending:
        told.set()
    monkeypatch.setattr(launcher, "_ending", told)

    async def cancelled(*_: object) -> None:
        raise asyncio.CancelledError

    passed: Any = None
    expected = nullcontext() if ending else pytest.raises(asyncio.CancelledError)
    with expected:
        run(launcher.QuietEnd(cancelled)({}, passed, passed))


def test_no_task_that_is_interrupted_by_an_end_can_catch_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launcher, "_ending", threading.Event())
    caught: list[BaseException] = []

    async def meet_it() -> None:
        try:
            launcher._end()
        except SystemExit as end:
            caught.append(end)
        await asyncio.Event().wait()

    with pytest.raises(SystemExit):
        run(asyncio.wait_for(meet_it(), 30))
    assert not caught
    # In a thread without a loop; here a browser's driver may have its own.
    with ThreadPoolExecutor() as threads, pytest.raises(SystemExit):
        threads.submit(launcher._end).result()
