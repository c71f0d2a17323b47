"""Generated covers: colours from the song's mood, a motif and text from its title and artists.

The same song always gets the same cover. The SVG refers to no file and no font of its own, so that
it renders in an ``<img>`` as well as inline.
"""

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from pages.ui.covers.motifs import MOTIFS
from pages.ui.plain import data_uri
from recommender.mood import distance
from recommender.text import visible
from recommender.types import Track

SIDE = 400
MARGIN = 28
PAPER, INK = "#ffffff", "#15131f"
# Font sizes with their maximum number of title lines; the first that fits is used.
_TITLE_SIZES = ((38, 2), (32, 2), (27, 3), (23, 3))
_ARTIST_SIZE = 19
_LINE = 1.16
# Width of the artist's regular letters relative to the title's bold ones.
_REGULAR = 0.93
_FONT = "'Inter','Helvetica Neue','Noto Sans',system-ui,sans-serif"
# Letters are wide from the Indic scripts on.
_FIRST_BROAD = "\u0900"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one cover.

    Attributes
    ----------
    ground : pair of #rrggbb, ends of the gradient; text on any blend has a contrast of ≥ 4.5:1
    shapes : pair of #rrggbb, for the motif, which never lies behind text
    text : PAPER or INK
    """

    ground: tuple[str, str]
    shapes: tuple[str, str]
    text: str


# (valence, energy) → palettes; a song takes those of the nearest point.
PALETTES: dict[tuple[float, float], tuple[Palette, ...]] = {
    # bright and fast: sun, fruit, summer posters
    (0.7, 0.8): (
        Palette(("#ffd166", "#ff9b71"), ("#e63946", "#fff3d6"), INK),
        Palette(("#ffb3c1", "#ff9e5e"), ("#c9184a", "#ffe8a3"), INK),
        Palette(("#8be3c9", "#ffe066"), ("#f25c54", "#ffffff"), INK),
        Palette(("#ffc2e2", "#b8a1ff"), ("#e0218a", "#fff1b8"), INK),
    ),
    # bright and still: morning, linen, sea
    (0.5, 0.2): (
        Palette(("#d8f3dc", "#a9d6e5"), ("#2a9d8f", "#ffffff"), INK),
        Palette(("#fbe7d3", "#e7c6d9"), ("#d1705a", "#fffaf3"), INK),
        Palette(("#e6e9d8", "#b9cfae"), ("#5d7f57", "#fdfbf2"), INK),
        Palette(("#dfe4ff", "#bcd4f2"), ("#5b78c7", "#ffffff"), INK),
    ),
    # dark and fast: ember, neon, steel
    (-0.6, 0.8): (
        Palette(("#7a1020", "#1c0b14"), ("#ff4d3d", "#ffb199"), PAPER),
        Palette(("#5c1060", "#150a26"), ("#ff3d9a", "#ffc2e6"), PAPER),
        Palette(("#8a3208", "#22100c"), ("#ff8c2b", "#ffd9a8"), PAPER),
        Palette(("#2b2f3a", "#0c0d12"), ("#f2f2f2", "#e5383b"), PAPER),
    ),
    # dark and still: night, rain, deep water
    (-0.6, 0.3): (
        Palette(("#1f3a63", "#0d1526"), ("#7fb2e5", "#dbe9f7"), PAPER),
        Palette(("#2d4a55", "#0f1a20"), ("#8fc1b5", "#e3efe9"), PAPER),
        Palette(("#3f3a66", "#14122b"), ("#a79be8", "#e8e2ff"), PAPER),
        Palette(("#4a4453", "#18151d"), ("#c9a9a6", "#f2e5dc"), PAPER),
    ),
    # in between: dusk, clay, moss
    (0.0, 0.5): (
        Palette(("#0f5c63", "#10263f"), ("#ffb454", "#f6e7cb"), PAPER),
        Palette(("#8a3f3a", "#2c1a33"), ("#ffb58a", "#ffe9d2"), PAPER),
        Palette(("#3d5a3c", "#14261f"), ("#e3c565", "#f5efd7"), PAPER),
        Palette(("#5a3f8a", "#1b1f47"), ("#ff9fb2", "#ffe5d0"), PAPER),
    ),
}


def cover_svg(track: Track) -> str:
    """Return a square SVG image for a track."""
    digest = hashlib.sha256("\n".join((track.title, *track.artists)).encode("utf-8", "replace"))
    seed = digest.digest()
    palette = palette_of(track, seed[0])
    identity = f"cover-{digest.hexdigest()[:12]}-{palette.ground[0][1:]}"
    title = _plain(track.title)
    artist = _plain(", ".join(track.artists))
    angle = seed[1] / 255 * 80 + 5
    start, end = palette.ground
    motif = MOTIFS[seed[2] % len(MOTIFS)](seed[3:], palette.shapes)
    label = escape(f"{title} – {artist}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" '
        f'role="img" aria-label="{label}">'
        f'<defs><linearGradient id="{identity}" gradientTransform="rotate({angle:.0f} .5 .5)">'
        f'<stop stop-color="{start}"/><stop offset="1" stop-color="{end}"/>'
        "</linearGradient></defs>"
        f'<rect width="{SIDE}" height="{SIDE}" fill="url(#{identity})"/>'
        f"{motif}"
        f'<g fill="{palette.text}" font-family="{_FONT}">{"".join(_words(title, artist))}</g>'
        "</svg>"
    )


def cover_data_uri(track: Track) -> str:
    """Return the cover as a data URI for the ``src`` of an ``<img>``."""
    return data_uri(cover_svg(track))


def palette_of(track: Track, choice: int) -> Palette:
    """Return one of the palettes nearest to the track's mood, or to the middle when it has none."""
    place = (track.valence or 0.0, 0.5 if track.energy is None else track.energy)
    palettes = PALETTES[min(PALETTES, key=lambda point: distance(point, place))]
    return palettes[choice % len(palettes)]


def _plain(text: str) -> str:
    return visible(text) or "–"


def _words(title: str, artist: str) -> Iterator[str]:
    width = SIDE - 2 * MARGIN
    size, lines = _fit(title, width)
    (artist_line,) = _wrap(artist, width / (_ARTIST_SIZE * _REGULAR), 1)
    baseline = float(SIDE - MARGIN)
    yield _text(artist_line, baseline, _ARTIST_SIZE, 500)
    baseline -= _ARTIST_SIZE * 1.75
    for line in reversed(lines):
        yield _text(line, baseline, size, 700)
        baseline -= size * _LINE


def _fit(title: str, width: float) -> tuple[int, list[str]]:
    """Return the largest size at which the title fits without splitting words, and its lines.

    If there is none, words are split or the end is truncated at the smallest size.
    """
    for size, count in _TITLE_SIZES:
        lines = _wrap(title, width / size, count)
        if " ".join(lines) == title:
            break
    return size, lines


def _text(line: str, baseline: float, size: int, weight: int) -> str:
    from_right = _reads_from_right(line)
    x = SIDE - MARGIN if from_right else MARGIN
    direction = ' direction="rtl"' if from_right else ""
    return (
        f'<text x="{x}" y="{baseline:.0f}" font-size="{size}" font-weight="{weight}"{direction} '
        f'unicode-bidi="isolate">{escape(line)}</text>'
    )


def _reads_from_right(text: str) -> bool:
    """Return whether the first letter with a direction is written from right to left."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((way for way in directions if way in {"L", "R", "AL"}), "L") != "L"


def _wrap(text: str, ems: float, count: int) -> list[str]:
    """Wrap a text into at most ``count`` lines ``ems`` wide, the last one truncated with "…"."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < count:
        fitting = _fitting(rest, ems)
        if fitting < len(rest) and len(lines) == count - 1:
            cut = _fitting(rest, ems - _advance("…"))
            lines.append(rest[:cut].rstrip() + "…")
            break
        if fitting < len(rest):
            blank = rest.rfind(" ", 1, fitting + 1)
            fitting = blank if blank > 0 else fitting
        lines.append(rest[:fitting].strip())
        rest = rest[fitting:].strip()
    return lines


def _fitting(text: str, ems: float) -> int:
    """Return how many characters fit, at least 1, never splitting a letter from its marks."""
    used = 0.0
    for place, character in enumerate(text):
        used += _advance(character)
        if used > ems and place:
            return place
    return len(text)


def _advance(character: str) -> float:
    """Estimate the width of a character in ems; the reader's fonts are unknown."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.0
    if character in " .,:;'!|ijlI’()[]-":
        return 0.34
    if character in "mwMW@%&—…":
        return 0.95
    if character.isupper() or character >= _FIRST_BROAD:
        return 0.74
    return 0.6
