"""The log-mel spectrogram, against `librosa`, and its pieces of three seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors.hearing.spectrogram import (
    BLOCK,
    HOP,
    MEL_BANDS,
    PATCH_FRAMES,
    RATE,
    log_mel,
    patches,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What librosa 0.11.0 gives for `chirp`: log10(1 + 10,000 × melspectrogram(y=chirp(), sr=16_000,
# n_fft=512, hop_length=256, n_mels=96, power=2, pad_mode="reflect")). (frame, band): value.
LIBROSA = {
    (0, 0): 5.72239, (0, 95): 2.34006, (1, 2): 5.87933, (7, 3): 1.09589, (30, 12): 1.52825,
    (30, 40): 3.85698, (60, 30): 1.57765, (61, 31): 1.93644, (90, 48): 2.37157,
    (100, 60): 1.94462, (120, 95): 2.13399, (124, 70): 2.35152, (125, 71): 2.25602,
    (126, 65): 1.83815, (140, 5): 1.51146, (150, 90): 2.18398, (186, 50): 2.03347,
    (187, 0): 2.03912, (187, 48): 2.24181, (187, 95): 2.04936,
}  # fmt: skip
# The same: the mean of all, and of each twentieth frame over its bands.
LIBROSA_MEAN = 2.131797
LIBROSA_FRAMES = [
    2.26284, 2.19747, 2.1579, 2.07863, 2.05864, 2.19705, 2.13694, 1.99039, 2.1305, 2.14866,
]  # fmt: skip
# The same of the first 400 samples, fewer than a window: the mean.
LIBROSA_SHORT_MEAN = 2.265533


def chirp() -> NDArray[np.float32]:
    """Return two seconds of a tone that rises from 50 Hz to 5 kHz, in three of noise."""
    time = np.arange(3 * RATE) / RATE
    sweep = 0.4 * np.sin(2 * np.pi * (50 * time + 1250 * time**2)) * (time < 2)
    return (sweep + 0.05 * np.random.default_rng(3).normal(size=len(time))).astype(np.float32)


def test_the_values_are_those_of_librosa() -> None:
    found = log_mel(chirp())
    assert found.shape == (188, MEL_BANDS)
    assert found.dtype == np.float32
    for (frame, band), value in LIBROSA.items():
        assert found[frame, band] == pytest.approx(value, abs=3e-5), (frame, band)
    np.testing.assert_allclose(found.mean(axis=1)[::20], LIBROSA_FRAMES, atol=3e-5)
    assert found.mean(dtype=float) == pytest.approx(LIBROSA_MEAN, abs=1e-5)


def test_a_sound_shorter_than_a_window_is_mirrored_as_in_librosa() -> None:
    found = log_mel(chirp()[:400])
    assert found.shape == (2, MEL_BANDS)
    assert found.mean(dtype=float) == pytest.approx(LIBROSA_SHORT_MEAN, abs=1e-5)


@pytest.mark.parametrize("length", [257, 511, 512, 16_000, 47_872, 48_000])
def test_there_is_a_frame_each_hop(length: int) -> None:
    assert log_mel(chirp()[:length]).shape == (1 + length // HOP, MEL_BANDS)


def test_a_long_sound_is_the_same_as_its_parts() -> None:
    sound = np.tile(chirp(), 13)
    assert len(sound) > BLOCK * HOP
    found = log_mel(sound)
    start = (BLOCK - 100) * HOP
    part = log_mel(sound[start : start + 200 * HOP])
    # The part's own ends are mirrored.
    np.testing.assert_allclose(found[BLOCK - 98 : BLOCK + 98], part[2:198], atol=1e-5)
    assert len(found) == 1 + len(sound) // HOP


@given(
    samples=arrays.arrays(
        np.float32,
        st.integers(257, 2000),
        elements=st.floats(-1, 1, width=32),
        fill=st.floats(-1, 1, width=32),
    )
)
def test_any_sound_gives_finite_numbers_from_zero_up(samples: NDArray[np.float32]) -> None:
    found = log_mel(samples)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_silence_is_zero() -> None:
    assert not log_mel(np.zeros(RATE, np.float32)).any()


def numbered(frames: int) -> NDArray[np.float32]:
    """Return a spectrogram of which each frame holds its own number."""
    return np.repeat(np.arange(frames, dtype=np.float32)[:, None], MEL_BANDS, axis=1)


@pytest.mark.parametrize(
    ("frames", "hop", "starts"),
    [
        (187, 187, [0]),
        (188, 187, [0]),
        (373, 187, [0]),
        (374, 187, [0, 187]),
        (374, 93, [0, 93, 186]),
        (1000, 187, [0, 187, 374, 561, 748]),
    ],
)
def test_pieces_follow_each_other_and_the_rest_is_left_out(
    frames: int, hop: int, starts: list[int]
) -> None:
    found = patches(numbered(frames), hop)
    assert found.shape == (len(starts), PATCH_FRAMES, MEL_BANDS)
    for piece, start in zip(found, starts, strict=True):
        np.testing.assert_array_equal(piece, numbered(frames)[start : start + PATCH_FRAMES])


def test_by_default_pieces_do_not_overlap() -> None:
    assert patches(numbered(561))[:, 0, 0].tolist() == [0, 187, 374]


@pytest.mark.parametrize("frames", [1, 63, 93, 94, 186])
def test_a_short_sound_is_repeated_until_it_fills_a_piece(frames: int) -> None:
    found = patches(numbered(frames))
    assert found.shape == (1, PATCH_FRAMES, MEL_BANDS)
    assert found[0, :, 5].tolist() == [place % frames for place in range(PATCH_FRAMES)]


def test_three_seconds_are_one_piece() -> None:
    assert len(patches(log_mel(chirp()))) == 1
