"""Photos and frames of cameras at their worst."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from functools import cache
from typing import TYPE_CHECKING

from tests.budgets.worst import Worst

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from detectors.pipeline import Analyser

# A second of a camera; no frame is looked at twice.
FRAMES = 30
SIDE, LARGEST_SIDE = 4000, 10_000
PATIENCE_S = 60.0


def write(folder: Path, content: bytes) -> None:
    """Put a picture into a folder."""
    (folder / "picture").write_bytes(content)


def noise(side: int, columns: int = LARGEST_SIDE) -> Image.Image:
    """Return a picture that no encoder can make small.

    columns : so many of them, from the left; the others are black
    """
    from PIL import Image

    tile = Image.effect_noise((1000, 1000), 60).convert("RGB")
    whole = Image.new("RGB", (side, side))
    for left in range(0, min(side, columns), 1000):
        for top in range(0, side, 1000):
            whole.paste(tile, (left, top))
    return whole


def baseline(folder: Path) -> None:
    """Write a JPEG of 100 million pixels, nearly as many bytes as are read."""
    from detectors.pictures.limits import MAX_BYTES

    file = io.BytesIO()
    noise(LARGEST_SIDE).save(file, "JPEG", quality=12)
    assert MAX_BYTES / 2 < file.tell() <= MAX_BYTES, file.tell()
    write(folder, file.getvalue())


def progressive(folder: Path) -> None:
    """Write a JPEG of 16 million pixels, in as many scans and nearly as many bytes as are read."""
    from detectors.pictures.limits import MAX_BYTES, MAX_SCANS
    from tests.fakes.picture_bombs import EOI

    file = io.BytesIO()
    noise(SIDE, 1000).save(file, "JPEG", quality=6, progressive=True)
    content = file.getvalue()
    # It refines all of a colour by one bit, and may come as often as one likes.
    last = content[content.rindex(b"\xff\xda") : -2]
    content = content[:-2] + last * (MAX_SCANS - content.count(b"\xff\xda")) + EOI
    assert MAX_BYTES / 4 < len(content) <= MAX_BYTES, len(content)
    write(folder, content)


def deep_png(folder: Path) -> None:
    """Write a PNG of 16 million pixels with 16 bits for each of four colours."""
    from tests.fakes.picture_bombs import chunk

    packer = zlib.compressobj(1)
    row = b"\0" + bytes(range(256)) * (SIDE * 8 // 256)
    rows = b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    write(folder, b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks))


def webp(folder: Path) -> None:
    """Write a WEBP of 16 million pixels without loss."""
    file = io.BytesIO()
    picture = noise(SIDE)
    picture.putalpha(100)
    picture.save(file, "WEBP", lossless=True, quality=0, method=0)
    write(folder, file.getvalue())


def heic_of_tiles(folder: Path) -> None:
    """Write a HEIC as a phone does, of tiles that claim nearly as many bytes as are read."""
    from detectors.pictures.limits import MAX_BYTES
    from tests.fakes.heif import coded, of_one_tile

    tile = coded(noise(1000).crop((0, 0, 512, 512)), 31)
    heic = of_one_tile((8064, 6048), tile)
    assert MAX_BYTES * 0.9 < len(tile.data) * len(heic.tiles) <= MAX_BYTES
    write(folder, heic.content())


def heic_in_one(folder: Path) -> None:
    """Write a HEIC of 50 million pixels that are decoded together."""
    from PIL import Image

    from tests.fakes.heif import coded, in_one

    picture = Image.linear_gradient("L").resize((8128, 6144)).convert("RGB")
    write(folder, in_one(coded(picture, 30, "yuv422p10le")).content())


def avif(folder: Path) -> None:
    """Write an AVIF of 50 million pixels, a part of which is noise."""
    file = io.BytesIO()
    noise(LARGEST_SIDE, 1000).crop((0, 0, 8128, 6144)).save(file, "AVIF", speed=10, quality=60)
    write(folder, file.getvalue())


def bombs(folder: Path) -> None:
    """Write pictures that ask for hours of work."""
    from tests.fakes.heif import refused
    from tests.fakes.picture_bombs import REFUSED

    for number, (content, _) in enumerate((*REFUSED.values(), *refused().values())):
        (folder / f"{number}.bin").write_bytes(content)


def decode(folder: Path) -> None:
    """Decode a picture as the worker does."""
    from detectors.pictures.decoding import decode_picture

    assert decode_picture((folder / "picture").read_bytes()).width > 1000


def refuse(folder: Path) -> None:
    """Be refused each picture."""
    from detectors.errors import BadImage
    from detectors.pictures.decoding import decode_picture

    for path in folder.glob("*.bin"):
        try:
            decode_picture(path.read_bytes())
        except BadImage:
            continue
        raise AssertionError(path.name)


def small(_: Path) -> None:
    """Decode a small picture of each kind."""
    from detectors.pictures.decoding import decode_picture
    from tests.fuzz.pictures import samples

    for content in samples().values():
        decode_picture(content)


def frames(size: tuple[int, int]) -> Callable[[Path], None]:
    """Return what writes a frame with a face in noise."""

    def make(folder: Path) -> None:
        import numpy as np
        from PIL import Image
        from skimage import data

        face = Image.fromarray(np.asarray(data.astronaut(), np.uint8))
        frame = Image.effect_noise(size, 40).convert("RGB")
        frame.paste(face.resize((size[1] // 2, size[1] // 2)), (10, 10))
        frame.save(folder / "frame.png", compress_level=1)

    return make


def look(count: int) -> Callable[[Path], None]:
    """Return what reads a frame so many times, as a visitor's camera shows it."""

    def read(folder: Path) -> None:
        import numpy as np
        from PIL import Image

        show(np.array(Image.open(folder / "frame.png")), count)

    return read


def small_frame(_folder: Path) -> None:
    """Load all that reading a frame needs."""
    import numpy as np

    show(np.zeros((480, 640, 3), np.uint8), 3)


def show(pixels: NDArray[np.uint8], count: int) -> None:
    """Show a frame to a camera so many times; none is left out."""
    import av

    from pages.ui.listen.frames import LiveReading
    from pages.ui.visitor.agreements import Consent

    live, read = LiveReading(), threading.Event()
    live.analyser, live.agreed = _analyser(), Consent("1")
    live.on_reading = lambda _: read.set()
    for _ in range(count):
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        live._due = 0.0
        live.take(frame)
        assert read.wait(PATIENCE_S)
        read.clear()
    assert live.state().frames == count


def sent(folder: Path) -> None:
    """Write a picture as a page sends it, as large as is taken."""
    from PIL import Image

    from pages.ui.listen.pictures import MAX_BYTES, MAX_HEIGHT, MAX_WIDTH

    picture = noise(1000).crop((0, 0, MAX_WIDTH, MAX_HEIGHT))
    picture = Image.blend(picture, Image.new("RGB", picture.size, "grey"), 0.5)
    for quality in range(95, 5, -5):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, subsampling=0)
        if file.tell() <= MAX_BYTES:
            break
    assert MAX_BYTES * 0.7 < file.tell() <= MAX_BYTES, file.tell()
    write(folder, file.getvalue())


def small_sent(_: Path) -> None:
    """Load all that taking a picture of a page needs."""
    from pages.ui.listen.pictures import check, decoded
    from tests.fakes.picture_bombs import BASELINE

    check(BASELINE)
    decoded(BASELINE)


def take_sent(folder: Path) -> None:
    """Check and decode a picture of a page, as often as a camera sends one in a second."""
    from pages.ui.listen.pictures import MAX_PER_S, check, decoded

    content = (folder / "picture").read_bytes()
    for _ in range(MAX_PER_S):
        assert decoded(content).shape[:2] == check(content)[::-1]


@cache
def _analyser() -> Analyser:
    from detectors.loading import load_analyser

    return load_analyser()


WORST = {
    "photo: a baseline JPEG of 100 million pixels": Worst(baseline, decode, small, mark="slow"),
    "photo: a progressive JPEG of 16 million pixels in 100 scans": Worst(
        progressive, decode, small, mark="slow"
    ),
    "photo: a PNG of 16 million pixels with 16 bits a colour": Worst(deep_png, decode, small),
    "photo: a lossless WEBP of 16 million pixels": Worst(webp, decode, small, mark="slow"),
    "photo: a HEIC of 48 million pixels in 192 tiles": Worst(
        heic_of_tiles, decode, small, mark="slow"
    ),
    "photo: a HEIC of 50 million pixels of 10 bits in one piece": Worst(
        heic_in_one, decode, small, mark="slow"
    ),
    "photo: an AVIF of 50 million pixels": Worst(avif, decode, small, mark="slow"),
    "photo: one that asks for hours, and is refused": Worst(bombs, refuse, small, times=30),
    "camera frame: 640 × 480 pixels, as the camera is asked for": Worst(
        frames((640, 480)), look(FRAMES), small_frame, times=FRAMES, mark="slow"
    ),
    "camera picture: 640 × 480 pixels in 60 kB, where WebRTC does not pass": Worst(
        sent, take_sent, small_sent, times=10
    ),
    "camera frame: 4096 × 4096 pixels": Worst(
        frames((4096, 4096)), look(1), small_frame, mark="slow"
    ),
}
