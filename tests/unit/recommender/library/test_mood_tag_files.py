"""The mood in the tags of files of every kind: written, read, taken away; all else stays."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import APIC, COMM, ID3, TIT2, TXXX, UFID, Frames
from mutagen.mp4 import MP4, MP4Cover

from recommender.library import mood_tag_files
from recommender.library.mood_tag_files import read_mood_fields, write_mood_fields
from recommender.library.tag_limits import MAX_ITEMS
from recommender.library.tags import read_tags
from recommender.library.untouched import NotWritable
from tests.fakes.sounds import pattern, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIELDS = {"mood": ["bright"], "bpm": ["120"], "valence": ["0.512"], "energy": ["0.700"]}
PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 20


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for ending in (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".wma"):
        write(folder / f"a{ending}", pattern(1.5), tags={"title": "Título 恋", "artist": "A; B"})
    id3 = ID3(folder / "a.mp3")
    id3.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE))
    id3.add(TXXX(encoding=3, desc="MOOD 恋", text=["somebody's"]))
    id3.add(UFID(owner="x", data=b"\0\1\2"))
    id3.save()
    id3.save(shutil.copy(folder / "a.mp3", folder / "b.mp3"), v2_version=3)
    mp4 = MP4(folder / "a.m4a")
    mp4["covr"] = [MP4Cover(PICTURE)]
    mp4["----:com.somebody:OTHER"] = [b"\xff\0bytes"]
    mp4.save()
    return folder


def all_tags(file: Path) -> dict[str, str]:
    """Return all tags of a file; reading tags may have limited what mutagen reads of ID3."""
    tags = ID3(file, known_frames=Frames) if file.suffix == ".mp3" else mutagen.File(file).tags
    return {key: repr(value) for key, value in tags.items()}


@pytest.mark.parametrize("name", ["a.mp3", "b.mp3", "a.flac", "a.ogg", "a.opus", "a.m4a"])
def test_only_the_mood_is_written_and_taken_away(made: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / shutil.copy(made / name, tmp_path)
    assert read_mood_fields(file) == {}
    others = all_tags(file)
    write_mood_fields(file, FIELDS)
    assert read_mood_fields(file) == FIELDS
    with_mood = all_tags(file)
    assert with_mood.items() >= others.items()
    assert len(with_mood) == len(others) + len(FIELDS)
    assert read_tags(file).title == "Título 恋"
    assert file.read_bytes() != (made / name).read_bytes()
    write_mood_fields(file, {})
    assert all_tags(file) == others
    if name.endswith("mp3"):
        assert file.read_bytes()[3] == (made / name).read_bytes()[3]


def test_players_find_the_names_that_they_read(made: Path, tmp_path: Path) -> None:
    mp3, ogg, m4a = (
        tmp_path / shutil.copy(made / f"a{ending}", tmp_path) for ending in (".mp3", ".ogg", ".m4a")
    )
    for file in (mp3, ogg, m4a):
        write_mood_fields(file, FIELDS)
    tags = ID3(mp3, known_frames=Frames)
    assert [str(tags[key]) for key in ("TMOO", "TBPM")] == ["bright", "120"]
    assert [str(tags[f"TXXX:{name}"]) for name in ("VALENCE", "ENERGY")] == ["0.512", "0.700"]
    comments = mutagen.File(ogg).tags
    assert (comments["MOOD"], comments["BPM"]) == (["bright"], ["120"])
    atoms = MP4(m4a).tags
    assert atoms["----:com.apple.iTunes:MOOD"] == [b"bright"]
    assert atoms["tmpo"] == [120]


def test_several_words_of_somebody_come_back_as_they_were(made: Path, tmp_path: Path) -> None:
    before = {"mood": ["Fröhlich", "恋"], "bpm": ["99"]}
    for name in ("a.mp3", "b.mp3", "a.flac", "a.m4a"):
        file = tmp_path / shutil.copy(made / name, tmp_path)
        write_mood_fields(file, before)
        write_mood_fields(file, FIELDS)
        assert read_mood_fields(file) == FIELDS
        write_mood_fields(file, before)
        assert read_mood_fields(file) == before


def test_tags_of_version_1_stay_as_they_are(made: Path, tmp_path: Path) -> None:
    file = tmp_path / shutil.copy(made / "a.mp3", tmp_path)
    old = b"TAG" + b"A title that no frame holds".ljust(125, b"\0")
    file.write_bytes(file.read_bytes() + old)
    write_mood_fields(file, FIELDS)
    assert file.read_bytes().endswith(old)
    assert read_mood_fields(file) == FIELDS


def test_a_file_without_tags_gets_some(made: Path, tmp_path: Path) -> None:
    for ending in (".mp3", ".flac", ".m4a"):
        file = tmp_path / shutil.copy(made / f"a{ending}", tmp_path)
        mutagen.File(file).delete()
        write_mood_fields(file, FIELDS)
        assert read_mood_fields(file) == FIELDS


def _version_2_2(file: Path) -> None:
    file.write_bytes(b"ID3\2\0\0\0\0\0\x0bTT2\0\0\5\0Song" + file.read_bytes())


def _unsynchronised(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[5] = 0x80
    file.write_bytes(content)


def _only_version_1(file: Path) -> None:
    ID3(file).delete()
    file.write_bytes(file.read_bytes() + b"TAG" + b"Title".ljust(125, b"\0"))


def _ape(file: Path) -> None:
    tags = APEv2()
    tags["Title"] = "x"
    tags.save(file)


def _cut_frame(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[14:18] = b"\x7f\x7f\x7f\x7f"
    file.write_bytes(content)


def _twice_the_same(file: Path) -> None:
    """Write a frame of ours twice, of which mutagen would keep one with both texts."""
    tags = ID3()
    tags.add(TIT2(encoding=0, text=["x"]))
    tags.add(COMM(encoding=0, lang="eng", desc="", text=["y"]))
    tags.add(TXXX(encoding=0, desc="Other", text=["1"]))
    tags.add(TXXX(encoding=0, desc="Othes", text=["2"]))
    tags.save(file)
    file.write_bytes(file.read_bytes().replace(b"Othes", b"Other"))


def _junk_after_frames(file: Path) -> None:
    tags = ID3()
    tags.add(TIT2(encoding=0, text=["x"]))
    tags.save(file, padding=lambda _: 50)
    content = bytearray(file.read_bytes())
    content[50:54] = b"junk"
    file.write_bytes(content)


def _no_synchsafe_size(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[14] = 0x80
    file.write_bytes(content)


def _two_comments(file: Path) -> None:
    tags = FLAC(file)
    block = b"\4" + len(raw := tags.tags.write()).to_bytes(3, "big") + raw
    content = file.read_bytes()
    # Behind STREAMINFO, which has 34 bytes.
    file.write_bytes(content[:42] + block + content[42:])


def _another_codec(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\1vorbis", b"\1xorbis"))


def _too_many(file: Path) -> None:
    tags = FLAC(file)
    tags["COMMENT"] = ["x"] * (MAX_ITEMS + 1)
    tags.save()


def _atom_of_no_size(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0\0\0\3free")


def _two_streams(file: Path) -> None:
    second = bytearray(file.read_bytes())
    second[14:18] = b"\1\2\3\4"
    file.write_bytes(file.read_bytes() + second)


@pytest.mark.parametrize(
    ("name", "harm", "problem"),
    [
        ("a.wav", None, "mood-tags-kind"),
        ("a.wma", None, "mood-tags-kind"),
        ("a.mp3", _version_2_2, "mood-tags-version"),
        ("a.mp3", _unsynchronised, "mood-tags-version"),
        ("a.mp3", _only_version_1, "mood-tags-version"),
        ("a.mp3", _ape, "mood-tags-ape"),
        ("a.mp3", _cut_frame, "mood-tags-broken"),
        ("a.mp3", _junk_after_frames, "mood-tags-broken"),
        ("a.mp3", _no_synchsafe_size, "mood-tags-broken"),
        ("a.flac", _two_comments, "mood-tags-broken"),
        ("a.flac", _too_many, "mood-tags-broken"),
        ("a.ogg", _another_codec, "mood-tags-broken"),
        ("a.m4a", _atom_of_no_size, "mood-tags-broken"),
        ("a.flac", lambda file: file.write_bytes(b"ID3\4" + bytes(60)), "mood-tags-broken"),
        ("a.ogg", _two_streams, "mood-tags-broken"),
        ("a.ogg", lambda file: file.write_bytes(b"OggS"), "mood-tags-broken"),
        ("a.m4a", lambda file: file.write_bytes(file.read_bytes()[:500]), "mood-tags-broken"),
        ("a.opus", lambda file: file.write_bytes(b""), "mood-tags-broken"),
    ],
)
def test_what_cannot_be_written_without_loss_is_refused(
    made: Path,
    tmp_path: Path,
    name: str,
    harm: Callable[[Path], object] | None,
    problem: str,
) -> None:
    file = tmp_path / shutil.copy(made / name, tmp_path)
    if harm is not None:
        harm(file)
    content = file.read_bytes()
    with pytest.raises(NotWritable) as refused:
        read_mood_fields(file)
    assert file.read_bytes() == content
    assert refused.value.message.id == problem


def _no_text(file: Path) -> None:
    """Write a comment that is no UTF-8, which mutagen would replace."""
    tags = FLAC(file)
    tags["COMMENT"] = "XXXX"
    tags.save()
    file.write_bytes(file.read_bytes().replace(b"XXXX", b"\xff\xfe\xff\xfe"))


@pytest.mark.parametrize(("name", "harm"), [("a.mp3", _twice_the_same), ("a.flac", _no_text)])
def test_what_a_write_would_lose_is_found_in_the_copy(
    made: Path, tmp_path: Path, name: str, harm: Callable[[Path], object]
) -> None:
    file = tmp_path / shutil.copy(made / name, tmp_path)
    harm(file)
    assert read_mood_fields(file) == {}
    with pytest.raises(NotWritable):
        write_mood_fields(file, FIELDS)


def test_a_writer_that_alters_more_is_found_out(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / shutil.copy(made / "a.flac", tmp_path)
    save = FLAC.save

    def careless(self: FLAC) -> None:
        self.tags["TITLE"] = "another"
        save(self)

    monkeypatch.setattr(FLAC, "save", careless)
    with pytest.raises(NotWritable):
        write_mood_fields(file, FIELDS)
    assert tuple(FIELDS) == mood_tag_files.FIELDS
