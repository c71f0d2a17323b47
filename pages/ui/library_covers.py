"""A recording's cover as the address of a picture: the file's own, or else a drawn one.

The plane and the list cannot round the corners of a picture, so small ones come rounded.
"""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from pages.ui import wiring
from recommender.covers import SIDE, cover_data_uri, cover_svg
from recommender.errors import CannotTag
from recommender.sources.library import track_of

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.library.recordings import Recording

# Sides in pixels: in the plane and the list, and on a tile, for screens with two dots a pixel.
SMALL, LARGE = 96, 400
# Small ones take some 3 KB, large ones 40.
KEPT = 3000
_QUALITY = 80
# Of the side.
_CORNER = 0.14


def cover_of(recording: Recording, side: int = SMALL) -> str:
    """Return the cover, square, as an address for the ``src`` of an ``<img>``."""
    try:
        changed = recording.path.stat().st_mtime_ns
    except OSError:
        changed = 0
    own = None
    if changed:
        # Without a process to read it, there may be one the next time.
        with suppress(CannotTag):
            own = _from_file(recording.path, changed, side)
    if own:
        return own
    track = track_of(recording)
    return _rounded(cover_svg(track)) if side == SMALL else cover_data_uri(track)


@lru_cache(KEPT)
def _from_file(path: Path, changed: int, side: int) -> str | None:  # noqa: ARG001 - part of the key
    """Return the picture in a file; None without a usable one. Raises CannotTag."""
    from PIL import Image, ImageDraw, ImageOps

    from detectors.errors import BadImage
    from detectors.pictures import decode_picture

    found = wiring.cover_reader().cover(path)
    if found is None:
        return None
    try:
        # With the limits of a visitor's photo: a cover may come from anywhere, too.
        pixels = decode_picture(found.content).pixels
    except BadImage:
        return None
    picture = ImageOps.fit(Image.fromarray(pixels), (side, side))
    if side == SMALL:
        # Drawn larger and shrunk, for smooth corners.
        mask = Image.new("L", (4 * side, 4 * side))
        ends = (0, 0, 4 * side - 1, 4 * side - 1)
        ImageDraw.Draw(mask).rounded_rectangle(ends, round(4 * side * _CORNER), fill=255)
        picture.putalpha(mask.resize((side, side)))
    content = io.BytesIO()
    picture.save(content, "WEBP", quality=_QUALITY)
    return _address("image/webp", content.getvalue())


@lru_cache(KEPT)
def _rounded(cover: str) -> str:
    corner = round(SIDE * _CORNER)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"><clipPath id="r">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="{corner}"/></clipPath>'
        f'<g clip-path="url(#r)">{cover}</g></svg>'
    )
    return _address("image/svg+xml", picture.encode())


def _address(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
