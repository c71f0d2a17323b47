"""The road of the expression nets: train, go on after a stop, export, and run what was exported."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from detectors.emotions import OUTPUTS, EmotionFusion
from detectors.types import EMOTIONS, FERPLUS_LABELS
from detectors.weights import SHIPPED
from models.emotion_figures import figures, predict
from models.face_table import load_faces
from models.recipe import RECIPE, Cycle, Recipe, read_recipe
from tests.fakes.face_graph import made_up_graph, save_graph
from tests.fakes.face_tables import made_up_faces, save_faces

# TensorFlow trains: minutes, however small the tables.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# TensorFlow starts five times; on a busy machine each start takes its time.
PATIENCE_S = 600
# One step an epoch, however many they are.
FACES = "64"
# What the shipped recipe asks for, once each; `make soak` runs that one itself. Nearly no learning
# rate where shipped weights begin: what comes out is what went in.
SMALL = """
ship = { cnn = "averaged", dcnn = "deep" }
[[cycle]]
name = "plain"
net = "cnn"
epochs = 9
[[cycle]]
name = "deep"
net = "dcnn"
start = "shipped"
peak = 1e-9
epochs = 9
[[cycle]]
name = "warm"
net = "mobilenet"
start = "shipped"
peak = 1e-9
epochs = 9
[[cycle]]
name = "first"
net = "mobilenet"
start = "face-recognition"
shifted = true
optimizer = "adamw"
repeats = { disgust = 2 }
peak = 0.001
mixup = 0.2
epochs = 9
[[cycle]]
name = "taught"
net = "mobilenet"
start = "first"
optimizer = "adamw"
teachers = ["plain", "warm", "first"]
teacher_share = 0.5
teacher_share_plus = 0.3
size = 64
layer_decay = 0.75
augmentation = 0.7
mild_epochs = 1
worsening = 0.5
seed = 2
epochs = 9
[[cycle]]
name = "averaged"
net = "mobilenet"
average = ["first", "taught"]
epochs = 0
"""


# What Keras itself says of the faces, with the same joining of its nets.
KERAS = """
import sys
from pathlib import Path

import numpy as np
from keras import ops

from models.fusion import EVEN, fused_function, load_nets
from models.recipe import read_recipe

faces = np.load(sys.argv[2]).astype(np.float32)
nets = load_nets(Path(sys.argv[1]), read_recipe(Path(sys.argv[4])))
outputs = fused_function(nets, EVEN)(ops.convert_to_tensor(faces))
np.savez(sys.argv[3], *[ops.convert_to_numpy(output) for output in outputs])
"""


def run(*arguments: str | Path, status: int = 0) -> str:
    """Run Python in the project, with Keras on its own back end, and return stderr."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**kept, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == status, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a training table of 256 faces, three of which also stand in the validation."""
    folder = tmp_path_factory.mktemp("faces")
    training, validation = made_up_faces(256), made_up_faces(32, seed=1)
    validation["images"][:3] = training["images"][:3]
    save_faces(folder / "train.npz", training)
    save_faces(folder / "publictest.npz", validation)
    save_graph(folder / "faceres", made_up_graph())
    return folder


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("training") / "new"


@pytest.fixture(scope="module")
def recipe(tables: Path) -> Recipe:
    (tables / "recipe.toml").write_text(SMALL, encoding="utf-8")
    return read_recipe(tables / "recipe.toml")


@pytest.fixture(scope="module")
def trained(tables: Path, work: Path, recipe: Recipe) -> str:
    """A smoke run; what was said."""
    assert recipe
    return train(tables, work, "--epochs", "1")


@pytest.fixture(scope="module")
def resumed(tables: Path, work: Path, recipe: Recipe, trained: str) -> str:
    """Ask for more epochs of the first cycle, where one is done; what was said."""
    from models.train_emotions import GRAPH_FROM_STEPS

    assert trained
    (work / f"{recipe.cycles[0].name}.weights.h5").unlink()
    return train(tables, work, "--epochs", str(GRAPH_FROM_STEPS))


def train(tables: Path, work: Path, *options: str | Path, recipe: str = "recipe.toml") -> str:
    folders = ("--data", tables, "--work", work, "--face-recognition", tables / "faceres")
    limited = ("--recipe", tables / recipe, "--limit", FACES)
    return run("-m", "models.train_emotions", *folders, *limited, *options)


def epochs(work: Path, cycle: str) -> list[str]:
    with (work / f"{cycle}-log.csv").open(newline="", encoding="utf-8") as file:
        return [row["epoch"] for row in csv.DictReader(file)]


def assert_trained(work: Path, recipe: Recipe, said: str) -> None:
    assert "3 of 256 training faces look like one of publictest: dropped" in said
    for cycle in recipe.cycles:
        assert (work / f"{cycle.name}.weights.h5").stat().st_size > 1_000_000
        assert cycle.average or "0" in epochs(work, cycle.name)


def test_a_smoke_run_leaves_weights(work: Path, recipe: Recipe, trained: str) -> None:
    assert_trained(work, recipe, trained)


def test_the_small_recipe_asks_for_all_that_the_shipped_one_asks_for(recipe: Recipe) -> None:
    plain = Cycle(name="plain", net="cnn", epochs=9)
    for field in dataclasses.fields(Cycle):
        here, there = (
            any(getattr(cycle, field.name) != getattr(plain, field.name) for cycle in one.cycles)
            for one in (recipe, read_recipe(RECIPE))
        )
        assert here >= there, field.name


@pytest.mark.soak
def test_the_shipped_recipe_leaves_weights(tables: Path, tmp_path: Path) -> None:
    said = train(tables, tmp_path, "--epochs", "1", recipe=str(RECIPE))
    assert_trained(tmp_path, read_recipe(RECIPE), said)


def test_the_same_command_goes_on_from_the_last_finished_epoch(
    work: Path, recipe: Recipe, resumed: str
) -> None:
    from models.train_emotions import GRAPH_FROM_STEPS

    first, *others = recipe.cycles
    assert f"{first.name}.weights.h5" in resumed
    assert epochs(work, first.name) == [str(epoch) for epoch in range(GRAPH_FROM_STEPS)]
    for cycle in others:
        assert f"{cycle.name}: done already" in resumed
        assert cycle.average or epochs(work, cycle.name) == ["0"]


def test_cycles_that_were_trained_before_are_taken_as_they_are(
    tables: Path, work: Path, recipe: Recipe, resumed: str, tmp_path: Path
) -> None:
    assert resumed
    said = train(tables, tmp_path, "--stages", work)
    for cycle in recipe.cycles:
        assert f"{cycle.name}: taken from {work}" in said
        one, other = (tensors(folder / f"{cycle.name}.weights.h5") for folder in (work, tmp_path))
        assert len(one) == len(other) > 5
        assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(one, other, strict=True))


def tensors(path: Path) -> list[np.ndarray]:
    """Return the kernels of convolutions in a file of weights, in its order."""
    found: dict[str, np.ndarray] = {}

    def keep(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 4:
            found[name] = item[:]

    with h5py.File(path) as file:
        file.visititems(keep)
    # A file of a training has the state of its optimizer, too.
    return [kernel for name, kernel in found.items() if not name.startswith("optimizer")]


@pytest.mark.parametrize(("cycle", "net"), [("warm", "mobilenet"), ("deep", "dcnn")])
def test_a_training_can_begin_with_the_shipped_weights(
    work: Path, trained: str, cycle: str, net: str
) -> None:
    from models.emotion_nets import half_of

    assert trained
    with np.load(half_of(SHIPPED.parent, net)) as shipped:
        kernels = [values.astype(np.float32) for values in shipped.values() if values.ndim == 4]
    widest = max(tensors(work / f"{cycle}.weights.h5"), key=np.size)
    assert any(k.shape == widest.shape and np.allclose(k, widest, atol=1e-3) for k in kernels)


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Noise, stripes and discs: pictures that no net takes for one another."""
    rows, columns = np.mgrid[0:48, 0:48]
    pictures = list(made_up_faces(6, seed=9)["images"])
    pictures += [((rows * a + columns * b) % 256).astype(np.uint8) for a, b in ((5, 0), (0, 9))]
    pictures += [
        np.where((rows - y) ** 2 + (columns - 24) ** 2 < 150, 230, 40).astype(np.uint8)
        for y in (12, 24, 36)
    ]
    return np.stack(pictures)


@pytest.fixture(scope="module")
def exported(
    tmp_path_factory: pytest.TempPathFactory, tables: Path, work: Path, resumed: str
) -> Path:
    """A folder with the fusion of the trained nets."""
    assert resumed
    folder = tmp_path_factory.mktemp("exported")
    export(tables, work, folder)
    return folder


def export(tables: Path, work: Path, out: Path, *options: str | Path) -> None:
    folders = ("--weights", work, "--recipe", tables / "recipe.toml", "--out", out)
    run("-m", "models.export", "emotions", *folders, *options)


def logs(probabilities: np.ndarray) -> np.ndarray:
    """Return the logarithms in a row; eight bits know nothing of a smaller share than this."""
    return np.log(np.maximum(probabilities, 1e-3)).ravel()


def test_the_exported_fusion_says_what_keras_says(
    tmp_path: Path, tables: Path, work: Path, exported: Path, faces: np.ndarray
) -> None:
    np.save(tmp_path / "faces.npy", faces)
    files = (tmp_path / "faces.npy", tmp_path / "keras.npz", tables / "recipe.toml")
    run("-c", KERAS, work, *files)
    with np.load(tmp_path / "keras.npz") as arrays:
        keras = dict(zip(OUTPUTS, [arrays[name] for name in arrays.files], strict=True))

    said = EmotionFusion(exported / "manifest.json").probabilities(faces)
    for name in OUTPUTS:
        ours = getattr(said, name)
        # Eight bits a weight move a probability near a half by a few hundredths.
        np.testing.assert_allclose(ours, keras[name], atol=0.05, err_msg=name)
        # Nets that have hardly learnt give nearly the same to all, so look at the differences:
        # each output follows its own original, and no other one of its width so closely.
        likeness = {
            other: np.corrcoef(logs(ours), logs(keras[other]))[0, 1]
            for other in OUTPUTS
            if keras[other].shape == ours.shape
        }
        assert max(likeness, key=likeness.__getitem__) == name, likeness
        assert likeness[name] > 0.95


def int8_shapes(model: Path) -> list[tuple[int, ...]]:
    """Return the shapes of the tensors with four dimensions that a model keeps as int8."""
    details = Interpreter(model_path=str(model)).get_tensor_details()
    return [
        tuple(one["shape"]) for one in details if one["dtype"] == np.int8 and len(one["shape"]) == 4
    ]


def test_all_kernels_are_int8_but_the_depthwise_ones(exported: Path) -> None:
    # A depthwise kernel has the shape (1, 3, 3, channels), any other (channels, …). The converter
    # leaves those of less than 1,024 numbers alone: of each net the first.
    kernels = 13 + 17
    for folder in (exported, SHIPPED.parent):
        shapes = int8_shapes(folder / "fusion.tflite")
        assert len(shapes) == kernels
        assert all(shape[0] > 1 for shape in shapes)


def test_an_export_states_the_facts_of_the_shipped_one_and_what_it_was_measured_at(
    tmp_path: Path, work: Path, resumed: str, tables: Path
) -> None:
    assert resumed
    data = tables / "publictest.npz"
    export(tables, work, tmp_path, "--data", data)
    written = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["fusion"]
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))["fusion"]
    for fact in ("file", "outputs", "fer_labels", "plus_labels", "input"):
        assert written[fact] == shipped[fact]
    assert all(0 <= blend["dcnn_share"] <= 1 for blend in written["blend"].values())
    classes = {head: len(blend["offsets"]) for head, blend in written["blend"].items()}
    assert classes == {"fer": len(EMOTIONS), "plus": len(FERPLUS_LABELS)}
    table = load_faces(data)
    found = figures(predict(EmotionFusion(tmp_path / "manifest.json"), table.images), table)
    assert written["metrics"]["publictest"] == found
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "dcnn-float16.weights",
        "fusion.tflite",
        "manifest.json",
        "mobilenet-float16.weights",
    ]


# TensorFlow starts once for all of them.
REFUSED = """
import sys

from models import run
from models.train_emotions import command

for line in sys.argv[1].splitlines():
    status = run(command, line.split())
    print(f"status {status}", file=sys.stderr)
"""


def one_cycle(net: str, start: str) -> str:
    return f"""
        ship = {{ cnn = "a", dcnn = "b" }}
        [[cycle]]
        name = "a"
        net = "{net}"
        epochs = 1
        start = "{start}"
        [[cycle]]
        name = "b"
        net = "dcnn"
        epochs = 1
        """


def test_a_training_that_cannot_be_is_one_sentence(tmp_path: Path, tables: Path) -> None:
    recipes = {
        "no-folder": one_cycle("mobilenet", "face-recognition"),
        "no-weights": one_cycle("cnn", "shipped"),
        "no-recipe": "[[cycle]]",
    }
    for name, recipe in recipes.items():
        (tmp_path / f"{name}.toml").write_text(recipe, encoding="utf-8")
    lines = [
        f"--data {tables} --work {tmp_path} --recipe {tmp_path / name}.toml" for name in recipes
    ]
    lines.append(f"--data {tmp_path} --work {tmp_path}")
    said = run("-c", REFUSED, "\n".join(lines))
    assert said.count("status 2") == len(lines)
    for sentence in (
        "a begins with another net: say where, by --face-recognition",
        "a: no weights of a cnn are shipped",
        "not a readable recipe",
        "publictest.npz: not a readable face table",
    ):
        assert sentence in said
    assert "Traceback" not in said
