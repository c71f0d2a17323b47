"""The valence/energy pad, which takes a point by finger, mouse or arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.js import script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY = "pad"

_pad = st.components.v2.component(
    "moodring_pad",
    html="""
    <div class="pad" tabindex="0" role="group">
      <span class="edge top">intense</span><span class="edge bottom">calm</span>
      <span class="edge left">unpleasant</span><span class="edge right">pleasant</span>
      <span class="dot"></span>
    </div>
    <div class="say" aria-live="polite"></div>
    """,
    css="""
    .pad { position: relative; aspect-ratio: 1.35; width: 100%; border-radius: 1.1rem;
      touch-action: none; cursor: crosshair; overflow: hidden; outline-offset: 3px;
      border: 1px solid var(--st-border-color);
      background:
        radial-gradient(circle at 100% 0%, #f2b70566, transparent 62%),
        radial-gradient(circle at 0% 0%, #e5484d66, transparent 62%),
        radial-gradient(circle at 0% 100%, #4a86d866, transparent 62%),
        radial-gradient(circle at 100% 100%, #4f9d5266, transparent 62%),
        var(--st-secondary-background-color); }
    .pad:focus-visible { outline: 3px solid var(--st-primary-color); }
    .edge { position: absolute; font: 500 .8rem var(--st-font); color: var(--st-text-color);
      opacity: .75; pointer-events: none; }
    .top { top: .5rem; left: 50%; transform: translateX(-50%); }
    .bottom { bottom: .5rem; left: 50%; transform: translateX(-50%); }
    .left { left: .6rem; top: 50%; transform: translateY(-50%); }
    .right { right: .6rem; top: 50%; transform: translateY(-50%); }
    .dot { position: absolute; width: 1.5rem; height: 1.5rem; margin: -.75rem 0 0 -.75rem;
      border-radius: 50%; background: var(--st-primary-color); border: 3px solid #fff;
      box-shadow: 0 2px 8px #0007; pointer-events: none; transition: left .12s, top .12s; }
    .say { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    """,
    js=script("pad"),
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
    label = "Mood pad: arrow keys move left to unpleasant, right to pleasant, up to intense."
    data = {"valence": valence, "energy": energy, "label": label}
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
