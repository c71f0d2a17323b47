"""A data folder of an earlier version opens, with all that it holds.

The file was made by the version before the code moved into folders by subsystem: a catalogue of two
songs, a listener with an opinion, a ban and a mood, a dropped and a found recording, a watched
folder, a cached response, and a search of YouTube's quota.
"""

from __future__ import annotations

import csv
import gzip
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from recommender.catalogue.starter import COLUMNS
from recommender.db.app_state import get_state
from recommender.library.recordings import Recordings, Scope
from recommender.library.scan import watched
from recommender.listeners.history import History
from recommender.listeners.store import Listeners
from recommender.taste import NOBODY
from recommender.types import Mood
from recommender.wiring import open_catalogue
from recommender.youtube.videos import DailyQuota

BEFORE = Path(__file__).parents[1] / "data" / "before_the_house.db.gz"
LISTENER = "before-the-house-00001"
DAY = date(2026, 11, 20)
SHIPPED = ("Shipped", "Somebody", "Tamil", 2000, "pop", 0.5, 0.6, 0, "memory")


def test_a_folder_of_the_version_before_opens_with_all_that_it_holds(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(gzip.decompress(BEFORE.read_bytes()))
    starter = tmp_path / "starter.csv"
    with starter.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, SHIPPED])
    with closing(open_catalogue(tmp_path, starter=starter)) as catalogue:
        engine = catalogue.engine
        near = catalogue.nearest(Mood(0.5, 0.6), limit=9, radius=2.0)
        tracks = {track.title: track for track in catalogue.tracks([one.key for one in near])}
        assert set(tracks) == {"Shipped", "Mine"}
        now = datetime(2026, 11, 21, tzinfo=UTC)
        known = Listeners(engine).known(LISTENER, now)
        assert known is not NOBODY
        assert not known.corrections
        Listeners(engine).correct(LISTENER, ("sad", 1, "neutral"), 1, now)
        assert Listeners(engine).known(LISTENER, now).corrections == {("sad", 1, "neutral"): 1}
        history = History(engine)
        (opinion,) = history.opinions(LISTENER)
        (artist,) = history.banned_artists(LISTENER)
        assert {opinion.artist, artist} == {"Somebody", "Me"}
        (moment,) = history.moods(LISTENER, datetime(2026, 11, 1, tzinfo=UTC))
        assert moment.feeling == "happy"
        recordings = Recordings(engine)
        assert [one.title for one in recordings.of(Scope(owner=True))] == ["Found"]
        assert [one.title for one in recordings.of(Scope(listener=LISTENER))] == ["Dropped"]
        assert watched(engine) == [Path("/nowhere/music")]
        assert get_state(engine, "weekly") == "1"
        assert DailyQuota(engine, "youtube", 100).left(DAY) == 99
    # Tables of imports have been dropped since, after a backup.
    (kept,) = (tmp_path / "backups").iterdir()
    assert kept.name.endswith("-0004.db")
