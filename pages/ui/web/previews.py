"""The address of a song's preview at Deezer, which is asked for anew at each press.

Deezer's own address ends within minutes, so that a page never holds it: a page holds ours, which
leads on to it. Ours is of use to the browser alone that it was made for; all that keep no cookies
are one.
"""

import time
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pages.ui import resources
from pages.ui.web.sounds import address_for, told_by
from recommender.errors import SourceError

PATH = "preview"
# Seconds until Deezer has to answer: somebody has pressed Play.
PATIENCE_S = 5.0


def address_of(number: int) -> str:
    """Return the address that leads this browser to a preview, relative to our pages.

    Parameters
    ----------
    number : int, Deezer's id of the song
    """
    return address_for(PATH, str(number), without_cookies=True)


def routes(prefix: str) -> list[BaseRoute]:
    """Return the route of previews, below a prefix."""
    return [Route(f"{prefix}/{PATH}/{{token}}", lead_to_preview)]


def lead_to_preview(request: Request) -> Response:
    """Answer with the present address of a preview, or with the reason why there is none.

    Not asynchronous, so that Starlette calls it in a thread.
    """
    _, subject = told_by(request, PATH, without_cookies=True)
    deezer = resources.deezer() if subject else None
    if not subject or deezer is None:
        return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
    try:
        address = deezer.preview(int(subject), deadline=time.monotonic() + PATIENCE_S)
    except SourceError:
        return PlainTextResponse("Not now.", HTTPStatus.SERVICE_UNAVAILABLE)
    if address is None:
        return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(address, HTTPStatus.FOUND, headers)
