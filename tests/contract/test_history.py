"""What is promised of looking at what is kept, the same on every engine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from recommender.catalogue.starter import COLUMNS
from recommender.catalogue.writer import SongRecord, key_of, replace_batch
from recommender.db.engine import write_transaction
from recommender.db.tables import Base
from recommender.errors import Unavailable
from recommender.listeners.history import History, Judgement, MoodMoment, Opened
from recommender.listeners.store import Listeners, id_of
from recommender.taste import Verdict
from recommender.types import Mood, SourceName, Track
from recommender.wiring import open_engine
from tests.fakes.library import keep_song

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ME, YOU = id_of("me"), id_of("you")
SPOTIFY_ID = "4cOdK2wGLETKBW3PvgPWqT"


NEW = (
    SongRecord(title="Ao Vivo", artists=("Elis Regina", "Tom Jobim"), language="Portuguese"),
    SongRecord(title="Bliss", artists=("Muse",), language="English"),
)
VIVO, BLISS = (
    Track(one.title, one.artists, SourceName.CATALOGUE, key_of("mine", one)) for one in NEW
)


@pytest.fixture
def engine(with_tables: str | None, tmp_path: Path) -> Iterator[Engine]:
    # The shipped songs would only cost time.
    starter = tmp_path / "starter.csv"
    starter.write_text(f"{','.join(COLUMNS)}\n")
    opened = open_engine(tmp_path, url=with_tables, starter=starter)
    with write_transaction(opened) as connection:
        replace_batch(connection, "mine", "0", NEW)
    yield opened
    opened.dispose()


@pytest.fixture
def listeners(engine: Engine) -> Listeners:
    return Listeners(engine)


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


def spotify_song() -> Track:
    return Track("Never", ("Rick",), SourceName.SPOTIFY, SPOTIFY_ID)


def lose_songs(engine: Engine) -> None:
    """Let the table with the two songs go."""
    with write_transaction(engine) as connection:
        replace_batch(connection, "mine", "1", ())


def open_song(listeners: Listeners, listener: str, track: Track, at: datetime, times: int) -> None:
    listeners.note_shown(listener, [track], at)
    for _ in range(times):
        listeners.note_opened(listener, track.source_id, at)


def test_of_a_stranger_there_is_nothing(history: History) -> None:
    assert history.moods(ME, NOW - DAY) == []
    assert history.most_opened(ME, 10) == []
    assert history.opinions(ME) == []
    assert history.banned_artists(ME) == []
    assert history.export(ME) == {
        "keeps_history": False,
        "last_here_on": None,
        "moods": [],
        "opinions": [],
        "banned_artists": [],
        "corrections": [],
        "hearings": [],
        "recordings": [],
    }


def test_moods_come_oldest_first_from_a_time_on_and_are_ones_own(
    listeners: Listeners, history: History
) -> None:
    for listener in (ME, YOU):
        listeners.keep_history(listener, NOW, keep=True)
    listeners.note_mood(ME, Mood(0.8, 0.7, 0.9), "happy", NOW)
    listeners.note_mood(ME, Mood(-0.6, 0.4, 0.5), "sad", NOW - HOUR)
    listeners.note_mood(ME, Mood(0.5, 0.2), "calm", NOW - HOUR - timedelta(seconds=1))
    listeners.note_mood(YOU, Mood(-0.5, 0.8), "angry", NOW)
    sad = MoodMoment(NOW - HOUR, "sad", -0.6, 0.4, 0.5)
    happy = MoodMoment(NOW, "happy", 0.8, 0.7, 0.9)
    assert history.moods(ME, NOW - HOUR) == [sad, happy]
    assert history.moods(ME, NOW - HOUR)[0].at.tzinfo is UTC
    nepal = timezone(timedelta(hours=5.75))
    assert history.moods(ME, NOW.astimezone(nepal)) == [happy]
    assert len(history.moods(ME, NOW - DAY)) == 3


def test_the_songs_opened_most_come_first_over_all_days(
    listeners: Listeners, history: History, engine: Engine
) -> None:
    for listener in (ME, YOU):
        listeners.keep_history(listener, NOW, keep=True)
    open_song(listeners, ME, VIVO, NOW - DAY, 2)
    open_song(listeners, ME, VIVO, NOW, 1)
    open_song(listeners, ME, BLISS, NOW, 2)
    open_song(listeners, YOU, BLISS, NOW, 5)
    first = Opened(VIVO.source_id, "Ao Vivo", ("Elis Regina", "Tom Jobim"), 3)
    second = Opened(BLISS.source_id, "Bliss", ("Muse",), 2)
    assert history.most_opened(ME, 10) == [first, second]
    assert history.most_opened(ME, 1) == [first]
    lose_songs(engine)
    assert history.most_opened(ME, 10) == []


def test_files_of_ones_own_have_their_names_too(
    listeners: Listeners, history: History, engine: Engine
) -> None:
    key = keep_song(engine, "Own", "A, B", listener=ME)
    keep_song(engine, "Other", listener=YOU)
    own = Track("Own", ("A, B",), SourceName.LIBRARY, key)
    listeners.keep_history(ME, NOW, keep=True)
    open_song(listeners, ME, own, NOW, 2)
    listeners.judge(ME, own, Verdict.LIKE, NOW)
    assert history.most_opened(ME, 10) == [Opened(key, "Own", ("A, B",), 2)]
    (opinion,) = history.opinions(ME)
    assert (opinion.title, opinion.artist) == ("Own", "A, B")
    exported = history.export(ME)
    (recording,) = exported["recordings"]
    assert (recording["title"], len(recording["feelings"])) == ("Own", 9)
    assert "/nowhere" not in json.dumps(exported)


def test_a_song_that_was_never_opened_is_not_among_the_opened(
    listeners: Listeners, history: History
) -> None:
    listeners.keep_history(ME, NOW, keep=True)
    listeners.note_shown(ME, [VIVO], NOW)
    assert history.most_opened(ME, 10) == []


def test_opinions_come_newest_first_with_titles_while_the_songs_are_there(
    listeners: Listeners, history: History, engine: Engine
) -> None:
    listeners.judge(ME, VIVO, Verdict.LIKE, NOW - HOUR)
    listeners.judge(ME, BLISS, Verdict.BAN, NOW - DAY)
    listeners.judge(ME, spotify_song(), Verdict.SKIP, NOW)
    listeners.judge(YOU, BLISS, Verdict.LIKE, NOW)
    skip = Judgement(SPOTIFY_ID, None, "Rick", Verdict.SKIP, NOW)
    like = Judgement(VIVO.source_id, "Ao Vivo", "Elis Regina", Verdict.LIKE, NOW - HOUR)
    ban = Judgement(BLISS.source_id, "Bliss", "Muse", Verdict.BAN, NOW - DAY)
    assert history.opinions(ME) == [skip, like, ban]
    lose_songs(engine)
    assert [(one.title, one.artist) for one in history.opinions(ME)] == [
        (None, "Rick"),
        (None, "Elis Regina"),
        (None, "Muse"),
    ]


def test_banned_artists_are_in_order_whatever_their_accents(
    listeners: Listeners, history: History
) -> None:
    for name in ("Édith Piaf", "ABBA", "Zaz", "eels"):
        one = Track("Song", (name,), SourceName.CATALOGUE, "song")
        listeners.ban_artist(ME, one, NOW)
    listeners.ban_artist(YOU, BLISS, NOW)
    assert history.banned_artists(ME) == ["ABBA", "Édith Piaf", "eels", "Zaz"]


def test_the_export_holds_every_row_of_this_listener_and_no_id(
    listeners: Listeners, history: History, engine: Engine
) -> None:
    for listener in (ME, YOU):
        listeners.keep_history(listener, NOW, keep=True)
        listeners.note_mood(listener, Mood(0.8, 0.7, 0.9), "happy", NOW)
        listeners.judge(listener, VIVO, Verdict.LIKE, NOW)
        listeners.judge(listener, spotify_song(), Verdict.BAN, NOW)
        listeners.ban_artist(listener, BLISS, NOW)
        listeners.correct(listener, ("sad", 1, "neutral"), 2, NOW)
        open_song(listeners, listener, BLISS, NOW, 2)
    lose_songs(engine)
    export = history.export(ME)
    at = "2026-03-14T15:09:26+00:00"
    traits = {"genre": None, "language": None, "valence": None, "energy": None, "title": None}
    vivo = {"track_key": VIVO.source_id, "source": "catalogue", "verdict": "like"}
    rick = {"track_key": SPOTIFY_ID, "source": "spotify", "verdict": "ban"}
    said = [vivo | {"artist": "Elis Regina"} | traits, rick | {"artist": "Rick"} | traits]
    assert export == {
        "keeps_history": True,
        "last_here_on": "2026-03-14",
        "moods": [{"at": at, "feeling": "happy", "valence": 0.8, "energy": 0.7, "confidence": 0.9}],
        "opinions": sorted(({"at": at} | one for one in said), key=lambda one: one["track_key"]),
        "banned_artists": [{"name": "Muse", "source": "catalogue"}],
        "corrections": [{"read_as": "sad", "level": 1, "truly": "neutral", "times": 2}],
        "hearings": [
            {"track_key": BLISS.source_id, "day": "2026-03-14", "opened": 2, "title": None}
        ],
        "recordings": [],
    }
    written = json.dumps(export)
    assert json.loads(written) == export
    assert ME not in written


def test_the_export_knows_every_table_of_a_listener() -> None:
    of_listener = {
        table.name for table in Base.metadata.sorted_tables if "listener_id" in table.columns
    }
    ours = {"moods", "opinions", "banned_artists", "corrections", "hearings", "recordings"}
    assert of_listener == ours


def test_what_cannot_be_read_is_unavailable(history: History, engine: Engine) -> None:
    with write_transaction(engine) as connection:
        for table in ("moods", "opinions", "banned_artists", "hearings"):
            connection.execute(text(f"DROP TABLE {table}"))
    for ask in (
        lambda: history.moods(ME, NOW),
        lambda: history.most_opened(ME, 1),
        lambda: history.opinions(ME),
        lambda: history.banned_artists(ME),
        lambda: history.export(ME),
    ):
        with pytest.raises(Unavailable, match="cannot be used"):
            ask()
