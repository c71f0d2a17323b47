"""The valence/energy pad: a square to point into, by finger, mouse or arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

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
    js="""
    const STEP = 0.05;
    // How long the page may take to answer a move; until then it speaks of older ones.
    const ANSWER_MS = 3000;
    const clamp = (v) => Math.min(1, Math.max(0, v));
    export default function ({ parentElement, data, setStateValue }) {
      const pad = parentElement.querySelector(".pad");
      const dot = parentElement.querySelector(".dot");
      pad.setAttribute("aria-label", data.label);
      let x = (data.valence + 1) / 2, y = data.energy;
      const own = (pad.moodring ??= {});
      const answered = own.sent && Math.hypot(x - own.sent.x, y - own.sent.y) < 0.01;
      if (own.timer || (own.sent && !answered && Date.now() - own.sentAt < ANSWER_MS)) {
        ({ x, y } = own);
      } else {
        own.sent = null;
      }
      const draw = () => {
        dot.style.left = `${x * 100}%`;
        dot.style.top = `${(1 - y) * 100}%`;
      };
      const send = () => {
        Object.assign(own, { x, y, timer: null, sent: { x, y }, sentAt: Date.now() });
        setStateValue("point", { valence: 2 * x - 1, energy: y });
      };
      const move = (event) => {
        const box = pad.getBoundingClientRect();
        x = clamp((event.clientX - box.left) / box.width);
        y = clamp(1 - (event.clientY - box.top) / box.height);
        draw();
      };
      pad.onpointerdown = (event) => { pad.setPointerCapture(event.pointerId); move(event); };
      pad.onpointermove = (event) => { if (event.buttons) move(event); };
      pad.onpointerup = send;
      pad.onkeydown = (event) => {
        const steps = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0],
                        ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key];
        if (!steps) return;
        event.preventDefault();
        x = clamp(x + steps[0]); y = clamp(y + steps[1]);
        draw();
        parentElement.querySelector(".say").textContent =
          `valence ${(2 * x - 1).toFixed(2)}, energy ${y.toFixed(2)}`;
        clearTimeout(own.timer);
        Object.assign(own, { x, y, timer: setTimeout(send, 400) });
      };
      draw();
    }
    """,
)


def show_pad(
    valence: float, energy: float, on_change: Callable[[], None], *, key: str = KEY
) -> None:
    """Draw the pad with its dot at a point; ``on_change`` runs after the visitor moved it.

    key : names the pad where a page has another one
    """
    label = "Mood pad: arrow keys move left to unpleasant, right to pleasant, up to intense."
    data = {"valence": valence, "energy": energy, "label": label}
    _pad(key=key, data=data, on_point_change=on_change)


def chosen_point(key: str = KEY) -> tuple[float, float] | None:
    """Return the (valence, energy) that the visitor pointed at, None if not (yet) a usable one."""
    state: Mapping[str, object] = st.session_state.get(key) or {}
    point = state.get("point")
    if not isinstance(point, dict):
        return None
    valence, energy = point.get("valence"), point.get("energy")
    if not (isinstance(valence, int | float) and isinstance(energy, int | float)):
        return None
    # Compared before it is a float, for which a whole number may be too large.
    usable = -1 <= valence <= 1 and 0 <= energy <= 1
    return (float(valence), float(energy)) if usable else None
