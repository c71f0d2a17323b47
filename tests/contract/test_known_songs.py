"""Songs of playlists that the catalogue knows under another spelling, on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from detectors.types import Message
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import write_transaction
from recommender.db.tables import ArtistRow, BatchRow, CreditRow, TrackRow
from recommender.exports import as_jspf
from recommender.ingest import known_songs
from recommender.ingest.playlists import import_playlist
from recommender.ingest.registry import remove
from recommender.text import fold, visible
from recommender.types import Reasons, SourceName, Tile, Track
from recommender.wiring import open_engine
from tests.fakes.earlier_exports import as_m3u8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

SONGS = (
    ("She Loves Tea", ("The Kettles",)),
    ("Blue Lamp", ("Mark Ronne", "Bruno Vale")),
    ("Macarone", ("Los del Río",)),
    ("September Tea", ("Earth, Wind & Tea",)),
    ("Mr. Grey Sky", ("Electric Lamp Orchestra",)),
    ("Tea Time (Radio Edit)", ("Björk & Ferns",)),
    ("Tea Time (Live)", ("Björk & Ferns",)),
    ("99 Lamps", ("Nena Vale",)),
)


def fill(engine: Engine, songs: tuple[tuple[str, tuple[str, ...]], ...], source: str) -> None:
    """Write songs whose valence tells them apart."""
    with write_transaction(engine) as connection:
        records = [
            SongRecord(
                title=title,
                artists=artists,
                language="English",
                valence=round(number / 100, 2),
                energy=0.5,
            )
            for number, (title, artists) in enumerate(songs)
        ]
        replace_batch(connection, source, "0", records)


def brought(engine: Engine, source: str) -> list[tuple[str, tuple[str, ...], float | None]]:
    """Return title, artists and valence of the songs of an import, in its order."""
    credits_ = (
        select(TrackRow.id, TrackRow.title, TrackRow.valence, ArtistRow.name)
        .join(BatchRow, BatchRow.id == TrackRow.source_id)
        .join(CreditRow, CreditRow.track_id == TrackRow.id)
        .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
        .where(BatchRow.name == source)
        .order_by(TrackRow.id, CreditRow.position)
    )
    found: dict[int, tuple[str, tuple[str, ...], float | None]] = {}
    with engine.connect() as connection:
        for number, title, valence, name in connection.execute(credits_):
            before = found[number][1] if number in found else ()
            found[number] = (title, (*before, name), valence)
    return list(found.values())


LINES = {
    "the kettles - she loves tea": 0.0,
    "Kettles - She Loves Tea - Remastered 2015": 0.0,
    "Kettles, The - She Loves Tea (2015 Remaster) [Mono]": 0.0,
    "Mark Ronne - Blue Lamp (feat. Bruno Vale)": 0.01,
    "Mark Ronne feat. Bruno Vale - Blue Lamp": 0.01,
    "Mark Ronne & Bruno Vale - Blue Lamp ft. Bruno Vale - Single Version": 0.01,
    "Bruno Vale, Mark Ronne - Blue-Lamp": 0.01,
    "Los del Rio - Macarone": 0.02,
    "Earth Wind and Tea - September Tea": 0.03,
    "Electric Lamp Orchestra - Mr Grey Sky": 0.04,
    "Bjork - Tea Time": 0.05,
    "Björk & Ferns - Tea Time - Live": 0.06,
    "She Loves Tea! - The Kettles": 0.0,
    "07. Nena Vale - 99 Lamps": 0.07,
    "The Kettles - She Loves Tea (Live)": None,
    "Kettle - She Loves Tea": None,
}


def test_a_song_is_known_however_it_is_written(tmp_path: Path, engine: Engine) -> None:
    fill(engine, SONGS, "table")
    path = tmp_path / "mine.m3u8"
    lines = [f"#EXTINF:1,{line}\nx\n" for line in LINES]
    path.write_text("".join(lines) + "Nena Vale/Disc/99 Lamps!.mp3\n", encoding="utf-8")
    done = import_playlist(path, engine, source="mine")
    assert [found for _, _, found in brought(engine, "mine")] == [*LINES.values(), 0.07]
    assert done.placed == len(LINES) - 1


def test_the_best_fit_wins_and_a_mood_is_worth_more(tmp_path: Path, engine: Engine) -> None:
    songs = (
        ("Lamp (Remastered)", ("Nora",)),
        ("Lamp", ("Nora", "Ferns")),
        ("Lamp", ("Nora",)),
    )
    fill(engine, songs, "table")
    with write_transaction(engine) as connection:
        replace_batch(connection, "bare", "0", [SongRecord(title="Lamp", artists=("Nora",))])
    path = tmp_path / "mine.m3u8"
    path.write_text(
        "#EXTINF:1,Nora - Lamp\n#EXTINF:1,Nora - Lamp (Remastered)\n#EXTINF:1,Nora, Ferns - Lamp\n"
        "#EXTINF:1,Nora - Lamp - Deluxe Edition\n"
    )
    import_playlist(path, engine, source="mine")
    assert brought(engine, "mine") == [
        ("Lamp", ("Nora",), 0.02),
        ("Lamp (Remastered)", ("Nora",), 0.0),
        ("Lamp", ("Nora", "Ferns"), 0.01),
        ("Lamp - Deluxe Edition", ("Nora",), 0.02),
    ]


def test_the_catalogue_shows_the_order_of_a_list(tmp_path: Path, engine: Engine) -> None:
    fill(engine, SONGS, "table")
    path = tmp_path / "mine.m3u8"
    path.write_text(
        "#EXTINF:1,She Loves Tea - The Kettles\nx\n#EXTINF:1,Macarone - Los del Rio\nx\n"
        "#EXTINF:1,The Kettles - She Loves Tea (Mono)\nx\n#EXTINF:1,Nothing - Nobody\nx\n",
        encoding="utf-8",
    )
    done = import_playlist(path, engine, source="mine")
    assert brought(engine, "mine")[3] == ("Nothing", ("Nobody",), None)
    assert done.remarks == (Message("playlist-title-first", {"lines": 3}),)


def test_many_songs_are_asked_for_in_parts(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_songs, "ROWS_AT_ONCE", 2)
    songs = tuple((f"Song {number}", (f"Artist {number}",)) for number in range(5))
    fill(engine, (*songs, *((f"Song {number}", ("Artist 0",)) for number in range(1, 5))), "table")
    path = tmp_path / "mine.m3u8"
    path.write_text("".join(f"#EXTINF:1,{artist} - {title}\n" for title, (artist,) in songs))
    import_playlist(path, engine, source="mine")
    assert [valence for _, _, valence in brought(engine, "mine")] == [0, 0.01, 0.02, 0.03, 0.04]


@pytest.fixture(scope="module")
def own_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("own")
    starter = folder / "starter.csv"
    starter.write_text("title,artist,language,year,genre,valence,energy,explicit,checked\n")
    made = open_engine(folder, starter=starter)
    yield made
    made.dispose()


# As an import keeps them, and with a letter or a digit: of signs alone, nothing could be compared.
NAMES = (
    st.text(min_size=1, max_size=20)
    .map(visible)
    .filter(lambda name: any(letter.isalnum() for letter in fold(name)))
)
OWN_SONGS = st.lists(
    st.tuples(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique_by=fold)),
    min_size=1,
    max_size=4,
    unique_by=(lambda song: fold(song[0]), lambda song: fold(", ".join(song[1]))),
)
HARD: list[tuple[str, list[str]]] = [
    ("Lamp - Remastered 2011", ["01. Nora", "A - B -", "The, Ferns"]),
    ("- Live", ["Crosby, Stills & Tea", "x feat. y"]),
    ('tvg="a", b', ["Tyler, The Maker"]),
    ("#EXTINF:1,A - B", ["The The"]),
]


@settings(max_examples=15)
@given(OWN_SONGS)
def test_our_own_export_comes_back_whole(
    tmp_path_factory: pytest.TempPathFactory,
    own_engine: Engine,
    songs: list[tuple[str, list[str]]],
) -> None:
    come_back(tmp_path_factory.mktemp("lists"), own_engine, songs)


def test_hard_names_come_back_whole(tmp_path: Path, own_engine: Engine) -> None:
    come_back(tmp_path, own_engine, HARD)


def come_back(folder: Path, engine: Engine, songs: list[tuple[str, list[str]]]) -> None:
    fill(engine, tuple((title, tuple(artists)) for title, artists in songs), "table")
    tiles = [
        Tile(
            track=Track(title, tuple(artists), SourceName.CATALOGUE, "1"),
            open_url="https://open.spotify.com/search/x",
            fallback_url="https://www.youtube.com/results?search_query=x",
            why=(),
            reasons=Reasons(relevance=0.0, confidence=1.0),
        )
        for title, artists in songs
    ]
    expected = [round(number / 100, 2) for number in range(len(songs))]
    for name, content in (("x.m3u8", as_m3u8(tiles, "x")), ("x.jspf", as_jspf(tiles, "x"))):
        (folder / name).write_bytes(content)
        # What stays of an earlier playlist keeps its place.
        remove(engine, ["mine"])
        done = import_playlist(folder / name, engine, source="mine")
        found = brought(engine, "mine")
        assert [valence for _, _, valence in found] == expected
        assert (done.placed, done.nameless, done.remarks) == (len(songs), 0, ())
        several = [(title, tuple(artists)) for title, artists in songs if len(artists) > 1]
        assert [(title, artists) for title, artists, _ in found if len(artists) > 1] == several
