"""Our JSPF, judged and read by a program that others wrote; no Python library reads plain JSPF."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from detectors.types import Message
from recommender.exports import as_jspf
from recommender.types import Reasons, SourceName, Tile, Track

if TYPE_CHECKING:
    from pathlib import Path

JSPF_CLI = shutil.which("jspf-cli")
XSPF = "{http://xspf.org/ns/0/}"
PATIENCE_S = 60
SONGS = [("Halo", "Beyoncé", "I Am…"), ("恋 & <b>", "星野源", None), ('"Q"\n', "A\\B", "x")]

pytestmark = pytest.mark.skipif(
    JSPF_CLI is None, reason="no jspf-cli: npm install --global jspf-cli"
)


def run(*arguments: str) -> str:
    command = [JSPF_CLI or "", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE_S)
    return done.stdout.decode() + done.stderr.decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    tiles = [
        Tile(
            track=Track(title, (artist,), SourceName.CATALOGUE, "1", album=album),
            open_url="https://open.spotify.com/search/x",
            fallback_url="https://www.youtube.com/results?search_query=x",
            why=(Message("feeling-happy"),),
            reasons=Reasons(relevance=0.0, confidence=1.0),
        )
        for title, artist, album in SONGS
    ]
    path = tmp_path / "songs.jspf"
    path.write_bytes(as_jspf(tiles, "Moodring: happy"))
    return path


def test_the_file_is_valid(file: Path) -> None:
    assert "is valid!" in run("validate", "-i", str(file))


def test_the_songs_come_back_as_xspf(file: Path) -> None:
    other = file.with_suffix(".xspf")
    run("convert", "-i", str(file), "-o", str(other))
    playlist = ET.fromstring(other.read_text(encoding="utf-8"))  # noqa: S314 - of our own making
    assert playlist.findtext(f"{XSPF}title") == "Moodring: happy"
    read = [
        tuple(track.findtext(f"{XSPF}{name}") for name in ("title", "creator", "album"))
        for track in playlist.iter(f"{XSPF}track")
    ]
    assert read == [(title.strip(), artist, album) for title, artist, album in SONGS]
