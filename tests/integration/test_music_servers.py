"""Music servers in the pages: a visitor's own, the owner's, and what goes back to them."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pages.ui import resources
from pages.ui.library import servers
from pages.ui.tiles.playing import Playing
from recommender.__main__ import main
from recommender.commands import FAILED
from recommender.commands.tag import tag
from recommender.errors import SourceError
from recommender.subsonic.client import Login
from recommender.subsonic.heard import HeardInMemory
from recommender.subsonic.hearing import VISITORS
from recommender.subsonic.server import FOLDER, connected
from recommender.types import SourceName
from recommender.web import addresses
from recommender.web.addresses import owners_address
from tests.busy import wait_until
from tests.fakes.dask_cluster import dask_cluster
from tests.fakes.subsonic import KEY, PASSWORD, USER, FakeSubsonic, song
from tests.fakes.taggers import Here, LoudnessTagger, write_wav
from tests.fakes.visits import Visit, open_page, run, words
from tests.integration.test_own_tiles import play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSubsonic]:
    monkeypatch.setattr(resources, "upload_tagger", lambda: Here(LoudnessTagger()))
    songs = [song(n, moods=["happy"]) for n in range(20)]
    with FakeSubsonic(songs) as served:
        # A fake has no certificate; which addresses are taken is tried elsewhere.
        at = owners_address(served.base)
        monkeypatch.setattr(addresses, "visitors_address", lambda _: at)
        yield served


def connect(page: AppTest, user: str, word: str) -> AppTest:
    page.text_input(key="subsonic-address").input("music.example.org")
    page.text_input(key="subsonic-user").input(user)
    page.text_input(key="subsonic-word").input(word)
    (button,) = (one for one in page.button if one.label == "Connect")
    button.click()
    return run(page)


def asked_for(fake: FakeSubsonic, method: str) -> list[dict[str, list[str]]]:
    return [said for asked, said in fake.asked if asked == method]


@pytest.mark.usefixtures("visit")
def test_a_visitor_connects_and_disconnects_a_server(fake: FakeSubsonic) -> None:
    page = connect(open_page(), USER, "wrong")
    # Another run may follow before anybody has read it.
    for _ in range(2):
        assert "does not accept the name or the password" in words(page)
        run(page)
    page = connect(page, USER, PASSWORD)
    visit = page.session_state["subsonic-own"]
    wait_until(lambda: not visit.server.status().listing)
    said = words(run(page))
    assert "does not accept" not in said
    assert "20 songs" in said
    assert "20 with a mood" in said
    # Neither the page nor the session's widgets keep the sign-in.
    assert PASSWORD not in said
    assert "subsonic-word" not in page.session_state
    assert PASSWORD not in repr(visit.server.__dict__)
    page.button(key="subsonic-disconnect").click()
    run(page)
    assert "subsonic-own" not in page.session_state
    assert visit.server._stopping.is_set()
    assert page.text_input(key="subsonic-word").value == ""
    # Without a name, the word is a key.
    connect(page, "", KEY)
    assert fake.asked[-1][1].get("apiKey") == [KEY]
    page.button(key="subsonic-disconnect").click()
    run(page)


@pytest.mark.usefixtures("visit")
def test_so_many_servers_at_a_time(fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "MAX_SERVERS", 0)
    page = connect(open_page(), USER, PASSWORD)
    assert "Too many music servers" in words(page)
    assert fake.asked == []


@pytest.mark.usefixtures("visit")
def test_a_server_ends_with_its_session(fake: FakeSubsonic) -> None:
    made = server_of(fake)
    made.start()
    visit = servers.Visit(made)
    del visit
    gc.collect()
    assert made._stopping.is_set()


def server_of(fake: FakeSubsonic) -> servers.MusicServer:
    at = owners_address(fake.base)
    made = connected(
        at, Login(USER, PASSWORD), HeardInMemory(), None, VISITORS, resources.settings().data_dir
    )
    made.look()
    return made


def shared(fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch) -> servers.MusicServer:
    """Let the owner have this server."""
    made = server_of(fake)
    monkeypatch.setattr(resources, "music_server", lambda: made)
    return made


def test_the_owners_server_plays_for_all_but_only_the_owner_writes_there(
    visit: Visit, fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared(fake, monkeypatch)
    assert "For everybody here  ·  20 songs  ·  20 with a mood" in words(open_page())
    page = play()
    now: Playing = page.session_state["playing"]
    track = next(t.track for t in now.tiles if t.track.source is SourceName.SERVER)
    assert "subsonic-save-0" not in [button.key for button in page.button]
    page.button(key=f"like-{track.source_id}").click()
    run(page)
    visit.sits_here(here=True)
    page = play()
    now = page.session_state["playing"]
    mine = [t.track for t in now.tiles if t.track.source is SourceName.SERVER]
    page.button(key="subsonic-save-0").click()
    run(page)
    (ids,) = fake.playlists.values()
    assert len(ids) == len(mine)
    liked = next(one for one in mine if one != track)
    page.button(key=f"like-{liked.source_id}").click()
    run(page)
    wait_until(lambda: len(fake.starred) == 1)
    assert len(asked_for(fake, "star")) == 1
    fake.fault = "not allowed"
    page.button(key="subsonic-save-0").click()
    run(page)
    assert "does not allow this account" in words(page)


def test_plays_are_told_and_nobody_waits_for_it(
    visit: Visit, fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shared(fake, monkeypatch)
    (one, *_) = made.shelf.songs()
    track = one.track_at((0.5, 0.5))
    assert servers.song(one.key) == (made.shelf.client, one)
    assert servers.song("no key") is None
    servers.scrobble(track, 1)
    servers.star(replace(track, source=SourceName.CATALOGUE), on=True)
    assert asked_for(fake, "scrobble") == asked_for(fake, "star") == []
    visit.sits_here(here=True)
    servers.scrobble(track, 1_700_000_000_000)
    wait_until(lambda: len(fake.scrobbled) == 1)
    assert fake.scrobbled[0]["time"] == ["1700000000000"]
    # A server that fails is not told again.
    fake.fault = "500"
    servers.star(track, on=True)
    wait_until(lambda: len(asked_for(fake, "star")) == 1)


@pytest.mark.usefixtures("visit")
def test_the_panel_tells_how_far_hearing_is_and_what_went_wrong(
    fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shared(fake, monkeypatch)
    made._tell(1, 3)
    (bar,) = open_page().get("progress")
    assert (bar.proto.value, bar.proto.text) == (33, "Listened to 1 of 3 files")
    fake.fault = "HTML"
    made.look()
    assert "no music server at this address" in words(open_page())


@pytest.mark.usefixtures("visit")
def test_without_a_setting_there_is_no_server_of_the_owner(fake: FakeSubsonic) -> None:
    assert resources.music_server() is None
    assert servers.sources() == []
    fake.fault = "reset"
    with pytest.raises(SourceError):
        server_of(fake).shelf.client.check()


def test_the_owners_server_is_started_once(
    visit: Visit, fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.settings = replace(
        visit.settings, subsonic_url=fake.base, subsonic_user=USER, subsonic_password=PASSWORD
    )
    monkeypatch.setattr(resources, "_own_tagger", lambda: LoudnessTagger)
    resources._owners_server.clear()
    made = resources.music_server()
    assert made is not None
    assert resources.music_server() is made
    wait_until(lambda: not made.status().listing)
    assert made.status().placed == 20
    made.stop()
    resources._owners_server.clear()


@pytest.fixture
def sounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSubsonic]:
    """The owner's server of three songs of which nothing is known."""
    sounds = {
        f"so-{number}": write_wav(tmp_path / f"{number}.wav", loudness).read_bytes()
        for number, loudness in enumerate((0.1, 0.5, 0.9))
    }
    songs = [song(number, moods=[], genre=None, bpm=0) for number in range(3)]
    with FakeSubsonic(songs, sounds=sounds) as served:
        for name, value in {**served.environ, "MOODRING_DATA_DIR": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        yield served


def tag_server(*options: str) -> tuple[int, str]:
    """Run the command, and return its status and what it prints."""
    command = ["--server", *options]
    done = CliRunner().invoke(tag, command, obj=lambda: LoudnessTagger, standalone_mode=False)
    return done.return_value, done.stdout


def test_the_owners_songs_are_heard_at_the_terminal_and_once(sounding: FakeSubsonic) -> None:
    assert tag_server("--workers", "1") == (0, "3 songs heard.\n")
    streams = len(asked_for(sounding, "stream"))
    assert tag_server("--workers", "1") == (0, "0 songs heard.\n")
    assert len(asked_for(sounding, "stream")) == streams == 3


def test_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", "--server", "folder"]) == 2
    assert "--server excludes folders" in capsys.readouterr().err
    monkeypatch.setenv("MOODRING_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("MOODRING_SUBSONIC_URL", raising=False)
    assert tag_server()[0] == FAILED


@pytest.mark.slow
def test_the_owners_songs_are_heard_by_dask(sounding: FakeSubsonic, tmp_path: Path) -> None:
    with dask_cluster(tmp_path, workers=2) as dask:
        assert tag_server("--scheduler", dask.address) == (0, "3 songs heard.\n")
    assert len(asked_for(sounding, "stream")) == 3
    assert list((tmp_path / FOLDER).iterdir()) == []
