"""The owner, the only visitor who may change shared data: address, cookie, recognition.

The owner has opened the address that the server prints at its start, at a terminal, or knows the
settings' password. Only the cookie of that counts: clients and proxies choose headers, addresses.
"""

import asyncio
import hmac
import html
import os
import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui import resources
from pages.ui.visitor import language, password
from pages.ui.visitor.password import COOKIE
from recommender import wording

WORD_BYTES = 32
# New in each process. There is no owner until it has been read at the terminal.
WORD = secrets.token_urlsafe(WORD_BYTES)
PATH = "/moodring/owner"
# Delay of each wrong guess. The word's 256 bits are the protection against guessing it.
WRONG_WAIT_S = 0.5
_UNKEPT = {"Cache-Control": "no-store"}
# Without a referrer, browsers send no origin with a form, and it would be refused.
_FORM = {**_UNKEPT, "Referrer-Policy": "same-origin"}
_tries = password.Tries()
# `make run` sets it.
OPEN_BROWSER = "MOODRING_OPEN_BROWSER"
# Beside the other secrets: a sandboxed browser can read neither /tmp nor hidden home folders.
OPENING_PAGE = Path(__file__).parents[3] / ".streamlit" / "owner.html"
# A server that listens at all addresses is reachable at 127.0.0.1, too.
ALL_ADDRESSES = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


def cookie_name() -> str:
    """Return the name of the owner's cookie, with the port: browsers send it to all ports."""
    return f"{COOKIE}_{st.get_option('server.port')}"


def cookie_of(word: str) -> str:
    """Return the value of the owner's cookie: an HMAC that does not reveal the word."""
    return hmac.digest(word.encode(), COOKIE.encode(), "sha256").hex()


def is_same(given: object, expected: str) -> bool:
    """Compare two secrets in constant time.

    Parameters
    ----------
    given : object, sent by the visitor, never equal unless it is a str
    """
    return isinstance(given, str) and hmac.compare_digest(
        given.encode(errors="replace"), expected.encode()
    )


def is_owner() -> bool:
    """Return whether this visitor is the owner."""
    return is_owner_by(st.context.cookies)


def is_owner_by(cookies: Mapping[str, str]) -> bool:
    """Return whether cookies are the owner's, where no page runs."""
    if is_same(cookies.get(cookie_name()), cookie_of(WORD)):
        return True
    said = password.known()
    if said is None:
        return False
    secret = resources.browser_secret()
    given = cookies.get(password.cookie_name(secret))
    return is_same(given, password.cookie_of(said, secret))


def owner_routes(base: str) -> list[Route]:
    """Return the routes of the owner's address, at the root and below a base path.

    Parameters
    ----------
    base : str, base path of the pages, without slashes around it, "" for none
    """
    prefixes = ("", f"/{base}") if base else ("",)

    async def let_in(request: Request) -> Response:
        """Set the owner's cookie if the word is right, and redirect to the first page."""
        code, word = language.of_request(request), request.query_params.get("word")
        if word is None and password.known() is not None:
            return HTMLResponse(password.form(code), headers=_FORM)
        if not is_same(word, WORD):
            await asyncio.sleep(WRONG_WAIT_S)
            wrong = wording.sentence(wording.Message("owner-wrong-address"), code)
            return PlainTextResponse(wrong, HTTPStatus.FORBIDDEN, _UNKEPT)
        return _let_in(request, base, cookie_name(), cookie_of(WORD))

    async def sign_in(request: Request) -> Response:
        """Set the owner's cookie if the password is right, and redirect to the first page."""
        said, code = password.known(), language.of_request(request)
        if said is None:
            return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
        sent = await _password_in(request)
        if not _tries.is_open:
            answer = HTMLResponse(
                password.form(code, "owner-too-many"), HTTPStatus.TOO_MANY_REQUESTS, _FORM
            )
            answer.headers["Retry-After"] = str(round(password.WINDOW_S))
            return answer
        if not is_same(sent, said):
            _tries.note_wrong()
            await asyncio.sleep(WRONG_WAIT_S)
            wrong = password.form(code, "owner-wrong-password")
            return HTMLResponse(wrong, HTTPStatus.FORBIDDEN, _FORM)
        secret = resources.browser_secret()
        return _let_in(
            request, base, password.cookie_name(secret), password.cookie_of(said, secret)
        )

    ways: dict[str, Callable[[Request], object]] = {"GET": let_in, "POST": sign_in}
    return [
        Route(prefix + PATH, act, methods=[method])
        for prefix in prefixes
        for method, act in ways.items()
    ]


async def _password_in(request: Request) -> str | None:
    """Return the password of a form; None for what no form of ours sends."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > password.MAX_FORM:
            return None
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=2, errors="strict")
    except ValueError:
        return None
    return fields.get(password.FIELD, [None])[0]


def _let_in(request: Request, base: str, name: str, value: str) -> Response:
    """Return the answer that makes a browser the owner's."""
    # Relative, because a proxy may strip a prefix that only the browser knows.
    answer = RedirectResponse(f"/{base}/" if base else "../", HTTPStatus.SEE_OTHER, _UNKEPT)
    answer.set_cookie(
        name,
        value,
        path=f"/{base}" if base else "/",
        secure=_is_https(request),
        httponly=True,
        samesite="strict",
    )
    return answer


def _is_https(request: Request) -> bool:
    """Return whether the browser uses HTTPS, to the server itself or to a proxy."""
    told = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip()
    return "https" in {request.url.scheme, told}


class OwnerAddressUntold:
    """Middleware that keeps browsers from sending the owner's address as a referrer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the header on the start of its answer."""

        async def send_untold(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Referrer-Policy", "no-referrer")
            await send(message)

        is_ours = scope["type"] == "http" and scope["path"].endswith(PATH)
        await self._app(scope, receive, send_untold if is_ours else send)


def owner_address() -> str:
    """Return the owner's address, as a browser on this machine opens it."""
    listened = st.get_option("server.address") or ""
    host = "127.0.0.1" if listened in ALL_ADDRESSES else listened
    if ":" in host:
        host = f"[{host}]"
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    base = st.get_option("server.baseUrlPath").strip("/")
    prefix = f"/{base}" if base else ""
    port = st.get_option("server.port")
    return f"{scheme}://{host}:{port}{prefix}{PATH}?word={WORD}"


@contextmanager
def told_owner() -> Iterator[None]:
    """Print the owner's address if the output is a terminal; remove the opening page at the end.

    Any other output may be kept or read by others: without a terminal, there is no owner.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        yield
        return
    address = owner_address()
    said = wording.Message("owner-address", {"address": address})
    spoken = wording.terminal_language(os.environ)
    sys.stdout.write(f"  {wording.sentence(said, spoken)}\n")
    sys.stdout.flush()
    try:
        if os.environ.get(OPEN_BROWSER) == "1" and has_screen(os.environ):
            open_browser(address)
        yield
    finally:
        OPENING_PAGE.unlink(missing_ok=True)


def has_screen(environ: Mapping[str, str]) -> bool:
    """Return whether a browser opened here appears on the screen of the terminal's user."""
    if "SSH_CONNECTION" in environ:
        return False
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> None:
    """Open the address in a browser, through a page that only this user can read.

    Every user of the machine can read the browser's command line.
    """
    place = html.escape(address)
    page = (
        '<!doctype html><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={place}"><a href="{place}">Moodring</a>'
    )
    # A failure does no harm: the address is printed as well.
    with suppress(OSError):
        OPENING_PAGE.unlink(missing_ok=True)
        made = os.open(OPENING_PAGE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as file:
            file.write(page)
        # The port is bound before the app starts: an early browser waits for its response.
        threading.Thread(target=webbrowser.open, args=(OPENING_PAGE.as_uri(),), daemon=True).start()
