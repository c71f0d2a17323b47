"""A fake Deezer API over real HTTP: ``search`` and ``track/ID``, with faults to switch on.

Its answers have the shapes of https://developers.deezer.com/api (search, track, errors), as far as
public programs and reports show them: the pages themselves could not be read here. Its habits are
the real one's: free text only (fields such as ``artist:"…"`` find nothing), live and karaoke
versions before the song itself, errors with status 200, more than 50 requests in 5 seconds refused,
previews whose address ends after some minutes, songs without a preview or a cover.

In a test: ``with FakeDeezer() as fake: ...`` and point the settings at ``fake.base``. From a shell:
``python -m tests.fakes.deezer --port 8902``. A search's first two words are the artist and the rest
the title, unless ``songs`` says better. Words of the title decide more: "Nobody" finds nothing,
"Karaoke" only other people's versions; "Silent" has no preview, "Bare" no cover.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.web import Fake, Handler, drip_body, reset, stall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRANTED, WINDOW_S = 50, 5.0
# Seconds that the address of a preview lasts.
PREVIEW_S = 900
DEFAULT_RESULTS = 25


class FakeDeezer(Fake):
    """The server. Any number may run at once.

    fault : key of FAULTS that every request shows, or None
    songs : title and artist of the song of a search, by its text; others are split after two words
    asked : path and query of each request
    """

    def __init__(self, port: int = 0, fault: str | None = None) -> None:
        self.fault = fault
        self.songs: dict[str, tuple[str, str]] = {}
        self.asked: list[str] = []
        self.known: dict[int, dict[str, Any]] = {}
        self._times: deque[float] = deque()
        self._lock = threading.Lock()
        super().__init__(_Handler, port)

    @property
    def environ(self) -> dict[str, str]:
        """Environment that points the app here."""
        return {"MOODRING_DEEZER_API": self.base}

    def is_hasty(self) -> bool:
        """Count a request, and return whether it is one too many."""
        with self._lock:
            now = time.monotonic()
            while self._times and now - self._times[0] > WINDOW_S:
                self._times.popleft()
            self._times.append(now)
            return len(self._times) > GRANTED

    def found(self, words: str) -> list[dict[str, Any]]:
        """Return the songs of a search, always the same for the same words."""
        if "Nobody" in words or '"' in words:
            return []
        if words in self.songs:
            title, artist = self.songs[words]
        else:
            parts = words.split()
            title, artist = " ".join(parts[2:]) or words, " ".join(parts[:2])
        others = [
            item(f"{title} (Live)", artist, album="On Stage"),
            item(title, "Fake Karaoke Stars"),
            item(f"{title} (Karaoke Version)", artist),
            item(title, artist, album=f"{title} (Sped Up)", version="(Sped Up)"),
        ]
        mine = [item(title, artist), item(f"{title} - 2011 Remaster", artist, album="Best Of")]
        songs = others if "Karaoke" in words else [*others[:2], *mine, *others[2:]]
        self.known |= {song["id"]: song for song in songs}
        return songs


class _Handler(Handler):
    fake: FakeDeezer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        self.fake.asked.append(self.path)
        if self.fake.fault is not None:
            FAULTS[self.fake.fault](self)
        elif self.fake.is_hasty():
            quota(self)
        elif parts.path == "/search":
            self._search(query)
        elif parts.path.startswith("/track/"):
            self._song(parts.path.removeprefix("/track/"))
        else:
            self.fail("InvalidQueryException", "Unknown path components", 600)

    def _search(self, query: Mapping[str, str]) -> None:
        if not query.get("q"):
            self.fail("MissingParameterException", "Missing parameters: q", 501)
            return
        songs = self.fake.found(query["q"])
        data = [fresh(song) for song in songs[: int(query.get("limit", DEFAULT_RESULTS))]]
        self.send_json({"data": data, "total": len(songs)})

    def _song(self, number: str) -> None:
        song = self.fake.known.get(int(number)) if number.isdigit() else None
        if song is None:
            self.fail("DataException", "no data", 800)
        else:
            self.send_json(fresh(song))

    def fail(self, kind: str, message: str, code: int) -> None:
        """Send an error; its status is 200, as for every answer of Deezer's."""
        self.send_json({"error": {"type": kind, "message": message, "code": code}})

    def send_json(self, answer: object) -> None:
        self.send_bytes(200, json.dumps(answer).encode(), "application/json; charset=utf-8")


def item(title: str, artist: str, *, album: str | None = None, version: str = "") -> dict[str, Any]:
    """Return a song, always the same for the same names."""
    digest = hashlib.sha256(f"{title}/{artist}/{album}/{version}".encode()).hexdigest()
    number = int(digest[:8], 16) + 1
    art = "" if "Bare" in title else digest[:32]
    covers = "https://cdn-images.dzcdn.net/images/cover"
    return {
        "id": number,
        "readable": True,
        "title": title,
        "title_short": title.partition(" (")[0],
        "title_version": version,
        "link": f"https://www.deezer.com/track/{number}",
        "duration": 200 + number % 20,
        "rank": 500_000,
        "explicit_lyrics": False,
        "preview": "" if "Silent" in title else f"{digest[:32]}-1",
        "md5_image": art,
        "artist": {"id": 7, "name": artist, "type": "artist"},
        "album": {
            "id": 9,
            "title": album or title,
            "cover": "https://api.deezer.com/album/9/image",
            "cover_medium": f"{covers}/{art}/250x250-000000-80-0-0.jpg",
            "cover_big": f"{covers}/{art}/500x500-000000-80-0-0.jpg",
            "type": "album",
        },
        "type": "track",
    }


def fresh(song: dict[str, Any]) -> dict[str, Any]:
    """Return a song as it is sent: the address of its preview is new each time, and ends."""
    if not song["preview"]:
        return song
    ends = f"exp={int(time.time()) + PREVIEW_S}~hmac={time.monotonic_ns():x}"
    path = f"https://cdnt-preview.dzcdn.net/api/1/1/{song['preview']}.mp3?hdnea={ends}"
    return {**song, "preview": path}


def quota(handler: _Handler) -> None:
    """Answer as to too many requests."""
    handler.fail("Exception", "Quota limit exceeded", 4)


FAULTS: Mapping[str, Callable[[_Handler], None]] = {
    "quota": quota,
    "busy": lambda h: h.fail("Exception", "Service busy", 700),
    "no data": lambda h: h.fail("DataException", "no data", 800),
    "not allowed": lambda h: h.fail("OAuthException", "Permission denied", 200),
    "odd error": lambda h: h.send_json({"error": ["no"]}),
    "403": lambda h: h.send_bytes(403, b"<html>Forbidden</html>", "text/html"),
    "429": lambda h: h.send_bytes(429, b"", "text/plain"),
    "302": lambda h: h.send_bytes(302, b"", "text/html", Location="https://example.org/"),
    "502": lambda h: h.send_bytes(502, b"<html>Bad gateway</html>", "text/html"),
    "reset": reset,
    "stall": stall,
    "drip": drip_body,
    "drip of headers": lambda h: h.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 5000),
    "flood": lambda h: h.send_bytes(200, b" " * 3_000_000),
    "bad JSON": lambda h: h.send_bytes(200, b'{"data": [}'),
    "deep JSON": lambda h: h.send_bytes(200, b"[" * 100_000),
    "not UTF-8": lambda h: h.send_bytes(200, b'{"data": "\xff\xfe"}'),
    "wrong shape": lambda h: h.send_json({"data": {"0": "song"}}),
    "a list": lambda h: h.send_json([1, 2, 3]),
    "null": lambda h: h.send_json(None),
    "HTML": lambda h: h.send_bytes(200, b"<html>maintenance</html>", "text/html"),
}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A fake Deezer on this machine.")
    parser.add_argument("--port", type=int, default=8902)
    parser.add_argument("--fault", choices=FAULTS, help="fault of every request")
    options = parser.parse_args()
    fake = FakeDeezer(options.port, options.fault)
    for name, value in fake.environ.items():
        print(f"{name}={value}", flush=True)
    fake.serve()


if __name__ == "__main__":
    main()
