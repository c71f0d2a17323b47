"""Tables of text as people have them: encodings, separators, headers, blank and odd rows."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.catalogue.writer import SongRecord
from recommender.errors import UnreadableTable
from recommender.ingest.song_tables import layout_of
from recommender.ingest.table_files import HEADER_ROWS, SAMPLE, TableFile

if TYPE_CHECKING:
    from pathlib import Path

SONGS = [("Déjà", "Nora Vale", "2011"), ("Don’t", "Tall Ferns", "2012")]
TEXT = "title,artist,year\n" + "".join(f"{','.join(song)}\n" for song in SONGS)


def read(path: Path, content: bytes | str, **mapping: str) -> list[SongRecord]:
    """Write a table, and return its songs."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = TableFile(path, mapping)
    layout = layout_of(table.header, mapping=mapping)
    return [layout.song(row) for _, row in table.rows(layout.needed) if row is not None]


def told(songs: list[SongRecord]) -> list[tuple[str, str, str]]:
    return [(one.title, one.artists[0], str(one.year)) for one in songs]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_each_encoding_gives_the_same_songs(tmp_path: Path, encoding: str, *, packed: bool) -> None:
    content = TEXT.encode(encoding)
    songs = read(tmp_path / "songs.csv", gzip.compress(content) if packed else content)
    assert told(songs) == SONGS
    guessed = "cp1252" if encoding == "cp1252" else None
    assert TableFile(tmp_path / "songs.csv").guessed == guessed


@pytest.mark.parametrize(
    ("encoding", "title"), [("cp1251", "Синяя лампа на окне"), ("cp932", "青いランプのうた")]
)
def test_a_code_page_is_told_by_its_letters(tmp_path: Path, encoding: str, title: str) -> None:
    path = tmp_path / "songs.csv"
    (song, _) = read(path, f"title,artist\n{title},Nora Vale\nA,B\n".encode(encoding))
    assert (song.title, TableFile(path).guessed) == (title, encoding)


def test_a_single_letter_of_windows_is_read_among_others(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    late = "title,artist\n" + "恋,Nora Vale\n" * (SAMPLE // 10)
    songs = read(path, late.encode() + "Déjà,Nora Vale\n".encode("cp1252"))
    assert (songs[0].title, songs[-1].title) == ("恋", "Déjà")
    assert read(path, b"title,artist\n\x81\xff,Nora Vale\n")[0].title == "\u00ff"


@pytest.mark.parametrize(
    "separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"]
)
@pytest.mark.parametrize("ending", ["csv", "tsv", "txt"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_the_header_tells_the_separator(
    tmp_path: Path, separator: str, ending: str, end: str
) -> None:
    text = TEXT.replace(",", separator).replace("\n", end)
    assert told(read(tmp_path / f"songs.{ending}", text)) == SONGS


@pytest.mark.parametrize(
    "above",
    ["sep=,\n", '"sep=,"\r\n', "\n", "top songs\n", "My songs, of 2011\n,,\n\n", "Export,,\n"],
)
def test_lines_above_the_header_are_passed_over(tmp_path: Path, above: str) -> None:
    assert told(read(tmp_path / "songs.csv", above + TEXT)) == SONGS


def test_a_named_separator_is_the_separator(tmp_path: Path) -> None:
    text = "sep=#\r\ntitle#artist#year\r\na;b,c#Nora Vale#2011\r\n"
    assert told(read(tmp_path / "songs.csv", text)) == [("a;b,c", "Nora Vale", "2011")]


def test_a_header_further_down_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match="no column of title"):
        read(tmp_path / "songs.csv", "a\n" * HEADER_ROWS + TEXT)


def test_a_header_is_known_by_a_mapping_too(tmp_path: Path) -> None:
    text = "Meine Lieder\nStück;Wer\nDas Lied, das;Die Leute\n"
    (song,) = read(tmp_path / "songs.csv", text, title="Stück", artists="Wer")
    assert (song.title, song.artists) == ("Das Lied, das", ("Die Leute",))


def test_blank_rows_and_columns_and_twins_are_passed_over(tmp_path: Path) -> None:
    text = ",title,,artist,,genre,genre\n,,,,,,\n\n1,A,x,Nora Vale,,Soul,Pop\n , ,\n"
    (song,) = read(tmp_path / "songs.csv", text)
    assert (song.title, song.genre) == ("A", "soul")
    for twice in ("title,artist,title\n", "artist,artist,title\n"):
        with pytest.raises(UnreadableTable, match="two columns of the name"):
            read(tmp_path / "songs.csv", twice + "a,b,c\n")


def test_a_wide_header_is_found_whole(tmp_path: Path) -> None:
    names = [f"{'x' * 90} {number}" for number in range(1500)]
    text = ",".join([*names, "title", "artist"]) + "\n" + "," * 1500 + "A,Nora Vale\n"
    assert read(tmp_path / "songs.csv", text)[0].title == "A"


@pytest.mark.parametrize("name", ["songs.csv", "songs.parquet"])
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"title": ["A"], "artist": ["Nora Vale"]}), tmp_path / name)
    assert TableFile(tmp_path / name).header == ("title", "artist")


def test_parquets_bytes_objects_and_dictionaries_are_read(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    columns = {
        "track_name": pa.array([b"A", "é".encode("cp1252")]),
        "artists": pa.array([[{"name": "Nora Vale", "id": "1"}, {"name": "Tall Ferns"}], [None]]),
        "album": pa.array([{"name": "Moor", "id": 1}, None]),
        "genre": pa.array(["Soul", None]).dictionary_encode(),
        "added": pa.array([{"at": 1}, None]),
    }
    pq.write_table(pa.table(columns), path)
    table = TableFile(path)
    assert table.header == ("track_name", "artists", "album", "genre")
    layout = layout_of(table.header)
    (_, first), (_, second) = table.rows(layout.needed)
    assert layout.song(first or {}) == SongRecord(
        title="A", artists=("Nora Vale", "Tall Ferns"), album="Moor", genre="soul"
    )
    assert second == {"track_name": "é", "artists": "", "album": "", "genre": ""}


def test_of_parquets_twins_none_is_read(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    column = pa.array(["x"])
    pq.write_table(pa.table([column] * 4, names=["title", "artist", "genre", "genre"]), path)
    assert TableFile(path).header == ("title", "artist")
