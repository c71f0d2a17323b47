"""A server's songs: listed, placed, heard in the background, and found near a mood."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from recommender.db.tables import NAME_LENGTH
from recommender.errors import CannotTag, SourceError, Unavailable
from recommender.library.file_tagging import fingerprint
from recommender.library.pool import pool
from recommender.service import recommend
from recommender.settings import settings_from
from recommender.subsonic import hearing
from recommender.subsonic import shelf as shelf_module
from recommender.subsonic.client import PAGE_SIZE, Login, SubsonicClient
from recommender.subsonic.heard import Heard, HeardInDatabase, HeardInMemory
from recommender.subsonic.hearing import OWNERS, hear, one_by_one
from recommender.subsonic.server import FOLDER, MusicServer
from recommender.subsonic.shelf import Shelf
from recommender.subsonic.source import SubsonicSource
from recommender.types import Mood, Query, SourceName
from recommender.web.addresses import owners_address
from recommender.wiring import open_engine, owners_server
from tests.busy import LATE_S
from tests.fakes.sources import ListSource, fake_tracks
from tests.fakes.subsonic import PASSWORD, USER, FakeSubsonic, song
from tests.fakes.tagged import NotingHere
from tests.fakes.taggers import Here, LoudnessTagger, NextTagger, write_wav

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.library.file_tagging import TaggerPool
    from recommender.subsonic.heard import HeardSongs
    from recommender.subsonic.hearing import MakePool

QUERY = Query(Mood(0.8, 0.7), "happy", count=6)
UNKNOWN = {"moods": [], "genre": None, "bpm": 0}


def shelf_of(fake: FakeSubsonic, heard: HeardSongs | None = None) -> Shelf:
    client = SubsonicClient(owners_address(fake.base), Login(USER, PASSWORD))
    return Shelf(client, HeardInMemory() if heard is None else heard)


def soon() -> float:
    return time.monotonic() + 5


def test_songs_come_page_by_page_and_a_server_that_repeats_itself_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = [song(number) for number in range(PAGE_SIZE + 20)]
    with FakeSubsonic(many) as fake:
        shelf = shelf_of(fake)
        shelf.refresh()
        assert [one.id for one in shelf.songs()] == [one["id"] for one in many]
        # One that ignores the offset.
        monkeypatch.setattr(shelf.client, "songs", lambda *_, **__: many[:PAGE_SIZE])
        shelf.refresh()
        assert len(shelf.songs()) == PAGE_SIZE
        # One that lists nothing for an empty search.
        monkeypatch.setattr(shelf.client, "songs", lambda *_, **__: [])
        fake.songs = many[:3]
        shelf.refresh()
        assert len(shelf.songs()) == 3
        # One that has more than fit.
        small = Shelf(shelf.client, HeardInMemory(), max_songs=2)
        small.refresh()
        assert len(small.songs()) == 2


def test_a_search_needs_the_server_but_asks_it_seldom() -> None:
    with FakeSubsonic([song(n, moods=["happy"]) for n in range(9)]) as fake:
        source = SubsonicSource(shelf_of(fake))
        with pytest.raises(Unavailable) as early:
            source.search(QUERY, deadline=time.monotonic() + 0.3)
        assert early.value.message.id == "server-late"
        source.shelf.refresh()
        asked = len(fake.asked)
        for _ in range(3):
            assert len(source.search(QUERY, deadline=soon())) == QUERY.count
        assert len(fake.asked) == asked


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("reset", "server-unreachable"),
        ("stall", "server-late"),
        ("drip", "server-late"),
        ("full", "server-full"),
        ("HTML", "server-nonsense"),
        ("redirecting", "server-redirects"),
    ],
)
def test_songs_from_elsewhere_and_one_sentence_while_the_server_fails(
    fault: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "STATE_KEPT_S", 0.0)
    with FakeSubsonic([song(n, moods=["happy"]) for n in range(20)]) as fake:
        shelf = shelf_of(fake)
        shelf.refresh()
        sources = [ListSource(fake_tracks(20)), SubsonicSource(shelf)]
        found = recommend(QUERY, sources).tiles
        assert SourceName.SERVER in {tile.track.source for tile in found}
        fake.fault = fault
        begun = time.monotonic()
        failing = recommend(QUERY, sources)
        assert time.monotonic() - begun < shelf_module.UP_S + LATE_S
        assert {tile.track.source for tile in failing.tiles} == {SourceName.CATALOGUE}
        assert [one.id for one in failing.notice] == [said, "songs-may-be-fewer"]


def test_a_song_that_is_in_both_comes_from_the_server() -> None:
    with FakeSubsonic([song(n, moods=["happy"]) for n in range(3)]) as fake:
        shelf = shelf_of(fake)
        shelf.refresh()
        found = recommend(QUERY, [ListSource(fake_tracks(3)), SubsonicSource(shelf)])
        assert {tile.track.source for tile in found.tiles} == {SourceName.SERVER}
        assert len(found.tiles) == 3


@contextmanager
def lent(taggers: NotingHere) -> Iterator[TaggerPool]:
    yield taggers


def pool_of(tagger: LoudnessTagger) -> MakePool:
    return partial(lent, NotingHere(tagger))


@pytest.fixture
def sounds(tmp_path: Path) -> dict[str, bytes]:
    return {
        f"so-{n}": write_wav(tmp_path / f"{n}.wav", loudness).read_bytes()
        for n, loudness in enumerate((0.1, 0.5, 0.9))
    }


@pytest.fixture
def unheard(sounds: dict[str, bytes]) -> Iterator[FakeSubsonic]:
    songs = [song(n, **UNKNOWN, size=len(sounds[f"so-{n}"])) for n in range(3)]
    with FakeSubsonic(songs, sounds=sounds) as fake:
        yield fake


def test_unknown_songs_are_heard_and_found_by_what_was_heard(
    unheard: FakeSubsonic, tmp_path: Path
) -> None:
    shelf = shelf_of(unheard)
    shelf.refresh()
    assert shelf.placed() == []
    told: list[tuple[int, int]] = []
    heard = hear(
        shelf, pool_of(LoudnessTagger()), OWNERS, tmp_path / FOLDER,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert heard == 3
    assert told == [(1, 3), (2, 3), (3, 3)]
    places = {one.id: point for one, point in shelf.placed()}
    assert places["so-0"][1] < places["so-1"][1] < places["so-2"][1]
    # Nothing of the sound stays.
    assert list((tmp_path / FOLDER).iterdir()) == []
    target = Mood(*places["so-2"])
    (track, *_) = SubsonicSource(shelf).search(replace(QUERY, target=target), deadline=soon())
    assert track.title == "Fake Song 2"


def test_hearing_goes_on_where_it_stopped_and_again_for_another_model(
    unheard: FakeSubsonic, tmp_path: Path
) -> None:
    engine = open_engine(tmp_path)
    kept = HeardInDatabase(engine, unheard.base)
    first = shelf_of(unheard, kept)
    first.refresh()
    stop = threading.Event()
    hear(
        first, pool_of(LoudnessTagger()), OWNERS, tmp_path,
        stopping=stop.is_set, progress=lambda *_: stop.set(),
    )  # fmt: skip
    assert len(kept.load()) == 1
    # Another process, later.
    second = shelf_of(unheard, HeardInDatabase(engine, unheard.base))
    second.refresh()
    noting = NotingHere(LoudnessTagger())
    assert hear(second, partial(lent, noting), OWNERS, tmp_path) == 2
    assert len(noting.heard) == 2
    assert second.unheard(LoudnessTagger.version) == []
    streams = unheard.methods().count("stream")
    # With nothing new, no tagger is even made.
    assert hear(second, lambda: pool(BrokenPool, 1), OWNERS, tmp_path) == 0
    assert unheard.methods().count("stream") == streams
    second.model = ""
    assert hear(second, pool_of(NextTagger()), OWNERS, tmp_path) == 3
    assert {one.model for one in kept.load().values()} == {NextTagger.version}
    assert HeardInDatabase(engine, "https://other.example.org").load() == {}
    engine.dispose()


class BrokenPool(LoudnessTagger):
    """Is never made."""

    def __init__(self) -> None:
        raise AssertionError


def test_what_cannot_be_heard_is_kept_as_such_and_not_fetched_again(
    sounds: dict[str, bytes], tmp_path: Path
) -> None:
    large = sounds["so-2"] * 40
    songs = [
        song(0, **UNKNOWN, size=OWNERS.max_bytes + 1),
        song(1, **{**UNKNOWN, "duration": OWNERS.max_seconds + 1}),
        # It lies: more comes than it says.
        song(2, **UNKNOWN, size=10),
        song(3, **UNKNOWN, size=10),
    ]
    limits = replace(OWNERS, max_bytes=len(sounds["so-2"]) + 1)
    broken = {"so-2": large, "so-3": b"no sound at all"}
    with FakeSubsonic(songs, sounds=broken) as fake:
        shelf = shelf_of(fake)
        shelf.refresh()
        make = pool_of(LoudnessTagger())
        # Three that are too large, and one that was heard in vain.
        assert hear(shelf, make, limits, tmp_path / FOLDER) == 4
        assert shelf.unheard(LoudnessTagger.version) == []
        assert shelf.placed() == []
        assert fake.methods().count("stream") == 2
        assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_server_that_fails_while_it_is_heard_is_left_alone(
    unheard: FakeSubsonic, tmp_path: Path
) -> None:
    shelf = shelf_of(unheard)
    shelf.refresh()
    unheard.fault = "full"
    with pytest.raises(SourceError) as failure:
        hear(shelf, pool_of(LoudnessTagger()), OWNERS, tmp_path)
    assert failure.value.message.id == "server-full"
    assert unheard.methods().count("stream") == 1
    # One song that is gone does not end it.
    gone = shelf_of(unheard)
    unheard.fault = None
    gone.refresh()
    unheard.songs = unheard.songs[1:]
    assert hear(gone, pool_of(LoudnessTagger()), OWNERS, tmp_path) == 2


def test_so_many_failures_in_a_row_end_a_run(
    unheard: FakeSubsonic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "MOST_FAILURES", 2)
    shelf = shelf_of(unheard)
    shelf.refresh()
    unheard.fault = "500"
    with pytest.raises(Unavailable):
        hear(shelf, pool_of(LoudnessTagger()), OWNERS, tmp_path)
    assert unheard.methods().count("stream") == 2


def test_visitors_songs_are_heard_by_the_tagger_of_uploads(
    unheard: FakeSubsonic, tmp_path: Path
) -> None:
    shelf = shelf_of(unheard)
    shelf.refresh()
    tagger = Here(LoudnessTagger())
    assert hear(shelf, one_by_one(tagger.tag_file), OWNERS, tmp_path) == 3
    stopped = shelf_of(unheard)
    stopped.refresh()
    with one_by_one(tagger.tag_file)() as made:
        file = fingerprint(write_wav(tmp_path / "one.wav"))
        assert list(made.tag_files([file], lambda: True)) == []


def test_moods_of_tags_go_before_what_was_heard_and_that_before_a_guess() -> None:
    songs = [song(0, moods=["happy"]), song(1, moods=[], genre="metal"), song(2, **UNKNOWN)]
    with FakeSubsonic(songs) as fake:
        heard = HeardInMemory()
        shelf = shelf_of(fake, heard)
        shelf.refresh()
        tagged, guessed, unknown = shelf.songs()
        assert dict(shelf.placed()) == {tagged: tagged.mood, guessed: guessed.guess}
        # Those of which nothing is known are heard first.
        assert shelf.unheard("model") == [unknown, guessed]
        for one in (tagged, guessed):
            shelf.keep(one.key, Heard("model", (-0.5, 0.1)))
        shelf.keep(unknown.key, Heard("model", None))
        assert dict(shelf.placed()) == {tagged: tagged.mood, guessed: (-0.5, 0.1)}
        assert shelf.song(guessed.key) == guessed
        assert shelf.song("no key") is None


def test_the_owners_server_learns_in_the_background(unheard: FakeSubsonic, tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    environ = {**unheard.environ, "MOODRING_DATA_DIR": str(tmp_path)}
    settings = settings_from(environ)
    assert owners_server(settings_from({}), engine, None) is None
    server = owners_server(settings, engine, pool_of(LoudnessTagger()))
    assert server is not None
    server.look()
    status = server.status()
    assert (status.songs, status.placed, status.problem) == (3, 3, None)
    again = owners_server(settings, None, None)
    assert again is not None
    again.start()
    # Without taggers, songs have the moods of their tags, of which these have none.
    again.shelf.ready(soon())
    assert again.source.search(QUERY, deadline=soon()) == []
    again.stop()
    assert not again._thread.is_alive()
    engine.dispose()


def test_what_goes_wrong_is_told_by_the_state_and_tried_again() -> None:
    done = threading.Event()
    tries: list[Exception] = [CannotTag("tagging-no-process"), ZeroDivisionError()]

    def listen(*_: object) -> None:
        if tries:
            raise tries.pop(0)
        done.set()

    with FakeSubsonic([song(1)]) as fake:
        server = MusicServer(shelf_of(fake), listen, after_failure_s=0.0)
        server.look()
        problem = server.status().problem
        assert problem is not None
        assert problem.id == "tagging-no-process"
        server.start()
        assert done.wait(LATE_S)
        server.stop()
        assert server.status().problem is None
    down = MusicServer(shelf_of(fake))
    down.look()
    said = down.status().problem
    assert said is not None
    assert said.id == "server-unreachable"


def test_every_database_keeps_what_was_heard(engine: Engine) -> None:
    kept, other = (HeardInDatabase(engine, f"https://{name}.example.org") for name in "ab")
    kept.save("one", Heard("model", (-1.0, 0.25)))
    kept.save("two", Heard("m" * 200, None))
    kept.save("one", Heard("newer", (0.5, 1.0)))
    found = {"one": Heard("newer", (0.5, 1.0)), "two": Heard("m" * NAME_LENGTH, None)}
    assert kept.load() == found
    assert other.load() == {}
