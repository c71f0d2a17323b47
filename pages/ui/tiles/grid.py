"""The songs as tiles, with what is above and below them: above a journey's, the map of its way."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.ui import dock
from pages.ui.dock import Item
from pages.ui.js import script
from pages.ui.plain import data_uri, in_html, plain
from pages.ui.tiles import deezer, device, elsewhere, items, journey_map, line, playing, saving
from pages.ui.tiles import tile as tiles
from pages.ui.visitor import listener
from recommender.taste import Listener
from recommender.types import Tile
from recommender.wording import Message, sentence, sentences, tr

# In pixels; phones show two a row, whatever their width (see the style sheet).
MIN_TILE_WIDTH = 216
_ICON = Path(__file__).with_name("spotify.svg")
# Minimum size of the mark; the guidelines allow the green mark on black in either theme.
ICON_PX = 21
KEY = "openings"
_watcher = st.components.v2.component(
    "moodring_tiles",
    html='<div class="mr-say" role="status"></div>',
    js=script("tiles"),
    # The style sheet of the page hides it.
    isolate_styles=False,
)


@st.fragment
def show_tiles() -> None:
    """Draw this visitor's songs, with "More" below them.

    A press on a tile reruns this fragment only, without disturbing the camera.
    """
    now = playing.playing()
    if now is None:
        return
    everything = (*now.tiles, *now.own)
    items.choose_motifs(everything)
    queue = [items.of_tile(tile) for tile in everything]
    # Lines that come and go have a place of their own: in it, they do not redraw the tiles.
    with st.container(key="above-tiles"):
        if now.notice:
            st.info(plain(sentences(now.notice)), icon=":material/info:")
        line.show(now)
        if now.is_journey:
            journey_map.show(now, queue)
        show_attribution(now.tiles)
    known = listener.known()
    first = len(now.tiles)
    _show_list("", now, known, queue[:first])
    with st.container(key="below-tiles"):
        _show_more(now)
        if now.tiles:
            elsewhere.show()
    if now.own:
        # Apart, because Spotify's must not be mixed with others.
        st.html(f'<h2 class="mr-part">{in_html(tr("From your library"))}</h2>')
        _show_list("own-", now, known, queue[first:], first)
    with st.container(key="afloat"):
        line.show_undo(now)
    dock.show_songs(queue, mood=now.mood, on_device=device.may_queue())
    watch(everything, counts=known.keeps_history)
    deezer.slide_in(now.tiles)


def _show_list(
    kind: str, now: playing.Playing, known: Listener, queue: Sequence[Item], first: int = 0
) -> None:
    """Draw the tiles of a list; ``first`` is the number of its first one among all."""
    shown = (*now.tiles, *now.own)[first : first + len(queue)]
    with (
        st.container(key=f"{kind}tiles"),
        st.grid("auto", min_column_width=MIN_TILE_WIDTH, gap="small"),
    ):
        for place, (tile, item) in enumerate(zip(shown, queue, strict=True)):
            key = tile.track.source_id
            with st.container(key=f"{kind}tile-{place}"):
                liked, alone = key in known.liked, key in now.alone
                tiles.show(tile, item, first + place, liked=liked, alone=alone)


def _show_more(now: playing.Playing) -> None:
    if not now.tiles:
        st.markdown(tr("Nothing fits all of that. Remove a filter to see more."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.exhausted:
            st.caption(tr("These are all the songs that fit."), width="content")
        else:
            st.button(
                sentence(Message(f"more-{'journey' if now.is_journey else 'songs'}")),
                key="more",
                icon=":material/expand_more:",
                on_click=playing.play_more,
            )
        saving.show_downloads()


def show_attribution(tiles: Sequence[Tile]) -> None:
    """Draw the attribution if any of the songs comes from Spotify."""
    if not playing.is_spotifys(tiles):
        return
    st.html(
        '<a class="mr-spotify" href="https://open.spotify.com/" target="_blank" rel="noopener">'
        f'<img src="{data_uri(_ICON.read_bytes())}" alt="" width={ICON_PX} height={ICON_PX}>'
        f"{in_html(tr('Songs and covers from Spotify'))}</a>"
    )


def watch(shown: Sequence[Tile], *, counts: bool) -> None:
    """Make a list of the tiles, say where the focus goes on, and count each opened song.

    Call it last, when all that the focus may go to is drawn.

    Parameters
    ----------
    counts : bool, whether opened songs are counted
    """

    def note() -> None:
        index = (st.session_state.get(KEY) or {}).get("opened")
        if counts and type(index) is int and 0 <= index < len(shown):
            listener.me().note_opened(shown[index].track.source_id)

    _watcher(key=KEY, data={"counts": counts, **line.after_press()}, on_opened_change=note)
