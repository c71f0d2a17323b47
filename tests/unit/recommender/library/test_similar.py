"""Songs like one, and a way between two, on made-up recordings."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.library.recordings import Recording
from recommender.library.similar import (
    MOST_BETWEEN,
    MOST_LIKE,
    NEAREST,
    SONGS_PER_ARTIST,
    HeardSong,
    _Heard,
    heard_recording,
    heard_track,
    more_like,
    path_between,
)
from recommender.library.source import track_of
from recommender.mood import distance

SONG = Recording(
    *("key", "sha", "stamp", 1, Path("/nowhere/a.mp3"), "Title", "Artist", None, None, None, None),
    *(0.4, 0.6, 0.4, 0.6, (0.7, 0.1, 0.1, 0.1), (0.2,) * 9),
    corrected=False,
    dropped=False,
)

SHARES = st.floats(0, 1)


@st.composite
def songs(draw: st.DrawFn) -> list[HeardSong]:
    """Songs of which only some were heard whole."""
    found = []
    for number in range(draw(st.integers(2, 12))):
        weights = [draw(st.floats(0.01, 1)) for _ in range(4)]
        whole = draw(st.booleans())
        found.append(
            HeardSong(
                f"{number}",
                draw(st.sampled_from("ABC")),
                draw(st.floats(-1, 1)),
                draw(SHARES),
                draw(st.none() | st.floats(40, 220)),
                tuple(weight / sum(weights) for weight in weights) if whole else (),
                tuple(draw(SHARES) for _ in range(9)) if whole else (),
            )
        )
    return found


def at(key: str, valence: float, energy: float = 0.5, **more: object) -> HeardSong:
    return HeardSong(key, f"artist {key}", valence, energy, **more)  # type: ignore[arg-type]


def away(all_: list[HeardSong]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    heard = _Heard(all_)
    return np.array([heard.distances_from(place) for place in range(len(all_))])


@given(songs())
def test_the_distance_is_one(all_: list[HeardSong]) -> None:
    found = away(all_)
    assert np.isfinite(found).all()
    assert found == pytest.approx(found.T)
    assert np.diag(found) == pytest.approx(0)
    assert found.max() <= math.sqrt(2)


@given(songs())
def test_the_nearest_come_first_and_no_artist_fills_the_list(all_: list[HeardSong]) -> None:
    found = more_like(all_, "0")
    assert "0" not in found
    assert len(found) == len(set(found))
    distances = away(all_)[0]
    ranks = [distances[int(key)] for key in found]
    assert ranks == sorted(ranks)
    artists = [all_[int(key)].artist for key in found]
    for artist in "ABC":
        there = sum(one.artist == artist for one in all_[1:])
        assert artists.count(artist) == min(there, SONGS_PER_ARTIST)
    assert more_like(all_, "0", 1) == found[:1]


@given(songs(), st.integers(1, MOST_BETWEEN))
def test_a_way_leads_from_one_end_to_the_other_in_smaller_steps(
    all_: list[HeardSong], limit: int
) -> None:
    found = path_between(all_, "0", "1", limit)
    assert (found[0], found[-1]) == ("0", "1")
    assert len(found) == len(set(found)) <= limit + 2
    distances = away(all_)
    whole = distances[0, 1]
    for key in found[1:-1]:
        assert distances[0, int(key)] ** 2 + distances[1, int(key)] ** 2 <= whole**2 * (1 + 1e-9)
    assert path_between(all_, "0", "0") == ["0"]


def test_what_is_known_of_both_counts() -> None:
    quadrants, feelings = (0.7, 0.1, 0.1, 0.1), (0.3,) * 9
    whole = at("a", 0.5, quadrants=quadrants, feelings=feelings, tempo=100.0)
    others = {
        "same place, other feelings": replace(whole, feelings=(0.6, *(0.3,) * 8)),
        "same place, other quadrants": replace(whole, quadrants=(0.1, 0.7, 0.1, 0.1)),
        "twice the beat": replace(whole, tempo=200.0),
        "another beat": replace(whole, tempo=140.0),
        "a place only": at("", 0.5),
        "another place only": at("", -0.5),
    }
    all_ = [whole, *(replace(one, key=name) for name, one in others.items())]
    found = dict(zip([one.key for one in all_], away(all_)[0], strict=True))
    assert found["twice the beat"] == found["a place only"] == 0
    assert 0 < found["another beat"] < found["same place, other quadrants"]
    assert 0 < found["same place, other feelings"] < found["same place, other quadrants"]
    assert found["another place only"] == pytest.approx(distance((0.5, 0.5), (-0.5, 0.5)))


def test_rare_feelings_differ_more_than_common_ones() -> None:
    shares = (0.02, 0.10, 0.52, 0.60)
    quadrants = (0.25,) * 4
    a, b, c, d = (
        at(f"{share}", 0.0, quadrants=quadrants, feelings=(share,) * 9) for share in shares
    )
    found = away([a, b, c, d])
    assert found[0, 1] > 1.5 * found[2, 3]


def test_a_way_along_a_line_takes_equal_steps() -> None:
    line = [at(f"{place}", -1 + place / 50) for place in range(101)]
    aside = [at(f"aside {place}", -1 + place / 50, 0.0) for place in range(101)]
    found = path_between([*line, *aside], "0", "100", 4)
    places = [line[int(key)].valence for key in found]
    steps = [after - before for before, after in itertools.pairwise(places)]
    assert min(steps) > 0.3
    assert max(steps) < 0.5
    assert len(path_between(line, "0", "100")) == MOST_BETWEEN + 2


def test_where_nothing_lies_between_the_ends_follow_each_other() -> None:
    far = [at("a", -0.1), at("b", 0.1), at("c", 0.0, 1.0)]
    assert path_between(far, "a", "b") == ["a", "b"]
    # Two songs in one place, and one that nobody has.
    assert path_between([at("a", 0.0), at("b", 0.0)], "a", "b") == ["a", "b"]
    with pytest.raises(ValueError, match="not in list"):
        more_like(far, "nobody's")


def test_large_libraries_have_short_lists() -> None:
    chance = np.random.default_rng(7)
    many = [
        at(f"{number}", *point)
        for number, point in enumerate(chance.uniform((-1, 0), 1, (2000, 2)).tolist())
    ]
    assert len(more_like(many, "0")) == MOST_LIKE
    assert len(path_between(many, "0", "1")) <= MOST_BETWEEN + 2
    assert len(many) > NEAREST


def test_recordings_and_tracks_are_heard_songs() -> None:
    one = heard_recording(SONG)
    assert (one.key, one.quadrants, one.feelings) == (SONG.key, SONG.quadrants, SONG.feelings)
    track = track_of(SONG)
    known = heard_track(track)
    assert known is not None
    assert (known.key, known.valence, known.quadrants) == (SONG.key, SONG.valence, ())
    assert heard_track(replace(track, energy=None)) is None
