"""A requests session with a hard deadline. It imports requests, so import this module lazily."""

import io
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

from recommender.deadline import OpenSockets
from recommender.errors import SourceError
from recommender.spotify.errors import SPOTIFY, error_from_response
from recommender.text import json_object

# Ten tracks take about 50 kB.
MAX_BODY_BYTES = 2_000_000
CONNECT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 2.5


# Maps status, headers, body and ``token`` (whether one was requested) to an error, or to None.
ErrorMapper: TypeAlias = "Callable[..., SourceError | None]"


# The `OpenSockets` for connections made in this thread; urllib3 offers no parameter for it.
_here = threading.local()


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        wire = super()._new_conn()
        _here.sockets.add(wire)
        return wire


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        wire = super()._new_conn()
        _here.sockets.add(wire)
        return wire


class _Adapter(HTTPAdapter):
    def __init__(self) -> None:
        # No retries: a visitor who waits is served better by another source.
        super().__init__(max_retries=Retry(0, read=False, respect_retry_after_header=False))

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _SecureConnection if pool.scheme == "https" else _Connection
        return pool


class DeadlineSession(requests.Session):
    """A session for one search, used by one thread.

    It returns only complete, expected responses and raises `SourceError` for all others, before
    spotipy can sleep for a Retry-After or log a request.

    Each search opens new connections: a kept connection may be dead, which without retries would
    look like a failure of Spotify.

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
        super().__init__()
        self.sockets = OpenSockets()
        self._deadline = deadline
        self._token_url = token_url
        self._map_error = map_error
        # A proxy cannot reach a fake on this machine.
        self.trust_env = not is_local
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - required by requests
        """Return None, so that no redirect carries a token to another host."""
        return None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - passed through
        """Send a request and return the response with its body read.

        Raises
        ------
        SourceError
            When there is no response in time, or it is an error.
        """
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise SPOTIFY.failure("late")
        _here.sockets = self.sockets
        kwargs.update(
            timeout=(min(CONNECT_TIMEOUT_S, remaining), min(READ_TIMEOUT_S, remaining)),
            stream=True,
        )
        with SPOTIFY.errors():
            response = super().send(request, **kwargs)
            body = _body_of(response)
        token = request.url == self._token_url
        failure = self._map_error(response.status_code, response.headers, body, token=token)
        if failure is not None:
            raise failure
        if token:
            _check_token(body)
        response.raw = io.BytesIO(body)
        return response


def _body_of(response: requests.Response) -> bytes:
    with response:
        body: bytes = response.raw.read(MAX_BODY_BYTES + 1, decode_content=True)
    if len(body) > MAX_BODY_BYTES:
        raise SPOTIFY.failure("nonsense")
    return body


def _check_token(body: bytes) -> None:
    """Reject a malformed token, which spotipy would cache and fail on until it expires."""
    answer = json_object(body)
    token, lifetime = answer.get("access_token"), answer.get("expires_in")
    # The token is sent in a header, where anything but visible ASCII would break the request.
    is_sent = isinstance(token, str) and token and token.isascii() and token.isprintable()
    if not is_sent or type(lifetime) is not int or lifetime <= 0:
        raise SPOTIFY.failure("nonsense")
