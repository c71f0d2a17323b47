from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from recommender.errors import RateLimited, Unavailable
from recommender.service import TOTAL_BUDGET_S, open_label, recommend
from recommender.types import Mood, Query, SourceName, Track
from tests.fakes.sources import BadSource, ListSource, failing, fake_tracks, hanging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERY = Query(Mood(0.8, 0.7), "happy", count=5)
SPOTIFY = SourceName.SPOTIFY


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An event that comes only when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_the_first_source_with_songs_answers_alone() -> None:
    first, second = ListSource(fake_tracks(9), SPOTIFY), ListSource(fake_tracks(9))
    answer = recommend(QUERY, [first, second])
    assert len(answer.tiles) == 5
    assert answer.notice is None
    assert second.asked == []


@pytest.mark.parametrize(
    "act",
    [
        failing(Unavailable("Spotify is out of order.")),
        failing(RateLimited("Spotify asks to be left alone for a while.", 20_000)),
        failing(ValueError("canary")),
        failing(SystemExit(3)),
        failing(KeyboardInterrupt()),
        lambda: None,
        lambda: "songs",
        lambda: tuple(fake_tracks(3)),
        lambda: iter(fake_tracks(3)),
        lambda: [*fake_tracks(3), None],
        lambda: ["song"],
        lambda: {"tracks": fake_tracks(3)},
        list,
    ],
    ids=[
        *("unavailable", "rate limited", "raises", "exits", "interrupts", "None", "text", "tuple"),
        *("iterator", "a None inside", "a text inside", "dict", "nothing found"),
    ],
)
def test_whatever_a_source_does_the_next_one_answers_and_says_so(act: Callable[[], Any]) -> None:
    bad = BadSource(act)
    answer = recommend(QUERY, [bad, ListSource(fake_tracks(9))])
    assert [tile.track.source for tile in answer.tiles] == [SourceName.CATALOGUE] * 5
    assert answer.notice is not None
    assert answer.notice.startswith("Spotify ")
    assert answer.notice.endswith(", so these songs come from Moodring's own catalogue.")
    assert answer.notice.count(". ") == 0
    assert "canary" not in answer.notice


def test_a_hanging_source_is_left_at_its_deadline(never: threading.Event) -> None:
    start = time.monotonic()
    bad = BadSource(hanging(never))
    answer = recommend(QUERY, [bad, ListSource(fake_tracks(9))], budget_s=0.2)
    assert time.monotonic() - start < 1
    assert bad.calls == 1
    assert answer.notice == (
        "Spotify did not answer in time, so these songs come from Moodring's own catalogue."
    )


def test_two_hanging_sources_end_within_three_seconds(never: threading.Event) -> None:
    start = time.monotonic()
    sources = [BadSource(hanging(never)), BadSource(hanging(never), SourceName.CATALOGUE)]
    answer = recommend(QUERY, sources)
    assert TOTAL_BUDGET_S - 0.1 < time.monotonic() - start < 3
    assert answer.tiles == ()
    assert answer.notice == (
        "Spotify did not answer in time, and Moodring's own catalogue did not answer in time."
    )


def test_a_hanging_thread_does_not_hold_the_program(never: threading.Event) -> None:
    recommend(QUERY, [BadSource(hanging(never))], budget_s=0.01)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "bulkhead")


def test_songs_of_two_sources_are_never_mixed() -> None:
    few = ListSource(fake_tracks(2, name=SPOTIFY), SPOTIFY)
    answer = recommend(QUERY, [few, ListSource(fake_tracks(9))])
    assert [tile.track.source for tile in answer.tiles] == [SPOTIFY, SPOTIFY]
    assert answer.notice is None


def test_nothing_anywhere_is_said_in_one_sentence() -> None:
    answer = recommend(QUERY, [ListSource([], SPOTIFY), ListSource([])])
    assert answer.tiles == ()
    assert answer.notice == (
        "Spotify has no fitting songs, and Moodring's own catalogue has no fitting songs."
    )


def test_no_source_at_all_gives_nothing() -> None:
    assert recommend(QUERY, []).tiles == ()


def test_with_too_few_songs_artists_are_let_go_first_and_then_languages() -> None:
    tracks = [
        Track("One", ("Asked",), SourceName.CATALOGUE, "1", language="Tamil"),
        Track("Two", ("Other",), SourceName.CATALOGUE, "2", language="Tamil"),
        Track("Three", ("Other",), SourceName.CATALOGUE, "3", language="Korean"),
    ]
    query = Query(QUERY.target, "calm", languages=("Tamil",), artists=("ASKED",))
    answer = recommend(query, [ListSource(list(reversed(tracks)))])
    assert [(tile.track.title, tile.why) for tile in answer.tiles] == [
        ("One", "calm · Tamil · Asked"),
        ("Two", "calm · Tamil · any artist"),
        ("Three", "calm · Korean · any artist, any language"),
    ]


def test_with_enough_songs_nothing_is_let_go() -> None:
    source = ListSource(fake_tracks(50))
    query = Query(QUERY.target, "happy", artists=("Fake Artist 3",), count=5)
    answer = recommend(query, [source])
    assert source.asked == [query]
    assert {tile.why for tile in answer.tiles} == {"happy · Fake Artist 3"}


def test_a_failure_while_letting_go_keeps_what_was_found() -> None:
    answers = iter([fake_tracks(2)])

    def act() -> list[Track]:
        for tracks in answers:
            return tracks
        raise Unavailable("Spotify is out of order.")

    query = Query(QUERY.target, "happy", artists=("Fake Artist 1",))
    answer = recommend(query, [BadSource(act), ListSource(fake_tracks(9))])
    assert len(answer.tiles) == 2
    assert answer.notice == ("Spotify is out of order, so there may be fewer songs than asked for.")


def test_the_same_song_appears_once() -> None:
    twice = [
        Track(title, (artist,), SourceName.CATALOGUE, source_id)
        for title, artist, source_id in [("Song", "A", "1"), ("SONG", "a", "2"), ("Song", "B", "3")]
    ]
    answer = recommend(QUERY, [ListSource(twice)])
    assert [tile.track.source_id for tile in answer.tiles] == ["1", "3"]


def test_a_source_that_gives_too_many_is_cut() -> None:
    answer = recommend(QUERY, [BadSource(lambda: fake_tracks(9))])
    assert len(answer.tiles) == QUERY.count


def test_a_track_without_a_page_leads_to_the_search_pages() -> None:
    track = Track('Ä & "B"/?', ("C#", "D"), SourceName.CATALOGUE, "1")
    tile = recommend(QUERY, [ListSource([track])]).tiles[0]
    assert tile.open_url == "https://open.spotify.com/search/%C3%84%20%26%20%22B%22%2F%3F%20C%23"
    assert tile.fallback_url == (
        "https://www.youtube.com/results?search_query=%C3%84+%26+%22B%22%2F%3F+C%23"
    )
    assert open_label(tile) == "Find on Spotify"


def test_a_track_with_a_page_is_opened_there() -> None:
    url = "https://open.spotify.com/track/abc"
    tile = recommend(QUERY, [ListSource([Track("T", ("A",), SPOTIFY, "abc", url=url)])]).tiles[0]
    assert tile.open_url == url
    assert open_label(tile) == "Open on Spotify"


def test_half_a_character_in_a_title_breaks_nothing() -> None:
    tile = recommend(QUERY, [ListSource([Track("\ud800", ("A",), SPOTIFY, "1")])]).tiles[0]
    assert tile.open_url == "https://open.spotify.com/search/%3F%20A"


def test_a_song_far_from_the_feeling_says_so() -> None:
    near, far = (
        Track("Near", ("A",), SourceName.CATALOGUE, "1", valence=0.8, energy=0.7),
        Track("Far", ("A",), SourceName.CATALOGUE, "2", valence=-0.8, energy=0.1),
    )
    query = Query(Mood(0.81, 0.755), "happy", artists=("A",), count=2)
    tiles = recommend(query, [ListSource([near, far], SourceName.CATALOGUE)]).tiles
    assert [tile.why for tile in tiles] == ["happy · A", "closest to happy · A"]
