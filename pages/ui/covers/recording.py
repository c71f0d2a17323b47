"""Covers of recordings as data URIs: the picture in the file, or else a generated cover.

Small covers have round corners, because the plane and the list cannot round them.
"""

import io
import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path

from pages.ui import resources
from pages.ui.covers.generated import cover_data_uri, cover_svg
from pages.ui.covers.motifs import SIDE
from pages.ui.plain import data_uri
from recommender.errors import CannotTag
from recommender.library.recordings import Recording
from recommender.library.source import track_of

# Sides in pixels, for high-density screens: in the plane and the list, and on a tile.
SMALL, LARGE = 96, 400
# Cache size: a large cover takes about 40 KB, a small cover 3 KB.
MAX_KEPT_BYTES = 64 * 1024 * 1024
# Overhead of each cache entry, also for a file without a cover.
ENTRY_BYTES = 500
MAX_DRAWN = 3000
_QUALITY = 80
# Corner radius as a share of the side.
_CORNER = 0.14


class KeptCovers:
    """LRU cache of the covers in files, as large JPEG and small WebP. Thread-safe.

    Parameters
    ----------
    max_bytes : int, bound on all cached covers together
    """

    def __init__(self, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, int], dict[int, bytes]] = OrderedDict()
        self._bytes = 0

    def cover_of(self, path: Path, changed: int, side: int) -> bytes | None:
        """Return a file's cover; None without a usable picture.

        Parameters
        ----------
        changed : int, modification time in any unit
        side : {SMALL, LARGE}

        Raises
        ------
        detectors.errors.CannotDecode, recommender.errors.CannotTag
            When pictures cannot be decoded, or files not read, at the moment.
        """
        key = path, changed
        with self._lock:
            sizes = self._kept.get(key)
            if sizes is not None:
                self._kept.move_to_end(key)
        if sizes is None:
            large = _decoded(path)
            sizes = {} if large is None else {LARGE: large}
            self._keep(key, sizes)
        if side == SMALL and SMALL not in sizes and LARGE in sizes:
            sizes = {**sizes, SMALL: _shrunk(sizes[LARGE])}
            self._keep(key, sizes)
        return sizes.get(side)

    def _keep(self, key: tuple[Path, int], sizes: dict[int, bytes]) -> None:
        with self._lock:
            self._bytes += _weight(sizes) - _weight(self._kept.pop(key, None))
            self._kept[key] = sizes
            while self._bytes > self._max_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _weight(gone)


_KEPT = KeptCovers()


def cover_of(recording: Recording, side: int = SMALL) -> str:
    """Return the square cover as a data URI."""
    from detectors.errors import CannotDecode

    own = None
    try:
        # A cover may come to lie beside it.
        places = (recording.path, recording.path.parent)
        changed = max(place.stat().st_mtime_ns for place in places)
        own = _KEPT.cover_of(recording.path, changed, side)
    except (OSError, CannotDecode, CannotTag):
        # A later run may succeed.
        pass
    if own:
        return data_uri(own, "image/webp" if side == SMALL else "image/jpeg")
    track = track_of(recording)
    return _rounded(cover_svg(track)) if side == SMALL else cover_data_uri(track)


def _decoded(path: Path) -> bytes | None:
    """Return the picture in a file as a JPEG of side `LARGE`; None without a usable picture."""
    from PIL import Image, ImageOps

    from detectors.errors import BadImage

    found = resources.cover_reader().cover(path)
    if found is None:
        return None
    try:
        # The limits of a visitor's photo apply, because covers are untrusted, too. Twice the side:
        # an oblong cover is cropped to its shorter side.
        picture = resources.picture_decoder().decode(found.content, 2 * LARGE)
    except BadImage:
        return None
    square = ImageOps.fit(Image.fromarray(picture.pixels), (LARGE, LARGE))
    content = io.BytesIO()
    square.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()


def _shrunk(large: bytes) -> bytes:
    from PIL import Image, ImageDraw

    # Safe to decode in this process: our own JPEG.
    picture = Image.open(io.BytesIO(large)).resize((SMALL, SMALL))
    # Drawn at four times the size and scaled down, for smooth corners.
    mask = Image.new("L", (4 * SMALL, 4 * SMALL))
    ends = (0, 0, 4 * SMALL - 1, 4 * SMALL - 1)
    ImageDraw.Draw(mask).rounded_rectangle(ends, round(4 * SMALL * _CORNER), fill=255)
    picture.putalpha(mask.resize((SMALL, SMALL)))
    content = io.BytesIO()
    picture.save(content, "WEBP", quality=_QUALITY)
    return content.getvalue()


def _weight(sizes: dict[int, bytes] | None) -> int:
    if sizes is None:
        return 0
    return ENTRY_BYTES + sum(map(len, sizes.values()))


@lru_cache(MAX_DRAWN)
def _rounded(cover: str) -> str:
    corner = round(SIDE * _CORNER)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}"><clipPath id="r">'
        f'<rect width="{SIDE}" height="{SIDE}" rx="{corner}"/></clipPath>'
        f'<g clip-path="url(#r)">{cover}</g></svg>'
    )
    return data_uri(picture)
