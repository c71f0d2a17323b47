"""Answers of Spotify other than a plain 200, to the app and to a visitor. No network here."""

from collections.abc import Mapping
from http import HTTPStatus

from recommender import errors
from recommender.text import json_object

# Seconds; PAUSE_S and QUOTA_PAUSE_S apply when Spotify states no valid pause. Values of 20,000 s
# are real; more than a day is probably a mistake.
PAUSE_S = 5.0
QUOTA_PAUSE_S = 3600.0
MAX_PAUSE_S = 24 * 3600

SPOTIFY = errors.Service("spotify")


def error_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, token: bool
) -> errors.SourceError | None:
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
        return errors.NotAuthorised("spotify-no-premium" if no_premium else "spotify-no-search")
    bad_client = token and status == HTTPStatus.BAD_REQUEST and error_of(body) == "invalid_client"
    if bad_client or status == HTTPStatus.UNAUTHORIZED:
        return errors.NotAuthorised("spotify-bad-key")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.Unavailable("spotify-out-of-order")
    return SPOTIFY.failure("nonsense")


def _too_many(headers: Mapping[str, str], body: bytes) -> errors.RateLimited | errors.QuotaExceeded:
    if reason_of(body) == "QUOTA_EXCEEDED":
        return errors.QuotaExceeded("spotify-spent")
    pause = retry_after_s(headers.get("Retry-After"))
    return errors.RateLimited("spotify-pause", pause)


def retry_after_s(value: str | None) -> float | None:
    """Return the seconds, 0..MAX_PAUSE_S, of a Retry-After header; None when it is invalid.

    Parameters
    ----------
    value : str or None, a whole number of seconds or an HTTP date; one that has passed is 0
    """
    from urllib3.exceptions import HTTPError
    from urllib3.util import Retry

    if value is None:
        return None
    try:
        return Retry(retry_after_max=MAX_PAUSE_S).parse_retry_after(value)
    except (HTTPError, ValueError, OverflowError):
        return None


def reason_of(body: bytes) -> object:
    """Return an error's reason code, or None."""
    answer = json_object(body)
    error = answer.get("error")
    return answer.get("reason") or (error.get("reason") if isinstance(error, dict) else None)


def error_of(body: bytes) -> object:
    """Return the error code of a token response."""
    return json_object(body).get("error")


DONE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})


def sign_in_error_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, token: bool
) -> errors.SourceError | None:
    """Return the error for a response to a new sign-in's code, or None for success."""
    if status == HTTPStatus.BAD_REQUEST and error_of(body) == "invalid_grant":
        return errors.SignInRefused("spotify-not-accepted")
    return error_from_response(status, headers, body, token=token)


def user_error_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, token: bool, scope: str = ""
) -> errors.SourceError | None:
    """Return the error for a response, or None for the expected response.

    Parameters
    ----------
    token : bool, whether the request was for a token refresh
    scope : str, the OAuth scope that the request needs
    """
    if token:
        if status == HTTPStatus.BAD_REQUEST and error_of(body) == "invalid_grant":
            return errors.SignInEnded("spotify-reconnect")
    elif status in DONE:
        return None
    elif status == HTTPStatus.UNAUTHORIZED:
        return errors.SignInEnded("spotify-reconnect")
    elif status == HTTPStatus.FORBIDDEN:
        return _forbidden(body, scope)
    elif status == HTTPStatus.NOT_FOUND and reason_of(body) == "NO_ACTIVE_DEVICE":
        return errors.PlayerRefused("spotify-no-device")
    return error_from_response(status, headers, body, token=token)


def _forbidden(body: bytes, scope: str) -> errors.SourceError:
    words = body.lower()
    reason = reason_of(body)
    if b"client scope" in words:
        return errors.ScopeMissing(scope)
    if b"registered" in words:
        return errors.NotAuthorised("spotify-not-registered")
    if reason == "PREMIUM_REQUIRED":
        return errors.PlayerRefused("spotify-needs-premium")
    if reason is not None:
        return errors.PlayerRefused("spotify-not-now")
    return errors.NotAuthorised(
        "spotify-no-premium" if b"premium" in words else "spotify-not-allowed"
    )
