"""Requests to a server of ListenBrainz's API: whose a token is, and plays handed in.

Paths, fields and limits are those of listenbrainz.readthedocs.io, "Core" and "JSON Documentation".
Servers that speak as ListenBrainz does, such as Maloja, have their own addresses.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from recommender import errors
from recommender.deadline import run_with_deadline
from recommender.text import json_object, visible
from recommender.web.addresses import (
    ServerAddress,
    owners_address,
    public_machines,
    visitors_address,
)
from recommender.web.observed import observed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import requests

# ListenBrainz itself; the version of the API, "1", comes after the address.
HOME = "https://api.listenbrainz.org"
VERSION = "/1"
LISTENBRAINZ = errors.Service("listenbrainz", late="unreachable", unusable="unreachable")
ANSWER_S = 10.0
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 3.0, 8.0
MAX_BODY_BYTES = 100_000
# A token is a UUID at ListenBrainz, and 64 letters and digits at Maloja.
_TOKEN = re.compile(r"[!-~]{1,200}")
MAX_NAME = 100
# A play counts when half of the song was heard, or four minutes of it.
HEARD_S, HEARD_SHARE = 240.0, 0.5
# ListenBrainz takes 1000 plays at once, of 10,240 bytes each.
MAX_LISTENS, MAX_TEXT = 100, 500
MAX_WAIT_S = 3600.0


class ListensRefused(errors.SourceError):
    """The server will never take these plays, however often they are handed in."""


class ServerFailed(errors.Unavailable):
    """The server itself failed, for a while or at these plays."""


@dataclass(frozen=True, slots=True)
class Listen:
    """One play of a song.

    Attributes
    ----------
    listened_at : int, when it began, seconds since 1970
    title, artist : str, not empty
    album : str or None
    seconds : float or None, length of the song
    """

    listened_at: int
    title: str
    artist: str
    album: str | None = None
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the play as the API has it."""
        about = {"artist_name": self.artist[:MAX_TEXT], "track_name": self.title[:MAX_TEXT]}
        if self.album:
            about["release_name"] = self.album[:MAX_TEXT]
        more: dict[str, object] = {"media_player": "Moodring", "submission_client": "Moodring"}
        if self.seconds and self.seconds >= 1:
            more["duration"] = round(self.seconds)
        return {
            "listened_at": self.listened_at,
            "track_metadata": {**about, "additional_info": more},
        }


def is_heard(heard_s: float, length_s: float | None) -> bool:
    """Return whether so much of a song was heard that it counts as a play.

    Parameters
    ----------
    length_s : float or None, length of the song; None when it is unknown
    """
    return heard_s >= min(HEARD_S, HEARD_SHARE * length_s if length_s else HEARD_S)


def address_from(text: str, owners_url: str | None) -> ServerAddress:
    """Return the address that a visitor typed; the owner's, or else ListenBrainz's own, for "".

    Only the owner's may lie in a private network, or be without encryption.

    Raises
    ------
    SourceError
        When it is no address that a visitor may name.
    """
    typed = text.strip().rstrip("/").removesuffix(VERSION)
    try:
        if owners_url is not None and typed in {"", owners_url.removesuffix(VERSION)}:
            return owners_address(owners_url.removesuffix(VERSION))
        return visitors_address(typed or HOME)
    except errors.SourceError:
        raise errors.SourceError("listenbrainz-address") from None


class ListenBrainz:
    """A client of one server with one visitor's token, which is kept in memory only. Thread-safe.

    Parameters
    ----------
    token : str, as the visitor typed it
    machines : callable (address, deadline), returns the numbers a visitor's server may be asked at

    Raises
    ------
    NotAuthorised
        When the token cannot be one.
    """

    def __init__(
        self,
        address: ServerAddress,
        token: str,
        *,
        machines: Callable[[ServerAddress, float], tuple[str, ...]] = public_machines,
    ) -> None:
        self._token = token.strip()
        if _TOKEN.fullmatch(self._token) is None:
            raise errors.NotAuthorised("listenbrainz-bad-token")
        self.address = address
        self._machines = machines
        self._pinned: tuple[str, ...] = ()

    def user(self) -> str:
        """Return the name of the token's user.

        Raises
        ------
        SourceError
            When the token is not valid, or the server does not answer as ListenBrainz does.
        """
        answer = self._ask("GET", "validate-token")
        if answer.get("valid") is False:
            raise errors.NotAuthorised("listenbrainz-bad-token")
        if answer.get("valid") is not True:
            raise LISTENBRAINZ.failure("nonsense")
        return visible(answer.get("user_name"), MAX_NAME)

    def submit(self, listens: Sequence[Listen]) -> None:
        """Hand in plays, 1 to `MAX_LISTENS`.

        Raises
        ------
        ListensRefused
            When the server will not take them, now or later.
        SourceError
            When they may have to be handed in again.
        """
        kind = "single" if len(listens) == 1 else "import"
        told = {"listen_type": kind, "payload": [one.as_json() for one in listens]}
        if self._ask("POST", "submit-listens", told).get("status") != "ok":
            raise LISTENBRAINZ.failure("nonsense")

    def _ask(self, method: str, path: str, told: object = None) -> dict[str, Any]:
        # Imported here, so that the first page does not wait for requests.
        from recommender.web.route import Route, session_to

        ends = time.monotonic() + ANSWER_S
        route = Route(self._where(ends))

        def work() -> tuple[int, Mapping[str, str], bytes]:
            with session_to(self.address, route) as session:
                response = session.request(
                    method,
                    f"{self.address.base}{VERSION}/{path}",
                    data=None if told is None else json.dumps(told),
                    # As `auth`, because a `.netrc` would go before a header.
                    auth=self._sign,
                    headers={"User-Agent": "Moodring", "Content-Type": "application/json"},
                    timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                    stream=True,
                    # A redirect would carry the token to another host.
                    allow_redirects=False,
                )
                body: bytes = response.raw.read(MAX_BODY_BYTES, decode_content=True)
                return response.status_code, response.headers, body

        try:
            with observed(LISTENBRAINZ.name, path) as noted:
                with LISTENBRAINZ.errors():
                    status, headers, body = run_with_deadline(ends, work)
                noted.status = status
                failure = _error_of(status, headers)
                if failure is not None:
                    raise failure
        finally:
            route.sockets.abort()
        return json_object(body)

    def _where(self, deadline: float) -> tuple[str, ...]:
        """Return the numbers to connect to; () for the owner's server, whose name is looked up."""
        if self.address.is_owners or self._pinned:
            return self._pinned
        try:
            with LISTENBRAINZ.errors():
                self._pinned = self._machines(self.address, deadline)
        except errors.Unavailable:
            raise
        except errors.SourceError:
            raise errors.SourceError("listenbrainz-address") from None
        return self._pinned

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self._token}"
        return request


def _error_of(status: int, headers: Mapping[str, str]) -> errors.SourceError | None:
    """Return the error for a status of HTTP; None for one that has an answer."""
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        told = headers.get("X-RateLimit-Reset-In") or headers.get("Retry-After", "")
        known = told.isascii() and told.isdigit() and len(told) <= len("86400")
        wait_s = min(float(told), MAX_WAIT_S) if known else None
        return errors.RateLimited("listenbrainz-full", wait_s)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return errors.NotAuthorised("listenbrainz-bad-token")
    if status == HTTPStatus.BAD_REQUEST:
        return ListensRefused("listenbrainz-nonsense")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Maloja says 500 to another play at the same second, for example.
        kind = ServerFailed if status == HTTPStatus.INTERNAL_SERVER_ERROR else errors.Unavailable
        return kind("listenbrainz-unreachable")
    return None if status == HTTPStatus.OK else LISTENBRAINZ.failure("nonsense")
