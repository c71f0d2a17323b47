"""Answers of a music server other than a plain "ok". No network here.

Subsonic sends its errors with HTTP status 200; numbers as in opensubsonic.netlify.app,
"Error" and "HTTP form POST / API key authentication".
"""

from collections.abc import Mapping
from http import HTTPStatus

from recommender import errors
from recommender.text import json_object

SERVER = errors.Service("server")

# Numbers of errors: a parameter is missing; the sign-in is of a kind that the server does not know.
MISSING, NO_TOKENS, UNKNOWN_SIGN_IN, TWO_SIGN_INS = 10, 41, 42, 43
# After these, another kind of sign-in may be accepted.
OTHER_SIGN_IN = frozenset({MISSING, NO_TOKENS, UNKNOWN_SIGN_IN, TWO_SIGN_INS})
BAD_PASSWORD, BAD_KEY, NOT_ALLOWED, TRIAL_OVER, NOT_FOUND = 40, 44, 50, 60, 70
# Seconds that a full server is believed to need; more is probably a mistake.
MAX_PAUSE_S = 3600

_BY_NUMBER: Mapping[int, type[errors.SourceError]] = {
    BAD_PASSWORD: errors.NotAuthorised,
    BAD_KEY: errors.NotAuthorised,
    NOT_ALLOWED: errors.NotAuthorised,
    TRIAL_OVER: errors.NotAuthorised,
    NOT_FOUND: errors.SourceError,
}
_MESSAGES = {
    BAD_PASSWORD: "server-bad-password",
    BAD_KEY: "server-bad-key",
    NOT_ALLOWED: "server-not-allowed",
    TRIAL_OVER: "server-not-allowed",
    NOT_FOUND: "server-song-gone",
}
_REFUSALS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "server-bad-password",
    HTTPStatus.FORBIDDEN: "server-not-allowed",
}


class SignInUnknown(errors.NotAuthorised):
    """The server does not know this kind of sign-in; another kind may be accepted."""

    def __init__(self) -> None:
        super().__init__("server-no-sign-in")


def answer_of(body: bytes) -> dict[str, object]:
    """Return the content of an answer that says "ok".

    Parameters
    ----------
    body : bytes, in JSON, untrusted

    Raises
    ------
    SourceError
        For the error that the answer names, and for anything that is no answer.
    """
    answer = json_object(body).get("subsonic-response")
    if isinstance(answer, dict) and answer.get("status") == "ok":
        return answer
    raise named_error(body) or SERVER.failure("nonsense")


def named_error(body: bytes) -> errors.SourceError | None:
    """Return the error that an answer names; None where it names none."""
    answer = json_object(body).get("subsonic-response")
    error = answer.get("error") if isinstance(answer, dict) else None
    number = error.get("code") if isinstance(error, dict) else None
    return error_of(number) if type(number) is int else None


def error_of(number: int) -> errors.SourceError:
    """Return the error for Subsonic's number of it."""
    if number in OTHER_SIGN_IN:
        return SignInUnknown()
    kind = _BY_NUMBER.get(number, errors.Unavailable)
    return kind(_MESSAGES.get(number, "server-out-of-order"))


def error_from_status(status: int, headers: Mapping[str, str]) -> errors.SourceError | None:
    """Return the error for a status of HTTP; None for one that has an answer.

    Parameters
    ----------
    headers : mapping, of which Retry-After tells how long a full server needs
    """
    if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        # Followed, a redirect would carry the password to another host.
        return errors.Unavailable("server-redirects")
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return errors.RateLimited("server-full", _pause_s(headers.get("Retry-After")))
    if status in _REFUSALS:
        return errors.NotAuthorised(_REFUSALS[status])
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.Unavailable("server-out-of-order")
    return SERVER.failure("nonsense")


def _pause_s(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header; None for a date, which few servers send."""
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= len("86400")):
        return None
    return float(min(int(value), MAX_PAUSE_S))
