"""The demonstration: the app runs against the fakes and says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.driver import START_DEADLINE_S, free_port
from tests.fakes.demo import SONGS, dress
from tests.fakes.spotify import answer_for

PROJECT = Path(__file__).resolve().parents[2]
END_PATIENCE_S = 60
LABEL = "Demo: Spotify and YouTube are simulated"
DRAW = """
from streamlit.testing.v1 import AppTest
for page in ("app.py", "pages/about.py"):
    app = AppTest.from_file(page, default_timeout=60).run()
    print([element.proto.body for element in app.get("html")])
"""


def test_the_demo_starts_and_ends_at_an_interrupt(tmp_path: Path) -> None:
    port = free_port()
    demo = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.demo", "--port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "MOODRING_DATA_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                assert demo.poll() is None
                time.sleep(0.1)
    finally:
        # As a terminal sends it: to both.
        os.killpg(demo.pid, signal.SIGINT)
        try:
            demo.wait(END_PATIENCE_S)
        finally:
            demo.kill()


@pytest.mark.slow
@pytest.mark.parametrize(("value", "times"), [("1", 2), ("0", 0)])
def test_every_page_says_that_it_is_a_demo_and_no_other_page_does(
    tmp_path: Path, value: str, times: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAW],
        cwd=PROJECT,
        env={**os.environ, "MOODRING_DATA_DIR": str(tmp_path), "MOODRING_DEMO": value},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.count(LABEL) == times


@pytest.mark.parametrize(
    ("words", "years"),
    [("happy", (0, 9999)), ('artist:"ABBA"', (0, 9999)), ("sad year:1960-1969", (1960, 1969))],
)
def test_the_demos_songs_have_names_of_the_catalogue(words: str, years: tuple[int, int]) -> None:
    known = {(song.title, song.artists) for song in SONGS if years[0] <= song.year <= years[1]}
    for item in answer_for("http://localhost", words, 10, 0)["tracks"]["items"]:
        if item is not None:
            dress(item, words)
            assert (item["name"], tuple(one["name"] for one in item["artists"])) in known
            assert item["album"]["images"] == []
    for item in answer_for("http://localhost", words, 10, 0, "playlist")["playlists"]["items"]:
        if item is not None:
            dress(item, words)
            assert "Fake" not in item["name"] + item["owner"]["display_name"]
