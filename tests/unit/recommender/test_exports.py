"""The songs as files, read back by programs that others wrote and by our own imports."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipytv import playlist

from detectors.types import Message
from recommender import exports
from recommender.ingest.playlists import read_playlist
from recommender.ingest.song_tables import layout_of
from recommender.text import FORMULA_SIGNS
from recommender.types import Reasons, SourceName, Tile, Track
from tests.fakes.earlier_exports import as_m3u8
from tests.fakes.tables import rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.catalogue.writer import SongRecord

NAME = "Moodring: happy, 2026-11-20"
TRACK_ID = "4JehYebiI9JE8sR8MisGVb"
SEARCH = "https://open.spotify.com/search/x"


def tile(
    title: str, *artists: str, open_url: str = SEARCH, album: str | None = None, **more: object
) -> Tile:
    track = Track(title, artists, SourceName.CATALOGUE, "1", album=album, **more)  # type: ignore[arg-type]
    return Tile(
        track=track,
        open_url=open_url,
        fallback_url="https://www.youtube.com/results?search_query=x",
        why=(Message("feeling-happy"),),
        reasons=Reasons(relevance=0.0, confidence=1.0),
    )


HALO = tile(
    "Halo",
    "Beyoncé",
    open_url=f"https://open.spotify.com/track/{TRACK_ID}",
    url=f"https://open.spotify.com/track/{TRACK_ID}",
    album="I Am…",
    language="English",
    year=2008,
    genre="pop",
    valence=0.5,
    energy=0.6,
    tempo=79.9,
    explicit=True,
)
DIFFICULT = (
    HALO,
    tile("Águas de março", "Elis Regina", "Tom Jobim"),
    tile("恋 🔥", "星野源", valence=-1.0, energy=0.0),
    tile('She said "hi", twice', "Earth, Wind & Fire"),
    tile("A - B - C", "X - Y"),
    tile("=HYPERLINK(1)", "+44"),
    tile("-Human-", "@artist"),
    tile("Line one\nLine\rtwo\u2028three", "Me\t\x00you"),
    tile("turned \u202edrow\u202c", "hidden\u200b\ufeffname"),
    tile("#EXTINF:-1,No", "http://example.org/"),
    tile("'Til Tuesday", "Crosby, Stills"),
    tile("half \ud800 letter", "क्\u200dष"),
)


def songs_of(tiles: Sequence[Tile]) -> list[tuple[str, str]]:
    """Return titles and artists as a person reads them."""
    return [
        (exports._line(one.track.title), ", ".join(map(exports._line, one.track.artists)))
        for one in tiles
    ]


def imported(name: str, content: bytes) -> list[SongRecord]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        if path.suffix != ".csv":
            return read_playlist(path).songs
        (_, header), *rows = rows_of(path)
        layout = layout_of(list(header or ()))
        return [layout.song(row) for _, row in rows if row is not None]


def test_the_file_is_named_after_the_mood_and_the_day() -> None:
    day = date(2026, 11, 20)
    assert exports.file_name("happy", day, "m3u8") == "moodring-happy-2026-11-20.m3u8"
    assert exports.file_name("../A b/", day, "csv") == "moodring-a-b-2026-11-20.csv"
    assert exports.file_name("…", day, "csv") == "moodring-songs-2026-11-20.csv"


def test_a_playlist_of_one_song_is_what_players_expect() -> None:
    assert as_m3u8([HALO], NAME).decode() == (
        "#EXTM3U\n"
        "#PLAYLIST:Moodring: happy, 2026-11-20\n"
        "#EXTINF:-1,Beyoncé - Halo\n"
        f"https://open.spotify.com/track/{TRACK_ID}\n"
    )


def test_another_library_reads_the_m3u8_back() -> None:
    read = playlist.loads(as_m3u8(DIFFICULT, NAME).decode())
    channels = read.get_channels()
    assert [channel.url for channel in channels] == [one.open_url for one in DIFFICULT]
    expected = [
        f"{artists.replace(' - ', '-')} - {title}" for title, artists in songs_of(DIFFICULT)
    ]
    assert [channel.name for channel in channels] == expected
    assert {channel.duration for channel in channels} == {"-1"}
    assert [channel.extras for channel in channels] == [[f"#PLAYLIST:{NAME}"]] + [[]] * 11


def test_another_library_reads_the_csv_back() -> None:
    content = exports.as_csv(DIFFICULT)
    table = pyarrow.csv.read_csv(io.BytesIO(content))
    assert tuple(table.column_names) == exports.COLUMNS
    assert table.num_rows == len(DIFFICULT)
    assert [text.lstrip("'") for text in table["title"].to_pylist()] == [
        title.lstrip("'") for title, _ in songs_of(DIFFICULT)
    ]
    halo = table.to_pylist()[0]
    assert halo["valence"] == 0.75
    assert (halo["year"], halo["explicit"], halo["spotify_id"]) == (2008, 1, TRACK_ID)


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
@pytest.mark.parametrize("before", ["x;", "x; ", 'x;"', "x;;", ";", "; A;"])
def test_no_cell_is_a_formula_where_semicolons_part_them(sign: str, before: str) -> None:
    title = f"{before}{sign}1+1"
    content = exports.as_csv([tile(title, "A", "-B", "'-C")])
    parts = [part.lstrip(' "') for part in content.decode("utf-8-sig").split(";")]
    assert not any(part.startswith(FORMULA_SIGNS) for part in parts)
    (song,) = imported("a.csv", content)
    assert (song.title, song.artists) == (title, ("A", "-B", "-C"))


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_no_cell_is_a_formula(sign: str) -> None:
    bad = f"{sign}cmd|' /C calc'!A0"
    content = exports.as_csv([tile(bad, f" {bad}", album=f"\t\r\n{bad}", genre=bad)])
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert sum(cell.startswith(f"'{sign}") for cell in cells) == 4
    assert not any(cell.startswith(("\t", "\r", " ", *FORMULA_SIGNS)) for cell in cells)


def test_the_jspf_is_as_xspf_org_describes_it() -> None:
    assert json.loads(exports.as_jspf([HALO, DIFFICULT[1]], NAME)) == {
        "playlist": {
            "title": NAME,
            "creator": "Moodring",
            "track": [
                {
                    "location": [HALO.open_url],
                    "title": "Halo",
                    "creator": "Beyoncé",
                    "info": HALO.open_url,
                    "album": "I Am…",
                },
                {
                    "location": [SEARCH],
                    "title": "Águas de março",
                    "creator": "Elis Regina, Tom Jobim",
                    "info": SEARCH,
                },
            ],
        }
    }


def test_a_download_can_be_imported_again() -> None:
    expected = songs_of(DIFFICULT)
    jspf = imported("a.jspf", exports.as_jspf(DIFFICULT, NAME))
    assert [(song.title, *song.artists) for song in jspf] == expected
    m3u8 = imported("a.m3u8", as_m3u8(DIFFICULT, NAME))
    assert [(song.title, song.artists[0]) for song in m3u8] == [
        (title, artists.replace(" - ", "-")) for title, artists in expected
    ]
    table = imported("a.csv", exports.as_csv(DIFFICULT))
    assert [(song.title, ", ".join(song.artists)) for song in table] == expected
    assert [len(song.artists) for song in table] == [len(one.track.artists) for one in DIFFICULT]


def test_a_table_keeps_all_that_is_known_of_a_song() -> None:
    halo, _, koi, *_ = imported("a.csv", exports.as_csv(DIFFICULT))
    assert (halo.album, halo.language, halo.year, halo.genre) == ("I Am…", "English", 2008, "pop")
    assert (halo.valence, halo.energy, halo.tempo, halo.explicit) == (0.5, 0.6, 79.9, True)
    assert halo.spotify_id == TRACK_ID
    assert (koi.valence, koi.energy, koi.spotify_id) == (-1.0, 0.0, None)


def test_without_songs_the_files_are_empty_and_whole() -> None:
    assert as_m3u8([], NAME).count(b"\n") == 2
    assert exports.as_csv([]).decode("utf-8-sig") == ",".join(exports.COLUMNS) + "\r\n"
    assert json.loads(exports.as_jspf([], NAME))["playlist"]["track"] == []


@pytest.mark.parametrize("url", [f"{SEARCH}\n#EXTINF:-1,x", f"{SEARCH} ü", f"{SEARCH}\r"])
def test_a_link_stays_in_its_line(url: str) -> None:
    lines = as_m3u8([tile("a", "b", open_url=url)], NAME).decode().splitlines()
    assert len(lines) == 4
    assert lines[3].startswith(SEARCH)
    assert lines[3].isascii()


def test_a_link_is_otherwise_left_as_it_is() -> None:
    url = "https://open.spotify.com/search/a%20b?x=1&y=(2)#z"
    assert exports._address(url) == url


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/m/a  b\u00a0c\u3000d \u200be\u202ef.mp3", None),
        ("/m/Beyonce\u0301.mp3", None),
        ("#1.mp3", "./#1.mp3"),
        ("/m/a\rb\nc%.mp3", "file:///m/a%0Db%0Ac%25.mp3"),
        ("/m/a\u2028b\x85.mp3", "file:///m/a%E2%80%A8b%C2%85.mp3"),
        ("/m/a\udcff.mp3", "file:///m/a%FF.mp3"),
        ("a\u2028b.mp3", "a%E2%80%A8b.mp3"),
    ],
)
def test_the_path_of_a_file_stays_what_it_is_and_in_its_line(path: str, line: str | None) -> None:
    track = Track("a\u2028b\u00a0 c", ("d",), SourceName.LIBRARY, "1")
    content = exports.files_as_m3u8([(track, path, 1.0)], NAME).decode()
    assert content.splitlines()[2:] == ["#EXTINF:1,d - a b c", line or path]


@given(name=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_any_path_is_one_line_from_which_it_can_be_told(name: str) -> None:
    path = f"/m/{name}.mp3"
    track = Track("a", ("b",), SourceName.LIBRARY, "1")
    content = exports.files_as_m3u8([(track, path, None)], NAME).decode()
    *_, line = content.splitlines()
    assert len(content.splitlines()) == 4
    assert (unquote(line.removeprefix("file://")) if line.startswith("file:") else line) == path


WORDS = st.text(min_size=1, max_size=40).filter(str.strip)


@given(st.lists(st.builds(tile, WORDS, WORDS), min_size=1, max_size=4), WORDS)
def test_no_text_breaks_a_file(tiles: list[Tile], name: str) -> None:
    lines = as_m3u8(tiles, name).decode().splitlines()
    assert len(lines) == 2 + 2 * len(tiles)
    assert [line.partition(":")[0] for line in lines[2::2]] == ["#EXTINF"] * len(tiles)
    assert all(line == SEARCH for line in lines[3::2])
    assert playlist.loads("\n".join(lines)).length() == len(tiles)
    rows = list(csv.reader(io.StringIO(exports.as_csv(tiles).decode("utf-8-sig"))))
    assert {len(row) for row in rows} == {len(exports.COLUMNS)}
    assert not any(cell.startswith(FORMULA_SIGNS) for row in rows for cell in row)
    tracks = json.loads(exports.as_jspf(tiles, name))["playlist"]["track"]
    assert [(track["title"], track["creator"]) for track in tracks] == songs_of(tiles)
    assert len(imported("a.jspf", exports.as_jspf(tiles, name))) == len(tiles)
