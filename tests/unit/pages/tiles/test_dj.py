"""DJ mode on the page: which song the browser is given, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from pages.ui import resources
from pages.ui.tiles import device, dj, playing
from pages.ui.tiles.dj import Dj
from pages.ui.tiles.playing import Playing
from recommender.errors import Unavailable
from recommender.service import Recommendation
from recommender.spotify.account import PLAY, uri_of
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


def test_a_queue_elsewhere_takes_each_song_once() -> None:
    _, look = near(tile("still", CALM), tile("calm", CALM))
    one = Dj()
    put: list[tuple[str, str]] = []

    def take(song: Tile, reason: str) -> bool:
        put.append((song.track.title, reason))
        # As a device does that has not this song.
        return song.track.title != "calm"

    one.follow(HAPPY, NOW, "party 0", look, take)
    one.follow(CALM, NOW, "party 0", look, take)
    reason = "next, because you look calmer"
    assert put == [("calm", reason), ("still", reason)]
    assert one.given is None
    one.follow(SAD, NOW, "party 0", look, take)
    assert [title for title, _ in put[2:]] == ["calm", "party 1"]


def spotifys(name: str) -> Tile:
    one = tile(name, HAPPY, SourceName.SPOTIFY)
    return replace(one, track=replace(one.track, valence=None, energy=None))


def test_songs_near_a_mood_are_spotifys_beside_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def recommend(_query: object, sources: object, *_: object, **__: object) -> Recommendation:
        asked.append(sources)
        return Recommendation((spotifys("found"), PARTY[0]), ())

    monkeypatch.setattr(playing, "recommend", recommend)
    monkeypatch.setattr(playing, "_own_sources", lambda: ["own"])
    monkeypatch.setattr(resources, "sources", lambda: ["spotify"])
    monkeypatch.setattr(playing.listener, "known", lambda: None)
    now = replace(NOW, tiles=(spotifys("playing"),))
    for shown, count in ((now, 1), (NOW, 2), (None, 0)):
        monkeypatch.setattr(playing, "playing", lambda shown=shown: shown)
        found = playing.near(CALM)
        assert len(found) == count
    assert asked == [["spotify"], ["own"]]
    monkeypatch.setattr(playing, "playing", lambda: now)
    (one,) = playing.near(CALM)
    assert (one.track.valence, one.track.energy) == (CALM.valence, CALM.energy)


class Account:
    has_ended = False

    def __init__(self, *scopes: str) -> None:
        self.scopes = frozenset(scopes)
        self.queued: list[str] = []

    def queue(self, uri: str) -> None:
        if self.queued:
            raise Unavailable("spotify-no-device")
        self.queued.append(uri)


def test_a_device_that_plays_gets_songs_that_spotify_has_and_asks_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    account = Account(PLAY)
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(device.spotify, "connected", lambda: account)
    monkeypatch.setattr(device.spotify, "say", lambda text, _: said.append(text))
    page = "https://open.spotify.com/track/0000000000000000000001"
    there = replace(PARTY[0], track=replace(PARTY[0].track, url=page))
    assert not device.may_queue()
    st.session_state[device._THERE] = uri_of(there.track)
    assert device.may_queue()
    assert [device.plays(one.track) for one in (there, PARTY[1])] == [True, False]
    assert Dj().on_device(replace(NOW, tiles=(PARTY[1], there))) == "party 0"
    assert Dj().on_device(NOW) == ""
    for key, on in (("", True), (None, False), ("party 1", True)):
        monkeypatch.setattr(dj.dock, "dj_plays", lambda key=key: key)
        assert dj.is_on() is on
    assert not device.put_next(PARTY[1], "next")
    # The second time, its refusal is said.
    assert device.put_next(there, "next")
    assert device.put_next(there, "next")
    assert account.queued == [uri_of(there.track)]
    assert said[0] == "party 0: next"
    assert len(said) == 2
    account.scopes = frozenset()
    assert not device.may_queue()
