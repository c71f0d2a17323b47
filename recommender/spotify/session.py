"""Spotify's session with a hard deadline. It imports requests, so import this module lazily."""

from collections.abc import Callable
from typing import TypeAlias

import requests

from recommender.errors import SourceError
from recommender.spotify.errors import SPOTIFY, error_from_response
from recommender.text import json_object
from recommender.web.session import BoundedSession

# Maps status, headers, body and ``token`` (whether one was requested) to an error, or to None.
ErrorMapper: TypeAlias = "Callable[..., SourceError | None]"


class DeadlineSession(BoundedSession):
    """A session for one search, used by one thread; see `BoundedSession`.

    Errors are raised before spotipy can sleep for a Retry-After or log a request.

    Parameters
    ----------
    deadline : float, value of ``time.monotonic()`` after which no request is sent
    token_url : str, the token endpoint
    is_local : bool, whether Spotify is a fake on this machine
    map_error : ErrorMapper, maps a response to its error; by default any status but 200 is one
    """

    def __init__(
        self,
        deadline: float,
        *,
        token_url: str,
        is_local: bool,
        map_error: ErrorMapper = error_from_response,
    ) -> None:
        super().__init__(deadline, SPOTIFY, is_local=is_local)
        self._token_url = token_url
        self._map_error = map_error

    def check(
        self, request: requests.PreparedRequest, response: requests.Response, body: bytes
    ) -> None:
        """Raise the `SourceError` of a response that is an error, or of a malformed token."""
        token = request.url == self._token_url
        failure = self._map_error(response.status_code, response.headers, body, token=token)
        if failure is not None:
            raise failure
        if token:
            _check_token(body)


def _check_token(body: bytes) -> None:
    """Reject a malformed token, which spotipy would cache and fail on until it expires."""
    answer = json_object(body)
    token, lifetime = answer.get("access_token"), answer.get("expires_in")
    # The token is sent in a header, where anything but visible ASCII would break the request.
    is_sent = isinstance(token, str) and token and token.isascii() and token.isprintable()
    if not is_sent or type(lifetime) is not int or lifetime <= 0:
        raise SPOTIFY.failure("nonsense")
