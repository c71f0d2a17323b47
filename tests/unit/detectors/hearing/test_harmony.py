"""Key, mode and chords of chords made in the test: what is major, and what does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from detectors.hearing.harmony import CLASSES, HOP, WINDOW, harmony, magnitudes
from detectors.hearing.spectrogram import RATE
from tests.fakes import sounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

# I, IV, V, I of C major and C minor, as semitones above middle C.
MAJOR = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
MINOR = ((0, 3, 7), (5, 8, 12), (7, 10, 14), (0, 3, 7))
MIDDLE_C = 60
# Where in the result what stands.
MODE, MINOR_SHARE, CHANGES = slice(0, 3), 3, 10
FROM_TONIC, MAJOR_SHARES, MINOR_SHARES = slice(17, 41), slice(65, 77), slice(77, 89)


def played(chords: tuple[tuple[int, ...], ...], shift: float = 0) -> NDArray[np.float32]:
    """Return two seconds of each chord, so many semitones up."""
    time = np.arange(2 * RATE) / RATE
    sound = np.zeros((len(chords), len(time)))
    for row, chord in enumerate(chords):
        for note in chord:
            hertz = 440 * 2 ** ((MIDDLE_C + note + shift - 69) / 12)
            for partial, weight in enumerate((1.0, 0.3, 0.1), start=1):
                sound[row] += 0.1 * weight * np.sin(2 * np.pi * hertz * partial * time)
    return sound.ravel().astype(np.float32)


def described(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    return harmony(magnitudes(sound))


def test_there_is_a_spectrum_each_hop_and_each_is_that_of_its_time() -> None:
    sound = np.concatenate([played(MAJOR[:1], -12), played(MAJOR[:1], 12)])
    found = magnitudes(sound)
    assert found.shape == (1 + len(sound) // HOP, WINDOW // 2 + 1)
    loudest = found.argmax(axis=1) * RATE / WINDOW
    border = 2 * RATE // HOP
    assert loudest[: border - 2].max() < 200
    assert loudest[border + 3 :].min() > 500


def test_the_result_is_as_wide_as_its_docstring_says() -> None:
    found = described(played(MAJOR))
    assert found.shape == (89,)
    assert f"[shape=({len(found)},)]" in str(harmony.__doc__)


@pytest.mark.parametrize("shift", [0, 4, 7])
def test_major_is_told_from_minor(shift: int) -> None:
    major, minor = described(played(MAJOR, shift)), described(played(MINOR, shift))
    assert major[MODE][2] > 0.1
    assert minor[MODE][2] < -0.1
    assert major[MINOR_SHARE] < 0.1
    assert minor[MINOR_SHARE] > 0.9
    for found in (major, minor):
        assert found[MODE][2] == pytest.approx(found[MODE][0] - found[MODE][1])
        assert found[MODE][:2].max() > 0.8


@pytest.mark.parametrize("shift", [0, 4, 7])
def test_a_pattern_in_c_major_and_a_pad_in_a_minor_are_told_apart(shift: int) -> None:
    # Played faster, the same sound is higher: the scale goes up by semitones.
    rate = round(sounds.RATE * 2 ** (-shift / 12))
    for sound, sign in ((sounds.pattern(12, rate), 1), (sounds.pad(16, rate), -1)):
        spaced = np.arange(0, len(sound), sounds.RATE / RATE)
        slower = np.interp(spaced, np.arange(len(sound)), sound).astype(np.float32)
        assert sign * described(slower)[MODE][2] > 0


@pytest.mark.parametrize("chords", [MAJOR, MINOR], ids=["major", "minor"])
@pytest.mark.parametrize("shift", [1, 2, 5, 7, 11, -5, -3, 0.3, -0.3, 0.5])
def test_neither_key_nor_tuning_matters(chords: tuple[tuple[int, ...], ...], shift: float) -> None:
    before, after = described(played(chords)), described(played(chords, shift))
    np.testing.assert_allclose(after[FROM_TONIC], before[FROM_TONIC], atol=0.05)
    np.testing.assert_allclose(after[MODE], before[MODE], atol=0.15)
    np.testing.assert_allclose(after[MAJOR_SHARES], before[MAJOR_SHARES], atol=0.05)
    np.testing.assert_allclose(after[MINOR_SHARES], before[MINOR_SHARES], atol=0.05)


def test_chords_stand_by_their_place_above_the_tonic() -> None:
    shares = described(played(MAJOR, 3))[MAJOR_SHARES]
    assert shares.sum() > 0.9
    # Two of four are the tonic, one the fourth and one the fifth.
    np.testing.assert_allclose(shares[[0, 5, 7]], [0.5, 0.25, 0.25], atol=0.05)


def test_a_minor_chord_stands_by_its_place_above_the_tonic_of_the_relative_major() -> None:
    shares = described(played(MINOR, 3))[MINOR_SHARES]
    np.testing.assert_allclose(shares[[9, 2, 4]], [0.5, 0.25, 0.25], atol=0.05)


def test_chords_that_change_are_told_from_one_that_is_held() -> None:
    held, moving = described(played(MAJOR[:1] * 4)), described(played(MAJOR))
    assert held[CHANGES] < 0.02
    # Three changes in 63 frames.
    assert moving[CHANGES] >= 3 / 63 - 1e-9
    assert moving[CHANGES] < 0.15


def test_a_melody_of_all_twelve_notes_is_less_clear_than_a_chord() -> None:
    clear = described(played(MAJOR[:1]))
    unclear = described(played((tuple(range(CLASSES)),)))
    assert clear[MODE][:2].max() > unclear[MODE][:2].max() + 0.2
    entropy = 6
    assert unclear[entropy] > clear[entropy] + 0.5
    assert unclear[entropy] <= np.log(CLASSES) + 1e-6
