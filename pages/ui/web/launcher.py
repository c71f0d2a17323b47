"""The server's start: settings of its whole process, and the routes and middleware of `app.py`.

Among the settings are the addresses of sounds, pictures and downloads, which no other session can
compute. Streamlit makes them from the content, and of large files from three samples of it: who has
the same file would know that somebody plays it, and who makes one that looks alike would have it
sent in the other's place.
"""

import asyncio
import hashlib
import secrets
import signal
import sys
import threading

import streamlit as st
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import net_util
from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from detectors.process_limits import leave_no_core
from detectors.threads import use_one_blas_thread
from pages.ui import resources
from pages.ui.visitor import browser, owner, returns
from pages.ui.web import doors, first_page, live, previews, scripts, server_sounds, sessions, sounds
from pages.ui.web.drain import Drain
from pages.ui.web.replicas import ReplicaCookie, replica_routes
from recommender.settings import DEFAULT_FRAME_ANCESTORS, REDIRECT_URI, BadSetting

# Streamlit reserves `/_stcore`, `/media`, `/component` and `/static`.
PREFIX = "/moodring"
BYTES_PER_MB = 1024 * 1024
# Allowance for the parts of an upload other than the file itself.
FORM_BYTES = BYTES_PER_MB
# Set once the process has been told to end.
_ending = threading.Event()
# New in each process, and never stored.
_SECRET = secrets.token_bytes(32)


def prepare_process() -> None:
    """Apply the settings that come too late when a page runs."""
    use_one_blas_thread()
    leave_no_core()
    keep_uploads_in_memory()
    ask_nobody_for_our_address()
    keep_media_apart()
    end_quietly()


def end_quietly() -> None:
    """Make Ctrl-C and SIGTERM regular ends, with status 0.

    Uvicorn shuts down at the signal, and then raises it again for the previous handler: Python's
    default handler would report an error.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _end)
        signal.signal(signal.SIGTERM, _end)


def _end(*_: object) -> None:
    """End the process, from the event loop itself where it runs.

    Raised in whatever task the signal meets, the end could be caught there, and the process go on.
    """
    _ending.set()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        sys.exit(0)
    loop.call_soon_threadsafe(sys.exit, 0)


class QuietEnd:
    """Middleware: what is still open at the end of the process ends without a word.

    Uvicorn would print each cancelled socket as a fault.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on."""
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not _ending.is_set():
                raise


def keep_uploads_in_memory() -> None:
    """Keep uploads in memory: Starlette writes parts over 1 MB to temporary files.

    A photo is larger than that, and the notice promises that none is stored.
    """
    largest = st.get_option("server.maxUploadSize") * BYTES_PER_MB
    MultiPartParser.spool_max_size = largest + FORM_BYTES


def ask_nobody_for_our_address() -> None:
    """Keep Streamlit from asking a server of Amazon's for this machine's public address.

    It would block the server's event loop, at each connection from an unknown origin: any web page
    could stall the server, and the notice promises that no other server takes part.
    """
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    """Return None, Streamlit's value for an unknown address."""


def keep_media_apart() -> None:
    """Make Streamlit derive a file's name from all its bytes, the session and a process secret.

    The name stays the same when a page is redrawn, so that a sound plays on.
    """
    memory_media_file_storage._calculate_file_id = media_id  # noqa: SLF001 - see test_media


def media_id(data: bytes, mimetype: str, filename: str | None = None) -> str:
    """Return the name of a file in the session that draws it: 64 hexadecimal digits."""
    context = get_script_run_ctx()
    session = "" if context is None else context.session_id
    digest = hashlib.blake2b(key=_SECRET, digest_size=32)
    for part in (session.encode(), mimetype.encode(), (filename or "").encode(), data):
        # The length prefix keeps the same bytes, split elsewhere, from giving the same digest.
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


async def say_hello(_: Request) -> PlainTextResponse:
    """Answer, to show that our routes are registered."""
    return PlainTextResponse("hello")


def routes() -> list[BaseRoute]:
    """Return our routes, at the root and below `server.baseUrlPath`: Streamlit adds no prefix."""
    base = st.get_option("server.baseUrlPath").strip("/")
    prefixes = ("", f"/{base}") if base else ("",)
    hello = [Route(f"{prefix}{PREFIX}/hello", say_hello) for prefix in prefixes]
    parts = (first_page, scripts, sounds, server_sounds, previews, live)
    ours = [
        one for prefix in prefixes for part in parts for one in part.routes(f"{prefix}{PREFIX}")
    ]
    elsewhere = [one for prefix in prefixes for one in replica_routes(f"{prefix}{PREFIX}")]
    return [*hello, *ours, *elsewhere, *owner.owner_routes(base)]


def middleware() -> list[Middleware]:
    """Return the middleware that each request passes through, outermost first."""
    try:
        settings = resources.settings()
        ancestors, home = settings.frame_ancestors, settings.redirect_uri
    except BadSetting:
        # The page shows the error; until it is mended, no other site may frame the page.
        ancestors, home = DEFAULT_FRAME_ANCESTORS, REDIRECT_URI
    framed = resources.is_framed()
    doors.answer_to_no_host_page(framed=framed)
    doors.send_uploads_from_frames(framed=framed)
    doors.allow_only_our_names(home)
    sessions.bind_sessions_to_browsers()
    allowed = frozenset(one.strip() for one in st.get_option("server.corsAllowedOrigins"))
    return [
        Middleware(QuietEnd),
        Middleware(doors.SecurityHeaders, headers=doors.security_headers(ancestors)),
        Middleware(owner.OwnerAddressUntold),
        Middleware(doors.HostFilter),
        Middleware(Drain),
        Middleware(doors.OriginCheck, allowed=allowed),
        Middleware(sessions.OwnSessions, secret=resources.browser_secret),
        Middleware(sessions.BoundedUploads),
        Middleware(returns.SignInReturn, secret=resources.browser_secret),
        Middleware(browser.BrowserCookie, secret=resources.browser_secret, framed=framed),
        *([Middleware(browser.PartitionedCookies)] if framed else []),
        Middleware(ReplicaCookie, is_page=browser.is_page, framed=framed),
        Middleware(first_page.FirstPage),
    ]
