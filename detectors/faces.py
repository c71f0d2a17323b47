"""MTCNN (Zhang et al., IEEE Signal Processing Letters 23, 2016) on the nets of the `mtcnn` package.

The package's own pyramid miscounts its levels once ``min_face_size`` is 24 or more, takes 81 ms a
frame, and answers "no face" to anything that it cannot read. Therefore only the nets are the
package's, run by LiteRT; the frame, the pyramid and the boxes are handled here.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.errors import BadFrame, WeightsMismatch
from detectors.types import MIN_FRAME_SIDE, Face
from detectors.weights import Network, read_manifest

# Maximum width and height of a frame, in pixels.
MAX_FRAME_SIDE = 4096
# Smallest face to search for, in pixels. Faces from 40 pixels up are promised; the nets are surest
# a little above their 12-pixel cell, hence the margin.
MIN_FACE_SIZE = 32
# P-Net's cell and stride in pixels, and the pyramid's step, as in the paper.
CELL = 12
STRIDE = 2
PYRAMID_FACTOR = 0.709
# Minimum score of a box after each net. The package has 0.6, 0.7 and 0.8: lower thresholds at the
# start find three faces in a hundred more, and O-Net, at the end, passes no more false boxes than
# with the package's (`make bench` prints both).
PNET_THRESHOLD, RNET_THRESHOLD, ONET_THRESHOLD = 0.5, 0.5, 0.8
# Overlaps above which boxes are merged; the package's values.
LEVEL_OVERLAP, STAGE_OVERLAP = 0.5, 0.7
# Maximum number of cells per level, and of boxes of all levels for the second and third net; the
# best are kept. Bounds the time for a noisy frame.
MAX_CELLS = 500
MAX_CANDIDATES = 120
# Places of a face that was seen just before: how far its centre has moved, and its size, as shares
# of its side. As it was comes first.
AROUND = np.array(
    [
        *((0, 0, 1), (0, 0, 0.85), (0, 0, 1.2), (0, 0, 1.4), (0.1, 0, 1), (-0.1, 0, 1)),
        *((0, 0.1, 1), (0, -0.1, 1), (0, 0.1, 1.2), (0, -0.1, 1.2)),
    ]
)
RNET_SIZE, ONET_SIZE = 24, 48
MID_GREY = 127
# numpy's dtype kinds of floating-point, signed and unsigned numbers.
NUMBER_KINDS = "fiu"
COLOURS = 3

Box = tuple[float, float, float, float]


def overlap(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes (x, y, w, h), 0..1."""
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)


def tilt(face: Face) -> float:
    """Return by how many degrees a face's landmarks lie off upright, 0..180; 0 without any.

    The larger of two angles: the eyes' line to the horizontal, and the line from the eyes to the
    mouth to the vertical.
    """
    if not face.landmarks:
        return 0.0
    left, right, _, *mouth = np.array(face.landmarks)
    across, down = right - left, np.mean(mouth, axis=0) - (left + right) / 2
    angles = np.arctan2([across[1], down[0]], [across[0], down[1]])
    return float(np.abs(np.degrees(angles)).max())


def turned_back(face: Face, turns: int, width: int, height: int) -> Face:
    """Return a face found in `numpy.rot90(frame, turns)` where it lies in the frame.

    Parameters
    ----------
    width, height : int, pixels of the frame
    """
    for turn in range(turns, 0, -1):
        # Width before this turn: an anticlockwise quarter turn puts the right edge on top.
        before = width if turn % 2 else height
        x, y, across, down = face.box
        marks = tuple((before - b, a) for a, b in face.landmarks)
        face = Face((before - y - down, x, down, across), face.confidence, marks)
    return face


def check_frame(frame: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return the frame if it is a usable RGB picture.

    Raises
    ------
    BadFrame
        When it is empty, not (height, width, 3), not uint8 or finite 0..255, too small or large.
    """
    if not isinstance(frame, np.ndarray) or frame.ndim != COLOURS or frame.shape[2] != COLOURS:
        raise BadFrame("frame-no-colour-picture")
    height, width = frame.shape[:2]
    if min(height, width) < MIN_FRAME_SIDE or max(height, width) > MAX_FRAME_SIDE:
        raise BadFrame(
            "frame-wrong-size",
            width=width,
            height=height,
            least=MIN_FRAME_SIDE,
            most=MAX_FRAME_SIDE,
        )
    if frame.dtype == np.uint8:
        return frame.astype(np.uint8, copy=False)
    if frame.dtype.kind not in NUMBER_KINDS:
        raise BadFrame("frame-no-numbers")
    if not np.isfinite(frame).all() or frame.min() < 0 or frame.max() > 255:  # noqa: PLR2004 - uint8's end
        raise BadFrame("frame-out-of-range")
    return frame.astype(np.uint8)


def pyramid_scales(width: int, height: int, min_face_size: int = MIN_FACE_SIZE) -> list[float]:
    """Return the scales of the frame for P-Net, largest first.

    The first makes a face of ``min_face_size`` pixels as large as P-Net's cell; each next is
    `PYRAMID_FACTOR` smaller, as long as the frame still holds a whole cell.
    """
    scales = []
    scale = min(1.0, CELL / min_face_size)
    while min(width, height) * scale >= CELL:
        scales.append(scale)
        scale *= PYRAMID_FACTOR
    return scales


def merge_overlapping(
    boxes: NDArray[np.float32], threshold: float, *, by_smaller: bool = False
) -> NDArray[np.float32]:
    """Apply greedy non-maximum suppression to rows (x1, y1, x2, y2, score, …), best first.

    Parameters
    ----------
    threshold : float, 0..1, overlap above which the lower-scored box is dropped
    by_smaller : bool, measure the overlap against the smaller box instead of the union
    """
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    low, high = boxes[:, None, 0:2], boxes[:, None, 2:4]
    sides = np.minimum(high, boxes[:, 2:4]) - np.maximum(low, boxes[:, 0:2])
    shared = np.maximum(sides[..., 0], 0) * np.maximum(sides[..., 1], 0)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    whole = np.minimum(areas[:, None], areas) if by_smaller else areas[:, None] + areas - shared
    apart = shared <= threshold * whole
    alive = np.ones(len(boxes), dtype=bool)
    for row in range(len(boxes)):
        if alive[row]:
            alive[row + 1 :] &= apart[row, row + 1 :]
    return boxes[alive]


def _best_cells(scores: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the cells above `PNET_THRESHOLD`, at most `MAX_CELLS`."""
    rows, columns = np.nonzero(scores > PNET_THRESHOLD)
    if len(rows) > MAX_CELLS:
        best = np.argpartition(-scores[rows, columns], MAX_CELLS)[:MAX_CELLS]
        rows, columns = rows[best], columns[best]
    return rows, columns


def _normalise(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return (pixels.astype(np.float32) - np.float32(127.5)) / np.float32(128)


def _squares(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make each box the square of its longer side around the same centre."""
    squares = boxes.copy()
    sides = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])[:, None]
    corners = (boxes[:, 0:2] + boxes[:, 2:4] - sides) / 2
    squares[:, 0:2], squares[:, 2:4] = corners, corners + sides
    return squares


def _refine(boxes: NDArray[np.float32], offsets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move each corner by a net's offset, given as a share of the box's width and height."""
    refined = boxes.copy()
    sides = boxes[:, 2:4] - boxes[:, 0:2] + 1
    refined[:, :4] += offsets * np.hstack([sides, sides])
    return refined


def resize(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the pixels at (width, height): area mean when shrinking, linear when growing."""
    shrinking = pixels.shape[0] > size[1]
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=interpolation), dtype=np.uint8)


def cut_out(frame: NDArray[np.uint8], box: Sequence[float], size: int) -> NDArray[np.uint8]:
    """Return the patch (x1, y1, x2, y2) at size × size pixels, mid-grey beyond the frame's edge."""
    x1, y1, x2, y2 = map(round, box)
    x2, y2 = max(x2, x1 + 1), max(y2, y1 + 1)
    height, width = frame.shape[:2]
    inside = frame[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    if inside.shape[:2] != (y2 - y1, x2 - x1):
        left, top = max(-x1, 0), max(-y1, 0)
        right, bottom = max(x2 - max(x1, width), 0), max(y2 - max(y1, height), 0)
        if inside.size == 0:
            return np.full((size, size, *frame.shape[2:]), MID_GREY, np.uint8)
        edges = ((top, bottom), (left, right), (0, 0))[: frame.ndim]
        inside = np.pad(inside, edges, constant_values=MID_GREY)
    return resize(inside, (size, size))


def halves(frame: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the frame, and the frame at a half, a quarter … of its size, down to `MIN_FRAME_SIDE`.

    Averaging 2×2 pixels takes a tenth of the time of any other scale.
    """
    levels = [frame]
    while min(levels[-1].shape[:2]) >= 2 * MIN_FRAME_SIDE:
        height, width = levels[-1].shape[0] // 2, levels[-1].shape[1] // 2
        even = levels[-1][: 2 * height, : 2 * width]
        half = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, dtype=np.uint8))
    return levels


def cut_out_all(
    levels: list[NDArray[np.uint8]], boxes: NDArray[np.float32], size: int
) -> NDArray[np.uint8]:
    """Return the boxes' patches at size × size pixels, each from the fitting level of `halves`."""
    depths = np.log2(np.maximum((boxes[:, 2] - boxes[:, 0]) / (2 * size), 1)).astype(int)
    depths = np.minimum(depths, len(levels) - 1)
    corners = boxes[:, :4] / 2.0 ** depths[:, None]
    return np.stack(
        [
            cut_out(levels[depth], corner, size)
            for depth, corner in zip(depths.tolist(), corners.tolist(), strict=True)
        ]
    )


class MtcnnDetector:
    """A face detector of P-Net, R-Net and O-Net. Not thread-safe.

    Its methods raise `BadFrame` for a frame that `check_frame` rejects.

    Raises
    ------
    WeightsMismatch
        When one of the three model files is missing or altered.
    """

    def __init__(self, manifest: Path) -> None:
        models = read_manifest(manifest)
        try:
            self._pnet_file = models["pnet"]
            self._rnet, self._onet = Network(models["rnet"]), Network(models["onet"])
        except KeyError as error:
            raise WeightsMismatch("model-unlisted", name=f"{error}") from error
        # One P-Net per level, kept at the last frame's size: a resize costs more than a run.
        self._pnets: list[Network] = [Network(self._pnet_file)]

    def detect(self, frame: NDArray[np.uint8], smallest: float = MIN_FACE_SIZE) -> list[Face]:
        """Return the faces, largest first; [] when there is none.

        Parameters
        ----------
        frame : uint8 RGB [shape=(height, width, 3)], each side 48 to 4096 pixels
        smallest : float, pixels; smaller faces may be missed, and cost nothing
        """
        levels = halves(check_frame(frame))
        boxes = self._propose(levels, smallest)
        if len(boxes):
            boxes = self._reject(levels, boxes)
        if not len(boxes):
            return []
        return sorted(self._describe(levels, boxes), key=lambda face: -face.area)

    def follow(self, frame: NDArray[np.uint8], face: Face) -> Face | None:
        """Return a face in a frame shortly after it was seen, or None when it is not there.

        The last box takes the place of P-Net's proposals, at a tenth of the cost of `detect`. A
        face that moved by a third of its size is still found.
        """
        levels = halves(check_frame(frame))
        x, y, width, height = face.box
        side = max(width, height)
        places = (AROUND * side + (x + width / 2, y + height / 2, 0)).astype(np.float32)
        half = places[:, 2:] / 2
        confidence = np.full((len(places), 1), face.confidence, np.float32)
        squares = np.hstack([places[:, :2] - half, places[:, :2] + half, confidence])
        # A box around the last one mostly fits where that one does not, at a sixth of the cost.
        for tried in (squares[:1], squares[1:]):
            boxes = self._reject(levels, tried)
            if len(boxes) and (faces := self._describe(levels, boxes)):
                return faces[0]
        return None

    def _propose(self, levels: list[NDArray[np.uint8]], smallest: float) -> NDArray[np.float32]:
        height, width = levels[0].shape[:2]
        scales = pyramid_scales(width, height)
        while len(self._pnets) < len(scales):
            self._pnets.append(Network(self._pnet_file))
        found = []
        level = levels[0]
        for scale, pnet in zip(scales, self._pnets, strict=False):
            # Skip this level when the next, coarser one still resolves the smallest face.
            if CELL / (scale * PYRAMID_FACTOR) <= smallest:
                continue
            size = (round(width * scale), round(height * scale))
            # Shrink the smallest picture that is large enough: shrinking the whole frame would
            # cost more than the net.
            level = min(
                (one for one in (level, *levels) if one.shape[1] >= size[0]),
                key=lambda one: one.shape[1],
            )
            level = resize(level, size)
            offsets, scores = (output[0] for output in pnet(_normalise(level)[None]))
            rows, columns = _best_cells(scores[..., 1])
            if not len(rows):
                continue
            corners = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE
            boxes = np.hstack([corners, corners + CELL, scores[rows, columns, 1:2]])
            boxes[:, :4] += offsets[rows, columns] * CELL
            ratio = np.array([width / size[0], height / size[1]] * 2, np.float32)
            boxes[:, :4] *= ratio
            found.append(merge_overlapping(boxes.astype(np.float32), LEVEL_OVERLAP))
        if not found:
            return np.empty((0, 5), np.float32)
        return _squares(merge_overlapping(np.vstack(found), STAGE_OVERLAP)[:MAX_CANDIDATES])

    def _reject(
        self, levels: list[NDArray[np.uint8]], boxes: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        offsets, scores = self._rnet(_normalise(cut_out_all(levels, boxes, RNET_SIZE)))
        keep = scores[:, 1] > RNET_THRESHOLD
        boxes = _refine(boxes[keep], offsets[keep])
        boxes[:, 4] = scores[keep, 1]
        return _squares(merge_overlapping(boxes, STAGE_OVERLAP))

    def _describe(self, levels: list[NDArray[np.uint8]], boxes: NDArray[np.float32]) -> list[Face]:
        offsets, points, scores = self._onet(_normalise(cut_out_all(levels, boxes, ONET_SIZE)))
        corners, sides = boxes[:, None, 0:2], (boxes[:, None, 2:4] - boxes[:, None, 0:2])
        landmarks = corners + points.reshape(-1, 2, 5).transpose(0, 2, 1) * sides
        boxes = _refine(boxes, offsets)
        boxes[:, 4] = scores[:, 1]
        keep = boxes[:, 4] > ONET_THRESHOLD
        rows = np.hstack([boxes, landmarks.reshape(-1, 10)])[keep]
        return [
            Face(
                box=(row[0], row[1], max(1.0, row[2] - row[0]), max(1.0, row[3] - row[1])),
                confidence=min(1.0, row[4]),
                landmarks=tuple((x, y) for x, y in zip(row[5::2], row[6::2], strict=True)),
            )
            for row in merge_overlapping(rows, STAGE_OVERLAP, by_smaller=True).tolist()
        ]
