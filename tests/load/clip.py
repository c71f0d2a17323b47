"""The clip that each visitor's camera plays: a smiling face, then an empty room, in turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
from skimage import data

from tests.e2e.driver import scene

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 15
# Each picture is shown for so long, and these are the labels that the page owes them.
FACE_S = 4.0
LABELS = ("happy", "no face")
KEY_FRAME_EVERY = 15
BIT_RATE = 800_000


def write(path: Path) -> Path:
    """Encode the clip as VP8, which every WebRTC browser speaks."""
    pictures: list[NDArray[np.uint8]] = [scene(np.asarray(data.astronaut(), np.uint8)), scene(None)]
    rng = np.random.default_rng(1)
    with av.open(str(path), "w", format="ivf") as container:
        stream = container.add_stream("libvpx", rate=RATE)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = BIT_RATE
        stream.options = {"deadline": "realtime", "cpu-used": "6", "g": str(KEY_FRAME_EVERY)}
        for picture in pictures:
            for _ in range(round(RATE * FACE_S)):
                # A camera's noise, so that no two frames are alike.
                noisy = picture + rng.normal(0, 3, picture.shape)
                frame = av.VideoFrame.from_ndarray(
                    np.clip(noisy, 0, 255).astype(np.uint8), format="rgb24"
                )
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
