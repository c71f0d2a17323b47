"""End-to-end evaluation: faces pasted into scenes, detected and cropped as in the app.

Each face is pasted at 90 to 300 pixels into a scene of 640×480, a photograph or a gradient. It
counts as detectable when the unmodified `mtcnn` package at its defaults finds it.

`streamed` shows what is left of a face after a video call's compression: VP8, in real time, at a
constant rate.
"""

import functools
import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.emotions import FACE_SIZE, EmotionFusion, Probabilities
from detectors.faces import Box, MtcnnDetector, overlap
from detectors.pipeline import crop_face
from detectors.types import Face
from models.emotion_figures import predict
from models.export import unmodified_mtcnn
from models.face_table import FaceTable
from recommender.commands import progress

SCENES = Path(__file__).parent / "scenes"
SEED = 640480
FRAME_SIZE = (640, 480)
FACE_SIDES = (90, 300)
# Minimum intersection over union of a box with the pasted face to count as the same face.
SAME_FACE_OVERLAP = 0.3
# Batch size for the package: frame by frame, it takes nearly twice as long.
MTCNN_BATCH = 8
PROCESSES = 2
# Share of the scenes that are photographs.
PHOTOGRAPHS = 0.5
FRAMES_A_SECOND = 15
# After so many pictures, the encoder has spread its bits; the first alone is coarser.
FRAMES = 10
# Noise of the camera in grey levels, and the greatest step of the head from picture to picture.
NOISE = 2.0
STEP_PIXELS = 2
# How browsers set libvpx for a call: fast, constant rate, no look-ahead.
ENCODER = {
    "deadline": "realtime",
    "cpu-used": "8",
    "lag-in-frames": "0",
    "error-resilient": "1",
    "qmin": "2",
    "qmax": "56",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The results for n faces that were pasted into scenes.

    Attributes
    ----------
    detectable : bool [shape=(n,)], whether the unmodified package finds the face
    found : bool [shape=(n,)], whether Moodring's detector does
    crops : uint8 [shape=(n, 48, 48)], Moodring's crops; zeros where it finds no face
    """

    detectable: NDArray[np.bool_]
    found: NDArray[np.bool_]
    crops: NDArray[np.uint8]


def photographs() -> list[NDArray[np.uint8]]:
    """Return the scenes' photographs, uint8 RGB [shape=(480, 640, 3)]."""
    pictures = [cv2.imread(str(path)) for path in sorted(SCENES.glob("*.webp"))]
    return [np.asarray(p[..., ::-1], dtype=np.uint8) for p in pictures if p is not None]


def gradient(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a linear gradient between two random colours, in a random direction."""
    width, height = FRAME_SIZE
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    along = np.cos(angle) * (columns - 0.5) + np.sin(angle) * (rows - 0.5)
    share = ((along - along.min()) / np.ptp(along))[..., None]
    first, second = rng.uniform(20, 235, (2, 3))
    return (share * first + (1 - share) * second).astype(np.uint8)


def paste(
    face: NDArray[np.uint8], index: int, backgrounds: list[NDArray[np.uint8]]
) -> tuple[NDArray[np.uint8], Box]:
    """Return the RGB scene number ``index`` with the face, and the face's box (x, y, w, h)."""
    rng = np.random.default_rng([SEED, index])
    width, height = FRAME_SIZE
    if rng.random() < PHOTOGRAPHS:
        scene = backgrounds[rng.integers(len(backgrounds))].copy()
    else:
        scene = gradient(rng)
    side = int(rng.integers(FACE_SIDES[0], FACE_SIDES[1] + 1))
    left, top = int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))
    large = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)
    scene[top : top + side, left : left + side] = large[..., None]
    return scene, (float(left), float(top), float(side), float(side))


def _best(box: Box, candidates: Iterable[tuple[Box, Any]]) -> Any:  # noqa: ANN401 - what belongs to the box
    rated = [(overlap(box, one), what) for one, what in candidates]
    score, what = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return what if score >= SAME_FACE_OVERLAP else None


def _box(sides: Sequence[float]) -> Box:
    x, y, width, height = map(float, sides)
    return x, y, width, height


_package = functools.cache(unmodified_mtcnn)


def look(faces: NDArray[np.uint8], first: int, detector_manifest: Path) -> Found:
    """Paste faces into the scenes from number ``first`` on, and run both detectors."""
    backgrounds, detector = photographs(), MtcnnDetector(detector_manifest)
    scenes = [paste(face, first + row, backgrounds) for row, face in enumerate(faces)]
    answers = _package().detect_faces([frame for frame, _ in scenes])
    detectable = [
        _best(box, ((_box(one["box"]), one) for one in answer)) is not None
        for (_, box), answer in zip(scenes, answers, strict=True)
    ]
    ours: list[Face | None] = [
        _best(box, ((face.box, face) for face in detector.detect(frame))) for frame, box in scenes
    ]
    crops = [
        np.zeros_like(face) if seen is None else crop_face(frame, seen)
        for face, (frame, _), seen in zip(faces, scenes, ours, strict=True)
    ]
    return Found(
        np.array(detectable), np.array([seen is not None for seen in ours]), np.stack(crops)
    )


def through_camera(faces: NDArray[np.uint8], detector_manifest: Path) -> Found:
    """Paste each face [shape=(n, 48, 48)] into its scene, and run both detectors.

    Two processes share the work, since the package takes 50 ms per frame.
    """
    starts = range(0, len(faces), MTCNN_BATCH)
    parts = []
    spawn = multiprocessing.get_context("spawn")
    workers = min(PROCESSES, len(starts))
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool, progress("scenes") as show:
        tasks = [
            pool.submit(look, faces[start : start + MTCNN_BATCH], start, detector_manifest)
            for start in starts
        ]
        for start, task in zip(starts, tasks, strict=True):
            parts.append(task.result())
            show(start + len(parts[-1].found), len(faces))
    return Found(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("detectable", "found", "crops")
        )
    )


def camera_figures(
    model: EmotionFusion, table: FaceTable, direct: Probabilities, detector_manifest: Path
) -> dict[str, Any]:
    """Return the faces and the accuracy that the camera costs; None where there are no faces.

    Parameters
    ----------
    direct : Probabilities, predictions for the table's own pictures
    """
    seen = through_camera(table.images, detector_manifest)
    result: dict[str, Any] = {
        "detectable": int(seen.detectable.sum()),
        "found": None,
        "through_camera_accuracy": None,
        "direct_accuracy_same_faces": None,
    }
    if seen.detectable.any():
        result["found"] = float(seen.found[seen.detectable].mean())
    if seen.found.any():
        label = table.label[seen.found]
        cropped = predict(model, seen.crops[seen.found]).fer.argmax(axis=1)
        result["through_camera_accuracy"] = float((cropped == label).mean())
        result["direct_accuracy_same_faces"] = float(
            (direct.fer[seen.found].argmax(axis=1) == label).mean()
        )
    return result


def compress(frames: Iterable[NDArray[np.uint8]], bits_per_second: int) -> list[NDArray[np.uint8]]:
    """Return the pictures, uint8 RGB [shape=(480, 640, 3)], after VP8, in order."""
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = FRAME_SIZE
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, FRAMES_A_SECOND)
    encoder.framerate, encoder.bit_rate = Fraction(FRAMES_A_SECOND), bits_per_second
    rate = f"{bits_per_second}"
    encoder.options = {**ENCODER, "minrate": rate, "maxrate": rate, "bufsize": rate}
    decoder = av.CodecContext.create("vp8", "r")
    packets = []
    for place, frame in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        picture.pts = place
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    read = [picture for packet in packets for picture in decoder.decode(packet)]
    return [np.asarray(picture.to_ndarray(format="rgb24"), np.uint8) for picture in read]


def filmed(
    face: NDArray[np.uint8], index: int, backgrounds: list[NDArray[np.uint8]], rate: int | None
) -> NDArray[np.uint8]:
    """Return the face [shape=(48, 48)] as cut out of the last picture of a video.

    Parameters
    ----------
    index : int, number of the scene into which it is pasted
    rate : int or None, bits a second; None for no compression
    """
    scene, (x, y, side, _) = paste(face, index, backgrounds)
    rng = np.random.default_rng([index, FRAMES])
    moves = rng.integers(-STEP_PIXELS, STEP_PIXELS + 1, (FRAMES, 2)).cumsum(axis=0)
    # Back to the middle, so that the cut is where the face is.
    moves -= moves[-1]
    noise = np.rint(rng.normal(0, NOISE, scene.shape)).astype(np.int16)
    frames = []
    for right, down in moves:
        moved = np.roll(scene, (down, right), axis=(0, 1))
        # The same noise elsewhere: drawing it anew would take longer than to compress it.
        other = np.roll(noise, rng.integers(0, FRAME_SIZE[1], 2), axis=(0, 1))
        frames.append(np.clip(moved + other, 0, 255).astype(np.uint8))
    last = frames[-1] if rate is None else compress(frames, rate)[-1]
    left, top, width = int(x), int(y), int(side)
    grey = cv2.cvtColor(last[top : top + width, left : left + width], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def streamed(faces: NDArray[np.uint8], rate: int | None) -> NDArray[np.uint8]:
    """Return the faces [shape=(n, 48, 48)] as `filmed` shows them, each in its own scene."""
    backgrounds, found = photographs(), []
    with progress("videos") as show:
        for index, face in enumerate(faces):
            found.append(filmed(face, index, backgrounds, rate))
            show(index + 1, len(faces))
    return np.stack(found)
