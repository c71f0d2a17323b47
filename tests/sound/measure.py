"""Loudness, peak, silence, onsets, tempo and key of sound, by the field's usual formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import ndimage, signal

if TYPE_CHECKING:
    from numpy.typing import NDArray

SILENT_DB = -60.0
OVERSAMPLING = 4
# ITU-R BS.1770-4: analogue prototypes of the two filters, and the gates.
SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
PASS_HZ, PASS_Q = 38.13547087602444, 0.5003270373238773
BLOCK_S, ABSOLUTE_LUFS, RELATIVE_LU = 0.4, -70.0, 10.0
# Key profiles of Krumhansl and Kessler (Psychological Review 89, 1982), from the tonic upwards.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
FRAME, HOP = 2048, 512
LOWEST_HZ, HIGHEST_HZ, CHROMA_RATE = 50, 1000, 12_000
COMPRESSION, ONSET_SHARE = 300, 0.12
SLOWEST, FASTEST = 45, 160


class Loudness(NamedTuple):
    """Integrated loudness in LUFS, and true peak in dBTP."""

    lufs: float
    peak: float


def loudness(samples: NDArray[np.float32], rate: int) -> Loudness:
    """Return loudness and true peak by ITU-R BS.1770-4 of channels [shape=(channels, n)]."""
    heard = samples.astype(np.float64)
    for numerator, denominator in _weighting(rate):
        heard = signal.lfilter(numerator, denominator, heard, axis=1)
    hop = round(BLOCK_S / 4 * rate)
    count = heard.shape[1] // hop
    steps = (heard[:, : count * hop] ** 2).reshape(len(heard), count, hop).mean(axis=2).sum(axis=0)
    blocks = np.convolve(steps, np.full(4, 0.25), mode="valid")
    loud = blocks[_lufs(blocks) > ABSOLUTE_LUFS]
    kept = loud[_lufs(loud) > _lufs(loud.mean()) - RELATIVE_LU]
    between = signal.resample_poly(samples, OVERSAMPLING, 1, axis=1)
    return Loudness(float(_lufs(kept.mean())), float(20 * np.log10(np.abs(between).max())))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _weighting(rate: int) -> list[tuple[list[float], list[float]]]:
    shelf, high = np.tan(np.pi * SHELF_HZ / rate), 10 ** (SHELF_DB / 20)
    band = high**0.4996667741545416
    below = 1 + shelf / SHELF_Q + shelf**2
    first = [
        high + band * shelf / SHELF_Q + shelf**2,
        2 * (shelf**2 - high),
        high - band * shelf / SHELF_Q + shelf**2,
    ]
    low = np.tan(np.pi * PASS_HZ / rate)
    under = 1 + low / PASS_Q + low**2
    return [
        (
            [value / below for value in first],
            [1, 2 * (shelf**2 - 1) / below, (1 - shelf / SHELF_Q + shelf**2) / below],
        ),
        ([1, -2, 1], [1, 2 * (low**2 - 1) / under, (1 - low / PASS_Q + low**2) / under]),
    ]


def longest_silence(samples: NDArray[np.float32], rate: int) -> float:
    """Return the longest time in seconds during which no 50 ms are louder than `SILENT_DB`."""
    hop = rate // 20
    mono = samples[:, : samples.shape[1] // hop * hop].reshape(len(samples), -1, hop)
    quiet = 10 * np.log10(np.mean(mono.astype(float) ** 2, axis=(0, 2)) + 1e-20) < SILENT_DB
    longest = run = 0
    for one in quiet:
        run = run + 1 if one else 0
        longest = max(longest, run)
    return longest / 20


def largest_step(samples: NDArray[np.float32]) -> float:
    """Return the largest leap from a sample to the next, 0..2: a click is a leap."""
    return float(np.abs(np.diff(samples, axis=1)).max())


def _spectra(samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float64], ...]:
    mono = samples.mean(axis=0)
    bins, _, spectra = signal.stft(mono, rate, nperseg=FRAME, noverlap=FRAME - HOP)
    return bins, np.abs(spectra)


def onset_strength(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the rise of the compressed spectrum from frame to frame [shape=(frames,)]."""
    _, spectra = _spectra(samples, rate)
    compressed = np.log1p(COMPRESSION * spectra / spectra.max())
    return np.maximum(np.diff(compressed, axis=1), 0).sum(axis=0)


def tempo(samples: NDArray[np.float32], rate: int, asked: float) -> float:
    """Return the tempo nearest to what was asked among the strongest periods, beats a minute.

    A pulse is ambiguous by octaves: the strongest period is taken, doubled or halved to what is
    nearest to `asked`.
    """
    strength = onset_strength(samples, rate)
    strength -= strength.mean()
    size = 2 ** int(np.ceil(np.log2(2 * len(strength))))
    periodicity = np.fft.irfft(np.abs(np.fft.rfft(strength, size)) ** 2)[: len(strength)]
    a_minute = 60 * rate / HOP
    lags = np.arange(a_minute / (4 * FASTEST), 4 * a_minute / SLOWEST, 0.05)
    # A beat gains by those of its multiples that are periods, too.
    sums = sum(np.interp(lags * n, np.arange(len(periodicity)), periodicity) for n in (1, 2, 4))
    best = a_minute / lags[int(np.argmax(sums))]
    return float(best * 2.0 ** round(float(np.log2(asked / best))))


def onsets_a_second(samples: NDArray[np.float32], rate: int) -> float:
    """Return how many notes or hits begin in a second, as far as they can be told apart."""
    strength = onset_strength(samples, rate)
    peaks, _ = signal.find_peaks(
        strength,
        height=ONSET_SHARE * np.percentile(strength, 98),
        prominence=ONSET_SHARE * np.percentile(strength, 98),
        distance=round(0.05 * rate / HOP),
    )
    return len(peaks) * rate / samples.shape[1]


def chroma(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the share of each pitch class, C first [shape=(12,)]."""
    mono = signal.resample_poly(samples.mean(axis=0), 1, rate // CHROMA_RATE)
    bins, _, spectra = signal.stft(mono, CHROMA_RATE, nperseg=8192, noverlap=6144)
    # What lasts is harmony; drums are gone from the median over some frames.
    lasting = ndimage.median_filter(np.abs(spectra), size=(1, 5))
    inner = lasting[1:-1]
    peaks = (inner > lasting[:-2]) & (inner >= lasting[2:]) & (inner > 0.05 * lasting.max(axis=0))
    used = (bins[1:-1] > LOWEST_HZ) & (bins[1:-1] < HIGHEST_HZ)
    weights = np.where(peaks, inner, 0).sum(axis=1)[used]
    classes = np.round(69 + 12 * np.log2(bins[1:-1][used] / 440)).astype(int) % 12
    shares = np.bincount(classes, weights=weights, minlength=12)
    return shares / shares.sum()


def key(shares: NDArray[np.float64]) -> tuple[int, str]:
    """Return the key that shares of pitch classes fit best: its tonic, 0..11, and its mode."""
    fits = {
        (tonic, mode): float(np.corrcoef(np.roll(profile, tonic), shares)[0, 1])
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    }
    return max(fits, key=lambda one: fits[one])
