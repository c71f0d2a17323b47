"""Cost of hearing a song."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detectors.hearing.music import MusicTagger
from tests.fakes import sounds

if TYPE_CHECKING:
    from tests.bench.sizes import Sizes


def hearing_cpu_s(sizes: Sizes) -> float:
    """CPU time of an MP3, a second of sound: reading, decoding and all nets are in it."""
    tagger = MusicTagger()
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.mp3"
        sounds.write(song, np.tile(sounds.pattern(sizes.song_s)[:, None], (1, 2)), sounds.RATE)
        tagger.tag(song)
        before = time.process_time()
        for _ in range(sizes.song_rounds):
            tagger.tag(song)
        return (time.process_time() - before) / sizes.song_rounds / sizes.song_s
