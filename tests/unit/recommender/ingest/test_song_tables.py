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
from recommender.ingest.scales import Scale
from recommender.ingest.song_tables import NAMES, Layout, layout_of
from tests.fakes.tables import rows_of

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
    ("scale", "text", "share"),
    [
        (Scale.SHARE, "0.75", 0.75),
        (Scale.SHARE, "0,75", 0.75),
        (Scale.PLANE, "0.5", 0.75),
        (Scale.FIVE, "4", 0.75),
        (Scale.NINE, "7", 0.75),
        (Scale.NINE, "0.5", 0),
        (Scale.PERCENT, "75", 0.75),
        (Scale.PERCENT, "75 %", 0.75),
        (Scale.THOUSAND, "750", 0.75),
        (Scale.DEVIATIONS, "0", 0.5),
    ],
)
def test_each_scale_comes_into_the_plane(scale: Scale, text: str, share: float) -> None:
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
        ("10,000 Maniacs, A", ("10,000 Maniacs", "A")),
        ("A,311", ("A", "311")),
        ("['A', 'Vale, The']", ("A", "Vale, The")),
        ("[\"Nora O'Vale\", 'It\\'s']", ("Nora O'Vale", "It's")),
        ('["caf\\u00e9", "\\ud800"]', ("café", "?")),
        ('["a\\x"]', ("ax",)),
        ("('A', 'B',)", ("A", "B")),
        ("[{'name': 'A, B', 'id': '1'}, {'id': '2', 'name': \"C's\"}]", ("A, B", "C's")),
        ("['A' and 'B']", ("A' and 'B",)),
        ("Simon &amp; Garfunkel; Bj&#246;rk", ("Simon & Garfunkel", "Björk")),
        ("AT&T; &x &bogus;", ("AT&T", "&x &bogus")),
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


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1997-08-22", 1997),
        ("22.8.1997 00:00", 1997),
        ("1997-08-22T00:00:00Z", 1997),
        ("2011.0", 2011),
        ("20110502", 2011),
        ("c. 1970s", 1970),
        ("40665", 2011),
        ("40665.0", 2011),
        ("2011-00-00", 2011),
        *(
            (text, None)
            for text in ("0", "0000", "0000-00-00", "0.0", "1886", "5/2/11", "long ago")
        ),
        *((text, None) for text in ("9" * 400, "00001", "-", "2200", "12 Nov 2025, 10:00")),
    ],
)
def test_a_year_is_found_or_left_out(text: str, year: int | None) -> None:
    row = {**GOOD, "year": text}
    assert ALL.song(row).year == year
    lost = text in {"12 Nov 2025, 10:00", "1886", "5/2/11", "long ago", "9" * 400, "2200", "00001"}
    assert ALL.lost_year(row) == (text if lost else None)
    assert Layout({"title": "title"}).lost_year({"": text}) is None


@pytest.mark.parametrize(
    ("text", "tempo"),
    [
        ("117 BPM", 117.0),
        ("117,5", 117.5),
        ("117.5bpm", 117.5),
        ("0", None),
        ("1.17e2", 117.0),
        ("1,17.5", 117.5),
    ],
)
def test_a_tempo_may_have_a_unit_and_a_comma(text: str, tempo: float | None) -> None:
    assert ALL.song({**GOOD, "tempo": text}).tempo == tempo


def test_numbers_of_half_of_europe_are_read() -> None:
    layout = Layout(ALL.columns, dict.fromkeys(("valence", "energy"), Scale.THOUSAND))
    song = layout.song({**GOOD, "valence": "1.000,0", "energy": "1,000.0"})
    assert (song.valence, song.energy) == (1.0, 1.0)
    plane = Layout(ALL.columns, dict.fromkeys(("valence", "energy"), Scale.PLANE))
    assert plane.song({**GOOD, "valence": "\u22120,5", "energy": "0"}).valence == -0.5


@pytest.mark.parametrize(
    ("text", "explicit"),
    [("E", True), ("explicit", True), ("Y", True), ("clean", False), ("n", False)],
)
def test_explicit_is_told_in_several_ways(text: str, *, explicit: bool) -> None:
    assert ALL.song({**GOOD, "explicit": text}).explicit is explicit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0000000000000000000001", True),
        ("spotify:track:0000000000000000000001", True),
        ("https://open.spotify.com/track/0000000000000000000001?si=x", True),
        ("spotify:album:0000000000000000000001", False),
        ("https://example.org/track/0000000000000000000001", False),
        ("17", False),
    ],
)
def test_a_track_at_spotify_is_known_by_its_id_or_address(text: str, *, found: bool) -> None:
    song = ALL.song({**GOOD, "spotify_id": text})
    assert song.spotify_id == ("0000000000000000000001" if found else None)


@pytest.mark.parametrize(
    "text", ["english", "EN", "eng", "en-US", "en_GB", "English (US)", "Anglais"]
)
def test_a_language_is_folded_to_ours(text: str) -> None:
    assert ALL.song({**GOOD, "language": text}).language == "English"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("['en', 'es']", "English"),
        ("Klingon; Hindi", "Hindi"),
        ("Klingon, Quenya", "Klingon, Quenya"),
        ("und", None),
        ("Unknown", None),
    ],
)
def test_the_first_of_several_languages_is_taken(text: str, language: str | None) -> None:
    assert ALL.song({**GOOD, "language": text}).language == language


def test_genres_are_parted_at_commas_where_the_column_is_of_several() -> None:
    row = {**GOOD, "Artist Genres": "soul,indie soul", "artist": "A"}
    song = layout_of(["title", "artist", "Artist Genres"]).song(row)
    assert (song.genre, song.tags) == ("soul", ("indie soul",))


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


def test_cells_that_are_missing_are_empty_and_a_row_of_more_is_none(tmp_path: Path) -> None:
    path = tmp_path / "songs.csv"
    text = "title,artist\nHalo\nHalo,Beyoncé,more\nHalo,Beyoncé, ,\n,\n\nHalo,Beyoncé\n"
    path.write_text(text, encoding="utf-8")
    whole = {"title": "Halo", "artist": "Beyoncé"}
    assert list(rows_of(path))[1:] == [
        (2, {"title": "Halo", "artist": ""}),
        (3, None),
        (4, whole),
        (7, whole),
    ]


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
