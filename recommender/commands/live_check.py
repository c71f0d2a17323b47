"""``live-check``: one read-only request to each real service that has a key."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from recommender.errors import SourceError
from recommender.settings import SPOTIFY_API, YOUTUBE_API
from recommender.spotify.source import SpotifySource
from recommender.types import SourceName, Track
from recommender.wiring import opened
from recommender.youtube.videos import YouTube

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from recommender.commands import Subparsers
    from recommender.settings import Settings

PATIENCE_S = 10.0
# Every service has this song, so an empty result is a failure.
SONG = Track("Here Comes the Sun", ("The Beatles",), SourceName.CATALOGUE, "live-check")


def add(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "live-check",
        help="send one request to each real service that has a key",
        description="Send one read-only request to each real service that has a key. "
        "The exit status is 1 when a request fails.",
    )

    def prepare(_options: argparse.Namespace) -> Callable[[Settings], int]:
        return _run

    parser.set_defaults(prepare=prepare, parser=parser)


def _run(settings: Settings) -> int:
    has_spotify, has_youtube = settings.has_spotify_key, settings.youtube_key is not None
    names = "SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET"
    fine = [
        _check("Spotify", _ask_spotify, settings) if has_spotify else _say("Spotify", names),
        _check("YouTube", _ask_youtube, settings)
        if has_youtube
        else _say("YouTube", "YOUTUBE_API_KEY"),
    ]
    return 0 if all(fine) else 1


def _say(service: str, names: str) -> bool:
    print(f"{service}: no key is set, so no request was sent. To set one, use {names}.")
    return True


def _check(service: str, ask: Callable[[Settings], str], settings: Settings) -> bool:
    """Send a request to a service, print the outcome, and return whether it succeeded."""
    try:
        said = ask(settings)
    except SourceError as error:
        print(f"{service}: failed. {error}", file=sys.stderr)
        return False
    print(f"{service}: answered{said}.")
    return True


def _ask_spotify(settings: Settings) -> str:
    request = {"q": SONG.title, "limit": 1, "offset": 0, "type": "track", "market": "US"}
    SpotifySource(settings).check({"api": settings.spotify_api, **request})
    return _where(settings.spotify_api, SPOTIFY_API)


def _ask_youtube(settings: Settings) -> str:
    with opened(settings) as engine:
        finder = YouTube(settings, engine)
        deadline = time.monotonic() + PATIENCE_S
        finder.find_video(SONG, region=None, language=None, deadline=deadline)
        left = finder.left()
    return f"{_where(settings.youtube_api, YOUTUBE_API)}; {left} searches are left today"


def _where(asked: str, real: str) -> str:
    return "" if asked == real else f" at {asked}, which is not the real one"
