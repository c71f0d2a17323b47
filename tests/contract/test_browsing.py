"""What a visitor finds in the catalogue, the same on every engine."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from recommender.catalogue import browse
from recommender.catalogue.starter import COLUMNS
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import write_transaction
from recommender.db.tables import FOLDED_LENGTH, ArtistRow, TrackRow
from recommender.errors import Unavailable
from recommender.mood import distance
from recommender.text import fold
from recommender.types import MAX_TEXT_LENGTH, Mood
from recommender.wiring import open_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue

SONGS = (
    SongRecord(
        title="Dancing Queen", artists=("ABBA",), language="English", valence=0.8, energy=0.7
    ),
    SongRecord(
        title="Don't Stop Me Now", artists=("Queen",), language="English", valence=0.7, energy=0.9
    ),
    SongRecord(
        title="Queen of Hearts", artists=("Nobody",), language="English", valence=0.1, energy=0.5
    ),
    SongRecord(
        title="Águas de março",
        artists=("Elis Regina", "Tom Jobim"),
        language="Portuguese",
        valence=0.7,
        energy=0.4,
    ),
    SongRecord(title="恋", artists=("星野源",), language="Japanese", valence=0.8, energy=0.7),
    SongRecord(title="100%_real", artists=("A_B",), language="German", valence=-0.9, energy=0.1),
    SongRecord(title="Nowhere", artists=("Queen", "ABBA"), language=None),
    SongRecord(
        title="ﷺ" * (MAX_TEXT_LENGTH - 1),
        artists=("Long",),
        language="Arabic",
        valence=0.0,
        energy=0.0,
    ),
)


@pytest.fixture
def catalogue(database: str | None, tmp_path: Path) -> Iterator[Catalogue]:
    empty = tmp_path / "starter.csv"
    empty.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with closing(open_catalogue(tmp_path, url=database, starter=empty)) as opened:
        yield opened


@pytest.fixture
def engine(catalogue: Catalogue) -> Engine:
    with write_transaction(catalogue.engine) as connection:
        replace_batch(connection, "ours", "0", SONGS)
    return catalogue.engine


def titles(engine: Engine, words: str, language: str | None = None, limit: int = 9) -> list[str]:
    return [one.title for one in browse.named(engine, words, language=language, limit=limit)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        # Her songs, titles that begin so, and titles that hold it.
        ("queen", ["Don't Stop Me Now", "Nowhere", "Queen of Hearts", "Dancing Queen"]),
        ("DANCING que", ["Dancing Queen"]),
        ("aguas", ["Águas de março"]),
        ("jobim", ["Águas de março"]),
        ("marco", ["Águas de março"]),
        ("abba dancing", ["Dancing Queen"]),
        ("hearts nobody", ["Queen of Hearts"]),
        # One letter is an artist's only as a whole name.
        ("a dancing", []),
        ("恋", ["恋"]),
        ("野源", ["恋"]),
        ("100%", ["100%_real"]),
        ("d", ["Dancing Queen", "Don't Stop Me Now"]),
        ("zzz", []),
        ("   ", []),
        ("", []),
    ],
)
def test_songs_are_found_by_title_and_artist(engine: Engine, words: str, found: list[str]) -> None:
    assert titles(engine, words) == found


def test_signs_of_a_pattern_are_letters(engine: Engine) -> None:
    assert titles(engine, "%") == titles(engine, "__") == []
    for words in ("x" * 10_000, "%" * 30_000 + " b", "\x00", "\ud800", "\ud800 \x00 !"):
        assert titles(engine, words) == []


def test_a_language_and_a_number_are_limits(engine: Engine) -> None:
    assert titles(engine, "queen", "English") == [
        "Don't Stop Me Now",
        "Queen of Hearts",
        "Dancing Queen",
    ]
    assert titles(engine, "queen", "Tamil") == []
    assert titles(engine, "abba dancing", "German") == []
    assert titles(engine, "abba dancing", "English") == ["Dancing Queen"]
    assert titles(engine, "queen", limit=2) == ["Don't Stop Me Now", "Nowhere"]


def test_more_begins_with_what_was_there(engine: Engine) -> None:
    whole = titles(engine, "e", limit=9)
    assert [titles(engine, "e", limit=count) for count in range(1, 9)] == [
        whole[:count] for count in range(1, 9)
    ]


def test_the_nearest_songs_come_first_wherever_they_are(engine: Engine) -> None:
    found = browse.around(engine, Mood(0.8, 0.7), language=None, limit=99)
    places = [(one.valence, one.energy) for one in found]
    assert len(found) == len(SONGS) - 1
    assert places == sorted(places, key=lambda at: distance((0.8, 0.7), at))  # type: ignore[arg-type]
    german = browse.around(engine, Mood(0.8, 0.7), language="German", limit=99)
    assert [one.title for one in german] == ["100%_real"]
    assert browse.around(engine, Mood(0.8, 0.7), language="Tamil", limit=99) == []
    assert len(browse.around(engine, Mood(0.8, 0.7), language=None, limit=2)) == 2


def test_a_sample_holds_places_only_and_no_more_than_asked_for(engine: Engine) -> None:
    known = {(one.valence, one.energy) for one in SONGS if one.valence is not None}
    assert set(browse.sample(engine, 100)) == known
    assert len(browse.sample(engine, 3)) <= 3


def test_an_empty_catalogue_has_nothing(catalogue: Catalogue) -> None:
    assert browse.sample(catalogue.engine, 10) == []
    assert browse.named(catalogue.engine, "queen", language=None, limit=9) == []
    assert browse.around(catalogue.engine, Mood(0, 0.5), language=None, limit=9) == []


def test_what_is_searched_is_the_beginning_of_the_folded_name(engine: Engine) -> None:
    with engine.connect() as connection:
        for name, folded in (
            *connection.execute(select(TrackRow.title, TrackRow.folded)).all(),
            *connection.execute(select(ArtistRow.name, ArtistRow.folded)).all(),
        ):
            assert folded == fold(name)[:FOLDED_LENGTH]


def test_a_song_that_was_never_folded_is_only_not_found(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        connection.execute(update(TrackRow).values(folded=None))
    assert titles(engine, "dancing") == []
    assert titles(engine, "abba") == ["Dancing Queen", "Nowhere"]


def test_a_database_that_has_gone_is_one_error(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        connection.exec_driver_sql("DROP TABLE credits")
    with pytest.raises(Unavailable):
        titles(engine, "queen")
