"""The way of a session's connections: to given machines, and ended from another thread.

It imports requests, so import this module lazily.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry

from recommender.deadline import OpenSockets

if TYPE_CHECKING:
    from recommender.web.addresses import ServerAddress

# Seconds for all given machines together.
CONNECT_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Route:
    """The way of the connections of one session.

    Attributes
    ----------
    machines : tuple of str, the numbers to connect to; () where the name may be looked up
    sockets : OpenSockets, which end it
    """

    machines: tuple[str, ...] = ()
    sockets: OpenSockets = field(default_factory=OpenSockets)

    def open(self, port: int) -> socket.socket:
        """Return a connection to one of the machines. Raises OSError."""
        return dialled(self.machines, port, CONNECT_TIMEOUT_S)


class _Connection(HTTPConnection):
    route: Route

    def _new_conn(self) -> socket.socket:
        given = self.route.machines
        wire = self.route.open(self.port or 80) if given else super()._new_conn()
        self.route.sockets.add(wire)
        return wire


class _SecureConnection(HTTPSConnection):
    # The name stays the one that the certificate must be for.
    route: Route

    def _new_conn(self) -> socket.socket:
        given = self.route.machines
        wire = self.route.open(self.port or 443) if given else super()._new_conn()
        self.route.sockets.add(wire)
        return wire


class RoutedAdapter(HTTPAdapter):
    """An adapter of requests whose connections take a route."""

    def __init__(self, route: Route) -> None:
        kinds = {"https": _SecureConnection, "http": _Connection}
        self._kinds = {
            scheme: type(kind.__name__, (kind,), {"route": route}) for scheme, kind in kinds.items()
        }
        # No retries: a visitor who waits is served better by another source.
        super().__init__(max_retries=Retry(0, read=False, respect_retry_after_header=False))

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
        """Return a pool that makes our kinds of connections."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._kinds[pool.scheme]
        return pool


def session_to(address: ServerAddress, route: Route) -> requests.Session:
    """Return a session whose connections to a server that people named go to a route's machines."""
    session = requests.Session()
    # The environment may name a proxy, which would look the name up again.
    session.trust_env = address.is_owners and not address.is_local
    adapter = RoutedAdapter(route)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def dialled(machines: tuple[str, ...], port: int, timeout_s: float) -> socket.socket:
    """Return a connection to the first of some machines that answers. Raises OSError.

    Parameters
    ----------
    machines : tuple of str, numbers, so that nothing is looked up
    timeout_s : float, seconds for all of them together
    """
    ends = time.monotonic() + timeout_s
    failure: OSError = TimeoutError("no time to connect")
    for machine in machines:
        left = ends - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((machine, port), left)
        except OSError as error:
            failure = error
    raise failure
