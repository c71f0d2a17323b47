"""The songs of one music server, listed in the background and held in memory, with their moods.

A mood is that of the song's own tags, else what was heard, else a guess by genre and tempo.
"""

from __future__ import annotations

import threading
import time
from itertools import islice
from typing import TYPE_CHECKING

from recommender.errors import SourceError
from recommender.subsonic.client import PAGE_SIZE
from recommender.subsonic.errors import SERVER
from recommender.subsonic.songs import ServerSong, song_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.subsonic.client import SubsonicClient
    from recommender.subsonic.heard import Heard, HeardSongs
    from recommender.subsonic.songs import Point

# Songs of one server that are looked at, whatever they are.
MAX_SONGS = 50_000
# Seconds for a page of songs, which no visitor waits for.
PAGE_S = 30.0
# Seconds for which a server is believed to be up, or down, after it was asked.
STATE_KEPT_S = 20.0
# Seconds in which a server must say that it is up while a visitor waits.
UP_S = 0.8


class Shelf:
    """The songs of a server. Thread-safe.

    Parameters
    ----------
    heard : HeardSongs, what was heard in them

    Attributes
    ----------
    model : str, version of the tagger that heard last in this process; "" for none
    """

    def __init__(
        self, client: SubsonicClient, heard: HeardSongs, *, max_songs: int = MAX_SONGS
    ) -> None:
        self.client = client
        self.model = ""
        self._kept = heard
        self._max_songs = max_songs
        self._lock = threading.Lock()
        # Held while the server is asked whether it is up, so that it is asked once.
        self._asking = threading.Lock()
        self._songs: dict[str, ServerSong] = {}
        self._heard: dict[str, Heard] = {}
        # None after a change, until somebody asks.
        self._placed: list[tuple[ServerSong, Point]] | None = None
        self._listed = threading.Event()
        self._state: tuple[float, SourceError | None] = (-STATE_KEPT_S, None)

    def refresh(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """List the server's songs anew; they can be found page by page.

        Raises
        ------
        SourceError
            When the server fails; the songs known before stay.
        """
        try:
            heard = dict(self._kept.load())
            with self._lock:
                self._heard, self._placed = heard, None
            found = self._pages(stopping)
            if not stopping():
                with self._lock:
                    self._songs, self._placed = found, None
            self._note(None)
        except SourceError as error:
            self._note(error)
            raise
        finally:
            self._listed.set()

    def ready(self, deadline: float) -> None:
        """Wait until there are songs, and make sure that the server is up.

        Raises
        ------
        SourceError
            When it is not, or not by the deadline.
        """
        if not self._listed.wait(max(0.0, deadline - time.monotonic())):
            raise SERVER.failure("late")
        with self._asking:
            at, failure = self._state
            if time.monotonic() - at >= STATE_KEPT_S:
                try:
                    self.client.check(deadline=min(deadline, time.monotonic() + UP_S))
                    failure = None
                except SourceError as error:
                    failure = error
                self._note(failure)
        if failure is not None:
            raise failure

    def song(self, key: str) -> ServerSong | None:
        """Return a song by its key; None when the server has none of it."""
        with self._lock:
            return self._songs.get(key)

    def songs(self) -> list[ServerSong]:
        """Return all songs, in the server's order."""
        with self._lock:
            return list(self._songs.values())

    def placed(self) -> list[tuple[ServerSong, Point]]:
        """Return the songs whose place in the plane is known or guessed, with it."""
        with self._lock:
            if self._placed is None:
                pairs = [(song, self._point(song)) for song in self._songs.values()]
                self._placed = [(song, point) for song, point in pairs if point is not None]
            return self._placed

    def unheard(self, model: str) -> list[ServerSong]:
        """Return the songs that a model has still to hear, those without any place first."""
        with self._lock:
            left = [song for song in self._songs.values() if self._is_unheard(song, model)]
            return sorted(left, key=lambda song: self._point(song) is not None)

    def keep(self, key: str, heard: Heard) -> None:
        """Keep what was heard in a song. Raises Unavailable."""
        self._kept.save(key, heard)
        with self._lock:
            self._heard[key], self._placed = heard, None

    def _is_unheard(self, song: ServerSong, model: str) -> bool:
        known = self._heard.get(song.key)
        return song.mood is None and (known is None or known.model != model)

    def _point(self, song: ServerSong) -> Point | None:
        if song.mood is not None:
            return song.mood
        heard = self._heard.get(song.key)
        return song.guess if heard is None or heard.point is None else heard.point

    def _pages(self, stopping: Callable[[], bool]) -> dict[str, ServerSong]:
        """Return the songs by key, up to the limit; a page of known ones ends a server's lies."""
        server = self.client.address.base
        found: dict[str, ServerSong] = {}
        asked = 0
        while len(found) < self._max_songs and asked < MAX_SONGS and not stopping():
            items = self.client.songs(asked, deadline=time.monotonic() + PAGE_S)
            if not (items or asked):
                items = self.client.some_songs(deadline=time.monotonic() + PAGE_S)
            known = [song for item in items if (song := song_of(item, server)) is not None]
            new = {song.key: song for song in known if song.key not in found}
            found.update(new)
            with self._lock:
                self._songs, self._placed = {**self._songs, **new}, None
            self._listed.set()
            asked += len(items)
            if len(items) < PAGE_SIZE or (known and not new):
                break
        return dict(islice(found.items(), self._max_songs))

    def _note(self, failure: SourceError | None) -> None:
        self._state = time.monotonic(), failure
