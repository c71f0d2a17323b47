"""Files that are dropped into the page, over a real database and without a browser."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.library import uploads
from pages.ui.visitor import listener
from recommender.library import uploads as library_uploads
from recommender.library.pool import IdleWorker
from recommender.library.recordings import Recordings
from tests.fakes.sounds import encode, pattern
from tests.fakes.taggers import BrokenTagger, FragileTagger, Here, LoudnessTagger, write_wav
from tests.fakes.visits import ME, MINE, TOKEN, Visit, run
from tests.said import said

if TYPE_CHECKING:
    from pathlib import Path


def test_songs_are_heard_one_at_a_time_and_who_waits_is_told() -> None:
    def script() -> None:
        import streamlit as st

        from pages.ui.library import uploads

        line = st.empty()
        with uploads._hold_tagger(line):
            st.write("heard")

    other_is_done = threading.Timer(2.5 * uploads.LOOK_S, uploads._tagger_lock.release)
    uploads._tagger_lock.acquire()
    other_is_done.start()
    page = AppTest.from_function(script, default_timeout=30)
    page.run()
    assert [one.value for one in page.markdown] == ["heard"]
    assert not uploads._tagger_lock.locked()
    other_is_done.join()


def test_nobody_waits_for_long_for_the_song_of_somebody_else(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uploads.LOOK_S < uploads.WAIT_S <= 30
    monkeypatch.setattr(uploads, "LOOK_S", 0.01)
    monkeypatch.setattr(uploads, "WAIT_S", 0.05)
    songs = [Dropped(f"{name}.wav", encode(pattern(2.0), ".wav")) for name in "abc"]
    with uploads._tagger_lock:
        page = take(songs)
    assert [one.value for one in page.warning] == [
        f"a.wav: {said('upload-tagger-busy')}",
        "2 more files were not read.",
    ]
    assert Recordings(visit.engine).of(MINE) == []


def test_a_song_that_is_all_tags_stops_the_songs_of_nobody(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = IdleWorker(LoudnessTagger, patience_s=uploads.WAIT_S)
    monkeypatch.setattr(resources, "upload_tagger", lambda: worker)
    frames = b"TPE1" + (1_000_000).to_bytes(4, "big") + b"\0\0" + bytes(1_000_000)
    long = b"ID3\3\0\0" + bytes((0, 61, 9, 74)) + frames
    began = time.monotonic()
    page = take([Dropped("long.mp3", long), Dropped("Good.wav", encode(pattern(2.0), ".wav"))])
    assert time.monotonic() - began < uploads.WAIT_S
    assert [one.value for one in page.warning] == ["long.mp3: It is no audio that can be read."]
    assert [one.title for one in Recordings(visit.engine).of(MINE)] == ["Good"]
    worker.rest()


class Dropped:
    """A file as the browser sends it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.getvalue = lambda: content


def take(files: list[Dropped]) -> AppTest:
    def script(files: list[object]) -> None:
        import streamlit as st

        from pages.ui.library import uploads

        st.session_state["library-said"] = uploads._take(files)
        uploads.show_problems()

    page = AppTest.from_function(script, default_timeout=60, kwargs={"files": files})
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    return run(page)


def test_good_files_stay_and_each_bad_one_gets_a_sentence(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "upload_tagger", lambda: Here(LoudnessTagger()))
    good = Dropped("Good.wav", encode(pattern(2.0), ".wav"))
    bad = [Dropped(f"bad\u202e{n}.mp3", b"no music") for n in range(uploads.SHOWN_PROBLEMS)]
    page = take([good, *bad, Dropped("page.html", b"<script>")])
    assert [one.value for one in page.toast] == ["1 song added."]
    sentences = [one.value for one in page.warning]
    assert len(sentences) == uploads.SHOWN_PROBLEMS + 1
    assert sentences[0].startswith("bad 0.mp3: ")
    assert sentences[-1] == "And 1 more file could not be used."
    (kept,) = Recordings(visit.engine).of(MINE)
    assert kept.title == "Good"
    assert kept.path.parent == library_uploads.upload_folder(visit.settings.data_dir, ME)
    assert [one.name for one in kept.path.parent.iterdir()] == [kept.path.name]
    # Now there is something to remember the browser for.
    assert page.session_state["listener-kept"]


@pytest.mark.parametrize("trouble", ["full", "no database", "no model"])
def test_what_stands_in_the_way_is_said_and_nothing_is_kept(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    expected = {
        "full": said("upload-disk-full"),
        "no database": "The database on this machine cannot be used.",
        "no model": (
            "The music models cannot be loaded: "
            "The file music.tflite is not the one that the manifest names."
        ),
    }[trouble]
    worker = IdleWorker(BrokenTagger)
    monkeypatch.setattr(resources, "upload_tagger", lambda: worker)
    if trouble == "full":
        monkeypatch.setattr(uploads, "MIN_FREE_BYTES", 10**18)
    if trouble == "no database":
        monkeypatch.setattr(resources, "database", lambda: None)
    songs = [Dropped(f"{name}.mp3", encode(pattern(2.0), ".mp3")) for name in "abc"]
    page = take(songs)
    told = [one.value for one in page.warning]
    if trouble == "no model":
        # It is not tried for each song anew.
        assert told == [f"a.mp3: {expected}", "2 more files were not read."]
    else:
        assert told == [f"{name}.mp3: {expected}" for name in "abc"]
    assert not page.toast
    assert not worker.is_ready
    assert not list(visit.settings.data_dir.rglob("*.mp3"))
    assert Recordings(visit.engine).of(MINE) == []
    assert not uploads._tagger_lock.locked()


def test_a_file_that_kills_whoever_hears_it_stops_no_other(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker = IdleWorker(FragileTagger)
    monkeypatch.setattr(resources, "upload_tagger", lambda: worker)
    files = [
        Dropped(f"{name}.wav", write_wav(tmp_path / "x.wav", loudness).read_bytes())
        for name, loudness in (("one", 0.3), ("bomb", 0.95), ("two", 0.4))
    ]
    page = take(files)
    assert [one.value for one in page.warning] == [
        "bomb.wav: Hearing it ended the process (signal 9)."
    ]
    kept = Recordings(visit.engine).of(MINE)
    assert {one.title for one in kept} == {"one", "two"}
    folder = library_uploads.upload_folder(visit.settings.data_dir, ME)
    assert {one.name for one in folder.iterdir()} == {one.path.name for one in kept}
    worker.rest()


def test_who_waits_for_the_models_is_told(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker = IdleWorker(LoudnessTagger)
    monkeypatch.setattr(resources, "upload_tagger", lambda: worker)
    monkeypatch.setattr(listener, "current", lambda: ME)
    monkeypatch.setattr(listener.CurrentListener, "note_upload", lambda _: True)
    told: list[tuple[str, bool]] = []
    for number in range(2):
        content = write_wav(tmp_path / "x.wav", 0.1 * number + 0.1).read_bytes()
        file = Dropped("x.wav", content)
        uploads._save(file, "Listening …", lambda text: told.append((text, worker.is_ready)))
    loading = "Getting ready to listen: the music models are being loaded …"
    assert told == [(loading, False), ("Listening …", True), ("Listening …", True)]
    assert len(Recordings(visit.engine).of(MINE)) == 2
    worker.rest()
