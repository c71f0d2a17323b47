"""Generated covers: colours from the song's mood, and a motif from its title and artists; no words.

The same song always gets the same cover, but for the motif where others beside it have the same.
The SVG refers to no file and no font, so that it renders in an ``<img>`` as well as inline.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from pages.ui.covers.motifs import MOTIFS, SIDE
from pages.ui.plain import data_uri
from recommender.mood import distance
from recommender.text import visible
from recommender.types import Track


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one cover.

    Attributes
    ----------
    ground : pair of #rrggbb, ends of the gradient
    shapes : pair of #rrggbb, for the motif
    """

    ground: tuple[str, str]
    shapes: tuple[str, str]


# (valence, energy) → palettes; a song takes those of the nearest point.
PALETTES: dict[tuple[float, float], tuple[Palette, ...]] = {
    # bright and fast: sun, fruit, summer posters
    (0.7, 0.8): (
        Palette(("#ffd166", "#ff9b71"), ("#e63946", "#fff3d6")),
        Palette(("#ffb3c1", "#ff9e5e"), ("#c9184a", "#ffe8a3")),
        Palette(("#8be3c9", "#ffe066"), ("#f25c54", "#ffffff")),
        Palette(("#ffc2e2", "#b8a1ff"), ("#e0218a", "#fff1b8")),
    ),
    # bright and still: morning, linen, sea
    (0.5, 0.2): (
        Palette(("#d8f3dc", "#a9d6e5"), ("#2a9d8f", "#ffffff")),
        Palette(("#fbe7d3", "#e7c6d9"), ("#d1705a", "#fffaf3")),
        Palette(("#e6e9d8", "#b9cfae"), ("#5d7f57", "#fdfbf2")),
        Palette(("#dfe4ff", "#bcd4f2"), ("#5b78c7", "#ffffff")),
    ),
    # dark and fast: ember, neon, steel
    (-0.6, 0.8): (
        Palette(("#7a1020", "#1c0b14"), ("#ff4d3d", "#ffb199")),
        Palette(("#5c1060", "#150a26"), ("#ff3d9a", "#ffc2e6")),
        Palette(("#8a3208", "#22100c"), ("#ff8c2b", "#ffd9a8")),
        Palette(("#2b2f3a", "#0c0d12"), ("#f2f2f2", "#e5383b")),
    ),
    # dark and still: night, rain, deep water
    (-0.6, 0.3): (
        Palette(("#1f3a63", "#0d1526"), ("#7fb2e5", "#dbe9f7")),
        Palette(("#2d4a55", "#0f1a20"), ("#8fc1b5", "#e3efe9")),
        Palette(("#3f3a66", "#14122b"), ("#a79be8", "#e8e2ff")),
        Palette(("#4a4453", "#18151d"), ("#c9a9a6", "#f2e5dc")),
    ),
    # in between: dusk, clay, moss
    (0.0, 0.5): (
        Palette(("#0f5c63", "#10263f"), ("#ffb454", "#f6e7cb")),
        Palette(("#8a3f3a", "#2c1a33"), ("#ffb58a", "#ffe9d2")),
        Palette(("#3d5a3c", "#14261f"), ("#e3c565", "#f5efd7")),
        Palette(("#5a3f8a", "#1b1f47"), ("#ff9fb2", "#ffe5d0")),
    ),
}


def cover_svg(track: Track, motif: int | None = None) -> str:
    """Return a square SVG image for a track.

    Parameters
    ----------
    motif : int or None, index into `MOTIFS`; None for the song's own
    """
    digest = _digest(track)
    palette = palette_of(track, digest[0])
    drawn = own_motif(track) if motif is None else motif
    identity = f"cover-{digest.hex()[:12]}-{palette.ground[0][1:]}"
    angle = digest[1] / 255 * 80 + 5
    start, end = palette.ground
    label = escape(f"{_plain(track.title)} – {_plain(', '.join(track.artists))}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" '
        f'role="img" aria-label="{label}">'
        f'<defs><linearGradient id="{identity}" gradientTransform="rotate({angle:.0f} .5 .5)">'
        f'<stop stop-color="{start}"/><stop offset="1" stop-color="{end}"/>'
        "</linearGradient></defs>"
        f'<rect width="{SIDE}" height="{SIDE}" fill="url(#{identity})"/>'
        f"<g>{MOTIFS[drawn](digest[3:], palette.shapes)}</g></svg>"
    )


def cover_data_uri(track: Track, motif: int | None = None) -> str:
    """Return the cover as a data URI for the ``src`` of an ``<img>``."""
    return data_uri(cover_svg(track, motif))


def palette_of(track: Track, choice: int) -> Palette:
    """Return one of the palettes nearest to the track's mood, or to the middle when it has none."""
    place = (track.valence or 0.0, 0.5 if track.energy is None else track.energy)
    palettes = PALETTES[min(PALETTES, key=lambda point: distance(point, place))]
    return palettes[choice % len(palettes)]


def own_motif(track: Track) -> int:
    """Return the index of a song's own motif in `MOTIFS`."""
    return _digest(track)[2] % len(MOTIFS)


def different_motifs(tracks: Iterable[Track], drawn: Mapping[str, int]) -> dict[str, int]:
    """Return a motif for each track, by its id, such that neighbours differ.

    A motif comes back only after all others.

    Parameters
    ----------
    tracks : iterable of Track, in the order in which they are shown
    drawn : mapping of a track's id to the motif that it is shown with already, and keeps
    """
    chosen: dict[str, int] = {}
    shown = list(tracks)
    for place, track in enumerate(shown):
        known = drawn.get(track.source_id)
        if known is None:
            near = shown[max(0, place - len(MOTIFS) + 1) : place + len(MOTIFS)]
            taken = {
                motif
                for one in near
                for motif in (chosen.get(one.source_id, drawn.get(one.source_id)),)
                if motif is not None
            }
            own = own_motif(track)
            turned = [(own + step) % len(MOTIFS) for step in range(len(MOTIFS))]
            known = next((motif for motif in turned if motif not in taken), own)
        chosen[track.source_id] = known
    return chosen


def _digest(track: Track) -> bytes:
    words = "\n".join((track.title, *track.artists))
    return hashlib.sha256(words.encode("utf-8", "replace")).digest()


def _plain(text: str) -> str:
    return visible(text) or "–"
