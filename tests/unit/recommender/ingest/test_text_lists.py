"""M3U, PLS and iTunes' text, as programs really write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.errors import UnreadableTable
from recommender.ingest import entries, text_lists
from recommender.ingest.entries import Problem
from recommender.ingest.playlists import read_playlist

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.ingest.entries import Entry


def read(folder: Path, content: str | bytes, name: str = "x.m3u") -> list[Entry]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_playlist(path).entries


def names(folder: Path, content: str | bytes, name: str = "x.m3u") -> list[tuple[str, str]]:
    found = [entry.song for entry in read(folder, content, name)]
    return [(song.title, song.artists[0]) for song in found if song is not None]


@pytest.mark.parametrize(
    "line",
    [
        '-1 tvg-logo="https://img.example/CR0,0,182_AL_.jpg" group-title="Soul, 60s",A - B, C',
        '-1, group-title="Soul, 60s" tvg-id="",A - B, C',
        '-1 tvg-name="open,A - B, C',
        "201,A - B, C",
        "201,  A  -  B, C.mp3",
        "201,01. A - B, C",
        "201,07 - A - B, C",
        "201,3) A - B, C",
    ],
)
def test_what_stands_before_the_names_is_left_out(tmp_path: Path, line: str) -> None:
    assert names(tmp_path, f"#EXTM3U\n#extinf:{line}\nx.mp3\n") == [("B, C", "A")]


def test_a_band_may_be_called_as_a_number(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "#EXTINF:1,99. Band - Song\n")
    assert entry.others == (("Song", "99. Band"),)
    assert names(tmp_path, "#EXTINF:1,311 - Amber - Live\n") == [("Amber - Live", "311")]
    assert names(tmp_path, "#EXTINF:1,3) - Amber\n") == [("Amber", "3)")]


def test_artist_and_album_may_have_lines_of_their_own(tmp_path: Path) -> None:
    content = (
        "#EXTALB:Night\n#EXTART:Nora\n#EXTINF:1,Lamp - Live\na.mp3\n#EXTINF:1,Next\nb.mp3\n"
        "#EXTART:Ferns\n#EXTINF:1,Ferns - Tide\nc.mp3\n"
        "#EXTART:Ferns\n#EXTINF:1,Moor - Ferns\nd.mp3\n"
    )
    found = [entry.song for entry in read(tmp_path, content)]
    assert [(one.title, one.artists[0], one.album) for one in found if one] == [
        ("Lamp - Live", "Nora", "Night"),
        ("Next", "Nora", "Night"),
        ("Tide", "Ferns", "Night"),
        ("Moor", "Ferns", "Night"),
    ]


def test_lines_without_names_are_named_after_their_paths_or_left_out(tmp_path: Path) -> None:
    content = (
        "#EXTM3U\n\n#EXTINF:1,Nora - Lamp\nx.mp3\r\n# a remark\r\nTall Ferns - Tide.mp3\r\n"
        "#EXTINF:1,Radio One\nhttp://radio.example/1\njust text\n#EXTINF:1,last"
    )
    found = read(tmp_path, content)
    assert [(one.number, one.song and one.song.title, one.problem, one.shown) for one in found] == [
        (3, "Lamp", None, ""),
        (6, "Tide", None, "Tall Ferns - Tide.mp3"),
        (7, None, Problem.NAMELESS, "Radio One"),
        (9, None, Problem.NAMELESS, "just text"),
        (10, None, Problem.NAMELESS, "last"),
    ]


ITUNES = "/Users/x/Music/iTunes/iTunes Media/Music"


def test_the_path_shows_that_the_title_comes_first(tmp_path: Path) -> None:
    content = (
        f"#EXTINF:1,Lamp (Mix) - Nora\r{ITUNES}/Nora/Night/01 Lamp (Mix).m4a\r"
        f"#EXTINF:1,Bell - Bell\r{ITUNES}/Bell/Bell/01 Bell.m4a\r"
        "#EXTINF:1,Tide - Ferns\rhttp://x.example/1\r"
    )
    assert names(tmp_path, content) == [("Lamp (Mix)", "Nora"), ("Bell", "Bell"), ("Tide", "Ferns")]


def test_a_record_called_as_its_song_does_not_hide_the_order(tmp_path: Path) -> None:
    path = f"{ITUNES}/Nora/Lamp/01 Lamp.m4a"
    assert names(tmp_path, f"#EXTINF:1,Lamp - Nora\n{path}\n") == [("Lamp", "Nora")]
    assert names(tmp_path, f"#EXTINF:1,Nora - Lamp\n{path}\n") == [("Lamp", "Nora")]


def test_the_usual_order_stays_where_paths_show_it_or_nothing(tmp_path: Path) -> None:
    content = "#EXTINF:1,Nora - Lamp\n/music/Nora/Lamp.mp3\n#EXTINF:1,Ferns - Tide\n2.mp3\n"
    assert names(tmp_path, content) == [("Lamp", "Nora"), ("Tide", "Ferns")]


@pytest.mark.parametrize("tag", ["TARGETDURATION:10", "STREAM-INF:BANDWIDTH=1", "MEDIA-SEQUENCE:0"])
def test_a_stream_is_refused_in_words(tmp_path: Path, tag: str) -> None:
    with pytest.raises(UnreadableTable, match="is a stream"):
        read(tmp_path, f"#EXTM3U\n#EXT-X-{tag}\n#EXTINF:9,\nhttp://x.example/1.ts\n")


def test_a_web_page_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match="is a web page"):
        read(tmp_path, "\n<!DOCTYPE html><html><title>404</title></html>")


def test_the_first_entry_without_names_is_shown_when_there_is_no_other(tmp_path: Path) -> None:
    with pytest.raises(
        UnreadableTable, match=r"no song with its artist; the first entry is line 2: One\."
    ):
        read(tmp_path, "#EXTM3U\n#EXTINF:-1,One\nhttp://x.example/1\n")


def test_an_old_list_of_streams_is_not_taken_for_json(tmp_path: Path) -> None:
    content = "[Reference]\nRef1=http://x.example/antena3?MSWMExt=.asf\n"
    (entry,) = read(tmp_path, content, "list.asx")
    assert (entry.song, entry.number) == (None, 1)


def test_pls(tmp_path: Path) -> None:
    content = (
        "[playlist]\r\nNumberOfEntries=3\r\nFile2=/m/Nora/Night/01 Lamp.mp3\r\n"
        "file1=/m/a.mp3\r\nTitle1=Ferns - Tide\r\nLength1=20\r\nFile3=http://x.example\r\n"
    )
    assert names(tmp_path, content, "x.pls") == [("Tide", "Ferns"), ("Lamp", "Nora")]
    assert names(tmp_path, content, "x") == [("Tide", "Ferns"), ("Lamp", "Nora")]


def test_a_pls_of_too_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("entries", "text_lists", "playlists"):
        monkeypatch.setattr(f"recommender.ingest.{module}.MAX_SONGS", 2)
    content = "[playlist]\n" + "".join(f"Title{n}=a - b{n}\n" for n in range(5))
    with pytest.raises(UnreadableTable, match="more than 2 entries"):
        read(tmp_path, content, "x.pls")
    assert entries.MAX_SONGS == text_lists.MAX_SONGS


def test_itunes_text(tmp_path: Path) -> None:
    header = "Name\tArtist\tComposer\tAlbum\tGenre\tYear\tBPM"
    rows = "Lamp\tNora\t\tNight\tSoul\t2011\t98\rTide\tFerns\rHiss\t\t\t\t\r"
    content = f"{header}\r{rows}".encode("utf-16")
    found = read(tmp_path, content, "x.txt")
    (lamp, tide, hiss) = found
    assert lamp.song is not None
    song = lamp.song
    assert (song.title, song.artists, song.album, song.genre) == (
        "Lamp",
        ("Nora",),
        "Night",
        "soul",
    )
    assert (song.year, song.tempo) == (2011, 98)
    assert tide.song is not None
    assert (tide.song.year, tide.song.tempo) == (None, None)
    assert (hiss.song, hiss.shown, hiss.number) == (None, "Hiss", 4)
    german = "Name\tInterpret\tKomponist\nLamp\tNora\tx\n"
    assert names(tmp_path, german, "x.txt") == [("Lamp", "Nora")]


def test_a_text_names_a_song_in_each_line(tmp_path: Path) -> None:
    content = "1. Nora - Lamp\n\n# mine\nFerns – Tide\nFerns/Moor.mp3\njust text\n"
    found = read(tmp_path, content, "x.txt")
    assert [one.song and one.song.title for one in found] == ["Lamp", "Tide", "Moor", None]
    assert found[3].shown == "just text"


def test_a_link_to_spotify_is_kept(tmp_path: Path) -> None:
    link = "https://open.spotify.com/intl-de/track/4JehYebiI9JE8sR8MisGVb?si=1"
    (entry,) = read(tmp_path, f"#EXTINF:1,Nora - Lamp\n{link}\n")
    assert entry.song is not None
    assert entry.song.spotify_id == "4JehYebiI9JE8sR8MisGVb"
