"""The promises of `recommender.types.MusicSource`, asked of every source and every fake."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recommender.catalogue.source import CatalogueSource
from recommender.catalogue.starter import COLUMNS
from recommender.errors import Unavailable
from recommender.library.recordings import Recordings, Scope
from recommender.library.source import LibrarySource
from recommender.listeners.store import id_of
from recommender.settings import settings_from
from recommender.spotify.source import SpotifySource
from recommender.subsonic.client import Login, SubsonicClient
from recommender.subsonic.heard import HeardInMemory
from recommender.subsonic.shelf import Shelf
from recommender.subsonic.source import SubsonicSource
from recommender.text import fold
from recommender.types import Mood, MusicSource, Query, SourceName, Track
from recommender.web.addresses import owners_address
from recommender.wiring import open_catalogue, open_engine
from tests.busy import LATE_S
from tests.fakes.library import keep_song
from tests.fakes.sources import ListSource, fake_tracks
from tests.fakes.spotify import FakeSpotify
from tests.fakes.subsonic import PASSWORD, USER, FakeSubsonic, song

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

QUERY = Query(Mood(0.8, 0.7), "happy", count=6)
ME, OTHER = id_of("me"), id_of("other")


def genre_of(number: int) -> str:
    return ("pop", "Hip-Hop/Rap", "k-pop", "indie rock", "100%")[number % 5]


@contextmanager
def spotify(_: Path) -> Iterator[MusicSource]:
    with FakeSpotify() as fake:
        yield SpotifySource(settings_from(fake.environ))


@contextmanager
def catalogue(folder: Path) -> Iterator[MusicSource]:
    table = folder / "songs.csv"
    rows = [
        f"Fake Song {n},Fake Artist {n % 7},{'Tamil' if n % 2 else 'Korean'},"
        f"{2000 if n % 3 else 1990},{genre_of(n)},0.9,0.7,"
        f"{int(n % 5 == 0)},memory"
        for n in range(60)
    ]
    table.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    opened = open_catalogue(folder, starter=table)
    yield CatalogueSource(opened)
    opened.close()


@contextmanager
def listed(_: Path) -> Iterator[MusicSource]:
    tracks = fake_tracks(60, language="Tamil", years=(1995, 2005))
    yield ListSource([replace(track, genre=genre_of(n)) for n, track in enumerate(tracks)])


@contextmanager
def library(folder: Path) -> Iterator[MusicSource]:
    engine = open_engine(folder)
    for n in range(60):
        # All of them as near, and of as many artists, as the catalogue's.
        keep_song(
            engine,
            f"Fake Song {n}",
            f"Fake Artist {n % 7}",
            at=(0.9, 0.7),
            year=2000 if n % 3 else 1990,
            genre=genre_of(n),
            listener=ME if n % 2 else None,
        )
        keep_song(engine, f"Foreign Song {n}", f"Fake Artist {n % 7}", listener=OTHER)
    yield LibrarySource(Recordings(engine), Scope(ME, owner=True))
    engine.dispose()


@contextmanager
def server(_: Path) -> Iterator[MusicSource]:
    songs = [song(n, genre=genre_of(n), moods=["happy"], artists=None) for n in range(60)]
    with FakeSubsonic(songs) as fake:
        client = SubsonicClient(owners_address(fake.base), Login(USER, PASSWORD))
        shelf = Shelf(client, HeardInMemory())
        shelf.refresh()
        yield SubsonicSource(shelf)


def is_of_files(source: MusicSource) -> bool:
    """Whether its songs are files, which tell neither language nor explicit words."""
    return source.name in {SourceName.LIBRARY, SourceName.SERVER}


@pytest.fixture(
    params=[spotify, catalogue, listed, library, server], ids=lambda make: make.__name__
)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MusicSource]:
    make: Callable[[Path], AbstractContextManager[MusicSource]] = request.param
    with make(tmp_path) as made:
        yield made


def ask(source: MusicSource, query: Query) -> list[Track]:
    return source.search(query, deadline=time.monotonic() + 5)


def test_it_has_a_name_and_gives_its_own_tracks(source: MusicSource) -> None:
    tracks = ask(source, QUERY)
    assert isinstance(source.name, SourceName)
    assert isinstance(tracks, list)
    assert {track.source for track in tracks} == {source.name}


@pytest.mark.parametrize("count", [1, 6, 30])
def test_it_gives_songs_but_never_more_than_wanted(source: MusicSource, count: int) -> None:
    assert 1 <= len(ask(source, replace(QUERY, count=count))) <= count


def test_pages_never_repeat_a_track(source: MusicSource) -> None:
    shown: list[str] = []
    for page in range(5):
        query = replace(QUERY, page=page, without=frozenset(shown))
        shown += [track.source_id for track in ask(source, query)]
    assert len(shown) > QUERY.count
    assert len(shown) == len(set(shown))


def test_what_must_not_come_does_not_come(source: MusicSource) -> None:
    first = ask(source, QUERY)
    tracks = ask(source, replace(QUERY, without=frozenset({first[0].source_id})))
    assert tracks
    assert first[0].source_id not in {track.source_id for track in tracks}
    barred = fold(first[0].artists[0])
    tracks = ask(source, replace(QUERY, without_artists=frozenset({barred})))
    assert tracks
    assert all(barred not in map(fold, track.artists) for track in tracks)


def test_the_same_page_is_the_same_again(source: MusicSource) -> None:
    first = ask(source, QUERY)
    ask(source, replace(QUERY, page=1))
    assert ask(source, QUERY) == first


def test_artists_are_obeyed_whatever_their_case(source: MusicSource) -> None:
    tracks = ask(source, replace(QUERY, artists=("FAKE artist 3",)))
    assert tracks
    assert all("fake artist 3" in map(str.casefold, track.artists) for track in tracks)


def test_languages_are_obeyed_as_far_as_the_source_can_tell(source: MusicSource) -> None:
    tracks = ask(source, replace(QUERY, languages=("Tamil",)))
    if is_of_files(source):
        assert tracks == []
        return
    assert tracks
    assert {track.language for track in tracks} == {"Tamil"}


def test_decades_are_obeyed_as_far_as_the_source_can_tell(source: MusicSource) -> None:
    everything = ask(source, replace(QUERY, count=30))
    assert {1990, 2000} <= {(track.year or 0) // 10 * 10 for track in everything}
    tracks = ask(source, replace(QUERY, count=30, decades=(1990,)))
    assert tracks
    assert {(track.year or 0) // 10 * 10 for track in tracks} == {1990}


def genres(source: MusicSource, query: Query) -> set[str | None]:
    tracks = ask(source, replace(query, count=30))
    assert tracks
    return {track.genre for track in tracks}


def test_genres_are_obeyed_as_far_as_the_source_can_tell(source: MusicSource) -> None:
    if source.name is SourceName.SPOTIFY:
        assert genres(source, replace(QUERY, genres=("pop",))) == {None}
        return
    assert genres(source, replace(QUERY, genres=("pop",))) == {"pop", "k-pop"}
    assert genres(source, replace(QUERY, genres=("hip hop", "100%"))) == {"Hip-Hop/Rap", "100%"}
    left = genres(source, replace(QUERY, not_genres=("pop", "hip hop", "%")))
    assert left == {"indie rock", "100%"}
    assert ask(source, replace(QUERY, genres=("op",))) == []


def test_what_is_not_wanted_does_not_come_whatever_else_is(source: MusicSource) -> None:
    tracks = ask(source, replace(QUERY, count=30, not_decades=(1990,)))
    assert tracks
    assert 1990 not in {(track.year or 0) // 10 * 10 for track in tracks}
    tracks = ask(source, replace(QUERY, count=30, not_languages=("TAMIL", "Klingon")))
    assert "Tamil" not in {track.language for track in tracks}
    assert tracks or source.name is SourceName.CATALOGUE


def test_explicit_songs_are_left_out_when_not_wanted(source: MusicSource) -> None:
    wanted = replace(QUERY, count=30)
    assert is_of_files(source) or any(track.explicit for track in ask(source, wanted))
    clean = ask(source, replace(wanted, no_explicit=True))
    assert clean
    assert not any(track.explicit for track in clean)


def test_no_match_is_an_empty_list(source: MusicSource) -> None:
    assert ask(source, replace(QUERY, artists=("Nobody",))) == []


def test_a_page_beyond_the_last_is_an_empty_list(source: MusicSource) -> None:
    shown: set[str] = set()
    for page in range(100):
        tracks = ask(source, replace(QUERY, page=page, count=30, without=frozenset(shown)))
        shown |= {track.source_id for track in tracks}
        if not tracks:
            break
    assert not tracks


def test_after_its_deadline_it_says_that_it_is_too_late(source: MusicSource) -> None:
    start = time.monotonic()
    with pytest.raises(Unavailable):
        source.search(QUERY, deadline=start - 1)
    assert time.monotonic() - start < LATE_S


@pytest.mark.parametrize("text", ["", '"', "\x00", "\ud800", "%", "a" * 5000, "'; DROP TABLE"])
def test_no_text_is_too_strange(source: MusicSource, text: str) -> None:
    ask(source, replace(QUERY, artists=(text,)))
    ask(source, replace(QUERY, languages=(text,)))
    ask(source, replace(QUERY, genres=(text,), not_genres=(text,), not_languages=(text,)))
