"""The mood map, as every page draws it: pleasantness grows to the right, energy to the top.

Each corner has a light and a word. On the map lie moods and songs, as dots in the colour of the
feeling that is nearest, a journey (`pages.ui.tiles.journey_map`), or the dot of the pad, which is
moved by finger, mouse or arrow keys. Like a chart, it is not mirrored where one reads from the
right.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import streamlit as st

from pages.ui.js import script
from pages.ui.plain import data_uri, in_html
from pages.ui.theme import LIGHTS
from recommender.mood import FEELINGS, distance
from recommender.wording import tr

# Corner of each quadrant: x from the left, y from the top, and the feeling whose light is there.
_CORNERS = {
    "q1": (1, 0, "happy"),
    "q2": (0, 0, "angry"),
    "q3": (0, 1, "sad"),
    "q4": (1, 1, "calm"),
}
QUADRANT_COLOURS: Mapping[str, str] = MappingProxyType(
    {name: LIGHTS[feeling][0] for name, (_, _, feeling) in _CORNERS.items()}
)
_GLOWS = "".join(
    f'<radialGradient id="{name}" cx="{x}" cy="{y}" r=".85">'
    f'<stop stop-color="{QUADRANT_COLOURS[name]}" stop-opacity=".42"/>'
    f'<stop offset="1" stop-color="{QUADRANT_COLOURS[name]}" stop-opacity="0"/></radialGradient>'
    f'<rect width="100" height="100" fill="url(#{name})"/>'
    for name, (x, y, _) in _CORNERS.items()
)
# Width and height of a picture that lies on the map, in its own units; it is stretched to fit.
UNITS = 1000
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {UNITS} {UNITS}" '
_STRETCHED = 'preserveAspectRatio="none">'
# Address of the background: a picture, because Streamlit strips inline SVG from a page.
GROUND = data_uri(
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" {_STRETCHED}{_GLOWS}</svg>'
)
# Invented moods and songs for a page that has none yet.
INVENTED = (
    *((-0.72, 0.84), (-0.4, 0.66), (-0.66, 0.3), (-0.3, 0.16), (-0.1, 0.44), (0.12, 0.72)),
    *((0.3, 0.24), (0.44, 0.9), (0.52, 0.54), (0.68, 0.14), (0.74, 0.76), (0.88, 0.42)),
)
KEY = "pad"
_pad = st.components.v2.component(
    "moodring_pad",
    html=f"""
    <div class="mr-plane pad" dir="ltr" tabindex="0" role="slider" aria-valuemin="0"
      aria-valuemax="100"><img class="ground" alt="" src="{GROUND}"><img class="way" alt="">
      {"".join(f'<span class="corner {name}" dir="auto"></span>' for name in _CORNERS)}
      <span class="dot"></span></div>
    """,
    js=script("pad"),
    # The style sheet of the page draws it.
    isolate_styles=False,
)


def corner_words() -> dict[str, str]:
    """Return the word of each quadrant's corner."""
    return {"q1": tr("joyful"), "q2": tr("fierce"), "q3": tr("gloomy"), "q4": tr("tender")}


def axes() -> str:
    """Return what the directions of the map mean, for those who do not see it."""
    return tr("Brighter to the right, livelier to the top.")


# A library and a catalogue have thousands of places, and some come again with each run.
@lru_cache(20_000)
def colour_at(valence: float, energy: float) -> str:
    """Return the colour of a place: the first light of the nearest feeling."""
    point = valence, energy
    return LIGHTS[min(FEELINGS, key=lambda feeling: distance(point, FEELINGS[feeling]))][0]


def place_of(valence: float, energy: float) -> tuple[float, float]:
    """Return a place as shares of the map's width and height, from its upper left corner."""
    return (valence + 1) / 2, 1 - energy


def style_of(place: tuple[float, float]) -> str:
    """Return the style that puts an element at a place of `place_of`."""
    return f"left:{place[0]:.2%};top:{place[1]:.2%}"


def drawn(label: str, inside: str, kind: str) -> str:
    """Return the HTML of a map.

    Parameters
    ----------
    label : str, what lies on the map, in words
    inside : str, HTML of what lies on it
    kind : str, a class of the style sheet, for its size
    """
    return (
        f'<div class="mr-plane {kind}" dir="ltr" role="group" '
        f'aria-label="{in_html(f"{label} {axes()}")}">{_frame()}{inside}</div>'
    )


def still(covers: Iterable[str] = ()) -> str:
    """Return the HTML of a blurred map with invented songs, for a page that has none yet.

    Parameters
    ----------
    covers : addresses of pictures, which lie on the first of the `INVENTED` places
    """
    pictures = "".join(
        f'<img class="song" alt="" src="{in_html(address)}" style="{style_of(place_of(*at))}">'
        for address, at in zip(covers, INVENTED, strict=False)
    )
    inside = pictures or f'<img class="way" alt="" src="{dots(INVENTED, 26)}">'
    return f'<div class="mr-plane still" dir="ltr" aria-hidden="true">{_frame()}{inside}</div>'


def dots(
    points: Iterable[tuple[float, float]],
    pixels: float,
    *,
    marked: Iterable[tuple[float, float]] = (),
    marked_pixels: float = 0,
) -> str:
    """Return the address of a picture with a round dot at each (valence, energy).

    However the picture is stretched, the dots stay round, and as many pixels wide as is said.

    Parameters
    ----------
    marked : further points, whose dots have a white rim and lie above the others
    """
    above = list(marked)
    rims = _strokes(above, f' stroke-width="{marked_pixels + 4}"', "#ffffff") if above else ""
    strokes = _strokes(points) + rims + _strokes(above, f' stroke-width="{marked_pixels}"')
    return data_uri(
        f'{_SVG}{_STRETCHED}<g stroke-width="{pixels}"><style>path{{stroke-linecap:round;'
        f"vector-effect:non-scaling-stroke}}</style>{strokes}</g></svg>"
    )


def _strokes(
    points: Iterable[tuple[float, float]], extra: str = ' stroke-opacity=".8"', colour: str = ""
) -> str:
    """Return lines of no length at some points, a path for each colour."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for valence, energy in points:
        x, y = place_of(valence, energy)
        moves = paths[colour or colour_at(valence, energy)]
        moves.append(f"M{x * UNITS:.0f} {y * UNITS:.0f}h0")
    return "".join(
        f'<path stroke="{paint}"{extra} d="{"".join(moves)}"/>' for paint, moves in paths.items()
    )


def line(places: Iterable[tuple[float, float]], colours: tuple[str, str]) -> str:
    """Return the address of a picture with a glowing line along places of `place_of`.

    Parameters
    ----------
    colours : pair of #rrggbb, at the line's beginning and end
    """
    at = [(x * UNITS, y * UNITS) for x, y in places]
    (x1, y1), (x2, y2) = at[0], at[-1]
    points = " ".join(f"{x:.0f},{y:.0f}" for x, y in at)
    strokes = "".join(
        f'<polyline points="{points}" stroke-width="{wide}" stroke-opacity="{share}"/>'
        for wide, share in ((16, 0.18), (9, 0.3), (3, 1))
    )
    return data_uri(
        f'{_SVG}{_STRETCHED}<linearGradient id="way" gradientUnits="userSpaceOnUse" '
        f'x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}">'
        f'<stop stop-color="{colours[0]}"/><stop offset="1" stop-color="{colours[1]}"/>'
        "</linearGradient><style>polyline{fill:none;stroke:url(#way);stroke-linecap:round;"
        f"stroke-linejoin:round;vector-effect:non-scaling-stroke}}</style>{strokes}</svg>"
    )


def show_pad(
    valence: float,
    energy: float,
    on_change: Callable[[], None],
    *,
    key: str = KEY,
    picture: str = "",
) -> None:
    """Draw the map as a pad, with its dot at a point.

    Parameters
    ----------
    valence, energy : float, -1 to 1 and 0 to 1
    on_change : callable, called after the visitor has moved the dot
    key : str, unique among the pads of a page
    picture : str, address of a picture that lies on the map, as `dots` returns it
    """
    data = {
        "valence": valence,
        "energy": energy,
        "label": f"{tr('Mood map')}. {axes()}",
        "said": tr("{bright} % bright, {lively} % lively"),
        "corners": list(corner_words().values()),
        "colours": [[*at, LIGHTS[feeling][0]] for feeling, at in FEELINGS.items()],
        "picture": picture,
    }
    _pad(key=key, data=data, on_point_change=on_change)


def chosen_point(key: str = KEY) -> tuple[float, float] | None:
    """Return the (valence, energy) that the visitor pointed at; None without a usable point."""
    state: Mapping[str, object] = st.session_state.get(key) or {}
    point = state.get("point")
    if not isinstance(point, dict):
        return None
    valence, energy = point.get("valence"), point.get("energy")
    if not (isinstance(valence, int | float) and isinstance(energy, int | float)):
        return None
    # Compared before the conversion to float, in which a huge integer would overflow.
    usable = -1 <= valence <= 1 and 0 <= energy <= 1
    return (float(valence), float(energy)) if usable else None


def words_above() -> str:
    """Return the HTML of a map's words alone, to lie above a chart with the map's ground."""
    return f'<div class="mr-plane above" dir="ltr" aria-hidden="true">{_corners()}</div>'


def _frame() -> str:
    return f'<img class="ground" alt="" src="{GROUND}">{_corners()}'


def _corners() -> str:
    return "".join(
        f'<span class="corner {name}" dir="auto" aria-hidden="true">{in_html(word)}</span>'
        for name, word in corner_words().items()
    )
