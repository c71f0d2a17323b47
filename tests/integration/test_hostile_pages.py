"""Every page full of hostile titles, names, paths and messages: all of it is text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from detectors.types import Message as Notice
from pages.ui import resources
from pages.ui.catalogue import importer
from pages.ui.library import uploads
from pages.ui.listen import page as listen_page
from pages.ui.tiles.playing import Playing
from pages.ui.visitor import browser
from recommender.catalogue.writer import SongRecord, key_of, replace_batch
from recommender.db.engine import write_transaction
from recommender.errors import Unavailable
from recommender.library.scan import watch
from recommender.listeners.history import History
from recommender.listeners.store import Listeners
from recommender.mood import build_query
from recommender.service import recommend
from recommender.settings import BadSetting
from recommender.spotify.translate import MoodPlaylist
from recommender.taste import Verdict
from recommender.types import Goal, Mood, Preferences, SourceName, Track
from tests.fakes.hostile import EVIL, HOSTILE
from tests.fakes.library import keep_song
from tests.fakes.markdown import active_forms
from tests.fakes.sources import PlaylistSource
from tests.fakes.visits import ME, NOW, PROJECT, TOKEN, Visit, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Tells texts from outside from those of ours, in which Markdown is meant.
MARK = "zqz"
TEXTS = tuple(f"{text[:400]} {MARK}" for text in HOSTILE)
TRACKS = tuple(
    Track(
        text,
        (text,),
        SourceName.CATALOGUE,
        f"hostile{place}",
        album=text,
        genre=text,
        language=text,
        valence=0.5,
        energy=0.5,
    )
    for place, text in enumerate(TEXTS)
)
MOOD = Mood(0.5, 0.5)
WISHES = Preferences()
# What is shown as it is, or is not shown at all.
SHOWN_AS_IT_IS = {
    "text",
    "selectbox",
    "multiselect",
    "arrow_data_frame",
    "plotly_chart",
    "bidi_component",
    "file_uploader",
    "audio",
    "imgs",
    "iframe",
}
# An alternative is an attribute of a tag.
NAMES_OF_THINGS = {"alt", "id", "key", "url", "form_id", "link"}
OUR_TAGS = re.compile(
    "a|b|bdi|br|button|details|div|h[123]|i|img|li|ol|p|small|span|summary|table|td|th|tr|ul",
)


class Hostile(PlaylistSource):
    """Songs and playlists, each with a hostile name."""

    def playlists(self, query: object, *, deadline: float) -> list[MoodPlaylist]:  # noqa: ARG002
        address = "https://open.spotify.com/playlist/abcabcabcabcabcabcabca"
        return [MoodPlaylist(text, text, address) for text in TEXTS]


class Markup(HTMLParser):
    """Looks at tags and their addresses."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert OUR_TAGS.fullmatch(tag), tag
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href"}:
                start = ("data:image/", "https://open.spotify.com/", "https://www.youtube.com/")
                assert (value or "").startswith(start), value


def strings(message: Message) -> Iterator[tuple[str, str]]:
    """Give each text in a message with the name of its field."""
    for field, value in message.ListFields():
        for one in [value] if isinstance(value, str | Message | bytes) else _all(value):
            if isinstance(one, Message):
                yield from strings(one)
            elif isinstance(one, str):
                yield field.name, one


def _all(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, Iterable) else []


def check(page: AppTest) -> int:
    """Look at all that a page has drawn; return how many texts from outside were among it."""
    seen = 0
    for element in page._tree:
        proto = getattr(element, "proto", None)
        if not isinstance(proto, Message) or element.type in SHOWN_AS_IT_IS:
            continue
        for name, text in strings(proto):
            if MARK not in text or name in NAMES_OF_THINGS:
                continue
            seen += 1
            turned = [sign for sign in text if unicodedata.category(sign) in {"Cf", "Cs"}]
            assert set(turned) <= set("\u2060"), (element.type, name, text)
            if element.type == "html":
                Markup().feed(text)
            else:
                assert active_forms(text) == [], (element.type, name, text)
    return seen


def visited(script: str, **state: object) -> AppTest:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    for name, value in state.items():
        page.session_state[name.replace("_", "-")] = value
    return run(page.switch_page(script) if script else page)


@pytest.fixture(autouse=True)
def owned(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """The owner visits, to whom the page shows most."""
    visit.sits_here(here=True)
    monkeypatch.setattr(resources, "sources", lambda: (Hostile(TRACKS),))
    names = SimpleNamespace(languages=lambda: list(TEXTS), artists=lambda: list(TEXTS))
    monkeypatch.setattr(resources, "_wired", lambda: SimpleNamespace(catalogue=names))
    resources.offered_names.clear()
    yield visit
    resources.offered_names.clear()


def connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "key", lambda: "me")
    mine = SimpleNamespace(name=TEXTS[0], suggestions=TEXTS, has_ended=False)
    monkeypatch.setattr(resources, "accounts", lambda: SimpleNamespace(of=lambda _: mine))


def test_toasts_and_the_choice_of_artists_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch)
    page = visited("", way="by-hand", spotify_say=TEXTS[0])
    # The visitor's name, each artist, and the toast.
    assert check(page) == len(TEXTS) + 2


@pytest.mark.parametrize(("words", "goal"), [("match", Goal.MATCH), ("calm", Goal.CALM)])
def test_tiles_and_playlists_are_text(words: str, goal: Goal) -> None:
    wishes = replace(WISHES, goal=goal)
    found = recommend(build_query(MOOD, wishes), [Hostile(TRACKS)])
    playing = Playing(MOOD, wishes, found.tiles, (Notice(TEXTS[0]),))
    page = visited("", way="by-hand", playing=playing, goal=words)
    # Each tile, its menu and the menu's button, the playlists, what is said above them and, on a
    # journey, its plane.
    assert check(page) == 3 * len(found.tiles) + 2 + (goal is Goal.CALM)


@pytest.mark.parametrize("connection", ["history", "settings", "songs"])
def test_a_failure_that_names_a_text_is_text(
    monkeypatch: pytest.MonkeyPatch, connection: str
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable(" ".join(TEXTS[:5]))

    if connection == "settings":
        monkeypatch.setattr(listen_page.resources, "settings", _bad_setting)
        page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
        page.run()
    elif connection == "history":
        monkeypatch.setattr(History, "moods", fail)
        page = visited("pages/history.py")
    else:
        monkeypatch.setattr(importer, "batch_summaries", fail)
        page = visited("pages/catalogue.py")
    assert check(page) == 1


def _bad_setting() -> None:
    raise BadSetting(TEXTS[0])


def test_what_is_kept_of_a_listener_is_text(owned: Visit) -> None:
    songs = [SongRecord(title=text, artists=(text,), album=text) for text in TEXTS]
    listeners = Listeners(owned.engine)
    listeners.keep_history(ME, NOW, keep=True)
    with write_transaction(owned.engine) as connection:
        replace_batch(connection, "hostile", "0", songs)
    for place, song in enumerate(songs):
        track = Track(song.title, song.artists, SourceName.CATALOGUE, key_of("hostile", song))
        listeners.judge(ME, track, list(Verdict)[place % 3], NOW)
        listeners.ban_artist(ME, track, NOW)
        listeners.note_opened(ME, track.source_id, NOW)
    # Each song and each artist has its tooltip, and each song stands in the list beside it.
    assert check(visited("pages/history.py")) > 3 * len(TEXTS)


def test_a_library_of_hostile_files_is_text(owned: Visit, tmp_path: Path) -> None:
    # No path holds that.
    names = [text.replace("\x00", "") for text in TEXTS]
    keys = [keep_song(owned.engine, name, name, listener=ME, genre=name) for name in names]
    for name in names:
        keep_song(owned.engine, f"bad {name}", problem=name)
    folder = tmp_path / f"![i](http:{MARK})"
    folder.mkdir()
    watch(owned.engine, folder)
    for first in (0, len(keys) - 1):
        page = visited(
            "pages/library.py",
            library_open=keys[first],
            library_said=uploads._Said((), TEXTS),
            library_folders_said=TEXTS[first],
        )
        # Its portrait, what came of files and folders.
        assert check(page) == uploads.SHOWN_PROBLEMS + 2


@pytest.mark.parametrize("kind", ["success", "error"])
def test_what_came_of_adding_files_is_text(owned: Visit, kind: str) -> None:
    with write_transaction(owned.engine) as connection:
        replace_batch(connection, TEXTS[0], "0", [SongRecord(title="One", artists=("Somebody",))])
    page = visited("pages/catalogue.py", catalogue_said=(kind, list(TEXTS)))
    assert check(page) == 1


def test_a_folder_named_in_vain_is_text(tmp_path: Path) -> None:
    page = visited("pages/catalogue.py")
    named = f"![i](http://{EVIL}/x.png) {MARK}"
    page.text_input(key="add-path").input(str(tmp_path / named))
    page.button(key="FormSubmitter:add-songs-Add").click()
    run(page)
    assert [check(page), len(page.error)] == [1, 1]


def test_what_a_playlist_leaves_out_is_told_as_text(tmp_path: Path) -> None:
    path = tmp_path / "list.m3u"
    path.write_text(f"#EXTINF:1,Nora - Lamp\n#EXTINF:1,![i](http://{EVIL}/x.png) {MARK}\n")
    page = visited("pages/catalogue.py")
    page.text_input(key="add-path").input(str(path))
    page.button(key="FormSubmitter:add-songs-Add").click()
    run(page)
    assert [check(page), len(page.success)] == [1, 1]
    assert "1 entry without a title or an artist is left out" in page.success[0].value


def test_songs_with_hostile_names_are_text_on_the_songs_page(owned: Visit) -> None:
    songs = [
        SongRecord(title=text, artists=(text,), language=text[:90], valence=0.67, energy=0.54)
        for text in TEXTS
    ]
    with write_transaction(owned.engine) as connection:
        replace_batch(connection, "hostile", "0", songs)
    # The list is one element; so is the heading of what is searched.
    assert check(visited("pages/catalogue.py")) == 1
    # What was typed stands in the heading, too.
    drawn = [one.proto.body for one in visited("pages/catalogue.py", songs_words=MARK).get("html")]
    assert any(f"“{MARK}”" in body and "mr-found-title" in body for body in drawn)
    for body in drawn:
        Markup().feed(body.partition("<style>")[0])


def test_a_user_that_nobody_is_gets_a_sentence() -> None:
    page = visited("pages/catalogue.py")
    page.text_input(key="add-path").input("~nobody-of-this-name/songs.csv")
    page.button(key="FormSubmitter:add-songs-Add").click()
    run(page)
    assert "No user of this computer is called so" in page.error[0].value
