"""Brightness, timbre, rhythm and loudness of sounds of which they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.hearing.descriptors import brightness, describe, dynamics, rhythm, tempo_of, timbre
from detectors.hearing.harmony import magnitudes
from detectors.hearing.music import PARTS
from detectors.hearing.spectrogram import RATE, log_mel
from tests.fakes.tones import tone

if TYPE_CHECKING:
    from collections.abc import Callable

Sound = NDArray[np.float32]


def noise(seconds: float, loudness: float = 0.1, seed: int = 0) -> Sound:
    values = loudness * np.random.default_rng(seed).normal(size=int(seconds * RATE))
    return values.clip(-1, 1).astype(np.float32)


def clicks(tempo: float, seconds: float = 12) -> Sound:
    """Return a short burst of noise at each beat."""
    sound = np.zeros(int(seconds * RATE), np.float32)
    burst = (noise(0.05, 0.5) * np.exp(-np.arange(800) / 100)).astype(np.float32)
    for beat in range(int(seconds * tempo / 60)):
        start = round(beat * 60 / tempo * RATE)
        sound[start : start + 800] += burst[: len(sound) - start]
    return sound


@pytest.mark.parametrize(
    ("part", "width"), [(brightness, 20), (timbre, 60), (rhythm, 22), (dynamics, 37)]
)
def test_each_part_is_as_wide_as_its_docstring_says(
    part: Callable[[NDArray[np.floating]], NDArray[np.floating]], width: int
) -> None:
    sound = noise(2)
    heard = magnitudes(sound) if part is brightness else log_mel(sound)
    assert part(heard).shape == (width,)
    assert f"[shape=({width},)]" in str(part.__doc__)


def test_all_parts_together_are_as_wide_as_the_embedding_holds() -> None:
    sound = noise(2)
    found = describe(sound, log_mel(sound))
    assert found.shape == (PARTS["descriptors"],)
    assert found.dtype == np.float32
    assert f"[shape=({PARTS['descriptors']},)]" in str(describe.__doc__)


@pytest.mark.parametrize("tempo", [80, 90, 100, 120, 150, 180])
def test_the_tempo_of_clicks_is_found(tempo: int) -> None:
    found = rhythm(log_mel(clicks(tempo)))
    # A frame is 16 ms.
    assert 100 * found[0] == pytest.approx(tempo, rel=0.02)
    assert found[1] > 0.5


def test_a_tempo_is_told_where_there_is_a_beat() -> None:
    for sound, told in (
        (clicks(120), True),
        (noise(12), False),
        (np.zeros(RATE, np.float32), False),
    ):
        found = tempo_of(describe(sound, log_mel(sound)))
        assert found == (pytest.approx(120, rel=0.02) if told else None)


def test_a_beat_is_clearer_than_noise_and_stands_in_the_range_of_its_tempo() -> None:
    beat, hiss = rhythm(log_mel(clicks(110))), rhythm(log_mel(noise(12)))
    assert beat[1] > hiss[1] + 0.3
    clearest = beat[8:15]
    # 40, 60, 80, 100 to 120, ...
    assert clearest[3] == pytest.approx(beat[1])
    assert clearest[3] > clearest[[2, 4, 5, 6]].max() + 0.3


def test_more_clicks_are_more_onsets() -> None:
    slow, fast = rhythm(log_mel(clicks(60))), rhythm(log_mel(clicks(180)))
    assert fast[2] == pytest.approx(3 * slow[2], rel=0.2)
    # Of all frames: 62.5 a second, and one click.
    assert slow[2] == pytest.approx(1 / 62.5, rel=0.15)


def test_onsets_are_told_apart_by_where_they_are() -> None:
    beat = (np.arange(8 * RATE) // (RATE // 4) % 2).astype(np.float32)
    low, high = (beat * tone(pitch, 8, RATE) for pitch in (150, 6000))
    low_onsets, high_onsets = slice(4, 5), slice(5, 6)
    deep, bright = rhythm(log_mel(low)), rhythm(log_mel(high))
    assert deep[low_onsets] > 2 * deep[high_onsets]
    assert bright[high_onsets] > 2 * bright[low_onsets]


def test_louder_is_louder_and_a_swell_has_a_range() -> None:
    sound = noise(4)
    means = [dynamics(log_mel(sound * factor))[0] for factor in (0.1, 0.3, 1)]
    assert means[0] + 0.5 < means[1] < means[2] - 0.5
    even = dynamics(log_mel(sound))
    swell = dynamics(log_mel(sound * np.linspace(0.01, 1, len(sound), dtype=np.float32)))
    for measure in (1, 4):
        assert swell[measure] > 2 * even[measure]


def test_a_high_tone_has_a_higher_centroid_and_noise_is_flatter() -> None:
    strongest, flatness, centroid = 1, 2, 3
    tones = (tone(500, 2, RATE), tone(3000, 2, RATE), noise(2))
    low, high, hiss = (brightness(magnitudes(sound)) for sound in tones)
    assert low[centroid] == pytest.approx(0.5, abs=0.1)
    assert high[centroid] == pytest.approx(3, abs=0.1)
    assert hiss[centroid] == pytest.approx(4, abs=0.2)
    assert hiss[flatness] > low[flatness] + 0.4
    assert low[strongest] > hiss[strongest] + 0.8


def test_timbre_does_not_depend_on_the_loudness_but_for_its_first_number() -> None:
    spectrogram = log_mel(noise(2))
    before, after = timbre(spectrogram), timbre(spectrogram + 1)
    # The first wave of an orthonormal transform of 96 bands: 1 / sqrt(96) in each.
    assert after[0] - before[0] == pytest.approx(96**0.5, abs=1e-3)
    np.testing.assert_allclose(after[1:], before[1:], atol=1e-3)


@st.composite
def sounds(draw: st.DrawFn) -> Sound:
    """Draw any sound of one to three seconds: nothing, constants, noise, clipped tones, clicks."""
    length = draw(st.integers(RATE, 3 * RATE))
    loudness = draw(st.sampled_from([0.0, 1e-30, 1e-6, 2**-15, 0.01, 1.0, 100.0]))
    seed = draw(st.integers(0, 99))
    time = np.arange(length) / RATE
    kinds: dict[str, Callable[[], NDArray[np.floating]]] = {
        "constant": lambda: np.full(length, 1.0),
        "noise": lambda: np.random.default_rng(seed).normal(size=length),
        "tone": lambda: np.sin(2 * np.pi * 97 * (seed + 1) * time),
        "square": lambda: np.sign(np.sin(2 * np.pi * 31 * (seed + 1) * time)),
        "click": lambda: np.arange(length) == length * seed // 100,
        "half": lambda: (time < 0.5) * np.random.default_rng(seed).normal(size=length),
    }
    sound = kinds[draw(st.sampled_from(sorted(kinds)))]()
    return (loudness * sound).clip(-1, 1).astype(np.float32)


@given(sound=sounds())
def test_any_sound_gives_finite_numbers(sound: Sound) -> None:
    found = describe(sound, log_mel(sound))
    assert found.shape == (PARTS["descriptors"],)
    assert np.isfinite(found).all()
