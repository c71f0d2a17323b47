"""The face detector: golden faces, the unmodified package beside it, and frames without a face."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors import faces
from detectors.emotions import EmotionFusion
from detectors.errors import BadFrame, WeightsMismatch
from detectors.faces import (
    CELL,
    MAX_CELLS,
    MAX_FRAME_SIDE,
    MID_GREY,
    MIN_FACE_SIZE,
    PNET_THRESHOLD,
    MtcnnDetector,
    cut_out,
    merge_overlapping,
    overlap,
    pyramid_scales,
    tilt,
    turned_back,
)
from detectors.pipeline import Analyser
from detectors.types import MIN_FRAME_SIDE, Face
from detectors.weights import DETECTOR, SHIPPED, Network, read_manifest
from tests.fakes.scenes import ASTRONAUT_FACE, paste_face, wall

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[3]
# TensorFlow's start on a busy machine.
PATIENCE_S = 240

SIZES = [(160, 120), (320, 240), (640, 480), (1280, 720), (1920, 1080)]
SIDES = [40, 80, 200, 400]
FITTING = [(size, side) for size in SIZES for side in SIDES if side < size[1]]


def plausible(face: Face) -> bool:
    """Whether the eyes are above the nose, the nose above the mouth, left left of right."""
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
    x, y, width, height = face.box
    return (
        max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
        and left_eye[0] < nose[0] < right_eye[0]
        and left_mouth[0] < right_mouth[0]
        and all(x < px < x + width and y < py < y + height for px, py in face.landmarks)
    )


@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_the_golden_face_is_found_at_three_scales(
    detector: MtcnnDetector, astronaut: NDArray[np.uint8], scale: float
) -> None:
    import cv2

    picture = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (face,) = detector.detect(picture)
    x, y, width, height = (value * scale for value in ASTRONAUT_FACE)
    assert overlap(face.box, (x, y, width, height)) >= 0.5
    assert plausible(face)
    assert face.confidence > 0.95


@pytest.mark.parametrize(("size", "side"), FITTING)
@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.3, 0.55), (0.71, 0.46)])
def test_a_face_is_found_in_every_frame_size_from_forty_pixels_up(
    detector: MtcnnDetector,
    astronaut: NDArray[np.uint8],
    size: tuple[int, int],
    side: int,
    centre: tuple[float, float],
) -> None:
    if side > 0.9 * size[1]:
        centre = (centre[0], 0.5)  # else the face itself would be cut
    frame = wall(*size)
    box = paste_face(frame, astronaut, side, centre)
    (face,) = detector.detect(frame)
    assert overlap(face.box, box) >= 0.5
    assert plausible(face)


@pytest.mark.parametrize("side", [90, 180, 300])
def test_a_face_that_moves_is_followed(
    detector: MtcnnDetector, astronaut: NDArray[np.uint8], side: int
) -> None:
    frame = wall(640, 480)
    paste_face(frame, astronaut, side)
    (face,) = detector.detect(frame)
    for step in range(1, 25):
        frame = wall(640, 480)
        # Twelve pixels a frame along a circle, growing and shrinking by a tenth.
        angle = step / 4
        centre = (0.5 + 0.07 * np.sin(angle), 0.5 + 0.05 * (1 - np.cos(angle)))
        box = paste_face(frame, astronaut, round(side * (1 + 0.1 * np.sin(angle / 2))), centre)
        followed = detector.follow(frame, face)
        assert followed is not None
        assert overlap(followed.box, box) >= 0.5
        assert plausible(followed)
        face = followed


def test_where_there_is_no_face_any_more_nothing_is_followed(
    detector: MtcnnDetector, astronaut: NDArray[np.uint8]
) -> None:
    frame = wall(640, 480)
    paste_face(frame, astronaut, 150, (0.25, 0.5))
    (face,) = detector.detect(frame)
    assert detector.follow(wall(640, 480), face) is None
    elsewhere = wall(640, 480)
    paste_face(elsewhere, astronaut, 150, (0.75, 0.5))
    assert detector.follow(elsewhere, face) is None
    with pytest.raises(BadFrame):
        detector.follow(np.zeros((3, 3, 3), np.uint8), face)


def test_of_two_faces_the_larger_comes_first(
    detector: MtcnnDetector, astronaut: NDArray[np.uint8]
) -> None:
    frame = wall(640, 480)
    small = paste_face(frame, astronaut, 80, (0.2, 0.5))
    large = paste_face(frame, astronaut, 160, (0.7, 0.5))
    first, second = detector.detect(frame)
    assert overlap(first.box, large) >= 0.5
    assert overlap(second.box, small) >= 0.5


def test_a_frame_after_one_of_another_size_gives_the_same_answer(
    detector: MtcnnDetector, astronaut: NDArray[np.uint8]
) -> None:
    detector.detect(wall(1280, 720))
    detector.detect(wall(160, 120))
    assert detector.detect(astronaut) == MtcnnDetector(DETECTOR).detect(astronaut)


@pytest.mark.parametrize("view", ["mirrored view", "Fortran order", "int64", "float32", "slice"])
def test_the_layout_and_type_of_the_array_do_not_matter(
    detector: MtcnnDetector, astronaut: NDArray[np.uint8], view: str
) -> None:
    frames: dict[str, NDArray[Any]] = {
        "mirrored view": astronaut[:, ::-1].copy()[:, ::-1],
        "Fortran order": np.asfortranarray(astronaut),
        "int64": astronaut.astype(np.int64),
        "float32": astronaut.astype(np.float32),
        "slice": np.repeat(astronaut, 2, axis=2)[:, :, ::2],
    }
    assert detector.detect(frames[view]) == detector.detect(astronaut)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", ["noise", "gradient", "black", "white", "wall"])
def test_no_face_is_seen_where_none_is(
    detector: MtcnnDetector, what: str, size: tuple[int, int]
) -> None:
    width, height = size
    rng = np.random.default_rng(7)
    frames = {
        "noise": lambda: rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        "gradient": lambda: np.broadcast_to(
            np.linspace(0, 255, width).astype(np.uint8)[:, None], (height, width, 3)
        ).copy(),
        "black": lambda: np.zeros((height, width, 3), np.uint8),
        "white": lambda: np.full((height, width, 3), 255, np.uint8),
        "wall": lambda: wall(width, height),
    }
    assert detector.detect(frames[what]()) == []


def with_value(value: float) -> NDArray[np.float32]:
    frame = np.full((100, 100, 3), 100, np.float32)
    frame[50, 50, 1] = value
    return frame


UNUSABLE: dict[str, Any] = {
    "nothing": None,
    "text": "frame",
    "list": [[[0, 0, 0]] * 100] * 100,
    "empty": np.empty((0, 0, 3), np.uint8),
    "no width": np.empty((480, 0, 3), np.uint8),
    "grey": np.zeros((480, 640), np.uint8),
    "grey with channel": np.zeros((480, 640, 1), np.uint8),
    "four channels": np.zeros((480, 640, 4), np.uint8),
    "a row": np.zeros(640 * 480 * 3, np.uint8),
    "a batch": np.zeros((1, 480, 640, 3), np.uint8),
    "channels first": np.zeros((3, 480, 640), np.uint8),
    "scalar": np.array(5),
    "too low": np.zeros((MIN_FRAME_SIDE - 1, 640, 3), np.uint8),
    "too narrow": np.zeros((480, MIN_FRAME_SIDE - 1, 3), np.uint8),
    "too high": np.zeros((MAX_FRAME_SIDE + 1, 48, 3), np.uint8),
    "too wide": np.zeros((48, MAX_FRAME_SIDE + 1, 3), np.uint8),
    "NaN": with_value(np.nan),
    "infinity": with_value(np.inf),
    "minus infinity": with_value(-np.inf),
    "negative": with_value(-0.5),
    "above 255": with_value(255.5),
    "negative integers": with_value(-1).astype(np.int16),
    "integers above 255": with_value(256).astype(np.int16),
    "strings": np.full((100, 100, 3), "1"),
    "bytes": np.full((100, 100, 3), b"1"),
    "objects": np.full((100, 100, 3), None),
    "complex": np.zeros((100, 100, 3), complex),
    "boolean": np.zeros((100, 100, 3), bool),
    "dates": np.zeros((100, 100, 3), "datetime64[s]"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_an_unusable_frame_is_said_to_be_one(detector: MtcnnDetector, what: str) -> None:
    with pytest.raises(BadFrame):
        detector.detect(UNUSABLE[what])


@pytest.mark.parametrize("shape", [(48, 48, 3), (48, 4096, 3), (4096, 48, 3)])
def test_the_smallest_and_largest_frames_are_read(
    detector: MtcnnDetector, shape: tuple[int, int, int]
) -> None:
    assert detector.detect(np.zeros(shape, np.uint8)) == []


@given(
    frame=st.one_of(arrays.scalar_dtypes(), arrays.array_dtypes()).flatmap(
        lambda dtype: arrays.arrays(
            dtype,
            st.one_of(
                arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
                st.tuples(st.integers(46, 70), st.integers(46, 70), st.integers(2, 4)),
            ),
            # One value for most of the array: tens of thousands of drawn ones say no more.
            fill=arrays.from_dtype(dtype),
        )
    )
)
@example(np.zeros((50, 50, 3), "timedelta64[D]"))
def test_any_array_is_a_frame_or_refused(detector: MtcnnDetector, frame: NDArray[Any]) -> None:
    try:
        faces = detector.detect(frame)
    except BadFrame:
        return
    assert isinstance(faces, list)
    assert frame.shape[2:] == (3,)


SIDE = st.integers(MIN_FRAME_SIDE, MAX_FRAME_SIDE)


@given(width=SIDE, height=SIDE, face=st.integers(12, 48))
def test_the_pyramid_reaches_from_the_smallest_face_to_the_whole_frame(
    width: int, height: int, face: int
) -> None:
    scales = pyramid_scales(width, height, face)
    assert face * scales[0] == pytest.approx(CELL)
    assert scales == sorted(scales, reverse=True)
    assert all(round(min(width, height) * scale) >= CELL for scale in scales)
    # The next level would not hold a cell: no level is missing at the end.
    assert min(width, height) * scales[-1] * 0.709 < CELL


@given(width=SIDE, height=SIDE, more=st.integers(0, 500))
def test_a_larger_frame_never_has_fewer_levels(width: int, height: int, more: int) -> None:
    assert len(pyramid_scales(width + more, height + more)) >= len(pyramid_scales(width, height))


def test_the_number_of_levels_at_640_by_480_is_the_one_worked_out_by_hand() -> None:
    # 480 × 0.375 = 180; 180 × 0.709^7 = 16.2; 180 × 0.709^8 = 11.5 < 12.
    assert MIN_FACE_SIZE == 32
    assert len(pyramid_scales(640, 480)) == 8


def test_a_smallest_face_below_the_cell_does_not_enlarge_the_frame() -> None:
    assert pyramid_scales(100, 100, 5)[0] == 1


BOXES = st.lists(
    st.tuples(
        st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(1, 60),
        st.integers(0, 100),
    ),
    max_size=25,
).map(
    lambda rows: np.array(
        [(x, y, x + w, y + h, score / 100) for x, y, w, h, score in rows], np.float32
    ).reshape(-1, 5)
)  # fmt: skip
THRESHOLD = st.sampled_from([0.25, 0.5, 0.75])


def shared_part(first: NDArray[np.float32], second: NDArray[np.float32], *, smaller: bool) -> float:
    x1, y1 = np.maximum(first[:2], second[:2]).tolist()
    x2, y2 = np.minimum(first[2:4], second[2:4]).tolist()
    shared = max(0.0, x2 - x1) * max(0.0, y2 - y1)
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (first, second)]
    return shared / (min(areas) if smaller else sum(areas) - shared)


@given(boxes=BOXES, threshold=THRESHOLD, smaller=st.booleans())
def test_merging_leaves_a_subset_without_overlaps_best_first(
    boxes: NDArray[np.float32], threshold: float, *, smaller: bool
) -> None:
    merged = merge_overlapping(boxes, threshold, by_smaller=smaller)
    rows = [tuple(row) for row in boxes.tolist()]
    kept = [tuple(row) for row in merged.tolist()]
    assert all(kept.count(row) <= rows.count(row) for row in kept)
    assert merged[:, 4].tolist() == sorted(merged[:, 4].tolist(), reverse=True)
    for i, first in enumerate(merged):
        for second in merged[i + 1 :]:
            assert shared_part(first, second, smaller=smaller) <= threshold
    # Whatever was dropped had a reason: a box at least as good that covers it.
    for row in boxes:
        assert tuple(row.tolist()) in kept or any(
            best[4] >= row[4] and shared_part(best, row, smaller=smaller) > threshold
            for best in merged
        )
    again = merge_overlapping(merged, threshold, by_smaller=smaller)
    np.testing.assert_array_equal(again, merged)


def numbered(width: int, height: int) -> NDArray[np.uint8]:
    """A frame whose red is the column and whose green is the row."""
    frame = np.zeros((height, width, 3), np.uint8)
    frame[..., 0], frame[..., 1] = np.arange(width), np.arange(height)[:, None]
    return frame


def test_of_too_many_cells_the_surest_are_kept() -> None:
    scores = np.linspace(PNET_THRESHOLD, 1, 4 * MAX_CELLS, dtype=np.float32).reshape(4, -1)
    rows, columns = faces._best_cells(scores)
    assert len(rows) == MAX_CELLS
    assert scores[rows, columns].min() > np.sort(scores, axis=None)[-MAX_CELLS - 1]
    rows, _ = faces._best_cells(scores[-1:, :])
    assert len(rows) == MAX_CELLS
    rows, _ = faces._best_cells(np.full((30, 30), PNET_THRESHOLD, np.float32))
    assert len(rows) == 0


def test_a_patch_inside_the_frame_is_that_part_of_it() -> None:
    frame = numbered(100, 80)
    np.testing.assert_array_equal(cut_out(frame, (20, 10, 44, 34), 24), frame[10:34, 20:44])


def test_a_patch_over_a_corner_is_grey_beyond_it() -> None:
    frame = numbered(100, 80)
    patch = cut_out(frame, (-10, -6, 14, 18), 24)
    assert (patch[:6] == MID_GREY).all()
    assert (patch[:, :10] == MID_GREY).all()
    np.testing.assert_array_equal(patch[6:, 10:], frame[:18, :14])
    patch = cut_out(frame, (90, 70, 114, 94), 24)
    assert (patch[10:] == MID_GREY).all()
    assert (patch[:, 10:] == MID_GREY).all()
    np.testing.assert_array_equal(patch[:10, :10], frame[70:, 90:])


EDGE = st.floats(-300, 300)


@given(x=EDGE, y=EDGE, side=st.floats(0, 400), size=st.sampled_from([1, 24, 48]))
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_patch_always_has_its_size_and_is_grey_outside(
    channels: tuple[int, ...], x: float, y: float, side: float, size: int
) -> None:
    frame = np.zeros((80, 100, *channels), np.uint8)
    patch = cut_out(frame, (x, y, x + side, y + side), size)
    assert patch.shape == (size, size, *channels)
    assert patch.dtype == np.uint8
    assert set(np.unique(patch).tolist()) <= set(range(MID_GREY + 1))
    if x + side < -1 or y + side < -1 or x > 101 or y > 81:
        assert (patch == MID_GREY).all()


@pytest.mark.parametrize("lost", ["pnet", "rnet", "onet"])
def test_a_manifest_without_one_of_the_nets_is_refused(tmp_path: Path, lost: str) -> None:
    import json
    import shutil

    shutil.copytree(DETECTOR.parent, tmp_path, dirs_exist_ok=True)
    manifest = tmp_path / DETECTOR.name
    entries = json.loads(manifest.read_text())
    del entries[lost]
    manifest.write_text(json.dumps(entries))
    with pytest.raises(WeightsMismatch, match=lost):
        MtcnnDetector(manifest)


# In a process of its own: TensorFlow warns on import, and would stay for all later tests.
ORIGINALS = """
import sys
import cv2
import numpy as np
from mtcnn import MTCNN
from skimage import data

rng = np.random.default_rng(3)
original = MTCNN()
found = {}
shapes = {"pnet": (1, 67, 90, 3), "rnet": (5, 24, 24, 3), "onet": (5, 48, 48, 3)}
for (name, shape), stage in zip(shapes.items(), original.stages):
    values = rng.uniform(-1, 1, shape).astype(np.float32)
    found[name] = values
    for index, output in enumerate(stage._model(values)):
        found[f"{name}_{index}"] = np.asarray(output)
frame = cv2.resize(data.astronaut()[:384], (640, 480), interpolation=cv2.INTER_AREA)
found["frame"] = frame
found["boxes"] = np.array([face["box"] for face in original.detect_faces(frame)])
found["golden"] = np.array([face["box"] for face in original.detect_faces(data.astronaut())])
np.savez(sys.argv[1], **found)
"""


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NDArray[Any]]:
    """What the nets and the detector of the unmodified package say."""
    out = tmp_path_factory.mktemp("originals") / "found.npz"
    subprocess.run(
        [sys.executable, "-c", ORIGINALS, str(out)],
        cwd=out.parent,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    with np.load(out) as found:
        return dict(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pnet", "rnet", "onet"])
def test_each_converted_net_agrees_with_the_original(
    originals: dict[str, NDArray[Any]], name: str
) -> None:
    outputs = Network(read_manifest(DETECTOR)[name])(originals[name])
    expected = [originals[f"{name}_{index}"] for index in range(len(outputs))]
    assert f"{name}_{len(outputs)}" not in originals
    for output, original in zip(outputs, expected, strict=True):
        assert np.ptp(original) > 1e-3  # nets without their weights would say the same of all
        np.testing.assert_allclose(output, original, atol=1e-4, rtol=0)


@pytest.mark.slow
def test_the_boxes_agree_with_the_unmodified_package(
    detector: MtcnnDetector, originals: dict[str, NDArray[Any]]
) -> None:
    assert originals["frame"].shape == (480, 640, 3)
    (face,) = detector.detect(originals["frame"])
    (box,) = originals["boxes"].tolist()
    assert overlap(face.box, tuple(box)) >= 0.7


@pytest.mark.slow
def test_the_golden_box_is_what_the_unmodified_package_says(
    originals: dict[str, NDArray[Any]],
) -> None:
    (box,) = originals["golden"].tolist()
    assert overlap(tuple(box), ASTRONAUT_FACE) >= 0.95


MARKS = ((10.0, 10.0), (30.0, 10.0), (20.0, 22.0), (12.0, 30.0), (28.0, 30.0))


@pytest.mark.parametrize("degrees", [0, 15, -30, 90, -90, 135, 180])
def test_the_tilt_of_a_face_is_that_of_its_landmarks(degrees: int) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    marks = tuple(map(tuple, (np.array(MARKS) @ turn).tolist()))
    assert tilt(Face((0, 0, 40, 40), 1, marks)) == pytest.approx(abs(degrees))


def test_the_tilt_is_the_larger_of_two_and_none_without_landmarks() -> None:
    askew = (*MARKS[:3], (32.0, 30.0), (48.0, 30.0))
    assert tilt(Face((0, 0, 40, 40), 1, askew)) == pytest.approx(45)
    assert tilt(Face((0, 0, 40, 40), 1)) == 0


@pytest.mark.parametrize("turns", range(4))
def test_a_face_in_a_turned_frame_has_its_place_in_the_frame(turns: int) -> None:
    frame = np.zeros((60, 100), np.uint8)
    frame[10:30, 20:70], frame[12, 25] = 1, 2
    turned = np.rot90(frame, turns)
    rows, columns = np.nonzero(turned)
    (row,), (column,) = np.nonzero(turned == 2)
    box = tuple(map(float, (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)))
    found = turned_back(Face(box, 0.9, ((column + 0.5, row + 0.5),)), turns, 100, 60)
    assert found == Face((20.0, 10.0, 50.0, 20.0), 0.9, ((25.5, 12.5),))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_smile_is_found_upright_however_the_photo_is_turned(
    turns: int, detector: MtcnnDetector, astronaut: NDArray[np.uint8]
) -> None:
    analyser = Analyser((detector, EmotionFusion(SHIPPED)))
    reading = analyser.analyse(np.rot90(astronaut, turns))
    assert reading.scores is not None
    assert reading.scores.name == "happy"
    assert reading.face is not None
    size = astronaut.shape[0]
    upright = turned_back(reading.face, turns, size, size)
    assert overlap(upright.box, ASTRONAUT_FACE) > 0.5
