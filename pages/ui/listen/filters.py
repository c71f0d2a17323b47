"""The filters above the songs, and how choices are kept: in the session, and in the address.

The address holds ids and English names, whatever the page's language; Streamlit would write the
words that are shown.
"""

from collections.abc import Iterable, Sequence

import streamlit as st

from pages.ui import resources
from pages.ui.listen import goals
from pages.ui.listen.address import keep, recalled
from pages.ui.plain import plain
from pages.ui.visitor import spotify
from recommender import types
from recommender.text import visible
from recommender.wording import decade, language_name, listed, tr, tr_count

MIN_COUNT = 4
MAX_LANGUAGES = 8
# Longer names would not fit on a button.
MAX_NAMED = 24
# Session key: the filter that asked for this run.
_PRESSED = "filter-pressed"
_DECADES = tuple(f"{year}s" for year in reversed(types.DECADES))


def show() -> types.Preferences:
    """Draw the filters in a row, and return the preferences."""
    languages, artists = resources.offered_names()
    _recall(languages)
    with st.container(horizontal=True, key="filters"):
        with _popover(tr("Language"), map(language_name, _chosen("language")), "language"):
            st.multiselect(
                tr("Languages"),
                languages,
                key="language",
                on_change=_note_press,
                args=("language",),
                format_func=language_name,
                placeholder=tr("Any language"),
                max_selections=MAX_LANGUAGES,
            )
        with _popover(tr("Artist"), _chosen("artist"), "artist"):
            st.multiselect(
                tr("Artists"),
                artists,
                key="artist",
                on_change=_note_press,
                args=("artist",),
                placeholder=tr("Any artist (type a name)"),
                accept_new_options=True,
                max_selections=types.MAX_ARTISTS,
            )
        with _popover(tr("Decade"), map(_decade_word, _chosen("decade")), "decade"):
            st.multiselect(
                tr("Decades"),
                _DECADES,
                key="decade",
                on_change=_note_press,
                args=("decade",),
                format_func=_decade_word,
                placeholder=tr("Any decade"),
            )
        number = tr_count("{number} song", "{number} songs", st.session_state["count"])
        with st.popover(number, key="filter-count"):
            st.slider(
                tr("How many songs"),
                MIN_COUNT,
                types.MAX_COUNT,
                key="count",
                on_change=_note_press,
                args=("count",),
            )
        st.toggle(
            tr("No explicit songs"),
            key="clean",
            width="content",
            on_change=_note_press,
            args=("clean",),
        )
        spotify.show_connection()
    names = [name.strip()[: types.MAX_ARTIST_LENGTH] for name in _chosen("artist") if name.strip()]
    count, clean = st.session_state["count"], st.session_state["clean"]
    goals.keep_chosen()
    keep("language", _chosen("language"))
    keep("artist", names)
    keep("decade", _chosen("decade"))
    keep("count", [] if count == types.DEFAULT_COUNT else [f"{count}"])
    keep("clean", ["true"] if clean else [])
    return types.Preferences(
        languages=tuple(_chosen("language")),
        artists=tuple(names),
        decades=tuple(int(name.rstrip("s")) for name in _chosen("decade")),
        goal=goals.chosen(),
        count=count,
        no_explicit=clean,
    )


def _recall(languages: Sequence[str]) -> None:
    """Put what was chosen before, or stands in the address, into widgets that begin anew."""
    known = frozenset(languages)
    artists = (name.strip()[: types.MAX_ARTIST_LENGTH] for name in recalled("artist"))
    count = next(iter(recalled("count")), "")
    fits = count.isdecimal() and MIN_COUNT <= int(count[:9]) <= types.MAX_COUNT
    before: dict[str, object] = {
        "language": _few((name for name in recalled("language") if name in known), MAX_LANGUAGES),
        "artist": _few(filter(None, artists), types.MAX_ARTISTS),
        "decade": _few((one for one in recalled("decade") if one in _DECADES), len(_DECADES)),
        "count": int(count) if fits else types.DEFAULT_COUNT,
        "clean": next(iter(recalled("clean")), "").casefold() in {"true", "1"},
    }
    pressed = st.session_state.pop(_PRESSED, "")
    for key, value in before.items():
        # A closed popover's widget is mounted only when it opens, and knows what the last run sets
        # alone. The one that is pressed may be ahead of this run.
        if key != pressed or key not in st.session_state:
            st.session_state[key] = st.session_state.get(key, value)


def _note_press(key: str) -> None:
    st.session_state[_PRESSED] = key


def _few(names: Iterable[str], most: int) -> list[str]:
    return list(dict.fromkeys(names))[:most]


def _chosen(key: str) -> list[str]:
    return list(st.session_state[key])


def _decade_word(name: str) -> str:
    return decade(int(name.rstrip("s")))


def _popover(name: str, chosen: Iterable[str], key: str) -> st.delta_generator.DeltaGenerator:
    """Return the popover of a filter, whose button says what is chosen."""
    names = list(chosen)
    label = plain(visible(listed(names), MAX_NAMED)) if names else name
    return st.popover(label, key=f"filter-{key}")
