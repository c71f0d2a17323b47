"""Translation of Spotify's responses to a signed-in visitor's requests, without network access."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from recommender.errors import (
    NotAuthorised,
    PlayerRefused,
    ScopeMissing,
    SignInEnded,
    SignInRefused,
)
from recommender.sources.spotify_refusals import NO_PREMIUM, error_of, reason_of, refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recommender.errors import SourceError

DONE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})

RECONNECT = "Spotify no longer accepts this sign-in: please reconnect."
NOT_ACCEPTED = "Spotify did not accept this sign-in: please connect again."
NEEDS_PREMIUM = "Playing on a device needs Spotify Premium."
NO_DEVICE = "Spotify is open on no device: open it on one first, then press again."
NOT_NOW = "Your player does not allow that just now."
NOT_REGISTERED = (
    "Spotify does not let this account use the app yet: its owner must add it to the app's users."
)
NOT_ALLOWED = "Spotify does not let this account do that."


def sign_in_refusal_of(
    status: int, headers: Mapping[str, str], body: bytes, *, token: bool
) -> SourceError | None:
    """Return the error for a response to a new sign-in's code, or None for success."""
    if status == HTTPStatus.BAD_REQUEST and error_of(body) == "invalid_grant":
        return SignInRefused(NOT_ACCEPTED)
    return refusal_of(status, headers, body, token=token)


def user_refusal_of(
    status: int, headers: Mapping[str, str], body: bytes, *, token: bool, scope: str = ""
) -> SourceError | None:
    """Return the error for a response, or None for the expected response.

    Parameters
    ----------
    token : bool, whether the request was for a token refresh
    scope : str, the OAuth scope that the request needs
    """
    if token:
        if status == HTTPStatus.BAD_REQUEST and error_of(body) == "invalid_grant":
            return SignInEnded(RECONNECT)
    elif status in DONE:
        return None
    elif status == HTTPStatus.UNAUTHORIZED:
        return SignInEnded(RECONNECT)
    elif status == HTTPStatus.FORBIDDEN:
        return _forbidden(body, scope)
    elif status == HTTPStatus.NOT_FOUND and reason_of(body) == "NO_ACTIVE_DEVICE":
        return PlayerRefused(NO_DEVICE)
    return refusal_of(status, headers, body, token=token)


def _forbidden(body: bytes, scope: str) -> SourceError:
    words = body.lower()
    reason = reason_of(body)
    if b"client scope" in words:
        return ScopeMissing(scope)
    if b"registered" in words:
        return NotAuthorised(NOT_REGISTERED)
    if reason == "PREMIUM_REQUIRED":
        return PlayerRefused(NEEDS_PREMIUM)
    if reason is not None:
        return PlayerRefused(NOT_NOW)
    return NotAuthorised(NO_PREMIUM if b"premium" in words else NOT_ALLOWED)
