"""The environment, the address of a page and an upload at their worst."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests import own_thread
from tests.budgets.worst import Worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.testing.v1 import AppTest

    from recommender.listenbrainz.client import Listen

PROJECT = Path(__file__).resolve().parents[2]
# Linux takes no longer ones, name and all.
LONGEST_VARIABLE = 131_071
# An address as Streamlit takes it: names longer than any, and more wishes than can be chosen.
LONG_NAME, WISHES, LETTERS = 30_000, 600, 300
# A text that somebody types, or sends; and of what.
LETTERS_TYPED = 1_000_000
WORDS = (
    "x ",
    "no ",
    "by x ",
    "not very calm rock, ",
    "वह ",
    "ラップ",
    "وال",
    "1990 ",
    "\u0301",
    "!",
)
BOUNDARY = b"moodring"
PIECE = 65_536


def nothing(_: Path) -> None:
    """Make nothing: the input is what `read` sends."""


def long_variables(_: Path) -> None:
    """Read environments whose variables are as long as they may be."""
    from recommender.settings import BadSetting, settings_from
    from tests.fuzz.settings import FULL

    for filling in ("x", "[", " ", "%00", "a.", "1", "@", "'self' "):
        for name, value in FULL.items():
            long = value + filling * LONGEST_VARIABLE
            with suppress(BadSetting):
                settings_from({**FULL, name: long[: LONGEST_VARIABLE - len(name)]})


def usual_variables(_: Path) -> None:
    """Read an environment."""
    from recommender.settings import settings_from
    from tests.fuzz.settings import FULL

    settings_from(FULL)


def many_songs(folder: Path) -> None:
    """Write an answer of a music server that is as long as is read."""
    from recommender.subsonic.connection import MAX_BODY_BYTES
    from tests.fakes.subsonic import song

    one = json.dumps(song(1, moods=["Happy"] * 10, genre="rock " * 20))
    songs = ",".join([one] * (MAX_BODY_BYTES // (len(one) + 1) - 1))
    said = f'{{"status":"ok","searchResult3":{{"song":[{songs}]}}}}'
    (folder / "answer.json").write_text(f'{{"subsonic-response":{said}}}', encoding="utf-8")


def read_songs_of_server(folder: Path) -> None:
    """Read an answer of a music server as its client does, and each song."""
    from recommender.subsonic.client import listed_songs
    from recommender.subsonic.errors import answer_of
    from recommender.subsonic.songs import song_of

    answer = answer_of((folder / "answer.json").read_bytes())
    items = listed_songs(answer.get("searchResult3"))
    assert all(song_of(item, "https://music.example.org") for item in items)


def one_song_of_server(_: Path) -> None:
    """Read one song, and with it the tables of words and genres."""
    from recommender.subsonic.songs import song_of
    from tests.fakes.subsonic import song

    song_of(song(1), "https://music.example.org")


class OutOfOrder:
    """A ListenBrainz that reads plays, and takes none."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def submit(self, listens: Sequence[Listen]) -> None:
        """Fail, once the plays are written as they are sent."""
        from recommender.errors import Unavailable

        json.dumps([one.as_json() for one in listens])
        self.asked.set()
        raise Unavailable("listenbrainz-unreachable")


def plays_that_wait(_: Path) -> None:
    """Play twice as many songs as may wait, of names as long as are kept, which nobody takes."""
    from recommender.listenbrainz.outbox import MAX_WAITING

    assert _waiting(2 * MAX_WAITING) == MAX_WAITING


def one_play(_: Path) -> None:
    """Play a song."""
    assert _waiting(1) == 1


def _waiting(count: int) -> int:
    """Return how many plays wait after so many, once the server has refused the first of them."""
    from recommender.listenbrainz.client import Listen
    from recommender.listenbrainz.outbox import Outbox
    from recommender.types import MAX_TEXT_LENGTH

    client, senders = OutOfOrder(), threading.Semaphore(0)
    box = Outbox(client, "Fake Ann", senders)
    for number in range(count):
        if number == count - 1:
            senders.release()
        names = [f"{number}{word}".ljust(MAX_TEXT_LENGTH, "🎵") for word in "abc"]
        box.add(Listen(number, *names, seconds=200.0))
    assert client.asked.wait(60)
    waiting = box.waiting
    box.end()
    return waiting


def page() -> AppTest:
    """Return the Listen page of a visitor who chooses by hand."""
    from streamlit.testing.v1 import AppTest

    made = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    made.session_state["way"] = "by-hand"
    return made


def long_address(_: Path) -> None:
    """Draw the page for an address that is full of wishes, nearly as long as is read."""
    from streamlit.runtime.state.query_params import CLIENT_STATE_QUERY_STRING_MAX_LENGTH

    from recommender.types import MAX_ARTISTS

    drawn = page()
    told = drawn.query_params
    told["language"] = [f"{n}{'x' * LETTERS}" for n in range(WISHES)]
    told["artist"] = [f"{n}{'x' * LONG_NAME}" for n in range(MAX_ARTISTS)]
    for name in ("goal", "count", "clean", "code", "state", "error"):
        told[name] = "x" * LETTERS
    room = CLIENT_STATE_QUERY_STRING_MAX_LENGTH - len(urlencode(told, doseq=True))
    assert 0 < room < CLIENT_STATE_QUERY_STRING_MAX_LENGTH / 10, room
    drawn.run()
    assert not drawn.exception
    assert len(drawn.multiselect(key="artist").value) == MAX_ARTISTS


def usual_address(folder: Path) -> None:
    """Draw the page."""
    os.environ["MOODRING_DATA_DIR"] = str(folder)
    drawn = page().run()
    assert not drawn.exception


def long_words(_: Path) -> None:
    """Understand texts far longer than is read, made of what costs most to look at."""
    from recommender.catalogue.starter import STARTER, read_songs
    from recommender.text import NameIndex
    from recommender.wishes.understanding import MAX_SAID, understand

    artists = {artist for song in read_songs(STARTER.read_bytes()) for artist in song.artists}
    names = NameIndex(artists)
    for piece in WORDS:
        said = understand(piece * (LETTERS_TYPED // len(piece)), "ar", names.named)
        assert len(said.text) <= MAX_SAID


def usual_words(_: Path) -> None:
    """Understand a sentence."""
    from recommender.wishes.understanding import understand

    assert understand("tired, no rap").mood == "tired"


def upload(_: Path) -> None:
    """Send a file as large as is taken to Streamlit's own route, set as the launcher sets it."""
    size = _max_bytes() - 1000
    assert own_thread.run(_put(size)) == (204, size)


def small_upload(_: Path) -> None:
    """Send a small file."""
    from pages.ui.web.launcher import keep_uploads_in_memory

    keep_uploads_in_memory()
    assert own_thread.run(_put(1000)) == (204, 1000)


def _max_bytes() -> int:
    import streamlit as st

    return int(st.get_option("server.maxUploadSize")) * 1024 * 1024


async def _put(size: int) -> tuple[int, int]:
    """Send so many bytes; return the status of the answer, and how many are kept."""
    from starlette.applications import Starlette
    from streamlit import config
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.web.server.starlette.starlette_routes import create_upload_routes

    config.set_option("server.enableXsrfProtection", value=False)
    kept = MemoryUploadedFileManager("/_stcore/upload_file")
    runtime: Any = SimpleNamespace(is_active_session=lambda _: True)
    app = Starlette(routes=create_upload_routes(runtime, kept, None))
    head = b'Content-Disposition: form-data; name="f"; filename="f.mp3"\r\n\r\n'
    start, end = b"--" + BOUNDARY + b"\r\n" + head, b"\r\n--" + BOUNDARY + b"--\r\n"
    # As they come over a line: never all at once.
    lengths = (min(PIECE, size - at) for at in range(0, size, PIECE))
    coming = chain([start], (b"x" * length for length in lengths), [end])

    async def receive() -> dict[str, Any]:
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    told: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    scope = {
        "type": "http", "method": "PUT", "path": "/_stcore/upload_file/s/f", "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)],
        "root_path": "", "scheme": "http", "server": ("127.0.0.1", 80), "http_version": "1.1",
    }  # fmt: skip
    await app(scope, receive, send)
    files = kept.get_files("s", ["f"])
    return told[0], sum(len(file.data) for file in files)


WORST = {
    "settings: each variable as long as Linux takes it": Worst(
        nothing, long_variables, usual_variables, times=8 * 18
    ),
    "page address: 512 KB of wishes": Worst(nothing, long_address, usual_address, mark="slow"),
    "words: a mood and wishes of a million characters": Worst(
        nothing, long_words, usual_words, times=len(WORDS)
    ),
    "music server: 8 MB of songs in one answer": Worst(
        many_songs, read_songs_of_server, one_song_of_server
    ),
    "plays: 1,000 of a visitor whose ListenBrainz takes none": Worst(
        nothing, plays_that_wait, one_play
    ),
    "upload: a file of 25 MB": Worst(nothing, upload, small_upload),
}
