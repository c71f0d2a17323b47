"""Settings of the app: keys, addresses, and where data lies. Read once, at an edge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from recommender.turn import servers
from recommender.web.addresses import HIGHEST_PORT, LOOPBACK_HOSTS, address_problem, web_address
from recommender.wording import WordedError

SPOTIFY_API = "https://api.spotify.com"
SPOTIFY_ACCOUNTS = "https://accounts.spotify.com"
YOUTUBE_API = "https://youtube.googleapis.com"
DEEZER_API = "https://api.deezer.com"
# Whether Deezer is asked for covers and previews: when a visitor has pressed a button, always, or
# never. Its terms as of 2026 have not been read: that is the owner's to do.
DEEZER_CHOICES = ("ask", "on", "off")
# Must be registered in the dashboard of the Spotify app, too.
REDIRECT_URI = "http://127.0.0.1:8501/"
# Simultaneous cameras that two cores serve well (`make load`).
MAX_VISITORS = 16
MOST_VISITORS = 256
# Characters of a secret that nobody types: 16 random bytes in hexadecimal digits.
LEAST_SECRET = 32
# Characters of a password that somebody types.
LEAST_PASSWORD = 12
# Figures are for the operator: other machines see them only where that is set.
METRICS_ADDRESS = "127.0.0.1"
LOG_CHOICES = ("plain", "json")
# As long as the names of pods in Kubernetes.
LONGEST_REPLICA = 63
_REPLICA = re.compile(r"[a-z0-9-]+")
# Hosts that Spotify accepts without HTTPS; localhost is not among them.
REDIRECT_HOSTS = frozenset({"127.0.0.1", "::1"})
# Origins that may embed the app, in the syntax of Content-Security-Policy.
DEFAULT_FRAME_ANCESTORS = "'self'"
_ANCESTOR = re.compile(r"'self'|https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")


class BadSetting(WordedError, ValueError):
    """An environment variable with an invalid value; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings, validated by `settings_from`.

    Attributes
    ----------
    spotify_api, spotify_accounts, youtube_api, deezer_api : str, URL without path and closing slash
    deezer : {"ask", "on", "off"}, whether Deezer is asked for covers and previews
    redirect_uri : str, where Spotify redirects visitors after sign-in
    ice_servers : WebRTC's list; () by default, so that no third party's STUN server is contacted
    server_ice_servers : the same for the server's end; None where that is to ask the same ones
    turn_urls, turn_secret : addresses of TURN servers that take credentials made with that secret
    cloudflare_api : str, URL without path
    cloudflare_turn_id, cloudflare_turn_token : str, a TURN key of Cloudflare's; None for none
    data_dir : Path, folder of the catalogue and of everything else that is stored
    cookie_secret : str, makes the browsers' cookies, the same in all processes; None for a kept one
    owner_password : str, makes its sender the owner; None for no such way
    metrics_port, metrics_address : int and str, where Prometheus finds figures; None for nowhere
    log : {"plain", "json"}, how lines of the log are written
    replica : str, this process's name, by which a proxy sends visitors; None where alone
    database_url : str, PostgreSQL, MariaDB or MySQL; None for SQLite in the data folder
    show_rate : bool, show the number of analysed frames per second beside the live picture
    max_visitors : int, maximum number of simultaneous cameras, 1..`MOST_VISITORS`
    is_demo : bool, state on every page that Spotify and YouTube are fakes
    share_library : bool, give every visitor the owner's access to the owner's music
    frame_ancestors : str, origins that may embed the app, for Content-Security-Policy
    subsonic_url : str, the owner's music server without trailing slash; None for none
    subsonic_user, subsonic_password, subsonic_key : str, its sign-in: a name with its password, or
        a key
    listenbrainz_url : str or None, where visitors' plays go by default, without trailing slash
    """

    spotify_id: str | None = None
    spotify_secret: str | None = field(default=None, repr=False)
    spotify_api: str = SPOTIFY_API
    spotify_accounts: str = SPOTIFY_ACCOUNTS
    redirect_uri: str = REDIRECT_URI
    youtube_api: str = YOUTUBE_API
    youtube_key: str | None = field(default=None, repr=False)
    deezer_api: str = DEEZER_API
    deezer: str = DEEZER_CHOICES[0]
    # A TURN server's entry contains a password.
    ice_servers: tuple[servers.Server, ...] = field(default=(), repr=False)
    server_ice_servers: tuple[servers.Server, ...] | None = field(default=None, repr=False)
    turn_urls: tuple[str, ...] = ()
    turn_secret: str | None = field(default=None, repr=False)
    cloudflare_api: str = servers.CLOUDFLARE_API
    cloudflare_turn_id: str | None = None
    cloudflare_turn_token: str | None = field(default=None, repr=False)
    data_dir: Path = field(default_factory=lambda: platformdirs.user_data_path("moodring"))
    cookie_secret: str | None = field(default=None, repr=False)
    owner_password: str | None = field(default=None, repr=False)
    metrics_port: int | None = None
    metrics_address: str = METRICS_ADDRESS
    log: str = LOG_CHOICES[0]
    replica: str | None = None
    # Contains a password.
    database_url: str | None = field(default=None, repr=False)
    show_rate: bool = False
    max_visitors: int = MAX_VISITORS
    is_demo: bool = False
    share_library: bool = False
    frame_ancestors: str = DEFAULT_FRAME_ANCESTORS
    subsonic_url: str | None = None
    subsonic_user: str | None = None
    subsonic_password: str | None = field(default=None, repr=False)
    subsonic_key: str | None = field(default=None, repr=False)
    listenbrainz_url: str | None = None

    @property
    def has_spotify_key(self) -> bool:
        """Return whether Spotify can be searched."""
        return bool(self.spotify_id and self.spotify_secret)

    @property
    def has_spotify_app(self) -> bool:
        """Return whether visitors can sign in at Spotify; PKCE needs no secret."""
        return bool(self.spotify_id)

    @property
    def named_servers(self) -> tuple[servers.Server, ...]:
        """Return all servers that a camera's connection may ask, for the notice."""
        turn = ({"urls": list(self.turn_urls)},) if self.turn_urls else ()
        hosted = (servers.CLOUDFLARE,) if self.cloudflare_turn_id else ()
        return (*self.ice_servers, *turn, *hosted, *(self.server_ice_servers or ()))


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment; an empty variable counts as unset.

    Raises
    ------
    BadSetting
        With one sentence that names the variable and never contains a secret.
    """
    data_dir = _text(environ, "MOODRING_DATA_DIR")
    listed, secret = _both(environ, "MOODRING_TURN_URLS", "MOODRING_TURN_SECRET")
    turn_urls = servers.turn_urls_in(listed) if listed else ()
    if turn_urls is None:
        raise BadSetting("setting-turn", name="MOODRING_TURN_URLS")
    key = _both(environ, "MOODRING_CLOUDFLARE_TURN_ID", "MOODRING_CLOUDFLARE_TURN_TOKEN")
    return Settings(
        spotify_id=_key(environ, "SPOTIPY_CLIENT_ID"),
        spotify_secret=_key(environ, "SPOTIPY_CLIENT_SECRET"),
        spotify_api=_base(environ, "MOODRING_SPOTIFY_API", SPOTIFY_API),
        spotify_accounts=_base(environ, "MOODRING_SPOTIFY_ACCOUNTS", SPOTIFY_ACCOUNTS),
        redirect_uri=_redirect(environ, "MOODRING_REDIRECT_URI"),
        youtube_api=_base(environ, "MOODRING_YOUTUBE_API", YOUTUBE_API),
        youtube_key=_key(environ, "YOUTUBE_API_KEY"),
        deezer_api=_base(environ, "MOODRING_DEEZER_API", DEEZER_API),
        deezer=_choice(environ, "MOODRING_DEEZER", DEEZER_CHOICES),
        ice_servers=_ice_servers(environ, "MOODRING_ICE_SERVERS") or (),
        server_ice_servers=_ice_servers(
            environ, "MOODRING_SERVER_ICE_SERVERS", unnamed=bool(secret or all(key))
        ),
        turn_urls=turn_urls,
        turn_secret=secret,
        cloudflare_api=_base(environ, "MOODRING_CLOUDFLARE_API", servers.CLOUDFLARE_API),
        cloudflare_turn_id=key[0],
        cloudflare_turn_token=key[1],
        data_dir=Path(data_dir) if data_dir else platformdirs.user_data_path("moodring"),
        cookie_secret=_secret(environ, "MOODRING_COOKIE_SECRET", LEAST_SECRET),
        owner_password=_secret(environ, "MOODRING_OWNER_PASSWORD", LEAST_PASSWORD),
        metrics_port=_port(environ, "MOODRING_METRICS_PORT"),
        metrics_address=_interface(environ, "MOODRING_METRICS_ADDRESS"),
        log=_choice(environ, "MOODRING_LOG", LOG_CHOICES),
        replica=_replica(environ, "MOODRING_REPLICA"),
        database_url=_database(environ, "MOODRING_DATABASE_URL"),
        show_rate=_switch(environ, "MOODRING_SHOW_RATE"),
        max_visitors=_count(environ, "MOODRING_MAX_VISITORS", MAX_VISITORS, MOST_VISITORS),
        is_demo=_switch(environ, "MOODRING_DEMO"),
        share_library=_switch(environ, "MOODRING_SHARE_LIBRARY"),
        frame_ancestors=_ancestors(environ, "MOODRING_FRAME_ANCESTORS"),
        subsonic_url=_server(environ, "MOODRING_SUBSONIC_URL"),
        subsonic_user=_text(environ, "MOODRING_SUBSONIC_USER"),
        subsonic_password=environ.get("MOODRING_SUBSONIC_PASSWORD") or None,
        subsonic_key=_key(environ, "MOODRING_SUBSONIC_KEY"),
        listenbrainz_url=_server(environ, "MOODRING_LISTENBRAINZ_URL"),
    )


def _text(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None


def _key(environ: Mapping[str, str], name: str) -> str | None:
    value = _text(environ, name)
    # Keys are sent in headers; other characters show that the key was pasted wrongly.
    if value is not None and not (value.isascii() and value.isprintable()):
        raise BadSetting("setting-key", name=name)
    return value


def _secret(environ: Mapping[str, str], name: str, least: int) -> str | None:
    value = _text(environ, name)
    if value is not None and len(value) < least:
        raise BadSetting("setting-secret", name=name, least=least)
    return value


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = _text(environ, name) or "0"
    if value not in {"0", "1"}:
        raise BadSetting("setting-switch", name=name)
    return value == "1"


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = _text(environ, name) or choices[0]
    if value not in choices:
        raise BadSetting("setting-choice", name=name, choices=", ".join(choices))
    return value


def _count(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    value = _text(environ, name) or str(default)
    # isascii, since other scripts' digits are digits, too; the length, since int() raises for very
    # long texts.
    digits = value.isascii() and value.isdigit() and len(value) <= len(str(most))
    if not (digits and 1 <= int(value) <= most):
        raise BadSetting("setting-count", name=name, most=most)
    return int(value)


def _port(environ: Mapping[str, str], name: str) -> int | None:
    return None if _text(environ, name) is None else _count(environ, name, 1, HIGHEST_PORT)


def _interface(environ: Mapping[str, str], name: str) -> str:
    value = _text(environ, name) or METRICS_ADDRESS
    try:
        return str(ip_address(value))
    except ValueError:
        raise BadSetting("setting-interface", name=name) from None


def _replica(environ: Mapping[str, str], name: str) -> str | None:
    value = _text(environ, name)
    if value is not None and not (_REPLICA.fullmatch(value) and len(value) <= LONGEST_REPLICA):
        raise BadSetting("setting-replica", name=name, most=LONGEST_REPLICA)
    return value


def _ancestors(environ: Mapping[str, str], name: str) -> str:
    value = _text(environ, name)
    if value is None:
        return DEFAULT_FRAME_ANCESTORS
    origins = value.split()
    # The value is sent in a header, so nothing else may be in it.
    if not all(_ANCESTOR.fullmatch(origin) for origin in origins):
        raise BadSetting("setting-ancestors", name=name)
    return " ".join(origins)


def _database(environ: Mapping[str, str], name: str) -> str | None:
    value = _text(environ, name)
    if value is None:
        return None
    problem = address_problem(value)
    if problem is not None:
        message_id, values = problem
        # No cause: it would contain the address, and with it a password.
        raise BadSetting(message_id, name=name, **values)
    return value


def _base(environ: Mapping[str, str], name: str, real: str) -> str:
    value = _text(environ, name)
    if value is None:
        return real
    refusal = BadSetting("setting-base", name=name, real=real)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise refusal from None
    if value.removesuffix("/") == real:
        return real
    # The tests' fakes are on this machine. To any other, a key would be sent: to a stranger.
    if parts.scheme not in {"http", "https"} or parts.hostname not in LOOPBACK_HOSTS:
        raise refusal
    if parts.username is not None or parts.path not in {"", "/"} or "?" in value or "#" in value:
        raise refusal
    # Rebuilt from its parts, so that nothing that urlsplit ignores is kept.
    host = "[::1]" if parts.hostname == "::1" else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def _server(environ: Mapping[str, str], name: str) -> str | None:
    value = _text(environ, name)
    if value is not None and web_address(value) is None:
        raise BadSetting("setting-server", name=name)
    return value and value.rstrip("/")


def _redirect(environ: Mapping[str, str], name: str) -> str:
    value = _text(environ, name)
    if value is None:
        return REDIRECT_URI
    refusal = BadSetting("setting-redirect", name=name, usual=REDIRECT_URI)
    try:
        parts = urlsplit(value)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise refusal from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in REDIRECT_HOSTS)
    plain = value.isascii() and value.isprintable() and " " not in value and "\\" not in value
    if not (safe and whole and plain) or parts.hostname == "localhost":
        raise refusal
    if parts.username is not None or "?" in value or "#" in value:
        raise refusal
    return value if parts.path else f"{value}/"


def _ice_servers(
    environ: Mapping[str, str], name: str, *, unnamed: bool = False
) -> tuple[servers.Server, ...] | None:
    value = _text(environ, name)
    found = None if value is None else servers.servers_in(value, unnamed=unnamed)
    if value is not None and found is None:
        raise BadSetting("setting-ice", name=name)
    return found


def _both(environ: Mapping[str, str], name: str, other: str) -> tuple[str | None, str | None]:
    """Return two texts of which each is of no use without the other."""
    values = _key(environ, name), _key(environ, other)
    if any(values) and not all(values):
        raise BadSetting("setting-together", name=name, other=other)
    return values
