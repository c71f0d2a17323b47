"""Which video is the song, and what a refusal means."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, SourceError, Unavailable
from recommender.types import SourceName, Track, youtube_link
from recommender.youtube.client import error_from_response, fitting_video

FIRST, SECOND = "aaaaaaaaaaa", "bbbbbbbbbb_"


def track(title: str, *artists: str) -> Track:
    return Track(title, artists, SourceName.CATALOGUE, "1")


def item(video: object, title: object, channel: object = "") -> dict[str, Any]:
    return {"id": {"videoId": video}, "snippet": {"title": title, "channelTitle": channel}}


@pytest.mark.parametrize(
    ("song", "title", "channel"),
    [
        (track("Halo", "Beyoncé"), "Beyonce - HALO (Official Video)", "VEVO"),
        (track("Halo", "Beyoncé"), "Halo", "Beyoncé - Topic"),
        (track("Halo (Live)", "Beyoncé"), "Beyoncé: Halo", ""),
        (track("Halo - 2009 Remaster", "Beyoncé"), "Beyoncé – Halo", ""),
        (track("(I Can't Get No) Satisfaction", "The Rolling Stones"),
         "The Rolling Stones - (I Can&#39;t Get No) Satisfaction", ""),
        (track("Du & ich", "A", "B"), "B: Du &amp; ich", ""),
        (track("恋", "星野源"), "星野源 - 恋 【MV】", ""),
    ],
)  # fmt: skip
def test_a_video_of_the_song_fits(song: Track, title: str, channel: str) -> None:
    assert fitting_video({"items": [item(FIRST, title, channel)]}, song) == FIRST


@pytest.mark.parametrize(
    ("title", "channel"),
    [("Beyoncé - Crazy in Love", ""), ("Halo", "Piano Covers"), ("", "Beyoncé")],
)
def test_another_video_does_not_fit(title: str, channel: str) -> None:
    answer = {"items": [item(FIRST, title, channel)]}
    assert fitting_video(answer, track("Halo", "Beyoncé")) is None


def test_the_first_that_fits_is_taken_and_what_is_no_video_passed_over() -> None:
    items = [
        None,
        {"id": "x", "snippet": {}},
        {"id": {"playlistId": FIRST}},
        item("javascript:", "A: Song"),
        item(7, "A: Song"),
        item(FIRST, None, None),
        item(SECOND, "A: Song"),
        item(FIRST, "A: Song"),
    ]
    assert fitting_video({"items": items}, track("Song", "A")) == SECOND


def test_nothing_found_is_no_error() -> None:
    assert fitting_video({"items": []}, track("Song", "A")) is None
    assert fitting_video({}, track("Song", "A")) is None


@pytest.mark.parametrize("answer", [None, [], "x", {"items": None}, {"items": {"0": "x"}}])
def test_another_shape_is_nonsense(answer: object) -> None:
    with pytest.raises(Unavailable, match="no sense"):
        fitting_video(answer, track("Song", "A"))


def test_only_an_id_becomes_an_address() -> None:
    assert youtube_link(FIRST) == f"https://www.youtube.com/watch?v={FIRST}"
    for bad in ("", "short", f"{FIRST}&x", "aaaaa/aaaaa", f"{FIRST[:-1]}\n", None, 7):
        assert youtube_link(bad) is None


def body(reason: str, message: str = "x", **details: object) -> bytes:
    error = {"message": message, "errors": [{"reason": reason}], **details}
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (403, body("quotaExceeded"), QuotaExceeded),
        (403, body("dailyLimitExceeded"), QuotaExceeded),
        (429, body("rateLimitExceeded", quota="SearchPerDayPerProject"), QuotaExceeded),
        (429, body("rateLimitExceeded", quota="SearchPerMinute"), RateLimited),
        (403, body("userRateLimitExceeded"), RateLimited),
        (429, b"", RateLimited),
        (400, body("keyInvalid"), NotAuthorised),
        (400, body("badRequest", "API key not valid. Please pass one."), NotAuthorised),
        (400, body("badRequest", details=[{"reason": "API_KEY_INVALID"}]), NotAuthorised),
        (400, body("badRequest"), Unavailable),
        (403, body("accessNotConfigured"), NotAuthorised),
        (401, b"no", NotAuthorised),
        (500, b"no", Unavailable),
        (302, b"", Unavailable),
        (404, b"[" * 100_000, Unavailable),
    ],
)
def test_refusals(status: int, answer: bytes, kind: type[SourceError]) -> None:
    assert type(error_from_response(status, answer)) is kind


@given(st.integers(100, 599), st.binary() | st.text().map(str.encode))
def test_any_refusal_is_an_error_in_one_sentence(status: int, answer: bytes) -> None:
    said = str(error_from_response(status, answer))
    assert "YouTube" in said
    assert said.endswith(".")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["items", "id", "videoId", "snippet", "title", "error", "errors", "details",
                         "reason", "message"]), inner),
)  # fmt: skip


@given(JSON)
def test_no_answer_raises_anything_else(answer: object) -> None:
    with suppress(Unavailable):
        assert fitting_video(answer, track("Song", "A")) is None
    assert isinstance(error_from_response(400, json.dumps(answer).encode()), SourceError)
