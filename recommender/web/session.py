"""A requests session with a hard deadline. It imports requests, so import this module lazily."""

import io
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

from recommender.deadline import OpenSockets
from recommender.errors import Service, SourceError

# Ten tracks take about 50 kB.
MAX_BODY_BYTES = 2_000_000
CONNECT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 2.5


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


class BoundedSession(requests.Session):
    """A session for a few requests to one service, used by one thread.

    It returns only complete, expected responses and raises `SourceError` for all others. It opens
    new connections: a kept connection may be dead, which without retries would look like a failure
    of the service. It follows no redirect, which could carry a secret to another host.

    Parameters
    ----------
    deadline : float, value of ``time.monotonic()`` after which no request is sent
    service : Service, names the errors
    is_local : bool, whether the service is a fake on this machine
    map_status : callable, maps a status to its error, or to None
    """

    def __init__(
        self,
        deadline: float,
        service: Service,
        *,
        is_local: bool,
        map_status: Callable[[int], SourceError | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._map_status = map_status
        self.sockets = OpenSockets()
        self._deadline = deadline
        self._service = service
        # A proxy cannot reach a fake on this machine.
        self.trust_env = not is_local
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - required by requests
        """Return None, so that no redirect is followed."""
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
            raise self._service.failure("late")
        _here.sockets = self.sockets
        kwargs.update(
            timeout=(min(CONNECT_TIMEOUT_S, remaining), min(READ_TIMEOUT_S, remaining)),
            stream=True,
        )
        with self._service.errors():
            response = super().send(request, **kwargs)
            body = self._body_of(response)
        self.check(request, response, body)
        response.raw = io.BytesIO(body)
        return response

    def check(
        self,
        request: requests.PreparedRequest,  # noqa: ARG002 - for services that ask for tokens
        response: requests.Response,
        body: bytes,  # noqa: ARG002 - the same
    ) -> None:
        """Raise the `SourceError` of a response that is not the expected one."""
        failure = self._map_status(response.status_code)
        if failure is not None:
            raise failure

    def _body_of(self, response: requests.Response) -> bytes:
        with response:
            body: bytes = response.raw.read(MAX_BODY_BYTES + 1, decode_content=True)
        if len(body) > MAX_BODY_BYTES:
            raise self._service.failure("nonsense")
        return body
