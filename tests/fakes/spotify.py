"""A fake Spotify over real HTTP, with the rules of November 2026 and faults to switch on.

In a test: ``with FakeSpotify() as fake: ...`` and point the settings at ``fake.base``. From a
shell: ``python -m tests.fakes.spotify --port 8900`` (client id and secret are printed).

All songs are invented, and look it: "Fake Song 12" by "Fake Artist 3", or by the artist that the
search names. A search for an artist called "Nobody" finds nothing.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import itertools
import json
import os
import re
import socket
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.spotify_user import FakeUser
from tests.fakes.web import Fake, Handler, drip_body, reset, stall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CLIENT_ID = "fake-client-id"
CLIENT_SECRET = "fake-client-secret"
# How many songs each search has.
TOTAL = 95
MAX_LIMIT = 10
DEFAULT_LIMIT = 5
MAX_OFFSET = 1000
OVERSIZE_BYTES = 3_000_000

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# What is gone, and how Spotify answers today.
_GONE = (
    (re.compile(r"/v1/recommendations(/.*)?"), 404),
    (re.compile(r"/v1/artists/[^/]+/related-artists"), 404),
    (re.compile(r"/v1/browse/.*"), 404),
    (re.compile(r"/v1/audio-(features|analysis)(/.*)?"), 403),
    (re.compile(r"/v1/users/.*"), 403),
    (re.compile(r"/v1/playlists/[^/]+/tracks"), 403),
    (re.compile(r"/v1/(tracks|albums|artists|episodes|shows|audiobooks|chapters)"), 403),
)


@dataclass(frozen=True)
class FaultPlan:
    """Which faults to show; the names are the keys of FAULTS.

    token, search, user : fault of that request, or of every request for a visitor; or None
    after : how many searches are answered well before the fault begins
    """

    token: str | None = None
    search: str | None = None
    user: str | None = None
    after: int = 0


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str = field(repr=False)


class FakeSpotify(Fake):
    """The server. Any number may run at once.

    user : the visitor who signs in
    dress : changes a song or playlist of an answer before it is sent, with the search's words
    """

    def __init__(
        self,
        port: int = 0,
        plan: FaultPlan | None = None,
        *,
        dress: Callable[[dict[str, Any], str], None] | None = None,
    ) -> None:
        self.plan = plan or FaultPlan()
        self.user = FakeUser(CLIENT_ID)
        self.dress = dress
        self.asked: list[Asked] = []
        self.tokens: set[str] = set()
        self.numbers = itertools.count(1)
        super().__init__(_Handler, port)

    @property
    def environ(self) -> dict[str, str]:
        """Environment that points the app here."""
        return {
            "SPOTIPY_CLIENT_ID": CLIENT_ID,
            "SPOTIPY_CLIENT_SECRET": CLIENT_SECRET,
            "MOODRING_SPOTIFY_API": self.base,
            "MOODRING_SPOTIFY_ACCOUNTS": self.base,
        }

    @property
    def searches(self) -> list[Asked]:
        """The searches asked so far."""
        return [asked for asked in self.asked if asked.path == "/v1/search"]


def nobody_there() -> str:
    """Return an address at which connections are refused."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class _Handler(Handler):
    fake: FakeSpotify

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path, query = self._note()
        if path == "/api/token":
            self._token(body)
        elif not self._is_for_visitor(path, query, body):
            self.fail(404, "Service not found")

    do_PUT = do_POST

    def _is_for_visitor(self, path: str, query: dict[str, str], body: str = "") -> bool:
        if not self.fake.user.answers(self.command, path):
            return False
        if self.fake.plan.user is not None:
            FAULTS[self.fake.plan.user](self)
        else:
            self.fake.user.answer(self, path, query, body)
        return True

    def do_GET(self) -> None:
        path, query = self._note()
        if path == "/authorize":
            self.fake.user.authorize(self, query)
            return
        if self._is_for_visitor(path, query):
            return
        gone = next((status for gone, status in _GONE if gone.fullmatch(path)), None)
        if not path.startswith("/v1/"):
            self.fail(404, "Service not found")
        elif self._is_authorised():
            if gone is not None:
                self.fail(gone, "Forbidden" if gone == 403 else "Not found")
            elif path == "/v1/search":
                self._search(query)
            else:
                self.fail(404, "Service not found")

    def _note(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        authorization = self.headers.get("Authorization", "")
        self.fake.asked.append(Asked(self.command, parts.path, query, authorization))
        return parts.path, query

    def _token(self, body: str) -> None:
        if self.fake.plan.token is not None:
            FAULTS[self.fake.plan.token](self)
            return
        if parse_qs(body).get("grant_type") in (["authorization_code"], ["refresh_token"]):
            self.fake.user.token(self, body)
            return
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_json(400, bad_client())
        elif parse_qs(body) != {"grant_type": ["client_credentials"]}:
            self.send_json(
                400,
                {
                    "error": "unsupported_grant_type",
                    "error_description": "grant_type parameter is missing or unknown",
                },
            )
        else:
            token = f"fake-token-{len(self.fake.tokens)}-{os.urandom(6).hex()}"
            self.fake.tokens.add(token)
            self.send_json(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _is_authorised(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            self.fail(401, "No token provided")
        elif token not in self.fake.tokens:
            self.fail(401, "Invalid access token")
        else:
            return True
        return False

    def _search(self, query: dict[str, str]) -> None:
        plan = self.fake.plan
        # Searches come side by side, so that counting those that have come would count too many.
        number = next(self.fake.numbers)
        if plan.search is not None and number > plan.after:
            FAULTS[plan.search](self)
            return
        limit = _whole(query.get("limit", str(DEFAULT_LIMIT)))
        offset = _whole(query.get("offset", "0"))
        if not query.get("q"):
            self.fail(400, "No search query")
        elif query.get("type") not in {"track", "playlist"}:
            self.fail(400, "Bad search type field")
        elif limit is None or not 1 <= limit <= MAX_LIMIT:
            self.fail(400, "Invalid limit")
        elif offset is None or not 0 <= offset <= MAX_OFFSET:
            self.fail(400, "Invalid offset")
        elif not re.fullmatch("[A-Z]{2}", query.get("market", "US")):
            self.fail(400, "Invalid market code")
        else:
            answer = answer_for(self.fake.base, query["q"], limit, offset, query["type"])
            for item in answer[f"{query['type']}s"]["items"]:
                if item is not None and self.fake.dress is not None:
                    self.fake.dress(item, query["q"])
            self.send_packed(answer)

    def fail(self, status: int, message: str, **more: object) -> None:
        self.send_json(status, {"error": {"status": status, "message": message, **more}})

    def send_json(self, status: int, answer: object, **headers: str) -> None:
        self.send_bytes(status, json.dumps(answer).encode(), **headers)

    def send_packed(self, answer: object) -> None:
        """Send as Spotify does: compressed, and in chunks."""
        packed = gzip.compress(json.dumps(answer).encode())
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(packed), 500):
            chunk = packed[start : start + 500]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else None


def bad_client() -> dict[str, str]:
    """Return Spotify's answer to a wrong id or secret."""
    return {"error": "invalid_client", "error_description": "Invalid client secret"}


def answer_for(base: str, q: str, limit: int, offset: int, kind: str = "track") -> dict[str, Any]:
    """Return the answer to a search, always the same for the same question."""
    artist = re.search(r'artist:"([^"]*)"', q)
    years = re.search(r"year:(\d{4})-(\d{4})", q)
    span = (int(years[1]), int(years[2])) if years else (1970, 2024)
    total = 0 if artist and artist[1] == "Nobody" else TOTAL
    first = zlib.crc32(q.encode()) % 500
    items = [
        _playlist(base, first + index)
        if kind == "playlist"
        else _item(base, first + index, artist[1] if artist else None, span)
        for index in range(offset, min(offset + limit, total))
    ]
    here = f"{base}/v1/search?offset={{}}&limit={limit}"
    return {
        f"{kind}s": {
            "href": here.format(offset),
            "limit": limit,
            "next": here.format(offset + limit) if offset + limit < total else None,
            "offset": offset,
            "previous": here.format(max(0, offset - limit)) if offset else None,
            "total": total,
            "items": items,
        }
    }


def without_cover(item: dict[str, Any], _words: str) -> None:
    """Take the cover from a song; its address leads nowhere."""
    if "album" in item:
        item["album"]["images"] = []


def _playlist(base: str, number: int) -> dict[str, Any] | None:
    # Spotify's own are null for apps in development.
    if number % 3 == 1:
        return None
    owner = _entity(base, "user", str(number), "")
    del owner["name"]
    playlist = _entity(base, "playlist", str(number), f"Fake Playlist {number}")
    return {
        **playlist,
        "collaborative": False,
        "description": "",
        "images": _images(number),
        "owner": {**owner, "display_name": None if number % 5 == 0 else f"Fake User {number % 7}"},
        "public": True,
        "snapshot_id": f"fake{number}",
        "items": {"href": f"{playlist['href']}/items", "total": 10 + number % 90},
    }


def _item(
    base: str, number: int, artist: str | None, span: tuple[int, int]
) -> dict[str, Any] | None:
    if number % 9 == 4:
        return None
    # Every eleventh is the song before it once more, from another album.
    song = number - 1 if number % 11 == 5 and (number - 1) % 9 != 4 else number
    named = [artist] if artist else [f"Fake Artist {song % 40}"]
    if song % 7 == 0:
        named.append(f"Fake Guest {song % 5}")
    artists = [_entity(base, "artist", name, name) for name in named]
    album = {
        **_entity(base, "album", f"{number} {artist}", f"Fake Album {number}"),
        "album_type": "album",
        "artists": artists,
        "images": [] if number % 6 == 1 else _images(number),
        # A search for years finds songs on later collections, too.
        "release_date": f"{1970 + number % 55 if number % 8 == 3 else _year(number, span)}-01-02",
        "release_date_precision": "day",
        "total_tracks": 12,
    }
    return {
        **_entity(base, "track", f"{number} {artist}", f"Fake Song {song}"),
        "album": album,
        "artists": artists,
        "disc_number": 1,
        "duration_ms": 180_000 + number,
        "explicit": song % 5 == 2,
        "external_ids": {"isrc": f"XXFAK26{zlib.crc32(f'{song} {artist}'.encode()) % 100_000:05}"},
        "is_local": False,
        "is_playable": True,
        "track_number": 1 + number % 12,
    }


def _year(number: int, span: tuple[int, int]) -> int:
    return span[0] + number % (span[1] - span[0] + 1)


def _entity(base: str, kind: str, seed: str, name: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{kind} {seed}".encode()).digest()
    identity = "".join(_BASE62[byte % 62] for byte in digest[:22])
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{identity}"},
        "href": f"{base}/v1/{kind}s/{identity}",
        "id": identity,
        "name": name,
        "type": kind,
        "uri": f"spotify:{kind}:{identity}",
    }


def _images(number: int) -> list[dict[str, Any]]:
    return [
        {
            "url": f"https://i.scdn.co/image/ab67616d{width:08x}{number:024x}",
            "height": width,
            "width": width,
        }
        for width in (640, 300, 64)
    ]


def _rate_limited(**headers: str) -> Callable[[_Handler], None]:
    def answer(handler: _Handler) -> None:
        body = {"error": {"status": 429, "message": "API rate limit exceeded"}}
        handler.send_json(429, body, **headers)

    return answer


def _rate_limited_until(handler: _Handler) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    _rate_limited(Retry_After=date)(handler)


def _stall_in_body(handler: _Handler) -> None:
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"tracks": ')
    stall(handler)


def _half(handler: _Handler) -> None:
    handler.close_connection = True
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"tracks": ')


def _oversize(handler: _Handler) -> None:
    padding = "x" * OVERSIZE_BYTES
    handler.send_json(200, {"tracks": {"items": []}, "access_token": "x", "padding": padding})


def _bomb(handler: _Handler) -> None:
    handler.send_bytes(200, gzip.compress(b" " * 20_000_000), Content_Encoding="gzip")


FAULTS: Mapping[str, Callable[[_Handler], None]] = {
    "bad JSON": lambda h: h.send_bytes(200, b'{"tracks": {"items": [}'),
    "deep JSON": lambda h: h.send_bytes(200, b"[" * 100_000),
    "not UTF-8": lambda h: h.send_bytes(200, b'{"tracks": "\xff\xfe"}'),
    "wrong shape": lambda h: h.send_json(200, {"tracks": {"items": {"0": "song"}}}),
    "a list": lambda h: h.send_json(200, [1, 2, 3]),
    "null": lambda h: h.send_json(200, None),
    "HTML": lambda h: h.send_bytes(200, b"<html>maintenance</html>", "text/html"),
    "204": lambda h: h.send_bytes(204, b""),
    "302": lambda h: h.send_bytes(302, b"", Location="https://example.org/"),
    "400": lambda h: h.fail(400, "Invalid limit"),
    "bad client": lambda h: h.send_json(400, bad_client()),
    "401": lambda h: h.fail(401, "The access token expired"),
    "401 text": lambda h: h.send_json(401, {"error": "invalid_token"}),
    "403": lambda h: h.fail(403, "Forbidden"),
    "403 text": lambda h: h.send_bytes(
        403, b"Active premium subscription required for the owner of the app.\n", "text/plain"
    ),
    "404": lambda h: h.fail(404, "Not found"),
    "429 int": _rate_limited(Retry_After="20000"),
    "429 date": _rate_limited_until,
    "429 negative": _rate_limited(Retry_After="-5"),
    "429 huge": _rate_limited(Retry_After="9" * 30),
    "429 nonsense": _rate_limited(Retry_After="soon"),
    "429 absent": _rate_limited(),
    "quota": lambda h: h.fail(429, "Quota exceeded", reason="QUOTA_EXCEEDED"),
    "500": lambda h: h.fail(500, "Internal server error"),
    "502": lambda h: h.send_bytes(502, b"Bad gateway", "text/plain"),
    "503": lambda h: h.send_bytes(503, b"", Retry_After="20000"),
    "reset": reset,
    "half an answer": _half,
    "stall": stall,
    "stall in the body": _stall_in_body,
    "drip": drip_body,
    "drip of headers": lambda h: h.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 5000),
    "over 2 MB": _oversize,
    "gzip bomb": _bomb,
    "token without a token": lambda h: h.send_json(200, {"token_type": "Bearer"}),
    "token that is a number": lambda h: h.send_json(200, {"access_token": 7, "expires_in": 3600}),
    "token without an end": lambda h: h.send_json(200, {"access_token": "fake-token"}),
    "token with a line break": lambda h: h.send_json(
        200, {"access_token": "fake\r\nX: y", "expires_in": 3600}
    ),
}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A fake Spotify on this machine.")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--fault", choices=FAULTS, help="fault of every search")
    options = parser.parse_args()
    fake = FakeSpotify(options.port, FaultPlan(search=options.fault))
    for name, value in fake.environ.items():
        print(f"{name}={value}", flush=True)
    fake.serve()


if __name__ == "__main__":
    main()
