"""What is learned of a listener's taste."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.taste import (
    EXPLORATION,
    KINDS,
    MAX_OPINIONS,
    REGIONS_PER_SIDE,
    REWARDS,
    RIDGE,
    Opinion,
    Taste,
    Traits,
    Verdict,
)
from tests.bench.taste import AGAIN, COLOURS, NEAREST, NEW, OURS, draw, line, made_world, regrets

TRAITS = st.builds(
    Traits,
    artist=st.sampled_from(("Fairuz", "Queen", "A. R. Rahman", "MØ")),
    genre=st.none() | st.sampled_from(("pop", "rock", "tarab")),
    language=st.none() | st.sampled_from(("Arabic", "English")),
    valence=st.none() | st.floats(-1, 1),
    energy=st.none() | st.floats(0, 1),
)
OPINION = st.builds(Opinion, traits=TRAITS, verdict=st.sampled_from(Verdict))
OPINIONS = st.lists(OPINION, max_size=30)
SEEDS = st.integers(0, 2**32 - 1)

QUEEN = Traits("Queen", "rock", "English", 0.5, 0.9)
FAIRUZ = Traits("Fairuz", "lebanese folk", "Arabic", -0.5, 0.3)


def taste_of(*verdicts: tuple[Traits, Verdict]) -> Taste:
    return Taste.learned([Opinion(traits, verdict) for traits, verdict in verdicts])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def posterior_by_weights(
    opinions: list[Opinion], songs: list[Traits]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the songs' sums, as Agrawal & Goyal write them, with B itself.

    For songs that have an artist only.
    """
    artists = sorted({one.artist for one in [*songs, *(one.traits for one in opinions)]})

    def one_hot(rows: list[Traits]) -> np.ndarray:
        return np.array([[float(row.artist == artist) for artist in artists] for row in rows])

    x, x_songs = one_hot([one.traits for one in opinions]), one_hot(songs)
    rewards = np.array([REWARDS[one.verdict] for one in opinions])
    inverse = np.linalg.inv(RIDGE * np.eye(len(artists)) + x.T @ x)
    return x_songs @ inverse @ x.T @ rewards, EXPLORATION**2 * x_songs @ inverse @ x_songs.T


@given(st.lists(OPINION, min_size=1, max_size=30), st.lists(TRAITS, max_size=10), SEEDS)
def test_every_answer_is_finite_and_in_range(
    opinions: list[Opinion], songs: list[Traits], seed: int
) -> None:
    taste = Taste.learned(opinions)
    answers = [*map(taste.expected, songs), *taste.sampled(songs, rng(seed))]
    assert len(answers) == 2 * len(songs)
    assert all(-1 <= answer <= 1 for answer in answers)
    assert all(math.isfinite(part) for one in songs for part in taste.parts(one).values())


@given(st.lists(TRAITS, max_size=10), SEEDS)
def test_a_newcomer_is_expected_to_like_everything_alike(songs: list[Traits], seed: int) -> None:
    taste = Taste.learned([])
    assert taste.empty
    assert taste.sampled(songs, rng(seed)) == [0] * len(songs)
    assert all(taste.expected(one) == 0 for one in songs)
    assert not any(part for one in songs for part in taste.parts(one).values())


def test_who_has_said_something_is_no_newcomer() -> None:
    assert not taste_of((QUEEN, Verdict.SKIP)).empty


@given(OPINIONS)
def test_what_was_never_heard_is_neither_liked_nor_disliked(opinions: list[Opinion]) -> None:
    taste = Taste.learned(opinions)
    assert taste.expected(Traits("Nobody", "no genre", "no language")) == 0


@pytest.mark.parametrize("artist", ["Queen", "QUEEN", "queen "])
def test_a_like_raises_the_same_artist_however_it_is_written(artist: str) -> None:
    assert taste_of((QUEEN, Verdict.LIKE)).expected(Traits(artist)) > 0


def test_a_ban_lowers_the_artist_more_than_a_skip() -> None:
    artist = Traits("Queen")
    banned = taste_of((QUEEN, Verdict.BAN)).expected(artist)
    skipped = taste_of((QUEEN, Verdict.SKIP)).expected(artist)
    assert banned < skipped < 0


@given(OPINIONS, OPINION)
def test_an_opinion_moves_its_song_towards_its_reward(
    opinions: list[Opinion], opinion: Opinion
) -> None:
    before, after = (
        math.fsum(Taste.learned(known).parts(opinion.traits).values())
        for known in (opinions, [*opinions, opinion])
    )
    reward = REWARDS[opinion.verdict]
    assert abs(reward - after) <= abs(reward - before) + 1e-9
    assert (after - before) * (reward - before) >= -1e-9


def test_many_likes_of_one_artist_are_the_artists_and_not_the_genres() -> None:
    songs = [Traits("Queen", genre) for genre in ("rock", "pop", "disco", "opera")]
    parts = taste_of(*((song, Verdict.LIKE) for song in songs)).parts(songs[0])
    assert parts["artist"] > parts["genre"] > 0


@given(OPINIONS.flatmap(lambda known: st.tuples(st.just(known), st.permutations(known))), TRAITS)
def test_the_order_of_opinions_does_not_matter(
    orders: tuple[list[Opinion], list[Opinion]], song: Traits
) -> None:
    first, second = (Taste.learned(order) for order in orders)
    assert first.expected(song) == pytest.approx(second.expected(song), abs=1e-9)


@given(OPINIONS, TRAITS)
def test_the_expectation_is_made_of_the_parts_that_the_song_has(
    opinions: list[Opinion], song: Traits
) -> None:
    taste = Taste.learned(opinions)
    parts = taste.parts(song)
    assert taste.expected(song) == pytest.approx(math.tanh(math.fsum(parts.values())))
    has_region = song.valence is not None and song.energy is not None
    had = (True, song.genre is not None, song.language is not None, has_region)
    assert list(parts) == [kind for kind, has in zip(KINDS, had, strict=True) if has]


@given(OPINIONS, st.lists(TRAITS, max_size=10), SEEDS)
def test_the_same_seed_draws_the_same(
    opinions: list[Opinion], songs: list[Traits], seed: int
) -> None:
    taste = Taste.learned(opinions)
    assert taste.sampled(songs, rng(seed)) == taste.sampled(songs, rng(seed))


@given(st.lists(OPINION, min_size=1, max_size=30), TRAITS, SEEDS)
def test_songs_with_the_same_traits_share_one_draw(
    opinions: list[Opinion], song: Traits, seed: int
) -> None:
    first, other, last = Taste.learned(opinions).sampled([song, FAIRUZ, song], rng(seed))
    assert first == last
    assert first != other or song == FAIRUZ


def test_draws_differ_from_one_another() -> None:
    taste, generator = taste_of((QUEEN, Verdict.LIKE)), rng()
    assert taste.sampled([QUEEN], generator) != taste.sampled([QUEEN], generator)


def test_draws_have_the_papers_mean_and_covariance() -> None:
    songs = [Traits(artist) for artist in ("Queen", "Fairuz", "Nobody")]
    opinions = [Opinion(songs[0], Verdict.LIKE)] * 6 + [Opinion(songs[1], Verdict.SKIP)]
    taste, generator = Taste.learned(opinions), rng()
    mean, covariance = posterior_by_weights(opinions, songs)
    draws = np.arctanh([taste.sampled(songs, generator) for _ in range(20_000)])
    assert np.arctanh([taste.expected(one) for one in songs]) == pytest.approx(mean)
    assert draws.mean(axis=0) == pytest.approx(mean, abs=0.002)
    assert np.cov(draws.T) == pytest.approx(covariance, abs=0.0001)
    assert covariance[0, 0] < covariance[1, 1] < covariance[2, 2] == EXPLORATION**2 / RIDGE


@given(st.lists(OPINIONS, min_size=2, max_size=6), TRAITS, SEEDS)
def test_what_is_learned_step_by_step_is_what_is_learned_at_once(
    steps: list[list[Opinion]], song: Traits, seed: int
) -> None:
    taste = Taste.learned([])
    for opinions in steps:
        taste = Taste.learned(opinions, taste)
        at_once = Taste.learned(opinions)
        assert Counter(taste.opinions) == Counter(opinions)
        assert taste.expected(song) == pytest.approx(at_once.expected(song), abs=1e-9)
        draw = taste.sampled([song], rng(seed))
        assert all(-1 <= one <= 1 for one in draw)


@given(OPINIONS, OPINIONS, OPINIONS)
def test_the_kept_inverse_stays_an_inverse(
    dropped: list[Opinion], shared: list[Opinion], new: list[Opinion]
) -> None:
    taste = Taste.learned([*shared, *new], Taste.learned([*dropped, *shared]))
    rows = taste.rows
    gram = RIDGE * np.eye(len(rows))
    gram += ((rows[:, None] == rows[None]) & (rows[:, None] != 0)).sum(axis=2)
    np.testing.assert_allclose(taste.inverse @ gram, np.eye(len(rows)), atol=1e-9)


def test_after_many_steps_to_the_limit_and_beyond_nothing_has_drifted() -> None:
    generator = rng(3)
    said = [
        Opinion(
            Traits(f"Artist {generator.integers(40)}", f"genre {generator.integers(5)}"),
            Verdict.LIKE if generator.random() < 0.6 else Verdict.SKIP,
        )
        for _ in range(MAX_OPINIONS + 100)
    ]
    taste = Taste.learned([])
    for count in range(5, len(said) + 1, 5):
        taste = Taste.learned(said[:count], taste)
    at_once = Taste.learned(said)
    songs = [one.traits for one in said]
    found, expected = ([one.expected(song) for song in songs] for one in (taste, at_once))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_same_opinions_are_not_learned_again() -> None:
    opinions = [Opinion(QUEEN, Verdict.LIKE), Opinion(FAIRUZ, Verdict.BAN)]
    taste = Taste.learned(opinions)
    assert Taste.learned(opinions[::-1], taste) is taste
    assert Taste.learned(opinions[:1], taste) is not taste


def test_only_the_last_opinions_count() -> None:
    last = [Opinion(QUEEN, Verdict.LIKE)] * MAX_OPINIONS
    taste = Taste.learned([Opinion(FAIRUZ, Verdict.BAN), *last])
    assert taste.expected(FAIRUZ) == 0
    assert taste.expected(QUEEN) == Taste.learned(last).expected(QUEEN)


def test_the_first_opinion_within_the_limit_counts() -> None:
    last = [Opinion(QUEEN, Verdict.LIKE)] * (MAX_OPINIONS - 1)
    assert Taste.learned([Opinion(FAIRUZ, Verdict.BAN), *last]).expected(FAIRUZ) < 0


def test_the_limits_are_the_documented_ones() -> None:
    assert (MAX_OPINIONS, REGIONS_PER_SIDE, RIDGE, EXPLORATION) == (500, 3, 5, 0.1)
    assert REWARDS == {Verdict.LIKE: 1, Verdict.SKIP: -0.5, Verdict.BAN: -1}


@pytest.mark.parametrize(
    ("point", "alike"),
    [((0.0, 0.5), True), ((0.3, 0.4), True), ((0.4, 0.5), False), ((0.0, 0.7), False)],
)
def test_a_region_is_a_third_of_the_plane_and_neutral_lies_amid_one(
    point: tuple[float, float], alike: bool
) -> None:
    taste = taste_of((Traits("Queen", valence=0.0, energy=0.5), Verdict.LIKE))
    part = taste.parts(Traits("Nobody", valence=point[0], energy=point[1]))["region"]
    assert (part > 0) == alike


@pytest.mark.parametrize(("valence", "energy"), [(-1, 0), (-1, 1), (1, 0), (1, 1)])
def test_the_corners_of_the_plane_have_regions_of_their_own(valence: float, energy: float) -> None:
    inner = Traits("Nobody", valence=valence * 0.9, energy=abs(energy - 0.1))
    taste = taste_of((Traits("Queen", valence=valence, energy=energy), Verdict.LIKE))
    assert taste.parts(inner)["region"] > 0
    assert taste.parts(Traits("Nobody", valence=-valence, energy=1 - energy))["region"] == 0


@pytest.mark.parametrize(
    ("valence", "energy"),
    [(-1.01, 0.5), (1.01, 0.5), (0, -0.01), (0, 1.01), (math.nan, 0.5), (0, math.nan)],
)
def test_a_place_outside_the_plane_is_refused(valence: float, energy: float) -> None:
    with pytest.raises(ValueError, match="outside the plane"):
        Traits("Queen", valence=valence, energy=energy)


@pytest.mark.parametrize("setting", [NEW, AGAIN])
def test_listeners_with_known_tastes_lose_less_than_without_learning(setting: str) -> None:
    lost = regrets(made_world(8, seed=5), setting, (OURS, NEAREST), rounds=40, seed=5)
    totals = {name: values.sum(axis=1) for name, values in lost.items()}
    saved = totals[NEAREST] - totals[OURS]
    assert saved.mean() > 3 * saved.std(ddof=1) / math.sqrt(len(saved))


def test_the_plot_and_the_figures_name_every_policy() -> None:
    found = {
        setting: regrets(made_world(2, seed=5), setting, tuple(COLOURS), rounds=10, seed=5)
        for setting in (NEW, AGAIN)
    }
    plot = draw(found)
    for setting, lost in found.items():
        assert setting.capitalize() in plot
        assert all(name in plot and name in line(setting, name, lost[name]) for name in lost)
