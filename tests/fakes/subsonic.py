"""A fake OpenSubsonic server over real HTTP, for what supysonic lacks: keys, moods, and faults.

Shaped by opensubsonic.netlify.app (2026-07-24): "API key authentication", "Error", "Child",
"getOpenSubsonicExtensions", "search3", "stream". In a test: ``with FakeSubsonic() as fake: ...``.
All songs are invented, and look it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.web import Fake, Handler, drip_body, reset, stall

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

USER, PASSWORD, KEY = "fake-alice", "fake secret ü", "fake-subsonic-key"
EXTENSIONS = [
    {"name": "apiKeyAuthentication", "versions": [1]},
    {"name": "formPost", "versions": [1]},
]
MOODS = ("happy", "sad", "calm", "angry", "energetic")
GENRES = ("pop", "Hip-Hop/Rap", "k-pop", "indie rock", "100%")
SOUND = b"RIFF" + bytes(range(256)) * 400


def song(number: int, **others: object) -> dict[str, Any]:
    """Return an invented song as a server of OpenSubsonic describes it."""
    said = {
        "id": f"so-{number}",
        "isDir": False,
        "title": f"Fake Song {number}",
        "album": "Fake Album",
        "artist": f"Fake Artist {number % 7}",
        "artists": [{"id": f"ar-{number % 7}", "name": f"Fake Artist {number % 7}"}],
        "year": 2000 if number % 3 else 1990,
        "genre": GENRES[number % 5],
        "moods": [MOODS[number % 5]],
        "bpm": 60 + number % 100,
        "duration": 180 + number,
        "size": len(SOUND),
        "suffix": "wav",
        "contentType": "audio/x-wav",
        "coverArt": f"co-{number}",
        "type": "music",
        "mediaType": "song",
    }
    return {**said, **others}


class FakeSubsonic(Fake):
    """The server. Any number may run at once.

    songs : as `song` gives them
    sign_ins : kinds that are accepted, of "key", "token" and "enc"
    fault : key of FAULTS that every request shows, or None
    refusal : number of the error for a sign-in of another kind
    sounds : bytes by the song's id; `SOUND` for others
    """

    def __init__(
        self,
        songs: Sequence[Mapping[str, Any]] = (),
        *,
        sign_ins: Collection[str] = ("key", "token", "enc"),
        fault: str | None = None,
        refusal: int = 42,
        sounds: Mapping[str, bytes] | None = None,
    ) -> None:
        self.songs, self.sign_ins, self.fault, self.refusal = songs, sign_ins, fault, refusal
        self.sounds = sounds or {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.playlists: dict[str, list[str]] = {}
        self.starred: set[str] = set()
        self.scrobbled: list[dict[str, list[str]]] = []
        super().__init__(_Handler)

    @property
    def environ(self) -> dict[str, str]:
        """Environment that points the app here."""
        return {
            "MOODRING_SUBSONIC_URL": self.base,
            "MOODRING_SUBSONIC_USER": USER,
            "MOODRING_SUBSONIC_PASSWORD": PASSWORD,
        }

    def methods(self) -> list[str]:
        """Return the methods that were asked, in turn."""
        return [method for method, _ in self.asked]


class _Handler(Handler):
    fake: FakeSubsonic

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        words = parse_qs(parts.query, keep_blank_values=True)
        method = parts.path.removeprefix("/rest/").removesuffix(".view")
        self.fake.asked.append((method, words))
        if self.fake.fault is not None:
            FAULTS[self.fake.fault](self)
        elif (number := self._refusal(words)) is not None:
            self.fail(number)
        elif (answer := _METHODS.get(method)) is None:
            self.send_bytes(404, b"404 page not found", "text/plain")
        else:
            answer(self, words)

    def _refusal(self, words: Mapping[str, list[str]]) -> int | None:
        said = {name: values[-1] for name, values in words.items()}
        if not {"v", "c"} <= said.keys() or said.get("f") != "json":
            return 10
        if "apiKey" in said:
            kind, right, wrong = "key", said["apiKey"] == KEY, 44
            if said.keys() & {"u", "p", "t", "s"}:
                return 43
        elif "t" in said:
            token = hashlib.md5((PASSWORD + said["s"]).encode(), usedforsecurity=False).hexdigest()
            kind, right, wrong = "token", said["t"] == token, 40
        else:
            password = bytes.fromhex(said.get("p", "enc:").removeprefix("enc:")).decode()
            kind, right, wrong = "enc", password == PASSWORD, 40
        if kind not in self.fake.sign_ins:
            return self.fake.refusal
        return None if right and said.get("u", USER) == USER else wrong

    def fail(self, number: int) -> None:
        error = {"code": number, "message": "Fake failure"}
        self.say({"error": error}, status="failed")

    def say(self, content: Mapping[str, object], status: str = "ok") -> None:
        answer = {"status": status, "version": "1.16.1", "type": "fake", "openSubsonic": True}
        self.send_json({"subsonic-response": {**answer, **content}})

    def send_json(self, answer: object, status: int = 200) -> None:
        self.send_bytes(status, json.dumps(answer).encode(), "application/json")

    def search(self, words: Mapping[str, list[str]]) -> None:
        count, offset = (int(words[name][0]) for name in ("songCount", "songOffset"))
        self.say({"searchResult3": {"song": self.fake.songs[offset : offset + min(count, 500)]}})

    def random_songs(self, _: object) -> None:
        self.say({"randomSongs": {"song": self.fake.songs[:500]}})

    def playlist(self, words: Mapping[str, list[str]]) -> None:
        self.fake.playlists[words["name"][0]] = words.get("songId", [])
        self.say({"playlist": {"id": "pl-1", "name": words["name"][0]}})

    def star(self, words: Mapping[str, list[str]]) -> None:
        self.fake.starred.add(words["id"][0])
        self.say({})

    def unstar(self, words: Mapping[str, list[str]]) -> None:
        self.fake.starred.discard(words["id"][0])
        self.say({})

    def scrobble(self, words: dict[str, list[str]]) -> None:
        self.fake.scrobbled.append(words)
        self.say({})

    def stream(self, words: Mapping[str, list[str]]) -> None:
        known = {one["id"] for one in self.fake.songs}
        if words["id"][0] not in known:
            self.fail(70)
            return
        sound = self.fake.sounds.get(words["id"][0], SOUND)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            self.send_bytes(200, sound, "audio/x-wav", Accept_Ranges="bytes")
            return
        first, last = int(asked[1]), int(asked[2] or len(sound) - 1)
        where = f"bytes {first}-{last}/{len(sound)}"
        self.send_bytes(206, sound[first : last + 1], "audio/x-wav", Content_Range=where)


_METHODS: Mapping[str, Callable[[_Handler, dict[str, list[str]]], None]] = {
    "ping": lambda h, _: h.say({}),
    "getOpenSubsonicExtensions": lambda h, _: h.say({"openSubsonicExtensions": EXTENSIONS}),
    "search3": _Handler.search,
    "getRandomSongs": _Handler.random_songs,
    "createPlaylist": _Handler.playlist,
    "star": _Handler.star,
    "unstar": _Handler.unstar,
    "scrobble": _Handler.scrobble,
    "stream": _Handler.stream,
}

# What each does with any request, and the id of the message that tells of it.
FAULTS: Mapping[str, Callable[[_Handler], None]] = {
    "full": lambda h: h.send_bytes(503, b"<html>Busy</html>", "text/html", Retry_After="7"),
    "too many": lambda h: h.send_bytes(429, b"", "text/plain"),
    "redirecting": lambda h: h.send_bytes(302, b"", "text/html", Location="http://127.0.0.1:1/"),
    "500": lambda h: h.send_bytes(500, b"<html>Oops</html>", "text/html"),
    "401": lambda h: h.send_bytes(401, b"", "text/plain"),
    "403": lambda h: h.send_bytes(403, b"", "text/plain"),
    "404": lambda h: h.send_bytes(404, b"404 page not found", "text/plain"),
    "404 with 0": lambda h: h.send_json(
        {"subsonic-response": {"status": "failed", "error": {"code": 0}}}, 404
    ),
    "not allowed": lambda h: h.fail(50),
    "trial over": lambda h: h.fail(60),
    "generic": lambda h: h.fail(0),
    "reset": reset,
    "stall": stall,
    "drip": drip_body,
    "drip of headers": lambda h: h.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 5000),
    "HTML": lambda h: h.send_bytes(200, b"<html>Sign in</html>", "text/html"),
    "XML": lambda h: h.send_bytes(200, b"<subsonic-response status='ok'/>", "text/xml"),
    "bad JSON": lambda h: h.send_bytes(200, b'{"subsonic-response": {', "application/json"),
    "deep JSON": lambda h: h.send_bytes(200, b"[" * 100_000, "application/json"),
    "a list": lambda h: h.send_json([1, 2]),
    "no status": lambda h: h.send_json({"subsonic-response": {}}),
    "error without a number": lambda h: h.say({"error": {"code": "40"}}, "failed"),
    "endless": lambda h: h.send_bytes(200, b" " * 9_000_000, "application/json"),
}
