"""Log-mel spectrograms as the `musicnn` taggers expect them.

The constants and steps are those of `musicnn` 0.1.0 (``configuration.py`` and ``extractor.py``),
which calls `librosa`'s ``melspectrogram`` with its defaults: a periodic Hann window, frames centred
on their time, the squared magnitude, and Slaney's mel bands, each of unit area. A test compares
with the formulas of `librosa`.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
WINDOW, HOP = 512, 256
MEL_BANDS = 96
# Three seconds.
PATCH_FRAMES = 187
# log10(1 + 10,000 × power).
COMPRESSION = 10_000.0
# Frames transformed at once: the memory stays at some MB.
BLOCK = 2048

# Slaney's mel scale (Auditory Toolbox, 1998): linear up to 1 kHz, logarithmic above.
LINEAR_HZ = 200 / 3
BREAK_HZ = 1000.0
LOG_STEP = np.log(6.4) / 27


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the spectrogram of a sound [shape=(1 + n // HOP, MEL_BANDS)], values from 0 up.

    Parameters
    ----------
    samples : float32 mono at `RATE` [shape=(n,), n > WINDOW // 2], −1..1
    """
    padded = np.pad(samples, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    window, bands = _window(), _mel_bands()
    result = np.empty((len(frames), MEL_BANDS), np.float32)
    for start in range(0, len(frames), BLOCK):
        spectrum = np.fft.rfft(frames[start : start + BLOCK] * window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        result[start : start + BLOCK] = power.astype(np.float32) @ bands
    loudness: NDArray[np.float32] = np.log10(1 + COMPRESSION * result)
    return loudness


def patches(spectrogram: NDArray[np.float32], hop: int = PATCH_FRAMES) -> NDArray[np.float32]:
    """Return pieces of three seconds [shape=(n, PATCH_FRAMES, MEL_BANDS)], n ≥ 1.

    The end that fills no piece is left out; a sound shorter than a piece is repeated to fill it.

    Parameters
    ----------
    hop : int, frames between the starts of two pieces
    """
    if len(spectrogram) < PATCH_FRAMES:
        repeats = -(-PATCH_FRAMES // len(spectrogram))
        return np.tile(spectrogram, (repeats, 1))[None, :PATCH_FRAMES]
    starts = range(0, len(spectrogram) - PATCH_FRAMES + 1, hop)
    return np.stack([spectrogram[start : start + PATCH_FRAMES] for start in starts])


@cache
def _window() -> NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def _to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = hertz / LINEAR_HZ
    above = BREAK_HZ / LINEAR_HZ + np.log(np.maximum(hertz, BREAK_HZ) / BREAK_HZ) / LOG_STEP
    return np.where(hertz < BREAK_HZ, linear, above)


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    border = BREAK_HZ / LINEAR_HZ
    above = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mel, border) - border))
    return np.where(mel < border, mel * LINEAR_HZ, above)


@cache
def _mel_bands() -> NDArray[np.float32]:
    """Return the weights of the mel bands [shape=(WINDOW // 2 + 1, MEL_BANDS)]."""
    top = _to_mel(np.array(RATE / 2))
    edges = _to_hertz(np.linspace(0, top, MEL_BANDS + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    weights = np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
    return weights.astype(np.float32)
