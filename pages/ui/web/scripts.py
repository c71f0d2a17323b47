"""The modules of the player and of the mood sound, which the browser imports by their addresses.

Streamlit's components are single scripts that come and go with their page; what plays on while
pages change is a module of the first page.
"""

import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from pages.ui import js

FOLDERS = ("player", "mood_sound")
# Below `launcher.PREFIX`, relative to every page.
MAIN = "./moodring/js/player/main.js"
TYPE = "text/javascript"
# A changed file has another ETag; an unchanged one is not sent again.
_CACHE = {"Cache-Control": "no-cache"}
_HERE = Path(js.__file__).parent


def routes(prefix: str) -> list[BaseRoute]:
    """Return the route of the modules, below a prefix."""
    return [Route(f"{prefix}/js/{{folder}}/{{name}}", _give)]


async def _give(request: Request) -> Response:
    """Answer with a module, or that the browser has it already."""
    folder, name = request.path_params["folder"], request.path_params["name"]
    path = _HERE / folder / name
    # A name of these folders alone: a path parameter holds no slash, but may hold a backslash.
    if folder not in FOLDERS or path not in set((_HERE / folder).glob("*.js")):
        return PlainTextResponse("Not found.", HTTPStatus.NOT_FOUND)
    content, tag = _read(path, path.stat().st_mtime_ns)
    headers = {**_CACHE, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, media_type=TYPE, headers=headers)


@lru_cache
def _read(path: Path, changed: int) -> tuple[bytes, str]:
    """Return a file's content and its ETag; ``changed`` is the time of its last change."""
    del changed
    content = path.read_bytes()
    return content, f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
