"""Songs of a real music server in the library: found, played, and asked for their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mutagen
import pytest
from playwright.sync_api import expect

from tests.e2e.driver import press_until, running_app
from tests.fakes import supysonic
from tests.fakes.servers import NoServer
from tests.fakes.sounds import pattern, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
TITLES = ("Fake Dawn", "Fake Noon", "Fake Storm")
SECONDS = 8.0
SOUNDS = "() => window.moodring.player.level() > 0.001"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    music, data = tmp_path / "music", tmp_path / "server"
    for folder in (music, data):
        folder.mkdir()
    for number, title in enumerate(TITLES):
        path = write(music / f"{number}.mp3", pattern(SECONDS + number))
        file = mutagen.File(path, easy=True)
        tags = {"title": title, "artist": f"Band {number}", "album": "Fake Album"}
        file.update({**tags, "genre": "pop", "date": "1999", "bpm": "120"})
        file.save()
    try:
        with supysonic.running(data, music) as base:
            yield base
    except NoServer as reason:
        pytest.skip(str(reason))


def test_songs_of_a_server_play_in_the_dock_and_lead_to_their_like(
    served: str, tmp_path: Path, open_browser: Callable[..., Browser]
) -> None:
    home = tmp_path / "data"
    home.mkdir()
    environ = {
        "MOODRING_SUBSONIC_URL": served,
        "MOODRING_SUBSONIC_USER": supysonic.USER,
        "MOODRING_SUBSONIC_PASSWORD": supysonic.PASSWORD,
    }
    page = open_browser().new_page()
    with running_app(home, **environ) as base:
        page.goto(f"{base}/library")
        expect(page.locator(".st-key-subsonic")).to_contain_text("3 with a mood")
        page.reload()
        lines = page.locator(".mr-songs .open")
        expect(lines).to_have_count(3)
        dawn = lines.filter(has_text="Fake Dawn")
        song = page.locator(".st-key-library-song")
        press_until(dawn, song)
        expect(song).to_contain_text("From the music server")
        playing = page.locator('.st-key-dock[data-state="playing"]')
        press_until(song.get_by_role("button", name="Play"), playing)
        page.wait_for_function(SOUNDS)
        dock = page.locator(".st-key-dock")
        expect(dock).to_have_attribute("data-kind", "server")
        expect(dock).to_have_attribute("data-title", "Fake Dawn")
        # Itself first, then its like; and the dock goes on to the next by itself.
        chosen = page.get_by_role("heading", name="3 songs chosen")
        press_until(song.get_by_role("button", name="More like this"), chosen)
        expect(lines.first).to_contain_text("Fake Dawn")
        dock.get_by_role("slider", name="Position in the song").fill(f"{SECONDS - 1:.0f}")
        expect(dock).not_to_have_attribute("data-title", "Fake Dawn")
        page.wait_for_function(SOUNDS)
