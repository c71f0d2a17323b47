"""Playlists and other lists of songs, brought into a database."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

from recommender.errors import UnreadableTable
from recommender.exports import as_jspf
from recommender.ingest.playlists import import_playlist
from recommender.types import Reasons, Tile
from tests.fakes.earlier_exports import as_m3u8
from tests.fakes.hostile import HOSTILE, ORDINARY
from tests.fakes.sources import fake_tracks
from tests.fuzz.database import engine, look_at_songs
from tests.fuzz.kind import Kind

if TYPE_CHECKING:
    from pathlib import Path

XSPF = (
    '<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track>'
    "<location>file:///m/a.mp3</location><title>Lamp &amp; &#228;</title><creator>Nora</creator>"
    "</track></trackList></playlist>"
)
PLIST = (
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://x.example/p.dtd"><plist><dict>'
    "<key>Tracks</key><dict><key>7</key><dict><key>Name</key><string>Lamp</string><key>Artist</key>"
    "<string>Nora</string><key>Year</key><integer>2011</integer></dict></dict></dict></plist>"
)
LINK = "https://www.youtube.com/results?search_query=x"


def samples() -> dict[str, bytes]:
    """Return playlists as we and others write them."""
    tiles = [
        Tile(track, LINK, LINK, "happy", Reasons(relevance=0.0, confidence=1.0))
        for track in fake_tracks(5)
    ]
    names = [*ORDINARY, *(text[:300].replace("\0", " ") for text in HOSTILE)]
    lines = "".join(
        f"#EXTINF:1,{artist} - {title}\nfile.mp3\n" for artist, title in pairwise(names)
    )
    tracks = [{"title": name, "creator": "A", "album": name} for name in names]
    return {
        "ours.m3u8": as_m3u8(tiles, "Mine"),
        "ours.jspf": as_jspf(tiles, "Mine"),
        "theirs.m3u": f"#EXTM3U\r\n{lines}".encode(),
        "old.m3u": "#EXTM3U\n#EXTINF:123,Björk - Jóga\nC:\\x.mp3\n".encode("latin-1"),
        "theirs.json": json.dumps({"playlist": {"track": tracks}}).encode(),
        "paths.m3u": "#EXTENC:cp1251\r\n/m/Женя/Лампа/01 Гимн.mp3\r\n".encode("cp1251"),
        "wide.m3u": "#EXTINF:1,A - B\r\nA - B.mp3\r\n".encode("utf-16"),
        "theirs.pls": b"[playlist]\nFile1=/m/A - B.mp3\nTitle1=A - B\nLength1=20\n",
        "theirs.xspf": XSPF.encode(),
        "library.xml": PLIST.encode(),
        "library.text": "Name\tArtist\tYear\rLamp\tNora\t2011\r".encode("utf-16"),
        "listens.jsonl": b"".join(b'{"track_name": "a", "artist_name": "b"}\n' for _ in range(9)),
        "YourLibrary.json": b'{"tracks": [{"artist": "A", "album": "B", "track": "C"}]}',
    }


def seeds() -> dict[str, bytes]:
    """Return playlists that once took minutes."""
    blanks = b" " * 80_000
    return {
        "M7 blanks.m3u": b"#EXTINF:1,a" + blanks + b"- b\n#EXTINF:1,a - b\n",
        "M7 dashes.m3u": b"#EXTINF:1,a" + b" -" * 40_000 + b"\n",
        "M7 long.m3u": (b"#EXTINF:1,a" + blanks + b"\n") * 100,
        "M7 lines.m3u": b"\n" * 8_000_000 + b"#EXTINF:1,a - b\n",
        "deep.jspf": b"[" * 200_000,
        "deeper.jspf": b'{"playlist":' * 100_000,
        "laughs.xspf": b"<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><playlist>&b;",
        "deep.xspf": b"<playlist>" + b"<a>" * 200_000,
        "attributes.xspf": b"<playlist><track " + b"a='" * 100_000,
        "guests.m3u": b"#EXTINF:1,a feat" + b" (feat" * 50_000 + b" - b\n",
        "parts.m3u": b"/a - b" * 50_000 + b".mp3\n",
        "tabs.text": b"Name\tArtist" + b"\t" * 200_000 + b"\na\tb\n",
        "halves.jspf": b'{"playlist":{"track":[{"title":"\\ud800","creator":"\\udfff \\u0000"}]}}',
    }


def read(path: Path) -> str | None:
    """Bring a playlist, and look at its songs."""
    try:
        import_playlist(path, engine(), source="mine")
    except UnreadableTable as error:
        return str(error)
    look_at_songs(engine())
    return None


KIND = Kind(
    name="playlists",
    samples=samples,
    bombs=seeds,
    read=read,
    budgets=("playlist: M3U of 20 MB of blanks",),
    words=(
        *(b"#EXTINF:", b"#EXTM3U", b" - ", b"\n", b"\r", b",", b" ", b"\t", b"\0", "–".encode()),
        *(b"{", b"}", b"[", b"]", b'"', b":", b"null", b"true", b"1e999", b"9" * 5000, b"NaN"),
        *(b'"track"', b'"playlist"', b'"title"', b'"creator"', b'"album"', b"\\u0000", b"\\ud800"),
        *(b"#EXTENC:cp932", b"#EXTART:", b".mp3", b"/", b"\\", b"File1=", b"[playlist]", b"&a;"),
        *(b"<track>", b"</track>", b"<title>", b"<!ENTITY a 'b'>", b"<dict>", b"<key>", b"<", b">"),
        *(b"\xef\xbb\xbf", b"\xff", "\u2028".encode(), "ß".encode(), "ﷺ".encode(), b"\xed\xa0\x80"),
    ),
)
