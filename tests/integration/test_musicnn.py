"""The taggers: our Keras net is the original's graph, and the shipped file is our net."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from detectors.hearing.music import PARTS, SHIPPED, TAGGERS, embed
from detectors.hearing.spectrogram import MEL_BANDS, PATCH_FRAMES, RATE, log_mel
from detectors.weights import Network, read_manifest, sha256_of
from tests.fakes.sounds import pad, pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CHECKPOINTS = ("MSD_musicnn", "MTT_musicnn")
# What our net calls its outputs, and the nodes of the original that hold them.
NODES = {
    "pooled": "model/batch_normalization_9/batchnorm/add_1",
    "penultimate": "model/batch_normalization_10/batchnorm/add_1",
    "tags": "model/dense_1/BiasAdd",
}


@pytest.fixture(scope="module")
def spectrograms() -> NDArray[np.float32]:
    """Three seconds each of a pad, of a pattern and of noise."""
    noise = 0.1 * np.random.default_rng(0).normal(size=3 * RATE)
    return np.stack(
        [
            log_mel(sound[: 3 * RATE].astype(np.float32))[:PATCH_FRAMES]
            for sound in (pad(3, RATE), pattern(3, RATE), noise)
        ]
    )


@pytest.fixture(scope="module")
def nets() -> Mapping[str, Any]:
    from models.musicnn import CHECKPOINTS, checkpoints, load_taggers

    return dict(zip(CHECKPOINTS, load_taggers(checkpoints()), strict=True))


def original(name: str, spectrograms: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Run the graph of TensorFlow 1 that the package holds, with its weights as constants.

    Returns what comes out at `NODES`. Nothing in here is ours.
    """
    import tensorflow as tf
    from tensorflow.python.training.py_checkpoint_reader import NewCheckpointReader

    from models.musicnn import checkpoints

    old, folder = tf.compat.v1, checkpoints() / name
    meta = old.MetaGraphDef()
    meta.ParseFromString((folder / ".meta").read_bytes())
    graph_def = old.graph_util.extract_sub_graph(meta.graph_def, list(NODES.values()))
    reader = NewCheckpointReader(f"{folder}/")
    for node in graph_def.node:
        node.device = ""
        for attribute in ("_output_shapes", "_class"):
            node.attr.pop(attribute, None)
        if node.op in ("Variable", "VariableV2"):
            kind = node.attr["dtype"].type
            node.op = "Const"
            node.attr.clear()
            node.attr["dtype"].type = kind
            values = reader.get_tensor(node.name)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values))
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(graph_def, name="")
        inputs = [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]
        # The other one says whether the net is being trained.
        given = {one: False if one.dtype == tf.bool else spectrograms for one in inputs}
        assert len(given) == 2
        with old.Session(graph=graph) as session:
            return list(session.run([f"{node}:0" for node in NODES.values()], given))


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_our_net_says_what_the_originals_graph_says(
    name: str, nets: Mapping[str, Any], spectrograms: NDArray[np.float32]
) -> None:
    ours = nets[name](spectrograms, training=False)
    theirs = dict(zip(NODES, original(name, spectrograms), strict=True))
    for output, values in theirs.items():
        # What is compared differs from sound to sound.
        assert values.std(axis=0).max() > 0.1, output
        found = np.asarray(ours[output])
        # Of several units: 1e-5 is the rounding of float32 after ten layers.
        largest = max(1.0, float(np.abs(values).max()))
        np.testing.assert_allclose(found, values, atol=1e-5 * largest, err_msg=output)


@pytest.mark.slow
def test_the_package_is_read_and_never_imported(nets: Mapping[str, Any]) -> None:
    assert tuple(nets) == CHECKPOINTS
    assert "musicnn" not in sys.modules


@pytest.mark.slow
def test_the_nets_differ_and_an_empty_one_says_nothing_like_them(
    nets: Mapping[str, Any], spectrograms: NDArray[np.float32]
) -> None:
    from models.musicnn import build_tagger

    said = [
        np.asarray(net(spectrograms)["penultimate"]) for net in (*nets.values(), build_tagger())
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(said[one] - said[other]).max() > 0.5


@pytest.mark.slow
def test_the_shipped_file_says_what_our_nets_say(
    nets: Mapping[str, Any], spectrograms: NDArray[np.float32]
) -> None:
    from models.musicnn import tagger_function

    shipped = Network(read_manifest(SHIPPED)[TAGGERS])(spectrograms)
    ours = tagger_function(list(nets.values()))(spectrograms)
    assert len(shipped) == len(ours) == 4
    for found, values in zip(shipped, ours, strict=True):
        np.testing.assert_allclose(found, np.asarray(values), atol=1e-4)


def test_the_manifest_states_the_shipped_file() -> None:
    entry = read_manifest(SHIPPED)[TAGGERS]
    assert sha256_of(entry.path) == entry.sha256
    assert entry.path.name == "musicnn.tflite"
    widths = {name: width for name, width in PARTS.items() if name != "descriptors"}
    assert entry.facts["outputs"] == widths
    assert entry.facts["source"].startswith(f"musicnn {version('musicnn')} (ISC")
    assert (SHIPPED.parent / entry.facts["licence"]).read_text(encoding="utf-8")
    assert str((PATCH_FRAMES, MEL_BANDS))[1:-1] in entry.facts["input"]


def test_an_embedding_is_the_mean_of_the_pieces_and_the_descriptors() -> None:
    taggers = Network(read_manifest(SHIPPED)[TAGGERS])
    # Pieces of 187 frames: two of them, and a rest that only the descriptors hear.
    sound = np.concatenate([pad(4, RATE), pattern(4, RATE)])
    found = embed(taggers, sound)
    assert found.shape == (sum(PARTS.values()),)
    spectrogram = log_mel(sound)
    heard = taggers(np.stack([spectrogram[:187], spectrogram[187:374]]))
    expected = np.concatenate([part.mean(axis=0) for part in heard])
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-4)
    # No mean of one piece alone.
    first = np.concatenate([part[0] for part in heard])
    assert np.abs(found[: len(expected)] - first).max() > 0.1
