"""`python -m recommender mood-tags`, as a person calls it, with the real worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mutagen
import pytest

from recommender.__main__ import main
from recommender.commands import mood_tags
from recommender.library.file_tagging import fingerprint
from recommender.library.mood_tags import MoodTags
from recommender.library.scan import watch
from recommender.library.tags import Tags
from recommender.library.writer import TaggedFile, save_recording
from recommender.wiring import open_engine
from tests.fakes.library import scores_at
from tests.fakes.sounds import pattern, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tagged songs in a folder, one of which has tags that cannot be written."""
    monkeypatch.setenv("MOODRING_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "music"
    folder.mkdir()
    engine = open_engine(tmp_path / "data")
    for name in ("song.flac", "bad.flac"):
        path = write(folder / name, pattern(1.0 + len(name)))
        if name == "bad.flac":
            path.write_bytes(b"fLaC" + bytes(20))
        file = fingerprint(path)
        save_recording(
            engine,
            TaggedFile(
                *(path, file.sha256, file.stamp, file.size),
                *(Tags(name), "fake", scores_at(0.9, 0.7)),
            ),
        )
    watch(engine, folder)
    engine.dispose()
    return folder


def mood_of(path: Path) -> list[str]:
    return list((mutagen.File(path).tags or {}).get("MOOD", []))


def test_moods_are_shown_written_and_put_back(
    music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mood-tags", str(music), "--playlists"]) == 0
    out, err = capsys.readouterr()
    told = "mood – → bright; valence – → 0.900; energy – → 0.700"
    assert out.splitlines() == [
        f"{music / 'song.flac'}: {told}",
        "1 file would change, 0 are as they should be, 1 are left as they are.",
        *(f"{music / f'Moodring bright.{ending}'}" for ending in ("m3u8", "nsp")),
    ]
    assert (
        err == f"{music / 'bad.flac'}: Its tags are damaged, or cannot be written without loss.\n"
    )
    assert len(list(music.iterdir())) == 2
    assert main(["mood-tags", "--all", "--write", "--playlists"]) == 0
    assert "1 file changed, 0 as they should be, 1 left" in capsys.readouterr().out
    assert mood_of(music / "song.flac") == ["bright"]
    assert len(list(music.iterdir())) == 4
    assert main(["mood-tags", "--all", "--undo"]) == 0
    out = capsys.readouterr().out
    assert "1 file changed" in out
    assert f"{music / 'Moodring bright.nsp'}: deleted" in out
    assert mood_of(music / "song.flac") == []
    assert len(list(music.iterdir())) == 2


@pytest.mark.parametrize(
    "arguments", [[], ["--all", "folder"], ["--all", "--write", "--undo"]], ids=str
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mood-tags", *arguments]) == 2
    assert "Name folders, or --all" in capsys.readouterr().err


def test_a_playlist_of_somebody_else_is_named(
    music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (music / "Moodring bright.nsp").write_text("{}")
    assert main(["mood-tags", str(music), "--write", "--playlists"]) == 1
    assert "Another file of this name is there" in capsys.readouterr().err
    assert (music / "Moodring bright.m3u8").stat().st_size


def test_ctrl_c_ends_it_in_a_sentence(
    music: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MoodTags, "write", interrupted)
    assert main(["mood-tags", str(music), "--write"]) == 130
    assert "can be put back by --undo" in capsys.readouterr().err
    assert mood_tags.NOTHING == "–"
