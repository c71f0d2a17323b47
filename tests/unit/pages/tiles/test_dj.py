"""DJ mode on the page: which song the browser is given, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui.tiles import dj
from pages.ui.tiles.dj import Dj
from pages.ui.tiles.playing import Playing
from recommender.types import Mood, Preferences, Reasons, SourceName, Tile, Track

if TYPE_CHECKING:
    from collections.abc import Sequence

HAPPY, CALM, SAD = Mood(0.8, 0.75), Mood(0.5, 0.2), Mood(-0.6, 0.3)


def tile(name: str, at: Mood, source: SourceName = SourceName.LIBRARY) -> Tile:
    track = Track(name, (name,), source, name, valence=at.valence, energy=at.energy)
    link = "https://www.youtube.com/results?search_query=x"
    return Tile(track, link, link, (), Reasons(relevance=0.0, confidence=1.0))


PARTY = tuple(tile(f"party {number}", HAPPY) for number in range(3))
NOW = Playing(HAPPY, Preferences(), PARTY, ())


@pytest.fixture(autouse=True)
def item_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Songs play where they are files."""

    def of_tile(one: Tile) -> dict[str, str]:
        own = one.track.source is SourceName.LIBRARY
        return {"id": one.track.source_id, "kind": "file" if own else ""}

    monkeypatch.setattr(dj.items, "of_tile", of_tile)


def near(*found: Tile) -> tuple[list[Mood], dj.Callable[[Mood], Sequence[Tile]]]:
    asked: list[Mood] = []

    def look(mood: Mood) -> Sequence[Tile]:
        asked.append(mood)
        return found

    return asked, look


def test_a_new_mood_puts_the_nearest_song_next_and_says_why() -> None:
    asked, look = near(tile("still", CALM), tile("elsewhere", CALM, SourceName.CATALOGUE))
    one = Dj()
    one.follow(HAPPY, NOW, "party 0", look)
    assert (one.given, asked) == (None, [])
    one.follow(CALM, NOW, "party 0", look)
    assert one.given == {
        "id": "still",
        "kind": "file",
        "reason": "next, because you look calmer",
        "turn": 1,
    }
    # The same mood asks once for each song; the queue is still for another mood.
    one.follow(CALM, NOW, "party 0", look)
    assert len(asked) == 1
    one.follow(CALM, NOW, "still", look)
    assert len(asked) == 2
    assert one.given is not None
    assert (one.given["id"], one.given["turn"]) == ("party 1", 2)
    one.follow(SAD, NOW, "still", look)
    assert len(asked) == 3


def test_nothing_is_put_next_where_nothing_plays() -> None:
    elsewhere = tile("elsewhere", CALM, SourceName.CATALOGUE)
    asked, look = near(elsewhere)
    one = Dj()
    for key in ("mood-sound", "somebody's"):
        one.follow(CALM, NOW, key, look)
    assert asked == []
    alone = Playing(HAPPY, Preferences(), (PARTY[0],), ())
    one.follow(CALM, alone, "party 0", look)
    assert one.given is None
    assert len(asked) == 1


def test_a_mood_picked_by_hand_brings_its_own_list() -> None:
    _, look = near()
    one = Dj()
    one.follow(HAPPY, NOW, "party 0", look)
    still = Playing(CALM, Preferences(), (tile("still", CALM),), ())
    one.follow(CALM, still, "party 0", look)
    assert one.given is not None
    assert (one.given["id"], one.given["turn"]) == ("still", 1)
    one.follow(CALM, still, "still", look)
    assert one.given["turn"] == 1


def test_new_songs_may_come_again() -> None:
    _, look = near()
    one = Dj()
    one.follow(CALM, NOW, "party 0", look)
    assert one.given is not None
    assert one.given["id"] == "party 1"
    again = Playing(SAD, Preferences(), PARTY[:2], ())
    one.follow(CALM, again, "party 1", look)
    assert one.given["id"] == "party 0"
    assert one.given["reason"] == "next, because you look brighter"
