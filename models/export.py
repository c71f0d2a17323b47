"""Write the model files that the app runs.

``python -m models.export detector`` converts the three nets of the installed `mtcnn` package to
LiteRT. ``python -m models.export emotions --weights FOLDER`` joins the trained CNN and
DCNN to the fusion in ``models/``. ``python -m models.export taggers`` converts the weights of the
installed `musicnn` package; ``python -m models.train_music`` writes the head that follows them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detectors.hearing.music import PARTS, TAGGERS
from detectors.hearing.music import SHIPPED as MUSIC_MANIFEST
from detectors.hearing.spectrogram import MEL_BANDS, PATCH_FRAMES
from detectors.weights import DETECTOR
from models import run
from models.litert import MANIFEST, to_litert, write_atomically, write_manifest
from models.recipe import RECIPE, read_recipe
from recommender.commands import PATH

if TYPE_CHECKING:
    from mtcnn import MTCNN


COMMANDS = click.Group("models.export", help=__doc__)
BESIDE_US = Path(__file__).parent
# name → (batch shape, outputs in order); P-Net takes any height and width.
DETECTOR_NETS: dict[str, tuple[tuple[int | None, ...], dict[str, int]]] = {
    "pnet": ((1, None, None, 3), {"box": 4, "face": 2}),
    "rnet": ((None, 24, 24, 3), {"box": 4, "face": 2}),
    "onet": ((None, 48, 48, 3), {"box": 4, "landmarks": 10, "face": 2}),
}


def unmodified_mtcnn() -> MTCNN:
    """Return the unmodified detector of the `mtcnn` package."""
    # mtcnn searches the working directory for its weights first: start in an empty one.
    with tempfile.TemporaryDirectory() as empty:
        before = Path.cwd()
        os.chdir(empty)
        try:
            from mtcnn import MTCNN

            return MTCNN()
        finally:
            os.chdir(before)


@COMMANDS.command("detector")
@click.option("--out", "folder", type=PATH, default=DETECTOR.parent)
def export_detector(folder: Path) -> None:
    """Convert the nets of the installed mtcnn package."""
    nets = [stage._model for stage in unmodified_mtcnn().stages]  # noqa: SLF001 - the only way to them
    entries = {}
    for (name, (shape, outputs)), net in zip(DETECTOR_NETS.items(), nets, strict=True):
        content = to_litert(lambda batch, net=net: net(batch), shape)
        entries[name] = {
            "file": f"{name}.tflite",
            "sha256": write_atomically(folder / f"{name}.tflite", content),
            "outputs": outputs,
            "source": f"mtcnn {version('mtcnn')} (MIT, Iván de Paz Centeno)",
            "licence": "LICENSE.md",
        }
    write_manifest(folder / MANIFEST, entries)


@COMMANDS.command("taggers")
@click.option("--out", "folder", type=PATH, default=BESIDE_US)
def export_taggers(folder: Path) -> None:
    """Convert both taggers of the installed musicnn package to one LiteRT model.

    The new manifest has no head, since the last was fitted to other taggers' embeddings.
    """
    from models.musicnn import checkpoints, load_taggers, tagger_function

    nets = load_taggers(checkpoints())
    content = to_litert(tagger_function(nets), (None, PATCH_FRAMES, MEL_BANDS))
    outputs = {name: width for name, width in PARTS.items() if name != "descriptors"}
    entry = {
        "file": "musicnn.tflite",
        "sha256": write_atomically(folder / "musicnn.tflite", content),
        "outputs": outputs,
        "input": "float32 (n, 187, 96), log-mel spectrograms of three seconds",
        "source": f"musicnn {version('musicnn')} (ISC, Music Technology Group, Universitat Pompeu "
        "Fabra)",
        "licence": "musicnn-LICENSE.md",
    }
    write_manifest(folder / MUSIC_MANIFEST.name, {TAGGERS: entry})


@COMMANDS.command("emotions")
@click.option("--weights", type=PATH, required=True, help="folder of the training")
@click.option("--recipe", type=PATH, default=RECIPE, help="default: the shipped recipe")
@click.option("--out", type=PATH, default=BESIDE_US)
@click.option("--data", type=PATH, help="publictest.npz, to fit and evaluate the blend")
def export_emotions(weights: Path, recipe: Path, out: Path, data: Path | None) -> None:
    """Join CNN and DCNN to the fusion."""
    from models.face_table import load_faces
    from models.fusion import export_fusion

    export_fusion(weights, read_recipe(recipe), out, load_faces(data) if data else None)


if __name__ == "__main__":
    sys.exit(run(COMMANDS))
