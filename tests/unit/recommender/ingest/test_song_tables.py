"""Tables in the shapes that people have, row by row."""

from __future__ import annotations

import gzip
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalogue.writer import SongRecord
from recommender.errors import UnreadableTable
from recommender.ingest.cells import COMMA_NAMES, MAX_TAGS, BadRow
from recommender.ingest.song_tables import NAMES, Layout, layout_of, rows_of, scale_of

if TYPE_CHECKING:
    from pathlib import Path

ALL = Layout({name: name for name in NAMES})
GOOD = {"title": "Halo", "artists": "Beyoncé"}


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (
            "source,spotify_id,title,artist,album,year,genre,language,valence,energy,tempo,lang_hint",
            {"title": "title", "artists": "artist", "language": "language", "tempo": "tempo"},
        ),
        (
            "dzr_sng_id,MSD_track_id,valence,arousal,artist_name,track_name,split",
            {"title": "track_name", "artists": "artist_name", "energy": "arousal"},
        ),
        (
            "song_title,song_singers,album_title,album_year,album_category,album_rating",
            {"title": "song_title", "artists": "song_singers", "year": "album_year"},
        ),
        (
            "spotify_id,name,artists,is_explicit,album_name,album_release_date,language_hint",
            {"title": "name", "explicit": "is_explicit", "year": "album_release_date"},
        ),
        ("Track Name, Artist ,BPM", {"title": "Track Name", "artists": " Artist ", "tempo": "BPM"}),
    ],
)
def test_columns_are_known_by_their_names(header: str, columns: dict[str, str]) -> None:
    known = layout_of(header.split(",")).columns
    assert {name: known[name] for name in columns} == columns


def test_a_mapping_overrules_and_must_fit() -> None:
    header = ["title", "artist", "pleasantness"]
    layout = layout_of(header, mapping={"valence": "pleasantness"}, language="Welsh")
    assert layout.columns["valence"] == "pleasantness"
    assert layout.song({"title": "x", "artist": "y", "pleasantness": ""}).language == "Welsh"
    with pytest.raises(UnreadableTable, match="no column mood"):
        layout_of(header, mapping={"valence": "mood"})
    with pytest.raises(UnreadableTable, match="no field mood"):
        layout_of(header, mapping={"mood": "title"})


@pytest.mark.parametrize(
    ("ends", "scale"),
    [((0, 1), "share"), ((-1, 1), "plane"), ((0, 87), "percent"), ((-2.3, 1.9), "z-score")],
)
def test_the_extremes_tell_the_scale(ends: tuple[float, float], scale: str) -> None:
    assert scale_of(*ends) == scale


@pytest.mark.parametrize(
    ("scale", "text", "share"),
    [
        ("share", "0.75", 0.75),
        ("plane", "0.5", 0.75),
        ("percent", "75", 0.75),
        ("z-score", "0", 0.5),
    ],
)
def test_each_scale_comes_into_the_plane(scale: str, text: str, share: float) -> None:
    layout = Layout(ALL.columns, {"valence": scale, "energy": scale})
    song = layout.song({**GOOD, "valence": text, "energy": text})
    assert (song.valence, song.energy) == (pytest.approx(2 * share - 1), pytest.approx(share))


@pytest.mark.parametrize(
    ("text", "artists"),
    [
        ("A, B", ("A", "B")),
        ("A; B, C", ("A", "B, C")),
        ("Tyler, The Creator, A", ("Tyler, The Creator", "A")),
        ("['A', 'B']", ("A", "B")),
        ("A, , A", ("A",)),
        *((name, (name,)) for name in COMMA_NAMES),
    ],
)
def test_artists_are_told_apart(text: str, artists: tuple[str, ...]) -> None:
    assert ALL.song({**GOOD, "artists": text}).artists == artists


@pytest.mark.parametrize(
    ("cells", "genre", "tags"),
    [
        ({"genre": "Alt. Rock"}, "alt. rock", ()),
        ({"genre": "Rock; Indie|Lo-Fi"}, "rock", ("indie", "lo-fi")),
        ({"genre": "Drum, Bass"}, "drum, bass", ()),
        ({"genre": "['Filmi', 'Ghazal']"}, "filmi", ("ghazal",)),
        ({"genre": "Pop; pop"}, "pop", ()),
        ({"genre": ";"}, None, ()),
        ({"tags": "Road Trip, live ;Live|  dance"}, None, ("road trip", "live", "dance")),
        ({"tags": '["a", "b"]'}, None, ("a", "b")),
        ({"genre": "rock;indie", "tags": "indie;live"}, "rock", ("indie", "live")),
        ({"tags": ", ;|"}, None, ()),
    ],
)
def test_genres_and_tags_are_told_apart(
    cells: dict[str, str], genre: str | None, tags: tuple[str, ...]
) -> None:
    song = ALL.song({**GOOD, **cells})
    assert (song.genre, song.tags) == (genre, tags)


def test_as_many_tags_as_are_allowed_are_kept() -> None:
    tags = tuple(f"{'x' * 97}{number:03}" for number in range(MAX_TAGS))
    assert ALL.song({**GOOD, "tags": ";".join(tags)}).tags == tags


@pytest.mark.parametrize("name", ["Tags", "tag", "Subgenre", "subgenres", "styles"])
def test_a_column_of_tags_is_known_by_its_name(name: str) -> None:
    assert layout_of(["title", "artist", name]).columns["tags"] == name


def test_a_character_that_no_database_keeps_is_left_out() -> None:
    assert ALL.song({**GOOD, "title": "Ha\0lo"}).title == "Ha lo"


def test_a_row_is_read_field_by_field() -> None:
    row = {
        "title": "  Du \t hast ",
        "artists": "Rammstein",
        "album": "Sehnsucht",
        "language": "German",
        "year": "1997-08-22",
        "genre": "Metal",
        "valence": "0.2",
        "energy": "0.9",
        "tempo": "125.0",
        "explicit": "True",
        "spotify_id": "5awDvzxWfd53SSrsRZ8pXO",
    }
    assert ALL.song(row) == SongRecord(
        title="Du hast",
        artists=("Rammstein",),
        album="Sehnsucht",
        language="German",
        year=1997,
        genre="metal",
        valence=-0.6,
        energy=0.9,
        tempo=125.0,
        explicit=True,
        spotify_id="5awDvzxWfd53SSrsRZ8pXO",
    )


@pytest.mark.parametrize("nothing", ["", "  ", "nan", "None", "NULL", "N/A"])
def test_an_empty_cell_is_nothing(nothing: str) -> None:
    names = [name for name in NAMES if name not in GOOD]
    assert ALL.song({**GOOD, **dict.fromkeys(names, nothing)}) == SongRecord(
        title="Halo", artists=("Beyoncé",)
    )


def test_one_half_of_a_place_is_no_place() -> None:
    song = ALL.song({**GOOD, "valence": "0.5"})
    assert song.valence is song.energy is None


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"title": ""}, "no title"),
        ({"artists": ", ;"}, "no artist"),
        ({"title": "x" * 501}, "title of over 500"),
        ({"artists": "x" * 501}, "artist of over 500"),
        ({"genre": "x" * 101}, "genre of over 100"),
        ({"genre": "x; " + "y" * 101}, "tag of over 100"),
        ({"tags": "x" * 101}, "tag of over 100"),
        ({"tags": ";".join(map(str, range(MAX_TAGS + 1)))}, f"over {MAX_TAGS} tags"),
        ({"language": "x" * 101}, "language of over 100"),
        ({"album": "x" * 501}, "album of over 500"),
        ({"valence": "inf", "energy": "0"}, "valence that is no number"),
        ({"valence": "1.2", "energy": "0"}, "valence out of its range"),
        ({"valence": "0", "energy": "loud"}, "energy that is no number"),
        ({"year": "long ago"}, "no year"),
        ({"year": "0"}, "no year"),
        ({"tempo": "-1"}, "tempo out of its range"),
        ({"explicit": "maybe"}, "neither explicit nor not"),
    ],
)
def test_a_bad_cell_is_named(cells: dict[str, str], problem: str) -> None:
    with pytest.raises(BadRow, match=problem):
        ALL.song({**GOOD, **cells})


def test_the_same_rows_come_from_each_kind_of_file(tmp_path: Path) -> None:
    text = "title,artist\nHalo,Beyoncé\n恋,星野源\n"
    plain, loud, packed, parquet, tabs, packed_tabs = (
        tmp_path / f"songs.{end}" for end in ("csv", "CSV", "csv.gz", "PARQUET", "tsv", "TSV.GZ")
    )
    plain.write_text("\ufeff" + text, encoding="utf-8")
    loud.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode()))
    tabs.write_text(text.replace(",", "\t"), encoding="utf-8")
    packed_tabs.write_bytes(gzip.compress(text.replace(",", "\t").encode()))
    pq.write_table(pa.table({"title": ["Halo", "恋"], "artist": ["Beyoncé", "星野源"]}), parquet)
    expected = [
        (1, {"title": "title", "artist": "artist"}),
        (2, {"title": "Halo", "artist": "Beyoncé"}),
        (3, {"title": "恋", "artist": "星野源"}),
    ]
    for path in (plain, loud, packed, parquet, tabs, packed_tabs):
        assert list(rows_of(path)) == expected


def test_parquets_own_kinds_of_values_are_read(tmp_path: Path) -> None:
    path = tmp_path / "songs.parquet"
    columns = {"title": ["x"], "artists": [["A, B", "C"]], "explicit": [True], "valence": [None]}
    pq.write_table(pa.table(columns), path)
    (_, header), (_, row) = rows_of(path)
    song = layout_of(list(header)).song(row)
    assert song.artists == ("A, B", "C")
    assert song.explicit


def test_a_row_of_another_length_is_none(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    path.write_text("title,artist\nHalo\nHalo,Beyoncé,more\nHalo,Beyoncé\n", encoding="utf-8")
    assert [row is None for _, row in rows_of(path)] == [False, True, True, False]


@given(data=st.binary(max_size=300), ending=st.sampled_from(["csv", "tsv", "csv.gz", "parquet"]))
def test_whatever_the_bytes_only_our_own_error_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, ending: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"songs.{ending}"
    path.write_bytes(data)
    with suppress(UnreadableTable):
        list(rows_of(path))


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), st.text(max_size=30)))
def test_whatever_the_cells_a_song_or_bad_row_comes_of_them(cells: dict[str, str]) -> None:
    with suppress(BadRow):
        song = ALL.song(cells)
        assert song.title
        assert all(song.artists)
        assert song.valence is None or -1 <= song.valence <= 1
