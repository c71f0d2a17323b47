"""Tags and covers, of real files of every kind, and of damaged ones."""

from __future__ import annotations

import base64
import random
import struct
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import mutagen
import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TIT2, TPE1
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus

from recommender.db.tables import NAME_LENGTH
from recommender.library.tags import (
    GENRE_LENGTH,
    MAX_COVER_BYTES,
    UNKNOWN_ARTIST,
    Cover,
    Tags,
    read_cover,
    read_tags,
)
from recommender.types import MAX_TEXT_LENGTH
from tests.fakes import sounds
from tests.fakes.damage import mutated

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 1.0
SAID = {
    "title": "Águas de março",
    "artist": "Elis Regina",
    "album": "恋 🔥",
    "date": "1974-03-01",
    "genre": "Bossa nova",
}
# Containers for which libav writes all of these tags.
TAGGED = (".mp3", ".m4a", ".flac", ".ogg", ".opus", ".wma", ".wav", ".mka", ".webm", ".wv")
JPEG = b"\xff\xd8\xff\xe0 front"
PNG = b"\x89PNG\r\n\x1a\n back"
WEBP = b"RIFF\x08\0\0\0WEBPVP8 "
MUTATIONS = 400


def sound(path: Path, tags: dict[str, str] | None = None) -> Path:
    return sounds.write(path, sounds.pad(SECONDS), tags=tags)


@pytest.mark.parametrize("ending", TAGGED)
def test_the_tags_of_each_kind_are_read(tmp_path: Path, ending: str) -> None:
    tags = read_tags(sound(tmp_path / f"x{ending}", SAID))
    # The decoder tells the length of a Matroska.
    told = ending not in {".mka", ".webm"}
    assert tags.seconds == (pytest.approx(SECONDS, abs=0.2) if told else None)
    said = (tags.title, tags.artist, tags.album, tags.year, tags.genre)
    assert said == ("Águas de março", "Elis Regina", "恋 🔥", 1974, "Bossa nova")


@pytest.mark.parametrize("ending", [*TAGGED, ".aiff", ".aac"])
def test_without_tags_the_files_name_is_the_title(tmp_path: Path, ending: str) -> None:
    path = sound(tmp_path / f"My  song \t1{ending}")
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.album) == ("My song 1", UNKNOWN_ARTIST, None)
    assert (tags.year, tags.genre) == (None, None)
    assert read_tags(path, "../How it came.MP3").title == "How it came"
    assert read_cover(path) is None


def test_a_wav_and_several_artists_are_read(tmp_path: Path) -> None:
    path = sound(tmp_path / "x.wav")
    file = mutagen.File(path)
    file.add_tags()
    file.tags.add(TIT2(text=["Duet"]))
    file.tags.add(TPE1(text=["One", "Other"]))
    file.save()
    assert read_tags(path) == Tags("Duet", "One, Other", seconds=SECONDS)


def test_text_is_one_short_line(tmp_path: Path) -> None:
    path = sound(tmp_path / "x.flac")
    file = FLAC(path)
    file["title"] = ["\x1b[31m a\n\tb\0\u202ec \ud83d".encode("utf-8", "replace").decode()]
    file["artist"] = ["x" * 100_000]
    file["genre"] = ["y" * 100_000]
    file["date"] = ["in 19 hundred 99999 or 2001"]
    file.save()
    tags = read_tags(path)
    assert tags.title.isprintable()
    assert tags.title.startswith("[31m a b c")
    assert (len(tags.artist), len(tags.genre or "")) == (MAX_TEXT_LENGTH, GENRE_LENGTH)
    assert GENRE_LENGTH == NAME_LENGTH
    assert tags.year == 2001


def test_a_name_that_says_nothing_is_a_title_all_the_same(tmp_path: Path) -> None:
    assert read_tags(tmp_path / "\x01.mp3").title == "?"
    assert read_tags(tmp_path / "none at all.mp3") == Tags("none at all")


def test_covers_of_each_kind_are_read_and_the_front_goes_first(tmp_path: Path) -> None:
    mp3 = ID3()
    mp3.add(APIC(encoding=3, mime="image/jpeg", type=4, desc="b", data=PNG))
    # What it says of itself is not believed.
    mp3.add(APIC(encoding=3, mime="text/html", type=3, desc="a", data=JPEG))
    mp3.save(sound(tmp_path / "x.mp3"))
    assert read_cover(tmp_path / "x.mp3") == Cover(JPEG, "image/jpeg")

    flac, picture = FLAC(sound(tmp_path / "x.flac")), Picture()
    picture.data, picture.type = PNG, 3
    flac.add_picture(picture)
    flac.save()
    assert read_cover(tmp_path / "x.flac") == Cover(PNG, "image/png")

    opus = OggOpus(sound(tmp_path / "x.opus"))
    written = base64.b64encode(picture.write()).decode()
    opus["metadata_block_picture"] = ["no base64", written]
    opus.save()
    assert read_cover(tmp_path / "x.opus") == Cover(PNG, "image/png")

    m4a = MP4(sound(tmp_path / "x.m4a"))
    m4a["covr"] = [MP4Cover(WEBP)]
    m4a.save()
    assert read_cover(tmp_path / "x.m4a") == Cover(WEBP, "image/webp")


@pytest.mark.parametrize("content", [b"<svg onload=x>", b"", JPEG.ljust(MAX_COVER_BYTES + 1)])
def test_what_is_no_picture_or_far_too_large_is_no_cover(tmp_path: Path, content: bytes) -> None:
    tags = ID3()
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=content))
    tags.save(sound(tmp_path / "x.mp3"))
    assert read_cover(tmp_path / "x.mp3") is None


def test_a_megabyte_that_would_unpack_to_a_gigabyte_does_not(tmp_path: Path) -> None:
    whole = 200_000_000
    packed = struct.pack(">I", whole) + zlib.compress(bytes(whole), 9)
    # ID3 2.3: frames have plain sizes, and a flag says that one is packed.
    frame = b"APIC" + struct.pack(">I", len(packed)) + b"\0\x80" + packed
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path = tmp_path / "x.mp3"
    path.write_bytes(b"ID3\x03\0\0" + size + frame + sound(tmp_path / "y.mp3").read_bytes())
    tracemalloc.start()
    try:
        assert read_cover(path) is None
        assert read_tags(path).title == "x"
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < whole / 10


def test_damaged_files_raise_nothing(tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - the same files every time
    picture = Picture()
    picture.data, picture.type = JPEG * 30, 3
    kinds = {}
    for ending in (*TAGGED, ".aiff"):
        path = sound(tmp_path / f"x{ending}", SAID)
        if ending == ".mp3":
            tags = ID3(path)
            tags.add(APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=JPEG * 30))
            tags.save(path)
        if ending == ".flac":
            file = FLAC(path)
            file.add_picture(picture)
            file.save()
        kinds[ending] = path.read_bytes()
    for number in range(MUTATIONS):
        ending = tuple(kinds)[number % len(kinds)]
        path = tmp_path / f"bad{ending}"
        path.write_bytes(mutated(kinds[ending], rng))
        tags = read_tags(path)
        for text in (tags.title, tags.artist, tags.album or "x", tags.genre or "x"):
            assert text
            assert text.isprintable()
            assert len(text) <= MAX_TEXT_LENGTH
        assert tags.seconds is None or tags.seconds > 0
        read_cover(path)
