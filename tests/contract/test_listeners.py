"""What is promised of likes, bans, songs heard and moods, the same on every engine."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, text

from recommender.catalogue.starter import COLUMNS
from recommender.db.app_state import BELIEVED_AFTER_DAYS
from recommender.db.engine import BRIEF_SECONDS, BUSY_SECONDS, write_transaction
from recommender.db.tables import (
    BannedArtistRow,
    Base,
    CorrectionRow,
    ImpressionRow,
    ListenerRow,
    MoodRow,
    OpinionRow,
    RecordingRow,
)
from recommender.errors import Unavailable
from recommender.listeners.store import (
    FORGOTTEN_AFTER_DAYS,
    KEPT_DAYS,
    SKIP_DAYS,
    Listeners,
    drop_forgotten,
    id_of,
    new_token,
)
from recommender.taste import NOBODY, NOVELTY_DAYS, Verdict, traits_of
from recommender.types import MAX_TEXT_LENGTH, Mood, SourceName, Track
from recommender.wiring import open_engine
from tests.busy import LATE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

NOW = datetime(2026, 3, 14, 15, 9, 26, 535_000, UTC)
DAY = timedelta(days=1)
ME, YOU = id_of("me"), id_of("you")
GLAD = Mood(0.8, 0.7, 0.9)
SADLY_NEUTRAL = ("sad", 1, "neutral")
SPOTIFY_ID = "4cOdK2wGLETKBW3PvgPWqT"
OWN_TABLES = (OpinionRow, BannedArtistRow, CorrectionRow, ImpressionRow, MoodRow)


@pytest.fixture
def engine(with_tables: str | None, tmp_path: Path) -> Iterator[Engine]:
    # The shipped songs would only cost time.
    starter = tmp_path / "starter.csv"
    starter.write_text(f"{','.join(COLUMNS)}\n")
    opened = open_engine(tmp_path, url=with_tables, starter=starter)
    yield opened
    opened.dispose()


@pytest.fixture
def listeners(engine: Engine) -> Listeners:
    return Listeners(engine)


def song(key: str = "halo", artist: str = "Beyoncé") -> Track:
    places = {"valence": 0.75, "energy": 0.6}
    about = {"genre": "pop", "language": "English"}
    return Track(key.title(), (artist,), SourceName.CATALOGUE, key, **about, **places)


def spotify_song() -> Track:
    about = {"genre": "pop", "language": "English", "valence": 0.1, "energy": 0.9}
    return Track("Never", ("Rick", "Astley"), SourceName.SPOTIFY, SPOTIFY_ID, **about)


def counts(engine: Engine, listener: str) -> dict[str, int]:
    """How many rows each table holds of a listener."""
    with engine.connect() as connection:
        return {
            table.__tablename__: connection.scalar(
                select(func.count()).select_from(table).where(table.listener_id == listener)
            )
            or 0
            for table in OWN_TABLES
        }


def fill(listeners: Listeners, listener: str, now: datetime = NOW) -> None:
    """Keep something of each kind."""
    listeners.keep_history(listener, now, keep=True)
    listeners.judge(listener, song(), Verdict.LIKE, now)
    listeners.ban_artist(listener, song(artist="Nobody"), now)
    listeners.correct(listener, SADLY_NEUTRAL, 1, now)
    listeners.note_shown(listener, [song()], now)
    listeners.note_opened(listener, "halo", now)
    listeners.note_mood(listener, GLAD, "happy", now)


def use_daily(engine: Engine, until: datetime) -> None:
    """Let the app be in use on the days that a clock needs to be believed."""
    for back in reversed(range(BELIEVED_AFTER_DAYS)):
        with write_transaction(engine) as connection:
            drop_forgotten(connection, until - back * DAY)


def test_of_a_stranger_nothing_is_known_and_asking_keeps_nothing(
    listeners: Listeners, engine: Engine
) -> None:
    assert listeners.known(ME, NOW) is NOBODY
    listeners.note_mood(ME, GLAD, "happy", NOW)
    listeners.note_opened(ME, "halo", NOW)
    listeners.take_back(ME, "halo")
    listeners.correct(ME, SADLY_NEUTRAL, -1, NOW)
    listeners.delete_everything(ME)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(ListenerRow)) == 0


def test_the_cookies_word_stands_nowhere_in_the_database(
    listeners: Listeners, engine: Engine
) -> None:
    token = new_token()
    fill(listeners, id_of(token))
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            assert token not in str(connection.execute(select(table)).all())
    assert token not in id_of(token)
    assert len({new_token() for _ in range(100)}) == 100


def test_a_like_teaches_the_taste_and_keeps_what_the_song_is_like(
    listeners: Listeners, engine: Engine
) -> None:
    listeners.judge(ME, song(), Verdict.LIKE, NOW)
    known = listeners.known(ME, NOW)
    assert (known.liked, known.liked_artists) == ({"halo"}, {"beyonce"})
    assert known.taste.expected(traits_of(song())) > 0
    assert not known.without
    with engine.connect() as connection:
        kept = connection.execute(select(OpinionRow.__table__)).one()
    assert (kept.genre, kept.language, kept.valence, kept.energy) == ("pop", "English", 0.75, 0.6)


def test_the_last_word_on_a_song_counts_and_can_be_taken_back(
    listeners: Listeners, engine: Engine
) -> None:
    for verdict in (Verdict.LIKE, Verdict.SKIP, Verdict.BAN):
        listeners.judge(ME, song(), verdict, NOW)
    known = listeners.known(ME, NOW)
    assert (known.liked, known.without) == (frozenset(), {"halo"})
    listeners.judge(ME, song(), None, NOW)
    assert listeners.known(ME, NOW).without == frozenset()
    listeners.judge(ME, song(), Verdict.BAN, NOW)
    listeners.take_back(YOU, "halo")
    assert counts(engine, ME)["opinions"] == 1
    listeners.take_back(ME, "halo")
    assert counts(engine, ME)["opinions"] == 0
    assert listeners.known(ME, NOW).taste.empty


def test_a_skip_leaves_a_song_out_for_a_day_and_a_ban_for_good(listeners: Listeners) -> None:
    listeners.judge(ME, song("skipped"), Verdict.SKIP, NOW)
    listeners.judge(ME, song("banned"), Verdict.BAN, NOW)
    soon = NOW + SKIP_DAYS * DAY - timedelta(seconds=1)
    assert listeners.known(ME, soon).without == {"skipped", "banned"}
    late = listeners.known(ME, NOW + SKIP_DAYS * DAY)
    assert late.without == {"banned"}
    assert late.taste.expected(traits_of(song("skipped"))) < 0


def test_a_banned_artist_can_be_allowed_again(listeners: Listeners, engine: Engine) -> None:
    for _ in range(2):
        listeners.ban_artist(ME, song(artist="Sigur Rós"), NOW)
    assert counts(engine, ME)["banned_artists"] == 1
    assert listeners.known(ME, NOW).without_artists == {"sigurros"}
    assert not listeners.known(YOU, NOW).without_artists
    listeners.allow_artist(ME, "Sigur Rós")
    assert not listeners.known(ME, NOW).without_artists


def test_corrections_are_counted_by_listener_and_can_be_taken_back(
    listeners: Listeners, engine: Engine
) -> None:
    surely, right = ("sad", 3, "neutral"), ("sad", 1, "sad")
    for answer in (SADLY_NEUTRAL, SADLY_NEUTRAL, SADLY_NEUTRAL, surely, right):
        listeners.correct(ME, answer, 1, NOW)
    listeners.correct(YOU, right, 1, NOW)
    with write_transaction(engine) as connection:
        connection.execute(insert(CorrectionRow), [_correction("bored"), _correction("tired")])
    assert listeners.known(ME, NOW).corrections == {SADLY_NEUTRAL: 3, surely: 1, right: 1}
    assert listeners.known(YOU, NOW).corrections == {right: 1}
    listeners.correct(ME, SADLY_NEUTRAL, -1, NOW)
    listeners.correct(ME, right, -2, NOW)
    assert listeners.known(ME, NOW).corrections == {SADLY_NEUTRAL: 2, surely: 1}


def _correction(word: str) -> dict[str, object]:
    """A row as a crafted backup may bring it."""
    return {"listener_id": ME, "read_as": word, "level": 1, "truly": "sad", "times": 1}


def test_songs_count_as_heard_for_some_days_and_are_dropped_then(
    listeners: Listeners, engine: Engine
) -> None:
    listeners.note_shown(ME, [song("old")], NOW - (NOVELTY_DAYS + 1) * DAY)
    listeners.note_shown(ME, [song("week")], NOW - NOVELTY_DAYS * DAY)
    for _ in range(2):
        listeners.note_shown(ME, [song("week"), song("new"), spotify_song()], NOW - DAY)
    assert listeners.known(ME, NOW).shown_days_ago == {"week": 1, "new": 1}
    assert listeners.known(ME, NOW + NOVELTY_DAYS * DAY).shown_days_ago == {}
    listeners.note_shown(ME, [song("new")], NOW)
    assert listeners.known(ME, NOW).shown_days_ago == {"week": 1, "new": 0}
    # The old one has gone; the others are noted once a day.
    assert counts(engine, ME)["hearings"] == 4


def test_moods_and_openings_are_kept_only_while_the_history_is_on(
    listeners: Listeners, engine: Engine
) -> None:
    def opened() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(select(func.sum(ImpressionRow.opened))) or 0)

    listeners.note_shown(ME, [song()], NOW)
    listeners.note_mood(ME, GLAD, "happy", NOW)
    listeners.note_opened(ME, "halo", NOW)
    assert (counts(engine, ME)["moods"], opened()) == (0, 0)
    listeners.keep_history(ME, NOW, keep=True)
    assert listeners.known(ME, NOW).keeps_history
    for _ in range(3):
        listeners.note_mood(ME, GLAD, "happy", NOW)
        listeners.note_opened(ME, "halo", NOW)
    assert (counts(engine, ME)["moods"], opened()) == (3, 3)
    # With a history, what was heard stays.
    listeners.note_shown(ME, [song("old")], NOW - 30 * DAY)
    listeners.note_shown(ME, [song()], NOW)
    assert counts(engine, ME)["hearings"] == 2
    listeners.keep_history(ME, NOW, keep=False)
    assert not listeners.known(ME, NOW).keeps_history
    assert (counts(engine, ME)["moods"], opened()) == (0, 0)
    assert listeners.known(ME, NOW).shown_days_ago == {"halo": 0}
    assert counts(engine, ME)["hearings"] == 1


def test_a_history_is_no_archive(listeners: Listeners, engine: Engine) -> None:
    use_daily(engine, NOW)
    listeners.keep_history(ME, NOW, keep=True)
    oldest = (NOW - (KEPT_DAYS + BELIEVED_AFTER_DAYS - 1) * DAY).replace(hour=0, minute=0, second=0)
    listeners.note_mood(ME, GLAD, "happy", oldest - timedelta(seconds=1))
    listeners.note_mood(ME, GLAD, "happy", oldest)
    listeners.note_shown(ME, [song("old")], oldest - DAY)
    use_daily(engine, NOW)
    listeners.note_mood(ME, GLAD, "happy", NOW)
    listeners.note_shown(ME, [song()], NOW)
    assert (counts(engine, ME)["moods"], counts(engine, ME)["hearings"]) == (2, 1)


def test_of_spotifys_songs_only_the_id_and_the_artist_are_kept_and_no_taste_learned(
    listeners: Listeners, engine: Engine
) -> None:
    listeners.judge(ME, spotify_song(), Verdict.LIKE, NOW)
    known = listeners.known(ME, NOW)
    assert known.taste.empty
    assert (known.liked, known.liked_artists) == ({SPOTIFY_ID}, {"rick"})
    with engine.connect() as connection:
        kept = dict(connection.execute(select(OpinionRow.__table__)).mappings().one())
    assert kept == {
        "listener_id": ME,
        "track_key": SPOTIFY_ID,
        "source": "spotify",
        "verdict": "like",
        "at": NOW.replace(tzinfo=None, microsecond=0),
        "artist": "Rick",
        "genre": None,
        "language": None,
        "valence": None,
        "energy": None,
    }


def test_leaving_spotify_forgets_what_was_said_on_its_songs_alone(listeners: Listeners) -> None:
    for listener in (ME, YOU):
        listeners.judge(listener, spotify_song(), Verdict.BAN, NOW)
        listeners.ban_artist(listener, spotify_song(), NOW)
        listeners.judge(listener, song(), Verdict.LIKE, NOW)
        listeners.ban_artist(listener, song(artist="Nobody"), NOW)
    listeners.forget_spotify(ME)
    known = listeners.known(ME, NOW)
    assert (known.liked, known.without, known.without_artists) == ({"halo"}, set(), {"nobody"})
    assert listeners.known(YOU, NOW).without_artists == {"nobody", "rick"}


def test_forgetting_the_taste_leaves_the_moods(listeners: Listeners, engine: Engine) -> None:
    fill(listeners, ME)
    fill(listeners, YOU)
    listeners.forget_taste(ME)
    assert listeners.known(ME, NOW).taste.empty
    gone = {"opinions": 0, "banned_artists": 0}
    assert counts(engine, ME) == {**gone, "corrections": 1, "hearings": 1, "moods": 1}
    assert counts(engine, YOU) == dict.fromkeys(counts(engine, YOU), 1)


def test_deleting_everything_leaves_the_others_alone(listeners: Listeners, engine: Engine) -> None:
    fill(listeners, ME)
    fill(listeners, YOU)
    before = listeners.known(YOU, NOW)
    listeners.delete_everything(ME)
    assert listeners.known(ME, NOW) is NOBODY
    assert counts(engine, ME) == dict.fromkeys(counts(engine, ME), 0)
    assert counts(engine, YOU) == dict.fromkeys(counts(engine, YOU), 1)
    assert listeners.known(YOU, NOW).liked == before.liked


def test_who_has_not_come_for_longer_than_a_cookie_lives_is_forgotten(
    listeners: Listeners, engine: Engine
) -> None:
    last = NOW - (BELIEVED_AFTER_DAYS - 1) * DAY
    fill(listeners, ME, last - (FORGOTTEN_AFTER_DAYS + 1) * DAY)
    fill(listeners, YOU, last - (FORGOTTEN_AFTER_DAYS + 1) * DAY)
    listeners.judge(YOU, song(), Verdict.LIKE, last - FORGOTTEN_AFTER_DAYS * DAY)
    use_daily(engine, NOW)
    assert counts(engine, ME) == dict.fromkeys(counts(engine, ME), 0)
    assert listeners.known(YOU, NOW).liked == {"halo"}
    # A new listener's coming does the same.
    listeners.judge(id_of("new"), song(), Verdict.LIKE, NOW + DAY)
    assert listeners.known(YOU, NOW) is NOBODY


def test_no_press_waits_long_for_another_writer(listeners: Listeners, engine: Engine) -> None:
    listeners.keep_history(ME, NOW, keep=True)
    with write_transaction(engine):
        began = time.monotonic()
        for note in (
            lambda: listeners.note_shown(ME, [song()], NOW),
            lambda: listeners.note_opened(ME, "halo", NOW),
            lambda: listeners.note_mood(ME, GLAD, "happy", NOW),
        ):
            with pytest.raises(Unavailable):
                note()
        assert time.monotonic() - began < 3 * BRIEF_SECONDS + LATE_S
    assert counts(engine, ME)["moods"] == 0
    fill(listeners, ME)
    assert counts(engine, ME) == dict.fromkeys(counts(engine, ME), 1)
    with engine.connect() as connection:
        ask = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SHOW lock_timeout"}
        if engine.dialect.name in ask:
            patience = connection.exec_driver_sql(ask[engine.dialect.name]).scalar()
            assert patience in {1000 * BUSY_SECONDS, "0"}, "others are as patient as before"


@pytest.mark.parametrize("hours", [-11, 0, 5.75, 14])
def test_the_time_zone_of_a_time_does_not_matter(listeners: Listeners, hours: float) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=hours)))
    listeners.judge(ME, song("skipped"), Verdict.SKIP, there)
    listeners.note_shown(ME, [song()], there)
    later = NOW + SKIP_DAYS * DAY - timedelta(seconds=1)
    assert listeners.known(ME, later).without == {"skipped"}
    assert listeners.known(ME, there + SKIP_DAYS * DAY).without == set()
    assert listeners.known(ME, there).shown_days_ago == {"halo": 0}


def test_the_longest_names_and_every_letter_fit(listeners: Listeners) -> None:
    long = "恋" * MAX_TEXT_LENGTH
    listeners.judge(ME, song("a" * 64, long), Verdict.LIKE, NOW)
    listeners.ban_artist(ME, song(artist=long), NOW)
    listeners.ban_artist(ME, song(artist=long.replace("恋", "🔥")), NOW)
    known = listeners.known(ME, NOW)
    assert known.liked_artists == {long}
    assert len(known.without_artists) == 2


def test_a_database_without_its_tables_is_unavailable(listeners: Listeners, engine: Engine) -> None:
    with write_transaction(engine) as connection:
        for table in (*OWN_TABLES, RecordingRow, ListenerRow):
            connection.execute(text(f"DROP TABLE {table.__tablename__}"))
    with pytest.raises(Unavailable, match="cannot be used"):
        listeners.known(ME, NOW)
    with pytest.raises(Unavailable, match="cannot be used"):
        listeners.judge(ME, song(), Verdict.LIKE, NOW)
