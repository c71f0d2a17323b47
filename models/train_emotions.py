"""Train the expression nets: ``python -m models.train_emotions --data FOLDER``.

FOLDER holds ``train.npz`` and ``publictest.npz``. Training is seeded, shows its progress, and goes
on from the last finished epoch when the same command is given again. With ``KERAS_BACKEND=torch``
(PyTorch is not among the project's requirements) it runs about twice as fast on a CPU.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import platformdirs

from models.emotion_data import AugmentedFaces
from models.emotion_nets import BUILDERS
from models.face_table import BadTable, FaceTable, load_faces, vote_shares, without_duplicates_of

log = logging.getLogger("models.train_emotions")

# Third-party data, beside the project and never part of it.
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "fer2013plus"
BATCH_SIZE = 128
PEAK_LEARNING_RATE = 0.1
WARMUP_SHARE = 0.15
# Decoupled decay; with momentum 0.9 it acts as an L2 penalty of a tenth of it.
WEIGHT_DECAY = 5e-3
FER_LABEL_SMOOTHING = 0.05
EPOCHS = {"cnn": 20, "dcnn": 30}


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of the learning rate from warm-up to zero.

    epochs : how many
    peak : the highest learning rate
    augmentation : strength, 0..1, as `models.emotion_data.augment` takes it
    start : folder with the weights to begin with, or None for random ones
    """

    epochs: int
    peak: float = PEAK_LEARNING_RATE
    augmentation: float = 1.0
    start: Path | None = None


def prepare_backend() -> None:
    """Choose the layout and precision in which the current Keras back end trains fastest."""
    if keras.backend.backend() == "torch":
        keras.config.set_image_data_format("channels_first")
        keras.mixed_precision.set_global_policy("mixed_bfloat16")


def compile_net(net: keras.Model, steps: int, peak: float) -> None:
    """Attach the losses of both heads, and SGD with warm-up to ``peak`` and cosine decay to 0."""
    warmup = int(steps * WARMUP_SHARE)
    schedule = keras.optimizers.schedules.CosineDecay(
        peak / 25,
        decay_steps=max(1, steps - warmup),
        warmup_target=peak,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.SGD(
        schedule,
        momentum=0.9,
        nesterov=True,
        weight_decay=WEIGHT_DECAY,
    )
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
    )


def train(
    net_name: str,
    train_table: FaceTable,
    validation: FaceTable,
    *,
    work: Path,
    cycle: Cycle,
    seed: int,
) -> Path:
    """Train one net for one cycle and return the path of its weights.

    ``work`` keeps the checkpoint of the last finished epoch and the log; the same call goes on
    from there.
    """
    keras.utils.set_random_seed(seed)
    net = BUILDERS[net_name]()
    if cycle.start is not None:
        net.load_weights(cycle.start / f"{net_name}.weights.h5")
    batches = AugmentedFaces(train_table, BATCH_SIZE, seed, cycle.augmentation)
    compile_net(net, cycle.epochs * len(batches), cycle.peak)

    def set_epoch(epoch: int, _logs: object) -> None:
        batches.epoch = epoch

    validation_votes = validation.votes
    if validation_votes is None:
        message = "validation needs FER+ votes"
        raise BadTable(message)
    targets = {
        "fer": keras.utils.to_categorical(validation.label, 7),
        "plus": vote_shares(validation_votes),
    }
    work.mkdir(parents=True, exist_ok=True)
    net.fit(
        batches,
        epochs=cycle.epochs,
        shuffle=False,
        verbose=1 if sys.stdout.isatty() else 2,
        validation_data=(validation.images.astype("float32"), targets),
        validation_batch_size=256,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=set_epoch),
            keras.callbacks.BackupAndRestore(
                work / f"{net_name}-checkpoint", delete_checkpoint=False
            ),
            keras.callbacks.CSVLogger(work / f"{net_name}-log.csv", append=True),
        ],
    )
    weights = work / f"{net_name}.weights.h5"
    net.save_weights(weights)
    return weights


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit status 2 for unusable input."""
    parser = argparse.ArgumentParser(prog="python -m models.train_emotions", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=DATA, help="folder with train.npz (default: %(default)s)"
    )
    parser.add_argument("--net", choices=sorted(BUILDERS), action="append", help="default: both")
    parser.add_argument(
        "--work", type=Path, help="folder for checkpoints and weights (default: the user's cache)"
    )
    parser.add_argument("--epochs", type=int, help="default: 20 for cnn, 30 for dcnn")
    parser.add_argument("--peak", type=float, default=PEAK_LEARNING_RATE, help="learning rate")
    parser.add_argument("--augmentation", type=float, default=1.0, help="strength, 0 to 1")
    parser.add_argument("--start", type=Path, help="folder with weights to begin with")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="only the first N faces: a smoke run")
    options = parser.parse_args(arguments)
    # A smoke run has a folder of its own, so that it never passes for the start of a real one.
    smoke = "" if options.limit is None else f"-limit-{options.limit}"
    work = options.work or platformdirs.user_cache_path("moodring") / f"training{smoke}"
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        validation = load_faces(options.data / "publictest.npz")
        table = load_faces(options.data / "train.npz")
    except BadTable as error:
        log.error("%s", error)  # noqa: TRY400 - a user's mistake needs one sentence, no traceback
        return 2
    whole = len(table.images)
    table = without_duplicates_of(table, validation)
    log.info(
        "%d of %d training faces also stand in publictest: dropped",
        whole - len(table.images),
        whole,
    )
    if options.limit is not None:
        table = table.first(options.limit)
        validation = validation.first(options.limit)
    prepare_backend()
    for name in options.net or sorted(BUILDERS):
        cycle = Cycle(
            options.epochs or EPOCHS[name], options.peak, options.augmentation, options.start
        )
        weights = train(name, table, validation, work=work, cycle=cycle, seed=options.seed)
        log.info("wrote %s", weights)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
