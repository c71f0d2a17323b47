"""Playlists in XML, and what may not be in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.errors import UnreadableTable
from recommender.ingest import playlists, xml_lists
from recommender.ingest.entries import Problem
from recommender.ingest.playlists import read_playlist
from recommender.ingest.xml_lists import AT_ONCE, MAX_DEPTH, MAX_FIELDS, MAX_TEXT
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.ingest.entries import Entry

PLIST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST '
    '1.0//EN" "http://www.apple.example/PropertyList-1.0.dtd">\n<plist version="1.0"><dict>'
    "<key>Major Version</key><integer>1</integer><key>Tracks</key><dict>{}</dict>"
    "<key>Playlists</key><array><dict><key>Name</key><string>x</string>"
    "<key>Playlist Items</key><array><dict><key>Track ID</key><integer>1</integer></dict></array>"
    "</dict></array></dict></plist>"
)


def read(folder: Path, content: str | bytes, name: str = "x.xml") -> list[Entry]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_playlist(path).entries


def names(
    folder: Path, content: str | bytes, name: str = "x.xml"
) -> list[tuple[str, str, str | None]]:
    found = [entry.song for entry in read(folder, content, name)]
    return [(song.title, song.artists[0], song.album) for song in found if song is not None]


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://xspf.org/ns/0/"'])
def test_xspf(tmp_path: Path, namespace: str) -> None:
    content = (
        f'<?xml version="1.0"?><playlist version="1"{namespace}><title>Mine</title><trackList>'
        "<track><location>file:///m/a.mp3</location><title>Lamp &amp; &#228;</title>"
        "<creator>Nora</creator><album>Night</album><extension><title>x</title></extension></track>"
        "<track><location>file:///m/Ferns/Moor/02%20Tide.mp3</location></track>"
        "<track><title>Nobody</title></track></trackList></playlist>"
    )
    assert names(tmp_path, content, "x.xspf") == [
        ("Lamp & ä", "Nora", "Night"),
        ("Tide", "Ferns", "Moor"),
    ]
    assert read(tmp_path, content)[2].problem is Problem.NAMELESS


def test_a_link_to_spotify_is_kept(tmp_path: Path) -> None:
    link = "https://open.spotify.com/track/4JehYebiI9JE8sR8MisGVb"
    track = f"<title>a</title><creator>b</creator><identifier>{link}</identifier>"
    (entry,) = read(tmp_path, f"<playlist><track>{track}</track></playlist>")
    assert entry.song is not None
    assert entry.song.spotify_id == "4JehYebiI9JE8sR8MisGVb"


def test_wpl_zpl_and_asx(tmp_path: Path) -> None:
    wpl = (
        '<?wpl version="1.0"?><smil><head><title>x</title></head><body><seq>'
        r'<media src="..\Nora\Lamp.wma"/><media src="x.wma" albumTitle="Moor" trackTitle="Tide" '
        'trackArtist="Ferns"/></seq></body></smil>'
    )
    assert names(tmp_path, wpl, "x.wpl") == [("Lamp", "Nora", None), ("Tide", "Ferns", "Moor")]
    asx = (
        "<ASX Version='3.0'><Title>x</Title><Entry><Title>Lamp</Title><Author>Nora</Author>"
        "<Ref HREF='x.mp3'/></Entry><Entry><Ref href='Ferns - Tide.mp3'/></Entry></ASX>"
    )
    assert names(tmp_path, asx, "x.asx") == [("Lamp", "Nora", None), ("Tide", "Ferns", None)]


def song(number: int, **fields: str) -> str:
    kinds = {"Year": "integer", "BPM": "integer"}
    inside = "".join(
        f"<key>{name}</key>"
        + (
            f"<{value}/>"
            if value == "true"
            else f"<{kinds.get(name, 'string')}>{value}</{kinds.get(name, 'string')}>"
        )
        for name, value in fields.items()
    )
    return f"<key>{number}</key><dict><key>Track ID</key><integer>{number}</integer>{inside}</dict>"


def test_the_library_of_itunes(tmp_path: Path) -> None:
    tracks = (
        song(7, Name="Lamp", Artist="Nora", Album="Night", Genre="Soul", Year="2011", BPM="98"),
        song(8, Name="Talk", Artist="Somebody", Podcast="true"),
        song(9, Name="", Artist="Ferns"),
        song(10, Name="Film", Movie="true"),
        song(11, Name="Tide", Artist="Ferns", Compilation="true", Year="99999"),
    )
    found = read(tmp_path, PLIST.format("".join(tracks)))
    lamp = found[0].song
    assert lamp is not None
    assert (lamp.title, lamp.artists, lamp.album, lamp.genre) == (
        "Lamp",
        ("Nora",),
        "Night",
        "soul",
    )
    assert (lamp.year, lamp.tempo) == (2011, 98)
    assert [(entry.problem, entry.shown) for entry in found] == [
        (None, ""),
        (Problem.NO_MUSIC, "Talk"),
        (Problem.NAMELESS, "Ferns"),
        (Problem.NO_MUSIC, "Film"),
        (None, ""),
    ]


BOMB = (
    '<!DOCTYPE playlist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<playlist><track><title>&b;</title><creator>x</creator></track></playlist>"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BOMB, "is no playlist in XML"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><playlist>&x;</playlist>',
            "is no playlist",
        ),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://x.example/">%x;]><playlist/>', "is no playlist"),
        ("<playlist>" + "<a>" * MAX_DEPTH, "is no playlist in XML"),
        ("<playlist>\n<track>", "is no whole XML: see line 2"),
        ("<playlist>&nbsp;</playlist>", "is no whole XML"),
        (
            "<rss><channel/></rss>",
            "of XML, Moodring reads XSPF, WPL, ASX and the library of iTunes",
        ),
        ('<?xml version="1.0" encoding="x-none"?><playlist/>', "is no whole XML"),
        (
            "<playlist><track/></playlist>",
            "names no song with its artist; the first entry is entry 1: –",
        ),
        ("<playlist/>", r"names no song with its artist\."),
    ],
)
def test_what_is_no_playlist_is_told(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UnreadableTable, match=said):
        read(tmp_path, content)


def test_the_deepest_that_is_read(tmp_path: Path) -> None:
    track = "<track><title>a</title><creator>b</creator></track>"
    deep = f"<playlist>{'<a>' * (MAX_DEPTH - 3)}{track}{'</a>' * (MAX_DEPTH - 3)}</playlist>"
    assert names(tmp_path, deep) == [("a", "b", None)]


@pytest.mark.parametrize("size", [AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_a_document_of_any_size_is_read_whole(tmp_path: Path, size: int) -> None:
    start, end = "<playlist><track><title>a</title><creator>b</creator></track>", "</playlist>"
    content = start + " " * (size - len(start) - len(end)) + end
    assert len(content) == size
    assert names(tmp_path, content) == [("a", "b", None)]


def test_texts_and_fields_are_limited(tmp_path: Path) -> None:
    many = "".join(f"<f{number}>x</f{number}>" for number in range(MAX_FIELDS))
    content = f"<playlist><track>{many}<title>a</title><creator>b</creator></track>{{}}</playlist>"
    long = f"<track><title>{'a<b/>' * 2}{'x' * MAX_TEXT * 2}</title><creator>b</creator></track>"
    ((title, artist, _),) = names(tmp_path, content.format(long))
    assert (title, artist) == ("x" * MAX_TEXT_LENGTH, "b")


def test_a_large_document_may_be_longer_than_other_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playlists, "MAX_BYTES", 100)
    monkeypatch.setattr(playlists, "MAX_XML_BYTES", 2**20)
    content = "<playlist><track><title>a</title><creator>b</creator></track>" + " " * 100
    assert names(tmp_path, f"{content}</playlist>") == [("a", "b", None)]
    with pytest.raises(UnreadableTable, match="larger than 1 MB"):
        read(tmp_path, content + " " * 2**20)
    with pytest.raises(UnreadableTable, match="larger than 0 MB"):
        read(tmp_path, "#" * 101, "x.m3u")


def test_utf_16_and_other_encodings_that_a_document_names(tmp_path: Path) -> None:
    track = "<playlist><track><title>ä</title><creator>Ж</creator></track></playlist>"
    assert names(tmp_path, track.encode("utf-16")) == [("ä", "Ж", None)]
    head = '<?xml version="1.0" encoding="windows-1251"?>'
    named = (head + track.replace("ä", "Ы")).encode("cp1251")
    assert names(tmp_path, named) == [("Ы", "Ж", None)]
    assert xml_lists.AT_ONCE == AT_ONCE
