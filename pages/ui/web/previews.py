"""The address of a song's preview at Deezer, which is asked for anew at each press.

Deezer's own address ends within minutes, so that a page never holds it: a page holds ours, which
leads on to it. Ours is of use to the browser alone that it was made for.
"""

import hashlib
import hmac
import time
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pages.ui import resources
from pages.ui.visitor import browser
from recommender.errors import SourceError
from recommender.types import deezer_link

# Seconds until Deezer has to answer: somebody has pressed Play.
PATIENCE_S = 5.0
# Hexadecimal digits of a tag.
TAG_DIGITS = 32
# Digits of an id that are read.
MAX_DIGITS = 16


def address_of(number: int) -> str:
    """Return the address that leads this browser to a preview, relative to our pages.

    Parameters
    ----------
    number : int, Deezer's id of the song
    """
    return f"./moodring/preview/{number}-{_tag(number, browser.key())}"


def routes(prefix: str) -> list[BaseRoute]:
    """Return the route of previews, below a prefix."""
    return [Route(f"{prefix}/preview/{{token}}", lead_to_preview)]


def lead_to_preview(request: Request) -> Response:
    """Answer with the present address of a preview, or with the reason why there is none.

    Not asynchronous, so that Starlette calls it in a thread.
    """
    number = _number_of(request)
    deezer = None if number is None else resources.deezer()
    if number is None or deezer is None:
        return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
    try:
        address = deezer.preview(number, deadline=time.monotonic() + PATIENCE_S)
    except SourceError:
        return PlainTextResponse("Not now.", HTTPStatus.SERVICE_UNAVAILABLE)
    if address is None:
        return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(address, HTTPStatus.FOUND, headers)


def _number_of(request: Request) -> int | None:
    """Return the id in a token that was made for this browser; None for any other token."""
    digits, _, tag = request.path_params["token"].partition("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS):
        return None
    number = int(digits)
    who = browser.word_shown(
        request.cookies, request.headers, resources.browser_secret, request.url.scheme
    )
    is_ours = hmac.compare_digest(tag.encode(), _tag(number, who).encode())
    return number if is_ours and deezer_link(number) is not None else None


def _tag(number: int, who: str) -> str:
    said = f"preview {number} {who}".encode()
    return hmac.new(resources.browser_secret(), said, hashlib.sha256).hexdigest()[:TAG_DIGITS]
