"""The Songs page: the catalogue on the mood map, searched by title and artist, as a light list."""

from collections.abc import Sequence

import streamlit as st
from sqlalchemy import Engine

from pages.ui import plane, resources, theme
from pages.ui.catalogue import importer
from pages.ui.covers import generated
from pages.ui.plain import in_html, plain
from pages.ui.tiles import playing
from pages.ui.visitor import owner
from recommender.catalogue import browse
from recommender.errors import SourceError
from recommender.mood import EMOTION_POINTS, distance
from recommender.song_words import song_sound, song_word
from recommender.text import visible
from recommender.types import Mood, Preferences, Track, spotify_search, youtube_search
from recommender.wording import language_name, sentence, tr, tr_count

# Songs that come with each press of "More", and most of all; a search finds the others.
AT_ONCE, MOST = 24, 240
# Songs of the browser's languages that begin, and how far they may lie from the point.
OWN_FIRST, CLOSE = 8, 0.25
# Letters of the words that the heading repeats.
MAX_LETTERS = 60
# Dots on the map: a sample of all songs, and the songs in the list.
SAMPLE, DOT_PX, FOUND_PX = 700, 5, 11
_PAD, _WORDS, _LANGUAGE = "songs-map", "songs-words", "songs-language"
# Session keys: what is looked for, and how many of the songs are shown.
_ASKED, _SHOWN = "songs-asked", "songs-shown"


def show() -> None:
    """Draw the page."""
    theme.hero(tr("Every song, on one map."))
    engine = resources.database()
    if engine is None:
        st.error(tr("The catalogue of songs cannot be used."), icon=":material/database_off:")
        return
    try:
        _show_songs(engine)
        if owner.is_owner():
            importer.show(engine)
        else:
            importer.show_where_owners_go()
    except SourceError as error:
        st.error(plain(error), icon=":material/database_off:")


@st.fragment
def _show_songs(engine: Engine) -> None:
    try:
        sampled = browse.sample(engine, SAMPLE)
        if not sampled:
            _show_nothing()
            return
        left, right = st.columns([1, 1.05], gap="medium")
        with right:
            words, language = _show_search()
            point = _point()
            found = _found(engine, words, language, point)
            listed = found[: st.session_state[_SHOWN]]
            _show_list(listed, words, point)
            _show_more(len(found))
        with left, st.container(key="songs-plane", gap="xsmall"):
            # Without words, they lie around the pad's own dot.
            places = [
                (one.valence, one.energy)
                for one in listed
                if words and one.valence is not None and one.energy is not None
            ]
            picture = plane.dots(sampled, DOT_PX, marked=places, marked_pixels=FOUND_PX)
            plane.show_pad(point.valence, point.energy, _point_chosen, key=_PAD, picture=picture)
            st.caption(tr("Tap the map to see which songs lie there."))
    except SourceError as error:
        st.error(plain(error), icon=":material/database_off:")


def _show_search() -> tuple[str, str | None]:
    with st.container(horizontal=True, key="songs-search"):
        words = st.text_input(
            tr("Search"),
            key=_WORDS,
            placeholder=tr("Search title or artist"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
        languages, _ = resources.offered_names()
        language = st.selectbox(
            tr("Language"),
            sorted(languages, key=language_name),
            index=None,
            key=_LANGUAGE,
            placeholder=tr("Any language"),
            format_func=language_name,
            label_visibility="collapsed",
        )
    return words.strip(), language


def _found(engine: Engine, words: str, language: str | None, point: Mood) -> list[Track]:
    """Return the songs to be listed, and one more if there is one."""
    asked = words, language, None if words else (point.valence, point.energy)
    if st.session_state.get(_ASKED) != asked:
        st.session_state[_ASKED], st.session_state[_SHOWN] = asked, AT_ONCE
    limit = st.session_state[_SHOWN] + 1
    if words:
        return browse.named(engine, words, language=language, limit=limit)
    if language:
        return browse.around(engine, point, language=language, limit=limit)
    return _own_languages_first(engine, point, limit)


def _own_languages_first(engine: Engine, point: Mood, limit: int) -> list[Track]:
    """Return the songs around a point; close ones that the visitor may understand begin."""
    begin = [
        track
        for name in playing.with_first(Preferences()).languages_first
        for track in browse.around(engine, point, language=name, limit=OWN_FIRST)
        if track.valence is not None
        and track.energy is not None
        and distance((track.valence, track.energy), (point.valence, point.energy)) <= CLOSE
    ][:OWN_FIRST]
    known = {track.source_id for track in begin}
    others = browse.around(engine, point, language=None, limit=limit)
    return [*begin, *(track for track in others if track.source_id not in known)][:limit]


def _point() -> Mood:
    """Return the point that was pressed, else the visitor's mood, else a bright one."""
    pressed = plane.chosen_point(_PAD)
    if pressed is not None:
        return Mood(*pressed)
    now = playing.playing()
    return now.mood if now is not None else Mood(*EMOTION_POINTS["happy"])


def _point_chosen() -> None:
    # To point at the map is to look for something else.
    st.session_state[_WORDS] = ""


def _show_list(tracks: Sequence[Track], words: str, point: Mood) -> None:
    if not tracks:
        title = tr("Nothing found")
    elif words:
        title = tr("Songs for “{words}”", words=visible(words, MAX_LETTERS))
    else:
        title = tr("Songs that sound {mood}", mood=song_word(point.valence, point.energy))
    st.html(f'<div role="status"><h2 class="mr-found-title">{in_html(title)}</h2></div>')
    if not tracks:
        _show_no_match(words)
        return
    motifs = generated.different_motifs(tracks, {})
    items = "".join(_item(track, motifs[track.source_id]) for track in tracks)
    st.html(f'<ul class="mr-found">{items}</ul>')


def _item(track: Track, motif: int) -> str:
    artists = ", ".join(track.artists)
    words = f"{track.title} {track.artists[0]}"
    sound = song_sound(track)
    about = (
        str(track.year or ""),
        language_name(track.language) if track.language else "",
        sentence(sound) if sound else "",
    )
    links = "".join(
        f'<a href="{in_html(address)}" target="_blank" rel="noopener" '
        f'aria-label="{in_html(label)}">{service}</a>'
        for service, address, label in (
            (
                "YouTube",
                youtube_search(words),
                tr("{title} on YouTube", title=visible(track.title)),
            ),
            (
                "Spotify",
                track.url or spotify_search(words),
                tr("{title} on Spotify", title=visible(track.title)),
            ),
        )
    )
    return (
        f'<li><img alt="" loading="lazy" src="{generated.cover_data_uri(track, motif)}">'
        f'<div class="names"><h3 dir="auto">{in_html(track.title)}</h3>'
        f'<span dir="auto">{in_html(artists)}</span>'
        f'<small dir="auto">{in_html(" · ".join(filter(None, about)))}</small></div>'
        f'<div class="links">{links}</div></li>'
    )


def _show_no_match(words: str) -> None:
    if words:
        st.markdown(tr("No song or artist is called so. Fewer letters find more."))
        st.button(
            tr("Clear the search"), key="songs-clear", icon=":material/close:", on_click=_clear
        )
    else:
        st.markdown(tr("No song in this language has a place on the map yet."))
        st.button(tr("Any language"), key="songs-clear", icon=":material/close:", on_click=_clear)


def _clear() -> None:
    st.session_state[_WORDS], st.session_state[_LANGUAGE] = "", None


def _show_more(found: int) -> None:
    shown = st.session_state[_SHOWN]
    if found <= shown:
        return
    if shown < MOST:
        st.button(tr("More songs"), key="songs-more", icon=":material/expand_more:", on_click=_more)
    else:
        st.caption(
            tr_count(
                "This is the first song. A search finds the others.",
                "These are the first {number} songs. A search finds the others.",
                MOST,
            )
        )


def _more() -> None:
    st.session_state[_SHOWN] += AT_ONCE


def _show_nothing() -> None:
    with st.container(key="empty-songs"):
        st.html(plane.still())
        st.html(
            f'<div class="mr-empty"><h2>{in_html(tr("No songs yet"))}</h2>'
            f"<p>{in_html(tr('Songs with a known mood appear here as soon as some are added.'))}"
            "</p></div>"
        )
