"""`python -m recommender import`, as a person calls it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recommender.__main__ import main
from recommender.commands import imports
from recommender.errors import UnreadableTable
from recommender.ingest.discovery import Found
from recommender.ingest.registry import plain_name
from tests.fakes.commands import call, lines

if TYPE_CHECKING:
    import subprocess

TABLES = Path(__file__).parents[3] / "shared" / "data" / "catalogue"
# Rows of the tables that lie beside the checkout.
ROWS = {"catalog_unified.csv.gz": 54_372, "top_charts_by_country.csv": 2_235}


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return call(main, data_dir, *arguments)


def test_songs_of_an_imported_table_are_found(tmp_path: Path) -> None:
    table = tmp_path / "my songs.csv"
    table.write_text(
        "Stück,Wer,valence,energy\nDas Lied,Die Leute,0.9,0.7\nOhne Leute,,0.9,0.7\n",
        encoding="utf-8",
    )
    asked = ("--map", "title=Stück", "--map", "artists=Wer", "--language", "Frisian")
    done = command(tmp_path / "data", "import", str(table), *asked)
    assert done.returncode == 0
    assert done.stdout == (
        "my songs.csv: 1 song, 1 of them with a known mood. "
        "Valence was read as 0 to 1. Energy was read as 0 to 1.\n"
    )
    assert "my songs.csv: line 3: It has no artist.\n" in done.stderr
    assert "1 row is no song; it is in" in done.stderr
    songs = ("songs", "--emotion", "happy", "--language", "Frisian", "--json")
    tile = lines(command(tmp_path / "data", *songs))[0]
    assert (tile["title"], tile["artists"]) == ("Das Lied", ["Die Leute"])
    again = command(tmp_path / "data", "import", str(table), *asked)
    assert again.stdout == "my songs.csv: imported before, and unchanged since.\n"


def test_a_bad_file_does_not_keep_the_next_one_out(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("nothing\n")
    good.write_text("title,artist\nx,y\n")
    done = command(tmp_path / "data", "import", str(bad), str(good))
    assert done.returncode == 1
    assert done.stdout == "good.csv: 1 song, 0 of them with a known mood.\n"
    assert done.stderr.startswith("bad.csv: The table has no column of title")


@pytest.mark.parametrize("mapping", ["title", "mood=title"])
def test_a_mapping_that_means_nothing_is_refused(tmp_path: Path, mapping: str) -> None:
    done = command(tmp_path / "data", "import", "x.csv", "--map", mapping)
    assert done.returncode == 2
    assert "must be FIELD=COLUMN" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_tables_from_elsewhere_are_read_whole(tmp_path: Path, name: str) -> None:
    if not (TABLES / name).exists():
        pytest.skip("the tables of songs do not lie beside this checkout")
    done = command(tmp_path, "import", str(TABLES / name))
    assert (done.returncode, done.stderr) == (0, "")
    count = done.stdout.partition(": ")[2].partition(" songs")[0]
    repeats = re.search(r"([0-9,]+) rows? repeats? one", done.stdout)
    repeated = int(repeats[1].replace(",", "")) if repeats else 0
    assert int(count.replace(",", "")) + repeated == ROWS[name]


def test_songs_of_a_language_are_found_in_any_case(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("title,artist,language,valence,energy\nHen Wlad,Me,welsh,0.9,0.8\n")
    assert command(tmp_path / "data", "import", str(table)).returncode == 0
    asked = ("songs", "--emotion", "happy", "--json", "--language")
    for wish in ("Welsh", "WELSH"):
        assert lines(command(tmp_path / "data", *asked, wish))[0]["title"] == "Hen Wlad"


def test_a_source_is_called_as_its_file() -> None:
    assert plain_name(Path("a/b.c.csv.gz"), "table") == "b.c"
    assert plain_name(Path(".csv"), "table") == ".csv"
    assert plain_name(Path("a/b.m3u"), "playlist") == "playlist b"


def test_a_folder_is_imported_with_everything_below(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    for place in ("", "a", "b"):
        (folder / place).mkdir(exist_ok=True, parents=True)
        rows = f"title,artist,valence,energy\nSong {place},x,1,1\n"
        (folder / place / "mine.csv").write_text(rows)
    (folder / "a" / "list.m3u").write_text("#EXTINF:0,x - Song a\n#EXTINF:0,nobody\n")
    (folder / "b" / "bad.tsv").write_text("nothing\n")
    (folder / "b" / "notes.txt").write_text("title,artist\nSong,x\n")
    (folder / ".hidden.csv").write_text("title,artist\nSong,x\n")
    done = command(tmp_path / "data", "import", str(folder))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        *(
            f"music/{name}: 1 song, 1 of them with a known mood. "
            "Valence was read as 0 to 1. Energy was read as 0 to 1."
            for name in ("a/mine.csv", "b/mine.csv", "mine.csv")
        ),
        "music/a/list.m3u: 1 song, 1 of them with a known mood.",
    ]
    said = done.stderr.splitlines()
    assert said[0].startswith("music/b/bad.tsv: The table has no column of title")
    assert said[1] == (
        "music/a/list.m3u: 1 entry without a title or an artist is left out; "
        "the first is line 2: nobody."
    )
    assert len(said) == 2
    # By itself, a file stays what it is in the folder.
    again = command(tmp_path / "data", "import", str(folder / "a" / "mine.csv"))
    assert again.stdout == "mine.csv: imported before, and unchanged since.\n"


def test_an_empty_folder_and_one_that_is_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = command(tmp_path / "data", "import", str(tmp_path / "empty"), str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (1, "empty: no tables or playlists yet.\n")
    assert done.stderr == "none: There is no such file.\n"


def test_a_playlist_and_a_table_of_tabs_are_known_by_their_endings(tmp_path: Path) -> None:
    playlist, table = tmp_path / "list.M3U8", tmp_path / "table.tsv"
    playlist.write_text("#EXTINF:0,x - Halo\n")
    table.write_text("title\tartist\nHalo\tx\n")
    done = command(tmp_path / "data", "import", str(playlist), str(table))
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{name}: 1 song, 0 of them with a known mood." for name in ("list.M3U8", "table.tsv")
    ]


def test_what_is_said_of_tables_is_refused_for_folders_and_playlists(tmp_path: Path) -> None:
    for path in (tmp_path, Path("list.m3u")):
        done = command(tmp_path / "data", "import", str(path), "--language", "Manx")
        assert done.returncode == 2
        assert "--map and --language apply to tables only" in done.stderr


def test_a_table_called_starter_leaves_the_starters_songs(tmp_path: Path) -> None:
    (tmp_path / "starter.csv").write_text("title,artist\nHalo,x\n")
    command(tmp_path / "data", "import", str(tmp_path / "starter.csv"))
    songs = command(tmp_path / "data", "songs", "--emotion", "happy", "--json")
    assert len(lines(songs)) > 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_in_other_bytes_than_text_is_refused(tmp_path: Path) -> None:
    name = b"m\xff.csv".decode("utf-8", "surrogateescape")
    (tmp_path / name).write_text("title,artist\nHalo,x\n")
    done = command(tmp_path / "data", "import", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not in UTF-8" in done.stderr


def test_folders_that_cannot_be_read_are_named_and_the_others_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "music"
    (folder / "bad").mkdir(parents=True)
    (folder / "mine.csv").write_text("title,artist\nHalo,x\n")
    full = tmp_path / "full"
    full.mkdir()

    def found(path: Path) -> Found:
        if path == full:
            raise UnreadableTable("The folder full is too full.")
        return Found((path / "mine.csv",), (path / "bad",))

    monkeypatch.setattr(imports, "files_in", found)
    monkeypatch.setenv("MOODRING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("MOODRING_DATABASE_URL", raising=False)
    assert main(["import", str(full), str(folder)]) == 1
    said = capsys.readouterr()
    assert said.out == "music/mine.csv: 1 song, 0 of them with a known mood.\n"
    assert said.err.splitlines() == [
        "The folder full is too full.",
        f"The folder {folder / 'bad'} cannot be read.",
    ]


def test_without_a_database_one_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("this is no folder")
    done = command(tmp_path / "data", "import", "x.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The song catalogue on this machine cannot be used.\n"
