"""Tags that are made to take for ever: they are told by their sizes, and stop nobody."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest

from pages.ui import library_covers
from recommender.library import tags
from recommender.library.hearing import TOO_MANY_TAGS, hear, look_at
from recommender.library.kept_worker import KeptWorker
from recommender.library.tag_limits import (
    MAX_ATOMS,
    MAX_ITEMS,
    MAX_MARKS,
    MAX_TAG_BYTES,
    MAX_TEXT_BYTES,
    TooManyTags,
    tags_fit,
)
from recommender.library.tags import read_cover, read_tags
from tests.busy import LATE_S
from tests.fakes import sounds
from tests.fakes.taggers import LoudnessTagger, write_wav
from tests.unit.test_library_views import picture, with_cover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEGABYTE = 1_000_000
MANY = MAX_ITEMS + 1


def synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(len(frames)) + frames


def frame(name: bytes, content: bytes, version: int = 4) -> bytes:
    if version == 2:
        return name + len(content).to_bytes(3, "big") + content
    size = synchsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + b"\0\0" + content


def vorbis(count: int, each: bytes = b"A=b", claimed: int | None = None) -> bytes:
    one = struct.pack("<I", len(each)) + each
    return struct.pack("<I", 0) + struct.pack("<I", claimed or count) + one * count


def flac(*blocks: tuple[int, bytes]) -> bytes:
    parts = [bytes((kind,)) + len(body).to_bytes(3, "big") + body for kind, body in blocks]
    return b"fLaC" + b"".join(parts) + b"\x81\0\0\0"


def atom(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def m4a(listed: bytes) -> bytes:
    moov = atom(b"moov", atom(b"udta", atom(b"meta", bytes(4) + atom(b"ilst", listed))))
    return atom(b"ftyp", b"M4A \0\0\0\0") + moov


def ogg(packet: bytes) -> bytes:
    """Pages of a stream: a first packet, and this one."""
    pages, rest = [], packet
    lacing = [255] * (len(packet) // 255) + [len(packet) % 255]
    first = b"OpusHead".ljust(19, b"\1")
    for number, part in enumerate(
        [[len(first)], *(lacing[n : n + 255] for n in range(0, len(lacing), 255))]
    ):
        body, rest = (first, rest) if number == 0 else (rest[: sum(part)], rest[sum(part) :])
        head = b"OggS\0" + bytes(9) + b"abcd" + struct.pack("<II", number, 0) + bytes((len(part),))
        pages.append(head + bytes(part) + body)
    return b"".join(pages)


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


def wave(*chunks: bytes) -> bytes:
    return chunk(b"RIFF", b"WAVE" + b"".join(chunks))


TOO_MANY: dict[str, Callable[[], bytes]] = {
    "frames": lambda: id3(frame(b"COMM", b"\0eng\0x") * MANY),
    "pictures": lambda: id3(frame(b"APIC", b"\0image/png\0\3\0" + bytes(20_000)) * MANY),
    "empty frames": lambda: id3(frame(b"TIT2", b"") * MANY),
    "frames of 2.3": lambda: id3(frame(b"GEOB", b"\0a\0b\0c\0d", 3) * MANY, 3),
    "frames of 2.2": lambda: id3(frame(b"COM", b"\0eng\0x", 2) * MANY, 2),
    "frames with plain sizes": lambda: id3(frame(b"TXXX", b"\0" + bytes(200), 3) * MANY),
    "frames that are unsynchronised": lambda: id3(
        (frame(b"TXXX", b"\0a\xffb", 3) * MANY).replace(b"\xff", b"\xff\0"), 3, 0x80
    ),
    "large frames": lambda: id3(frame(b"TXXX", bytes(20_000)) * MANY),
    "marks": lambda: id3(frame(b"APIC", b"\xff" * (MAX_MARKS + 1))),
    "tags": lambda: id3(b"") * MANY,
    "frames in tags": lambda: id3(frame(b"TXXX", b"\0a\0b") * (MAX_ITEMS // 2)) * 2,
    "comments": lambda: flac((4, vorbis(MANY))),
    "comments behind their block": lambda: flac((4, vorbis(0, claimed=MANY))) + bytes(8 * MANY),
    "pictures of FLAC": lambda: flac(*[(6, b"")] * MANY),
    "comments behind ID3": lambda: id3(frame(b"TIT2", b"\0a")) + flac((4, vorbis(MANY))),
    "comments of Opus": lambda: ogg(b"OpusTags" + vorbis(MANY)),
    "comments of Vorbis": lambda: ogg(b"\3vorbis" + vorbis(MANY)),
    "comments without an end": lambda: ogg(b"OpusTags" + bytes(MAX_TAG_BYTES)),
    "entries": lambda: m4a(atom(b"----", b"") * MANY),
    "atoms": lambda: m4a(b"") + atom(b"free", b"") * MAX_ATOMS,
    "chunks": lambda: wave(*[chunk(b"abcd", b"")] * MANY),
    "chunks in a list": lambda: wave(chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"x") * MANY)),
    "frames in a chunk": lambda: wave(chunk(b"id3 ", id3(frame(b"TXXX", b"\0a\0b") * MANY))),
    "items of APE": lambda: (
        bytes(500) + b"APETAGEX" + struct.pack("<IIII", 2000, 90_000, MANY, 0) + bytes(8)
    ),
    "items of APE before ID3v1": lambda: (
        bytes(500)
        + (b"APETAGEX" + struct.pack("<IIII", 2000, 90_000, MANY, 0) + bytes(8))
        + b"TAG".ljust(128, b"\0")
    ),
}
TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "values": lambda: id3(frame(b"TPE1", b"\3" + bytes(MEGABYTE))),
    "values of 2.3": lambda: id3(frame(b"TPE1", b"\0" + bytes(MEGABYTE), 3), 3),
    "values of 2.2": lambda: id3(frame(b"TP1", b"\0" + bytes(MEGABYTE), 2), 2),
    "values in several": lambda: id3(frame(b"TCON", bytes(MAX_TEXT_BYTES // 5)) * 6),
    "values behind a second header": lambda: id3(
        synchsafe(6) + b"\1\0" + frame(b"TPE1", b"\3" + bytes(MEGABYTE)), flags=0x40
    ),
    "a picture": lambda: id3(frame(b"APIC", b"\0image/png\0\3\0" + bytes(MAX_TAG_BYTES))),
    "a picture of FLAC": lambda: flac(*[(6, bytes(MAX_TAG_BYTES // 2))] * 3),
    "a comment": lambda: flac((4, vorbis(1, b"A=" + bytes(MAX_TAG_BYTES)))),
    "an entry": lambda: m4a(atom(b"covr", bytes(MAX_TAG_BYTES))),
    "APE": lambda: bytes(500) + b"APETAGEX" + struct.pack("<IIII", 2000, 1 << 31, 1, 0) + bytes(8),
}


@pytest.mark.parametrize("kind", TOO_MANY)
def test_a_song_with_far_too_many_tags_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(TOO_MANY[kind]())
    began = time.monotonic()
    with pytest.raises(TooManyTags):
        tags_fit(path)
    assert hear(look_at(path), LoudnessTagger()).problem == TOO_MANY_TAGS
    assert read_tags(path).title == "x"
    assert read_cover(path) is None
    assert time.monotonic() - began < LATE_S


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_song_whose_tags_are_too_large_is_heard_without_them(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(TOO_LARGE[kind]())
    began = time.monotonic()
    assert not tags_fit(path)
    assert hear(look_at(path), LoudnessTagger()).tags == read_tags(path) == tags.Tags("x")
    assert read_cover(path) is None
    assert time.monotonic() - began < LATE_S


@pytest.mark.parametrize("ending", sounds.KINDS)
def test_tags_of_usual_files_fit(tmp_path: Path, ending: str) -> None:
    path = sounds.write(tmp_path / f"x{ending}", sounds.pad(0.5), tags={"title": "a" * 1000})
    assert tags_fit(path)


def test_as_many_tags_as_are_allowed_fit(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    # With the two blocks and the tags' own.
    path.write_bytes(flac((4, vorbis(MAX_ITEMS - 2))))
    assert tags_fit(path)
    path.write_bytes(flac((4, vorbis(MAX_ITEMS - 1))))
    with pytest.raises(TooManyTags):
        tags_fit(path)


def test_what_takes_too_long_all_the_same_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(TOO_LARGE["values"]())
    monkeypatch.setattr(tags, "tags_fit", lambda _: True)
    monkeypatch.setattr(tags, "TAGS_S", 0.2)
    began = time.monotonic()
    assert read_tags(path) == tags.Tags("x")
    assert read_cover(path) is None
    assert time.monotonic() - began < LATE_S


def test_tags_and_covers_are_read_in_another_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        pytest.fail("the app itself has parsed a file")

    monkeypatch.setattr(tags, "_opened", fail)
    hearer, reader = KeptWorker(LoudnessTagger), KeptWorker(None)
    monkeypatch.setattr(library_covers.wiring, "cover_reader", lambda: reader)
    path = write_wav(tmp_path / "Song.wav")
    _, said = hearer.hear(look_at(path, "Its name.wav"))
    assert said.tags is not None
    assert (said.tags.title, said.tags.seconds) == ("Its name", 0.2)
    song = with_cover(tmp_path / "a.flac", picture("PNG"))
    assert library_covers.cover_of(song).startswith("data:image/webp;base64,")
    (tmp_path / "hostile.mp3").write_bytes(TOO_MANY["pictures"]())
    assert reader.cover(tmp_path / "hostile.mp3") is None
    hearer.rest()
    reader.rest()
