"""Features of the harmony of a sound: key, mode, chords, and how much they change.

They rest on a chroma of twelve pitch classes (Fujishima, ICMC 1999; the weights of Ellis, 2007),
the key profiles of Krumhansl and Kessler (Psychological Review 89, 1982), templates of major and
minor triads, and the tonal centroid of Harte, Sandler and Gasser (AMCMM 2006).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from detectors.hearing.spectrogram import RATE

# Half a second, which resolves semitones from about 120 Hz up.
WINDOW, HOP = 8192, 2048
CLASSES = 12
CONCERT_A_HZ, CONCERT_A_NOTE = 440.0, 69
LOWEST_HZ, HIGHEST_HZ = 60.0, 4000.0
# Ellis weights notes by their distance, in octaves, from a middle frequency.
MIDDLE_HZ, MIDDLE_OCTAVES = 300.0, 1.5
# Standard deviation of a pitch class's weights, in semitones.
CLASS_WIDTH = 0.35
TUNINGS = np.linspace(-0.5, 0.4, 10)
# Compression of the magnitudes: log(1 + LOUDNESS × magnitude).
LOUDNESS = 5.0
# The key is also estimated in pieces of five seconds that overlap by half.
PIECE, PIECE_HOP = 40, 20
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
# Semitones from a minor key's tonic to that of its relative major.
RELATIVE = 3
TINY = 1e-9


def magnitudes(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the magnitude spectra [shape=(frames, WINDOW // 2 + 1)], a frame per HOP samples."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1))


def harmony(spectra: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the descriptors of the harmony [shape=(89,)].

    In this order: the fits of the best major and minor key, and their difference; the share of
    minor chords; mean and deviation of the best chord's fit, of the entropy of the chroma, and of
    its change; the rate of chord changes; mean and deviation over the pieces of the three values of
    the key; mean and deviation of the chroma from the (relative major's) tonic up; its values in
    order of size; deviation and mean change of the tonal centroid; shares of the major and minor
    chords from the tonic up.

    Parameters
    ----------
    spectra : float64, from `magnitudes`
    """
    chroma = _chroma(np.log1p(spectra * LOUDNESS))
    chroma /= chroma.sum(axis=1, keepdims=True) + TINY
    major, minor = _fits(chroma.mean(axis=0))
    in_major = major.max() >= minor.max()
    tonic = int(major.argmax() if in_major else (minor.argmax() + RELATIVE) % CLASSES)

    chord_fits = _normalised(chroma) @ _chords().T
    chords = chord_fits.argmax(axis=1)
    best = chord_fits.max(axis=1)
    entropy = -(chroma * np.log(chroma + TINY)).sum(axis=1)
    change = np.abs(np.diff(chroma, axis=0)).sum(axis=1)
    pieces = [
        _mode(chroma[start : start + PIECE].mean(axis=0))
        for start in range(0, max(1, len(chroma) - PIECE_HOP), PIECE_HOP)
    ]
    from_tonic = np.roll(chroma, -tonic, axis=1)
    centroid = chroma @ _tonal_space()
    shares = np.bincount(chords, minlength=2 * CLASSES) / len(chords)
    return np.concatenate(
        [
            _mode(chroma.mean(axis=0)),
            [(chords >= CLASSES).mean(), best.mean(), best.std(), entropy.mean(), entropy.std()],
            [change.mean(), change.std(), (np.diff(chords) != 0).mean()],
            np.mean(pieces, axis=0),
            np.std(pieces, axis=0),
            from_tonic.mean(axis=0),
            from_tonic.std(axis=0),
            np.sort(chroma.mean(axis=0)),
            centroid.std(axis=0),
            np.abs(np.diff(centroid, axis=0)).mean(axis=0),
            np.roll(shares[:CLASSES], -tonic),
            np.roll(shares[CLASSES:], -tonic),
        ]
    )


def _chroma(loudness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chroma in the tuning that makes it most peaked."""
    mean = loudness.mean(axis=0)

    def peaked(tuning: float) -> float:
        folded = mean @ _folding(tuning)
        return float((folded**2).sum() / (folded.sum() ** 2 + TINY))

    best = max((float(tuning) for tuning in TUNINGS), key=peaked)
    folded: NDArray[np.float64] = loudness @ _folding(best)
    return folded


@cache
def _folding(tuning: float) -> NDArray[np.float64]:
    """Return each bin's weight in each pitch class [shape=(WINDOW // 2 + 1, CLASSES)]."""
    hertz = np.maximum(np.arange(WINDOW // 2 + 1) * RATE / WINDOW, 1.0)[:, None]
    note = CONCERT_A_NOTE + CLASSES * np.log2(hertz / CONCERT_A_HZ) - tuning
    away = (note - np.arange(CLASSES) + CLASSES / 2) % CLASSES - CLASSES / 2
    octaves = np.log2(hertz / MIDDLE_HZ)
    heard = (hertz > LOWEST_HZ) & (hertz < HIGHEST_HZ)
    weights: NDArray[np.float64] = (
        np.exp(-((away / CLASS_WIDTH) ** 2) / 2)
        * np.exp(-((octaves / MIDDLE_OCTAVES) ** 2) / 2)
        * heard
    )
    return weights


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows with mean 0 and norm 1, so that a dot product is a correlation."""
    centred = values - values.mean(axis=-1, keepdims=True)
    return np.asarray(centred / (np.linalg.norm(centred, axis=-1, keepdims=True) + TINY))


def _turned(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a profile rotated to the twelve tonics, normalised [shape=(CLASSES, CLASSES)]."""
    return _normalised(np.stack([np.roll(profile, tonic) for tonic in range(CLASSES)]))


def _fits(chroma: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the correlation with each major and minor key, −1..1 [each shape=(CLASSES,)]."""
    shape = _normalised(chroma)
    return _turned(MAJOR) @ shape, _turned(MINOR) @ shape


def _mode(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    major, minor = (fits.max() for fits in _fits(chroma))
    return np.array([major, minor, major - minor])


@cache
def _chords() -> NDArray[np.float64]:
    """Return the twelve major and the twelve minor triads [shape=(24, CLASSES)]."""
    triads = (np.isin(np.arange(CLASSES), notes).astype(float) for notes in ((0, 4, 7), (0, 3, 7)))
    return np.concatenate([_turned(triad) for triad in triads])


@cache
def _tonal_space() -> NDArray[np.float64]:
    """Return each class on the circles of fifths, minor and major thirds [shape=(CLASSES, 6)]."""
    steps = np.arange(CLASSES)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    return np.concatenate([np.cos(steps), np.sin(steps)], axis=1)
