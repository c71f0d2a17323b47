"""The mood of a piece of music: quadrant, place in the plane, and the feelings that it raises.

Two `musicnn` taggers hear the sound in pieces of three seconds; what they hear, and descriptors of
the whole sound, make its embedding. A small head says its mood. ``models/music.md`` says how good
that is, and where it fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detectors.audio import read_audio
from detectors.audio_limits import DROPPED, OWN, AudioLimits
from detectors.descriptors import describe
from detectors.errors import BadAudio, WeightsMismatch
from detectors.spectrogram import log_mel, patches
from detectors.types import GEMS_FEELINGS, QUADRANTS, MusicScores
from detectors.weights import Network, read_manifest

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIPPED = Path(__file__).resolve().parents[1] / "models" / "music.json"
# The names in the manifest.
TAGGERS, HEAD = "taggers", "head"
# What an embedding consists of, and how wide each part is: of each tagger the largest and the mean
# activations of all layers, and the layer before the tags; then the descriptors.
PARTS = {
    "msd_pooled": 1506,
    "msd_penultimate": 200,
    "mtt_pooled": 1506,
    "mtt_penultimate": 200,
    "descriptors": 228,
}
# Where the word norms' scale, 1..9, has its middle and its lower end.
NORM_MIDDLE, NORM_LOWEST = 5.0, 1.0


class MusicTagger:
    """Hears the mood of music. Not safe for use by several threads at once.

    manifest : names the files of the taggers and of the head
    limits : what is read of all that a file may be

    Raises
    ------
    WeightsMismatch
        When a model file is missing, altered, or not what the manifest says.
    """

    def __init__(self, manifest: Path = SHIPPED, limits: AudioLimits = DROPPED) -> None:
        files = read_manifest(manifest)
        if not {TAGGERS, HEAD} <= set(files):
            raise WeightsMismatch(f"The list of models {manifest.name} lacks the music models.")
        labels = files[HEAD].facts
        if (
            list(files[TAGGERS].facts["outputs"]) != [*PARTS][:-1]
            or labels.get("quadrant_labels") != list(QUADRANTS)
            or labels.get("feeling_labels") != list(GEMS_FEELINGS)
        ):
            raise WeightsMismatch(f"The music models of {manifest.name} say something else.")
        self._taggers, self._head = Network(files[TAGGERS]), Network(files[HEAD])
        self._version = files[HEAD].sha256
        self._limits = limits

    @property
    def version(self) -> str:
        """What names the models: files heard by others are worth hearing again."""
        return self._version

    def tag(self, path: Path) -> MusicScores | str:
        """Return the scores of a file, or one sentence why it cannot be used."""
        try:
            return self.hear(read_audio(path, self._limits).samples)
        except BadAudio as error:
            return str(error)

    def hear(self, samples: NDArray[np.float32]) -> MusicScores:
        """Return the scores of a sound, mono at 16 kHz [shape=(n,), n ≥ 16,000], −1..1."""
        outputs = self._head(embed(self._taggers, samples)[None])
        return scores_of(*outputs)[0]


def own_tagger() -> MusicTagger:
    """Return a tagger of the owner's own files, which may be larger than what anybody drops.

    A function of this module, so that other processes can make it.
    """
    return MusicTagger(limits=OWN)


def embed(taggers: Network, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the embedding of a sound [shape=(width of all `PARTS`,)].

    samples : mono at 16 kHz [shape=(n,), n ≥ 16,000], −1..1
    """
    spectrogram = log_mel(samples)
    # One piece at a time: the memory stays at some MB, and more at once are no faster.
    heard = [np.concatenate(taggers(piece[None]), axis=1)[0] for piece in patches(spectrogram)]
    whole = [np.mean(heard, axis=0), describe(samples, spectrogram)]
    return np.concatenate(whole).astype(np.float32)


def scores_of(
    quadrants: NDArray[np.floating], norms: NDArray[np.floating], feelings: NDArray[np.floating]
) -> list[MusicScores]:
    """Return what a head says of n embeddings as scores.

    quadrants : probabilities [shape=(n, 4)]
    norms : valence and arousal in the scale of the word norms, 1..9 [shape=(n, 2)]; their line
        onto the plane takes 1 to its lower and 9 to its upper end
    feelings : shares of listeners [shape=(n, 9)], cut to 0..1
    """
    half = NORM_MIDDLE - NORM_LOWEST
    valences = np.clip((norms[:, 0] - NORM_MIDDLE) / half, -1, 1).tolist()
    energies = np.clip((norms[:, 1] - NORM_LOWEST) / (2 * half), 0, 1).tolist()
    shares = np.clip(feelings, 0, 1).tolist()
    rows = zip(quadrants.astype(float).tolist(), valences, energies, shares, strict=True)
    return [
        MusicScores((q[0], q[1], q[2], q[3]), valence, energy, tuple(nine))
        for q, valence, energy, nine in rows
    ]
