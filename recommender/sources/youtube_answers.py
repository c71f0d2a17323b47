"""Translation of YouTube's responses and errors, without network access."""

from __future__ import annotations

import html
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, Unavailable
from recommender.names import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recommender.errors import SourceError
    from recommender.types import Track

TOO_LATE = "YouTube did not answer in time."
NONSENSE = "YouTube gave an answer that makes no sense."
SPENT = "Today's searches on YouTube are used up."
BAD_KEY = "YouTube does not accept the key."
# Characters of a video's title; YouTube's own limit is 100.
MAX_TITLE = 1000

_VIDEO = re.compile(r"[0-9A-Za-z_-]{11}")
# Additions such as "Halo (Live)" or "Halo - 2009 Remaster", which a video's title need not have.
# Blanks are made single before, so the search is linear.
_ADDED = re.compile(r" ?[(\[].*| [-–—] .*")
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_INVALID = frozenset({"keyInvalid", "API_KEY_INVALID"})
_HASTE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})


def address_of(video: str) -> str:
    """Return the address at which a video is watched. Raises Unavailable for an invalid id."""
    if not _VIDEO.fullmatch(video):
        raise Unavailable(NONSENSE)
    return f"https://www.youtube.com/watch?v={video}"


def fitting_video(answer: object, track: Track) -> str | None:
    """Return the id of the first video of the song, or None.

    Raises
    ------
    Unavailable
        When the response has another shape.
    """
    items = answer.get("items", []) if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise Unavailable(NONSENSE)
    title = fold(_bare(track.title))
    artists = [fold(artist) for artist in track.artists]
    for video, name, channel in filter(None, map(_parts, items)):
        # A channel of automatic uploads is named after the artist: "Queen - Topic".
        if title in name and any(artist in name or artist in channel for artist in artists):
            return video
    return None


def _bare(title: str) -> str:
    return _ADDED.sub("", " ".join(title.split())) or title


def _parts(item: object) -> tuple[str, str, str] | None:
    """Return a video's id, and its title and channel normalised for comparison."""
    if not isinstance(item, dict):
        return None
    identity, snippet = item.get("id"), item.get("snippet")
    if not (isinstance(identity, dict) and isinstance(snippet, dict)):
        return None
    texts = (identity.get("videoId"), snippet.get("title"), snippet.get("channelTitle", ""))
    # Cut the text: Python refuses integers over 4,300 digits, which "&#9999…" makes `html` parse.
    video, title, channel = (text[:MAX_TITLE] if isinstance(text, str) else "" for text in texts)
    if not _VIDEO.fullmatch(video):
        return None
    return video, fold(html.unescape(title)), fold(html.unescape(channel))


def refusal_of(status: int, body: bytes) -> SourceError:
    """Return the error for a response with a status other than 200."""
    error = _error(body)
    reasons = set(_reasons(error))
    if reasons & _INVALID or "API key not valid" in str(error.get("message")):
        return NotAuthorised(BAD_KEY)
    # Google uses the same reason for limits per day and per minute.
    if reasons & _QUOTA or b"PerDay" in body:
        return QuotaExceeded(SPENT)
    if status == HTTPStatus.TOO_MANY_REQUESTS or reasons & _HASTE:
        return RateLimited("YouTube asks to be left alone for a while.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return NotAuthorised("YouTube does not let this key search.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable("YouTube is out of order.")
    return Unavailable(NONSENSE)


def _error(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else {}


def _reasons(error: dict[str, Any]) -> Iterator[str]:
    """Yield the reasons of an error, in Google's old and new formats."""
    for name in ("errors", "details"):
        listed = error.get(name)
        for entry in listed if isinstance(listed, list) else []:
            reason = entry.get("reason") if isinstance(entry, dict) else None
            if isinstance(reason, str):
                yield reason
