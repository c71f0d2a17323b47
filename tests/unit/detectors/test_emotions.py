"""The shipped fusion of CNN and DCNN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from detectors.emotions import OUTPUTS, EmotionFusion
from detectors.errors import BadFrame
from detectors.pipeline import crop_face
from detectors.types import EMOTIONS, FERPLUS_LABELS, EmotionScores, Face
from detectors.weights import SHIPPED
from tests.fakes.scenes import ASTRONAUT_FACE

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def fusion() -> EmotionFusion:
    return EmotionFusion(SHIPPED)


@pytest.fixture(scope="module")
def smile(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return crop_face(astronaut, Face(ASTRONAUT_FACE, 1.0))


@pytest.fixture(scope="module")
def faces(smile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A smile, its mirror image, noise, and plain pictures."""
    noise = np.random.default_rng(2).integers(0, 256, (48, 48), dtype=np.uint8)
    plain = [np.full((48, 48), value, np.uint8) for value in (0, 127, 255)]
    return np.stack([smile, smile[:, ::-1], noise, *plain])


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_smile_is_happy(
    fusion: EmotionFusion, smile: NDArray[np.uint8], *, mirrored: bool
) -> None:
    assert fusion.predict(smile[:, ::-1] if mirrored else smile).leading == "happy"


@pytest.mark.parametrize("light", [0.4, 0.7, 1.3])
def test_a_smile_is_happy_in_dim_and_bright_light(
    fusion: EmotionFusion, smile: NDArray[np.uint8], light: float
) -> None:
    lit = np.clip(smile * light, 0, 255).astype(np.uint8)
    assert fusion.predict(lit).leading == "happy"


def test_a_batch_gives_what_single_faces_give(
    fusion: EmotionFusion, faces: NDArray[np.uint8]
) -> None:
    together = fusion.probabilities(faces)
    for row, face in enumerate(faces):
        alone = fusion.probabilities(face[None])
        for name in OUTPUTS:
            np.testing.assert_allclose(
                getattr(together, name)[row], getattr(alone, name)[0], atol=1e-5, err_msg=name
            )


def test_the_answer_does_not_depend_on_what_was_asked_before(
    fusion: EmotionFusion, faces: NDArray[np.uint8]
) -> None:
    first = fusion.predict(faces[0])
    fusion.probabilities(faces)
    fusion.predict(faces[2])
    assert fusion.predict(faces[0]) == first == EmotionFusion(SHIPPED).predict(faces[0])


def test_every_output_is_a_distribution_of_its_width(
    fusion: EmotionFusion, faces: NDArray[np.uint8]
) -> None:
    found = fusion.probabilities(faces)
    for name in OUTPUTS:
        rows = getattr(found, name)
        width = len(FERPLUS_LABELS) if name.endswith("plus") else len(EMOTIONS)
        assert rows.shape == (len(faces), width)
        assert (rows >= 0).all()
        np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


def test_the_scores_are_both_heads_joined(fusion: EmotionFusion, faces: NDArray[np.uint8]) -> None:
    for face in faces:
        found = fusion.probabilities(face[None])
        fer = dict(zip(EMOTIONS, found.fer[0].tolist(), strict=True))
        plus = dict(zip(FERPLUS_LABELS, found.plus[0].tolist(), strict=True))
        assert fusion.predict(face) == EmotionScores.from_heads(fer, plus)


NO_FACES: dict[str, Any] = {
    "nothing": None,
    "text": "face",
    "list": [[0] * 48] * 48,
    "empty": np.empty((0, 0), np.uint8),
    "smaller": np.zeros((47, 48), np.uint8),
    "larger": np.zeros((49, 49), np.uint8),
    "colour": np.zeros((48, 48, 3), np.uint8),
    "with channel": np.zeros((48, 48, 1), np.uint8),
    "a batch": np.zeros((1, 48, 48), np.uint8),
    "a row": np.zeros(48 * 48, np.uint8),
    "scalar": np.array(1, np.uint8),
    "float": np.zeros((48, 48), np.float32),
    "signed": np.zeros((48, 48), np.int8),
    "strings": np.full((48, 48), "1"),
}


@pytest.mark.parametrize("what", NO_FACES)
def test_only_a_grey_face_of_48_by_48_bytes_is_read(fusion: EmotionFusion, what: str) -> None:
    with pytest.raises(BadFrame):
        fusion.predict(NO_FACES[what])


@pytest.mark.parametrize("shape", [(0, 48, 48), (48, 48), (2, 48, 47), (2, 48, 48, 1)])
def test_only_a_batch_of_faces_is_read(fusion: EmotionFusion, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadFrame):
        fusion.probabilities(np.zeros(shape, np.uint8))


def test_a_view_that_is_not_contiguous_is_read_as_it_looks(
    fusion: EmotionFusion, smile: NDArray[np.uint8]
) -> None:
    wide = np.repeat(smile, 2, axis=1)
    assert fusion.predict(wide[:, ::2]) == fusion.predict(smile)
