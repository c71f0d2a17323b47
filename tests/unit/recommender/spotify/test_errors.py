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
from recommender.spotify.errors import MAX_PAUSE_S, error_from_response, retry_after_s
from recommender.spotify.translate import (
    MAX_PLAYLISTS,
    MoodPlaylist,
    items_of,
    playlists_of,
    translate,
)
from tests.fakes.spotify_items import item, json_values

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ART = "https://i.scdn.co/image/"


def playlist(**changes: object) -> dict[str, Any]:
    return {
        "id": "FakeId0000000000000001",
        "name": "Fake\nPlaylist",
        "owner": {"display_name": "Fake User"},
        **changes,
    }


def images(*pairs: tuple[str, object]) -> dict[str, Any]:
    return {"images": [{"url": url, "width": width} for url, width in pairs]}


def test_a_track_has_what_its_item_says() -> None:
    track = translate(item(explicit=True), "Tamil")
    assert track is not None
    assert track.title == "Fake Song 1"
    assert track.artists == ("Fake Artist 1",)
    assert track.url == "https://open.spotify.com/track/FakeId0000000000000001"
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
    assert playlists_of([strange, playlist(), strange])


@pytest.mark.parametrize(
    "answer", [None, 7, [], {}, {"tracks": None}, {"tracks": []}, {"tracks": {"items": None}}]
)
@pytest.mark.parametrize("kind", ["track", "playlist"])
def test_an_answer_of_another_shape_is_no_empty_one(answer: object, kind: str) -> None:
    with pytest.raises(Unavailable):
        items_of(answer, kind)


def test_a_playlist_has_what_its_item_says() -> None:
    assert playlists_of([None, playlist()]) == [
        MoodPlaylist(
            "Fake Playlist", "Fake User", "https://open.spotify.com/playlist/FakeId0000000000000001"
        )
    ]


@pytest.mark.parametrize("owner", [None, {}, {"display_name": None}, "x"])
def test_whose_playlist_it_is_may_be_unknown(owner: object) -> None:
    assert [one.owner for one in playlists_of([playlist(owner=owner)])] == [""]


@pytest.mark.parametrize(
    "bad",
    [None, [], "x", {}, *(playlist(name=name) for name in (None, " ", "x" * 501))]
    + [playlist(id=value) for value in (None, "", 7.5, "../x", "é", "a" * 65, "a\n", "a?x")]
    + [playlist(type="album"), playlist(owner={"display_name": "x" * 501})],
)
def test_what_cannot_be_opened_or_named_is_no_playlist(bad: object) -> None:
    assert playlists_of([bad]) == []


def test_six_playlists_of_different_names_are_enough() -> None:
    names = ("Same Name", "SAME name")
    same = [playlist(id=f"Same{n:018}", name=names[n % 2]) for n in range(9)]
    others = [playlist(id=f"Other{n:017}", name=f"Other {n}") for n in range(9)]
    found = playlists_of([*same, *others])
    assert len({one.name.casefold() for one in found}) == len(found) == MAX_PLAYLISTS


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("3", 3),
        ("2.5", None),
        ("0", 0),
        ("-5", None),
        ("20000", 20_000),
        ("9" * 400, MAX_PAUSE_S),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("soon", None),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 12:01:30 -0000", 90),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 9999 11:00:00 GMT", MAX_PAUSE_S),
        ("Fri, 99 Nov 2026 11:00:00 GMT", MAX_PAUSE_S),
        ("Fri, 20 Nov 99999999999999 11:00:00 GMT", None),
    ],
)
def test_retry_after(
    monkeypatch: pytest.MonkeyPatch, value: str | None, seconds: float | None
) -> None:
    monkeypatch.setattr("urllib3.util.retry.time.time", NOW.timestamp)
    assert retry_after_s(value) == seconds


@given(st.text(st.characters(codec=None)))
def test_no_retry_after_is_too_strange(value: str) -> None:
    seconds = retry_after_s(value)
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
    refusal = error_from_response(status, headers, body, token=token)
    assert type(refusal) is kind
    sentence = str(refusal)
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    if isinstance(refusal, RateLimited):
        assert refusal.retry_after == 7


def test_the_owner_without_premium_is_told_so() -> None:
    text = b"Active premium subscription required for the owner of the app."
    assert "Premium" in str(error_from_response(403, {}, text, token=False))
    assert "Premium" not in str(error_from_response(403, {}, b"Forbidden", token=False))


def test_a_plain_200_is_no_refusal() -> None:
    assert error_from_response(200, {}, b"", token=False) is None
