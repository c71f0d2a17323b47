"""Translation of Spotify's error responses to `SourceError`, without network access."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from recommender.errors import NotAuthorised, QuotaExceeded, RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recommender.errors import SourceError

# Seconds; PAUSE_S and QUOTA_PAUSE_S apply when Spotify states no valid pause. Values of 20,000 s
# are real; more than a day is probably a mistake.
PAUSE_S = 5.0
QUOTA_PAUSE_S = 3600.0
MAX_PAUSE_S = 24 * 3600.0

TOO_LATE = "Spotify did not answer in time."
NONSENSE = "Spotify gave an answer that makes no sense."
OUT_OF_ORDER = "Spotify is out of order."
NO_PREMIUM = "Spotify refuses this key because its owner has no Premium account."


def refusal_of(
    status: int, headers: Mapping[str, str], body: bytes, *, token: bool
) -> SourceError | None:
    """Return the error for a response, or None for status 200.

    Parameters
    ----------
    token : bool, whether a token was requested
    """
    if status == HTTPStatus.OK:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(headers, body)
    if status == HTTPStatus.FORBIDDEN:
        # The body is plain text, so only its words tell the cases apart.
        no_premium = b"premium" in body.lower()
        return NotAuthorised(NO_PREMIUM if no_premium else "Spotify does not let this key search.")
    bad_client = token and status == HTTPStatus.BAD_REQUEST and error_of(body) == "invalid_client"
    if bad_client or status == HTTPStatus.UNAUTHORIZED:
        return NotAuthorised("Spotify does not accept the key.")
    return Unavailable(OUT_OF_ORDER if status >= HTTPStatus.INTERNAL_SERVER_ERROR else NONSENSE)


def _too_many(headers: Mapping[str, str], body: bytes) -> RateLimited | QuotaExceeded:
    if reason_of(body) == "QUOTA_EXCEEDED":
        return QuotaExceeded("The allowance of this Spotify key is used up.")
    pause = retry_after_s(headers.get("Retry-After"), datetime.now(UTC))
    return RateLimited("Spotify asks to be left alone for a while.", pause)


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Return the seconds, 0..MAX_PAUSE_S, of a Retry-After header; None when it is invalid.

    Parameters
    ----------
    value : str or None, a number of seconds or an HTTP date
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
        except (ValueError, OverflowError):
            return None
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, MAX_PAUSE_S)


def _json(body: bytes) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def reason_of(body: bytes) -> object:
    """Return an error's reason code, or None."""
    answer = _json(body)
    error = answer.get("error")
    return answer.get("reason") or (error.get("reason") if isinstance(error, dict) else None)


def error_of(body: bytes) -> object:
    """Return the error code of a token response."""
    return _json(body).get("error")
