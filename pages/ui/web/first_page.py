"""The document that every page begins with: Streamlit's, with our head, language and first colours.

Browsers install Moodring by the manifest that it names. Without the colours here, a dark page would
flash white until Streamlit's own style sheets have come; and what is drawn part by part stays
hidden until it stands, because it would jump. When the server is gone, the document says so, where
Streamlit has English words only.
"""

import gzip
import json
import re
from functools import cache, lru_cache
from html import escape
from http import HTTPStatus
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import pages
from pages.ui import theme
from pages.ui.js import script
from pages.ui.visitor import language
from pages.ui.web import scripts
from recommender import wording

NAME = "Moodring"
# The last part of each page's address.
PAGES = frozenset({"", *(path.stem for path in Path(pages.__file__).parent.glob("[!_]*.py"))})
ICONS = Path(__file__).with_name("icons")
# Side of the picture in pixels, and its purpose: launchers cut a maskable one to their own shape.
_PICTURES = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("maskable-512", 512, "maskable"))
ICON_AGE_S = 24 * 3600
# Requests with these would be answered from Streamlit's unchanged file.
_CONDITIONS = (b"if-none-match", b"if-modified-since", b"range")
_HTML = re.compile(r'<html lang="\w+"')
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_ICON = re.compile(r'<link rel="shortcut icon"[^>]*>')
_NO_SCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
# Streamlit's document, and no other page or component: these have a root, too, and no icon.
_MARKS = ('<div id="root"></div>', '<link rel="shortcut icon"')


def grounds() -> tuple[str, str]:
    """Return the colours behind the page, light and dark."""
    light, dark = (st.get_option(f"theme.{mode}.backgroundColor") for mode in ("light", "dark"))
    return light, dark


@lru_cache
def first_page(document: str, code: str) -> str:
    """Return Streamlit's document as ours; another document as it is.

    Parameters
    ----------
    code : str, the language, of `language.LANGUAGES`, or the pseudo-language
    """
    if not all(mark in document for mark in _MARKS):
        return document
    light, dark = grounds()
    about = escape(wording.sentence(wording.Message("about-moodring"), code))
    # Relative, because a proxy may have stripped a prefix that only the browser knows.
    head = (
        f"<title>{NAME}</title>"
        f'<meta name="description" content="{about}">'
        f'<meta name="application-name" content="{NAME}">'
        f'<meta name="theme-color" content="{light}" media="(prefers-color-scheme: light)">'
        f'<meta name="theme-color" content="{dark}" media="(prefers-color-scheme: dark)">'
        '<link rel="manifest" href="./moodring/manifest.webmanifest" crossorigin="use-credentials">'
        '<link rel="apple-touch-icon" href="./moodring/icons/touch-180.png">'
        f"<style>{_STYLE.replace('LIGHT', light).replace('DARK', dark)}</style>"
        f"<script>{script('first_page')}</script>"
        f'<script type="module">{script("landmarks")}</script>'
        f'<script type="module" src="{scripts.MAIN}"></script>'
        f'<script type="module">{script("connection")}</script>'
    )
    no_script = escape(wording.sentence(wording.Message("needs-javascript"), code))
    ours = _HTML.sub(f'<html lang="{code}" dir="{language.direction(code)}"', document, count=1)
    ours = _ICON.sub('<link rel="shortcut icon" href="./moodring/icons/icon-192.png">', ours)
    ours = _NO_SCRIPT.sub(f"<noscript><p>{no_script}</p></noscript>", ours)
    # After all that Streamlit adds to the head, and there while one page makes way for another.
    ours = ours.replace("</body>", f"{_out_of_reach()}{theme.STYLE}</body>")
    return _TITLE.sub(lambda _: head, ours, count=1)


@cache
def _out_of_reach() -> str:
    """Return the place where the page says by itself that the server is gone, with the words."""
    said = wording.Message("server-out-of-reach")
    words = {one: wording.sentence(said, one) for one in (*wording.LANGUAGES, wording.PSEUDO)}
    told = escape(json.dumps(words, ensure_ascii=False))
    # Streamlit's dialog hides what is not announced from screen readers.
    return f'<p class="mr-gone" role="status" data-live-announcer="true" data-words="{told}"></p>'


class FirstPage:
    """Middleware that makes Streamlit's document ours, in the language of the browser that asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and change the document that answers it."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        if "text/html" in Headers(scope=scope).get("accept", ""):
            kept = [pair for pair in scope["headers"] if pair[0] not in _CONDITIONS]
            scope = {**scope, "headers": kept}
        start: Message | None = None
        parts: list[bytes] = []

        async def send_ours(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_document(message):
                start = message
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body = _changed(start, b"".join(parts), Request(scope))
                    home = (
                        home_of(scope["path"])
                        if "content-language" in MutableHeaders(scope=start)
                        else None
                    )
                    if home is not None:
                        query = scope["query_string"].decode("latin-1")
                        away = RedirectResponse(f"{home}?{query}" if query else home)
                        await away(scope, receive, send)
                        return
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, send_ours)


def _changed(start: Message, body: bytes, request: Request) -> bytes:
    """Return the changed body of an answer, and change its headers with it."""
    headers = MutableHeaders(scope=start)
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
        del headers["content-encoding"]
    code = language.asked_for(
        request.query_params.get(language.PARAMETER),
        request.cookies.get(language.COOKIE),
        request.headers.get("accept-language", ""),
    )
    ours = first_page(body.decode(), code).encode()
    if ours != body:
        headers["Content-Language"] = code
        # They tell of Streamlit's file, which stays the same when ours changes.
        for name in ("etag", "last-modified"):
            del headers[name]
    headers["Content-Length"] = str(len(ours))
    return ours


def home_of(path: str) -> str | None:
    """Return the relative way from an address without a page to the first one; None from a page.

    Streamlit would show its own words there, in English. Relative, for a proxy may have stripped a
    prefix.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    below = path.strip("/").removeprefix(base).strip("/")
    if below in PAGES:
        return None
    depth = path.count("/") - 1 - (base.count("/") + 1 if base else 0)
    return "./" + "../" * depth


def _is_document(start: Message) -> bool:
    kind = MutableHeaders(scope=start).get("content-type", "")
    return bool(start["status"] == HTTPStatus.OK) and kind.startswith("text/html")


def routes(prefix: str) -> list[BaseRoute]:
    """Return the routes of the manifest and its pictures, below a prefix."""
    return [
        Route(f"{prefix}/manifest.webmanifest", _give_manifest),
        Route(f"{prefix}/icons/{{name}}.png", _give_icon),
    ]


async def _give_manifest(_: Request) -> Response:
    """Answer with the manifest (https://www.w3.org/TR/appmanifest/)."""
    icons = [
        {
            "src": f"./icons/{name}.png",
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": purpose,
        }
        for name, side, purpose in _PICTURES
    ]
    dark = grounds()[1]
    manifest = {
        "name": NAME,
        "short_name": NAME,
        # The pages stand one level above the manifest, whatever the prefix.
        "start_url": "../",
        "scope": "../",
        "display": "standalone",
        "background_color": dark,
        "theme_color": dark,
        "categories": ["music", "entertainment"],
        "icons": icons,
    }
    return JSONResponse(
        manifest, headers={"Cache-Control": "no-cache"}, media_type="application/manifest+json"
    )


async def _give_icon(request: Request) -> Response:
    """Answer with one of the pictures."""
    path = ICONS / f"{request.path_params['name']}.png"
    # A name of the folder alone: a path parameter holds no slash, but may hold a backslash.
    if path not in set(ICONS.glob("*.png")):
        return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
    return FileResponse(path, headers={"Cache-Control": f"public, max-age={ICON_AGE_S}"})
