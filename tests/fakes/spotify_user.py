"""The part of the fake Spotify that a visitor signs in to: consent, tokens, playlists, player.

Everything can be set from a test: ``fake.user.has_premium = False``, and so on.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "Fake Visitor"
MOST_ITEMS = 100
MOST_ARTISTS = 50
LIFETIME_S = 3600

# What each request needs; None is for every visitor.
_SCOPES: tuple[tuple[str, re.Pattern[str], str | None], ...] = (
    ("GET", re.compile("/v1/me/?"), None),
    ("POST", re.compile("/v1/me/playlists"), "playlist-modify-private"),
    ("POST", re.compile("/v1/playlists/([0-9A-Za-z]+)/items"), "playlist-modify-private"),
    ("PUT", re.compile("/v1/me/player/play"), "user-modify-playback-state"),
    ("POST", re.compile("/v1/me/player/queue"), "user-modify-playback-state"),
    ("GET", re.compile("/v1/me/top/artists"), "user-top-read"),
)
_URI = re.compile("spotify:track:[0-9A-Za-z]{22}")
_REDIRECT = re.compile(r"https://[^?#]+|http://(127\.0\.0\.1|\[::1\])(:[0-9]+)?/[^?#]*")

_CONSENT = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A fake Spotify</title>
<style>
body {{ font: 16px/1.5 sans-serif; background: #101312; color: #fff; display: grid;
  place-content: center; min-height: 95vh; padding: 1rem; }}
main {{ max-width: 24rem; }}
a {{ display: block; border-radius: 2rem; padding: .8rem; margin: .6rem 0;
  text-align: center; text-decoration: none; color: #fff; border: 1px solid #666; }}
a.yes {{ background: #35c46a; color: #000; border: 0; font-weight: 700; }}
code {{ color: #8fe3ae; }}
</style><main><h1>A fake Spotify</h1>
<p>Moodring asks for your permission:</p><ul>{scopes}</ul>
<a class="yes" id="agree" href="{agree}">Agree</a><a id="cancel" href="{cancel}">Cancel</a></main>
"""


class Answering(Protocol):
    """What the fake's request handler offers."""

    command: str
    headers: Any

    def fail(self, status: int, message: str, **more: object) -> None: ...
    def send_json(self, status: int, answer: object, **headers: str) -> None: ...
    def send_bytes(self, status: int, body: bytes, kind: str = ..., **headers: str) -> None: ...


@dataclass(frozen=True)
class _Code:
    challenge: str
    redirect: str
    scope: str


@dataclass
class Playlist:
    name: str
    public: bool
    uris: list[str] = field(default_factory=list)
    requests: int = 0


@dataclass
class FakeUser:
    """The visitor's account, and what becomes of it.

    lifetime_s : of the access tokens given from now on
    revoked : refresh tokens are refused, as six months after a consent
    items_left : how many requests to add items are answered before one fails, None for all
    """

    client_id: str
    identity: str = "fake-visitor"
    name: str | None = NAME
    has_premium: bool = True
    has_device: bool = True
    is_registered: bool = True
    revoked: bool = False
    lifetime_s: int = LIFETIME_S
    items_left: int | None = None
    artists: tuple[str, ...] = tuple(f"Fake Artist {number}" for number in range(12))
    asked_scopes: list[str] = field(default_factory=list)
    codes: dict[str, _Code] = field(default_factory=dict, repr=False)
    access: dict[str, str] = field(default_factory=dict, repr=False)
    refresh: dict[str, str] = field(default_factory=dict, repr=False)
    # Every token that was ever given out: what must be found nowhere.
    canaries: list[str] = field(default_factory=list, repr=False)
    renewals: int = 0
    playlists: dict[str, Playlist] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)

    def end_access(self) -> None:
        """Let every access token given so far be refused from now on."""
        self.access.clear()

    def authorize(self, handler: Answering, query: Mapping[str, str]) -> None:
        """Ask for consent on a page, or answer a press on it."""
        redirect = query.get("redirect_uri", "")
        if query.get("client_id") != self.client_id:
            handler.send_bytes(400, b"INVALID_CLIENT: Invalid client", "text/plain")
        elif not _REDIRECT.fullmatch(redirect):
            handler.send_bytes(400, b"INVALID_CLIENT: Insecure redirect URI", "text/plain")
        elif query.get("response_type") != "code":
            handler.send_bytes(400, b"response_type must be code", "text/plain")
        elif query.get("code_challenge_method") != "S256" or not re.fullmatch(
            r"[A-Za-z0-9_-]{43}", query.get("code_challenge", "")
        ):
            handler.send_bytes(400, b"code_challenge_method must be S256", "text/plain")
        else:
            self.asked_scopes.append(query.get("scope", ""))
            handler.send_bytes(200, self._consent(query), "text/html; charset=utf-8")

    def _consent(self, query: Mapping[str, str]) -> bytes:
        scope, redirect = query.get("scope", ""), query["redirect_uri"]
        code = f"fake-code-{os.urandom(12).hex()}"
        self.codes[code] = _Code(query["code_challenge"], redirect, scope)
        state = {"state": query["state"]} if "state" in query else {}
        page = _CONSENT.format(
            scopes="".join(f"<li><code>{escape(one)}</code></li>" for one in scope.split()),
            agree=escape(f"{redirect}?{urlencode({'code': code, **state})}"),
            cancel=escape(f"{redirect}?{urlencode({'error': 'access_denied', **state})}"),
        )
        return page.encode()

    def token(self, handler: Answering, body: str) -> None:
        """Give tokens for a code, or for a refresh token."""
        words = {key: values[-1] for key, values in parse_qs(body).items()}
        if words.get("client_id") != self.client_id:
            handler.send_json(400, _refused("invalid_client", "Invalid client"))
        elif words["grant_type"] == "authorization_code":
            # A code serves once.
            code = self.codes.pop(words.get("code", ""), None)
            digest = hashlib.sha256(words.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if code is None:
                handler.send_json(400, _refused("invalid_grant", "Invalid authorization code"))
            elif code.redirect != words.get("redirect_uri"):
                handler.send_json(400, _refused("invalid_grant", "Invalid redirect URI"))
            elif code.challenge != challenge:
                handler.send_json(400, _refused("invalid_grant", "code_verifier was incorrect"))
            else:
                handler.send_json(200, self._tokens(code.scope))
        else:
            # Each renewal ends the refresh token before it.
            scope = self.refresh.pop(words.get("refresh_token", ""), None)
            if scope is None or self.revoked:
                handler.send_json(400, _refused("invalid_grant", "Refresh token revoked"))
            else:
                self.renewals += 1
                handler.send_json(200, self._tokens(scope))

    def _tokens(self, scope: str) -> dict[str, object]:
        access, refresh = (f"fake-{kind}-{os.urandom(12).hex()}" for kind in ("access", "refresh"))
        self.canaries += (access, refresh)
        self.access[access] = self.refresh[refresh] = scope
        return {
            "access_token": access,
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": self.lifetime_s,
            "refresh_token": refresh,
        }

    def answers(self, method: str, path: str) -> bool:
        """Return whether a request is one for a visitor."""
        return any(method == one and known.fullmatch(path) for one, known, _ in _SCOPES)

    def answer(self, handler: Answering, path: str, query: Mapping[str, str], body: str) -> None:
        """Answer a request for a visitor."""
        needed = next(
            scope
            for method, known, scope in _SCOPES
            if method == handler.command and known.fullmatch(path)
        )
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        granted = self.access.get(token)
        if granted is None:
            handler.fail(401, "The access token expired" if token else "No token provided")
        elif not self.is_registered:
            text = b"User not registered in the Developer Dashboard\n"
            handler.send_bytes(403, text, "text/plain")
        elif needed is not None and needed not in granted.split():
            handler.fail(403, "Insufficient client scope")
        elif path.startswith("/v1/me/player/"):
            self._player(handler, path, query, _json(body))
        elif path == "/v1/me/playlists":
            self._create(handler, _json(body))
        elif path.startswith("/v1/playlists/"):
            self._add(handler, path.split("/")[3], _json(body))
        elif path == "/v1/me/top/artists":
            self._top(handler, query)
        else:
            handler.send_json(200, self._profile())

    def _profile(self) -> dict[str, object]:
        return {
            "account_id": "aB3dE5fG7h",
            "display_name": self.name,
            "external_urls": {"spotify": f"https://open.spotify.com/user/{self.identity}"},
            "href": f"https://api.spotify.com/v1/users/{self.identity}",
            "id": self.identity,
            "images": [],
            "type": "user",
            "uri": f"spotify:user:{self.identity}",
        }

    def _create(self, handler: Answering, words: dict[str, Any]) -> None:
        if not isinstance(words.get("name"), str) or not words["name"].strip():
            handler.fail(400, "Missing required field: name")
            return
        identity = f"FakePlaylist{len(self.playlists):010}"
        playlist = Playlist(words["name"], words.get("public", True))
        self.playlists[identity] = playlist
        answer = {
            "collaborative": False,
            "description": None,
            "external_urls": {"spotify": f"https://open.spotify.com/playlist/{identity}"},
            "href": f"https://api.spotify.com/v1/playlists/{identity}",
            "id": identity,
            "images": [],
            "name": playlist.name,
            "owner": {**self._profile(), "display_name": self.name},
            "public": playlist.public,
            "snapshot_id": "fake-snapshot-0",
            "type": "playlist",
            "uri": f"spotify:playlist:{identity}",
        }
        handler.send_json(201, answer)

    def _add(self, handler: Answering, identity: str, words: dict[str, Any]) -> None:
        playlist, uris = self.playlists.get(identity), words.get("uris")
        if playlist is None:
            handler.fail(404, "Not found")
        elif not isinstance(uris, list) or not uris:
            handler.fail(400, "No uris provided")
        elif len(uris) > MOST_ITEMS:
            handler.fail(400, f"You can add a maximum of {MOST_ITEMS} tracks per request.")
        elif not all(isinstance(uri, str) and _URI.fullmatch(uri) for uri in uris):
            handler.fail(400, "Invalid track uri")
        elif self.items_left == 0:
            handler.fail(502, "Bad gateway")
        else:
            self.items_left = None if self.items_left is None else self.items_left - 1
            playlist.requests += 1
            playlist.uris += uris
            handler.send_json(201, {"snapshot_id": f"fake-snapshot-{playlist.requests}"})

    def _player(
        self, handler: Answering, path: str, query: Mapping[str, str], words: dict[str, Any]
    ) -> None:
        playing = path.endswith("/play")
        uris = words.get("uris") if playing else [query.get("uri")]
        if not self.has_premium:
            handler.fail(403, "Player command failed: Premium required", reason="PREMIUM_REQUIRED")
        elif not self.has_device:
            message = "Player command failed: No active device found"
            handler.fail(404, message, reason="NO_ACTIVE_DEVICE")
        elif not isinstance(uris, list) or not all(_URI.fullmatch(str(uri)) for uri in uris):
            handler.fail(400, "Invalid uri")
        else:
            (self.played if playing else self.queued).extend(uris)
            handler.send_bytes(204, b"")

    def _top(self, handler: Answering, query: Mapping[str, str]) -> None:
        limit = int(query.get("limit", "20"))
        if not 1 <= limit <= MOST_ARTISTS:
            handler.fail(400, "Invalid limit")
            return
        items = [
            {
                "external_urls": {"spotify": f"https://open.spotify.com/artist/{number:022}"},
                "href": f"https://api.spotify.com/v1/artists/{number:022}",
                "id": f"{number:022}",
                "images": [],
                "name": name,
                "type": "artist",
                "uri": f"spotify:artist:{number:022}",
            }
            for number, name in enumerate(self.artists[:limit])
        ]
        answer = {
            "href": "https://api.spotify.com/v1/me/top/artists",
            "limit": limit,
            "next": None,
            "offset": 0,
            "previous": None,
            "total": len(items),
            "items": items,
        }
        handler.send_json(200, answer)


def _refused(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}


def _json(body: str) -> dict[str, Any]:
    try:
        words = json.loads(body or "{}")
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}
