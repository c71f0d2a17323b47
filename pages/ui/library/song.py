"""One song of the library: its mood, and the buttons to play, correct and remove it."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui import plane, resources
from pages.ui.covers import recording as covers
from pages.ui.library import player, uploads
from pages.ui.library.plane import joined, length, mood_word, quadrant_rows, strongest_feelings
from pages.ui.plain import in_html
from recommender.errors import SourceError, Unavailable
from recommender.library.recordings import Recording, Recordings

_SORRY = "That could not be kept: the database on this machine does not answer. Try again."


def show(recording: Recording, queue: Sequence[str], close: Callable[[], None]) -> None:
    """Draw a song with its actions.

    Parameters
    ----------
    queue : sequence of str, keys of the list that "Play" continues with, the song's included
    close : callable, called when the song is closed or removed
    """
    key = recording.key
    with st.container(border=True, key="library-song"):
        left, right = st.columns([1, 1.15], gap="large")
        with left:
            st.html(_portrait(recording))
            with st.container(horizontal=True):
                st.button(
                    "Play",
                    key=f"play-{key}",
                    icon=":material/play_arrow:",
                    type="primary",
                    on_click=player.play,
                    args=(queue, list(queue).index(key) if key in queue else 0),
                )
                player.show_download(recording)
                if recording.dropped:
                    st.button(
                        "Remove",
                        key=f"remove-{key}",
                        icon=":material/delete:",
                        help="Deletes your copy on the machine that runs Moodring.",
                        on_click=_remove,
                        args=(key, close),
                    )
                st.button("Close", key="song-close", type="tertiary", on_click=close)
        with right:
            _show_mood(recording)


def _portrait(one: Recording) -> str:
    about = (one.album, str(one.year) if one.year else None, one.genre, length(one.seconds))
    cover = covers.cover_of(one, covers.LARGE)
    chips = [
        "Dropped by you" if one.dropped else "From a folder",
        *(["Corrected by hand"] if one.corrected else []),
    ]
    marks = "".join(f'<span class="mr-yours">{chip}</span>' for chip in chips)
    return (
        f'<div class="mr-song"><img src="{cover}" alt="">'
        f'<div><b dir="auto">{in_html(one.title)}</b><span dir="auto">{in_html(one.artist)}</span>'
        f'<small dir="auto">{in_html(" · ".join(text for text in about if text))}</small>'
        f"<p>{marks}</p></div></div>"
    )


def _show_mood(one: Recording) -> None:
    rows = "".join(
        f"<span>{words}</span>"
        f'<div class="track"><div class="fill" style="width:{share:.0%};background:{colour}">'
        f'</div></div><span class="value">{share:.0%}</span>'
        for words, colour, share in quadrant_rows(one)
    )
    st.markdown(f"##### Mood: {mood_word(one)}{', as you say' if one.corrected else ''}")
    if one.corrected:
        st.caption("What the model heard:")
    st.html(f'<div class="mr-bars" role="img" aria-label="{_spoken(one)}">{rows}</div>')
    st.markdown(f"Listeners would feel above all **{joined(strongest_feelings(one))}**.")
    key = f"correct-{one.key}"
    with st.expander("Wrong? Put it where it belongs", icon=":material/edit_location:"):
        st.caption(
            f"Valence {one.valence:+.2f}, energy {one.energy:.2f}. "
            + (
                f"The model heard {one.tagged_valence:+.2f} and {one.tagged_energy:.2f}. "
                if one.corrected
                else ""
            )
            + "Energy is heard well; how pleasant a song is, a model can only guess."
        )
        plane.show_pad(one.valence, one.energy, lambda: _correct(one.key, key), key=key)
    if one.corrected:
        st.button(
            "Take the correction back",
            key=f"uncorrect-{one.key}",
            icon=":material/undo:",
            on_click=_take_back,
            args=(one.key,),
        )


def _spoken(one: Recording) -> str:
    return ", ".join(f"{words} {share:.0%}" for words, _, share in quadrant_rows(one))


def _correct(key: str, pad_key: str) -> None:
    point = plane.chosen_point(pad_key)
    if point is not None:
        scope = player.scope()
        _change(lambda recordings: recordings.correct(key, scope, *point))


def _take_back(key: str) -> None:
    scope = player.scope()
    _change(lambda recordings: recordings.take_back(key, scope))


def _remove(key: str, close: Callable[[], None]) -> None:
    if player.playing() == key:
        player.close()
    _change(lambda _: uploads.remove(key))
    close()


def _change(change: Callable[[Recordings], object]) -> None:
    recordings = resources.recordings()
    try:
        if recordings is None:
            raise Unavailable("database-unusable")
        change(recordings)
    except SourceError:
        st.toast(_SORRY, icon=":material/database_off:")
