"""The visitor's songs on the mood map, and the words for where they lie.

Songs can be pointed at and lassoed. That, and thousands of dots, is why Plotly draws this map and
not `pages.ui.plane`: it has the same ground, words and colours.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from detectors.types import GEMS_FEELINGS, QUADRANTS
from pages.ui import plane
from pages.ui.covers import recording as covers
from pages.ui.js import script
from pages.ui.plain import in_html
from pages.ui.theme import ACCENT, GREY
from recommender.library.recordings import Recording
from recommender.song_words import song_word
from recommender.types import Track
from recommender.wording import reader, sentence, tr

STRONGEST = 3
# Covers of more songs would be slow to draw.
MAX_COVERS = 150
HEIGHT_PX = 500
# Smallest and largest dot in pixels; for few and for many songs, their number and a cover's side as
# a share of the plane's height.
_DOTS = 6, 12
_FEW, _MANY = (12, 0.115), (MAX_COVERS, 0.055)
# Axis ranges, with a margin for covers at the edge.
VALENCES, ENERGIES = (-1.12, 1.12), (-0.07, 1.07)
# Width per height of the plane on a wide page, and on a phone's. Only the box that contains a cover
# depends on it, and which covers would overlap; covers stay square on any page.
_ASPECT, _NARROW = 1.15, 0.7
_GENERATION, _CLICKED = "library-plane-turn", "library-clicked"
_GROUND = {
    "source": plane.GROUND,
    "xref": "paper",
    "yref": "paper",
    "x": 0,
    "y": 1,
    "sizex": 1,
    "sizey": 1,
    "sizing": "stretch",
    "layer": "below",
}
# In lasso mode, Streamlit reports no clicks; Plotly's own event does.
_watcher = st.components.v2.component("moodring_plane", js=script("library_plane"))


def _feelings() -> Mapping[str, str]:
    """Return words for the feelings of the Geneva scale, of which some are technical terms."""
    return {
        "amazement": tr("amazement"),
        "solemnity": tr("solemnity"),
        "tenderness": tr("tenderness"),
        "nostalgia": tr("nostalgia"),
        "calmness": tr("calmness"),
        "power": tr("power"),
        "joyful_activation": tr("joy"),
        "tension": tr("tension"),
        "sadness": tr("sadness"),
    }


def mood_word(song: Recording | Track) -> str:
    """Return the song word at a song's point in the plane; "" where it has none."""
    if song.valence is None or song.energy is None:
        return ""
    return sentence(song_word(song.valence, song.energy))


def quadrant_rows(recording: Recording) -> list[tuple[str, str, float]]:
    """Return words, colour and probability of each quadrant, most likely first."""
    words = plane.corner_words()
    rows = [
        (words[name], plane.QUADRANT_COLOURS[name], share)
        for name, share in zip(QUADRANTS, recording.quadrants, strict=True)
    ]
    return sorted(rows, key=lambda row: -row[2])


def strongest_feelings(recording: Recording) -> list[str]:
    """Return the `STRONGEST` feelings that most listeners would have, strongest first."""
    named = zip(GEMS_FEELINGS, recording.feelings, strict=True)
    strongest = sorted(named, key=lambda one: -one[1])[:STRONGEST]
    words = _feelings()
    return [words[name] for name, _ in strongest]


def length(seconds: float | None) -> str:
    """Return a duration as "3:07" or "1:02:03"; "" when it is unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def show(
    recordings: Sequence[Recording],
    choose: Callable[[Sequence[str]], None],
    open_: Callable[[str], None],
    opened: str | None,
) -> None:
    """Draw the map.

    Parameters
    ----------
    choose : callable, called with the lassoed keys
    open_ : callable, called with the clicked key
    opened : str or None, key of the song that is open below
    """
    key = f"library-plane-{st.session_state.setdefault(_GENERATION, 0)}"

    def chosen() -> None:
        choose(keys_of(st.session_state.get(key) or {}))

    def clicked() -> None:
        found = (st.session_state.get(_CLICKED) or {}).get("clicked")
        if isinstance(found, str):
            open_(found)

    # It brings a song that was just opened into sight, too.
    _watcher(key=_CLICKED, data={"opened": opened}, on_clicked_change=clicked)
    st.html(plane.words_above())
    st.plotly_chart(
        figure(recordings, by_touch=_by_touch()),
        key=key,
        on_select=chosen,
        selection_mode=("points", "box", "lasso"),
        config={
            "displaylogo": False,
            "displayModeBar": True,
            "modeBarButtons": [["select2d", "lasso2d"]],
            "doubleClick": "reset",
            "locale": reader(),
            "locales": {reader(): {"dictionary": _tool_words()}},
        },
        alt=f"{tr('Your songs on the mood map; the list has them, too.')} {plane.axes()}",
    )


def _tool_words() -> dict[str, str]:
    """Return the words of Plotly's two tools, by its own."""
    return {"Box Select": tr("Choose by a box"), "Lasso Select": tr("Choose by a lasso")}


def forget_selection() -> None:
    """Clear the lasso, by a new widget key for the plane."""
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def keys_of(state: Mapping[str, Any]) -> list[str]:
    """Return the selected keys in the chart's state, without duplicates.

    Malformed entries are skipped: the state comes from the browser.
    """
    selection = state.get("selection")
    points = selection.get("points") if isinstance(selection, Mapping) else None
    found = (
        point.get("customdata")
        for point in (points if isinstance(points, list) else ())
        if isinstance(point, Mapping)
    )
    keys = (one[0] if isinstance(one, list) and one else one for one in found)
    return list(dict.fromkeys(key for key in keys if isinstance(key, str)))


def _by_touch() -> bool:
    # Phones announce "Mobi"; with a lasso under the finger, the page could not be scrolled.
    return "Mobi" in st.context.headers.get("User-Agent", "")


def figure(recordings: Sequence[Recording], *, by_touch: bool = False) -> dict[str, Any]:
    """Return the chart as a Plotly figure.

    Parameters
    ----------
    by_touch : bool, let a finger scroll the page; the lasso is then chosen by its button
    """
    share = side(len(recordings))
    with_cover, others = apart(recordings, share, _NARROW if by_touch else _ASPECT)
    # A frame around each cover, visible only when selected.
    frames = {
        **_points(with_cover),
        "marker": {
            "symbol": "square-open",
            "size": round(share * HEIGHT_PX) + 5,
            "color": ACCENT,
            "opacity": 0,
            "line": {"width": 4},
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 0}},
    }
    dots = {
        **_points(others),
        "marker": {
            "symbol": "circle",
            "size": _dot(len(recordings)),
            "color": [plane.colour_at(one.valence, one.energy) for one in others],
            "opacity": 0.85,
            "line": {"width": 1, "color": "#ffffff"},
        },
        "selected": {"marker": {"opacity": 1, "color": ACCENT}},
        "unselected": {"marker": {"opacity": 0.3}},
    }
    return {
        "data": [frames, dots],
        "layout": {
            "height": HEIGHT_PX,
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "dragmode": False if by_touch else "lasso",
            "hovermode": "closest",
            "showlegend": False,
            "xaxis": _axis(VALENCES),
            "yaxis": _axis(ENERGIES),
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": GREY,
                "activecolor": ACCENT,
                "orientation": "v",
            },
            "newselection": {"line": {"color": ACCENT, "width": 2}},
            "images": [_GROUND, *(_cover(one, share) for one in with_cover)],
            "plot_bgcolor": "rgba(0,0,0,0)",
            "paper_bgcolor": "rgba(0,0,0,0)",
        },
    }


def apart(
    recordings: Sequence[Recording], share: float, aspect: float
) -> tuple[list[Recording], list[Recording]]:
    """Return the songs whose covers lie apart from those of songs before them, and the others.

    Parameters
    ----------
    share : float, side of a cover as a share of the plane's height
    aspect : float, the plane's width per height
    """
    if len(recordings) > MAX_COVERS:
        return [], list(recordings)
    width = share / aspect * (VALENCES[1] - VALENCES[0])
    height = share * (ENERGIES[1] - ENERGIES[0])
    with_cover: list[Recording] = []
    others: list[Recording] = []
    for one in recordings:
        is_hidden = any(
            abs(one.valence - other.valence) < width and abs(one.energy - other.energy) < height
            for other in with_cover
        )
        (others if is_hidden else with_cover).append(one)
    return with_cover, others


def side(count: int) -> float:
    """Return the side of a cover as a share of the plane's height."""
    (few, large), (many, small) = _FEW, _MANY
    way = min(1.0, max(0.0, (count - few) / (many - few)))
    return large + math.sqrt(way) * (small - large)


def _dot(count: int) -> int:
    """Return the diameter of a dot in pixels."""
    return max(_DOTS[0], round(_DOTS[1] * math.sqrt(math.sqrt(MAX_COVERS / count))))


def _points(recordings: Sequence[Recording]) -> dict[str, Any]:
    """Return the songs as points of a chart, but for how they look."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [one.valence for one in recordings],
        "y": [one.energy for one in recordings],
        "customdata": [[one.key] for one in recordings],
        "text": [_hover(one) for one in recordings],
        "hovertemplate": "%{text}<extra></extra>",
        "hoverlabel": {"align": "left"},
        "cliponaxis": False,
    }


def _axis(ends: tuple[float, float]) -> dict[str, Any]:
    return {"range": list(ends), "visible": False, "fixedrange": True}


def _hover(one: Recording) -> str:
    words = [mood_word(one), *([tr("corrected by hand")] if one.corrected else [])]
    about = in_html(" · ".join(words))
    return f"<b>{in_html(one.title)}</b><br>{in_html(one.artist)}<br><i>{about}</i>"


def _cover(one: Recording, share: float) -> dict[str, Any]:
    height = share * (ENERGIES[1] - ENERGIES[0])
    return {
        "source": covers.cover_of(one),
        "xref": "x",
        "yref": "y",
        "x": one.valence,
        "y": one.energy,
        "sizex": share * (VALENCES[1] - VALENCES[0]) * _ASPECT,
        "sizey": height,
        "sizing": "contain",
        "xanchor": "center",
        "yanchor": "middle",
        # Below the dots of songs that would lie under it.
        "layer": "below",
    }
