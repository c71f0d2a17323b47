"""The Library page and own tiles over a real database, without a browser."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pages.ui import resources
from pages.ui.library import access, uploads
from recommender.db.engine import write_transaction
from recommender.library import uploads as library_uploads
from recommender.library.folder_tagging import ScanStatus
from recommender.library.mood_tag_files import Fields, read_mood_fields, write_mood_fields
from recommender.library.recordings import Recordings, Scope
from recommender.library.scan import watch
from recommender.library.tags import UNKNOWN_ARTIST
from tests.fakes.commands import ROOT
from tests.fakes.library import keep_song
from tests.fakes.sounds import pattern, write
from tests.fakes.visits import ME, MINE, OTHER, Visit, open_page, run, words
from tests.said import said

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest


LIST = "moodring_library_list"


def listed(page: AppTest) -> list[str]:
    return [row["title"] for row in rows(page)]


def rows(page: AppTest) -> list[dict[str, str]]:
    """The rows of the list, as its component gets them."""
    drawn = [one.proto for one in page.get("bidi_component")]
    lists = [json.loads(one.json) for one in drawn if one.component_name == LIST]
    return list(lists[0]["rows"]) if lists else []


@pytest.mark.usefixtures("visit")
def test_the_page_promises_what_the_server_and_the_decoder_take() -> None:
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert server["maxUploadSize"] == uploads.MAX_MB == 25
    assert open_page().file_uploader[0].help == "Up to 100 files of 25 MB and 15 minutes each."


def test_whoever_has_nothing_is_told_what_to_do(visit: Visit) -> None:
    page = open_page()
    assert "Add your music" in words(page)
    assert "for this browser alone" in words(page)
    assert "name a folder" not in words(page)
    assert not rows(page)
    visit.sits_here(here=True)
    assert "name a folder of this computer below" in words(open_page())


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
    assert "Sounds bright" in said
    assert "as you say" not in said
    assert "Most listeners would hear **amazement**, **calmness** and **solemnity**." in said
    assert "Added by you" in said
    assert "Corrected by hand" not in said


def test_a_correction_is_marked_and_taken_back(visit: Visit) -> None:
    key = keep_song(visit.engine, "Mine", listener=ME)
    Recordings(visit.engine).correct(key, MINE, -0.63, 0.365)
    page = open_page(library_open=key)
    said = words(page)
    assert "Corrected by hand" in said
    assert "Sounds gloomy, as you say" in said
    assert "The model heard +0.90 and 0.70." in said
    page.button(key=f"uncorrect-{key}").click()
    run(page)
    assert "Corrected by hand" not in words(page)
    found = Recordings(visit.engine).get(key, MINE)
    assert found is not None
    assert not found.corrected


@pytest.fixture
def cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that keeps cookies: addresses of sounds are its own."""
    monkeypatch.setattr("pages.ui.web.sounds.browser.key", lambda: "a" * 64)


def played(page: AppTest) -> tuple[list[str], dict[str, str]]:
    """The ids of the songs that the page gives the player, and what its buttons play."""
    drawn = [one.proto for one in page.get("bidi_component")]
    given = [json.loads(one.json) for one in drawn if one.component_name == "moodring_dock"]
    songs = next((one for one in given if "items" in one), {"items": [], "presses": {}})
    assert all(re.match(r"\./moodring/sound/", item["src"]) for item in songs["items"])
    return [item["id"] for item in songs["items"]], songs["presses"]


@pytest.mark.usefixtures("cookies")
def test_nobody_opens_or_plays_what_is_not_theirs(visit: Visit, tmp_path: Path) -> None:
    file = write(tmp_path / "a.mp3", pattern(2.0))
    foreign = keep_song(visit.engine, "Foreign", path=file, listener=OTHER)
    folder = keep_song(visit.engine, "Folder", path=write(tmp_path / "b.mp3", pattern(3.0)))
    mine = keep_song(visit.engine, "Mine", listener=ME)
    for key in (foreign, folder):
        page = open_page(library_open=key)
        assert played(page)[0] == [mine]
        assert "Foreign" not in words(page)
        assert "Folder" not in words(page)
    assert listed(page) == ["Mine"]


@pytest.mark.usefixtures("cookies")
def test_the_player_gets_the_list_and_what_each_button_plays(visit: Visit, tmp_path: Path) -> None:
    keys = [keep_song(visit.engine, f"Song {n}", listener=ME) for n in range(3)]
    page = open_page(library_open=keys[1])
    buttons = {f"play-{key}": key for key in keys}
    assert played(page) == (keys, {**buttons, "library-play": keys[0]})
    page = open_page(library_open=keys[1], library_list_0={"ticked": [keys[2]]})
    # The open song can be played, whatever is ticked.
    assert played(page)[0] == [keys[2], keys[1]]
    (tmp_path / "gone.mp3").write_bytes(b"x")
    key = keep_song(visit.engine, "Gone", path=tmp_path / "gone.mp3", listener=ME)
    (tmp_path / "gone.mp3").unlink()
    assert access.gone() in words(open_page(library_open=key))


def test_a_kind_that_browsers_do_not_play_can_be_taken_along(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "a.wma").write_bytes(b"x" * 100)
    key = keep_song(visit.engine, "Old", path=tmp_path / "a.wma", listener=ME)
    page = open_page(library_open=key)
    assert "Browsers cannot play this kind of file." in words(page)
    assert played(page) == ([], {})
    assert f"play-{key}" not in {str(button.key) for button in page.button}
    assert "Download" in [one.proto.label for one in page.get("download_button")]


def test_an_artist_that_no_file_names_is_not_named(visit: Visit) -> None:
    key = keep_song(visit.engine, "Mine", UNKNOWN_ARTIST, listener=ME)
    page = open_page(library_open=key)
    assert [row["artist"] for row in rows(page)] == [""]
    assert UNKNOWN_ARTIST not in words(page)


@pytest.mark.usefixtures("cookies")
def test_the_boxes_of_the_list_choose_what_is_played(visit: Visit) -> None:
    keys = [keep_song(visit.engine, f"Song {n}", listener=ME) for n in range(3)]
    page = open_page()
    assert "## 3 songs" in words(page)
    page = open_page(library_list_0={"ticked": [keys[2], keys[0], "gone", 7]})
    assert "## 2 songs chosen" in words(page)
    assert len(rows(page)) == 3
    assert played(page)[0] == [keys[0], keys[2]]
    page.button(key="library-all").click()
    run(page)
    assert "## 3 songs" in words(page)


def test_a_search_without_a_match_says_so(visit: Visit) -> None:
    keep_song(visit.engine, "Mine", listener=ME)
    page = open_page()
    page.text_input(key="library-search").set_value("nothing of the kind")
    run(page)
    assert "No song of yours fits these words." in words(page)


def test_a_broken_database_is_one_sentence(visit: Visit) -> None:
    with write_transaction(visit.engine) as connection:
        connection.exec_driver_sql("DROP TABLE recordings")
    page = open_page()
    (error,) = page.error
    assert "cannot be used" in error.value


def test_without_a_database_there_is_no_library(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visit
    monkeypatch.setattr(resources, "recordings", lambda: None)
    assert "there is no library" in open_page().error[0].value
    assert access.library() is None


def test_an_own_song_is_removed_with_its_file(visit: Visit) -> None:
    folder = library_uploads.upload_folder(visit.settings.data_dir, ME)
    folder.mkdir(parents=True)
    file = write(folder / "a.mp3", pattern(2.0))
    key = keep_song(visit.engine, "Mine", path=file, listener=ME)
    page = open_page(library_open=key)
    page.button(key=f"remove-{key}").click()
    run(page)
    assert not file.exists()
    assert "Add your music" in words(page)


def test_a_song_of_a_folder_has_no_button_that_removes_it(visit: Visit) -> None:
    key = keep_song(visit.engine, "Folder")
    visit.sits_here(here=True)
    page = open_page(library_open=key)
    assert f"play-{key}" in {str(button.key) for button in page.button}
    assert f"remove-{key}" not in {str(button.key) for button in page.button}


def test_a_folder_that_is_not_there_is_refused(visit: Visit, tmp_path: Path) -> None:
    visit.sits_here(here=True)
    page = open_page()
    for path, sentence in (
        (tmp_path / "nowhere", "There is no folder"),
        ("~nobody-of-this-name/Music", "No user of this computer is called so"),
    ):
        page.text_input(key="add-music-path").set_value(str(path))
        next(one for one in page.button if one.label == "Add").click()
        run(page)
        # Another run may follow before anybody has read it.
        for _ in range(2):
            (error,) = page.error
            assert sentence in error.value
            run(page)
    assert not visit.tagging.status().running
    page.text_input(key="add-music-path").set_value(str(tmp_path))
    next(one for one in page.button if one.label == "Add").click()
    run(page)
    assert not page.error


def test_it_is_said_where_folders_cannot_be_watched(visit: Visit, tmp_path: Path) -> None:
    visit.sits_here(here=True)
    watch(visit.engine, tmp_path)
    assert said("folders-unwatched") not in words(open_page())
    visit.tagging._set(ScanStatus(unwatched=True))
    assert said("folders-unwatched") in words(open_page())


def test_a_folder_is_added_and_removed(visit: Visit, tmp_path: Path) -> None:
    visit.sits_here(here=True)
    page = open_page()
    page.text_input(key="add-music-path").set_value(str(tmp_path))
    next(one for one in page.button if one.label == "Add").click()
    run(page)
    assert f"{tmp_path}  ·  0 songs" in words(page)
    assert visit.tagging.status().running
    key = keep_song(visit.engine, "Inside", path=write(tmp_path / "in.mp3", pattern(2.0)))
    run(page)
    assert f"{tmp_path}  ·  1 song" in words(page)
    next(one for one in page.button if str(one.key).startswith("forget-")).click()
    run(page)
    assert Recordings(visit.engine).get(key, Scope(owner=True)) is None
    assert (tmp_path / "in.mp3").exists()


def test_songs_like_one_and_a_way_to_another_are_shown_in_their_order(visit: Visit) -> None:
    keys = [
        keep_song(
            visit.engine, f"Song {9 - n}", f"Artist {n}", at=(-0.8 + 0.4 * n, 0.2), listener=ME
        )
        for n in range(5)
    ]
    alone = keep_song(visit.engine, "Foreign", listener=OTHER)
    page = open_page(library_open=keys[0])
    page.button(key=f"like-{keys[0]}").click()
    run(page)
    assert listed(page) == ["Song 9", "Song 8", "Song 7", "Song 6", "Song 5"]
    assert "Sounds gloomy" in words(page)
    page.selectbox(key=f"path-to-{keys[0]}").select(keys[2])
    run(page)
    assert listed(page) == ["Song 9", "Song 8", "Song 7"]
    assert alone not in str(page.session_state["library-chosen"])


def shown(page: AppTest) -> str:
    """All texts of a page and of its dialog."""
    kinds = (page.text, page.caption, page.success)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


class WritesHere:
    """Writes moods into files in this process."""

    def mood_fields(self, path: Path, fields: Fields | None = None) -> dict[str, list[str]]:
        if fields is not None:
            write_mood_fields(path, fields)
        return read_mood_fields(path)

    def cover(self, path: Path) -> None:
        assert path


def test_moods_go_into_files_for_the_owner_alone_shown_first_and_undone(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "cover_reader", WritesHere)
    visit.settings.data_dir.mkdir(exist_ok=True)
    folder = tmp_path / "music"
    folder.mkdir()
    song, wav = (write(folder / name, pattern(1.5)) for name in ("a.mp3", "b.wav"))
    for path in (song, wav):
        keep_song(visit.engine, path.stem, path=path)
    watch(visit.engine, folder)
    visit.shares()
    assert "mood-files" not in {str(button.key) for button in open_page().button}
    visit.sits_here(here=True)
    page = open_page()
    page.button(key="mood-files").click()
    run(page)
    assert "– → bright" in page.dataframe[0].value.to_string()
    assert f"{wav}: {said('mood-tags-kind', ending='.wav')}" in shown(page)
    assert read_mood_fields(song) == {}
    page.checkbox(key="mood-files-playlists").check()
    run(page)
    page.button(key="mood-files-write").click()
    run(page)
    assert read_mood_fields(song)["mood"] == ["bright"]
    assert "1 file changed" in shown(page)
    assert (folder / "Moodring bright.nsp").exists()
    page.button(key="mood-files").click()
    run(page)
    assert "All files are as they should be." in shown(page)
    page.button(key="mood-files-undo").click()
    run(page)
    assert read_mood_fields(song) == {}
    assert not (folder / "Moodring bright.nsp").exists()
