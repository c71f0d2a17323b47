"""The plane of valence and energy as all pages draw it, and the pad that takes a point of it.

Each corner has its colour, and each edge its word. The pad is used by finger, mouse or arrow keys.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from pages.ui.js import script
from pages.ui.plain import data_uri
from pages.ui.theme import CORNER_COLOURS

TOP, BOTTOM, LEFT, RIGHT = "intense", "calm", "unpleasant", "pleasant"
# Corner of each quadrant: x from the left, y from the top.
_CORNERS = {"q1": (1, 0), "q2": (0, 0), "q3": (0, 1), "q4": (1, 1)}
# Words and colour of each quadrant.
QUADRANTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        name: (f"{(LEFT, RIGHT)[x]} and {(TOP, BOTTOM)[y]}", CORNER_COLOURS[name])
        for name, (x, y) in _CORNERS.items()
    }
)
_GLOWS = "".join(
    f'<radialGradient id="{name}" cx="{x}" cy="{y}" r=".8">'
    f'<stop stop-color="{CORNER_COLOURS[name]}" stop-opacity=".36"/>'
    f'<stop offset="1" stop-color="{CORNER_COLOURS[name]}" stop-opacity="0"/></radialGradient>'
    f'<rect width="100" height="100" fill="url(#{name})"/>'
    for name, (x, y) in _CORNERS.items()
)
# Address of the background: a picture, because Streamlit strips inline SVG from a page.
GROUND = data_uri(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" '
    f'preserveAspectRatio="none">{_GLOWS}</svg>'
)
# Background and edges, to stand in an element of the class "mr-plane".
FRAME = (
    f'<img class="ground" alt="" src="{GROUND}">'
    f'<span class="edge top">{TOP}</span><span class="edge bottom">{BOTTOM}</span>'
    f'<span class="edge left">{LEFT}</span><span class="edge right">{RIGHT}</span>'
)
KEY = "pad"
_LABEL = f"Mood pad: arrow keys move left to {LEFT}, right to {RIGHT}, up to {TOP}."
_pad = st.components.v2.component(
    "moodring_pad",
    html=f"""
    <div class="mr-plane pad" tabindex="0" role="group">{FRAME}<span class="dot"></span></div>
    <div class="mr-say" aria-live="polite"></div>
    """,
    js=script("pad"),
    # The style sheet of the page draws it.
    isolate_styles=False,
)


def show_pad(
    valence: float, energy: float, on_change: Callable[[], None], *, key: str = KEY
) -> None:
    """Draw the pad with its dot at a point.

    Parameters
    ----------
    valence, energy : float, -1 to 1 and 0 to 1
    on_change : callable, called after the visitor has moved the dot
    key : str, unique among the pads of a page
    """
    data = {"valence": valence, "energy": energy, "label": _LABEL}
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
