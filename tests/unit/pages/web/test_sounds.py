"""Addresses of sounds are one browser's and end; ranges are as RFC 9110 has them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from pages.ui import resources
from pages.ui.visitor.browser import browser_id, cookie_name, new_cookie
from pages.ui.web import sounds
from pages.ui.web.sound_tokens import LIFETIME_S, MAX_SUBJECT, subject_of, token_of
from pages.ui.web.sounds import PATH, SoundResponse, Unsatisfiable, address_of, asked_range
from recommender.library import playback
from recommender.library.file_tagging import fingerprint
from recommender.library.playback import Playback, type_of
from tests.fakes.taggers import write_wav
from tests.own_thread import run as run_apart
from tests.unit.pages.library.test_library_views import SONG

if TYPE_CHECKING:
    from starlette.types import Message

    from recommender.library.recordings import Recording

SECRET, OTHER_SECRET = b"s" * 32, b"o" * 32
MINE, THEIRS = "a" * 64, "b" * 64
NOW = 1_790_000_000.0
SIZES = some.integers(1, 10**12)
words = some.text(min_size=1).filter(lambda one: len(one.encode()) <= MAX_SUBJECT)


@given(subject=words, later=some.floats(0, LIFETIME_S - 1))
def test_a_token_tells_its_subject_to_its_browser_for_some_hours(
    subject: str, later: float
) -> None:
    token = token_of("sound", subject, MINE, SECRET, NOW)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert subject_of("sound", token, MINE, SECRET, NOW + later) == subject
    for kind, browser, secret, at in (
        ("server-sound", MINE, SECRET, NOW),
        ("sound", THEIRS, SECRET, NOW),
        ("sound", "", SECRET, NOW),
        ("sound", MINE, OTHER_SECRET, NOW),
        ("sound", MINE, SECRET, NOW + 2 * LIFETIME_S),
    ):
        assert subject_of(kind, token, browser, secret, at) is None


def test_a_token_that_was_not_made_here_is_refused() -> None:
    token = token_of("sound", "k" * 64, MINE, SECRET, NOW)
    changed = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        for place in range(len(token))
    ]
    planted = [
        *changed,
        "",
        token[:-1],
        token + "A",
        token + "\n",
        "A" * 54,
        "A" * 57,
        "A" * 741,
        "ä" * 60,
    ]
    # The last letter of Base64 holds bits that do not count.
    heard = [one for one in planted if subject_of("sound", one, MINE, SECRET, NOW) is not None]
    assert heard in ([], [changed[-1]])


def test_a_page_that_is_drawn_again_names_the_same_address() -> None:
    begins = NOW // LIFETIME_S * LIFETIME_S
    made = [token_of("sound", "key", MINE, SECRET, begins + at) for at in (0, LIFETIME_S - 1)]
    assert made[0] == made[1] != token_of("sound", "key", MINE, SECRET, begins + LIFETIME_S)
    assert LIFETIME_S == 8 * 60 * 60


@pytest.mark.parametrize(("subject", "browser"), [("", MINE), ("é" * 257, MINE), ("key", "")])
def test_a_token_for_nothing_or_nobody_is_not_made(subject: str, browser: str) -> None:
    with pytest.raises(ValueError, match="permitted length"):
        token_of("sound", subject, browser, SECRET, NOW)


def test_an_address_is_the_browsers_that_draws_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    monkeypatch.setattr(sounds, "time", SimpleNamespace(time=lambda: NOW))
    cookie = new_cookie(SECRET)
    cookies = {cookie_name(SECRET, https=False): cookie}
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies=cookies, headers={}))
    start, token = address_of(replace(SONG, key="c" * 64)).rsplit("/", 1)
    assert start == "./moodring/sound"
    assert subject_of(PATH, token, browser_id(cookie, SECRET), SECRET, NOW) == "c" * 64
    # Browsers play no such file.
    assert address_of(replace(SONG, path=Path("song.wma"))) == ""
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies={}, headers={}))
    assert address_of(SONG) == ""
    assert type_of(Path("SONG.FLAC")) == "audio/flac"


@given(size=SIZES, data=some.data())
def test_a_range_is_what_its_numbers_say(size: int, data: some.DataObject) -> None:
    first = data.draw(some.integers(0, size - 1))
    last = data.draw(some.integers(first, 2 * size))
    assert asked_range(f"bytes={first}-{last}", size) == (first, min(last + 1, size))
    assert asked_range(f"bytes={first}-", size) == (first, size)
    count = data.draw(some.integers(1, 2 * size))
    assert asked_range(f" BYTES=-{count} ", size) == (max(0, size - count), size)
    beyond = data.draw(some.integers(size, 10**17))
    for asked in (f"bytes={beyond}-", f"bytes={beyond}-{beyond + 1}", "bytes=-0"):
        with pytest.raises(Unsatisfiable):
            asked_range(asked, size)


@given(asked=some.text(some.sampled_from("bytes=0123456789-, \t²"), max_size=24), size=SIZES)
def test_any_header_gives_a_range_within_the_file_or_none(asked: str, size: int) -> None:
    try:
        found = asked_range(asked, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize(
    "asked",
    ["", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "items=0-1", "bytes=0-1;", "bytes=" + "9" * 5000],
)
def test_what_is_no_single_range_asks_for_all(asked: str) -> None:
    assert asked_range(asked, 10) is None


def song(path: Path) -> Recording:
    look = fingerprint(write_wav(path))
    return replace(SONG, path=path, sha256=look.sha256, stamp=look.stamp, size=look.size)


def test_a_restored_file_is_read_whole_once_and_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    digest = playback.hashlib.file_digest
    noted = SimpleNamespace(file_digest=lambda *told: read.append(told) or digest(*told))
    monkeypatch.setattr(playback, "hashlib", noted)
    monkeypatch.setattr(playback, "MAX_DIGESTS", 1)
    opening = Playback()
    heard = [song(tmp_path / name) for name in ("a.wav", "b.wav")]
    for one in (heard[0], *(replace(one, stamp="1") for one in [*heard, heard[1], heard[0]])):
        file = opening.open(one)
        assert file is not None
        assert file.read(4, one.size) == one.path.read_bytes()[4:]
        file.close()
    # The first by its stamp; the third from memory; the last was forgotten.
    assert len(read) == 3
    assert opening.open(replace(heard[0], stamp="1", sha256="0" * 64)) is None
    assert opening.open(replace(heard[0], size=1)) is None
    assert len(read) == 3


def test_a_file_that_changes_or_ends_while_it_plays_is_not_read_on(tmp_path: Path) -> None:
    heard = song(tmp_path / "a.wav")
    file = Playback().open(heard)
    assert file is not None
    assert len(file.read(0, 100)) == 100
    file.size += 1
    with pytest.raises(OSError, match="too early"):
        file.read(0, heard.size + 1)
    with heard.path.open("r+b") as other:
        other.write(b"other")
    with pytest.raises(OSError, match="has changed"):
        file.read(0, 100)
    file.close()


class HeldFile:
    """A file of ten bytes that notes whether it was closed."""

    size = 10
    is_closed = False

    def read(self, first: int, count: int) -> bytes:
        return b"0123456789"[first : first + count]

    def close(self) -> None:
        self.is_closed = True


def answer_of(file: HeldFile, word: str) -> SoundResponse:
    chunks = sounds._chunks_of(file, 0, file.size)  # type: ignore[arg-type]
    return SoundResponse(chunks, file.close, word, 200, {})


def test_sounds_at_once_are_limited_and_each_file_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sounds, "MAX_SOUNDS_OF_BROWSER", 2)
    monkeypatch.setattr(sounds, "MAX_SOUNDS", 3)
    files: list[HeldFile] = []

    async def ask(word: str, taken: asyncio.Event, begun: asyncio.Semaphore) -> int:
        file = HeldFile()
        files.append(file)
        sent: list[Message] = []

        async def note(message: Message) -> None:
            sent.append(message)
            if message.get("more_body"):
                begun.release()
                await taken.wait()

        async def stays() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        scope = {"type": "http", "method": "GET", "headers": []}
        await answer_of(file, word)(scope, stays, note)
        return int(sent[0]["status"])

    async def ask_all() -> tuple[list[int], list[int]]:
        taken = asyncio.Event()
        begun = asyncio.Semaphore(0)
        held = [asyncio.create_task(ask(word, taken, begun)) for word in ("a", "a", "b")]
        for _ in held:
            await begun.acquire()
        refused = [await ask(word, taken, begun) for word in ("a", "b")]
        taken.set()
        return refused, await asyncio.gather(*held)

    assert run_apart(ask_all()) == ([429, 429], [200, 200, 200])
    assert SoundResponse.answered == []
    assert [one.is_closed for one in files] == [True] * 5


def test_a_browser_that_takes_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "STALLED_S", 0.01)
    file = HeldFile()
    sent: list[Message] = []

    async def stall(message: Message) -> None:
        sent.append(message)
        if message.get("more_body"):
            await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "headers": [], "asgi": {"spec_version": "2.3"}}
    answer = answer_of(file, "a")

    async def stays() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    run_apart(answer(scope, stays, stall))
    # The answer stays incomplete, for which the server closes the connection.
    assert [one.get("more_body") for one in sent] == [None, True]
    assert file.is_closed
    assert SoundResponse.answered == []
