"""Damaged music files, and a process of their own to read them in.

`python -m tests.fakes.damage COUNT SEED [LAST]` reads COUNT mutated files and prints how that went,
as JSON. A crash of libav then shows as the end of that process, and LAST holds the culprit.
"""

from __future__ import annotations

import json
import random
import struct
import sys
import time
from pathlib import Path

import av
import numpy as np

from detectors.errors import BadAudio
from detectors.hearing.audio import MAX_CHANNELS, RATE, Audio, read_audio
from recommender.wording import sentence
from tests.fakes import sounds

READ = (
    *(".wav", ".flac", ".mp3", ".m4a", ".alac", ".aac", ".ogg", ".opus", ".aiff"),
    *(".wma", ".wv", ".webm", ".mp2"),
)
AROUND = (".wav", ".flac", ".m4a")
EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\1\0\0")
TAGS = {"title": "Sündenfall", "artist": "A", "album": "B", "genre": "Pop", "date": "1999"}


def originals() -> dict[str, bytes]:
    """Return a short stereo sound in every kind that is read, and some with eight channels."""
    sound = np.stack([sounds.pad(1.5, 22_050), sounds.pattern(1.5, 22_050)], axis=1)
    made = {kind: sounds.encode(sound, kind, 22_050, tags=TAGS) for kind in READ}
    around = np.repeat(sound, MAX_CHANNELS // 2, axis=1)
    return made | {f"7.1{kind}": sounds.encode(around, kind, 22_050) for kind in AROUND}


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Change bits, bytes, lengths and order; half of it where headers and their lengths stand."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        size = len(changed)
        if size == 0:
            break
        spot = rng.choice([min(64, size), min(1024, size), size, size])
        # An M4A's header is at its end.
        place = rng.randrange(spot) if rng.random() < 0.7 else size - 1 - rng.randrange(spot)
        change = rng.randrange(7)
        if change == 0:
            changed[place] = rng.randrange(256)
        elif change == 1:
            changed[place] ^= 1 << rng.randrange(8)
        elif change == 2:
            changed[place : place + 4] = rng.choice(EXTREMES)
        elif change == 3:
            del changed[place : place + rng.randrange(1, 9)]
        elif change == 4:
            changed[place:place] = rng.randbytes(rng.randrange(1, 9))
        elif change == 5:  # a part once more
            changed[place:place] = changed[place : place + rng.randrange(1, 2000)]
        elif rng.random() < 0.2:
            del changed[max(place, 1) :]
    return with_right_sums(changed) if content[:4] == b"OggS" else bytes(changed)


def _sums() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
        table.append(value)
    return table


SUMS = _sums()


def with_right_sums(content: bytes | bytearray) -> bytes:
    """Correct the checksums of Ogg pages, so that damage in them reaches the decoder."""
    fixed = bytearray(content)
    place = fixed.find(b"OggS")
    while place >= 0 and place + 27 <= len(fixed):
        segments = fixed[place + 26]
        body = sum(fixed[place + 27 : place + 27 + segments])
        end = place + 27 + segments + body
        fixed[place + 22 : place + 26] = bytes(4)
        total = 0
        for byte in fixed[place:end]:
            total = ((total << 8) & 0xFFFFFFFF) ^ SUMS[(total >> 24) ^ byte]
        fixed[place + 22 : place + 26] = struct.pack("<I", total)
        place = fixed.find(b"OggS", place + 4)
    return bytes(fixed)


def attempt(content: bytes) -> bool:
    """Read; True for sound, False for BadAudio; anything else is raised."""
    try:
        audio = read_audio(content)
    except BadAudio as error:
        message = sentence(error)
        assert message.endswith(".")
        assert "\n" not in message
        return False
    assert isinstance(audio, Audio)
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert np.isfinite(audio.samples).all()
    assert np.abs(audio.samples).max() <= 1
    assert audio.seconds >= len(audio.samples) / RATE
    return True


def peak_mb() -> int:
    """Return the most memory that this process has held; `resource` counts its parent's, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024


def main(count: int, seed: int, last: Path | None) -> None:
    """Read mutated files in turn."""
    kinds = originals()
    av.logging.restore_default_callback()  # as aiortc does: libav may print from now on
    assert all(attempt(content) for content in kinds.values())
    before = peak_mb()
    outcomes = {kind: [0, 0] for kind in kinds}
    slowest = 0.0
    for number in range(count):
        kind = tuple(kinds)[number % len(kinds)]
        # S311: the same files every time.
        content = mutated(kinds[kind], random.Random(f"{seed} {number}"))  # noqa: S311
        if last is not None:
            last.write_bytes(content)
        start = time.process_time()
        outcomes[kind][attempt(content)] += 1
        slowest = max(slowest, time.process_time() - start)
    print(json.dumps({"outcomes": outcomes, "slowest": slowest, "growth_mb": peak_mb() - before}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
