"""A fake YouTube Data API v3 over real HTTP: ``search.list``, with faults to switch on.

In a test: ``with FakeYouTube() as fake: ...`` and point the settings at ``fake.base``. From a
shell: ``python -m tests.fakes.youtube --port 8901`` (the key is printed).

All videos are invented, and look it: three for each search, the second of which is the song. A
search with "Nobody" in it finds nothing, one with "Karaoke" only videos of other songs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.web import Fake, Handler, drip_body, reset, stall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY = "fake-youtube-key"
PATH = "/youtube/v3/search"
MAX_RESULTS = 50
DEFAULT_RESULTS = 5
# As the API's own description names them; any other is refused.
PARAMETERS = {
    "part", "q", "type", "videoCategoryId", "maxResults", "regionCode", "relevanceLanguage",
    "fields", "key", "alt",
}  # fmt: skip


class FakeYouTube(Fake):
    """The server. Any number may run at once.

    fault : key of FAULTS that every search shows, or None
    """

    def __init__(self, port: int = 0, fault: str | None = None) -> None:
        self.fault = fault
        self.asked: list[dict[str, str]] = []
        super().__init__(_Handler, port)

    @property
    def environ(self) -> dict[str, str]:
        """Environment that points the app here."""
        return {"YOUTUBE_API_KEY": KEY, "MOODRING_YOUTUBE_API": self.base}


class _Handler(Handler):
    fake: FakeYouTube

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.path != PATH:
            self.fail(404, "Not Found", "notFound")
            return
        self.fake.asked.append(query)
        if self.fake.fault is not None:
            FAULTS[self.fake.fault](self)
        elif query.get("key") != KEY:
            bad_key(self)
        else:
            self._search(query)

    def _search(self, query: dict[str, str]) -> None:
        results = query.get("maxResults", str(DEFAULT_RESULTS))
        if unknown := set(query) - PARAMETERS:
            self.fail(400, f'Unknown name "{min(unknown)}"', "badRequest")
        elif "snippet" not in query.get("part", ""):
            self.fail(400, "Required parameter: part", "missingRequiredParameter")
        elif "videoCategoryId" in query and query.get("type") != "video":
            self.fail(400, "Request contains an invalid argument.", "invalidVideoCategoryId")
        elif not re.fullmatch("[A-Z]{2}", query.get("regionCode", "US")):
            self.fail(400, "Invalid region code.", "invalidRegionCode")
        elif not re.fullmatch("[a-z]{2}(-[A-Za-z]+)?", query.get("relevanceLanguage", "en")):
            self.fail(400, "Invalid relevance language.", "invalidRelevanceLanguage")
        elif not (results.isdigit() and int(results) <= MAX_RESULTS):
            self.fail(400, "Invalid value", "badRequest")
        else:
            self.send_json(200, answer_for(query.get("q", ""), int(results)))

    def fail(self, code: int, message: str, reason: str, **more: object) -> None:
        errors = [{"message": message, "domain": "global", "reason": reason}]
        error = {"code": code, "message": message, "errors": errors, **more}
        self.send_json(code, {"error": error})

    def send_json(self, status: int, answer: object) -> None:
        self.send_bytes(status, json.dumps(answer).encode(), "application/json; charset=UTF-8")


def video_of(q: str) -> str:
    """Return the id of the video that is the song of a search."""
    return hashlib.sha256(q.encode()).hexdigest()[:11]


def answer_for(q: str, results: int) -> dict[str, Any]:
    """Return the answer to a search, always the same for the same question."""
    songs = [
        ("Fake Cooking Hour", "Fake Kitchen", video_of(f"{q} cooking")),
        # Titles arrive escaped for HTML.
        (f"{q} (Fake &amp; Official Video)", "Fake &#39;Channel&#39;", video_of(q)),
        (f"{q} (fake cover)", "Fake Covers", video_of(f"{q} cover")),
    ]
    if "Karaoke" in q:
        songs = songs[:1]
    if "Nobody" in q:
        songs = []
    items = [
        {
            "kind": "youtube#searchResult",
            "etag": "fake",
            "id": {"kind": "youtube#video", "videoId": video},
            "snippet": {
                "publishedAt": "2020-01-02T03:04:05Z",
                "channelId": "UCfake",
                "title": title,
                "description": "An invented video.",
                "thumbnails": {},
                "channelTitle": channel,
                "liveBroadcastContent": "none",
            },
        }
        for title, channel, video in songs[:results]
    ]
    return {
        "kind": "youtube#searchListResponse",
        "etag": "fake",
        "regionCode": "US",
        "pageInfo": {"totalResults": len(items), "resultsPerPage": results},
        "items": items,
    }


def bad_key(handler: _Handler) -> None:
    """Answer as to a key that Google does not know, in the form of 2026."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "youtube.googleapis.com"},
    }
    message = "API key not valid. Please pass a valid API key."
    handler.fail(400, message, "badRequest", status="INVALID_ARGUMENT", details=[detail])


def _old_bad_key(handler: _Handler) -> None:
    errors = [{"domain": "usageLimits", "reason": "keyInvalid", "message": "Bad Request"}]
    handler.send_json(400, {"error": {"errors": errors, "code": 400, "message": "Bad Request"}})


def _quota_a_day(handler: _Handler) -> None:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"quota_limit": "defaultSearchListPerDayPerProject"},
    }
    message = "Quota exceeded for quota metric 'Search Queries' and limit 'per day'."
    handler.fail(429, message, "rateLimitExceeded", status="RESOURCE_EXHAUSTED", details=[detail])


QUOTA_MESSAGE = (
    'The request cannot be completed because you have exceeded your <a href="/youtube/v3/'
    'getting-started#quota">quota</a>.'
)
FAULTS: Mapping[str, Callable[[_Handler], None]] = {
    "quota": lambda h: h.fail(403, QUOTA_MESSAGE, "quotaExceeded"),
    "quota of the day": _quota_a_day,
    "too fast": lambda h: h.fail(429, "Too many requests.", "rateLimitExceeded"),
    "bad key": bad_key,
    "bad key, old": _old_bad_key,
    "not allowed": lambda h: h.fail(403, "YouTube Data API v3 is off.", "accessNotConfigured"),
    "403 text": lambda h: h.send_bytes(403, b"Forbidden", "text/plain"),
    "400": lambda h: h.fail(400, "Invalid value", "badRequest"),
    "302": lambda h: h.send_bytes(302, b"", "text/html", Location="https://example.org/"),
    "500": lambda h: h.fail(500, "Internal error", "backendError"),
    "502": lambda h: h.send_bytes(502, b"<html>Bad gateway</html>", "text/html"),
    "reset": reset,
    "stall": stall,
    "drip": drip_body,
    "drip of headers": lambda h: h.drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 5000),
    "bad JSON": lambda h: h.send_bytes(200, b'{"items": [}', "application/json"),
    "deep JSON": lambda h: h.send_bytes(200, b"[" * 100_000, "application/json"),
    "not UTF-8": lambda h: h.send_bytes(200, b'{"items": "\xff\xfe"}', "application/json"),
    "wrong shape": lambda h: h.send_json(200, {"items": {"0": "video"}}),
    "a list": lambda h: h.send_json(200, [1, 2, 3]),
    "null": lambda h: h.send_json(200, None),
    "HTML": lambda h: h.send_bytes(200, b"<html>maintenance</html>", "text/html"),
}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A fake YouTube on this machine.")
    parser.add_argument("--port", type=int, default=8901)
    parser.add_argument("--fault", choices=FAULTS, help="fault of every search")
    options = parser.parse_args()
    fake = FakeYouTube(options.port, options.fault)
    for name, value in fake.environ.items():
        print(f"{name}={value}", flush=True)
    fake.serve()


if __name__ == "__main__":
    main()
