"""Fit the head of the music model: ``python -m models.train_music --data FOLDER``.

FOLDER holds ``4q`` and ``emotify``, each with ``labels.csv`` and the clips that it names. The
command cross-validates the head, fits it on all clips, and writes ``music.tflite`` and
``music.json``. Embedding the clips takes some ten minutes on two cores, fitting some seconds.
"""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.model_selection import GroupKFold, StratifiedKFold

from detectors.errors import BadAudio
from detectors.hearing.audio import read_audio
from detectors.hearing.music import HEAD, PARTS, SHIPPED, TAGGERS, embed, scores_of
from detectors.types import GEMS_FEELINGS, QUADRANTS
from detectors.weights import Network, read_manifest
from models import BadInput, run
from models.litert import to_litert, write_atomically, write_manifest
from models.music_head import Head, Kernel, fit_head
from models.music_metrics import CARD, music_figures, with_measured
from models.music_table import MusicTable, read_music_table
from recommender.commands import PATH, progress

# Chosen by the folds below from a dozen each; their neighbours are as good (``music.md``).
KERNEL_4Q, KERNEL_EMOTIFY = Kernel(gamma=0.3, alpha=0.2), Kernel(gamma=0.3, alpha=0.3)
# Scale of the quadrants' scores before the softmax, of minimum log loss over the folds.
SHARPNESS = 5.0
FOLDS = 10
# Emotify names no artists: its folds are stratified by genre, one draw per seed.
EMOTIFY_SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Clips:
    """Labelled clips and their embeddings.

    Attributes
    ----------
    embeddings : float32 [shape=(n, width)]
    """

    table: MusicTable
    embeddings: NDArray[np.float32]


def embed_clips(folder: Path, taggers: Network, kept: Path | None) -> Clips:
    """Embed the clips of a folder.

    Parameters
    ----------
    kept : Path or None, file that caches the embeddings

    Raises
    ------
    BadInput
        When the folder has no usable ``labels.csv``.
    BadAudio
        When a clip cannot be read; the message names it.
    """
    table = read_music_table(folder / "labels.csv")
    if kept is not None and kept.exists():
        return Clips(table, np.load(kept))
    embeddings = []
    with progress("clips") as show:
        for name in table.files:
            try:
                embeddings.append(embed(taggers, read_audio(folder / name).samples))
            except BadAudio as error:
                raise BadAudio("audio-of-clip", name=name, problem=error.message) from error
            show(len(embeddings), len(table.files))
    heard = Clips(table, np.stack(embeddings))
    if kept is not None:
        np.save(kept, heard.embeddings)
    return heard


def targets_4q(table: MusicTable) -> NDArray[np.float64]:
    """Return the quadrants as 0 or 1, and the two norms [shape=(n, 6)]."""
    if table.quadrants is None or table.norms is None:
        raise BadInput("the table of 4Q names no quadrants, or no norms")
    return np.hstack([np.eye(len(QUADRANTS))[table.quadrants], table.norms])


def targets_emotify(table: MusicTable) -> NDArray[np.float64]:
    """Return the nine feelings [shape=(n, 9)]."""
    if table.feelings is None:
        raise BadInput("the table of Emotify names no feelings")
    return table.feelings


def cross_fitted(
    clips: Clips,
    targets: NDArray[np.float64],
    kernel: Kernel,
    folds: Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]],
) -> NDArray[np.float64]:
    """Return each clip's outputs by a head that was fitted without its fold."""
    found = np.empty_like(targets)
    for train, test in folds:
        head = fit_head(clips.embeddings[train], targets[train], kernel)
        found[test] = head.predict(clips.embeddings[test])
    return found


def artist_folds(table: MusicTable) -> Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return ten folds, each artist's clips in a single fold."""
    rows = np.arange(len(table.files))
    return GroupKFold(FOLDS).split(rows, groups=table.groups)


def genre_folds(
    table: MusicTable, seed: int
) -> Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return ten folds with the same share of each genre."""
    rows = np.arange(len(table.files))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return folds.split(rows, table.groups)


def quadrant_shares(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of the quadrants, from the head's scores [shape=(n, 4)]."""
    return softmax(SHARPNESS * outputs, axis=1)


def validate(music: Clips, feelings: Clips) -> dict[str, Any]:
    """Return the metrics of the cross-validation, as `models.evaluate` computes them."""
    found = cross_fitted(music, targets_4q(music.table), KERNEL_4Q, artist_folds(music.table))
    nine = np.zeros((len(found), len(GEMS_FEELINGS)))
    figures = music_figures(
        scores_of(quadrant_shares(found[:, :4]), found[:, 4:], nine), music.table
    )
    by_seed = []
    for seed in EMOTIFY_SEEDS:
        folds = genre_folds(feelings.table, seed)
        heard = cross_fitted(feelings, targets_emotify(feelings.table), KERNEL_EMOTIFY, folds)
        even = np.full((len(heard), len(QUADRANTS)), 1 / len(QUADRANTS))
        scores = scores_of(even, np.full((len(heard), 2), 5.0), heard)
        by_seed.append(music_figures(scores, feelings.table)["gems_r2"])
    names = by_seed[0]
    return {
        "4q": figures,
        "transfer": transfer(music, feelings),
        "emotify": {
            "n": len(feelings.table.files),
            "gems_r2": {name: float(np.mean([one[name] for one in by_seed])) for name in names},
        },
    }


def transfer(music: Clips, feelings: Clips) -> dict[str, dict[str, float]]:
    """Return each feeling's correlations on Emotify with the norms predicted by 4Q's head."""
    head = fit_head(music.embeddings, targets_4q(music.table), KERNEL_4Q)
    norms = head.predict(feelings.embeddings)[:, len(QUADRANTS) :]
    shares = targets_emotify(feelings.table)
    return {
        feeling: {
            side: float(np.corrcoef(norms[:, row], shares[:, column])[0, 1])
            for row, side in enumerate(("valence", "arousal"))
        }
        for column, feeling in enumerate(GEMS_FEELINGS)
    }


def head_function(music: Head, feelings: Head) -> Callable[[Any], tuple[Any, ...]]:
    """Return the exported function: from embeddings to quadrants, norms and feelings."""
    import tensorflow as tf

    def judge(embeddings: Any) -> tuple[Any, ...]:  # noqa: ANN401 - tensors of TensorFlow
        outputs = music.function(embeddings)
        quadrants = tf.nn.softmax(SHARPNESS * outputs[:, : len(QUADRANTS)])
        return quadrants, outputs[:, len(QUADRANTS) :], feelings.function(embeddings)

    return judge


def write_head(manifest: Path, music: Clips, feelings: Clips, figures: dict[str, Any]) -> None:
    """Fit the head on all clips, and write it beside the taggers of the manifest."""
    judge = head_function(
        fit_head(music.embeddings, targets_4q(music.table), KERNEL_4Q),
        fit_head(feelings.embeddings, targets_emotify(feelings.table), KERNEL_EMOTIFY),
    )
    content = to_litert(judge, (1, sum(PARTS.values())))
    entries = {name: dict(file.facts) for name, file in read_manifest(manifest).items()}
    entries[HEAD] = {
        "file": "music.tflite",
        "sha256": write_atomically(manifest.parent / "music.tflite", content),
        "outputs": {"quadrants": len(QUADRANTS), "norms": 2, "feelings": len(GEMS_FEELINGS)},
        "quadrant_labels": list(QUADRANTS),
        "feeling_labels": list(GEMS_FEELINGS),
        "input": f"float32 (1, {sum(PARTS.values())}): the embedding of a sound",
        "training_data": f"4Q ({len(music.embeddings)} clips) and "
        f"Emotify ({len(feelings.embeddings)} clips)",
        "metrics": {"cross_validation": figures},
        "card": "music.md",
    }
    write_manifest(manifest, entries)


@click.command("models.train_music", help=__doc__)
@click.option("--data", type=PATH, required=True)
@click.option("--keep", type=PATH, help="folder that caches the embeddings")
@click.option("--manifest", type=PATH, default=SHIPPED, help="default: as shipped")
def command(data: Path, keep: Path | None, manifest: Path) -> None:
    """Fit the head and print its figures."""
    taggers = Network(read_manifest(manifest)[TAGGERS])
    music, feelings = (
        embed_clips(data / name, taggers, keep and keep / f"{name}.npy")
        for name in ("4q", "emotify")
    )
    figures = validate(music, feelings)
    write_head(manifest, music, feelings, figures)
    if manifest == SHIPPED:
        card = CARD.read_text(encoding="utf-8")
        write_atomically(CARD, with_measured(card, figures).encode())
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    sys.exit(run(command))
