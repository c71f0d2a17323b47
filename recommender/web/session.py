"""A requests session with a hard deadline. It imports requests, so import this module lazily."""

import io
import time
from collections.abc import Callable
from typing import Any

import requests

from recommender.errors import Service, SourceError
from recommender.web.observed import Noted, observed, operation_of
from recommender.web.route import Route, RoutedAdapter

# Ten tracks take about 50 kB.
MAX_BODY_BYTES = 2_000_000
CONNECT_TIMEOUT_S = 1.5
READ_TIMEOUT_S = 2.5


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
        route = Route()
        self.sockets = route.sockets
        self._deadline = deadline
        self._service = service
        # A proxy cannot reach a fake on this machine.
        self.trust_env = not is_local
        adapter = RoutedAdapter(route)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

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
        operation = operation_of(request.method or "", request.url or "")
        with observed(self._service.name, operation) as noted:
            return self._send(request, noted, **kwargs)

    def _send(
        self,
        request: requests.PreparedRequest,
        noted: Noted,
        **kwargs: Any,  # noqa: ANN401 - passed through
    ) -> requests.Response:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise self._service.failure("late")
        kwargs.update(
            timeout=(min(CONNECT_TIMEOUT_S, remaining), min(READ_TIMEOUT_S, remaining)),
            stream=True,
        )
        with self._service.errors():
            response = super().send(request, **kwargs)
            noted.status = response.status_code
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
