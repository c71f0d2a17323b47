"""One song of the library: its mood, and the buttons to play, correct and remove it."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.ui import plane, resources
from pages.ui.covers import recording as covers
from pages.ui.covers.generated import cover_data_uri
from pages.ui.library import access, uploads
from pages.ui.library.plane import length, mood_word, quadrant_rows, strongest_feelings
from pages.ui.plain import in_html
from recommender.errors import SourceError, Unavailable
from recommender.library.playback import type_of
from recommender.library.recordings import Recording, Recordings
from recommender.library.similar import HeardSong, more_like, path_between
from recommender.library.tags import UNKNOWN_ARTIST
from recommender.types import Track
from recommender.wording import tr


def play_key(key: str) -> str:
    """Return the key of the button that plays a recording; the browser's player hears its press."""
    return f"play-{key}"


def show(recording: Recording, close: Callable[[], None], show_similar: Callable[[], None]) -> None:
    """Draw a song with its actions.

    Parameters
    ----------
    close : callable, called when the song is closed or removed
    show_similar : callable, draws what leads to songs like it
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
            show_similar()
        with right:
            _show_mood(recording)


def show_served(track: Track, close: Callable[[], None], show_similar: Callable[[], None]) -> None:
    """Draw a song of a music server; nothing of it is corrected, downloaded or removed here."""
    about = (track.album, str(track.year) if track.year else None, track.genre)
    with st.container(border=True, key="library-song"):
        left, right = st.columns([1, 1.15], gap="medium")
        with left:
            chips = [tr("From the music server")]
            names = track.title, artist_of(track)
            st.html(_picture_and_words(cover_data_uri(track), *names, about, chips))
            with st.container(horizontal=True):
                st.button(
                    tr("Play"),
                    key=play_key(track.source_id),
                    icon=":material/play_arrow:",
                    type="primary",
                )
                st.button(tr("Close"), key="song-close", type="tertiary", on_click=close)
            show_similar()
        with right:
            st.markdown(f"## {tr('Sounds {mood}', mood=mood_word(track))}")


def show_similar(
    key: str,
    names: Mapping[str, str],
    heard: Callable[[], Sequence[HeardSong]],
    choose: Callable[[Sequence[str]], None],
) -> None:
    """Draw the buttons that show the songs like one, and a way from it to another.

    Parameters
    ----------
    names : mapping of the key to the name of songs that a way may lead to
    heard : callable, returns the songs among which these are looked for, with this one
    choose : callable, called with the keys of songs like this one, or of a way to another
    """
    others = [other for other in names if other != key]
    if not others:
        return

    def like() -> None:
        choose([key, *more_like(heard(), key)])

    def lead() -> None:
        to = st.session_state.get(f"path-to-{key}")
        if isinstance(to, str) and to in names:
            choose(path_between(heard(), key, to))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            tr("More like this"),
            key=f"like-{key}",
            icon=":material/graphic_eq:",
            help=tr("The songs of yours that sound nearest to this one in mood, nearest first."),
            on_click=like,
        )
        st.selectbox(
            tr("A path to …"),
            others,
            index=None,
            format_func=names.__getitem__,
            key=f"path-to-{key}",
            placeholder=tr("A path to …"),
            label_visibility="collapsed",
            help=tr("Songs that lead from this one to another in small steps."),
            on_change=lead,
        )


def _portrait(one: Recording) -> str:
    about = (one.album, str(one.year) if one.year else None, one.genre, length(one.seconds))
    chips = [
        tr("Added by you") if one.dropped else tr("From a folder"),
        *([tr("Corrected by hand")] if one.corrected else []),
    ]
    return _picture_and_words(
        covers.cover_of(one, covers.LARGE), one.title, artist_of(one), about, chips
    )


def _picture_and_words(
    cover: str, title: str, artist: str, about: Sequence[str | None], chips: Sequence[str]
) -> str:
    marks = "".join(f'<span class="mr-yours">{in_html(chip)}</span>' for chip in chips)
    return (
        f'<div class="mr-song"><img src="{cover}" alt="">'
        f'<div><b dir="auto">{in_html(title)}</b>'
        f'<span dir="auto">{in_html(artist)}</span>'
        f'<small dir="auto">{in_html(" · ".join(text for text in about if text))}</small>'
        f"<p>{marks}</p></div></div>"
    )


def artist_of(one: Recording | Track) -> str:
    """Return a song's artist, or artists; "" where its file names none."""
    if isinstance(one, Track):
        return ", ".join(one.artists)
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
