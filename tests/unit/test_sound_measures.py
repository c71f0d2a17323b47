"""The measures of the mood sound, on sounds of which the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sound import measure
from tests.sound.table import Heard, line, points_right

RATE = 24_000
TIME = np.arange(8 * RATE) / RATE


def tone(hertz: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * TIME)).astype(np.float32)[None]


def test_loudness_of_the_standards_sine_and_the_peak_between_samples() -> None:
    """ITU-R BS.1770-4: a sine of 997 Hz at full scale in one channel has −3.01 LUFS."""
    assert measure.loudness(tone(997, 1.0), RATE).lufs == pytest.approx(-3.01, abs=0.05)
    # A quarter of the rate, an eighth of a period late: no sample comes near the peak.
    late = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4).astype(np.float32)[None]
    assert np.abs(late).max() == pytest.approx(0.707, abs=0.001)
    assert measure.loudness(late, RATE).peak == pytest.approx(0, abs=0.3)


def test_silence_is_the_longest_rest() -> None:
    samples = tone(440)
    samples[:, RATE : 2 * RATE] = 0
    samples[:, 4 * RATE : round(6.5 * RATE)] = 0
    assert measure.longest_silence(samples, RATE) == pytest.approx(2.5)


@pytest.mark.parametrize("asked", [60, 90, 140])
def test_tempo_and_onsets_of_a_row_of_clicks(asked: int) -> None:
    chance = np.random.default_rng(1)
    samples = np.zeros((1, len(TIME)), np.float32)
    for beat in np.arange(0.1, 7.9, 60 / asked):
        start = round(beat * RATE)
        samples[0, start : start + 600] = chance.standard_normal(600) * np.exp(-np.arange(600) / 90)
    assert measure.tempo(samples, RATE, asked * 1.2) == pytest.approx(asked, rel=0.01)
    assert measure.onsets_a_second(samples, RATE) == pytest.approx(asked / 60, rel=0.1)


@pytest.mark.parametrize(
    ("pitches", "key"),
    [
        ((60, 64, 67, 65, 69, 60, 67, 71, 74, 60), (0, "major")),
        ((57, 60, 64, 62, 65, 57, 64), (9, "minor")),
    ],
)
def test_key_of_a_cadence(pitches: tuple[int, ...], key: tuple[int, str]) -> None:
    part = len(TIME) // len(pitches)
    samples = np.concatenate(
        [tone(440 * 2 ** ((pitch - 69) / 12))[:, :part] for pitch in pitches], axis=1
    )
    shares = measure.chroma(samples, RATE)
    assert shares.sum() == pytest.approx(1)
    assert measure.key(shares) == key


def heard(seed: int, *, valence: float, pleasant: float) -> Heard:
    key = (0, "minor")
    numbers = (-18.0, -3.0, 0.0, 68.0, 68.0, key, key, 0.9, 2.0, 2.0)
    return Heard(valence, 0.8, seed, *numbers, pleasant, 0.7, 0.1, 0.6)


def test_a_point_is_right_by_two_of_three() -> None:
    """Two of three take the point; a line of the table says what is wrong."""
    takes = [heard(seed, valence=-0.6, pleasant=p) for seed, p in enumerate((0.2, 0.4, 0.9))]
    takes += [heard(seed, valence=0.6, pleasant=p) for seed, p in enumerate((0.2, 0.4, 0.9))]
    assert points_right(takes, "valence_right") == 1
    assert points_right(takes, "energy_right") == 2
    assert line(takes[2]).endswith("| **not V** E |")
