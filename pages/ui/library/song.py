"""One song of the library: its mood, and the buttons to play, correct and remove it."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui import plane, resources
from pages.ui.covers import recording as covers
from pages.ui.library import access, uploads
from pages.ui.library.plane import length, mood_word, quadrant_rows, strongest_feelings
from pages.ui.plain import in_html
from recommender.errors import SourceError, Unavailable
from recommender.library.playback import type_of
from recommender.library.recordings import Recording, Recordings
from recommender.library.similar import heard_recording, more_like, path_between
from recommender.library.tags import UNKNOWN_ARTIST
from recommender.text import visible
from recommender.wording import tr


def play_key(key: str) -> str:
    """Return the key of the button that plays a recording; the browser's player hears its press."""
    return f"play-{key}"


def show(
    recording: Recording,
    close: Callable[[], None],
    choose: Callable[[Sequence[str]], None],
    songs: Sequence[Recording],
) -> None:
    """Draw a song with its actions.

    Parameters
    ----------
    close : callable, called when the song is closed or removed
    choose : callable, called with the keys of songs like this one, or of a way to another
    songs : sequence of Recording, the visitor's own, among which these are looked for
    """
    key = recording.key
    with st.container(border=True, key="library-song"):
        left, right = st.columns([1, 1.15], gap="medium")
        with left:
            st.html(_portrait(recording))
            with st.container(horizontal=True):
                if type_of(recording.path) is not None:
                    st.button(
                        tr("Play"),
                        key=play_key(key),
                        icon=":material/play_arrow:",
                        type="primary",
                    )
                access.show_download(recording)
                if recording.dropped:
                    st.button(
                        tr("Remove"),
                        key=f"remove-{key}",
                        icon=":material/delete:",
                        help=tr("Deletes your copy on the computer that runs Moodring."),
                        on_click=_remove,
                        args=(key, close),
                    )
                st.button(tr("Close"), key="song-close", type="tertiary", on_click=close)
            if type_of(recording.path) is None:
                st.caption(tr("Browsers cannot play this kind of file. Download it instead."))
            if len(songs) > 1:
                _show_similar(recording, choose, songs)
        with right:
            _show_mood(recording)


def _show_similar(
    one: Recording, choose: Callable[[Sequence[str]], None], songs: Sequence[Recording]
) -> None:
    """Draw the buttons that show the songs like one, and a way from it to another."""
    named = {other.key: other for other in songs if other.key != one.key}

    def like() -> None:
        choose([one.key, *more_like([*map(heard_recording, songs)], one.key)])

    def lead() -> None:
        to = st.session_state.get(f"path-to-{one.key}")
        if isinstance(to, str) and to in named:
            choose(path_between([*map(heard_recording, songs)], one.key, to))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            tr("More like this"),
            key=f"like-{one.key}",
            icon=":material/graphic_eq:",
            help=tr("The songs of yours that sound nearest to this one in mood, nearest first."),
            on_click=like,
        )
        st.selectbox(
            tr("A path to …"),
            list(named),
            index=None,
            format_func=lambda key: _name(named[key]),
            key=f"path-to-{one.key}",
            placeholder=tr("A path to …"),
            label_visibility="collapsed",
            help=tr("Songs that lead from this one to another in small steps."),
            on_change=lead,
        )


def _name(one: Recording) -> str:
    return visible(" · ".join(filter(None, (one.title, artist_of(one)))))


def _portrait(one: Recording) -> str:
    about = (one.album, str(one.year) if one.year else None, one.genre, length(one.seconds))
    cover = covers.cover_of(one, covers.LARGE)
    chips = [
        tr("Added by you") if one.dropped else tr("From a folder"),
        *([tr("Corrected by hand")] if one.corrected else []),
    ]
    marks = "".join(f'<span class="mr-yours">{in_html(chip)}</span>' for chip in chips)
    return (
        f'<div class="mr-song"><img src="{cover}" alt="">'
        f'<div><b dir="auto">{in_html(one.title)}</b>'
        f'<span dir="auto">{in_html(artist_of(one))}</span>'
        f'<small dir="auto">{in_html(" · ".join(text for text in about if text))}</small>'
        f"<p>{marks}</p></div></div>"
    )


def artist_of(one: Recording) -> str:
    """Return a recording's artist; "" where its file names none."""
    return "" if one.artist == UNKNOWN_ARTIST else one.artist


def _show_mood(one: Recording) -> None:
    rows = "".join(
        f"<span>{in_html(words)}</span>"
        f'<div class="track"><div class="fill" style="width:{share:.0%};background:{colour}">'
        f'</div></div><span class="value">{share:.0%}</span>'
        for words, colour, share in quadrant_rows(one)
    )
    word = mood_word(one)
    title = (
        tr("Sounds {mood}, as you say", mood=word)
        if one.corrected
        else tr("Sounds {mood}", mood=word)
    )
    st.markdown(f"## {title}")
    if one.corrected:
        st.caption(tr("What the model heard:"))
    st.html(f'<div class="mr-bars" role="img" aria-label="{in_html(_spoken(one))}">{rows}</div>')
    first, second, third = (f"**{feeling}**" for feeling in strongest_feelings(one))
    st.markdown(
        tr(
            "Most listeners would hear {first}, {second} and {third}.",
            first=first,
            second=second,
            third=third,
        )
    )
    key = f"correct-{one.key}"
    with st.expander(tr("Wrong? Put it where it belongs"), icon=":material/edit_location:"):
        where = f"{one.valence:+.2f}", f"{one.energy:.2f}"
        st.caption(tr("Brightness {valence}, energy {energy}.", valence=where[0], energy=where[1]))
        if one.corrected:
            heard = f"{one.tagged_valence:+.2f}", f"{one.tagged_energy:.2f}"
            st.caption(
                tr("The model heard {valence} and {energy}.", valence=heard[0], energy=heard[1])
            )
        st.caption(tr("Energy is heard well; how bright a song is, a model can only guess."))
        plane.show_pad(one.valence, one.energy, lambda: _correct(one.key, key), key=key)
    if one.corrected:
        st.button(
            tr("Undo the correction"),
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
        scope = access.scope()
        _change(lambda recordings: recordings.correct(key, scope, *point))


def _take_back(key: str) -> None:
    scope = access.scope()
    _change(lambda recordings: recordings.take_back(key, scope))


def _remove(key: str, close: Callable[[], None]) -> None:
    _change(lambda _: uploads.remove(key))
    close()


def _change(change: Callable[[Recordings], object]) -> None:
    recordings = resources.recordings()
    try:
        if recordings is None:
            raise Unavailable("database-unusable")
        change(recordings)
    except SourceError:
        sorry = tr("That could not be saved: the database does not answer. Try again.")
        st.toast(sorry, icon=":material/database_off:")
