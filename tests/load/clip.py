"""The clip that each visitor's camera plays: a smiling face, then a surprised one, in turns."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import numpy as np
from skimage import data

from tests.e2e.driver import scene
from tests.fakes.scenes import surprised

if TYPE_CHECKING:
    from pathlib import Path

# Each face is shown for so long, and these are the labels that the page owes them.
FACE_S = 4.0
LABELS = ("happy", "surprise")
# As a browser sends a camera on a modest line, at the size that our page asks for.
BIT_RATE = 300_000
# A camera's noise, in grey levels, so that no two frames are alike.
NOISE = 3


def write(path: Path, rate: int) -> Path:
    """Encode the clip as VP8, which every WebRTC browser speaks, at ``rate`` frames a second."""
    astronaut = np.asarray(data.astronaut(), np.uint8)
    rng = np.random.default_rng(1)
    with av.open(str(path), "w", format="ivf") as container:
        stream = container.add_stream("libvpx", rate=rate)
        stream.height, stream.width = scene(None).shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = BIT_RATE
        # Each face begins with a key frame, as no frame before it helps.
        every = str(round(rate * FACE_S))
        stream.options = {"deadline": "good", "cpu-used": "4", "lag-in-frames": "0", "g": every}
        for face in (astronaut, surprised(astronaut)):
            picture = scene(face)
            for _ in range(round(rate * FACE_S)):
                noisy = np.clip(picture + rng.normal(0, NOISE, picture.shape), 0, 255)
                frame = av.VideoFrame.from_ndarray(noisy.astype(np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def packets(path: Path) -> list[av.Packet]:
    """Return the encoded frames of a clip."""
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def pictures(path: Path, rate: int) -> list[bytes]:
    """Return the clip as a page sends it in WebRTC's place, so many JPEGs a second."""
    with av.open(str(path)) as container:
        frames = [frame.reformat(480, 360).to_image() for frame in container.decode(video=0)]
    count = round(len(LABELS) * FACE_S * rate)
    encoded = []
    for number in range(count):
        file = io.BytesIO()
        frames[number * len(frames) // count].save(file, "JPEG", quality=70)
        encoded.append(file.getvalue())
    return encoded
