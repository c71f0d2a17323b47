"""The mood of a piece of music: quadrant, valence and energy, and the feelings that it evokes.

Two `musicnn` taggers process the sound in patches of three seconds; the means of their activations
and descriptors of the whole sound make its embedding, from which a small head predicts the mood.
``models/music.md`` states the accuracy, and where it fails.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.errors import BadAudio, WeightsMismatch
from detectors.hearing.audio import read_audio
from detectors.hearing.audio_limits import DROPPED, OWN, AudioLimits
from detectors.hearing.descriptors import describe, tempo_of
from detectors.hearing.spectrogram import log_mel, patches
from detectors.types import GEMS_FEELINGS, QUADRANTS, Message, MusicScores
from detectors.weights import Network, read_manifest

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "music.json"
# Names in the manifest.
TAGGERS, HEAD = "taggers", "head"
# Parts of an embedding and their widths: each tagger's largest and mean activations of all layers
# and its layer before the tags; then the descriptors.
PARTS = {
    "msd_pooled": 1506,
    "msd_penultimate": 200,
    "mtt_pooled": 1506,
    "mtt_penultimate": 200,
    "descriptors": 228,
}
# Middle and lower end of the word norms' scale, 1..9.
NORM_MIDDLE, NORM_LOWEST = 5.0, 1.0


class MusicTagger:
    """A tagger of the mood of music. Not thread-safe.

    Parameters
    ----------
    manifest : Path, names the files of the taggers and of the head
    limits : AudioLimits, the largest and longest files that are read

    Raises
    ------
    WeightsMismatch
        When a model file is missing, altered, or not what the manifest says.
    """

    def __init__(self, manifest: Path = SHIPPED, limits: AudioLimits = DROPPED) -> None:
        files = read_manifest(manifest)
        if not {TAGGERS, HEAD} <= set(files):
            raise WeightsMismatch("music-models-unlisted", list=manifest.name)
        labels = files[HEAD].facts
        if (
            list(files[TAGGERS].facts["outputs"]) != [*PARTS][:-1]
            or labels.get("quadrant_labels") != list(QUADRANTS)
            or labels.get("feeling_labels") != list(GEMS_FEELINGS)
        ):
            raise WeightsMismatch("music-models-labels", list=manifest.name)
        self._taggers, self._head = Network(files[TAGGERS]), Network(files[HEAD])
        self._version = files[HEAD].sha256
        self._limits = limits

    @property
    def version(self) -> str:
        """Version of the models; a file tagged by another version is tagged again."""
        return self._version

    def tag(self, path: Path) -> MusicScores | Message:
        """Return the scores of a file, or why it cannot be used."""
        try:
            audio = read_audio(path, self._limits)
            return replace(self.hear(audio.samples), seconds=audio.seconds)
        except BadAudio as error:
            return error.message

    def hear(self, samples: NDArray[np.float32]) -> MusicScores:
        """Return the scores of a sound, mono at 16 kHz [shape=(n,), n ≥ 16,000], −1..1."""
        embedding = embed(self._taggers, samples)
        scores = scores_of(*self._head(embedding[None]))[0]
        return replace(scores, tempo=tempo_of(embedding[-PARTS["descriptors"] :]))


def own_tagger() -> MusicTagger:
    """Return a tagger of the owner's own files, which may be larger than uploads.

    A function of the module, so that other processes can import it.
    """
    return MusicTagger(limits=OWN)


def embed(taggers: Network, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the embedding of a sound [shape=(width of all `PARTS`,)].

    Parameters
    ----------
    samples : float32 mono at 16 kHz [shape=(n,), n ≥ 16,000], −1..1
    """
    spectrogram = log_mel(samples)
    # Patch by patch: the memory stays at some MB, and larger batches are no faster.
    heard = [np.concatenate(taggers(piece[None]), axis=1)[0] for piece in patches(spectrogram)]
    whole = [np.mean(heard, axis=0), describe(samples, spectrogram)]
    return np.concatenate(whole).astype(np.float32)


def scores_of(
    quadrants: NDArray[np.floating], norms: NDArray[np.floating], feelings: NDArray[np.floating]
) -> list[MusicScores]:
    """Convert a head's outputs for n embeddings to scores.

    Parameters
    ----------
    quadrants : probabilities [shape=(n, 4)]
    norms : valence and arousal in the scale of the word norms, 1..9 [shape=(n, 2)], mapped to the
        plane linearly, 1 to its lower and 9 to its upper end
    feelings : shares of listeners [shape=(n, 9)], clipped to 0..1
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
