"""Names of songs in the paths that playlists hold."""

from __future__ import annotations

import pytest

from recommender.ingest.file_names import MAX_FOLDERS, has_ending, names_of_path, without_ending


@pytest.mark.parametrize(
    ("path", "title", "artist", "album"),
    [
        ("Nora - Lamp.mp3", "Lamp", "Nora", ""),
        ("Nora_-_Blue_Lamp.ogg", "Blue Lamp", "Nora", ""),
        (r"..\Music\Nora - Lamp.mp3", "Lamp", "Nora", ""),
        (r"C:\Music\Nora - Lamp - Live.FLAC", "Lamp - Live", "Nora", ""),
        ("file:///music/Tall%20Ferns%20-%20Low%20Tide.mp3", "Low Tide", "Tall Ferns", ""),
        ("Tall%20Ferns%20-%20Low%20Tide.mp3", "Low Tide", "Tall Ferns", ""),
        ("http://host.example/pub/Nora%20-%20Lamp.mp3", "Lamp", "Nora", ""),
        ("/music/Nora/Night Bus/01 - Lamp.mp3", "Lamp", "Nora", "Night Bus"),
        ("/music/Nora/Night Bus/1-07 Lamp.m4a", "Lamp", "Nora", "Night Bus"),
        ("/music/Nora/Night Bus/CD 2/12 Lamp.m4a", "Lamp", "Nora", "Night Bus"),
        ("/music/Nora/2011 - Night Bus/03. Lamp.opus", "Lamp", "Nora", "Night Bus"),
        ("smb://nas/music/Nora/Night Bus/03_Lamp.mp3", "Lamp", "Nora", "Night Bus"),
        ("/music/Nora - Night Bus/03 Lamp.mp3", "Lamp", "Nora", "Night Bus"),
        ("Nora - Night Bus - 03 - Lamp.mp3", "Lamp", "Nora", "Night Bus"),
        ("Nora - 03 - Lamp.mp3", "Lamp", "Nora", ""),
        ("03 - Nora - Lamp.mp3", "Lamp", "Nora", ""),
        ("/music/Nora/Night Bus/Nora - Night Bus - Lamp.mp3", "Lamp", "Nora", "Night Bus"),
        ("/music/Nora/Night Bus/03 - Nora - Lamp.mp3", "Lamp", "Nora", "Night Bus"),
        ("/music/Nora/Night Bus/03 Lamp - Live.mp3", "Lamp - Live", "Nora", "Night Bus"),
        ("/music/Nora/Night Bus/Lamp - Nora.mp3", "Lamp", "Nora", "Night Bus"),
        ("/music/Various Artists/Hits/03 - Nora - Lamp.mp3", "Lamp", "Nora", ""),
        ("/home/ann/Nora/Lamp.mp3", "Lamp", "Nora", ""),
        (r"..\Nora\Lamp.wma", "Lamp", "Nora", ""),
        ("Nora/99 Problems.mp3", "99 Problems", "Nora", ""),
        ("Nora/Night Bus/7 Years.mp3", "7 Years", "Nora", "Night Bus"),
        ("Nora - 1999 - Live.mp3", "1999 - Live", "Nora", ""),
        (" Nora - Lamp.mp3 ", "Lamp", "Nora", ""),
    ],
)
def test_the_most_likely_names(path: str, title: str, artist: str, album: str) -> None:
    found = names_of_path(path)
    assert found.readings[0] == (title, artist)
    assert found.album == album


@pytest.mark.parametrize(
    "path",
    [
        "",
        "Nora - Lamp",
        "Nora - Lamp.txt",
        "/music/01.mp3",
        "Lamp.mp3",
        "http://x.example/Nora/1.mp3",
    ],
)
def test_a_path_may_name_nobody(path: str) -> None:
    assert names_of_path(path).readings == ()


def test_what_else_a_path_may_mean_is_kept_for_the_catalogue() -> None:
    assert ("99 Problems", "Nora") in names_of_path("Nora/Night/99 Problems.mp3").readings
    assert ("Lamp", "Nora") in names_of_path("/mine/Nora/Lamp.mp3").readings
    assert names_of_path("/mine/Nora/Tide - Lamp.mp3").readings == (
        ("Lamp", "Tide"),
        ("Tide - Lamp", "mine"),
    )
    assert len(names_of_path("a/b/c/d/e.mp3").folders) == MAX_FOLDERS


def test_endings_of_sound_files() -> None:
    assert without_ending("A - B.MP3") == "A - B"
    assert without_ending("St. Vincent") == "St. Vincent"
    assert has_ending("x.m4b ")
    assert not has_ending("x.jpg")
