"""The lines around the tiles: how many songs, languages first, unmet wishes, and Undo.

Undo lies over the page like a toast, but stays until it is closed or other songs come: nobody has
to be quick. After a press that takes away what was pressed, the focus goes on from here.
"""

from dataclasses import dataclass, replace

import streamlit as st

from pages.ui.plain import in_html, plain
from pages.ui.tiles import playing
from pages.ui.tiles.playing import Playing
from pages.ui.visitor import listener
from recommender.explain import WISHES, unmet
from recommender.taste import Verdict
from recommender.text import visible
from recommender.types import Tile, spotify_search, youtube_search
from recommender.wording import Message, sentence, sentences, tr

# Keys of the widgets that hold the wishes, and of the wishes in words.
_WIDGETS = {"artists": "artist", "decades": "decade", "languages": "language"}
_SAID = "said"
_REDRAW, _UNDO, _AFTER = "wish-dropped", "undo", "after-press"
# Longer names of artists would not fit on a button.
MAX_NAMED = 40


@dataclass(frozen=True, slots=True)
class Undo:
    """The last opinion that replaced songs, and how to take it back.

    Attributes
    ----------
    said : Message, the opinion in words
    artist : bool, whether it bans the song's first artist
    liked : bool, whether the song was liked before
    before, after : Playing, the songs with and without the tile
    """

    said: Message
    tile: Tile
    artist: bool
    liked: bool
    before: Playing
    after: Playing


def show(now: Playing) -> None:
    """Draw the lines; a wish that was dropped here redraws the whole page."""
    if st.session_state.pop(_REDRAW, False):
        st.rerun()
    _show_unmet(now)
    if not now.tiles:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="line"):
        count = sentence(Message("line-songs", {"songs": len(now.tiles)}))
        st.html(f'<h2 class="mr-count">{in_html(count)}</h2>', width="content")
        first = now.query.languages_first
        if first:
            st.button(
                sentence(Message("line-first", {"language": first[0]})),
                key="language-first",
                icon=":material/close:",
                icon_position="right",
                type="tertiary",
                help=sentence(Message("line-first-help")),
                on_click=_put_no_language_first,
            )


def _show_unmet(now: Playing) -> None:
    said = unmet(now.preferences, now.tiles)
    if not said:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="unmet"):
        st.markdown(plain(sentences(said)), width="content")
        for wish in WISHES:
            if getattr(now.preferences, wish):
                label = sentence(Message(f"drop-{wish.replace('_', '-')}"))
                st.button(label, key=f"drop-{wish}", on_click=_drop, args=(wish,))
        for artist in now.preferences.artists[:1]:
            name = plain(visible(artist, MAX_NAMED))
            for service, address in (("youtube", youtube_search), ("spotify", spotify_search)):
                label = sentence(Message(f"find-on-{service}", {"name": name}))
                st.link_button(label, address(artist), type="tertiary")


def _put_no_language_first() -> None:
    playing.put_no_language_first()
    go_on("tiles")


def _drop(wish: str) -> None:
    go_on("tiles")
    if wish in _WIDGETS:
        st.session_state[_WIDGETS[wish]] = []
    if _SAID in st.session_state:
        st.session_state[_SAID] = st.session_state[_SAID].without(wish)
    # The widget is drawn outside of the tiles' fragment.
    st.session_state[_REDRAW] = True


def say(tile: Tile, verdict: Verdict, *, artist: bool = False) -> None:
    """Keep an opinion that replaces songs, and offer to undo it.

    Parameters
    ----------
    artist : bool, ban the song's first artist and not only the song
    """
    before, liked = playing.playing(), tile.track.source_id in listener.known().liked
    done = playing.ban_artist(tile) if artist else playing.judge(tile, verdict)
    after = playing.playing()
    if before is None or after is None or not done:
        return
    name = tile.track.artists[0] if artist else tile.track.title
    words = "said-skip" if verdict is Verdict.SKIP else "said-never"
    said = Message(words, {"name": name})
    st.session_state[_UNDO] = Undo(said, tile, artist, liked, before, after)
    go_on("undo-last", said)


def show_undo(now: Playing) -> None:
    """Draw the last opinion that replaced songs, and how to take it back."""
    last: Undo | None = st.session_state.get(_UNDO)
    # Other songs have come since.
    if last is None or last.after is not now:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo"):
        st.markdown(plain(sentence(last.said)), width="stretch")
        st.button(
            sentence(Message("undo")),
            key="undo-last",
            icon=":material/undo:",
            type="tertiary",
            on_click=_undo,
            args=(last,),
        )
        st.button(
            tr("Close"),
            key="undo-close",
            icon=":material/close:",
            type="tertiary",
            on_click=_close,
            args=(last,),
        )


def _undo(last: Undo) -> None:
    track, me = last.tile.track, listener.me()
    if last.artist:
        done = me.allow_artist(track.artists[0])
    else:
        done = me.judge(track, Verdict.LIKE if last.liked else None)
    if done:
        st.session_state.pop(_UNDO)
        back = _only_in(last.before, last.after)
        playing.put_back(replace(last.before, alone=last.before.alone.union(back)))
        go_on(f"more-{track.source_id}")
    else:
        playing.say_sorry()


def _close(last: Undo) -> None:
    st.session_state.pop(_UNDO)
    new = _only_in(last.after, last.before)
    go_on(f"more-{new[0]}" if new else "tiles")


def _only_in(these: Playing, those: Playing) -> list[str]:
    known = {tile.track.source_id for tile in those.tiles}
    keys = (tile.track.source_id for tile in these.tiles)
    return [key for key in keys if key not in known]


def after_press() -> dict[str, object]:
    """Return what the browser does after the last press that took away what was pressed.

    Returns
    -------
    dict of "turn", a number that grows with each such press, "focus", the key of the element in
    which the focus goes on, and "said", a sentence for screen readers
    """
    after: dict[str, object] = st.session_state.get(_AFTER, {"turn": 0, "focus": "", "said": ""})
    return after


def go_on(focus: str, said: Message | None = None) -> None:
    """Let the focus go on at an element, as soon as what was pressed is gone.

    Parameters
    ----------
    focus : str, key of the element, or of what it stands in
    said : Message or None, for screen readers
    """
    turn = after_press()["turn"]
    words = "" if said is None else sentence(said)
    st.session_state[_AFTER] = {"turn": int(f"{turn}") + 1, "focus": focus, "said": words}
