from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from recommender.errors import RateLimited, Unavailable
from recommender.explain import open_address, open_label, place_of
from recommender.mood import distance
from recommender.service import CANDIDATES, SHOWN_ROOM, TOTAL_BUDGET_S, recommend
from recommender.taste import Listener
from recommender.types import Mood, Place, Query, SourceName, Track
from tests.busy import LATE_S
from tests.fakes.sources import BadSource, ListSource, failing, fake_tracks, hanging
from tests.said import notice_of, why_of

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
    assert answer.notice == ()
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
    assert notice_of(answer).startswith("Spotify ")
    assert notice_of(answer).endswith(". These songs come from Moodring's own catalogue.")
    assert notice_of(answer).count(". ") == 1
    assert "canary" not in notice_of(answer)


def test_a_hanging_source_is_left_at_its_deadline(never: threading.Event) -> None:
    start = time.monotonic()
    bad = BadSource(hanging(never))
    answer = recommend(QUERY, [bad, ListSource(fake_tracks(9))], budget_s=0.2)
    assert time.monotonic() - start < 1 + LATE_S
    assert bad.calls == 1
    assert notice_of(answer) == (
        "Spotify did not answer in time. These songs come from Moodring's own catalogue."
    )


def test_two_hanging_sources_end_within_three_seconds(never: threading.Event) -> None:
    start = time.monotonic()
    sources = [BadSource(hanging(never)), BadSource(hanging(never), SourceName.CATALOGUE)]
    answer = recommend(QUERY, sources)
    assert TOTAL_BUDGET_S - 0.1 < time.monotonic() - start < 3 + LATE_S
    assert TOTAL_BUDGET_S < 3
    assert answer.tiles == ()
    assert notice_of(answer) == (
        "Spotify did not answer in time. Moodring's own catalogue did not answer in time."
    )


def test_a_hanging_thread_does_not_hold_the_program(never: threading.Event) -> None:
    recommend(QUERY, [BadSource(hanging(never))], budget_s=0.01)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "bulkhead")


def test_songs_of_two_sources_are_never_mixed() -> None:
    few = ListSource(fake_tracks(2, name=SPOTIFY), SPOTIFY)
    answer = recommend(QUERY, [few, ListSource(fake_tracks(9))])
    assert [tile.track.source for tile in answer.tiles] == [SPOTIFY, SPOTIFY]
    assert answer.notice == ()


def test_nothing_anywhere_is_said() -> None:
    answer = recommend(QUERY, [ListSource([], SPOTIFY), ListSource([])])
    assert answer.tiles == ()
    assert notice_of(answer) == (
        "Spotify has no fitting songs. Moodring's own catalogue has no fitting songs."
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
    assert [(tile.track.title, tile.reasons.let_go) for tile in answer.tiles] == [
        ("One", ()),
        ("Two", ("artists",)),
        ("Three", ("artists", "languages")),
    ]


def test_with_enough_songs_nothing_is_let_go() -> None:
    source = ListSource(fake_tracks(50))
    query = Query(QUERY.target, "happy", artists=("Fake Artist 3",), count=5)
    answer = recommend(query, [source])
    assert [asked.artists for asked in source.asked] == [query.artists]
    assert {tile.reasons.let_go for tile in answer.tiles} == {()}


def test_a_failure_while_letting_go_keeps_what_was_found() -> None:
    answers = iter([fake_tracks(2)])

    def act() -> list[Track]:
        for tracks in answers:
            return tracks
        raise Unavailable("Spotify is out of order.")

    query = Query(QUERY.target, "happy", artists=("Fake Artist 1",))
    answer = recommend(query, [BadSource(act), ListSource(fake_tracks(9))])
    assert len(answer.tiles) == 2
    assert notice_of(answer) == (
        "Spotify is out of order. There may be fewer songs than asked for."
    )


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
    assert place_of(tile, Place.APPLE) is Place.APPLE
    assert open_address(tile, Place.YOUTUBE) == tile.fallback_url
    assert open_address(tile, Place.APPLE) == (
        "https://music.apple.com/search?term=%C3%84+%26+%22B%22%2F%3F+C%23"
    )
    assert open_address(tile, Place.DEEZER) == (
        "https://www.deezer.com/search/%C3%84%20%26%20%22B%22%2F%3F%20C%23"
    )
    assert open_label(Place.APPLE) == "Open on Apple Music"


def test_a_track_with_a_page_is_opened_there() -> None:
    url = "https://open.spotify.com/track/abc"
    tile = recommend(QUERY, [ListSource([Track("T", ("A",), SPOTIFY, "abc", url=url)])]).tiles[0]
    assert tile.open_url == url
    # As Spotify's guidelines ask.
    assert place_of(tile, Place.YOUTUBE) is Place.SPOTIFY
    assert open_address(tile, Place.SPOTIFY) == url


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
    assert [why_of(tile) for tile in tiles] == [
        "bright",
        "wistful and quiet · the closest there is",
    ]


JOURNEY = Query(Mood(0.8, 0.7), "happy", count=6, start=Mood(-0.6, 0.3))


def placed(
    count: int, name: SourceName = SourceName.CATALOGUE, language: str | None = None
) -> list[Track]:
    """Songs in a row across the plane, from unpleasant and still to pleasant and intense."""
    return [
        Track(
            f"Song {number}",
            (f"Artist {number}",),
            name,
            f"{name}{number}",
            valence=-0.9 + 1.8 * number / (count - 1),
            energy=0.1 + 0.8 * number / (count - 1),
            language=language,
        )
        for number in range(count)
    ]


class NearSource(ListSource):
    """Gives the nearest first, as the catalogue does."""

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        target = (query.target.valence, query.target.energy)
        found = super().search(replace(query, count=10_000), deadline=deadline)
        self.asked[-1] = query
        found.sort(key=lambda track: distance((track.valence or 0, track.energy or 0), target))
        return found[: query.count]


def test_a_journey_begins_at_the_mood_and_comes_nearer_with_each_song() -> None:
    tiles = recommend(JOURNEY, [NearSource(placed(60))]).tiles
    assert [tile.reasons.step for tile in tiles] == [1, 2, 3, 4, 5, 6]
    assert [why_of(tile).split(".")[0] for tile in tiles] == ["1", "2", "3", "4", "5", "6"]
    aways = [
        distance((tile.track.valence or 0, tile.track.energy or 0), (0.8, 0.7)) for tile in tiles
    ]
    assert aways == sorted(aways, reverse=True)
    assert all((tile.reasons.nearness or 0) > 0.5 for tile in tiles)


def test_a_journey_needs_a_source_that_knows_moods_and_says_so() -> None:
    spotify = ListSource(fake_tracks(20, name=SPOTIFY), SPOTIFY)
    answer = recommend(JOURNEY, [spotify, NearSource(placed(60))])
    assert {tile.track.source for tile in answer.tiles} == {SourceName.CATALOGUE}
    assert notice_of(answer) == (
        "A journey needs songs whose mood is known. These songs come from Moodring's own catalogue."
    )
    assert spotify.asked == []


def test_without_such_a_source_songs_for_the_target_come_from_another() -> None:
    spotify = ListSource(fake_tracks(20, name=SPOTIFY), SPOTIFY)
    answer = recommend(JOURNEY, [spotify, ListSource([])])
    assert {tile.track.source for tile in answer.tiles} == {SPOTIFY}
    assert all(tile.reasons.step is None for tile in answer.tiles)


def test_a_journey_lets_wishes_go_only_where_there_are_too_few_songs() -> None:
    tamil, other = placed(4, language="Tamil"), placed(60, SourceName.LIBRARY, language="Korean")
    query = replace(JOURNEY, languages=("Tamil",))
    tiles = recommend(query, [NearSource([*tamil, *other])]).tiles
    assert len(tiles) == 6
    kept = [tile for tile in tiles if tile.track.language == "Tamil"]
    assert kept
    assert {tile.reasons.let_go for tile in kept} == {()}
    assert {tile.reasons.let_go for tile in tiles if tile not in kept} == {("languages",)}
    enough = [*placed(60, language="Tamil"), *other]
    tiles = recommend(query, [NearSource(enough)]).tiles
    assert {tile.track.language for tile in tiles} == {"Tamil"}


def test_a_journey_that_breaks_off_says_so() -> None:
    answer = recommend(JOURNEY, [BadSource(failing(Unavailable("It broke.")), SourceName.LIBRARY)])
    assert answer.tiles == ()
    assert notice_of(answer) == "It broke."


def test_a_listeners_bans_hold_on_a_journey_and_off_it() -> None:
    tracks = placed(60)
    listener = Listener(
        without=frozenset({tracks[30].source_id}), without_artists=frozenset({"artist31"})
    )
    for query in (JOURNEY, replace(JOURNEY, start=None, count=30, target=Mood(0.0, 0.5))):
        tiles = recommend(query, [BadSource(lambda: list(tracks), SourceName.LIBRARY)], listener)
        shown = {tile.track.title for tile in tiles.tiles}
        assert shown
        assert not shown & {"Song 30", "Song 31"}


def test_candidates_are_many_so_that_heard_ones_leave_enough() -> None:
    source = NearSource(placed(200))
    heard = {track.source_id: 0 for track in placed(200)[90:110]}
    tiles = recommend(
        replace(JOURNEY, start=None, target=Mood(0.0, 0.5)),
        [source],
        Listener(shown_days_ago=heard),
    ).tiles
    assert [asked.count for asked in source.asked] == [CANDIDATES * 6 + len(heard)]
    assert not {tile.track.source_id for tile in tiles} & set(heard)
    long = {str(number): 1 for number in range(2 * SHOWN_ROOM)}
    recommend(QUERY, [source], Listener(shown_days_ago=long))
    assert source.asked[-1].count == CANDIDATES * QUERY.count + SHOWN_ROOM


def test_languages_that_come_first_are_asked_for_and_nothing_is_lost() -> None:
    near = [replace(one, language="Korean") for one in placed(90)]
    far = [replace(one, language="German", source_id=f"g{n}") for n, one in enumerate(placed(9))]
    source = NearSource([*near, *(replace(one, title=f"G {one.title}") for one in far)])
    query = replace(QUERY, languages_first=("German",), count=12)
    tiles = recommend(query, [source]).tiles
    assert [asked.languages for asked in source.asked] == [("German",), ("English",), ()]
    assert len(tiles) == 12
    assert sum(tile.track.language == "German" for tile in tiles) >= 7
    assert {tile.reasons.let_go for tile in tiles} == {()}


def test_a_journey_goes_through_the_first_languages_without_getting_shorter() -> None:
    spoken = [replace(one, title=f"G {one.title}") for one in placed(9, language="German")]
    source = NearSource([*placed(60, SourceName.LIBRARY, language="Korean"), *spoken])
    plain = recommend(JOURNEY, [source]).tiles
    tiles = recommend(replace(JOURNEY, languages_first=("German",)), [source]).tiles
    assert len(tiles) == len(plain) == 6
    german = [sum(tile.track.language == "German" for tile in found) for found in (plain, tiles)]
    assert german[0] < german[1]


def test_without_songs_in_the_first_languages_a_journey_goes_as_before() -> None:
    source = NearSource(placed(60, language="Korean"))
    tiles = recommend(replace(JOURNEY, languages_first=("German",)), [source]).tiles
    assert [tile.track for tile in tiles] == [
        one.track for one in recommend(JOURNEY, [source]).tiles
    ]
