"""Songs: their sound, their tags and their covers, as the worker reads them."""

from __future__ import annotations

import base64
import json
import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mutagen
from mutagen.apev2 import APEBinaryValue, APEv2
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TALB, TCON, TDRC, TIT2, TPE1, TXXX
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus

from detectors.errors import BadImage
from detectors.pictures.decoding import decode_picture
from recommender.library.file_tagging import fingerprint, tag_file
from recommender.library.messages import from_result, to_result
from recommender.library.tags import read_cover
from recommender.text import visible
from recommender.wording import sentence
from tests.fakes import sound_bombs, sounds, tag_bombs
from tests.fakes.damage import with_right_sums
from tests.fakes.taggers import ReadingTagger
from tests.fuzz.kind import Kind
from tests.fuzz.pictures import COVER_SIDE, encoded

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS, RATE = 1.3, 22_050
TAGS = {"title": "Sündenfall", "artist": "A", "album": "B", "genre": "Pop", "date": "1999"}


def samples() -> dict[str, bytes]:
    """Return a short sound of each kind that is read, with tags, and most of them with a cover."""
    sound = sounds.pad(SECONDS, RATE)
    made = {f"x{kind}": sounds.encode(sound, kind, RATE, tags=TAGS) for kind in sounds.KINDS}
    cover = encoded("PNG")
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, dress in (
            ("v2.4.mp3", lambda path: id3(cover).save(path)),
            ("v2.3.mp3", lambda path: id3(cover).save(path, v2_version=3, v1=2)),
            ("ape.mp3", lambda path: ape(path, cover)),
            ("cover.flac", lambda path: flac(path, cover)),
            ("cover.m4a", lambda path: mp4(path, cover)),
            ("cover.wma", lambda path: wma(path, cover)),
            ("id3.aac", lambda path: id3(cover).save(path)),
            ("ape.wv", lambda path: ape(path, cover)),
            ("cover.opus", lambda path: opus(path, cover)),
            ("tagged.wav", lambda path: chunk(path, cover)),
            ("tagged.aiff", lambda path: chunk(path, cover)),
        ):
            file = folder / path
            file.write_bytes(made[f"x{file.suffix}"])
            dress(file)
            made[path] = file.read_bytes()
    return {name: same_stream(content) for name, content in made.items()}


def same_stream(content: bytes) -> bytes:
    """Return an Ogg file whose stream has no number by chance; any other as it is."""
    if not content.startswith(b"OggS"):
        return content
    return with_right_sums(content.replace(content[14:18], b"same"))


def id3(cover: bytes) -> ID3:
    """Return tags with a frame of each kind that is read, and some that are not."""
    tags = ID3()
    for frame in (TIT2, TPE1, TALB, TDRC, TCON):
        tags.add(frame(encoding=3, text=["1999", "B"]))
    tags.add(TXXX(encoding=1, desc="mood", text=["calm"]))
    tags.add(COMM(encoding=0, lang="eng", desc="", text=["hello"]))
    tags.add(APIC(encoding=3, mime="image/png", type=3, desc="front", data=cover))
    return tags


def ape(path: Path, cover: bytes) -> None:
    """Put APE tags behind a sound."""
    tags = APEv2()
    tags.update({"Title": "T", "Artist": "A", "Year": "1999"})
    tags["Cover Art (Front)"] = APEBinaryValue(b"front.png\0" + cover)
    tags.save(path)


def picture(cover: bytes) -> Picture:
    """Return a cover as FLAC has it."""
    made = Picture()
    made.data, made.type, made.mime = cover, 3, "image/png"
    return made


def flac(path: Path, cover: bytes) -> None:
    """Put a cover into a FLAC."""
    file = FLAC(path)
    file.add_picture(picture(cover))
    file.save()


def mp4(path: Path, cover: bytes) -> None:
    """Put a cover into an M4A."""
    file = MP4(path)
    file["covr"] = [MP4Cover(cover, MP4Cover.FORMAT_PNG)]
    file.save()


def opus(path: Path, cover: bytes) -> None:
    """Put a cover into an Opus file."""
    file = OggOpus(path)
    file["metadata_block_picture"] = base64.b64encode(picture(cover).write()).decode()
    file.save()


def wma(path: Path, cover: bytes) -> None:
    """Put a cover into a WMA."""
    file = ASF(path)
    words = "image/png\0front\0".encode("utf-16-le")
    picture = struct.pack("<BI", 3, len(cover)) + words + cover
    file["WM/Picture"] = [ASFByteArrayAttribute(data=picture)]
    file.save()


def chunk(path: Path, cover: bytes) -> None:
    """Put tags into a chunk of a WAV or AIFF."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    for frame in id3(cover).values():
        file.tags.add(frame)
    file.save()


def seeds() -> dict[str, bytes]:
    """Return what once took half a minute, gigabytes, or never ended."""
    many = {"too many": tag_bombs.TOO_MANY, "too large": tag_bombs.TOO_LARGE}
    made = {
        f"{what} {name} .mp3": make()
        for what, bombs in many.items()
        for name, make in bombs.items()
    }
    claims: tuple[Callable[[], bytes], ...] = (
        sound_bombs.m4a_with_endless_index,
        sound_bombs.m4a_with_endless_fragment,
        sound_bombs.m4a_with_zipped_header,
        sound_bombs.alac_with_endless_block,
        sound_bombs.mp3_with_huge_cover,
    )
    made |= {f"{make.__name__} .m4a": make() for make in claims}
    return made | {
        "endless .flac": sound_bombs.flac([0] * 15_000, claimed=0),
        "H3 NULs.mp3": tag_bombs.id3(tag_bombs.frame(b"TPE1", b"\3" + bytes(1_000_000))),
        "H3 covers.mp3": sound_bombs.mp3_with_cover(
            b"\x89PNG\r\n\x1a\n" + bytes(100_000), "x", 200
        ),
    }


@cache
def tagger() -> ReadingTagger:
    """Return what reads sounds as the real one does, and hears how loud they are."""
    return ReadingTagger()


def read(path: Path) -> str | None:
    """Hear a file, with its tags, and decode its cover."""
    said = tag_file(fingerprint(path, path.name), tagger())
    # The app must understand the worker.
    assert to_result(json.loads(json.dumps(from_result(said)))) == said
    problem = said.problem
    assert problem is None or problem.id != "hearing-failed", problem
    tags = said.tags_of(fingerprint(path))
    for text in (tags.title, tags.artist, tags.album or "x", tags.genre or "x"):
        assert visible(text) == text
    cover = read_cover(path)
    if cover is not None:
        try:
            decode_picture(cover.content, COVER_SIDE)
        except BadImage as error:
            return sentence(error)
    return problem and sentence(problem)


KIND = Kind(
    name="sounds",
    samples=samples,
    bombs=seeds,
    read=read,
    budgets=(
        "song: a FLAC of 300 KB that unpacks to gigabytes",
        "cover: a progressive JPEG of 16 million pixels in a song",
    ),
    words=(
        *(b"ID3", b"TPE1", b"TIT2", b"APIC", b"TXXX", b"COMM", b"TCON", b"TAG", b"APETAGEX"),
        *(b"fLaC", b"OggS", b"OpusTags", b"OpusHead", b"\x01vorbis", b"\x03vorbis"),
        *(b"moov", b"trak", b"ilst", b"covr", b"stsz", b"stco", b"mdat", b"data", b"meta", b"----"),
        *(b"RIFF", b"WAVE", b"fmt ", b"LIST", b"id3 ", b"FORM", b"AIFF", b"COMM", b"SSND"),
        *(b"INFO", b"INAM", b"IART", b"CSET", b"NAME", b"AUTH", b"LYRICS200", b"wvpk"),
        *(b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x12\x54\xc3\x67", b"\x67\xc8", b"\x44\x87"),
        *(b"\x1f\x43\xb6\x75", b"\x46\x5c", b"\x01" + b"\xff" * 7),
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
        *(b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80", b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff"),
    ),
)
