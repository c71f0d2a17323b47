"""`python -m recommender import`, as a person calls it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recommender.commands.imports import source_of
from tests.fakes.commands import lines, run_command

if TYPE_CHECKING:
    import subprocess

PATIENCE_S = 120.0
TABLES = Path(__file__).parents[3] / "shared" / "data" / "catalogue"
# Rows of the tables that lie beside the checkout.
ROWS = {"catalog_unified.csv.gz": 54_372, "top_charts_by_country.csv": 2_235}


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command("recommender", data_dir, *arguments, timeout=PATIENCE_S, environ={})


def test_songs_of_an_imported_table_are_found(tmp_path: Path) -> None:
    table = tmp_path / "my songs.csv"
    table.write_text(
        "Stück,Wer,valence,energy\nDas Lied,Die Leute,0.9,0.7\nOhne Leute,,0.9,0.7\n",
        encoding="utf-8",
    )
    asked = ("--map", "title=Stück", "--map", "artists=Wer", "--language", "Frisian")
    done = command(tmp_path / "data", "import", str(table), *asked)
    assert done.returncode == 0
    assert done.stdout == "my songs.csv: 1 songs.\n"
    assert "my songs.csv: line 3 has no artist\n" in done.stderr
    assert "1 rows are no songs; they lie in" in done.stderr
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
    assert done.stdout == "good.csv: 1 songs.\n"
    assert done.stderr.startswith("bad.csv: The table has no column of title")


@pytest.mark.parametrize("mapping", ["title", "mood=title"])
def test_a_mapping_that_means_nothing_is_refused(tmp_path: Path, mapping: str) -> None:
    done = command(tmp_path / "data", "import", "x.csv", "--map", mapping)
    assert done.returncode == 2
    assert "must be FIELD=COLUMN" in done.stderr


@pytest.mark.parametrize("name", ROWS)
def test_tables_from_elsewhere_are_read_whole(tmp_path: Path, name: str) -> None:
    if not (TABLES / name).exists():
        pytest.skip("the tables of songs do not lie beside this checkout")
    done = command(tmp_path, "import", str(TABLES / name))
    assert (done.returncode, done.stderr) == (0, "")
    count, _, rest = done.stdout.partition(": ")[2].partition(" songs")
    repeated = int(rest.split()[1].replace(",", "")) if "," in rest else 0
    assert int(count.replace(",", "")) + repeated == ROWS[name]


def test_a_source_is_called_as_its_file() -> None:
    assert source_of(Path("a/b.c.csv.gz")) == "b.c"
    assert source_of(Path(".csv")) == ".csv"
