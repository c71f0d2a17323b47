"""Tables, playlists and backups at their worst."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.budgets.worst import Worst

SONGS = 100_000
ENTRIES = 99_000
BACKED_UP = 20_000


def rows(count: int, width: int = 20) -> str:
    """Return so many rows of songs, none like another."""
    return "".join(
        f"Song {n:0{width}},Artist {n % 5000},Album {n % 9000},{1950 + n % 70},pop,0.5,0.25\n"
        for n in range(count)
    )


def many_songs(folder: Path) -> None:
    """Write a packed table of very many songs."""
    head = "title,artist,album,year,genre,valence,energy\n"
    (folder / "songs.csv.gz").write_bytes(gzip.compress((head + rows(SONGS)).encode(), 1))


def long_rows(folder: Path) -> None:
    """Write a packed table whose rows are as long as they may be, and no songs, but for one."""
    from recommender.ingest.table_files import MAX_LINE

    row = b"x" * (MAX_LINE - 10) + b",a\n"
    content = b"title,artist\nHalo,Me\n" + row * 200
    (folder / "songs.csv.gz").write_bytes(gzip.compress(content, 6))


def table_bombs(folder: Path) -> None:
    """Write small tables that unpack to gigabytes."""
    from tests.fakes.bombs import write_all

    write_all(folder)


def import_all(folder: Path) -> None:
    """Import each table of a folder, or be refused it."""
    from recommender.errors import UnreadableTable
    from recommender.ingest.table_import import import_table
    from tests.fuzz.database import data_folder, engine

    for path in sorted(folder.iterdir()):
        with suppress(UnreadableTable):
            import_table(path, engine(), data_folder(), source="mine")


def small_tables(_: Path) -> None:
    """Import a small table of each kind."""
    from tests.fuzz.tables import samples

    with TemporaryDirectory() as name:
        for sample, content in samples().items():
            (Path(name) / sample).write_bytes(content)
        import_all(Path(name))


def m3u(folder: Path) -> None:
    """Write a playlist of as many songs and bytes as are read."""
    from recommender.ingest.playlists import MAX_BYTES

    width = MAX_BYTES // ENTRIES - 45
    lines = (f"#EXTINF:1,Artist {n % 5000} - Song {n:0{width}}\nx.mp3\n" for n in range(ENTRIES))
    content = ("#EXTM3U\n" + "".join(lines)).encode()
    assert MAX_BYTES / 2 < len(content) <= MAX_BYTES, len(content)
    (folder / "list.m3u").write_bytes(content)


def jspf(folder: Path) -> None:
    """Write a playlist in JSPF of as many values as are read."""
    from recommender.ingest.json_lists import MAX_VALUES
    from recommender.ingest.playlists import MAX_BYTES

    track = {"title": "Song", "creator": "A", "x": [[] for _ in range(MAX_VALUES // 100 // 2 - 5)]}
    content = json.dumps({"playlist": {"track": [track] * 99}}).encode()
    assert sum(map(content.count, (b",", b"[", b"{"))) <= MAX_VALUES
    (folder / "list.jspf").write_bytes(content[:MAX_BYTES])


def library(folder: Path) -> None:
    """Write a library of iTunes of as many songs and bytes as are read."""
    from recommender.ingest.playlists import MAX_XML_BYTES

    head, end = "<plist><dict><key>Tracks</key><dict>", "</dict></dict></plist>"
    more = "<key>Persistent ID</key><string>x</string>" * 16
    songs = (
        f"<key>{n}</key><dict><key>Name</key><string>Song {n:0200}</string><key>Artist</key>"
        f"<string>Artist {n % 5000}</string><key>Album</key><string>Album {n % 9000}</string>"
        f"{more}</dict>"
        for n in range(ENTRIES)
    )
    content = (head + "".join(songs) + end).encode()
    assert MAX_XML_BYTES / 2 < len(content) <= MAX_XML_BYTES, len(content)
    (folder / "library.xml").write_bytes(content)


def blanks(folder: Path) -> None:
    """Write a playlist of one line of blanks, which once took the square of its length."""
    from recommender.ingest.playlists import MAX_BYTES

    content = b"#EXTINF:1,a" + b" " * (MAX_BYTES - 100) + b"- b\n#EXTINF:1,a - b\n"
    (folder / "list.m3u").write_bytes(content)


def bring_all(folder: Path) -> None:
    """Bring each playlist of a folder."""
    from recommender.ingest.playlists import import_playlist
    from tests.fuzz.database import engine

    for path in folder.iterdir():
        assert import_playlist(path, engine(), source="mine").songs


def small_playlists(_: Path) -> None:
    """Bring a small playlist of each kind."""
    from tests.fuzz.playlists import samples

    with TemporaryDirectory() as name:
        for sample, content in samples().items():
            (Path(name) / sample).write_bytes(content)
        bring_all(Path(name))


def large_backup(folder: Path) -> None:
    """Write a backup of very many songs, one of them with as long a value as is read."""
    from alembic import command
    from sqlalchemy import insert

    from recommender.catalogue.writer import SongRecord, replace_batch
    from recommender.db.backup import save
    from recommender.db.backup_check import MAX_VALUE
    from recommender.db.engine import make_engine, write_transaction
    from recommender.db.schema import alembic_config
    from recommender.db.tables import ChoiceRow

    engine = make_engine(folder / "data")
    with write_transaction(engine) as connection:
        command.upgrade(alembic_config(connection), "head")
        songs = (
            SongRecord(title=f"Song {n}", artists=(f"Artist {n % 999}",), valence=0.5, energy=0.5)
            for n in range(BACKED_UP)
        )
        replace_batch(connection, "starter", "0", songs)
        connection.execute(insert(ChoiceRow), {"name": "x", "value": "x" * (MAX_VALUE - 9999)})
    with write_transaction(engine) as connection:
        save(connection, folder / "backup.db")
    engine.dispose()


def crafted_backups(folder: Path) -> None:
    """Write backups that somebody made up."""
    from tests.fuzz.backups import seeds

    for number, content in enumerate(seeds().values()):
        (folder / f"{number}.db").write_bytes(content)


def restore_all(folder: Path) -> None:
    """Restore each backup of a folder, or be refused it."""
    from recommender.db.backup import restore
    from recommender.db.engine import make_engine
    from recommender.errors import BadBackup

    with TemporaryDirectory() as name:
        engine = make_engine(Path(name))
        for path in folder.glob("*.db"):
            with suppress(BadBackup):
                restore(path, engine)
        engine.dispose()


def small_backups(_: Path) -> None:
    """Restore a small backup of each revision."""
    from tests.fuzz.backups import samples

    with TemporaryDirectory() as name:
        for sample, content in samples().items():
            (Path(name) / sample).write_bytes(content)
        restore_all(Path(name))


WORST = {
    "table: a packed CSV of 100,000 songs": Worst(
        many_songs, import_all, small_tables, mark="soak"
    ),
    "table: a packed CSV of 200 rows of a million characters": Worst(
        long_rows, import_all, small_tables, mark="slow"
    ),
    "table: a small one that unpacks to gigabytes": Worst(
        table_bombs, import_all, small_tables, times=24, mark="slow"
    ),
    "playlist: M3U of 20 MB and 99,000 songs": Worst(m3u, bring_all, small_playlists, mark="soak"),
    "playlist: M3U of 20 MB of blanks": Worst(blanks, bring_all, small_playlists),
    "playlist: a library of iTunes of 100 MB and 99,000 songs": Worst(
        library, bring_all, small_playlists, mark="soak"
    ),
    "playlist: JSPF of a million values": Worst(jspf, bring_all, small_playlists, mark="slow"),
    "backup: 20,000 songs, and a value of 64 MB": Worst(
        large_backup, restore_all, small_backups, mark="slow"
    ),
    "backup: one that somebody made up": Worst(
        crafted_backups, restore_all, small_backups, times=23, mark="slow"
    ),
}
