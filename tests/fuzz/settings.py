"""Environments: read as settings, and used as the app uses them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import gettempdir

from aiortc import RTCIceServer
from aiortc.rtcicetransport import connection_kwargs
from starlette.datastructures import MutableHeaders

from pages.ui.visitor import consent
from pages.ui.web.doors import security_headers
from recommender.db.engine import make_engine
from recommender.settings import BadSetting, Settings, settings_from
from recommender.turn.servers import ends_of
from tests.fuzz.kind import Kind

# Stands in all that is secret.
CANARY = "canary"
FULL = {
    "SPOTIPY_CLIENT_ID": "some-id",
    "SPOTIPY_CLIENT_SECRET": CANARY,
    "YOUTUBE_API_KEY": CANARY,
    "MOODRING_SPOTIFY_API": "http://127.0.0.1:8900",
    "MOODRING_SPOTIFY_ACCOUNTS": "https://accounts.spotify.com/",
    "MOODRING_YOUTUBE_API": "http://[::1]:8901",
    "MOODRING_DEEZER_API": "http://127.0.0.1:8902",
    "MOODRING_DEEZER": "on",
    "MOODRING_REDIRECT_URI": "https://mood.example:444/moodring/",
    "MOODRING_ICE_SERVERS": json.dumps(
        [
            {"urls": "stun:stun.example.org:3478"},
            {"urls": ["turns:turn.example.org?transport=tcp"], "username": "me",
             "credential": CANARY},
        ]
    ),
    "MOODRING_SERVER_ICE_SERVERS": json.dumps(
        [{"urls": "turns:turn.example.org:443", "username": "me", "credential": CANARY}]
    ),
    "MOODRING_TURN_URLS": "turn:turn.example.org:3478?transport=udp",
    "MOODRING_TURN_SECRET": CANARY,
    "MOODRING_CLOUDFLARE_API": "http://127.0.0.1:8903",
    "MOODRING_CLOUDFLARE_TURN_ID": "some-id",
    "MOODRING_CLOUDFLARE_TURN_TOKEN": CANARY,
    "MOODRING_DATABASE_URL": f"postgresql://me:{CANARY}@db.example.org:5432/mood?sslmode=require",
    "MOODRING_SHOW_RATE": "1",
    "MOODRING_MAX_VISITORS": "12",
    "MOODRING_DEMO": "0",
    "MOODRING_SHARE_LIBRARY": "1",
    "MOODRING_LISTENBRAINZ_URL": "http://[::1]:42010/apis/listenbrainz/",
    "MOODRING_SUBSONIC_URL": "http://192.168.1.4:4533/music",
    "MOODRING_SUBSONIC_USER": "alice",
    "MOODRING_SUBSONIC_PASSWORD": CANARY,
    "MOODRING_SUBSONIC_KEY": CANARY,
    "MOODRING_FRAME_ANCESTORS": "'self' https://*.example.org:8443",
}  # fmt: skip
# Those of a pair are set both or neither.
PAIRS = (
    {"MOODRING_TURN_URLS", "MOODRING_TURN_SECRET"},
    {"MOODRING_CLOUDFLARE_TURN_ID", "MOODRING_CLOUDFLARE_TURN_TOKEN"},
)
DATABASE, SERVERS = "MOODRING_DATABASE_URL", "MOODRING_ICE_SERVERS"
SECRET = {
    *("SPOTIPY_CLIENT_SECRET", "YOUTUBE_API_KEY", DATABASE, SERVERS),
    *("MOODRING_SUBSONIC_PASSWORD", "MOODRING_SUBSONIC_KEY", "MOODRING_SERVER_ICE_SERVERS"),
    *("MOODRING_TURN_SECRET", "MOODRING_CLOUDFLARE_TURN_TOKEN"),
}


def written(environ: dict[str, str]) -> bytes:
    """Return an environment as Linux shows it."""
    return b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in environ.items())


def samples() -> dict[str, bytes]:
    """Return all settings at once, each for itself, and other databases."""
    made = {"full.env": written(FULL)}
    for name in FULL:
        needed = next((pair for pair in PAIRS if name in pair), {name})
        made[f"{name.lower()}.env"] = written({one: FULL[one] for one in sorted(needed)})
    for kind in ("mysql", "mariadb"):
        url = f"{kind}://me:{CANARY}@[::1]/mood?charset=utf8mb4&ssl_check_hostname=true"
        made[f"{kind}.env"] = written({DATABASE: url})
    return made


def seeds() -> dict[str, bytes]:
    """Return what once was said wrongly, or with a secret, or not at all."""
    made = {
        "L7 empty port": {DATABASE: f"postgresql://me:{CANARY}@host:/db"},
        "L7 unknown parameter": {DATABASE: f"mysql://me:{CANARY}@host/db?{CANARY}=1"},
        "L7 settings of a file": {
            DATABASE: f"mysql://me:{CANARY}@host/db?read_default_file=/etc/x"
        },
        "deep": {SERVERS: "[" * 100_000},
        "long number": {"MOODRING_MAX_VISITORS": "9" * 5000},
    }
    return {f"{name} .env": written(environ) for name, environ in made.items()}


def read(path: Path) -> str | None:
    """Read an environment, and use what it says."""
    pairs = (one.partition("=") for one in os.fsdecode(path.read_bytes()).split("\0"))
    environ = {name: value for name, _, value in pairs if name}
    said = None
    try:
        settings = settings_from(environ)
    except BadSetting as error:
        said = f"{error}"
        told = f"{error} {error.__cause__}"
    else:
        use(settings)
        told = repr(settings)
    # Damage may have put it where no secret belongs.
    if not any(CANARY in value for name, value in environ.items() if name not in SECRET):
        assert CANARY not in told
    return said


def use(settings: Settings) -> None:
    """Do with settings what the app does with them, as far as nobody is asked."""
    MutableHeaders(security_headers(settings.frame_ancestors))
    for _, text in consent._points(settings.named_servers):
        text.encode()
    made = [{"urls": list(settings.turn_urls), "username": "1:2", "credential": "3"}]
    ends = ends_of(settings.ice_servers, made, settings.server_ice_servers)
    json.dumps(list(ends.browser)).encode()
    connection_kwargs(
        [
            RTCIceServer(one["urls"], one.get("username"), one.get("credential"))  # type: ignore[arg-type]
            for one in (*ends.browser, *ends.server)
        ]
    )
    for address in (settings.spotify_api, settings.youtube_api, settings.redirect_uri):
        assert address.isascii()
    if settings.database_url is not None:
        engine = make_engine(Path(gettempdir()), settings.database_url)
        engine.dialect.create_connect_args(engine.url)
        engine.dispose()


KIND = Kind(
    name="settings",
    samples=samples,
    bombs=seeds,
    read=read,
    budgets=("settings: each variable as long as Linux takes it",),
    words=(
        *(f"\0{name}=".encode() for name in FULL),
        *(b"://", b"@", b":", b"/", b"?", b"#", b"&", b"=", b"%00", b"%40", b"[::1]", b"[", b"]"),
        *(b"postgresql", b"mysql", b"mariadb", b"sqlite", b"https", b"localhost", b"127.0.0.1"),
        *(b"'self'", b"*.", b" ", b"\n", b"\r\n", b"\t", b"\xff", "ü".encode(), "。".encode()),
        *(b'"urls"', b"null", b"\\ud800", b"\\n", b"stun:", b"turn:", b"0", b"65536", b"\xd9\xa1"),
    ),
)
