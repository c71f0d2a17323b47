"""The app with fakes in the place of Spotify and YouTube: every page and button, no account.

``make demo``. Nothing leaves this machine; the app says on every page that these are fakes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from recommender.settings import REDIRECT_URI
from tests.fakes.spotify import FakeSpotify
from tests.fakes.youtube import FakeYouTube

PROJECT = Path(__file__).resolve().parents[2]
PORT = 8501


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Moodring with a fake Spotify and YouTube.")
    parser.add_argument("--port", type=int, default=PORT)
    port = parser.parse_args().port
    with FakeSpotify(covers=False) as spotify, FakeYouTube() as youtube:
        demo = {
            "MOODRING_DEMO": "1",
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
