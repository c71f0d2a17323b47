"""Small music files that claim or unpack to gigabytes: they take little memory."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from mutagen.id3 import APIC, ID3

from detectors import audio_container
from detectors.audio import MAX_DECODED_SECONDS, RATE, read_audio
from detectors.audio_container import MAX_BLOCK, MAX_STREAMS
from detectors.errors import BadAudio
from tests.fakes.damage import attempt
from tests.fakes.memory import MAX_GROWTH_MB, growth_mb, needs_proc
from tests.fakes.sounds import encode, pad

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def grown_mb(content: bytes, folder: Path, first: str = "") -> tuple[int, str]:
    (folder / "bomb").write_bytes(content)
    return growth_mb(folder / "bomb", first=first)


def _sum(data: bytes, width: int, polynomial: int) -> int:
    total, top, mask = 0, 1 << (width - 1), (1 << width) - 1
    for byte in data:
        total ^= byte << (width - 8)
        for _ in range(8):
            total = (total << 1 ^ (polynomial if total & top else 0)) & mask
    return total


def flac(levels: list[int], *, claimed: int | None, rate: int = 44_100) -> bytes:
    """A stereo FLAC by hand: 65,535 samples of each level in some fifteen bytes.

    ``claimed`` is the length in the header, None for the true one and 0 for unknown.
    """
    length = len(levels) * 65_535 if claimed is None else claimed
    fields = rate << 44 | 1 << 41 | 15 << 36 | length
    info = struct.pack(">HH", 65_535, 65_535) + bytes(6) + fields.to_bytes(8, "big") + bytes(16)
    frames = [b"fLaC\x80\0\0\x22", info]
    for number, level in enumerate(levels):
        # 0x70: the block's size in 16 bits; 0x0d: the rate in 16 bits, in Hz; 0x0e: in tens of Hz.
        tens = rate > 65_535
        header = b"\xff\xf8" + bytes([0x7E if tens else 0x7D, 0x18]) + chr(number).encode()
        header += struct.pack(">HH", 65_534, rate // 10 if tens else rate)
        header += bytes([_sum(header, 8, 0x07)])
        frame = header + (b"\0" + struct.pack(">h", level)) * 2
        frames.append(frame + struct.pack(">H", _sum(frame, 16, 0x8005)))
    return b"".join(frames)


def test_the_flac_made_by_hand_is_read_and_one_with_an_impossible_rate_is_not() -> None:
    levels = [8000, -8000] * 4
    assert read_audio(flac(levels, claimed=None)).seconds == pytest.approx(8 * 65_535 / 44_100)
    assert read_audio(flac(levels, claimed=None, rate=192_000)).seconds > 2
    with pytest.raises(BadAudio, match="655350 Hz"):
        read_audio(flac(levels * 4, claimed=None, rate=655_350))


@needs_proc
@pytest.mark.parametrize(
    ("levels", "claimed", "says"),
    [
        ([0] * 15_000, None, "longer than 15 minutes"),
        ([0] * 15_000, 0, "silen"),
        ([0] * 15_000, 44_100 * 60, "silen"),
        ([8000, -8000] * 7_500, 0, str(MAX_DECODED_SECONDS * RATE)),
    ],
)
def test_a_flac_that_unpacks_to_gigabytes_takes_little_memory(
    levels: list[int], claimed: int | None, says: str, tmp_path: Path
) -> None:
    content = flac(levels, claimed=claimed)
    assert len(content) < 300_000
    assert len(levels) * 65_535 * 4 > 3.8e9
    growth, said = grown_mb(content, tmp_path)
    assert says in said
    assert growth <= MAX_GROWTH_MB


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def m4a_with_endless_index() -> bytes:
    """28 KB that claim 67 million packets of one byte: 2.3 GB of index in libav, and 11 s."""
    content = bytearray(encode(pad(3), ".m4a"))
    for name, fields in (
        (b"stsz", (1, 2**26)),
        (b"stsc", (1, 1, 2**26, 1)),
        (b"stts", (1, 2**26, 1024)),
    ):
        start = content.index(name) + 8
        content[start : start + 4 * len(fields)] = struct.pack(f">{len(fields)}I", *fields)
    return bytes(content)


def m4a_with_endless_fragment() -> bytes:
    """2 KB whose only fragment claims 33 million packets: 1.2 GB."""
    content = encode(pad(3), ".m4a")
    start = content.index(b"ftyp") - 4
    ftyp = content[start : start + struct.unpack(">I", content[start : start + 4])[0]]
    moov = content[content.index(b"moov") + 4 :]
    mvex = box(b"mvex", box(b"trex", struct.pack(">6I", 0, 1, 1, 1024, 1, 0)))
    run_ = box(b"trun", struct.pack(">II", 0, 2**25))
    track = box(b"traf", box(b"tfhd", struct.pack(">II", 0x20000, 1)), run_)
    moof = box(b"moof", box(b"mfhd", bytes(8)), track)
    return ftyp + box(b"moov", moov, mvex) + moof + box(b"mdat", bytes(1000))


def m4a_with_zipped_header() -> bytes:
    """256 KB that unpack to a header of 256 MB."""
    content = encode(pad(3), ".m4a")
    start = content.index(b"ftyp") - 4
    ftyp = content[start : start + struct.unpack(">I", content[start : start + 4])[0]]
    size = 2**28
    packer = zlib.compressobj(9)
    zipped = b"".join(packer.compress(bytes(2**20)) for _ in range(size // 2**20)) + packer.flush()
    unpacked = box(b"cmvd", struct.pack(">I", size), zipped)
    return ftyp + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), unpacked))


def alac_with_endless_block() -> bytes:
    """An ALAC that claims 16 million samples a packet."""
    content = bytearray(encode(pad(3), ".alac"))
    start = content.index(b"alac", content.index(b"alac") + 4) + 8
    content[start : start + 4] = struct.pack(">I", 4096 * 4096)
    return bytes(content)


def png(side: int) -> bytes:
    """A black picture of one bit a pixel: few bytes, however large it is."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def mp3_with_cover(cover: bytes, media_type: str, count: int = 1) -> bytes:
    tags = ID3()
    for number in range(count):
        tags.add(APIC(mime=media_type, type=3, desc=str(number), data=cover))
    file = io.BytesIO(encode(pad(3), ".mp3"))
    tags.save(file)
    return file.getvalue()


def mp3_with_huge_cover() -> bytes:
    """A cover of 144 million pixels in 17 KB; a decoder would take hundreds of MB for it."""
    return mp3_with_cover(png(12_000), "image/png")


@needs_proc
@pytest.mark.parametrize(
    "make",
    [
        m4a_with_endless_index,
        m4a_with_endless_fragment,
        m4a_with_zipped_header,
        alac_with_endless_block,
        mp3_with_huge_cover,
    ],
)
def test_a_bomb_takes_little_memory(make: Callable[[], bytes], tmp_path: Path) -> None:
    content = make()
    assert len(content) < 300_000
    growth, _ = grown_mb(content, tmp_path)
    assert growth <= MAX_GROWTH_MB


@needs_proc
def test_the_measure_sees_a_bomb_that_goes_off(tmp_path: Path) -> None:
    unlimited = "from detectors import audio_container as a; a.MAX_BLOCK = 2**31 - 1"
    growth, _ = grown_mb(m4a_with_zipped_header(), tmp_path, unlimited)
    assert growth > 2 * MAX_GROWTH_MB
    assert MAX_BLOCK < MAX_GROWTH_MB * 1024 * 1024


def test_a_libav_without_that_limit_reads_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_container.ctypes, "CDLL", lambda _: object())
    assert attempt(encode(pad(2), ".flac"))


@pytest.mark.parametrize("size", [100_000, 3_000_000, 12_000_000])
def test_a_cover_of_any_size_is_passed_over(size: int) -> None:
    noise = random.Random(1).randbytes(size)  # noqa: S311
    content = mp3_with_cover(b"\xff\xd8\xff\xe0" + noise, "image/jpeg")
    assert read_audio(content).seconds == pytest.approx(3, abs=0.2)


def test_no_frame_may_hold_more_samples_than_we_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(pad(3), ".flac")
    assert read_audio(content).seconds == 3
    monkeypatch.setitem(audio_container.OPTIONS, "max_samples", "1000")
    with pytest.raises(BadAudio):
        read_audio(content)


def test_a_file_may_have_some_covers_and_not_very_many() -> None:
    few = mp3_with_cover(png(64), "image/png", MAX_STREAMS - 1)
    assert read_audio(few).seconds == pytest.approx(3, abs=0.2)
    with pytest.raises(BadAudio):
        read_audio(mp3_with_cover(png(64), "image/png", MAX_STREAMS + 1))
