"""The songs of one visitor: fetched once for the first mood, then only when asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from pages.ui import resources
from pages.ui.library import access, servers
from pages.ui.visitor import listener
from recommender.languages import languages_of
from recommender.mood import build_query, feeling_at
from recommender.service import Recommendation, recommend
from recommender.taste import Verdict
from recommender.text import fold
from recommender.types import Goal, Mood, MusicSource, Preferences, Query, SourceName, Tile
from recommender.wording import Message, sentence, tr

_STATE = "playing"
# Query parameter and its value, and the session's key, of "no language first".
_FIRST, _OFF, _FIRST_OFF = "first", "off", "language-first-off"
# Own songs in a separate section, because Spotify's results must not be mixed with others.
OWN_SONGS = 6
# Songs that the DJ looks for near a new mood.
NEAR = 12


@dataclass(frozen=True, slots=True)
class Playing:
    """The current result list of one visitor.

    Attributes
    ----------
    mood, preferences : Mood and Preferences, the request for the songs
    tiles : tuple of Tile, all pages so far
    page : int, the last page fetched
    exhausted : bool, whether "More" found nothing new
    own : tuple of Tile, songs from the visitor's library where the tiles are Spotify's
    alone : frozenset of str, ids of the songs that came in the place of single others
    """

    mood: Mood
    preferences: Preferences
    tiles: tuple[Tile, ...]
    notice: tuple[Message, ...]
    page: int = 0
    exhausted: bool = False
    own: tuple[Tile, ...] = ()
    alone: frozenset[str] = frozenset()

    @property
    def query(self) -> Query:
        """The query of the first page."""
        return build_query(self.mood, self.preferences)

    @property
    def is_journey(self) -> bool:
        """True when some of the songs are steps of a journey."""
        return any(tile.reasons.step is not None for tile in self.tiles)


def playing() -> Playing | None:
    """Return this visitor's songs; None before the first."""
    return st.session_state.get(_STATE)


def play(mood: Mood, preferences: Preferences) -> None:
    """Fetch songs for a mood, in place of the current songs.

    A journey that is planned again with the same preferences leaves out the current songs.
    """
    preferences = with_first(preferences)
    now = playing()
    again = now is not None and now.is_journey and now.preferences == preferences
    walked = (tile.track.source_id for tile in now.tiles) if now and again else ()
    query = build_query(mood, preferences, without=walked)
    found = _recommend(query)
    own = _own_songs(query) if is_spotifys(found.tiles) else ()
    st.session_state[_STATE] = Playing(mood, preferences, found.tiles, found.notice, own=own)
    listener.me().note_mood(mood, pressed=True)


def is_spotifys(tiles: Sequence[Tile]) -> bool:
    """Return whether tiles come from Spotify, which must not be mixed with others."""
    return any(tile.track.source is SourceName.SPOTIFY for tile in tiles)


def play_more() -> None:
    """Fetch the next page and append it."""
    now = playing()
    if now is None:
        return
    page = now.page + 1
    shown = [tile.track.source_id for tile in now.tiles]
    found = _recommend(build_query(now.mood, now.preferences, page=page, without=shown))
    known = {(tile.track.title, tile.track.artists) for tile in now.tiles}
    new = tuple(t for t in found.tiles if (t.track.title, t.track.artists) not in known)
    st.session_state[_STATE] = replace(
        now, tiles=now.tiles + new, notice=found.notice, page=page, exhausted=not new
    )


def judge(tile: Tile, verdict: Verdict | None) -> bool:
    """Record the visitor's opinion on a song; replace a skipped or banned song.

    Returns whether the opinion is kept, as `ban_artist` does.
    """
    track = tile.track
    if not listener.me().judge(track, verdict):
        return say_sorry()
    if verdict in {Verdict.LIKE, None}:
        servers.star(track, on=verdict is Verdict.LIKE)
    if verdict in {Verdict.SKIP, Verdict.BAN}:
        _fill_gaps(lambda one: one.track.source_id == track.source_id)
    return True


def ban_artist(tile: Tile) -> bool:
    """Ban a song's first artist, and replace the artist's songs in the list."""
    name = fold(tile.track.artists[0])
    if not listener.me().ban_artist(tile.track):
        return say_sorry()
    _fill_gaps(lambda one: name in map(fold, one.track.artists))
    return True


def say_sorry() -> bool:
    """Say that an opinion could not be kept, and return False."""
    sorry = tr("That could not be kept: the database cannot be used just now.")
    st.toast(sorry, icon=":material/database_off:")
    return False


def put_back(before: Playing) -> None:
    """Show these songs again."""
    st.session_state[_STATE] = before


def put_no_language_first() -> None:
    """Fetch again without any language first, and remember that in the session and the address."""
    st.query_params[_FIRST] = _OFF
    st.session_state[_FIRST_OFF] = True
    now = playing()
    if now is not None:
        play(now.mood, now.preferences)


def with_first(preferences: Preferences) -> Preferences:
    """Return preferences with the browser's languages first, unless that was switched off."""
    if st.query_params.get(_FIRST) == _OFF:
        # The address changes with the page.
        st.session_state[_FIRST_OFF] = True
    if st.session_state.get(_FIRST_OFF, False):
        return replace(preferences, languages_first=())
    accepted = st.context.headers.get("Accept-Language") or ""
    return replace(preferences, languages_first=languages_of(st.context.locale, accepted))


def _own_songs(query: Query) -> tuple[Tile, ...]:
    """Return songs of the visitor's library and music servers, to show below Spotify's."""
    own = _own_sources()
    if not own:
        return ()
    return _recommend(replace(query, count=OWN_SONGS, start=None), own).tiles


def _own_sources() -> list[MusicSource]:
    library = access.library()
    return [*([] if library is None else [library]), *servers.sources()]


def _recommend(query: Query, sources: Sequence[MusicSource] = ()) -> Recommendation:
    # Shown, liked and banned songs may have changed in another tab.
    known = listener.known(anew=True)
    if not sources:
        sources = (*resources.sources(), *_own_sources())
    found = recommend(query, sources, known, rng=np.random.default_rng())
    listener.me().note_shown([tile.track for tile in found.tiles])
    return found


def near(mood: Mood) -> tuple[Tile, ...]:
    """Return further songs near a mood: of what lies on this machine, or Spotify's beside its own.

    Spotify's have no place in the plane; they were found for the mood, and get its place.
    """
    now = playing()
    if now is None:
        return ()
    of_spotify = is_spotifys(now.tiles)
    sources = resources.sources() if of_spotify else _own_sources()
    if not sources:
        return ()
    shown = [tile.track.source_id for tile in (*now.tiles, *now.own)]
    preferences = replace(now.preferences, goal=Goal.MATCH, count=NEAR)
    query = build_query(mood, preferences, without=shown)
    found = recommend(query, sources, listener.known(), rng=None).tiles
    if not of_spotify:
        return found
    valence, energy = mood.valence, mood.energy
    return tuple(
        replace(tile, track=replace(tile.track, valence=valence, energy=energy))
        for tile in found
        if is_spotifys([tile])
    )


def _fill_gaps(unwanted: Callable[[Tile], bool]) -> None:
    """Replace unwanted songs; on a journey, with songs near the same point of the plane."""
    now = playing()
    if now is None:
        return
    shown = {tile.track.source_id for tile in now.tiles}
    tiles: list[Tile] = []
    alone = set(now.alone)
    for tile in now.tiles:
        if not unwanted(tile):
            tiles.append(tile)
            continue
        query = replace(
            build_query(now.mood, now.preferences, page=now.page + 1, without=shown), count=1
        )
        step, track = tile.reasons.step, tile.track
        if step is not None and track.valence is not None and track.energy is not None:
            query = replace(query, target=Mood(track.valence, track.energy))
        for other in _recommend(query).tiles:
            shown.add(other.track.source_id)
            alone.add(other.track.source_id)
            tiles.append(replace(other, reasons=replace(other.reasons, step=step)))
    own = tuple(tile for tile in now.own if not unwanted(tile))
    st.session_state[_STATE] = replace(now, tiles=tuple(tiles), own=own, alone=frozenset(alone))


def follow_wishes(preferences: Preferences) -> None:
    """Fetch again when the preferences have changed since the songs were fetched."""
    now = playing()
    if now is not None and now.preferences != with_first(preferences):
        with st.spinner(tr("Looking for songs …")):
            play(now.mood, preferences)


def button_label(mood: Mood | None) -> str:
    """Return the button's label, which names a mood that differs from the current songs'."""
    now = playing()
    changed = now is not None and mood is not None and feeling_at(mood) != feeling_at(now.mood)
    kind = "journey" if now is not None and mood is not None and now.is_journey else "songs"
    if mood is None or not changed:
        return sentence(Message(f"find-{kind}"))
    feeling = Message(f"feeling-{feeling_at(mood)}")
    return sentence(Message(f"find-{kind}-again", {"feeling": feeling}))
