"""The app with fakes in the place of Spotify and YouTube: every page and button, no account.

``make demo``. Nothing leaves this machine; the app says on every page that these are fakes. Their
songs have the names of songs of the catalogue, so that the demo can be shown to people.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from recommender.catalogue.starter import STARTER, read_songs
from recommender.mood import EMOTION_POINTS, distance
from recommender.settings import REDIRECT_URI
from tests.fakes.spotify import FakeSpotify, without_cover
from tests.fakes.youtube import FakeYouTube

PROJECT = Path(__file__).resolve().parents[2]
PORT = 8501


SONGS = [song for song in read_songs(STARTER.read_bytes()) if song.language == "English"]


# So many songs has a mood at most.
NEAREST = 48


def dress(item: dict[str, Any], words: str) -> None:
    """Give a fake song the name, artists and year of a song that fits the search, and no cover."""
    number = int(re.findall(r"\d+", item["name"])[-1])
    if item["type"] == "playlist":
        item["name"] = f"{words.title()} mix {number}"
        item["owner"]["display_name"] = SONGS[number % len(SONGS)].artists[0].split()[0]
        return
    without_cover(item, words)
    artist = re.search(r'artist:"([^"]*)"', words)
    years = re.search(r"year:(\d{4})-(\d{4})", words)
    fitting = [
        song
        for song in SONGS
        if (artist is None or artist[1] in song.artists)
        and (years is None or int(years[1]) <= song.year <= int(years[2]))
    ]
    feeling = next((name for name in EMOTION_POINTS if name in words.casefold()), None)
    if feeling is not None:
        place = EMOTION_POINTS[feeling]
        fitting.sort(key=lambda song: distance((2 * song.valence - 1, song.energy), place))
        fitting = fitting[:NEAREST]
    if fitting:
        song = fitting[number % len(fitting)]
        item["name"] = song.title
        item["artists"] = [{**item["artists"][0], "name": name} for name in song.artists]
        item["album"] |= {"name": song.title, "release_date": f"{song.year}-01-02"}


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Moodring with a fake Spotify and YouTube.")
    parser.add_argument("--port", type=int, default=PORT)
    port = parser.parse_args().port
    with FakeSpotify(dress=dress) as spotify, FakeYouTube() as youtube:
        spotify.user.artists = tuple(dict.fromkeys(song.artists[0] for song in SONGS))[:12]
        demo = {
            "MOODRING_DEMO": "1",
            # Nothing leaves this machine.
            "MOODRING_DEEZER": "off",
            "MOODRING_REDIRECT_URI": REDIRECT_URI.replace(str(PORT), str(port)),
        }
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        try:
            return subprocess.run(
                [*command, "--server.address", "127.0.0.1", "--server.port", str(port)],
                cwd=PROJECT,
                env={**os.environ, **spotify.environ, **youtube.environ, **demo},
                check=False,
            ).returncode
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
