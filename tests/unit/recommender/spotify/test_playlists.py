"""Playlists for a mood: nobody waits for them long, and nobody hears of a failure."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from recommender.errors import QuotaExceeded
from recommender.spotify.source import PLAYLISTS_BUDGET_S, mood_playlists
from recommender.spotify.translate import MoodPlaylist
from recommender.types import Mood, Query
from tests.busy import LATE_S
from tests.fakes.sources import ListSource, PlaylistSource, fake_tracks

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = Query(Mood(-0.6, 0.3), "sad")
PLAYLIST = MoodPlaylist(
    "Sad songs", "Somebody", "https://open.spotify.com/playlist/abcabcabcabcabcabcabca"
)


class Playlists(PlaylistSource):
    def __init__(self, act: Callable[[], list[MoodPlaylist]]) -> None:
        super().__init__(fake_tracks(1))
        self._act = act

    def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:  # noqa: ARG002
        return self._act()


def test_they_come_from_the_first_source_that_has_such() -> None:
    sources = [ListSource(fake_tracks(1)), Playlists(lambda: [PLAYLIST])]
    assert mood_playlists(QUERY, sources) == [PLAYLIST]
    assert mood_playlists(QUERY, sources[:1]) == []


@pytest.mark.parametrize("error", [QuotaExceeded("Used up."), ValueError("x"), SystemExit()])
def test_a_source_that_fails_has_none(error: BaseException) -> None:
    def fail() -> list[MoodPlaylist]:
        raise error

    assert mood_playlists(QUERY, [Playlists(fail)]) == []


def test_a_source_that_hangs_is_given_up() -> None:
    until = threading.Event()

    def hang() -> list[MoodPlaylist]:
        until.wait(30)
        return []

    start = time.monotonic()
    assert mood_playlists(QUERY, [Playlists(hang)], budget_s=0.2) == []
    until.set()
    assert time.monotonic() - start < 1 + LATE_S


def test_a_source_is_told_the_budget() -> None:
    told: list[float] = []

    class Clock(Playlists):
        def playlists(self, query: Query, *, deadline: float) -> list[MoodPlaylist]:  # noqa: ARG002
            told.append(deadline - time.monotonic())
            return []

    mood_playlists(QUERY, [Clock(list)])
    assert told[0] == pytest.approx(PLAYLISTS_BUDGET_S, abs=0.5)


@pytest.mark.parametrize(
    ("name", "owner", "url"),
    [
        (" ", "", PLAYLIST.url),
        ("x" * 501, "", PLAYLIST.url),
        ("x", "x" * 501, PLAYLIST.url),
        ("x", "", "http://open.spotify.com/playlist/abcabcabcabcabcabcabca"),
        ("x", "", "https://open.spotify.com/track/abc"),
        ("x", "", "https://open.spotify.com.example.org/playlist/abcabcabcabcabcabcabca"),
        ("x", "", "https://open.spotify.com/playlist/abcabcabcabcabcabcabca\n"),
        ("x", "", 'https://open.spotify.com/playlist/a"b'),
    ],
)
def test_what_is_no_playlist_is_refused(name: str, owner: str, url: str) -> None:
    with pytest.raises(ValueError, match="playlist"):
        MoodPlaylist(name, owner, url)
