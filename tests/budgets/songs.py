"""Songs with their tags, and their covers, at their worst."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from tests.budgets.worst import Worst

if TYPE_CHECKING:
    from pathlib import Path

RATE = 44_100
# Frames of ID3 that are small, beside a picture that fills what is left of the allowed bytes.
SMALL_FRAMES = 900


def write(folder: Path, content: bytes) -> None:
    """Put a song into a folder; the name says nothing of what is in it."""
    (folder / "song.mp3").write_bytes(content)


def largest_wav(folder: Path) -> None:
    """Write a WAV as large as may be dropped, with nearly as many tags as are read."""
    import numpy as np
    from mutagen.id3 import APIC, ID3, TIT2, TXXX

    from recommender.library.tag_limits import MAX_TAG_BYTES
    from recommender.library.uploads import MAX_BYTES

    tags = ID3()
    tags.add(TIT2(encoding=3, text=["Largest"]))
    for number in range(SMALL_FRAMES):
        tags.add(TXXX(encoding=3, desc=f"{number}", text=["x"]))
    cover = b"\xff\xd8\xff" + bytes(MAX_TAG_BYTES - 200_000)
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=cover))
    file = io.BytesIO()
    tags.save(file, padding=lambda _: 0)
    id3 = file.getvalue()
    room = (MAX_BYTES - len(id3) - 100) // 4 * 4
    sound = np.random.default_rng(1).integers(-9000, 9000, room // 2, "<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, 16)
    chunks = ((b"fmt ", form), (b"data", sound), (b"id3 ", id3 + bytes(len(id3) % 2)))
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(one)) + one for name, one in chunks)
    write(folder, b"RIFF" + struct.pack("<I", len(body)) + body)


def endless_flac(folder: Path) -> None:
    """Write a FLAC of some 300 KB that unpacks to gigabytes, and does not say how long it is."""
    from tests.fakes.sound_bombs import flac

    write(folder, flac([8000, -8000] * 7_500, claimed=0))


def tag_bombs(folder: Path) -> None:
    """Write songs with more tags than are read."""
    from tests.fakes.tag_bombs import TOO_LARGE, TOO_MANY

    for number, make in enumerate([*TOO_MANY.values(), *TOO_LARGE.values()]):
        (folder / f"{number}.mp3").write_bytes(make())


def hear(folder: Path) -> None:
    """Hear all songs in a folder, as the worker does, but for the nets."""
    from recommender.library.file_tagging import fingerprint
    from recommender.library.file_tagging import tag_file as heard
    from tests.fakes.taggers import ReadingTagger

    for path in folder.glob("*.mp3"):
        said = heard(fingerprint(path), ReadingTagger())
        assert said.scores or said.problem


def small_song(_: Path) -> None:
    """Hear a short song of each kind."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from tests.fuzz.kind import ending_of
    from tests.fuzz.sounds import read, samples

    with TemporaryDirectory() as name:
        for sample, content in samples().items():
            path = Path(name) / f"x{ending_of(sample)}"
            path.write_bytes(content)
            read(path)


def noisy_song(folder: Path) -> None:
    """Write a song of which as much is heard as of any."""
    import numpy as np

    from detectors.hearing.audio import MAX_DECODED_SECONDS
    from tests.fakes.sounds import pattern
    from tests.fakes.sounds import write as write_sound

    sound = np.tile(pattern(MAX_DECODED_SECONDS + 10)[:, None], (1, 2))
    write_sound(folder / "song.mp3", sound, RATE)


def hear_with_nets(folder: Path) -> None:
    """Hear a song with the shipped models."""
    from detectors.hearing.music import MusicTagger

    assert not isinstance(MusicTagger().tag(folder / "song.mp3"), str)


def loaded_nets(folder: Path) -> None:
    """Hear a second of it."""
    import numpy as np

    from detectors.hearing.music import MusicTagger

    MusicTagger().hear(np.full(32_000, 0.1, np.float32))
    small_song(folder)


def largest_cover(folder: Path) -> None:
    """Write a song whose cover has as many bytes and pixels as are read."""
    from recommender.library.tags import MAX_COVER_BYTES
    from tests.budgets.pictures import SIDE, noise
    from tests.fakes.sound_bombs import mp3_with_cover

    file = io.BytesIO()
    noise(SIDE).save(file, "JPEG", quality=35, progressive=True)
    assert MAX_COVER_BYTES / 2 < file.tell() <= MAX_COVER_BYTES, file.tell()
    write(folder, mp3_with_cover(file.getvalue(), "image/jpeg"))


def show_cover(folder: Path) -> None:
    """Read a cover, and decode it to the size of a tile."""
    from detectors.pictures.decoding import decode_picture
    from recommender.library.tags import read_cover
    from tests.fuzz.pictures import COVER_SIDE

    cover = read_cover(folder / "song.mp3")
    assert cover is not None
    assert decode_picture(cover.content, COVER_SIDE).width == COVER_SIDE


WORST = {
    "song: 25 MB of WAV with 900 tags of 10 MB": Worst(largest_wav, hear, small_song, mark="slow"),
    "song: a FLAC of 300 KB that unpacks to gigabytes": Worst(
        endless_flac, hear, small_song, mark="slow"
    ),
    "song: one with more tags than are read": Worst(tag_bombs, hear, small_song, times=47),
    "song: 90 seconds heard by the models": Worst(
        noisy_song, hear_with_nets, loaded_nets, mark="slow"
    ),
    "cover: a progressive JPEG of 16 million pixels in a song": Worst(
        largest_cover, show_cover, small_song, mark="slow"
    ),
}
