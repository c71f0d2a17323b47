"""The song that was meant among those that Deezer finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.deezer.client import TokenBucket, error_of_status
from recommender.deezer.matching import (
    LONGEST_S,
    SHORTEST_S,
    TOLERANCE_S,
    Match,
    best_match,
    cover_of,
    parted,
    preview_of,
    search_words,
)
from recommender.errors import RateLimited, Unavailable
from recommender.types import SourceName, Track
from tests.fakes.deezer import fresh, item

VERSIONS = (
    *("(Live)", "- Live at Wembley", "[Karaoke Version]", "(Instrumental)", "(Cover)", "(Remix)"),
    *("- Sped Up", "(slowed + reverb)", "(Tribute to Queen)", "(Acoustic)", "(Nightcore)", "(8D)"),
    *("(Taylor's Version)", "(Originally Performed by Queen)", "(En Vivo)", "- Demo", "(Piano)"),
)
NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


def track(title: str, *artists: str, **more: Any) -> Track:  # noqa: ANN401 - Track's own
    return Track(title, artists or ("Queen",), SourceName.CATALOGUE, "1", **more)


def found(song: Track, *items: object, seconds: float | None = None) -> int | None:
    match = best_match(items, song, seconds)
    return match and match.number


@pytest.mark.parametrize(
    ("song", "title", "artist"),
    [
        (track("Halo", "Beyoncé"), "HALO", "Beyonce"),
        (track("Hello - Remastered 2011", "Lionel"), "Hello", "Lionel"),
        (track("Hello"), "Hello (feat. Somebody) [2011 Remaster]", "Queen"),
        (track("Under Pressure", "Queen", "David Bowie"), "Under Pressure", "David Bowie"),
        (track("Under Pressure", "Queen & David Bowie"), "Under Pressure", "Queen"),
        (track("Yesterday", "The Beatles"), "Yesterday", "Beatles"),
        (track("Live and Let Die", "Wings"), "Live and Let Die", "Wings"),
        (track("Cover Me", "Björk"), "Cover Me", "Bjork"),
        (track("Halo (Live)"), "Halo - Live at Wembley", "Queen"),
        (track("恋", "星野源"), "恋", "星野源"),
        (track("???", "!!!"), "???", "!!!"),
    ],
)
def test_the_same_song_is_found(song: Track, title: str, artist: str) -> None:
    one = item(title, artist)
    assert found(song, one) == one["id"]
    assert f"{song.artists[0].removeprefix('The ')} " in search_words(song)


@pytest.mark.parametrize(
    ("song", "title", "artist"),
    [
        (track("Halo"), "Halo", "Queen Tribute Band"),
        (track("Halo"), "Hallo", "Queen"),
        (track("Halo"), "Halo Karaoke Version", "Queen"),
        (track("Halo (Live)"), "Halo", "Queen"),
        (track("Halo (Ann's Remix)"), "Halo (Bob's Remix)", "Queen"),
        # The same names in another script, or letters that only look alike.
        (track("恋", "星野源"), "Koi", "Gen Hoshino"),
        (track("恋", "星野源"), "恋", "Gen Hoshino"),
        (track("Mama"), "Мама", "Queen"),
    ],
)
def test_another_song_is_not(song: Track, title: str, artist: str) -> None:
    assert found(song, item(title, artist)) is None


@given(NAMES, NAMES, st.sampled_from(VERSIONS))
def test_a_version_is_found_only_where_the_title_asks_for_it(
    title: str, artist: str, version: str
) -> None:
    plain, other = item(title, artist), item(f"{title} {version}", artist)
    assert found(track(title, artist), other, plain) == plain["id"]
    assert found(track(title, artist), other) is None
    assert found(track(f"{title} {version}", artist), plain, other) == other["id"]
    assert found(track(f"{title} {version}", artist), plain) is None
    # Its own field may tell it, and the album.
    said = {**plain, "title_version": version.strip("- ")}
    assert found(track(title, artist), said) is None


@pytest.mark.parametrize(
    ("album", "fits"),
    [
        *(("Live at Wembley", False), ("Karaoke Hits", False), ("A Tribute to Queen", False)),
        *(("Hits (Live)", False), ("MTV Unplugged", False), ("Hits - Live", False)),
        *(("Live Through This", True), ("Cover to Cover", True), ("Alive", True)),
    ],
)
def test_an_album_of_other_recordings_is_passed_over(album: str, fits: bool) -> None:
    one = item("Halo", "Queen", album=album)
    assert (found(track("Halo"), one) is not None) == fits
    # Unless it is the album that is meant, or the title says so.
    assert found(track("Halo", album=album), one) is not None
    live = item("Halo (Live)", "Queen", album=album)
    assert found(track("Halo (Live)"), live) is not None


def test_a_song_is_about_as_long() -> None:
    one = {**item("Halo", "Queen"), "duration": 200}
    for seconds, fits in ((200.0, True), (200.0 + TOLERANCE_S, True), (201.0 + TOLERANCE_S, False)):
        assert (found(track("Halo"), one, seconds=seconds) is not None) == fits
    for length in (SHORTEST_S - 1, LONGEST_S + 1, 200.5, None, True):
        assert found(track("Halo"), {**one, "duration": length}) is None
    nearer = {**item("Halo", "Queen", album="B"), "duration": 208}
    assert found(track("Halo"), one, nearer, seconds=207) == nearer["id"]


def test_of_the_same_song_the_one_with_a_preview_and_on_the_album_is_taken() -> None:
    silent, first = {**item("Halo", "Queen", album="A"), "preview": ""}, item("Halo", "Queen")
    second = item("Halo", "Queen", album="Best Of")
    items = [fresh(one) for one in (silent, first, second)]
    assert found(track("Halo"), *items) == first["id"]
    assert found(track("Halo", album="best of"), *items) == second["id"]
    assert found(track("Halo"), {**items[1], "explicit_lyrics": True}, items[2]) == second["id"]
    assert found(track("Halo"), items[0]) == silent["id"]


def test_only_addresses_of_deezers_pictures_and_sounds_are_taken() -> None:
    album = item("Halo", "Queen")["album"]
    assert cover_of(album["cover_big"]) == album["cover_big"]
    bare = item("Bare Halo", "Queen")
    assert best_match([bare], track("Bare Halo")) == Match.of(bare["id"], None, preview=False)
    for bad in (
        *(None, 7, "", f"http{album['cover_big'][5:]}", f"{album['cover_big']}?x", album["cover"]),
        album["cover_big"].replace("dzcdn.net", "dzcdn.net.example.org"),
        album["cover_big"].replace("cdn-images", "evil-images"),
        bare["album"]["cover_big"],
    ):
        assert cover_of(bad) is None
    assert preview_of(fresh(item("Halo", "Queen")))
    for bad in ("http://cdnt-preview.dzcdn.net/a.mp3", "https://example.org/a.mp3", "", None,
                "https://a.dzcdn.net@example.org/a", "https://a.dzcdn.net/a b"):  # fmt: skip
        assert preview_of({"preview": bad}) is None
    assert preview_of([]) is None
    assert Match.of("7", None, preview=True) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(sorted(item("a", "b"))), inner),
)


@given(JSON, st.sampled_from(sorted(item("a", "b"))))
def test_no_answer_raises_anything(odd: object, name: str) -> None:
    assert best_match([odd], track("Halo")) is None
    best_match([{**item("Halo", "Queen"), name: odd}], track("Halo"), 200.0)


@given(st.text(max_size=600))
def test_a_title_keeps_its_beginning(title: str) -> None:
    plain, versions = parted(title)
    assert len(plain) <= len(title)
    assert parted(plain)[0] == plain
    assert all(versions) or not versions


def test_the_bucket_gives_no_more_than_it_grants() -> None:
    clock = [100.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    bucket = TokenBucket(10, 4.0, now=lambda: clock[0], wait=wait)
    times = []
    for _ in range(60):
        assert bucket.take(1e9)
        times.append(clock[0])
    assert max(sum(at <= one < at + 5 for one in times) for at in times) <= 30
    assert not bucket.take(clock[0] + 0.1)
    clock[0] += 1.0
    assert bucket.take(clock[0])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, RateLimited), (429, RateLimited), (302, Unavailable), (500, Unavailable)],
)
def test_a_status_that_is_none_of_deezers(status: int, kind: type[Exception]) -> None:
    assert error_of_status(200) is None
    assert type(error_of_status(status)) is kind
