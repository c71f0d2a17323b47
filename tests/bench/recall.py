"""How many faces a detector finds, how well its boxes fit, and how many it makes up.

Frames are made from FER-2013's public test faces: 40 to 400 pixels, tilted by up to 25°, a third of
them dark and a third blurred, in photographs and gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detectors.faces import overlap
from models.face_table import load_faces
from models.through_camera import FRAME_SIZE, SCENES, gradient, photographs
from tests.bench.clip import put

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from detectors.faces import Box

FACES = Path(__file__).parents[3] / "shared" / "data" / "fer2013plus" / "publictest.npz"
SEED = 25
SIDES = (40, 400)
MAX_TILT_DEGREES = 25
FOUND_OVERLAP = 0.5
DARK = 0.3
BLUR_PIXELS = 2.0


@dataclass(frozen=True, slots=True)
class Recall:
    """What a detector makes of the frames.

    recall : share of the pasted faces with a box of intersection over union ≥ 0.5, 0..1
    mean_overlap : intersection over union of those boxes with the pasted square, 0..1
    false_boxes : boxes a frame that meet no pasted face so well
    """

    recall: float
    mean_overlap: float
    false_boxes: float


def made_frames(count: int) -> list[tuple[NDArray[np.uint8], Box]]:
    """Return frames, the same each time, and the box of the face in each.

    [] without the public test faces.
    """
    if not (FACES.exists() and SCENES.exists()):
        return []
    rng = np.random.default_rng(SEED)
    images, scenes = load_faces(FACES).images, photographs()
    width, height = FRAME_SIZE
    frames = []
    for row in rng.choice(len(images), count, replace=False):
        scene = scenes[rng.integers(len(scenes))] if rng.random() < 0.5 else gradient(rng)
        side = float(np.exp(rng.uniform(*np.log(SIDES))))
        x = rng.uniform(side / 2, width - side / 2)
        y = rng.uniform(side / 2, height - side / 2)
        tilt = rng.uniform(-MAX_TILT_DEGREES, MAX_TILT_DEGREES)
        large = cv2.resize(images[row], (192, 192), interpolation=cv2.INTER_CUBIC)
        frame = put(scene, np.asarray(large, dtype=np.uint8), side, (x, y), tilt)
        damage = rng.integers(3)
        if damage == 1:
            frame = (frame * DARK).astype(np.uint8)
        elif damage == 2:
            frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), BLUR_PIXELS), dtype=np.uint8)
        frames.append((frame, (x - side / 2, y - side / 2, side, side)))
    return frames


def measure(
    detect: Callable[[NDArray[np.uint8]], Sequence[Box]],
    frames: list[tuple[NDArray[np.uint8], Box]],
) -> Recall:
    """Return what a detector, a function from a frame to boxes, makes of the frames."""
    overlaps, false_boxes = [], 0
    for frame, truth in frames:
        rated = sorted((overlap(box, truth) for box in detect(frame)), reverse=True)
        hit = bool(rated) and rated[0] >= FOUND_OVERLAP
        overlaps += rated[:1] if hit else []
        false_boxes += len(rated) - hit
    return Recall(
        len(overlaps) / len(frames),
        float(np.mean(overlaps)) if overlaps else 0.0,
        false_boxes / len(frames),
    )
