"""Playlists that people bring, on every database."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from recommender.db.engine import make_engine
from recommender.db.tables import TagRow, TrackRow
from recommender.errors import UnreadableTable
from recommender.ingest.entries import MAX_SONGS
from recommender.ingest.playlists import MAX_BYTES, import_playlist, read_playlist
from recommender.ingest.registry import ImportedFile, imported_files
from recommender.ingest.table_import import import_table
from recommender.types import Mood
from recommender.wiring import open_catalogue
from tests.fakes.commands import run_command

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue

M3U = """#EXTM3U
#EXTINF:261,beyoncé - HALO
/music/halo.mp3
#EXTINF:-1,Jay-Z - 99 Problems - Live
http://example.org/99
#EXTINF:10,Nobody knows who
unknown.mp3
"""
JSPF = {
    "playlist": {
        "title": "Mine",
        "track": [
            {"title": "HALO", "creator": "beyoncé", "album": "I Am"},
            {"title": "99 Problems - Live", "creator": "Jay-Z"},
            {"title": "Nobody knows who", "creator": 7},
        ],
    }
}


def write(folder: Path, ending: str) -> Path:
    path = folder / f"mine{ending}"
    path.write_text(json.dumps(JSPF) if ending == ".jspf" else M3U, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", [".m3u8", ".m3u", ".jspf"])
def test_a_playlists_songs_have_what_the_catalogue_knows_of_them(
    database: str | None, tmp_path: Path, ending: str
) -> None:
    starter = tmp_path / "starter.csv"
    starter.write_text(
        "title,artist,language,year,genre,valence,energy,explicit,checked\n"
        "Halo,Beyoncé,English,2008,pop,0.75,0.60,0,memory\n"
        "HALO,beyoncé & more,Welsh,2009,pop,0.15,0.60,0,memory\n",
        encoding="utf-8",
    )
    with closing(open_catalogue(tmp_path, url=database, starter=starter)) as catalogue:
        engine = make_engine(tmp_path, database)
        path = write(tmp_path, ending)
        for came, unchanged in ((2, False), (0, True)):
            done = import_playlist(path, engine, source="mine")
            assert (done.songs, done.nameless) == (2, 1)
            assert (done.added, done.removed, done.unchanged) == (came, 0, unchanged)
        assert imported_files(engine) == [ImportedFile("mine", "playlist", path)]
        engine.dispose()
        found = catalogue.by_artists(["beyoncé", "Jay-Z"], Mood(0.5, 0.6))
        tracks = catalogue.tracks([one.key for one in found])
        assert [(track.title, track.artists) for track in tracks] == [
            ("HALO", ("beyoncé",)),
            ("99 Problems - Live", ("Jay-Z",)),
        ]
        assert tracks[1].valence is None


def test_a_known_songs_place_is_taken_over(database: str | None, tmp_path: Path) -> None:
    (tmp_path / "mine.m3u").write_text("#EXTINF:0,Queen - Bohemian Rhapsody\n", encoding="utf-8")
    with closing(open_catalogue(tmp_path, url=database)) as catalogue:
        engine = make_engine(tmp_path, database)
        done = import_playlist(tmp_path / "mine.m3u", engine, source="mine")
        engine.dispose()
        assert done.placed == 1
        found = catalogue.by_artists(["Queen"], Mood(0.0, 0.5))
        both = [
            t for t in catalogue.tracks([one.key for one in found]) if t.title.startswith("Boh")
        ]
        first, second = both
        assert (first.valence, first.energy, first.language) == (
            second.valence,
            second.energy,
            second.language,
        )


def test_a_known_songs_tags_are_taken_over(tmp_path: Path, engine: Engine) -> None:
    table = tmp_path / "table.csv"
    table.write_text("title,artist,tags\nHalo,Me,live; dance\nOther,Me,\n", encoding="utf-8")
    import_table(table, engine, tmp_path, source="table")
    (tmp_path / "mine.m3u").write_text("#EXTINF:0,me - halo\n#EXTINF:0,me - other\n")
    import_playlist(tmp_path / "mine.m3u", engine, source="mine")
    asked = select(TagRow.name).join(TrackRow).where(TrackRow.title == "halo").order_by(TagRow.name)
    with engine.connect() as connection:
        assert connection.scalars(asked).all() == ["dance", "live"]


def test_text_that_no_database_can_keep_does_not_stop_a_playlist(
    tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    path = tmp_path / "mine.JSPF"
    track = {"title": "Ha\0lo \ud800", "creator": "Me"}
    path.write_text(json.dumps({"playlist": {"track": [track]}}), encoding="utf-8")
    import_playlist(path, engine, source="mine")
    (found,) = catalogue.by_artists(["Me"], Mood(0.0, 0.5))
    assert catalogue.tracks([found.key])[0].title == "Ha lo"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.m3u", b"just a text\n"),
        ("x.m3u", b"#EXTINF:1,a\0b - c\n"),
        ("x.m3u8", b""),
        ("x.jspf", b"{"),
        ("x.jspf", b"[]"),
        ("x.jspf", b'{"playlist": {"track": [1]}}'),
        ("x.json", b'{"playlist": {"track": {}}}'),
        ("x.m3u", b"#" * (MAX_BYTES + 1)),
        ("x.m3u", b"#EXTINF:,a - b\n" * (MAX_SONGS + 1)),
    ],
)
def test_what_is_no_playlist_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableTable, match=f"The file {name} "):
        read_playlist(tmp_path / name)
    with pytest.raises(UnreadableTable, match="cannot be read"):
        read_playlist(tmp_path / "none.m3u")


@given(content=st.binary(max_size=200), ending=st.sampled_from(["m3u", "jspf"]))
def test_whatever_the_bytes_only_our_own_error_is_raised(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"x.{ending}"
    path.write_bytes(content)
    with suppress(UnreadableTable):
        assert all(song.title and song.artists[0] for song in read_playlist(path).songs)


def test_the_command_says_what_came_of_it(tmp_path: Path) -> None:
    path = write(tmp_path, ".m3u")
    data_dir = tmp_path / "data"
    done = run_command("recommender", data_dir, "playlist", str(path), timeout=60, environ={})
    assert done.returncode == 0
    assert done.stdout.startswith("mine.m3u: 2 songs, ")
    assert done.stderr == (
        "mine.m3u: 1 entry without a title or an artist is left out; "
        "the first is line 6: Nobody knows who.\n"
    )
    table = tmp_path / "mine.csv"
    table.write_text("title,artist\nHalo,Beyoncé\n", encoding="utf-8")
    done = run_command("recommender", data_dir, "playlist", str(table), timeout=60, environ={})
    assert (done.returncode, done.stdout) == (
        0,
        "mine.csv: 1 song, 0 of them with a known mood.\n",
    )
    done = run_command("recommender", data_dir, "playlist", "none.m3u", timeout=60, environ={})
    assert done.returncode == 1
    assert done.stderr == "none.m3u: There is no such file.\n"
