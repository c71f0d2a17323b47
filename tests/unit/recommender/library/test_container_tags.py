"""Tags where few programs look for them: RIFF INFO, AIFF's text, Matroska, ID3 and APE anywhere."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mutagen.apev2 import APEBinaryValue, APEv2
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.id3 import APIC, ID3, TCON, TIT2, TPE1

from detectors.hearing.audio import read_audio
from recommender.library.container_tags import MAX_TEXT_BYTES, container_tags, decoded
from recommender.library.file_tagging import fingerprint, tag_file
from recommender.library.scan import ENDINGS
from recommender.library.tag_limits import MAX_ITEMS, elements, tags_fit
from recommender.library.tags import UNKNOWN_ARTIST, Cover, Tags, read_cover, read_tags
from tests.fakes import sounds
from tests.fakes.tag_bombs import asf, asf_object, chunk, element, flac, matroska, wave
from tests.fakes.taggers import LoudnessTagger, ReadingTagger

SAID = {"title": "Blue Lamp", "artist": "Nora Vale", "album": "Night Bus", "date": "2011"}
PNG = b"\x89PNG\r\n\x1a\n front"
# Endings of a container that another ending names, too.
ALIKE = {".aif": ".aiff", ".oga": ".ogg", ".m4b": ".m4a"}


def sound(path: Path, tags: dict[str, str] | None = None) -> Path:
    kind = ALIKE.get(path.suffix, path.suffix)
    path.write_bytes(sounds.encode(sounds.pad(1.5), kind, tags=tags))
    return path


def info(texts: dict[bytes, bytes]) -> bytes:
    return chunk(b"LIST", b"INFO" + b"".join(chunk(name, text) for name, text in texts.items()))


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_kind_that_is_offered_is_heard_and_its_tags_are_read(
    tmp_path: Path, ending: str
) -> None:
    path = sound(tmp_path / f"x{ending}", SAID)
    if ending in {".mp2", ".aac"}:
        tags = ID3()
        tags.add(TIT2(text=["Blue Lamp"]))
        tags.add(TPE1(text=["Nora Vale"]))
        tags.save(path)
    assert read_audio(path).seconds == pytest.approx(1.5, abs=0.1)
    said = read_tags(path)
    # libav writes no artist into an AIFF.
    artist = UNKNOWN_ARTIST if ending.startswith(".aif") else "Nora Vale"
    assert (said.title, said.artist) == ("Blue Lamp", artist)


@pytest.mark.parametrize("behind", [False, True])
def test_riff_info_is_read(tmp_path: Path, behind: bool) -> None:
    texts = {b"IART": b"Nora Vale\0", b"INAM": b"Odd\0", b"IPRD": b"Night Bus", b"ICRD": b"2011"}
    listed = info({**texts, b"ISFT": b"Lavf", b"IGNR": b"Soul\0\0"})
    whole = sound(tmp_path / "x.wav").read_bytes()
    form, data = whole[12:36], chunk(b"data", whole[44:])
    path = tmp_path / "y.wav"
    path.write_bytes(wave(form, *((data, listed) if behind else (listed, data))))
    said = read_tags(path)
    assert said == Tags("Odd", "Nora Vale", "Night Bus", 2011, "Soul", said.seconds)


@pytest.mark.parametrize(
    ("text", "encoding", "page"),
    [
        ("Águas de março", "utf-8", None),
        ("Águas de março à la “Été”", "cp1252", None),
        ("AÇÃO, Ñandú, Björk", "cp1252", None),
        ("Виктор Цой – Кукушка", "cp1251", None),
        ("宇多田ヒカル", "cp932", None),
        ("Żółw", "cp1250", 1250),
        ("東京", "cp932", 932),
        ("Été", "utf-8", 65_001),
        ("Été", "cp1252", 9999),
        ("plain", "ascii", 1251),
    ],
)
def test_code_pages_of_windows_are_told_or_guessed(
    tmp_path: Path, text: str, encoding: str, page: int | None
) -> None:
    named = [] if page is None else [chunk(b"CSET", struct.pack("<HHHH", page, 0, 0, 0))]
    path = tmp_path / "x.wav"
    path.write_bytes(wave(*named, info({b"INAM": text.encode(encoding)})))
    assert read_tags(path).title == text
    if page is None and encoding != "utf-8":
        # ID3 calls the same bytes Latin-1.
        tags = ID3()
        tags.add(TIT2(encoding=0, text=[text.encode(encoding).decode("latin-1")]))
        tags.save(sound(tmp_path / "x.mp3"))
        assert read_tags(tmp_path / "x.mp3").title == text


def test_a_text_that_its_code_page_does_not_know_is_guessed() -> None:
    assert decoded(b"\xc3\x89t\xff", "utf-8") == "Ã‰tÿ"
    assert decoded("Été".encode(), "ascii") == "Été"


def test_aiff_texts_are_read(tmp_path: Path) -> None:
    whole = sound(tmp_path / "x.aiff").read_bytes()
    texts = chunk(b"NAME", "Été".encode(), ">") + chunk(b"AUTH", b"Nora Vale", ">")
    path = tmp_path / "y.aiff"
    path.write_bytes(chunk(b"FORM", whole[8:] + texts, ">"))
    assert (read_tags(path).title, read_tags(path).artist) == ("Été", "Nora Vale")
    assert read_audio(path).seconds == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize("ending", [".aac", ".flac", ".mp2", ".mp3"])
@pytest.mark.parametrize("version", [3, 4])
def test_id3_is_read_wherever_it_is_put(tmp_path: Path, ending: str, version: int) -> None:
    tags = ID3()
    tags.add(TIT2(encoding=1, text=["Blue Lamp"]))
    tags.add(TPE1(encoding=1, text=["Nora Vale"]))
    tags.add(TCON(encoding=0, text=["(17)"]))
    tags.add(APIC(encoding=0, mime="JPG", type=3, desc="", data=PNG))
    path = sound(tmp_path / f"x{ending}")
    tags.save(path, v2_version=version)
    said = read_tags(path)
    assert (said.title, said.artist, said.genre) == ("Blue Lamp", "Nora Vale", "Rock")
    assert read_cover(path) == Cover(PNG, "image/png")
    assert read_audio(path).seconds == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize("ending", [".aac", ".mp3", ".mp2", ".wv"])
def test_ape_tags_go_before_those_that_are_cut_and_behind_others(
    tmp_path: Path, ending: str
) -> None:
    path = sound(tmp_path / f"x{ending}")
    if ending == ".mp3":
        ID3(path).delete(path)
    tags = APEv2()
    tags.update({"TITLE": "A long name, longer than thirty letters", "Artist": ["One", "Two"]})
    tags["Cover Art (Front)"] = APEBinaryValue(b"front.png\0" + PNG)
    tags.save(path)
    with path.open("ab") as file:
        file.write(b"TAG" + b"A long name, longer than thirt" + b"One".ljust(30) + bytes(65))
    said = read_tags(path)
    assert (said.title, said.artist) == ("A long name, longer than thirty letters", "One, Two")
    assert read_cover(path) == Cover(PNG, "image/png")
    id3 = ID3()
    id3.add(TIT2(encoding=3, text=["Newer"]))
    id3.save(path, v1=0)
    assert read_tags(path).title == "Newer"


def test_a_wma_has_a_cover(tmp_path: Path) -> None:
    path = sound(tmp_path / "x.wma")
    file = ASF(path)
    words = "image/png\0front\0".encode("utf-16-le")
    picture = struct.pack("<BI", 3, len(PNG)) + words + PNG
    file["WM/Picture"] = [ASFByteArrayAttribute(data=picture)]
    file.save()
    assert read_cover(path) == Cover(PNG, "image/png")


def tag(level: int | None, **texts: str) -> bytes:
    target = b"" if level is None else element("68ca", bytes((level,)))
    simple = [
        element("67c8", element("45a3", name.encode()) + element("4487", text.encode()))
        for name, text in texts.items()
    ]
    return element("7373", element("63c0", target), *simple)


def test_matroska_tells_the_album_from_the_song(tmp_path: Path) -> None:
    tags = element(
        "1254c367",
        tag(50, TITLE="Night Bus", ARTIST="Various", DATE_RELEASED="x"),
        tag(30, TITLE="Blue Lamp", ARTIST="Nora Vale", DATE="2011", GENRE="Soul"),
    )
    files = element("1941a469", element("61a7", element("465c", PNG)))
    path = tmp_path / "x.mka"
    path.write_bytes(matroska(element("ec", bytes(300)), tags, files))
    assert read_tags(path) == Tags("Blue Lamp", "Nora Vale", "Night Bus", 2011, "Soul")
    assert read_cover(path) == Cover(PNG, "image/png")
    # A recorder that writes into a pipe knows no sizes.
    path.write_bytes(matroska(element("1f43b675", element("a3", b"x")), tags, unknown=True))
    assert read_tags(path).artist == "Nora Vale"


def test_a_size_beyond_all_files_is_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.wma"
    huge = b"\xff" * 7 + b"\x7f"
    objects = bytes(16) + huge + bytes(26)
    path.write_bytes(bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + huge + bytes(6) + objects)
    assert not tags_fit(path)
    path.write_bytes(matroska() + b"\xec\x01" + b"\xff" * 6 + b"\xfe" + bytes(9))
    assert tags_fit(path)


@pytest.mark.parametrize("ending", [".mp3", ".flac", ".wav", ".webm"])
def test_a_length_is_what_was_heard_where_the_header_says_another(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"x{ending}"
    content = sounds.encode(sounds.pattern(20), ending)
    path.write_bytes(content[: len(content) // 2])
    said = tag_file(fingerprint(path), ReadingTagger())
    assert said.tags is not None
    assert said.tags.seconds == pytest.approx(10, abs=2)
    # Whoever does not tell a length is believed less than the header.
    silent = tag_file(fingerprint(path), LoudnessTagger())
    assert silent.tags == read_tags(path)


def test_a_wav_is_no_longer_than_its_bytes(tmp_path: Path) -> None:
    path = sound(tmp_path / "x.wav")
    content = path.read_bytes()
    place = content.index(b"data") + 4
    path.write_bytes(content[:place] + b"\xff" * 4 + content[place + 4 :])
    assert read_tags(path).seconds == pytest.approx(1.5, abs=0.01)


def test_long_texts_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wave(info({b"INAM": b"a" * 2 * MAX_TEXT_BYTES})))
    assert container_tags(path) == {"title": ["a" * MAX_TEXT_BYTES]}


def test_chunks_behind_very_many_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    for count, found in ((MAX_ITEMS - 1, {"title": ["a"]}), (MAX_ITEMS, {})):
        path.write_bytes(wave(chunk(b"abcd", b"") * count, chunk(b"INAM", b"a")))
        assert container_tags(path) == found


STARTS = (
    *(b"RIFF\xff\0\0\0WAVE", b"RIFF\xff\0\0\0WAVELIST\xff\0\0\0INFOINAM", b"FORM\0\0\0\xffAIFF"),
    *(matroska(), matroska(unknown=True), matroska(element("1254c367", tag(30, TITLE="x")))),
    *(flac(), asf(asf_object("00" * 16, b"")), b"APETAGEX", b"ID3\4\0\0\0\0\0\x0f", b""),
)


@example(start=b"RIFF\xff\0\0\0WAVELIST\xff\0\0\0INFOINAM", content=b"\0\0\0\1\x83@\xf0@")
@given(start=st.sampled_from(STARTS), content=st.binary(max_size=300))
def test_any_bytes_are_read_or_passed_over(start: bytes, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.wav"
        path.write_bytes(start + content)
        for values in container_tags(path).values():
            assert all(values)
        assert read_tags(path).title.isprintable()
        read_cover(path)


@given(content=st.binary(max_size=300))
def test_each_element_takes_at_least_two_bytes(content: bytes) -> None:
    found = list(elements(BytesIO(matroska(unknown=True) + content)))
    assert len(found) <= 2 + len(content) / 2
    places = [first for _, first, _ in found]
    assert places == sorted(set(places))


@given(raw=st.binary(max_size=60), page=st.sampled_from([None, "cp932", "cp1251", "utf-8"]))
def test_any_bytes_are_some_text(raw: bytes, page: str | None) -> None:
    assert "\0" not in decoded(raw, page)
