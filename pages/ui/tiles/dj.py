"""DJ mode on the Listen page: a steady new mood, and the song that it puts next in the browser.

The switch is the dock's; the browser tells which song plays while it is on. The page answers with
the song that comes next and why, and the player takes it without cutting anything off. While the
dock is closed and a device plays for the visitor at Spotify, its queue takes the song. Mood sound
follows the mood by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from pages.ui import dock
from pages.ui.dock import Item
from pages.ui.tiles import device, items, playing
from pages.ui.tiles.playing import Playing
from recommender.dj import choose_next, is_new
from recommender.types import Mood, Tile
from recommender.wording import sentence

_STATE = "dj"


@dataclass(slots=True)
class Dj:
    """One visitor's DJ.

    Attributes
    ----------
    given : the song that was put next last, as the browser takes it; None before the first
    """

    given: Item | None = None
    _queue: tuple[Tile, ...] = ()
    _known: dict[str, Tile] = field(default_factory=dict)
    _played: set[str] = field(default_factory=set)
    # The mood of the list that the playing song came from; a mood picked by hand brings another.
    _before: Mood | None = None
    _answered: tuple[str, Mood] | None = None
    _turn: int = 0

    def on_device(self, now: Playing) -> str:
        """Return the id of the song that was started on the visitor's device; "" for none."""
        tiles = (*self._known.values(), *now.tiles, *now.own)
        return next((one.track.source_id for one in tiles if device.plays(one.track)), "")

    def follow(
        self,
        mood: Mood,
        now: Playing,
        key: str,
        look: Callable[[Mood], Sequence[Tile]],
        put: Callable[[Tile, str], bool] | None = None,
    ) -> None:
        """Choose the song after the one that plays, once for each song and each new mood.

        Parameters
        ----------
        mood : Mood, steady
        key : str, id of the song that plays
        look : callable, returns further songs near a mood
        put : callable or None, puts a song next for a reason, or returns False where it cannot;
            None to give it to the browser
        """
        tiles = (*now.tiles, *now.own)
        if tiles != self._queue:
            self._queue, self._played = tiles, set()
            self._known |= {one.track.source_id: one for one in tiles}
        if key not in self._known:
            return
        self._played.add(key)
        if self._before is None or key in {one.track.source_id for one in tiles}:
            self._before = now.mood
        told = self._answered
        if not is_new(mood, self._before):
            return
        if told is not None and told[0] == key and not is_new(mood, told[1]):
            return
        self._answered = key, mood
        more = look(mood)
        self._known |= {one.track.source_id: one for one in more}
        silent: set[str] = set()
        while chosen := choose_next(
            mood,
            self._before,
            self._known[key].track,
            [one.track for one in tiles],
            [one.track for one in more],
            played=self._played | silent,
        ):
            following = chosen.track.source_id
            if (put or self._give)(self._known[following], sentence(chosen.reason)):
                if put is not None:
                    # A queue elsewhere keeps its songs.
                    self._played.add(following)
                return
            # It would only lead to a place elsewhere.
            silent.add(following)

    def _give(self, tile: Tile, reason: str) -> bool:
        item = items.of_tile(tile)
        if not item["kind"]:
            return False
        self._turn += 1
        self.given = {**item, "reason": reason, "turn": self._turn}
        return True


def is_on() -> bool:
    """Return whether a song plays while the DJ is on, in the dock or else on a device."""
    key = dock.dj_plays()
    return bool(key) or (key == "" and device.may_queue())


def follow(mood: Mood | None, *, settled: bool) -> None:
    """Follow the mood that is read, and give the browser the song that comes next.

    Parameters
    ----------
    settled : bool, whether the mood has; one that is chosen by hand has so at once
    """
    now = playing.playing()
    mine: Dj = st.session_state.setdefault(_STATE, Dj())
    key, put = dock.dj_plays(), None
    if key == "" and now is not None:
        key, put = mine.on_device(now), device.put_next
    if now is not None and mood is not None and key and settled:
        mine.follow(mood, now, key, playing.near, put)
    dock.show_next(mine.given)
