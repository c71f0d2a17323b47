"""Seeded, augmented batches of faces for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from detectors.emotions import FACE_SIZE
from models import BadInput
from models.daily_pictures import worsened
from models.face_table import FER_CLASSES, FaceTable, vote_shares

# Ranges of the augmentation: the effects of a webcam and of an inexact face box.
MAX_ROTATION_DEGREES = 18.0
MAX_SHIFT_PIXELS = 4.5
SCALE_RANGE = (0.85, 1.2)
ERASE_PROBABILITY = 0.4
ERASE_SIDE_RANGE = (6, 18)
BLUR_PROBABILITY = 0.15
NOISE_PROBABILITY = 0.25
MAX_NOISE_SIGMA = 10.0
GAMMA_RANGE = (0.7, 1.4)


def augment(
    face: NDArray[np.uint8], rng: np.random.Generator, strength: float = 1.0
) -> NDArray[np.uint8]:
    """Return a random view of a face: mirrored, shifted, rotated, blurred, noisy, partly erased.

    Parameters
    ----------
    strength : float, 0..1, scales each range and probability, but for that of mirroring
    """
    view: NDArray[Any] = face
    if rng.random() < 0.5:  # noqa: PLR2004 - a fair coin
        view = face[:, ::-1]
    centre = (FACE_SIZE / 2 - 0.5, FACE_SIZE / 2 - 0.5)
    angle = strength * rng.uniform(-MAX_ROTATION_DEGREES, MAX_ROTATION_DEGREES)
    scale = rng.uniform(*SCALE_RANGE) ** strength
    matrix: NDArray[Any] = cv2.getRotationMatrix2D(centre, angle, scale)
    matrix[:, 2] += strength * rng.uniform(-MAX_SHIFT_PIXELS, MAX_SHIFT_PIXELS, 2)
    view = cv2.warpAffine(
        np.ascontiguousarray(view), matrix, view.shape, borderMode=cv2.BORDER_REFLECT_101
    )
    if rng.random() < strength * BLUR_PROBABILITY:
        view = cv2.GaussianBlur(view, (3, 3), rng.uniform(0.4, 1.2))
    levels = np.linspace(0, 1, 256) ** (rng.uniform(*GAMMA_RANGE) ** strength) * 255
    view = cv2.LUT(view, np.rint(levels).astype(np.uint8))
    if rng.random() < strength * NOISE_PROBABILITY:
        noise = rng.standard_normal(view.shape) * rng.uniform(1, MAX_NOISE_SIGMA)
        view = np.clip(view + noise, 0, 255).astype(np.uint8)
    if rng.random() < strength * ERASE_PROBABILITY:
        height, width = rng.integers(*ERASE_SIDE_RANGE, 2)
        top = rng.integers(0, FACE_SIZE - height)
        left = rng.integers(0, FACE_SIZE - width)
        view[top : top + height, left : left + width] = rng.integers(0, 256)
    return np.asarray(view, np.uint8)


@dataclass(frozen=True, slots=True)
class Targets:
    """Targets of the nets for n faces.

    Attributes
    ----------
    fer : float32 [shape=(n, 7)], shares of the FER-2013 classes
    plus : float32 [shape=(n, 8)], shares of the FER+ expressions; all zero without a vote
    """

    fer: NDArray[np.float32]
    plus: NDArray[np.float32]

    def softened(self, teacher: Targets, share: float, share_plus: float | None = None) -> Targets:
        """Mix in a teacher's probabilities (Hinton et al., "Distilling the Knowledge", 2015).

        Parameters
        ----------
        share, share_plus : float, 0..1, of the teacher in each head's targets (None: the same)
        """
        plus = share if share_plus is None else share_plus
        return Targets(
            (1 - share) * self.fer + share * teacher.fer,
            (1 - plus) * self.plus + plus * teacher.plus,
        )


def targets_of(table: FaceTable) -> Targets:
    """Return the FER-2013 labels and the shares of the FER+ votes.

    Raises
    ------
    BadInput
        When the table has no votes.
    """
    if table.votes is None:
        raise BadInput("training needs FER+ votes")
    return Targets(np.eye(FER_CLASSES, dtype=np.float32)[table.label], vote_shares(table.votes))


class AugmentedFaces(keras.utils.PyDataset):
    """Shuffled, augmented batches; the same seed and epoch always give the same batches.

    Parameters
    ----------
    images : uint8 [shape=(n, 48, 48)]
    targets : Targets, of the same n faces
    times : int [shape=(n,)], repetitions of each face in an epoch
    strength : float, 0..1, of `augment`
    mild_epochs : int, first epochs with half of that strength
    worsening : float, 0..1, strength of `models.daily_pictures.worsened`
    mixup : float, alpha of the Beta distribution of the shares in which each face is mixed with
        another of its batch (Zhang et al., "mixup", ICLR 2018); 0 for none
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        targets: Targets,
        batch_size: int,
        seed: int,
        *,
        times: NDArray[np.intp] | None = None,
        strength: float = 1.0,
        mild_epochs: int = 0,
        worsening: float = 0.0,
        mixup: float = 0.0,
    ) -> None:
        super().__init__(workers=1)
        self._images = images
        self._targets = targets
        self._rows = np.repeat(np.arange(len(images)), 1 if times is None else times)
        self._batch_size = batch_size
        self._seed = seed
        self._strength = strength
        self._mild_epochs = mild_epochs
        self._worsening = worsening
        self._mixup = mixup
        self.epoch = 0

    def __len__(self) -> int:
        """Return the number of full batches in an epoch; the shuffled rest is left out."""
        return max(1, len(self._rows) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        """Return batch ``index`` of the current epoch: faces [shape=(n, 48, 48)] and targets."""
        order = np.random.default_rng([self._seed, self.epoch]).permutation(self._rows)
        rows = order[index * self._batch_size : (index + 1) * self._batch_size]
        rng = np.random.default_rng([self._seed, self.epoch, index])
        strength = self._strength * (0.5 if self.epoch < self._mild_epochs else 1)
        seen = [self._images[row] for row in rows]
        if self._worsening:
            seen = [worsened(face, rng, self._worsening) for face in seen]
        faces = np.stack([augment(face, rng, strength) for face in seen])
        batch = [faces.astype(np.float32), self._targets.fer[rows], self._targets.plus[rows]]
        if self._mixup:
            share = np.float32(rng.beta(self._mixup, self._mixup))
            # The batch is shuffled already: reversed, it pairs each face with a random one.
            batch = [share * values + (1 - share) * values[::-1] for values in batch]
        return batch[0], {"fer": batch[1], "plus": batch[2]}
