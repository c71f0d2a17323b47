"""The table of FER-2013 faces with FER+ votes: reading, checking, targets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.emotions import FACE_SIZE
from detectors.types import EMOTIONS, FERPLUS_LABELS
from models import BadInput

FER_CLASSES = len(EMOTIONS)
PLUS_CLASSES = len(FERPLUS_LABELS)
HASH_BITS = 63
# In bits. A third of the pairs at this distance only look alike; dropping them costs little.
DUPLICATE_DISTANCE = 8


@dataclass(frozen=True, slots=True)
class FaceTable:
    """Labelled faces.

    Attributes
    ----------
    images : uint8 [shape=(n, 48, 48)], grey
    label : int8 [shape=(n,)], FER-2013 class 0..6
    votes : uint8 [shape=(n, 10)] or None, FER+ votes in the order of FER+
    """

    images: NDArray[np.uint8]
    label: NDArray[np.int8]
    votes: NDArray[np.uint8] | None

    def first(self, count: int) -> FaceTable:
        """Return the first ``count`` faces."""
        votes = None if self.votes is None else self.votes[:count]
        return FaceTable(self.images[:count], self.label[:count], votes)


def load_faces(path: Path) -> FaceTable:
    """Read and check a face table.

    Raises
    ------
    BadInput
        When the file is missing, unreadable, or its arrays have other shapes or ranges.
    """
    try:
        # Opened here, since numpy leaves a file open that is not an archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as table:
            images, label = table["images"], table["label"]
            votes = table.get("votes")
    except Exception as error:  # a damaged archive raises nearly anything
        raise BadInput(f"{path}: not a readable face table ({error})") from error
    count = len(images) if images.ndim else 0
    if images.shape != (count, FACE_SIZE, FACE_SIZE) or images.dtype != np.uint8 or count == 0:
        raise BadInput(f"{path}: images must be uint8 (n, 48, 48) with n ≥ 1, not {images.shape}")
    if label.shape != (count,) or not np.isin(label, range(FER_CLASSES)).all():
        raise BadInput(f"{path}: label must be (n,) with values 0 to 6")
    if votes is not None and not _are_votes(votes, count):
        raise BadInput(f"{path}: votes must be counts (n, 10)")
    return FaceTable(images, label.astype(np.int8), votes)


def _are_votes(votes: NDArray[Any], count: int) -> bool:
    rows, columns = votes.shape if votes.ndim == 2 else (0, 0)  # noqa: PLR2004 - a table
    if rows != count or columns < PLUS_CLASSES or votes.dtype.kind not in "uif":
        return False
    return bool((votes >= 0).all())  # also without NaN, which fails every comparison


def vote_shares(votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the shares of the eight expression votes; all zero (no loss) without a vote."""
    counts = votes[:, :PLUS_CLASSES].astype(np.float32)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def perceptual_hash(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return 63 bits per picture: set for the low frequencies above their median.

    DCT hash after Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
    2010, without the constant term. Pictures that look alike differ in few bits.
    """
    small = [
        cv2.resize(i, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32) for i in images
    ]
    low = np.stack([cv2.dct(i)[:8, :8].ravel()[1:] for i in small])
    return np.asarray(low > np.median(low, axis=1, keepdims=True))


def without_duplicates_of(table: FaceTable, other: FaceTable) -> FaceTable:
    """Drop the faces that are also in ``other``: unchanged, mirrored, or slightly altered."""

    def signs(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return perceptual_hash(images) * np.float32(2) - np.float32(1)

    ours = signs(table.images)
    keep = np.ones(len(ours), dtype=bool)
    for theirs in (signs(other.images), signs(other.images[:, :, ::-1])):
        # The product of two hashes of ±1 is the number of equal bits minus that of differing bits.
        closest = (HASH_BITS - (ours @ theirs.T).max(axis=1)) / 2
        keep &= closest > DUPLICATE_DISTANCE
    votes = None if table.votes is None else table.votes[keep]
    return FaceTable(table.images[keep], table.label[keep], votes)
