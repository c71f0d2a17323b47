"""The catalogue at size: importing a table, and ranking a million tracks against pandas' sort."""

from __future__ import annotations

import csv
import gzip
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recommender.catalogue.source import CatalogueSource
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import make_engine, write_transaction
from recommender.ingest.table_import import import_table
from recommender.service import recommend
from recommender.taste import Listener, Opinion, Taste, Traits, Verdict
from recommender.types import Mood, Query
from recommender.wiring import open_catalogue
from tests.bench.busy import busy_cores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.sizes import Sizes

TABLE = Path(__file__).parents[3] / "shared" / "data" / "catalogue" / "catalog_unified.csv.gz"
TABLE_ROWS = 54_372
TRACKS_PER_ARTIST = 10
LANGUAGES = tuple(f"Language {number}" for number in range(25))
EXPLICIT = 0.12
OPINIONS = 200
SEED = 7


@dataclass(frozen=True, slots=True)
class Ranking:
    """Speed of choosing twelve tiles out of many tracks.

    p95_ms, p95_busy_ms : 95th percentile, alone and while other processes keep two cores busy
    vs_pandas : pandas' time to ours, of the medians, alone
    """

    p95_ms: float
    p95_busy_ms: float
    vs_pandas: float


def import_s(rows: int | None) -> float | None:
    """Seconds for the catalogue's table, None where it does not lie beside the checkout.

    rows : how many are cut from it, plain CSV; None for all of them as they lie, packed by gzip
    """
    if not TABLE.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        table = TABLE if rows is None else _cut(rows, data_dir / "table.csv")
        open_catalogue(data_dir).close()
        engine = make_engine(data_dir)
        start = time.perf_counter()
        import_table(table, engine, data_dir, source="table")
        seconds = time.perf_counter() - start
        engine.dispose()
    return seconds


def _cut(rows: int, path: Path) -> Path:
    with (
        gzip.open(TABLE, "rt", encoding="utf-8", newline="") as whole,
        path.open("w", encoding="utf-8", newline="") as part,
    ):
        csv.writer(part).writerows(islice(csv.reader(whole), 1 + rows))
    return path


def _many(tracks: int) -> pd.DataFrame:
    """Songs as they lie in real tables: most in the middle of the plane, few languages large."""
    rng = np.random.default_rng(SEED)
    rank = np.minimum(rng.geometric(0.15, tracks), len(LANGUAGES)) - 1
    return pd.DataFrame(
        {
            "valence": np.round(rng.beta(2, 2, tracks) * 2 - 1, 4),
            "energy": np.round(rng.beta(2, 2, tracks), 4),
            "artist": rng.integers(0, tracks // TRACKS_PER_ARTIST, tracks),
            "language": np.array(LANGUAGES)[rank],
            "explicit": rng.random(tracks) < EXPLICIT,
        }
    )


def _songs(table: pd.DataFrame) -> Iterator[SongRecord]:
    for number, row in enumerate(table.itertuples(index=False)):
        yield SongRecord(
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


def _answer_s(data_dir: Path, regular: Listener, queries: int) -> list[float]:
    """Seconds of each answer from the catalogue, opened anew."""
    rng, seconds = np.random.default_rng(SEED), []
    with closing(open_catalogue(data_dir)) as catalogue:
        source = CatalogueSource(catalogue)
        for query in _queries(queries):
            start = time.perf_counter()
            recommend(query, [source], regular, rng=rng)
            seconds.append(time.perf_counter() - start)
    return seconds


def ranking(sizes: Sizes) -> Ranking:
    """Measure how fast twelve tiles are chosen out of many tracks.

    With a language and without explicit songs, for a listener who has said much.
    """
    table = _many(sizes.tracks)
    regular = _regular(table)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        open_catalogue(data_dir).close()
        engine = make_engine(data_dir)
        with write_transaction(engine) as connection:
            replace_batch(connection, "many", "", _songs(table))
        engine.dispose()
        alone = _answer_s(data_dir, regular, sizes.queries)
        with busy_cores():
            beside = _answer_s(data_dir, regular, sizes.queries)
    pandas = []
    for query in _queries(sizes.pandas_queries):
        start = time.perf_counter()
        fitting = table[(table["language"] == query.languages[0]) & ~table["explicit"]]
        half = (fitting["valence"] - query.target.valence) / 2
        away = half**2 + (fitting["energy"] - query.target.energy) ** 2
        fitting.assign(away=away).sort_values("away").head(query.count)
        pandas.append(time.perf_counter() - start)
    p95, p95_busy = (float(np.percentile(times, 95)) * 1000 for times in (alone, beside))
    return Ranking(p95, p95_busy, float(np.median(pandas) / np.median(alone)))
