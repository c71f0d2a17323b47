"""The clip that live reading is measured on: one face that moves, turns, grows, and is cut away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage import data

from models.through_camera import FRAME_SIZE, gradient, photographs
from tests.fakes.scenes import surprised

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 30
SEED = 30
# Every so many frames the clip cuts to another face, scene and place.
CUT_EVERY = 75
FACE_SIDES = (90, 300)
STEP = (4, 12)
MAX_TURN_DEGREES = 20
# The square around the face in `skimage.data.astronaut()`, and its side against the face's height.
HEAD = (slice(30, 210), slice(135, 315))
HEAD_PER_FACE = 180 / 107


def faces() -> list[NDArray[np.uint8]]:
    """Return the heads that the clip cuts between: one in the public domain, with two faces."""
    smiling = np.asarray(data.astronaut(), dtype=np.uint8)
    return [np.ascontiguousarray(face[HEAD]) for face in (smiling, surprised(smiling))]


def put(
    scene: NDArray[np.uint8],
    face: NDArray[np.uint8],
    side: float,
    centre: tuple[float, float],
    degrees: float,
) -> NDArray[np.uint8]:
    """Return the scene with the square face turned and put at a place, at ``side`` pixels."""
    scale = side / face.shape[0]
    middle = ((face.shape[1] - 1) / 2, (face.shape[0] - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, degrees, scale)
    matrix[:, 2] += np.array(centre) - middle
    size = (scene.shape[1], scene.shape[0])
    turned = cv2.warpAffine(face, matrix, size, flags=cv2.INTER_AREA)
    mask = cv2.warpAffine(np.ones(face.shape[:2], np.float32), matrix, size)[..., None]
    if turned.ndim < scene.ndim:
        turned = np.repeat(turned[..., None], 3, axis=2)
    return (mask * turned + (1 - mask) * scene).astype(np.uint8)


def frames(count: int) -> list[NDArray[np.uint8]]:
    """Return the clip, uint8 RGB [shape=(count, 480, 640, 3)]; the same each time."""
    rng = np.random.default_rng(SEED)
    scenes, heads = [*photographs(), gradient(rng), gradient(rng)], faces()
    width, height = FRAME_SIZE
    made = []
    for number in range(count):
        shot, at = divmod(number, CUT_EVERY)
        if at == 0:
            scene, head = scenes[shot % len(scenes)], heads[shot % len(heads)]
            place = rng.uniform((0.3 * width, 0.35 * height), (0.7 * width, 0.65 * height))
            heading = rng.uniform(0, 2 * np.pi)
        # The size runs through its whole range in each shot, the tilt through its own.
        phase = at / CUT_EVERY * 2 * np.pi
        side = FACE_SIDES[0] + (FACE_SIDES[1] - FACE_SIDES[0]) * (0.5 - 0.5 * np.cos(phase))
        heading += rng.normal(0, 0.3)
        step = rng.uniform(*STEP) * np.array([np.cos(heading), np.sin(heading)])
        margin = side / 2  # the face itself stays in the frame
        inside = (margin, margin), (width - margin, height - margin)
        if ((place + step < inside[0]) | (place + step > inside[1])).any():
            heading += np.pi
            step = -step
        place = np.clip(place + step, *inside)
        tilt = MAX_TURN_DEGREES * np.sin(2 * phase)
        made.append(
            put(scene, head, side * HEAD_PER_FACE, (float(place[0]), float(place[1])), float(tilt))
        )
    return made
