"""A started server as its operator sees it: figures, the log, and its end."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from websockets.sync.client import connect

from pages.ui.web.drain import DRAIN_S
from tests.e2e.driver import free_port, started_server
from tests.fakes.handshakes import MAX_MESSAGE

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PATIENCE_S = 60
# Beyond the limit, for a machine that others use, too.
LATE_S = 15


def status(address: str) -> int:
    with suppress(HTTPError), urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        return int(answer.status)
    return 503


def wait_until(address: str, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while status(address) != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ended(server: subprocess.Popen[bytes], within_s: float) -> int:
    begun = time.monotonic()
    code = server.wait(PATIENCE_S)
    assert time.monotonic() - begun < within_s + LATE_S
    return code


def test_figures_stand_on_a_port_of_their_own_and_the_end_is_graceful(tmp_path: Path) -> None:
    port = free_port()
    environ = {"MOODRING_METRICS_PORT": str(port), "MOODRING_LOG": "json"}
    with started_server(tmp_path, **environ) as (base, server):
        figures = f"http://127.0.0.1:{port}/metrics"
        stream = f"{base.replace('http', 'ws', 1)}/_stcore/stream"
        assert "moodring_visitors 0.0\n" in said(figures)
        with connect(stream, max_size=MAX_MESSAGE, proxy=None):
            wait_for(figures, "moodring_visitors 1.0\n")
            assert "moodring_seats_taken 0.0\n" in said(figures)
            assert "moodring_seats_offered 4.0\n" in said(figures)
            server.send_signal(signal.SIGTERM)
            wait_until(f"{base}/_stcore/health", 503)
            assert "moodring_visitors 1.0\n" in said(figures)
            page = urllib.request.Request(base, headers={"Accept": "text/html"})  # noqa: S310
            with suppress(HTTPError):
                urllib.request.urlopen(page, timeout=30)  # noqa: S310 - our own server
                raise AssertionError("somebody came in")
        assert ended(server, DRAIN_S) == 0
        for line in (tmp_path / "server.log").read_text().splitlines():
            if line.startswith("{"):
                assert {"time", "level", "logger"} <= json.loads(line).keys()


def test_with_nobody_in_it_ends_at_once(tmp_path: Path) -> None:
    with started_server(tmp_path) as (_, server):
        server.send_signal(signal.SIGTERM)
        assert ended(server, 5.0) == 0


def said(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
        return str(answer.read().decode())


def wait_for(address: str, text: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while text not in said(address):
        assert time.monotonic() < deadline, said(address)
        time.sleep(0.05)
