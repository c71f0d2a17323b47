"""The place at which a song is opened that does not play here, and the choice of Deezer.

The visitor's choice is kept for the session, in the address and in a cookie; the address holds the
place's id, whatever the language. Songs of Spotify lead to Spotify, as its guidelines ask.
"""

from collections.abc import Iterator

import streamlit as st

from pages.ui import resources
from pages.ui.plain import in_html
from pages.ui.tiles import deezer
from pages.ui.visitor import browser
from recommender.explain import open_address, open_label, place_of
from recommender.types import Place, Tile
from recommender.wording import tr

# Query parameter of the address, and name of the cookie.
PARAMETER, COOKIE = "open", "moodring_open"
COOKIE_AGE_S = 365 * 24 * 60 * 60
# Key of the widget. Streamlit drops its value on another page, so that the choice has its own key.
KEY, DEEZER_KEY = "open-songs-in", "deezer"
_STATE, _KEPT = "open-in", "open-in-kept"
WIDTH_PX = 190
_PLACES = frozenset(Place)


def asked_for(named: str | None, kept: str | None) -> Place:
    """Return the place that a browser asks for; YouTube, which needs no account, for none.

    Parameters
    ----------
    named, kept : str or None, of the address and of the cookie, from the visitor
    """
    return next((Place(one) for one in (named, kept) if one in _PLACES), Place.YOUTUBE)


def chosen() -> Place:
    """Return the place that this visitor opens songs in."""
    known: Place | None = st.session_state.get(_STATE)
    if known is None:
        named, kept = st.query_params.get(PARAMETER), st.context.cookies.get(COOKIE)
        known = st.session_state[_STATE] = asked_for(named, kept)
    return known


def link_of(tile: Tile) -> tuple[str, str]:
    """Return address and label of a tile's link."""
    place = place_of(tile, chosen())
    return _address(tile, place), open_label(place)


def all_links(tile: Tile) -> Iterator[tuple[str, str]]:
    """Yield address and label of a tile's link, and then of those to YouTube and Spotify."""
    first = place_of(tile, chosen())
    for place in dict.fromkeys((first, Place.YOUTUBE, Place.SPOTIFY)):
        yield _address(tile, place), open_label(place)


def _address(tile: Tile, place: Place) -> str:
    match = deezer.found(tile.track) if place is Place.DEEZER else None
    return open_address(tile, place) if match is None else match.link


def show() -> None:
    """Draw the choice of a place, and beside it that of Deezer's covers and previews."""
    # Streamlit forgets a widget that another page does not draw.
    st.session_state[KEY] = chosen().value
    with st.container(horizontal=True, vertical_alignment="bottom", key="elsewhere"):
        st.selectbox(
            tr("Open songs in"),
            [place.value for place in Place],
            key=KEY,
            format_func=lambda name: Place(name).brand,
            filter_mode=None,
            placeholder=tr("Open songs in"),
            on_change=_choose,
            width=WIDTH_PX,
        )
        _show_deezer()
    if st.session_state.get(_KEPT):
        browser.write(COOKIE, chosen().value, max_age_s=COOKIE_AGE_S)


def _choose() -> None:
    st.session_state[_STATE] = Place(st.session_state[KEY])
    st.query_params[PARAMETER] = st.session_state[KEY]
    st.session_state[_KEPT] = True


def _show_deezer() -> None:
    """Draw the button that switches Deezer on and off, or where the owner has done so, its name."""
    words = tr("Covers and 30-second previews from Deezer: it learns the titles and your address")
    if deezer.is_on():
        st.html(
            '<a class="mr-deezer" href="https://www.deezer.com/" target="_blank" rel="noopener">'
            f"{in_html(words)}</a>",
            width="content",
        )
    if resources.settings().deezer == "ask":
        st.button(
            tr("No more from Deezer") if deezer.is_on() else words,
            key=DEEZER_KEY,
            icon=":material/album:",
            type="tertiary",
            on_click=deezer.choose,
            args=(not deezer.is_on(),),
        )
        # No tooltip: its button would be two.
        st.caption(
            tr(
                "This server asks Deezer for the songs; your browser fetches covers and previews "
                "there. Deezer’s own terms apply."
            ),
            width="content",
        )
    deezer.keep_choice()
