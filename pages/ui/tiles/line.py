"""The lines above the tiles: how many songs, languages that come first, unmet wishes, and Undo."""

from dataclasses import dataclass

import streamlit as st

from pages.ui.plain import plain
from pages.ui.tiles import playing
from pages.ui.tiles.playing import Playing
from pages.ui.visitor import listener
from recommender.taste import Verdict
from recommender.text import visible
from recommender.types import Tile, spotify_search, youtube_search
from recommender.unmet import WISHES, unmet
from recommender.wording import Message, sentence, sentences

# Keys of the widgets that hold the wishes, and of the wishes in words.
_WIDGETS = {"artists": "artist", "decades": "decade", "languages": "language"}
_SAID = "said"
_REDRAW, _UNDO = "wish-dropped", "undo"
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
    _show_undo(now)
    _show_unmet(now)
    if not now.tiles:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="line"):
        count = Message("line-songs", {"songs": len(now.tiles)})
        st.caption(sentence(count), width="content")
        first = now.query.languages_first
        if first:
            st.button(
                sentence(Message("line-first", {"language": first[0]})),
                key="language-first",
                icon=":material/close:",
                icon_position="right",
                type="tertiary",
                help=sentence(Message("line-first-help")),
                on_click=playing.put_no_language_first,
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


def _drop(wish: str) -> None:
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


def _show_undo(now: Playing) -> None:
    last: Undo | None = st.session_state.get(_UNDO)
    # Other songs have come since.
    if last is None or last.after is not now:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo"):
        st.markdown(plain(sentence(last.said)), width="content")
        st.button(
            sentence(Message("undo")),
            key="undo-last",
            icon=":material/undo:",
            type="tertiary",
            on_click=_undo,
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
        playing.put_back(last.before)
    else:
        playing.say_sorry()
