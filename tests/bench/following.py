"""A followed face against one that is searched for: ``python -m tests.bench.following``.

Each of FER-2013's public test faces moves through a scene of `models.through_camera` for a second,
and nears or leaves the camera. Every frame is read twice: as in a running camera, where the face is
looked for around its last place, and with a search of the whole frame.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detectors.emotions import EmotionFusion
from detectors.faces import MtcnnDetector, overlap
from detectors.following import FaceFollower
from detectors.pipeline import crop_face
from detectors.threads import use_one_blas_thread
from detectors.weights import DETECTOR
from models.face_table import load_faces
from models.through_camera import FRAME_SIZE, SEED, gradient, photographs
from tests.bench.measure import ROOT
from tests.bench.recall import FACES, FOUND_OVERLAP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from detectors.faces import Box
    from detectors.types import Face

COUNT = 300
RATE, FRAMES = 15, 15
SIDES = (70, 300)
# Standard deviations from frame to frame: of the place and of the size, as shares of the side.
STEP, GROWTH = 0.05, 0.02
NOISE = 2.0


@dataclass(frozen=True, slots=True)
class Read:
    """A share of all frames, 0..1, each.

    found : in which the box fits the face
    right : in which, besides, the emotion is that of the label
    overlap : intersection over union of those boxes with the pasted square, on average
    """

    found: float
    right: float
    overlap: float


def film(
    face: NDArray[np.uint8], index: int, scenes: list[NDArray[np.uint8]]
) -> Iterator[tuple[NDArray[np.uint8], Box]]:
    """Yield the frames of one face, and the place of it in each."""
    rng = np.random.default_rng([SEED, index])
    width, height = FRAME_SIZE
    scene = scenes[rng.integers(len(scenes))] if rng.random() < 0.5 else gradient(rng)
    side = float(np.exp(rng.uniform(*np.log(SIDES))))
    x, y = rng.uniform(0, width - side), rng.uniform(0, height - side)
    for _ in range(FRAMES):
        pixels = max(int(side), SIDES[0])
        left, top = int(np.clip(x, 0, width - pixels)), int(np.clip(y, 0, height - pixels))
        frame = rng.normal(0, NOISE, scene.shape) + scene
        large = cv2.resize(face, (pixels, pixels), interpolation=cv2.INTER_CUBIC)
        frame[top : top + pixels, left : left + pixels] = large[..., None]
        yield np.clip(frame, 0, 255).astype(np.uint8), (left, top, pixels, pixels)
        x, y = rng.normal((left, top), STEP * side)
        side = min(side * np.exp(rng.normal(0, GROWTH)), SIDES[1])


def judge(
    seen: Sequence[tuple[Face | None, Box, NDArray[np.uint8], int]], fusion: EmotionFusion
) -> Read:
    """Return how often faces were found and read right: box, truth, frame and label of each."""
    overlaps, right = [], 0
    for face, truth, frame, label in seen:
        fit = 0.0 if face is None else overlap(face.box, truth)
        if face is not None and fit >= FOUND_OVERLAP:
            overlaps.append(fit)
            read = fusion.probabilities(crop_face(frame, face)[None]).fer[0].argmax()
            right += int(read == label)
    return Read(len(overlaps) / len(seen), right / len(seen), float(np.mean(overlaps or [0.0])))


def measure(count: int) -> dict[str, Read]:
    """Return what is read of so many faces: searched, and followed alone or in a crowd."""
    from pages.ui.listen.frames import CROWD_SEARCH_AGAIN_S

    detector = MtcnnDetector(DETECTOR)
    fusion = EmotionFusion(ROOT / "models" / "manifest.json")
    table, scenes = load_faces(FACES), photographs()
    ways: dict[str, list[Read]] = {"searched": [], "followed": [], "in a crowd": []}
    rows = np.random.default_rng(SEED).choice(len(table.images), count, replace=False)
    for row in rows:
        frames = list(film(table.images[row], int(row), scenes))
        for way, reads in ways.items():
            follower = FaceFollower()
            if way == "in a crowd":
                follower.search_again_s = CROWD_SEARCH_AGAIN_S
            found = []
            for number, (frame, truth) in enumerate(frames):
                if way == "searched":
                    face = next(iter(detector.detect(frame)), None)
                else:
                    face = follower.find(frame, number / RATE, detector)
                found.append((face, truth, frame, int(table.label[row])))
            reads.append(judge(found, fusion))
    return {
        way: Read(*np.mean([(one.found, one.right, one.overlap) for one in reads], axis=0).tolist())
        for way, reads in ways.items()
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.following", description=__doc__)
    parser.add_argument("--faces", type=int, default=COUNT)
    use_one_blas_thread()
    for way, read in measure(parser.parse_args().faces).items():
        print(
            f"{way:12} found {read.found:.3f}, read right {read.right:.3f} of all frames; "
            f"overlap {read.overlap:.3f}"
        )


if __name__ == "__main__":
    main()
