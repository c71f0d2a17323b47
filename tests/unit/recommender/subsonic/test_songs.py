"""Songs as servers describe them, and the moods that their tags tell."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.mood import EMOTION_POINTS, distance
from recommender.song_words import SONG_WORDS, song_word
from recommender.subsonic.songs import MAX_ID, ServerSong, point_of_word, song_of
from recommender.types import SourceName
from tests.fakes.subsonic import song

SERVER = "https://music.example.org"


def made(**others: object) -> ServerSong:
    found = song_of(song(1, **others), SERVER)
    assert found is not None
    return found


def test_a_song_has_all_that_the_server_tells() -> None:
    found = made(moods=["Happy"], explicitStatus="explicit")
    assert (found.id, found.title, found.artists) == ("so-1", "Fake Song 1", ("Fake Artist 1",))
    assert (found.album, found.year, found.genre) == ("Fake Album", 2000, "Hip-Hop/Rap")
    assert (found.seconds, found.suffix, found.bpm) == (181.0, "wav", 61.0)
    assert found.mood == EMOTION_POINTS["happy"]
    track = found.track_at(found.mood)
    assert (track.source, track.source_id) == (SourceName.SERVER, found.key)
    assert (track.valence, track.energy, track.tempo) == (*found.mood, 61.0)
    assert track.explicit
    assert found.plays_in_browsers
    assert not made(suffix="wma").plays_in_browsers
    # The key tells neither the server nor the id, and is another on another server.
    assert "so-1" not in found.key
    other = song_of(song(1), "https://other.example.org")
    assert other is not None
    assert other.key != found.key


@pytest.mark.parametrize(
    "others",
    [
        *({"id": ""}, {"id": None}, {"id": 7}, {"id": "x" * (MAX_ID + 1)}, {"id": "a\nb"}),
        *({"title": ""}, {"title": None}, {"title": "\u200b"}, {"isDir": True}, {"isVideo": True}),
        *({"type": "podcast"}, {"mediaType": "audiobook"}, {"type": ["music"]}),
        {"artist": "", "artists": []},
    ],
    ids=str,
)
def test_what_is_no_song_is_left_out(others: dict[str, object]) -> None:
    assert song_of(song(1, **others), SERVER) is None


def test_what_makes_no_sense_counts_as_unknown() -> None:
    found = made(year=-4, duration=math.nan, size="big", suffix="../sh", coverArt="", bpm=True)
    assert (found.year, found.seconds, found.size, found.suffix) == (None, None, None, "")
    assert (found.cover, found.bpm) == (None, None)
    assert made(year=10**400).year is None
    assert made(artists=None, artist="One").artists == ("One",)
    assert made(artists=[{"name": "One"}, {"name": ""}, {"name": "One"}, 3]).artists == ("One",)


@given(st.dictionaries(st.sampled_from(sorted(song(1))), st.none() | st.floats() | st.text()))
def test_no_description_is_too_strange(others: dict[str, object]) -> None:
    song_of({**song(1), **others}, SERVER)


@pytest.mark.parametrize("word", SONG_WORDS)
def test_moodrings_own_words_lie_where_it_uses_them(word: str) -> None:
    point = point_of_word(word.title())
    assert point is not None
    assert song_word(*point).id == f"song-{word}"


def test_mood_words_are_understood_and_others_are_not_guessed() -> None:
    for word, feeling in (("Sad", "sad"), ("angry", "angry"), ("Cheerful", "happy")):
        assert point_of_word(word) == EMOTION_POINTS[feeling]
    for word in ("", "Epic", "Sad and slow", "jazz", "🙂"):
        assert point_of_word(word) is None
    both = made(moods=["Happy", "Epic", "Sad"]).mood
    happy, sad = EMOTION_POINTS["happy"], EMOTION_POINTS["sad"]
    assert both == pytest.approx(((happy[0] + sad[0]) / 2, (happy[1] + sad[1]) / 2))
    assert made(moods="Happy").mood == happy
    assert made(moods=[1, None]).mood is None


def test_genre_and_tempo_give_a_guess() -> None:
    metal = made(genre="Death Metal", bpm=None).guess
    ambient = made(genre="ambient", bpm=0).guess
    assert metal is not None
    assert ambient is not None
    assert distance(metal, ambient) > 0.5
    fast, slow = (made(genre="Death Metal", bpm=bpm).guess for bpm in (400, 40))
    assert fast is not None
    assert slow is not None
    assert (fast[0], slow[0]) == (metal[0], metal[0])
    assert slow[1] < metal[1] < fast[1] <= 1
    assert made(genre="no such genre", bpm=95).guess == (0.0, 0.5)
    assert made(genre=None, bpm=None).guess is None
