"""A visitor's own songs as a source of music."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from recommender.errors import Unavailable
from recommender.library.recordings import Recordings, Scope
from recommender.library.source import LibrarySource
from recommender.listeners.store import id_of
from recommender.ranking import OWN_WEIGHT, judge
from recommender.service import recommend
from recommender.taste import NOBODY
from recommender.types import Mood, Query, SourceName, Track
from recommender.wiring import open_engine
from tests.fakes.library import keep_song
from tests.fakes.sources import BadSource, ListSource, failing, fake_tracks
from tests.said import notice_of, why_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

HAPPY = Query(Mood(0.9, 0.7), "happy", count=6)
ME, OTHER = id_of("me"), id_of("other")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path)
    yield opened
    opened.dispose()


def titles(engine: Engine, scope: Scope, query: Query = HAPPY) -> list[str]:
    source = LibrarySource(Recordings(engine), scope)
    return [track.title for track in source.search(query, deadline=time.monotonic() + 5)]


def test_everybody_gets_what_is_theirs_and_the_folders_only_where_they_may(engine: Engine) -> None:
    keep_song(engine, "Mine", listener=ME)
    keep_song(engine, "Yours", listener=OTHER)
    keep_song(engine, "Folder")
    assert titles(engine, Scope(ME)) == ["Mine"]
    assert titles(engine, Scope(OTHER)) == ["Yours"]
    assert sorted(titles(engine, Scope(ME, owner=True))) == ["Folder", "Mine"]
    assert titles(engine, Scope()) == []


def test_a_correction_moves_a_song(engine: Engine) -> None:
    key = keep_song(engine, "Moved", at=(-0.8, 0.2), listener=ME)
    assert titles(engine, Scope(ME)) == []
    Recordings(engine).correct(key, Scope(ME), 0.9, 0.7)
    assert titles(engine, Scope(ME)) == ["Moved"]


def test_an_artist_is_found_far_from_the_mood(engine: Engine) -> None:
    keep_song(engine, "Far", "A. R. Rahman", at=(-0.8, 0.2))
    wish = Query(HAPPY.target, "happy", artists=("Rahman",))
    assert titles(engine, Scope(owner=True), wish) == ["Far"]


def test_a_file_that_cannot_be_used_is_no_song(engine: Engine) -> None:
    keep_song(engine, "Broken", problem="audio-damaged")
    assert titles(engine, Scope(owner=True)) == []


def test_own_songs_lead_nowhere_and_are_told_apart(engine: Engine) -> None:
    keep_song(engine, "Own", year=1999, genre="folk")
    source = LibrarySource(Recordings(engine), Scope(owner=True))
    (track,) = source.search(HAPPY, deadline=time.monotonic() + 5)
    assert (track.url, track.art_url, track.language) == (None, None, None)
    assert (track.year, track.genre, track.album) == (1999, "folk", "Fake Album")


def at(place: float, name: SourceName) -> Track:
    return Track(f"Song {name}", (f"Artist {name}",), name, name.value, valence=place, energy=0.7)


def test_an_own_song_goes_before_one_a_little_nearer_and_says_why() -> None:
    near, own = at(0.9, SourceName.CATALOGUE), at(0.8, SourceName.LIBRARY)
    of_catalogue, of_library = judge([near, own], HAPPY, NOBODY)
    assert (of_catalogue.own, of_library.own) == (False, True)
    gained = of_library.relevance - (of_library.nearness or 0)
    assert gained == pytest.approx(OWN_WEIGHT)
    answer = recommend(HAPPY, [ListSource([near]), ListSource([own], SourceName.LIBRARY)])
    assert [tile.track for tile in answer.tiles] == [own, near]
    assert [why_of(tile) for tile in answer.tiles] == ["bright · yours", "bright"]
    assert answer.notice == ()


def test_the_file_comes_in_the_place_of_the_same_song_of_the_catalogue() -> None:
    own = Track("fake song 3", ("FAKE ARTIST 3",), SourceName.LIBRARY, "own")
    answer = recommend(HAPPY, [ListSource(fake_tracks(9)), ListSource([own], SourceName.LIBRARY)])
    assert own in [tile.track for tile in answer.tiles]
    assert "Fake Song 3" not in [tile.track.title for tile in answer.tiles]


@pytest.mark.parametrize("start", [None, Mood(-0.6, 0.3)])
def test_a_broken_library_takes_nothing_down_and_says_so(start: Mood | None) -> None:
    tracks = [
        Track(f"S{n}", (f"A{n}",), SourceName.CATALOGUE, f"c{n}", valence=v / 10, energy=0.5)
        for n, v in enumerate(range(-9, 10))
    ]
    library = BadSource(failing(ValueError("/secret/path")), SourceName.LIBRARY)
    query = Query(Mood(0.5, 0.5), "happy", count=5, start=start)
    answer = recommend(query, [ListSource(tracks), library])
    assert len(answer.tiles) == 5
    assert notice_of(answer) == (
        "Your library is out of order. There may be fewer songs than asked for."
    )


def test_a_broken_catalogue_leaves_the_library() -> None:
    own = ListSource(fake_tracks(9, name=SourceName.LIBRARY), SourceName.LIBRARY)
    broken = BadSource(failing(Unavailable("The song catalogue is gone.")), SourceName.CATALOGUE)
    answer = recommend(HAPPY, [broken, own])
    assert {tile.track.source for tile in answer.tiles} == {SourceName.LIBRARY}
    assert notice_of(answer).startswith("The song catalogue is gone. There")


def test_spotifys_songs_stand_by_themselves_and_those_after_it_together() -> None:
    spotify = ListSource(fake_tracks(9, name=SourceName.SPOTIFY), SourceName.SPOTIFY)
    own = ListSource([at(0.9, SourceName.LIBRARY)], SourceName.LIBRARY)
    found = recommend(HAPPY, [spotify, ListSource(fake_tracks(9)), own])
    assert {tile.track.source for tile in found.tiles} == {SourceName.SPOTIFY}
    down = BadSource(failing(Unavailable("Spotify is down.")))
    found = recommend(HAPPY, [down, ListSource([at(0.9, SourceName.CATALOGUE)]), own])
    assert notice_of(found) == (
        "Spotify is down. These songs come from your library and Moodring's own catalogue."
    )
