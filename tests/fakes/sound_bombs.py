"""Small music files that claim or unpack to gigabytes, made by hand."""

from __future__ import annotations

import io
import struct
import zlib

from mutagen.id3 import APIC, ID3

from tests.fakes.sounds import encode, pad


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
