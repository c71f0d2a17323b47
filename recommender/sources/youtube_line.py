"""The connection to YouTube's search, with an end. Its key never leaves here but in a request."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recommender.errors import SourceError, Unavailable
from recommender.settings import LOOPBACK_HOSTS
from recommender.sources.youtube_answers import NONSENSE, TOO_LATE, refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recommender.settings import Settings

# Of one wait for the network, within a deadline that is still far away.
TIMEOUT_S, SHORTEST_S = 4.0, 0.05


class YouTubeLine:
    """Google's own client, for any number of threads."""

    def __init__(self, settings: Settings) -> None:
        # At level DEBUG it writes addresses into the log, and they hold the key.
        logging.getLogger("googleapiclient.discovery").setLevel(logging.WARNING)
        self._settings = settings
        self._lock = threading.Lock()
        self._service: Any = None

    def ask(self, request: Mapping[str, Any], wires: Any) -> object:  # noqa: ANN401 - httplib2 publishes no types
        """Send the request, and return the answer to it.

        request : the words of YouTube's search, and as "api" of whom it is asked
        wires : what `wires` returned

        Raises
        ------
        SourceError
            When there is no answer, or it is a refusal.
        """
        from googleapiclient.errors import HttpError
        from httplib2 import HttpLib2Error

        words = {name: value for name, value in request.items() if name != "api"}
        try:
            return self._client().search().list(**words).execute(http=wires)
        except HttpError as error:
            failure: SourceError = refusal_of(error.status_code, error.content)
        except TimeoutError:
            failure = Unavailable(TOO_LATE)
        except (OSError, HttpLib2Error):
            failure = Unavailable("YouTube could not be reached.")
        except Exception as error:  # noqa: BLE001 - it stumbles over answers in many ways
            logging.getLogger(__name__).debug("googleapiclient raised %s", type(error).__name__)
            failure = Unavailable(NONSENSE)
        # The cause would hold the address, and with it the key.
        raise failure from None

    def wires(self, deadline: float) -> Any:  # noqa: ANN401 - as above
        """Return the connections of one search."""
        from httplib2 import Http, proxy_info_from_environment

        is_local = urlsplit(self._settings.youtube_api).hostname in LOOPBACK_HOSTS
        wires = Http(
            timeout=max(SHORTEST_S, min(TIMEOUT_S, deadline - time.monotonic())),
            # A proxy for the wide world cannot reach a fake on this machine.
            proxy_info=None if is_local else proxy_info_from_environment,
        )
        # The key must not travel to another host.
        wires.follow_redirects = False
        return wires

    def _client(self) -> Any:  # noqa: ANN401 - the library makes its classes as it runs
        from googleapiclient.discovery import build
        from httplib2 import Http

        with self._lock:
            if self._service is None:
                self._service = build(
                    "youtube",
                    "v3",
                    developerKey=self._settings.youtube_key,
                    static_discovery=True,
                    cache_discovery=False,
                    # Stands there until each request brings its own; without it, the library
                    # would look for an account of this machine.
                    http=Http(timeout=TIMEOUT_S),
                    client_options={"api_endpoint": self._settings.youtube_api},
                )
            return self._service


def cut(wires: Any) -> None:  # noqa: ANN401 - as above
    """End the connections, so that a server that drips its answer holds no thread for hours."""

    def stay_closed() -> None:
        raise ConnectionAbortedError

    for connection in list(wires.connections.values()):
        # The library would connect anew and ask once more.
        connection.connect = stay_closed
        if (wire := connection.sock) is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
    wires.close()
