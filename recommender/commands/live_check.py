"""``live-check``: one read-only request to each real service that has a key."""

import os
import time

import click

from recommender.commands import FAILED, report
from recommender.errors import SourceError
from recommender.settings import SPOTIFY_API, YOUTUBE_API, Settings, settings_from
from recommender.spotify.source import SpotifySource
from recommender.turn.cloudflare import Cloudflare
from recommender.turn.servers import CLOUDFLARE_API
from recommender.types import SourceName, Track
from recommender.wiring import opened
from recommender.wording import listed, tr, tr_count
from recommender.youtube.videos import YouTube

PATIENCE_S = 10.0
# Every service has this song, so an empty result is a failure.
SONG = Track("Here Comes the Sun", ("The Beatles",), SourceName.CATALOGUE, "live-check")


@click.command()
def live_check() -> int:
    """Send one request to each real service that has a key.

    The requests change nothing. The exit status is 1 when one of them fails.
    """
    settings, status = settings_from(os.environ), 0
    spotify_keys = ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET")
    services = [
        ("Spotify", settings.has_spotify_key, spotify_keys, _ask_spotify),
        ("YouTube", settings.youtube_key is not None, ("YOUTUBE_API_KEY",), _ask_youtube),
    ]
    if settings.cloudflare_turn_token is not None:
        # Few need a relay, and not all of those have theirs from there.
        services.append(("Cloudflare", True, (), _ask_cloudflare))
    for service, has_key, keys, ask in services:
        if not has_key:
            print(
                tr(
                    "{service}: no key is set, so no request was sent. To set one, use {keys}.",
                    service=service,
                    keys=listed(keys),
                )
            )
            continue
        try:
            print(
                " ".join(
                    filter(None, (tr("{service}: answered.", service=service), *ask(settings)))
                )
            )
        except SourceError as error:
            report(error, tr("{service}: failed.", service=service))
            status = FAILED
    return status


def _ask_spotify(settings: Settings) -> tuple[str, ...]:
    request = {"q": SONG.title, "limit": 1, "offset": 0, "type": "track", "market": "US"}
    SpotifySource(settings).check({"api": settings.spotify_api, **request})
    return (_where(settings.spotify_api, SPOTIFY_API),)


def _ask_youtube(settings: Settings) -> tuple[str, ...]:
    with opened(settings) as engine:
        finder = YouTube(settings, engine)
        deadline = time.monotonic() + PATIENCE_S
        finder.find_video(SONG, region=None, language=None, deadline=deadline)
        left = finder.left()
    said = tr_count("{number} search is left today.", "{number} searches are left today.", left)
    return _where(settings.youtube_api, YOUTUBE_API), said


def _ask_cloudflare(settings: Settings) -> tuple[str, ...]:
    key_id, token = settings.cloudflare_turn_id or "", settings.cloudflare_turn_token or ""
    Cloudflare(settings.cloudflare_api, key_id, token).servers()
    return (_where(settings.cloudflare_api, CLOUDFLARE_API),)


def _where(asked: str, real: str) -> str:
    return "" if asked == real else tr("{address} is not the real service.", address=asked)
