"""Hand-crafted audio features that complement the taggers' embeddings.

Harmony, brightness, timbre, rhythm and loudness as numbers, by the field's usual formulas. With
them the mood is predicted better (``models/music.md``).
"""

import itertools
from functools import cache

import numpy as np
from numpy.typing import NDArray

from detectors.hearing.harmony import harmony, magnitudes
from detectors.hearing.spectrogram import HOP, MEL_BANDS, RATE

FRAMES_PER_MINUTE = 60 * RATE / HOP
CEPSTRUM = 20
# Number of bins that count as a frame's strongest.
STRONGEST = 20
# Bands of the log-mel spectrogram: the size of a group, the low bands, the high bands.
GROUP, LOW_BANDS, HIGH_BANDS = 12, slice(0, 20), slice(60, None)
# Beats per minute: the ranges in which periodicity is measured, and the limits of the tempo. Tempo
# candidates are weighted by their distance in octaves from the usual tempo (Ellis, JNMR 36, 2007).
TEMPO_RANGES = (40, 60, 80, 100, 120, 140, 170, 220)
SLOWEST, FASTEST = 60, 200
USUAL_TEMPO, TEMPO_OCTAVES = 120.0, 0.9
# Places of the tempo and its periodicity among all descriptors, and the periodicity from which a
# beat is believed: our own choice, three times that of noise.
TEMPO_AT, PERIODICITY_AT = 89 + 20 + 60, 89 + 20 + 60 + 1
BEAT_FROM = 0.1
# Half a second of frames.
SMOOTH = 31
LOW, HIGH = 10, 90
TINY = 1e-9


def describe(samples: NDArray[np.float32], spectrogram: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the descriptors of a sound [shape=(228,)], all finite.

    Parameters
    ----------
    samples : float32 mono at 16 kHz, −1..1
    spectrogram : float32, of the same sound, from `detectors.hearing.spectrogram.log_mel`
    """
    spectra = magnitudes(samples)
    parts = (
        harmony(spectra),
        brightness(spectra),
        timbre(spectrogram),
        rhythm(spectrogram),
        dynamics(spectrogram),
    )
    return np.concatenate(parts).astype(np.float32)


def tempo_of(descriptors: NDArray[np.float32]) -> float | None:
    """Return the beats a minute that `describe` found; None without a clear beat.

    Steps between the tempos that are told apart are 2 beats at 90 and 4 at 120, and half or double
    the beat may be counted.
    """
    if descriptors[PERIODICITY_AT] < BEAT_FROM:
        return None
    return round(100 * float(descriptors[TEMPO_AT]), 1)


def brightness(spectra: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the spread of five measures of each spectrum [shape=(20,)].

    They are: the share of bins that are peaks, the share of the strongest bins in the sum, the
    flatness (geometric by arithmetic mean), the centroid in kHz, and the logarithm of the sum.
    """
    total = spectra.sum(axis=1) + TINY
    inner = spectra[:, 1:-1]
    peaks = (inner > spectra[:, 2:]) & (inner > spectra[:, :-2])
    strongest = np.partition(spectra, -STRONGEST, axis=1)[:, -STRONGEST:]
    kilohertz = np.linspace(0, RATE / 2000, spectra.shape[1])
    flatness = np.exp(np.log(spectra + 1e-6).mean(axis=1)) / (spectra.mean(axis=1) + 1e-6)
    centroid = (spectra * kilohertz).sum(axis=1) / total
    measures = (
        peaks.mean(axis=1),
        strongest.sum(axis=1) / total,
        flatness,
        centroid,
        np.log(total + 1e-3),
    )
    return _spread(np.stack(measures, axis=1))


def timbre(spectrogram: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return mean and deviation of the mel cepstrum, and its deviation in time [shape=(60,)]."""
    cepstrum = spectrogram @ _cosines()
    change = np.diff(cepstrum, axis=0)
    return np.concatenate([cepstrum.mean(axis=0), cepstrum.std(axis=0), change.std(axis=0)])


def rhythm(spectrogram: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the descriptors of the rhythm [shape=(22,)].

    They are: the tempo (in 100 beats per minute) and its periodicity; the share of frames that are
    onsets; the deviation of the onset strength; the mean onsets in low, high and all bands, and
    their deviation; the largest and the mean periodicity in each of the `TEMPO_RANGES`.
    """
    onsets = np.maximum(np.diff(spectrogram, axis=0), 0)
    strength = onsets.mean(axis=1)
    strength = strength - strength.mean()
    periodicity = _autocorrelation(strength)
    lags = np.arange(1, len(periodicity))
    tempos, periodicity = FRAMES_PER_MINUTE / lags, periodicity[1:]
    usual = np.exp(-((np.log2(tempos / USUAL_TEMPO) / TEMPO_OCTAVES) ** 2) / 2)
    possible = (tempos > SLOWEST) & (tempos < FASTEST)
    best = int(np.where(possible, periodicity * usual, -np.inf).argmax())
    inner = strength[1:-1]
    peaks = (inner > strength[2:]) & (inner > strength[:-2]) & (inner > strength.std())
    ranges = [
        periodicity[(tempos >= slow) & (tempos < fast)]
        for slow, fast in itertools.pairwise(TEMPO_RANGES)
    ]
    return np.concatenate(
        [
            [tempos[best] / 100, periodicity[best], peaks.mean(), strength.std()],
            [onsets[:, LOW_BANDS].mean(), onsets[:, HIGH_BANDS].mean()],
            [onsets.mean(), onsets.std()],
            # A sound of one second has no lags for slow tempos.
            [one.max(initial=0.0) for one in ranges],
            [one.mean() if len(one) else 0.0 for one in ranges],
        ]
    )


def dynamics(spectrogram: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the descriptors of the loudness, in the log-mel scale [shape=(37,)].

    They are: mean and deviation, the deviation after smoothing over half a second, the share of
    frames below the mean, and the range from the 5th to the 95th percentile after smoothing; then
    the spread of the loudness of eight groups of bands.
    """
    loudness = spectrogram.mean(axis=1).astype(np.float64)
    smooth = np.convolve(loudness, np.full(SMOOTH, 1 / SMOOTH), "same")
    groups = spectrogram.reshape(len(spectrogram), MEL_BANDS // GROUP, GROUP).mean(axis=2)
    whole = [
        loudness.mean(),
        loudness.std(),
        smooth.std(),
        (loudness < loudness.mean()).mean(),
        np.percentile(smooth, 95) - np.percentile(smooth, 5),
    ]
    return np.concatenate([whole, _spread(groups.astype(np.float64))])


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean, deviation, 10th and 90th percentile over time of each column."""
    low, high = np.percentile(values, [LOW, HIGH], axis=0)
    return np.concatenate([values.mean(axis=0), values.std(axis=0), low, high])


def _autocorrelation(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the autocorrelation at all lags, 1 at lag 0."""
    size = 2 * len(values)
    power = np.abs(np.fft.rfft(values.astype(np.float64), size)) ** 2
    correlation = np.fft.irfft(power, size)[: len(values)]
    return np.asarray(correlation / (correlation[0] + TINY))


@cache
def _cosines() -> NDArray[np.float64]:
    """Return the orthonormal discrete cosine transform [shape=(MEL_BANDS, CEPSTRUM)]."""
    band = np.arange(MEL_BANDS)[:, None] + 0.5
    angles = np.pi / MEL_BANDS * band * np.arange(CEPSTRUM)
    waves: NDArray[np.float64] = np.cos(angles) * np.sqrt(2 / MEL_BANDS)
    waves[:, 0] /= np.sqrt(2)
    return waves
