"""The peer: unmodified `mtcnn`, and `model.predict` of the same expression nets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Peer:
    """What a user can put together today from the packages alone.

    detect : the faces of an RGB frame, as `mtcnn` gives them
    predict : the nets on one grey face of 48×48
    """

    detect: Callable[[NDArray[np.uint8]], list[Any]]
    predict: Callable[[NDArray[np.uint8]], object]

    def read(self, frame: NDArray[np.uint8]) -> object:
        """Detect, cut out the first face, and predict."""
        import cv2

        faces = self.detect(frame)
        if not faces:
            return None
        x, y, width, height = faces[0]["box"]
        grey = cv2.cvtColor(frame[y : y + height, x : x + width], cv2.COLOR_RGB2GRAY)
        return self.predict(cv2.resize(grey, (48, 48)))


def load_peer() -> Peer:
    """Load the peer on one thread. Takes seconds: this imports TensorFlow."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # The nets in the layout that TensorFlow can run, whatever a training has set.
    os.environ.pop("KERAS_BACKEND", None)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from mtcnn import MTCNN

    from models.emotion_nets import BUILDERS
    from models.recipe import RECIPE, read_recipe

    # Random weights take as long as trained ones.
    nets = [BUILDERS[name]() for name in read_recipe(RECIPE).shipped_nets()]

    def predict(face: NDArray[np.uint8]) -> object:
        batch = face[None].astype(np.float32)
        return [net.predict(batch, verbose=0) for net in nets]

    return Peer(MTCNN().detect_faces, predict)
