"""What hearing a song costs, against the taggers run by TensorFlow over all of it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from detectors.audio import RATE
from detectors.music import MusicTagger
from detectors.spectrogram import log_mel, patches
from tests.fakes import sounds

SECONDS = 180
ROUNDS = 3


def real_time() -> tuple[float, float | None]:
    """Return how many times faster than it plays an MP3 of three minutes is heard, on one core.

    Reading, decoding and all nets are in it. Then how much longer the original taggers take in
    TensorFlow for all three minutes, their spectrograms not counted; None where they are missing.
    """
    tagger = MusicTagger()
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.mp3"
        sounds.write(song, np.tile(sounds.pattern(SECONDS)[:, None], (1, 2)), sounds.RATE)
        tagger.tag(song)
        before = time.process_time()
        for _ in range(ROUNDS):
            tagger.tag(song)
        ours = (time.process_time() - before) / ROUNDS
    theirs = _original_cpu_s()
    if theirs is None:
        return SECONDS / ours, None
    return SECONDS / ours, theirs * SECONDS / ours


def _original_cpu_s() -> float | None:
    """CPU time of both original taggers a second of sound, spectrograms not counted."""
    try:
        from models.musicnn import checkpoints, load_taggers, tagger_function
    except ImportError:
        return None
    import tensorflow as tf

    hear = tf.function(tagger_function(load_taggers(checkpoints())), reduce_retracing=True)
    seconds = 30
    pieces = patches(log_mel(sounds.pattern(seconds, RATE)))
    hear(tf.constant(pieces[:1]))
    before = time.process_time()
    for piece in pieces:
        hear(tf.constant(piece[None]))
    return (time.process_time() - before) / seconds
