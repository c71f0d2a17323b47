"""Tables of songs: CSV and TSV, packed or not, and Parquet, imported into a database."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from recommender.errors import UnreadableTable
from recommender.ingest.table_import import import_table
from tests.fakes import bombs
from tests.fakes.tables import originals
from tests.fakes.workbooks import archive
from tests.fuzz.database import data_folder, engine, look_at_songs
from tests.fuzz.kind import MAX_CHANGED, Kind
from tests.fuzz.mutation import changed

if TYPE_CHECKING:
    from random import Random

# Sizes of the bombs: enough to be over the limits, and quickly made.
ROWS, LONG = 300, 10 * bombs.MB
# Share of workbooks that are damaged in what is packed.
PARTS = 0.8
FULL = (
    "track_name,artists,album_name,release_date,track_genre,tags,valence,energy,tempo,explicit,id\n"
    'Halo,Beyoncé;Me,"I Am…",2008-11-18,pop,a|b,0.5,0.6,79.9,False,4JehYebiI9JE8sR8MisGVb\n'
    '"Say ""Hi""",\'=Cmd,,1999,"[\'rock\', \'pop\']",,-1,1,0,1,x\n'
)


def samples() -> dict[str, bytes]:
    """Return a table of each kind that is read."""
    made = {f"songs.{kind}": content for kind, content in originals().items()}
    return made | {"full.csv": FULL.encode(), "full.csv.gz": gzip.compress(FULL.encode(), mtime=0)}


def seeds() -> dict[str, bytes]:
    """Return small tables that once wanted gigabytes, or ended an import with a traceback."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        # Whole, they are tried in `tests/unit/recommender/ingest/test_table_bombs.py`.
        bombs.write_all(folder, rows=ROWS, long=LONG)
        made = {f"M8 {path.name}": path.read_bytes() for path in sorted(folder.iterdir())}
    damaged = bytearray(gzip.compress(b"title,artist\n" + b"Halo,Me\n" * 5000, mtime=0))
    # A block of a kind that there is not.
    damaged[10] = 0xFF
    return made | {"M9 damaged.csv.gz": bytes(damaged)}


def read(path: Path) -> str | None:
    """Import a table, and look at its songs."""
    try:
        import_table(path, engine(), data_folder(), source="mine")
    except UnreadableTable as error:
        return str(error)
    look_at_songs(engine())
    return None


def change(content: bytes, rng: Random, kind: Kind) -> bytes:
    """Damage a table; of a packed one, what is packed."""
    if content.startswith(b"PK") and rng.random() < PARTS:
        return _changed_part(content, rng, kind)
    if not content.startswith(b"\x1f\x8b"):
        return changed(content, rng, words=kind.words)
    try:
        inside = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return changed(content, rng, words=kind.words)
    if len(inside) > MAX_CHANGED:
        # It would become millions of bad rows, which are read in minutes, as as many songs are.
        return changed(content, rng, words=kind.words)
    return gzip.compress(changed(inside, rng, words=kind.words), 1, mtime=0)


def _changed_part(content: bytes, rng: Random, kind: Kind) -> bytes:
    """Damage a part of a workbook."""
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
    except (BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        return changed(content, rng, words=kind.words)
    name = rng.choice(sorted(parts) or ["x"])
    whole = parts.get(name, b"")
    if len(whole) > MAX_CHANGED:
        return changed(content, rng, words=kind.words)
    return archive(parts | {name: changed(whole, rng, words=kind.words)})


KIND = Kind(
    name="tables",
    samples=samples,
    bombs=seeds,
    read=read,
    budgets=("table: a small one that unpacks to gigabytes",),
    words=(
        *(b",", b";", b"|", b"\t", b"\n", b"\r\n", b'"', b'""', b"\0", b"\xef\xbb\xbf", b"="),
        *(b"title", b"artist", b"artists", b"valence", b"energy", b"year", b"tags", b"tempo"),
        *(b"nan", b"inf", b"-inf", b"1e999", b"-0", b"9" * 400, b"1_0", b"\xd9\xa1", b"1999"),
        *("恋".encode(), "ﷺ".encode(), b"\xff", b"\xed\xa0\x80", "\u2028".encode(), b"[", b"]"),
        *(b"<row>", b'<c r="ZZ1" t="s"><v>9</v></c>', b"</c>", b"<!DOCTYPE a>", b'r="-1"'),
        *(b"PAR1", b"\x15\x00", b"\x1c", b"\xff\xff\xff\xff\x0f", b"\x00" * 8, b"\x2c"),
    ),
    change=change,
)
