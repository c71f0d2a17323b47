"""The row of playlists below the songs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.tiles.playing import Playing
from recommender.errors import QuotaExceeded
from recommender.mood import build_query
from recommender.service import recommend
from recommender.spotify.translate import MoodPlaylist
from recommender.types import Goal, Mood, Preferences
from tests.fakes.sources import ListSource, PlaylistSource, fake_tracks

if TYPE_CHECKING:
    from recommender.types import MusicSource, Query

MOOD = Mood(-0.6, 0.3)
WISHES = Preferences(count=4)
PLAYLIST = MoodPlaylist(
    "<b>Sad</b> ](javascript:alert(1))",
    "Somebody",
    "https://open.spotify.com/playlist/abcabcabcabcabcabcabca",
)


class Playlists(PlaylistSource):
    def __init__(self, *found: MoodPlaylist) -> None:
        super().__init__(fake_tracks(9))
        self.asked_for: list[str] = []
        self.found = list(found)

    def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:  # noqa: ARG002
        self.asked_for.append(query.feeling)
        if not self.found:
            raise QuotaExceeded("Used up.")
        return self.found


def script() -> None:
    from pages.ui.tiles.saving import show_mood_playlists

    show_mood_playlists()


def page_with(
    source: MusicSource, monkeypatch: pytest.MonkeyPatch, *, songs: bool = True
) -> AppTest:
    monkeypatch.setattr(resources, "sources", lambda: (source,))
    page = AppTest.from_function(script, default_timeout=30)
    found = recommend(build_query(MOOD, WISHES), [source] if songs else [])
    page.session_state["playing"] = Playing(MOOD, WISHES, found.tiles, None)
    page.run()
    assert not page.exception
    return page


def test_a_row_of_links_stands_below_the_songs_as_text_and_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Playlists(PLAYLIST)
    page = page_with(source, monkeypatch)
    assert [caption.value for caption in page.caption] == [
        "More playlists for this mood on Spotify"
    ]
    (row,) = page.get("html")
    assert "&lt;b&gt;Sad&lt;/b&gt; ](javascript:alert(1))</a>" in row.proto.body
    assert f'href="{PLAYLIST.url}" target="_blank" rel="noopener"' in row.proto.body
    page.run()
    assert len(source.asked_for) == 1


def test_another_feeling_is_asked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Playlists(PLAYLIST)
    page = page_with(source, monkeypatch)
    now = page.session_state["playing"]
    page.session_state["playing"] = replace(now, preferences=replace(WISHES, goal=Goal.CALM))
    page.run()
    assert source.asked_for == ["sad", "calm"]


@pytest.mark.parametrize("source", [Playlists(), ListSource(fake_tracks(9))], ids=["fails", "none"])
def test_without_playlists_nothing_is_drawn_and_nothing_said(
    source: ListSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_with(source, monkeypatch)
    assert not [*page.caption, *page.get("html")]
    page.run()
    if isinstance(source, Playlists):
        assert len(source.asked_for) == 1


def test_without_songs_no_playlists_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Playlists(PLAYLIST)
    page = page_with(source, monkeypatch, songs=False)
    assert not [*page.caption, *page.get("html")]
    assert source.asked_for == []
