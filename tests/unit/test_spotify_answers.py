"""Spotify's answers, translated: tracks, pauses and refusals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import (
    NotAuthorised,
    QuotaExceeded,
    RateLimited,
    SourceError,
    Unavailable,
)
from recommender.sources.spotify_refusals import MAX_PAUSE_S, refusal_of, retry_after_s
from recommender.sources.spotify_tracks import choose, items_of, translate
from recommender.types import Mood, Query

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ART = "https://i.scdn.co/image/"
QUERY = Query(Mood(0.5, 0.5), "happy")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def item(number: int = 1, **changes: object) -> dict[str, Any]:
    return {
        "id": f"FakeId{number}",
        "name": f"Fake Song {number}",
        "artists": [{"name": f"Fake Artist {number}"}],
        "album": {"name": "Fake Album", "release_date": "1999-05", "images": []},
        "explicit": False,
        **changes,
    }


def images(*pairs: tuple[str, object]) -> dict[str, Any]:
    return {"images": [{"url": url, "width": width} for url, width in pairs]}


def test_a_track_has_what_its_item_says() -> None:
    track = translate(item(explicit=True), "Tamil")
    assert track is not None
    assert track.title == "Fake Song 1"
    assert track.artists == ("Fake Artist 1",)
    assert track.url == "https://open.spotify.com/track/FakeId1"
    assert (track.album, track.year, track.language) == ("Fake Album", 1999, "Tamil")
    assert track.explicit
    assert track.art_url is None


@pytest.mark.parametrize(
    "bad",
    [None, [], "x", {}, item(name=None), item(name=" "), item(name="x" * 501)]
    + [item(id=value) for value in (None, "", 7, "../x", "é", "a" * 65, "a\n")]
    + [item(artists=value) for value in (None, [], [None], [{}], [{"name": ""}])]
    + [item(is_local=True), item(is_playable=False), item(type="episode")],
)
def test_what_cannot_be_opened_or_shown_is_no_track(bad: object) -> None:
    assert translate(bad) is None


@pytest.mark.parametrize(
    ("covers", "art_url"),
    [
        ([("a", 640), ("b", 300), ("c", 64)], f"{ART}b"),
        ([("a", 640), ("b", None)], f"{ART}a"),
        ([("a", None)], f"{ART}a"),
        ([("a\nb", 300), ('"onerror="', 300)], None),
    ],
)
def test_the_cover_nearest_to_300_pixels_is_taken(
    covers: list[tuple[str, object]], art_url: str | None
) -> None:
    track = translate(item(album=images(*((ART + name, width) for name, width in covers))))
    assert track is not None
    assert track.art_url == art_url


@pytest.mark.parametrize(
    "url",
    [
        *("http://i.scdn.co/image/a", "https://example.org/a", "https://i.scdn.co@example.org/a"),
        *("https://[", "javascript:alert(1)", 7, None),
    ],
)
def test_a_cover_from_elsewhere_is_not_shown(url: Any) -> None:  # noqa: ANN401
    track = translate(item(album=images((url, 300))))
    assert track is not None
    assert track.art_url is None


def test_a_title_is_one_line_without_control_characters() -> None:
    track = translate(item(name="Fake\n\x1b[31m \ud800Song"))
    assert track is not None
    assert track.title == "Fake [31m Song"


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ["id", "name", "artists", "album", "explicit", "is_playable", "external_ids", "type"],
            json_values,
        ),
    )
    | json_values
)
def test_no_item_is_too_strange(strange: object) -> None:
    translate(strange)
    choose([[strange, item(), strange]], QUERY)


@pytest.mark.parametrize(
    "answer", [None, 7, [], {}, {"tracks": None}, {"tracks": []}, {"tracks": {"items": None}}]
)
def test_an_answer_of_another_shape_is_no_empty_one(answer: object) -> None:
    with pytest.raises(Unavailable):
        items_of(answer)


def titles(pages: list[list[object]], query: Query = QUERY) -> list[str]:
    return [song.track.title for song in choose(pages, query)]


def test_searches_take_turns() -> None:
    pages: list[list[object]] = [[item(1), item(2)], [item(3)]]
    assert titles(pages) == ["Fake Song 1", "Fake Song 3", "Fake Song 2"]


def test_the_same_recording_appears_once() -> None:
    one = item(1, external_ids={"isrc": "xx1"})
    same_recording = item(2, external_ids={"isrc": "XX1"})
    same_title = item(3, name="FAKE SONG 1", artists=[{"name": "fake artist 1"}])
    assert titles([[one, same_recording, same_title, one]]) == ["Fake Song 1"]


def test_what_was_shown_before_is_barred() -> None:
    shown = choose([[item(1)]], QUERY)
    again = choose([[item(1), item(2)]], QUERY, shown[0].marks)
    assert [song.track.title for song in again] == ["Fake Song 2"]


def test_explicit_songs_go_when_they_are_not_wanted() -> None:
    pages: list[list[object]] = [[item(1, explicit=True), item(2), item(3, explicit="maybe")]]
    assert titles(pages, Query(QUERY.target, "happy", no_explicit=True)) == ["Fake Song 2"]


def test_an_artist_appears_twice_at_most_unless_asked_for() -> None:
    pages: list[list[object]] = [[item(n, artists=[{"name": "Béa"}]) for n in range(5)]]
    assert len(titles(pages)) == 2
    assert len(titles(pages, Query(QUERY.target, "happy", artists=("bea",)))) == 5


def test_only_the_artists_asked_for_remain() -> None:
    pages: list[list[object]] = [
        [item(1), item(2, artists=[{"name": "X"}, {"name": "A.R. Rahman"}])]
    ]
    query = Query(QUERY.target, "happy", artists=("A. R. Rahman",))
    assert titles(pages, query) == ["Fake Song 2"]


def test_the_language_is_known_only_when_one_was_asked_for() -> None:
    def language(*asked: str) -> str | None:
        return choose([[item()]], Query(QUERY.target, "happy", languages=asked))[0].track.language

    assert language("Tamil") == "Tamil"
    assert language("Tamil", "Hindi") is None
    assert language() is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("3", 3),
        ("2.5", 2.5),
        ("0", 0),
        ("-5", None),
        ("20000", 20_000),
        ("9" * 400, MAX_PAUSE_S),
        ("inf", MAX_PAUSE_S),
        ("nan", None),
        ("", None),
        ("soon", None),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 12:01:30 -0000", 90),
        ("Fri, 20 Nov 2026 11:00:00 GMT", None),
        ("Fri, 20 Nov 9999 11:00:00 GMT", MAX_PAUSE_S),
        ("Fri, 99 Nov 2026 11:00:00 GMT", None),
        ("Fri, 20 Nov 99999999999999 11:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


@given(st.text(st.characters(codec=None)))
def test_no_retry_after_is_too_strange(value: str) -> None:
    seconds = retry_after_s(value, NOW)
    assert seconds is None or 0 <= seconds <= MAX_PAUSE_S


@pytest.mark.parametrize(
    ("status", "body", "token", "kind"),
    [
        (204, b"", False, Unavailable),
        (302, b"", False, Unavailable),
        (400, b'{"error": "invalid_client"}', True, NotAuthorised),
        (400, b'{"error": "invalid_client"}', False, Unavailable),
        (400, b'{"error": "unsupported_grant_type"}', True, Unavailable),
        (401, b"", True, NotAuthorised),
        (401, b'{"error": "x"}', False, NotAuthorised),
        (403, b'{"error": {"message": "Forbidden"}}', False, NotAuthorised),
        (403, b"Active Premium subscription required", False, NotAuthorised),
        (404, b"", False, Unavailable),
        (429, b"", False, RateLimited),
        (429, b'{"reason": "QUOTA_EXCEEDED"}', False, QuotaExceeded),
        (429, b'{"error": {"reason": "QUOTA_EXCEEDED"}}', False, QuotaExceeded),
        (429, b'{"error": "QUOTA"}', False, RateLimited),
        (429, b"[" * 100_000, False, RateLimited),
        (500, b"", False, Unavailable),
        (599, b"", True, Unavailable),
    ],
)
def test_refusals(status: int, body: bytes, token: bool, kind: type[SourceError]) -> None:
    headers: Mapping[str, str] = {"Retry-After": "7"}
    refusal = refusal_of(status, headers, body, token=token)
    assert type(refusal) is kind
    sentence = str(refusal)
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    if isinstance(refusal, RateLimited):
        assert refusal.retry_after == 7


def test_the_owner_without_premium_is_told_so() -> None:
    text = b"Active premium subscription required for the owner of the app."
    assert "Premium" in str(refusal_of(403, {}, text, token=False))
    assert "Premium" not in str(refusal_of(403, {}, b"Forbidden", token=False))


def test_a_plain_200_is_no_refusal() -> None:
    assert refusal_of(200, {}, b"", token=False) is None
