"""A real server of ListenBrainz's API for the tests: Maloja from PyPI, with one token."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from tests.busy import LATE_S
from tests.e2e.driver import free_port
from tests.fakes import servers
from tests.fakes.environments import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = Path(__file__).parents[2] / "requirements-maloja.txt"
TOKEN = "fakeToken0" * 6


@dataclass(frozen=True, slots=True)
class Maloja:
    """A running server.

    port : where it answers on this machine
    """

    port: int

    @property
    def base(self) -> str:
        """Address for MOODRING_LISTENBRAINZ_URL."""
        return f"http://127.0.0.1:{self.port}/apis/listenbrainz"

    def scrobbles(self) -> list[dict[str, Any]]:
        """Return the plays that it keeps, newest first."""
        place = f"http://127.0.0.1:{self.port}/apis/mlj_1/scrobbles?since=2000"
        with urlopen(place, timeout=LATE_S) as answer:
            listed: list[dict[str, Any]] = json.load(answer)["list"]
        return listed


@contextmanager
def running(folder: Path) -> Iterator[Maloja]:
    """Start a server that keeps everything in a folder; NoServer where it cannot be had."""
    maloja = environment(LOCK) / "bin" / "maloja"
    (folder / "apikeys.yml").write_text(f"moodring: {TOKEN}\n", encoding="utf-8")
    port = free_port()
    apart = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "MALOJA_DATA_DIRECTORY": str(folder),
        "MALOJA_SKIP_SETUP": "yes",
        "MALOJA_FORCE_PASSWORD": "fake",
        "MALOJA_HOST": "127.0.0.1",
        "MALOJA_PORT": str(port),
        "MALOJA_SEND_STATS": "no",
    }
    with servers.running([maloja, "run"], folder, env=apart) as server:
        servers.wait_for_answer(f"http://127.0.0.1:{port}/apis/mlj_1/serverinfo", server, folder)
        yield Maloja(port)
