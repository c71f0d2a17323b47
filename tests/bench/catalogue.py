"""The catalogue at size: importing a table, and ranking a million tracks against pandas' sort."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recommender.catalogue import open_catalogue
from recommender.database import make_engine, writing
from recommender.filling import NewSong, replace_songs
from recommender.ingest.importing import import_table
from recommender.listeners import Listener
from recommender.service import recommend
from recommender.sources.catalogue import CatalogueSource
from recommender.taste import Opinion, Taste, Traits, Verdict
from recommender.types import Mood, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).parents[3] / "shared" / "data" / "catalogue" / "catalog_unified.csv.gz"
TRACKS = 1_000_000
ARTISTS = 100_000
LANGUAGES = tuple(f"Language {number}" for number in range(25))
EXPLICIT = 0.12
QUERIES = 200
PANDAS_QUERIES = 10
OPINIONS = 200
SEED = 7


def import_s() -> float | None:
    """Seconds for a table of 54,372 rows, None where it does not lie beside the checkout."""
    if not TABLE.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        open_catalogue(data_dir).close()
        engine = make_engine(data_dir)
        start = time.perf_counter()
        import_table(TABLE, engine, data_dir, source="table")
        seconds = time.perf_counter() - start
        engine.dispose()
    return seconds


def _million() -> pd.DataFrame:
    """Songs as they lie in real tables: most in the middle of the plane, few languages large."""
    rng = np.random.default_rng(SEED)
    rank = np.minimum(rng.geometric(0.15, TRACKS), len(LANGUAGES)) - 1
    return pd.DataFrame(
        {
            "valence": np.round(rng.beta(2, 2, TRACKS) * 2 - 1, 4),
            "energy": np.round(rng.beta(2, 2, TRACKS), 4),
            "artist": rng.integers(0, ARTISTS, TRACKS),
            "language": np.array(LANGUAGES)[rank],
            "explicit": rng.random(TRACKS) < EXPLICIT,
        }
    )


def _songs(table: pd.DataFrame) -> Iterator[NewSong]:
    for number, row in enumerate(table.itertuples(index=False)):
        yield NewSong(
            title=f"Song {number}",
            artists=(f"Artist {row.artist}",),
            language=row.language,
            valence=row.valence,
            energy=row.energy,
            explicit=row.explicit,
        )


def _regular(table: pd.DataFrame) -> Listener:
    """A listener with opinions, whose taste is drawn anew for each answer."""
    opinions = [
        Opinion(
            Traits(f"Artist {row.artist}", None, row.language, row.valence, row.energy),
            Verdict.LIKE if number % 3 else Verdict.SKIP,
        )
        for number, row in enumerate(table.head(OPINIONS).itertuples(index=False))
    ]
    return Listener(taste=Taste.learned(opinions))


def _queries(count: int) -> Iterator[Query]:
    rng = np.random.default_rng(SEED + 1)
    for _ in range(count):
        mood = Mood(float(rng.uniform(-1, 1)), float(rng.uniform(0, 1)))
        language = str(rng.choice(LANGUAGES))
        yield Query(mood, "happy", languages=(language,), no_explicit=True)


def ranking() -> tuple[float, float]:
    """Return the 95th percentile in ms of twelve tiles out of a million, and pandas' time to ours.

    With a language and without explicit songs, for a listener who has said much; the ratio is that
    of the medians.
    """
    table = _million()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        open_catalogue(data_dir).close()
        engine = make_engine(data_dir)
        with writing(engine) as connection:
            replace_songs(connection, "million", "", _songs(table))
        engine.dispose()
        with closing(open_catalogue(data_dir)) as catalogue:
            source, regular = CatalogueSource(catalogue), _regular(table)
            rng = np.random.default_rng(SEED)
            for query in _queries(QUERIES):
                start = time.perf_counter()
                recommend(query, [source], regular, rng=rng)
                ours.append(time.perf_counter() - start)
    for query in _queries(PANDAS_QUERIES):
        start = time.perf_counter()
        fitting = table[(table["language"] == query.languages[0]) & ~table["explicit"]]
        half = (fitting["valence"] - query.target.valence) / 2
        away = half**2 + (fitting["energy"] - query.target.energy) ** 2
        fitting.assign(away=away).sort_values("away").head(query.count)
        theirs.append(time.perf_counter() - start)
    return float(np.percentile(ours, 95)) * 1000, float(np.median(theirs) / np.median(ours))
