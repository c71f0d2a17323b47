"""The Library page and own tiles over a real database, without a browser."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from detectors.errors import WeightsMismatch
from pages.ui import library_access, library_drop, library_files, owner, wiring
from pages.ui.songs import OWN_SONGS
from recommender.catalogue import open_engine
from recommender.database import writing
from recommender.errors import Unavailable
from recommender.history import History
from recommender.library import dropped
from recommender.library.background import FolderTagging
from recommender.library.folders import watch
from recommender.library.recordings import Recordings
from recommender.library.scope import Scope
from recommender.listeners import Listeners, id_of
from recommender.settings import Settings
from recommender.types import SourceName
from tests.fakes.library import keep_song
from tests.fakes.sounds import encode, pattern, write
from tests.fakes.sources import BadSource, ListSource, failing, fake_tracks
from tests.fakes.taggers import LoudnessTagger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "t" * 22
ME, OTHER = id_of(TOKEN), id_of("other")
MINE = Scope(ME)
NOW = datetime.now(UTC)


class Visit:
    """Who comes, and to what."""

    def __init__(self, engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine = engine
        self.settings = Settings(data_dir=folder)
        self.tagging = FolderTagging(lambda *_: None)
        self._patch = monkeypatch
        for name, made in (
            ("settings", lambda: self.settings),
            ("database", lambda: self.engine),
            ("recordings", lambda: Recordings(self.engine)),
            ("listeners", lambda: Listeners(self.engine)),
            ("history", lambda: History(self.engine)),
            ("folder_tagging", lambda: self.tagging),
            ("sources", lambda: (ListSource(fake_tracks(30)),)),
        ):
            monkeypatch.setattr(wiring, name, made)
        self.sits_here(here=False)

    def sits_here(self, *, here: bool) -> None:
        for module in (library_access, owner):
            self._patch.setattr(module, "is_owner", lambda: here)

    def shares(self) -> None:
        self.settings = Settings(data_dir=self.settings.data_dir, share_library=True)


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    engine = open_engine(tmp_path)
    yield Visit(engine, tmp_path, monkeypatch)
    engine.dispose()


def open_page(**state: object) -> AppTest:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    for name, value in state.items():
        page.session_state[name.replace("_", "-")] = value
    return run(page.switch_page("pages/library.py"))


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    kinds = ("caption", "markdown", "success", "error", "warning", "html", "text")
    return "\n".join(one.proto.body for kind in kinds for one in page.main.get(kind))


def listed(page: AppTest) -> list[str]:
    return [] if not page.dataframe else list(page.dataframe[0].value["Song"])


def test_whoever_has_nothing_is_told_what_to_do(visit: Visit) -> None:
    page = open_page()
    assert "Bring your own songs" in words(page)
    assert "for this browser alone" in words(page)
    assert "name a folder" not in words(page)
    assert not page.dataframe
    visit.sits_here(here=True)
    assert "name a folder of this machine below" in words(open_page())


@pytest.mark.parametrize(
    ("here", "shared", "songs"),
    [
        (False, False, ["Mine"]),
        (True, False, ["Folder", "Mine"]),
        (False, True, ["Folder", "Mine"]),
    ],
)
def test_folders_are_for_the_owner_or_for_all(
    visit: Visit, songs: list[str], *, here: bool, shared: bool
) -> None:
    keep_song(visit.engine, "Mine", listener=ME)
    keep_song(visit.engine, "Yours", listener=OTHER)
    keep_song(visit.engine, "Folder")
    keep_song(visit.engine, "Scrap", problem="It cannot be read.")
    watch(visit.engine, Path("/nowhere/music"))
    visit.sits_here(here=here)
    if shared:
        visit.shares()
    page = open_page()
    assert sorted(listed(page)) == songs
    said = words(page)
    assert "Yours" not in said
    assert ("/nowhere/music" in said) == (here or shared)
    assert ("Scrap" in said) == (here or shared)


def test_a_song_says_what_it_sounds_like(visit: Visit) -> None:
    key = keep_song(visit.engine, "<i>Mine</i>", "A & B", listener=ME, year=1999)
    page = open_page(library_open=key)
    said = words(page)
    assert "&lt;i&gt;Mine&lt;/i&gt;" in said
    assert "A &amp; B" in said
    assert "Fake Album · 1999 · 3:01" in said
    assert "Mood: happy" in said
    assert "as you say" not in said
    assert "Listeners would feel above all **amazement, calmness and solemnity**." in said
    assert "Dropped by you" in said
    assert "Corrected by hand" not in said


def test_a_correction_is_marked_and_taken_back(visit: Visit) -> None:
    key = keep_song(visit.engine, "Mine", listener=ME)
    Recordings(visit.engine).correct(key, MINE, -0.63, 0.365)
    page = open_page(library_open=key)
    said = words(page)
    assert "Corrected by hand" in said
    assert "Mood: sad, as you say" in said
    assert "The model heard +0.90 and 0.70." in said
    page.button(key=f"uncorrect-{key}").click()
    run(page)
    assert "Corrected by hand" not in words(page)
    found = Recordings(visit.engine).get(key, MINE)
    assert found is not None
    assert not found.corrected


def test_nobody_opens_or_plays_what_is_not_theirs(visit: Visit, tmp_path: Path) -> None:
    file = write(tmp_path / "a.mp3", pattern(2.0))
    foreign = keep_song(visit.engine, "Foreign", path=file, listener=OTHER)
    folder = keep_song(visit.engine, "Folder", path=write(tmp_path / "b.mp3", pattern(3.0)))
    mine = keep_song(visit.engine, "Mine", listener=ME)
    for key in (foreign, folder):
        state = {"library_open": key, "library_queue": (key,), "library_place": 0}
        page = open_page(**state)
        assert not page.get("audio")
        assert library_files.GONE in words(page)
        assert "Foreign" not in words(page)
        assert "Folder" not in words(page)
    assert listed(page) == ["Mine"]
    assert mine


def test_the_queue_goes_on_and_back(visit: Visit, tmp_path: Path) -> None:
    keys = [
        keep_song(
            visit.engine,
            f"Song {n}",
            path=write(tmp_path / f"{n}.mp3", pattern(1.5 + n)),
            listener=ME,
        )
        for n in range(2)
    ]
    page = open_page()
    assert not page.get("audio")
    page.button(key="library-play").click()
    run(page)
    assert len(page.get("audio")) == 1
    assert "1 of 2" in words(page)
    assert page.button(key="player-previous").disabled
    page.button(key="player-next").click()
    run(page)
    assert "2 of 2" in words(page)
    assert page.button(key="player-next").disabled
    (tmp_path / "1.mp3").unlink()
    run(page)
    assert library_files.GONE in words(page)
    assert len(keys) == 2
    page.button(key="player-close").click()
    run(page)
    assert "2 of 2" not in words(page)


def test_a_kind_that_browsers_do_not_play_can_be_taken_along(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "a.wma").write_bytes(b"x" * 100)
    key = keep_song(visit.engine, "Old", path=tmp_path / "a.wma", listener=ME)
    page = open_page(library_open=key, library_queue=(key,), library_place=0)
    assert library_files.NOT_HERE in words(page)
    assert "Download" in [one.proto.label for one in page.get("download_button")]


def test_a_search_without_a_match_says_so(visit: Visit) -> None:
    keep_song(visit.engine, "Mine", listener=ME)
    page = open_page()
    page.text_input(key="library-search").set_value("nothing of the kind")
    run(page)
    assert "No song of yours fits these words." in words(page)


def test_a_broken_database_is_one_sentence(visit: Visit) -> None:
    with writing(visit.engine) as connection:
        connection.exec_driver_sql("DROP TABLE recordings")
    page = open_page()
    (error,) = page.error
    assert "cannot be used" in error.value


def test_without_a_database_there_is_no_library(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visit
    monkeypatch.setattr(wiring, "recordings", lambda: None)
    assert "there is no library" in open_page().error[0].value
    assert library_access.source() is None


def test_an_own_song_is_removed_with_its_file(visit: Visit) -> None:
    folder = dropped.dropped_folder(visit.settings.data_dir, ME)
    folder.mkdir(parents=True)
    file = write(folder / "a.mp3", pattern(2.0))
    key = keep_song(visit.engine, "Mine", path=file, listener=ME)
    page = open_page(library_open=key)
    page.button(key=f"remove-{key}").click()
    run(page)
    assert not file.exists()
    assert "Bring your own songs" in words(page)


def test_a_song_of_a_folder_has_no_button_that_removes_it(visit: Visit) -> None:
    key = keep_song(visit.engine, "Folder")
    visit.sits_here(here=True)
    page = open_page(library_open=key)
    assert f"play-{key}" in {str(button.key) for button in page.button}
    assert f"remove-{key}" not in {str(button.key) for button in page.button}


def test_a_folder_that_is_not_there_is_refused(visit: Visit, tmp_path: Path) -> None:
    visit.sits_here(here=True)
    page = open_page()
    for path in (tmp_path / "nowhere", "~nobody-of-this-name/Music"):
        page.text_input(key="add-music-path").set_value(str(path))
        next(one for one in page.button if one.label == "Add").click()
        run(page)
        assert len(page.error) == 1
    assert not visit.tagging.now().running


def test_a_folder_is_added_and_removed(visit: Visit, tmp_path: Path) -> None:
    visit.sits_here(here=True)
    page = open_page()
    page.text_input(key="add-music-path").set_value(str(tmp_path))
    next(one for one in page.button if one.label == "Add").click()
    run(page)
    assert f"{tmp_path}  ·  0 songs" in words(page)
    assert visit.tagging.now().running
    key = keep_song(visit.engine, "Inside", path=write(tmp_path / "in.mp3", pattern(2.0)))
    run(page)
    assert f"{tmp_path}  ·  1 song" in words(page)
    next(one for one in page.button if str(one.key).startswith("forget-")).click()
    run(page)
    assert Recordings(visit.engine).get(key, Scope(owner=True)) is None
    assert (tmp_path / "in.mp3").exists()


def test_songs_are_heard_one_at_a_time_and_who_waits_is_told() -> None:
    def script() -> None:
        import streamlit as st

        from pages.ui import library_drop

        line = st.empty()
        with library_drop._turn(line):
            st.write("heard")

    other_is_done = threading.Timer(2.5 * library_drop.LOOK_S, library_drop._hearing.release)
    library_drop._hearing.acquire()
    other_is_done.start()
    page = AppTest.from_function(script, default_timeout=30)
    page.run()
    assert [one.value for one in page.markdown] == ["heard"]
    assert not library_drop._hearing.locked()
    other_is_done.join()


class Dropped:
    """A file as the browser sends it."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.getvalue = lambda: content


def take(files: list[Dropped]) -> AppTest:
    def script(files: list[object]) -> None:
        import streamlit as st

        from pages.ui import library_drop

        st.session_state["library-said"] = library_drop._take(files)
        library_drop._show_said()

    page = AppTest.from_function(script, default_timeout=60, kwargs={"files": files})
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    return run(page)


def test_good_files_stay_and_each_bad_one_gets_a_sentence(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "tagger", LoudnessTagger)
    good = Dropped("Good.wav", encode(pattern(2.0), ".wav"))
    bad = [Dropped(f"bad\u202e{n}.mp3", b"no music") for n in range(library_drop.SHOWN_PROBLEMS)]
    page = take([good, *bad, Dropped("page.html", b"<script>")])
    assert [one.value for one in page.toast] == ["1 song heard."]
    sentences = [one.value for one in page.warning]
    assert len(sentences) == library_drop.SHOWN_PROBLEMS + 1
    assert sentences[0].startswith("bad 0.mp3: ")
    assert sentences[-1] == "And 1 more file could not be used."
    (kept,) = Recordings(visit.engine).of(MINE)
    assert kept.title == "Good"
    assert kept.path.parent == dropped.dropped_folder(visit.settings.data_dir, ME)
    assert [one.name for one in kept.path.parent.iterdir()] == [kept.path.name]
    # Now there is something to remember the browser for.
    assert page.session_state["listener-kept"]


@pytest.mark.parametrize("trouble", ["full", "no database", "no model"])
def test_what_stands_in_the_way_is_said_and_nothing_is_kept(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    expected = {
        "full": library_drop.FULL,
        "no database": "The database on this machine cannot be used.",
        "no model": "The model is another one.",
    }[trouble]

    def no_model() -> None:
        raise WeightsMismatch(expected)

    monkeypatch.setattr(wiring, "tagger", no_model)
    if trouble == "full":
        monkeypatch.setattr(library_drop, "MIN_FREE_BYTES", 10**18)
    if trouble == "no database":
        monkeypatch.setattr(wiring, "database", lambda: None)
    page = take([Dropped("a.mp3", encode(pattern(2.0), ".mp3"))])
    assert [one.value for one in page.warning] == [f"a.mp3: {expected}"]
    assert not page.toast
    assert Recordings(visit.engine).of(MINE) == []
    assert not library_drop._hearing.locked()


def playing(page: AppTest) -> tuple[list[SourceName], list[SourceName]]:
    now = page.session_state["playing"]
    return (
        [tile.track.source for tile in now.tiles],
        [tile.track.source for tile in now.own],
    )


def play() -> AppTest:
    def script() -> None:
        import streamlit as st

        from pages.ui import songs, tiles
        from recommender.types import Mood, Preferences

        if "playing" not in st.session_state:
            songs.play(Mood(0.9, 0.7), Preferences(count=6))
        tiles.show_tiles()

    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    return run(page)


def test_own_songs_stand_among_the_tiles_and_play_there(visit: Visit, tmp_path: Path) -> None:
    file = write(tmp_path / "a.mp3", pattern(2.0))
    key = keep_song(visit.engine, "Mine", path=file, listener=ME)
    keep_song(visit.engine, "Yours", listener=OTHER)
    Listeners(visit.engine).keep_history(ME, NOW, keep=True)
    page = play()
    tiles, own = playing(page)
    assert tiles.count(SourceName.LIBRARY) == 1
    assert own == []
    said = words(page)
    assert said.count("mr-yours") == 1
    assert "happy · yours" in said
    page.button(key=f"own-{key}").click()
    run(page)
    assert len(page.get("audio")) == 1
    (opened,) = History(visit.engine).most_opened(ME, 5)
    assert (opened.title, opened.times) == ("Mine", 1)
    page.button(key=f"own-{key}").click()
    run(page)
    assert not page.get("audio")
    page.button(key=f"like-{key}").click()
    run(page)
    assert Listeners(visit.engine).known(ME, NOW).liked == {key}


def test_below_spotifys_songs_own_ones_stand_by_themselves(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [keep_song(visit.engine, f"Mine {n}", f"Me {n}", listener=ME) for n in range(9)]
    spotify = ListSource(fake_tracks(30, name=SourceName.SPOTIFY), SourceName.SPOTIFY)
    monkeypatch.setattr(wiring, "sources", lambda: (spotify, ListSource(fake_tracks(30))))
    page = play()
    tiles, own = playing(page)
    assert set(tiles) == {SourceName.SPOTIFY}
    assert own == [SourceName.LIBRARY] * OWN_SONGS
    assert "#### From your library" in words(page)
    first = page.session_state["playing"].own[0].track.source_id
    assert first in keys


def test_a_broken_library_leaves_the_tiles(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BadSource(failing(Unavailable("Your library is gone.")), SourceName.LIBRARY)
    monkeypatch.setattr(library_access, "source", lambda: broken)
    assert visit
    page = play()
    assert playing(page)[0] == [SourceName.CATALOGUE] * 6
    assert "Your library is gone, so there may be fewer" in page.info[0].value


def test_the_same_search_without_a_library_is_the_same(visit: Visit) -> None:
    assert visit
    assert playing(play()) == ([SourceName.CATALOGUE] * 6, [])
