"""The real server with real WebRTC visitors, without a browser: the short form of load and soak."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed

from pages.ui.listen.camera import problems
from tests.e2e.driver import PROJECT, started_server
from tests.fakes.inside import looked_into, told_by
from tests.load import clip
from tests.load.soak import EXIT_PATIENCE_S, RATE, come_and_go
from tests.load.usage import usage
from tests.load.visitor import PATIENCE_S, Visitor
from tests.own_thread import run

if TYPE_CHECKING:
    from pathlib import Path

    import av

VISITS = 2
# By the camera's socket, to one visitor.
MAX_BYTES_S = 4000
# A pool may have grown by one or two.
SPARE_THREADS = 3


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> list[av.Packet]:
    return clip.packets(clip.write(tmp_path_factory.mktemp("film") / "clip.ivf", RATE))


async def one_sees_moods_and_the_next_is_told(base: str, film: list[av.Packet]) -> None:
    first, second = Visitor(base, film, RATE), Visitor(base, film, RATE)
    await first.come()
    for label in clip.LABELS:
        await first.page.until(lambda page, label=label: page.label == label, PATIENCE_S)
    got = await first.watch(2)
    assert got["analysed"] > 0
    # Of the socket alone: no picture comes back, and no run of the page is counted.
    assert 0 < got["bytes_s"] <= MAX_BYTES_S
    assert first.page.way == "webrtc"
    await second.come()
    assert second.told == problems()["full"]
    # The sentence comes first, and the ways out right after it.
    ways = {"use-photo", "use-hand"}
    await second.page.until(lambda page: ways <= page.buttons.keys(), PATIENCE_S)
    await second.leave()
    await first.leave(politely=False)


async def stop_while_the_camera_runs(
    base: str, film: list[av.Packet], server: subprocess.Popen[bytes]
) -> None:
    visitor = Visitor(base, film, RATE)
    await visitor.come()
    server.send_signal(signal.SIGINT)
    try:
        assert await asyncio.to_thread(server.wait, PATIENCE_S) == 0
        with pytest.raises(ConnectionClosed):
            await visitor.page.until(lambda _: False, PATIENCE_S)
    finally:
        await visitor.leave(politely=False)


@pytest.mark.slow
def test_visitors_come_go_and_the_server_stops(tmp_path: Path, film: list[av.Packet]) -> None:
    settings = {"MOODRING_SHOW_RATE": "1", "MOODRING_MAX_VISITORS": "1"}
    with started_server(tmp_path, **settings, **looked_into(tmp_path)) as (base, process):
        run(one_sees_moods_and_the_next_is_told(base, film))
        # Those of NumPy and of OpenCV.
        assert told_by(process, tmp_path)["blas_threads"] == [1, 1]
        before = usage(process.pid).threads
        for _ in range(VISITS):
            run(come_and_go(base, film))
        deadline = time.monotonic() + PATIENCE_S
        while usage(process.pid).threads > before + SPARE_THREADS:
            assert time.monotonic() < deadline, "the visitors' threads are still there"
            time.sleep(0.2)
        run(stop_while_the_camera_runs(base, film, process))
        assert "Traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_endurance_test_runs_in_a_short_form() -> None:
    short = "--visits 0 --crowds 1 --visitors 2 --seconds 2 --minutes 0"
    command = [sys.executable, "-m", "tests.load.soak", *short.split()]
    done = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, timeout=240)
    came = json.loads(done.stdout)
    crowd = came["crowds"][0]
    assert (crowd["served"], crowd["alive"]) == (2, 2)
    assert crowd["fewest"] > 0
    assert came["stayed"]["exit_s"] < EXIT_PATIENCE_S
