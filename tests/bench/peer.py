"""The peers: unmodified `mtcnn`, `model.predict` of the same expression nets, and TensorFlow.

They run in a process of their own. TensorFlow's threads would not leave Moodring's process alone,
and their number can only be set before its first use.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from detectors.hearing.audio import RATE
from detectors.hearing.spectrogram import log_mel, patches
from detectors.threads import use_one_blas_thread
from tests.bench.clip import frames
from tests.bench.measure import clip_cpu_ms, cpu_ms
from tests.bench.recall import Recall, made_frames
from tests.bench.recall import measure as measure_recall
from tests.fakes import sounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tests.bench.sizes import Sizes


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """Figures of the peers; empty and None where their packages, or the faces, are missing.

    cpu_ms : CPU time of each stage: `searched`, `detect`, `fusion`, and `clip`, a frame of it
    recall : of the package
    tagger_cpu_s : CPU time of both original taggers a second of sound, spectrograms not counted
    """

    cpu_ms: dict[str, float]
    recall: Recall | None
    tagger_cpu_s: float | None


@dataclass(frozen=True, slots=True)
class Peer:
    """Parts that a user can put together today from the packages alone.

    detect : the faces of an RGB frame, as `mtcnn` gives them
    predict : the nets on one grey face of 48×48
    """

    detect: Callable[[NDArray[np.uint8]], list[Any]]
    predict: Callable[[NDArray[np.uint8]], object]

    def read(self, frame: NDArray[np.uint8]) -> object:
        """Detect, cut out the first face, and predict."""
        faces = self.detect(frame)
        if not faces:
            return None
        x, y, width, height = faces[0]["box"]
        grey = cv2.cvtColor(frame[y : y + height, x : x + width], cv2.COLOR_RGB2GRAY)
        return self.predict(cv2.resize(grey, (48, 48)))


def measure(face: NDArray[np.uint8], sizes: Sizes) -> PeerFigures:
    """Return the figures of the peers, measured in a new process.

    face : grey [shape=(48, 48)], for the nets
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(_measure_here, face, sizes).result()


def _measure_here(face: NDArray[np.uint8], sizes: Sizes) -> PeerFigures:
    cv2.setNumThreads(1)
    use_one_blas_thread()
    stages, recall, tagger_cpu_s = {}, None, None
    try:
        _one_tensorflow_thread()
        peer = _load_peer()
        # Made again, the same: a gigabyte of pictures need not go from process to process.
        clip, made = frames(sizes.clip_frames), made_frames(sizes.recall_frames)
        stages = {
            "clip": clip_cpu_ms(lambda _, frame: peer.read(frame), clip, sizes),
            "searched": cpu_ms(lambda: peer.read(clip[0]), sizes),
            "detect": cpu_ms(lambda: peer.detect(clip[0]), sizes),
            "fusion": cpu_ms(lambda: peer.predict(face), sizes),
        }
        if made:
            recall = measure_recall(
                lambda frame: [tuple(map(float, one["box"])) for one in peer.detect(frame)], made
            )
        tagger_cpu_s = _tagger_cpu_s(sizes.tagger_s)
    # `checkpoints` belongs to a command: without its package it exits with a message.
    except (ImportError, SystemExit) as error:
        print(f"no peer to compare with: {error}", file=sys.stderr)
    return PeerFigures(stages, recall, tagger_cpu_s)


def _one_tensorflow_thread() -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # The nets in the layout that TensorFlow can run, whatever a training has set.
    os.environ.pop("KERAS_BACKEND", None)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _load_peer() -> Peer:
    from mtcnn import MTCNN

    from models.emotion_nets import BUILDERS
    from models.recipe import RECIPE, read_recipe

    # Random weights take as long as trained ones.
    recipe = read_recipe(RECIPE)
    nets = [BUILDERS[recipe.by_name()[cycle].net]() for cycle in recipe.ship.values()]

    def predict(face: NDArray[np.uint8]) -> object:
        batch = face[None].astype(np.float32)
        return [net.predict(batch, verbose=0) for net in nets]

    return Peer(MTCNN().detect_faces, predict)


def _tagger_cpu_s(seconds: int) -> float:
    import tensorflow as tf

    from models.musicnn import checkpoints, load_taggers, tagger_function

    hear = tf.function(tagger_function(load_taggers(checkpoints())), reduce_retracing=True)
    pieces = patches(log_mel(sounds.pattern(seconds, RATE)))
    hear(tf.constant(pieces[:1]))
    before = time.process_time()
    for piece in pieces:
        hear(tf.constant(piece[None]))
    return (time.process_time() - before) / seconds
