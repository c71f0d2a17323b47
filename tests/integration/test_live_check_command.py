"""`python -m recommender live-check`, against fakes over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.__main__ import main
from tests.fakes import cloudflare, spotify, youtube
from tests.fakes.cloudflare import FakeCloudflare
from tests.fakes.commands import call
from tests.fakes.spotify import FakeSpotify, FaultPlan
from tests.fakes.youtube import FakeYouTube

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


def live_check(
    data_dir: Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return call(main, data_dir, "live-check", environ=environ)


def test_without_keys_it_says_so_and_asks_nothing(tmp_path: Path) -> None:
    done = live_check(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Spotify: no key is set, so no request was sent. "
        "To set one, use SPOTIPY_CLIENT_ID and SPOTIPY_CLIENT_SECRET.",
        "YouTube: no key is set, so no request was sent. To set one, use YOUTUBE_API_KEY.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_each_service_is_asked_once_every_time(tmp_path: Path) -> None:
    with FakeSpotify() as music, FakeYouTube() as videos:
        for times in (1, 2):
            done = live_check(tmp_path, {**music.environ, **videos.environ})
            assert (done.returncode, done.stderr) == (0, "")
            assert len(music.searches) == len(videos.asked) == times
    said_of_spotify, said_of_youtube = done.stdout.splitlines()
    assert said_of_spotify == f"Spotify: answered. {music.base} is not the real service."
    assert said_of_youtube.startswith("YouTube: answered")
    assert said_of_youtube.endswith(" 98 searches are left today.")
    assert spotify.CLIENT_SECRET not in done.stdout
    assert youtube.KEY not in done.stdout


def test_cloudflare_is_asked_where_it_has_a_key(tmp_path: Path) -> None:
    with FakeCloudflare() as relays:
        done = live_check(tmp_path, relays.environ)
        assert (done.returncode, done.stderr, len(relays.asked)) == (0, "", 1)
        assert done.stdout.splitlines()[-1] == (
            f"Cloudflare: answered. {relays.base} is not the real service."
        )
        relays.fault = "401"
        done = live_check(tmp_path, relays.environ)
    assert done.returncode == 1
    assert "Cloudflare: failed. Cloudflare does not accept the key for its relay." in done.stderr
    assert cloudflare.TOKEN not in done.stdout + done.stderr


@pytest.mark.parametrize("failing", ["spotify", "youtube"])
def test_one_failure_is_said_and_the_other_service_asked_all_the_same(
    tmp_path: Path, failing: str
) -> None:
    with FakeSpotify() as music, FakeYouTube() as videos:
        if failing == "spotify":
            music.plan = FaultPlan(search="500")
        else:
            videos.fault = "quota"
        done = live_check(tmp_path, {**music.environ, **videos.environ})
    assert done.returncode == 1
    assert done.stdout.count("answered") == 1
    assert done.stderr.count("failed.") == 1
    assert done.stderr.casefold().startswith(failing)


def test_bad_keys_are_said_and_never_shown(tmp_path: Path) -> None:
    with FakeSpotify() as music, FakeYouTube() as videos:
        canaries = {"SPOTIPY_CLIENT_SECRET": "canary-1", "YOUTUBE_API_KEY": "canary-2"}
        done = live_check(tmp_path, {**music.environ, **videos.environ, **canaries})
    assert done.returncode == 1
    assert "Spotify: failed. Spotify does not accept the key." in done.stderr
    assert "YouTube: failed. YouTube does not accept the key." in done.stderr
    assert "canary" not in done.stdout + done.stderr
