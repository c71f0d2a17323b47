"""Damaged music files and bombs: only BadAudio, soon, in little memory, and libav keeps quiet."""

from __future__ import annotations

import io
import json
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import APIC, ID3

from detectors import audio
from detectors.audio import MAX_BLOCK, MAX_DECODED_SECONDS, MAX_STREAMS, RATE, read_audio
from detectors.errors import BadAudio
from tests.fakes.damage import READ, attempt, mutated, originals, with_right_sums
from tests.fakes.sounds import encode, pad

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
MUTATIONS = 480
MANY_MUTATIONS = 10_000
# What any damaged file of a second or two may take, in seconds of CPU: a bound, not a benchmark.
MAX_CPU_SECONDS = 5
# What reading may take, with a file of a few MB: 90 s of sound twice over, and libav's own blocks.
MAX_GROWTH_MB = 100

SMALL = originals()

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="a peak of memory is read from Linux' /proc"
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )


def read_mutated(count: int, seed: int) -> None:
    """Read mutated files in a process of their own: a crash in there is a failure here."""
    done = run("-m", "tests.fakes.damage", str(count), str(seed))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # libav says nothing although it was told that it may
    said = json.loads(done.stdout)
    for kind, (refused, read) in said["outcomes"].items():
        assert refused, f"all mutated {kind} were read"
        assert read, f"all mutated {kind} were refused"
    assert said["slowest"] <= MAX_CPU_SECONDS
    assert said["growth_mb"] <= MAX_GROWTH_MB


def test_mutated_files_are_sound_or_refused() -> None:
    read_mutated(MUTATIONS, seed=1)


@pytest.mark.soak
def test_very_many_mutated_files_are_sound_or_refused() -> None:
    read_mutated(MANY_MUTATIONS, seed=2)


def test_mutations_are_the_same_each_time_and_ogg_pages_have_right_sums() -> None:
    for content in originals().values():
        first, second = (mutated(content, random.Random(5)) for _ in range(2))  # noqa: S311
        assert first == second
    ogg = originals()[".ogg"]
    assert with_right_sums(ogg) == ogg


@pytest.mark.parametrize("kind", READ)
def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes_or_refused(kind: str) -> None:
    content = encode(np.stack([pad(4, RATE)] * 2, 1), kind, RATE)
    lengths = {len(content) * share // 20 for share in range(20)}
    outcomes = [attempt(content[:length]) for length in sorted(lengths)]
    assert not outcomes[0]
    assert outcomes == sorted(outcomes)  # more of it is never worse
    # An M4A's index is at its end.
    assert outcomes[-1] == (kind not in (".m4a", ".alac"))


@given(content=st.binary(max_size=400), start=st.sampled_from([b"", b"fLaC\0\0\0\x22", b"ID3\4\0\0",
       b"OggS\0\2", b"RIFF\xff\0\0\0WAVEfmt ", b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80",
       b"\0\0\0\x18ftypM4A \0\0\2\0M4A isom", b"FORM\0\0\xff\0AIFFCOMM"]))  # fmt: skip
def test_any_bytes_are_refused(start: bytes, content: bytes) -> None:
    assert not attempt(start + content)


@given(seed=st.integers(0, 2**32), kind=st.sampled_from([".flac", ".m4a", ".mp3", ".opus"]))
def test_any_mutation_is_sound_or_refused(seed: int, kind: str) -> None:
    attempt(mutated(SMALL[kind], random.Random(seed)))  # noqa: S311


def test_what_a_decoder_raises_becomes_bad_audio(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(audio, "_mono", fail)
    with pytest.raises(BadAudio, match="damaged"):
        read_audio(SMALL[".mp3"])


def test_mostly_damaged_packets_are_refused() -> None:
    """The header and the index stand; what they point to is noise."""
    content = bytearray(encode(pad(5), ".m4a"))
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = random.Random(3).randbytes(end - start)  # noqa: S311
    with pytest.raises(BadAudio, match="damaged"):
        read_audio(bytes(content))


# --- bombs ---

MEASURE = """
import sys
from pathlib import Path
from detectors.errors import BadAudio
from detectors.audio import read_audio
from tests.fakes.damage import peak_mb
from tests.fakes.sounds import encode, pad

read_audio(encode(pad(2), ".m4a"))  # loads what every reading needs
content = Path(sys.argv[1]).read_bytes()
before = peak_mb()
try:
    print(len(read_audio(content).samples), file=sys.stderr)
except BadAudio as error:
    print(error, file=sys.stderr)
print(peak_mb() - before)
"""


def growth_mb(content: bytes, folder: Path) -> tuple[int, str]:
    """Growth of a fresh process's memory over reading ``content``, and what was said."""
    (folder / "bomb").write_bytes(content)
    done = run("-c", MEASURE, str(folder / "bomb"))
    assert done.returncode == 0, done.stderr
    return int(done.stdout), done.stderr


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
    growth, said = growth_mb(content, tmp_path)
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
    growth, _ = growth_mb(content, tmp_path)
    assert growth <= MAX_GROWTH_MB


@needs_proc
def test_the_measure_sees_a_bomb_that_goes_off(tmp_path: Path) -> None:
    unlimited = f"import detectors.audio\ndetectors.audio.MAX_BLOCK = 2**31 - 1\n{MEASURE}"
    (tmp_path / "bomb").write_bytes(m4a_with_zipped_header())
    done = run("-c", unlimited, str(tmp_path / "bomb"))
    assert int(done.stdout) > 2 * MAX_GROWTH_MB
    assert MAX_BLOCK < MAX_GROWTH_MB * 1024 * 1024


def test_a_libav_without_that_limit_reads_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio.ctypes, "CDLL", lambda _: object())
    assert attempt(SMALL[".flac"])


@pytest.mark.parametrize("size", [100_000, 3_000_000, 12_000_000])
def test_a_cover_of_any_size_is_passed_over(size: int) -> None:
    noise = random.Random(1).randbytes(size)  # noqa: S311
    content = mp3_with_cover(b"\xff\xd8\xff\xe0" + noise, "image/jpeg")
    assert read_audio(content).seconds == pytest.approx(3, abs=0.2)


def test_no_frame_may_hold_more_samples_than_we_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(pad(3), ".flac")
    assert read_audio(content).seconds == 3
    monkeypatch.setitem(audio._OPTIONS, "max_samples", "1000")
    with pytest.raises(BadAudio):
        read_audio(content)


def test_a_file_may_have_some_covers_and_not_very_many() -> None:
    few = mp3_with_cover(png(64), "image/png", MAX_STREAMS - 1)
    assert read_audio(few).seconds == pytest.approx(3, abs=0.2)
    with pytest.raises(BadAudio):
        read_audio(mp3_with_cover(png(64), "image/png", MAX_STREAMS + 1))
