"""Resources that the pages share in one process: settings, secret, models, their figures, sources.

They are made once, on first need. The only reader of ``st.secrets`` and ``st.cache_resource``.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitSecretNotFoundError

from detectors.weights import SHIPPED
from pages.ui.cookie_secret import CookieSecret, digest_of
from recommender.settings import DEFAULT_FRAME_ANCESTORS, BadSetting, settings_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from detectors.pictures.process import PictureDecoder
    from detectors.pipeline import Analyser
    from detectors.types import AudioTagger
    from recommender.db.processes import SharedAgreements
    from recommender.deezer.client import Deezer
    from recommender.library.folder_tagging import FolderTagging
    from recommender.library.pool import IdleWorker
    from recommender.library.recordings import Recordings
    from recommender.listenbrainz.outbox import Outboxes
    from recommender.listeners.history import History
    from recommender.listeners.store import Listeners
    from recommender.settings import Settings
    from recommender.spotify.account import SpotifyAccounts
    from recommender.subsonic.server import MusicServer
    from recommender.text import NameIndex
    from recommender.turn.cloudflare import Cloudflare
    from recommender.types import MusicSource
    from recommender.wiring import Wiring
    from recommender.youtube.videos import YouTube


# The database's engine, once it is open.
_opened: list[Engine] = []
# Timeout for tagging an uploaded file: a quarter of an hour of music takes some seconds.
DROPPED_S = 120.0
# Timeout for reading the picture in a file, which takes milliseconds.
COVER_S = 10.0
# Written by models/train_music.py.
MUSIC = SHIPPED.with_name("music.json")
# Drawn by models/card.py.
CONFUSION = SHIPPED.with_name("confusion.svg")


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings: ``.streamlit/secrets.toml``, overridden by the environment.

    Raises
    ------
    recommender.settings.BadSetting
        When a setting cannot be used.
    """
    try:
        secrets = {name: str(value) for name, value in st.secrets.items()}
    except StreamlitSecretNotFoundError:
        secrets = {}
    return settings_from({**secrets, **os.environ})


@st.cache_resource(show_spinner=False)
def _kept_secret() -> CookieSecret:
    try:
        return CookieSecret(settings())
    except BadSetting:
        # The page shows the error; until it is mended, nothing is stored.
        return CookieSecret(None)


def browser_secret() -> bytes:
    """Return the secret of the browsers' cookies, the same in all processes of a database server.

    It is made of ``MOODRING_COOKIE_SECRET`` or ``server.cookieSecret`` where that is set.
    """
    if config.is_manually_set("server.cookieSecret"):
        return digest_of(st.get_option("server.cookieSecret"))
    return _kept_secret().value()


def share_secret() -> None:
    """Agree on that secret with the other processes of a database server; may take seconds."""
    if not config.is_manually_set("server.cookieSecret"):
        _kept_secret().share()


def is_framed() -> bool:
    """Return whether pages of other sites may show ours in a frame."""
    try:
        return settings().frame_ancestors != DEFAULT_FRAME_ANCESTORS
    except BadSetting:
        # The page shows the error; until it is mended, no other site may frame the page.
        return False


def is_demo() -> bool:
    """Return whether Spotify and YouTube are fakes here."""
    try:
        return settings().is_demo
    except BadSetting:
        # The page shows the error where it needs the settings.
        return False


@st.cache_resource(show_spinner=False)
def accounts() -> SpotifyAccounts | None:
    """Return the Spotify accounts of signed-in visitors; None without an app at Spotify."""
    from recommender.spotify.account import SpotifyAccounts

    return SpotifyAccounts(settings()) if settings().has_spotify_app else None


@st.cache_resource(show_spinner=False)
def listenbrainz() -> Outboxes:
    """Return the plays of all visitors that are on their way to ListenBrainz."""
    from recommender.listenbrainz.outbox import Outboxes

    return Outboxes(settings().listenbrainz_url)


@st.cache_resource(show_spinner=False)
def analyser() -> Analyser:
    """Return the face analyser that all visitors share; the first call loads the models.

    Raises
    ------
    detectors.errors.WeightsMismatch
        When a model file cannot be used.
    """
    # Imported here so that the first page does not wait for OpenCV and LiteRT.
    from detectors.loading import load_analyser

    return load_analyser()


@st.cache_resource(show_spinner=False)
def picture_decoder() -> PictureDecoder:
    """Return the decoder of photos and covers: two processes that all visitors share."""
    from detectors.pictures.process import PictureDecoder

    return PictureDecoder()


@st.cache_resource(show_spinner=False)
def _wired() -> Wiring:
    from recommender.ingest.weekly import start_weekly_refresh
    from recommender.wiring import opened, wire

    wired = wire(settings())
    if wired.catalogue is not None:
        _opened[:] = [wired.catalogue.engine]
    start_weekly_refresh(settings(), opened)
    if wired.catalogue is not None:
        _folder_tagging(wired.catalogue.engine)
    return wired


def sources() -> tuple[MusicSource, ...]:
    """Return the music sources, preferred first."""
    return _wired().sources


def database() -> Engine | None:
    """Return the database engine; None when it cannot be used."""
    catalogue = _wired().catalogue
    return None if catalogue is None else catalogue.engine


def opened_database() -> Engine | None:
    """Return the database engine if a page has needed it, else None: opening it takes time."""
    return _opened[0] if _opened else None


def listeners() -> Listeners | None:
    """Return the store that changes listeners' data; None without a usable database."""
    from recommender.listeners.store import Listeners

    engine = database()
    return None if engine is None else Listeners(engine)


def history() -> History | None:
    """Return the store that reads listeners' data; None without a usable database."""
    from recommender.listeners.history import History

    engine = database()
    return None if engine is None else History(engine)


@st.cache_resource(show_spinner=False)
def _agreements(_engine: Engine) -> SharedAgreements:
    from recommender.db.processes import SharedAgreements

    return SharedAgreements(_engine)


def shared_agreements() -> SharedAgreements | None:
    """Return the agreements of all processes; None where a database server is not shared."""
    try:
        if settings().database_url is None:
            return None
    except BadSetting:
        # The page shows the error; until it is mended, nothing is stored.
        return None
    engine = database()
    return None if engine is None else _agreements(engine)


def recordings() -> Recordings | None:
    """Return the libraries of all visitors; None without a usable database."""
    from recommender.library.recordings import Recordings

    engine = database()
    return None if engine is None else Recordings(engine)


@st.cache_resource(show_spinner=False)
def _folder_tagging(_engine: Engine) -> FolderTagging:
    from recommender.library.folder_tagging import start_folder_tagging

    return start_folder_tagging(_engine, settings().data_dir, _own_tagger)


def _own_tagger() -> Callable[[], AudioTagger]:
    # Not called here: the function is called in another process.
    from detectors.hearing.music import own_tagger

    return own_tagger


@st.cache_resource(show_spinner=False)
def _owners_server(_engine: Engine | None) -> MusicServer | None:
    from recommender.library.pool import pool
    from recommender.wiring import owners_server

    # One worker, as for the folders, so that live cameras keep their frame rate.
    server = owners_server(settings(), _engine, lambda: pool(_own_tagger(), 1))
    if server is not None:
        server.start()
    return server


def music_server() -> MusicServer | None:
    """Return the owner's music server, whose songs are for all visitors; None without one."""
    return None if settings().subsonic_url is None else _owners_server(database())


def folder_tagging() -> FolderTagging | None:
    """Return the background tagging of the owner's folders; None without a usable database."""
    engine = database()
    return None if engine is None else _folder_tagging(engine)


@st.cache_resource(show_spinner=False)
def upload_tagger() -> IdleWorker:
    """Return the tagger of uploaded files: a process that all visitors share."""
    from detectors.hearing.music import MusicTagger
    from recommender.library.pool import IdleWorker

    return IdleWorker(MusicTagger, patience_s=DROPPED_S)


@st.cache_resource(show_spinner=False)
def cover_reader() -> IdleWorker:
    """Return the reader of covers in music files: another process that all visitors share."""
    from recommender.library.pool import IdleWorker

    return IdleWorker(None, patience_s=COVER_S)


@st.cache_resource(show_spinner=False)
def videos() -> YouTube | None:
    """Return the video finder; None without a key or a usable database."""
    from recommender.db.response_cache import ResponseCache
    from recommender.youtube.videos import YouTube

    engine = database()
    if engine is None or settings().youtube_key is None:
        return None
    return YouTube(settings(), engine, ResponseCache(engine))


@st.cache_resource(show_spinner=False)
def deezer() -> Deezer | None:
    """Return the client of Deezer that all visitors share; None where the owner has it off."""
    from recommender.db.response_cache import ResponseCache
    from recommender.deezer.client import Deezer

    if settings().deezer == "off":
        return None
    engine = database()
    return Deezer(settings(), None if engine is None else ResponseCache(engine))


@st.cache_resource(show_spinner=False)
def cloudflare() -> Cloudflare | None:
    """Return the client of Cloudflare's TURN keys that all visitors share; None without a key."""
    from recommender.turn.cloudflare import Cloudflare

    own = settings()
    if own.cloudflare_turn_id is None or own.cloudflare_turn_token is None:
        return None
    return Cloudflare(own.cloudflare_api, own.cloudflare_turn_id, own.cloudflare_turn_token)


@st.cache_resource(show_spinner=False)
def offered_names() -> tuple[list[str], list[str]]:
    """Return the languages and artists that the page offers; empty without a usable database."""
    from recommender.errors import SourceError
    from recommender.text import visible

    catalogue = _wired().catalogue
    try:
        found = ([], []) if catalogue is None else (catalogue.languages(), catalogue.artists())
    except SourceError:
        return [], []
    languages, artists = (list(dict.fromkeys(filter(None, map(visible, one)))) for one in found)
    return languages, artists


@st.cache_resource(show_spinner=False)
def artist_index() -> NameIndex:
    """Return the index of the offered artists, by which names are found in a text."""
    from recommender.text import NameIndex

    return NameIndex(offered_names()[1])


def measured() -> dict[str, Any] | None:
    """Return the fusion model's metrics on publictest; None when the manifest has none."""
    return _metrics(SHIPPED, "fusion", "publictest")


def measured_music() -> dict[str, Any] | None:
    """Return the music model's cross-validated metrics; None when the manifest has none."""
    return _metrics(MUSIC, "head", "cross_validation")


def _metrics(manifest: Path, model: str, measured_on: str) -> dict[str, Any] | None:
    try:
        figures = json.loads(manifest.read_text(encoding="utf-8"))[model]["metrics"][measured_on]
    except (OSError, ValueError, KeyError):
        return None
    return dict(figures)


def model_card(name: str) -> str:
    """Return a model card in Markdown, without its title and its pictures.

    Parameters
    ----------
    name : {"emotions.md", "music.md"}, file beside the models
    """
    card = SHIPPED.with_name(name).read_text(encoding="utf-8")
    lines = card.splitlines()[1:]
    return "\n".join(line for line in lines if not line.startswith(("<!--", "![")))
