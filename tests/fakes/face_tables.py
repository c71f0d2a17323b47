"""Made-up tables of faces in the layout of FER-2013 with FER+ votes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def made_up_faces(count: int, seed: int = 0) -> dict[str, NDArray[np.generic]]:
    """Return ``images``, ``label`` and ``votes`` of random faces; every class occurs from 7 on."""
    rng = np.random.default_rng(seed)
    label = np.arange(count, dtype=np.int8) % 7
    rng.shuffle(label)
    return {
        "images": rng.integers(0, 256, (count, 48, 48), dtype=np.uint8),
        "label": label,
        "votes": rng.multinomial(10, [0.1] * 10, count).astype(np.uint8),
    }


def save_faces(path: Path, table: dict[str, NDArray[np.generic]]) -> Path:
    np.savez_compressed(path, **table)
    return path
