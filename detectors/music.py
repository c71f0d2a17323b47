"""The mood of a piece of music: quadrant, place in the plane, and the feelings that it raises.

Two `musicnn` taggers hear the sound in pieces of three seconds; a small head on the mean of what
they hear says the mood. ``models/music.md`` says how good that is, and where it fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detectors.audio import read_audio
from detectors.errors import BadAudio
from detectors.spectrogram import log_mel, patches
from detectors.types import MusicScores
from detectors.weights import Network, read_manifest

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "music.json"
# The ends of the word norms' scale, 1..9, are the ends of the plane.
NORM_MIDDLE, NORM_HALF, NORM_LOWEST = 5.0, 4.0, 1.0


class MusicTagger:
    """Hears the mood of music. Not safe for use by several threads at once.

    manifest : names the files of the taggers and of the head

    Raises
    ------
    WeightsMismatch
        When a model file is missing, altered, or not what the manifest says.
    """

    def __init__(self, manifest: Path = SHIPPED) -> None:
        files = read_manifest(manifest)
        self._taggers, self._head = Network(files["taggers"]), Network(files["head"])
        self._version = files["head"].sha256

    @property
    def version(self) -> str:
        """What names the models: files heard by others are worth hearing again."""
        return self._version

    def tag(self, path: Path) -> MusicScores | str:
        """Return the scores of a file, or one sentence why it cannot be used."""
        try:
            return self.hear(read_audio(path).samples)
        except BadAudio as error:
            return str(error)

    def hear(self, samples: NDArray[np.float32]) -> MusicScores:
        """Return the scores of a sound, mono at 16 kHz [shape=(n,), n ≥ 16,000], −1..1."""
        return self.judge(self.embed(samples))

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the taggers hear, the mean over the pieces [shape=(width,)]."""
        heard = [
            np.concatenate(self._taggers(piece[None]), axis=1)
            for piece in patches(log_mel(samples))
        ]
        return np.asarray(np.mean(heard, axis=0)[0], np.float32)

    def judge(self, embedding: NDArray[np.float32]) -> MusicScores:
        """Return what the head says of an embedding [shape=(width,)]."""
        quadrants, norms, feelings = (one[0].astype(float) for one in self._head(embedding[None]))
        valence, arousal = norms
        return MusicScores(
            quadrants=tuple(quadrants / quadrants.sum()),
            valence=float(np.clip((valence - NORM_MIDDLE) / NORM_HALF, -1, 1)),
            energy=float(np.clip((arousal - NORM_LOWEST) / (2 * NORM_HALF), 0, 1)),
            feelings=tuple(np.clip(feelings, 0, 1)),
        )
