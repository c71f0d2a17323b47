"""The database's part of a visit, against a private PostgreSQL: ``python -m tests.load.database``.

A listener asks for songs, is shown them, and likes one now and then. PostgreSQL does not wait for
its disk here: a real one adds its flush to each write.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
from sqlalchemy import text

from recommender.catalogue.source import CatalogueSource
from recommender.listeners.store import Listeners, id_of
from recommender.service import recommend
from recommender.taste import Verdict
from recommender.types import Mood, Query
from recommender.wiring import open_catalogue, open_engine
from tests.fakes.servers import postgresql

LISTENERS, ASKS = 20, 400
# One song in so many askings is liked.
LIKED_EVERY = 5
SEED = 7


def measure(asks: int) -> dict[str, float]:
    """Return what asking for songs costs, in milliseconds an asking.

    app_ms, database_ms : CPU time of this process, and of all of PostgreSQL
    search_ms, write_ms : time until the songs are there, and that a write keeps others waiting
    writes : how many an asking brings
    """
    rng = np.random.default_rng(SEED)
    searching, writing = [], []
    with postgresql() as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = open_engine(folder, url=url)
        with engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
        server = psutil.Process(backend).parent()
        assert server is not None
        listeners = Listeners(engine)
        with closing(open_catalogue(folder, url=url)) as catalogue:
            source = CatalogueSource(catalogue)

            def ask(number: int) -> None:
                listener = id_of(f"listener {number % LISTENERS}")
                mood = Mood(float(rng.uniform(-1, 1)), float(rng.uniform(0, 1)))
                begun = time.perf_counter()
                now = datetime.now(UTC)
                known = listeners.known(listener, now)
                tiles = recommend(Query(mood, "happy"), [source], known).tiles
                found = [one.track for one in tiles]
                searching.append(time.perf_counter() - begun)
                begun = time.perf_counter()
                listeners.note_shown(listener, found, now)
                writing.append(time.perf_counter() - begun)
                if number % LIKED_EVERY == 0:
                    begun = time.perf_counter()
                    listeners.judge(listener, found[0], Verdict.LIKE, now)
                    writing.append(time.perf_counter() - begun)

            for number in range(LISTENERS):
                ask(number)
            searching.clear()
            writing.clear()
            before, ours = _cpu_s(server), time.process_time()
            for number in range(asks):
                ask(number)
            after, then = _cpu_s(server), time.process_time()
        engine.dispose()
    return {
        "app_ms": 1000 * (then - ours) / asks,
        "database_ms": 1000 * (after - before) / asks,
        "search_ms": 1000 * float(np.median(searching)),
        "write_ms": 1000 * float(np.median(writing)),
        "writes": len(writing) / asks,
    }


def _cpu_s(server: psutil.Process) -> float:
    """CPU time of a server and its processes so far."""
    times = [one.cpu_times() for one in (server, *server.children())]
    return sum(one.user + one.system for one in times)


def main() -> int:
    """Measure, and print it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.database", description=__doc__)
    parser.add_argument("--asks", type=int, default=ASKS)
    print(json.dumps(measure(parser.parse_args().asks), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
