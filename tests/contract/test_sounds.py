"""The route of own sounds over HTTP: ranges, whose they are, and what has gone."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from pages.ui import resources
from pages.ui.visitor import listener, owner
from pages.ui.visitor.browser import browser_id, cookie_name, new_cookie
from pages.ui.web import sounds
from pages.ui.web.sound_tokens import LIFETIME_S, token_of
from recommender.db.engine import make_engine
from recommender.db.tables import Base, RecordingRow
from recommender.errors import Unavailable
from recommender.library.recordings import Recordings
from recommender.listeners.store import id_of, new_token
from recommender.settings import BadSetting
from tests.fakes.library import keep_song
from tests.fakes.taggers import write_wav
from tests.fakes.web_server import asked, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NOW = 1_790_000_000.0
SECRET = b"s" * 32
COOKIE = cookie_name(SECRET, https=False)
MY_BROWSER, THEIR_BROWSER = new_cookie(SECRET), new_cookie(SECRET)
ME, THEM = new_token(), new_token()
MINE = {COOKIE: MY_BROWSER, listener.COOKIE: ME}
SETTINGS = SimpleNamespace(share_library=False, owner_password=None)
OWNER = {owner.cookie_name(): owner.cookie_of(owner.WORD)}


class House:
    """A server of sounds with a song of mine and one of the owner's."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.engine = make_engine(folder / "data")
        Base.metadata.create_all(self.engine)
        self.recordings = Recordings(self.engine)
        self.paths = [write_wav(folder / "mine.wav"), write_wav(folder / "owner.WAV", 0.5)]
        self.mine = keep_song(self.engine, "Mine", listener=id_of(ME), path=self.paths[0])
        self.owners = keep_song(self.engine, "Theirs", path=self.paths[1])

    def address(self, key: str, browser: str = MY_BROWSER, now: float = NOW) -> str:
        word = browser_id(browser, SECRET)
        return f"/moodring/sound/{token_of(sounds.PATH, key, word, SECRET, now)}"

    def ask(
        self,
        path: str,
        cookies: Mapping[str, str] = MINE,
        method: str = "GET",
        **headers: str,
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers by their names in small letters, and body of an answer."""
        return asked(self.port, path, cookies, method, **headers)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    prefixes = ("/moodring", "/mood/ring/moodring")
    with serving([one for prefix in prefixes for one in sounds.routes(prefix)]) as found:
        yield found


@pytest.fixture
def house(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House(tmp_path, port)
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    monkeypatch.setattr(resources, "recordings", lambda: made.recordings)
    monkeypatch.setattr(resources, "settings", lambda: SETTINGS)
    monkeypatch.setattr(sounds, "time", SimpleNamespace(time=lambda: NOW))
    yield made
    made.engine.dispose()


def test_a_song_is_sent_whole_and_in_ranges(house: House) -> None:
    path, content = house.address(house.mine), house.paths[0].read_bytes()
    size = len(content)
    status, whole, body = house.ask(path)
    assert (status, body) == (200, content)
    fixed = {
        "content-type": "audio/wav",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "accept-ranges": "bytes",
    }
    assert whole.items() >= {**fixed, "content-length": f"{size}"}.items()
    tag = {"If_Range": whole["etag"]}
    for part, first, end in (
        ("bytes=0-", 0, size),
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=100-999999", 100, size),
        ("bytes=-44", size - 44, size),
    ):
        status, headers, body = house.ask(path, Range=part, **tag)
        assert (status, body) == (206, content[first:end])
        told = {"content-range": f"bytes {first}-{end - 1}/{size}", "etag": whole["etag"]}
        assert headers.items() >= {**fixed, **told, "content-length": f"{end - first}"}.items()
    # Several ranges, none, and the rest of another file: all of this one.
    for others in ({"Range": "bytes=0-1,4-5"}, {"Range": "bytes=x"}):
        assert house.ask(path, **others)[::2] == (200, content)
    for before in ('"other"', "Wed, 21 Oct 2026 07:28:00 GMT", f"W/{whole['etag']}"):
        assert house.ask(path, Range="bytes=4-5", If_Range=before)[::2] == (200, content)
    status, headers, _ = house.ask(path, Range=f"bytes={size}-")
    assert (status, headers["content-range"]) == (416, f"bytes */{size}")
    status, headers, body = house.ask(path, method="HEAD", Range="bytes=0-1")
    assert (status, body) == (200, b"")
    assert headers.items() >= {**fixed, "content-length": f"{size}"}.items()
    assert house.ask(path, method="POST")[0] == 405
    # A proxy may strip the base path, or leave it.
    assert house.ask(f"/mood/ring{path}", Range="bytes=0-3")[::2] == (206, b"RIFF")


def test_a_large_song_comes_in_chunks(house: House) -> None:
    path = write_wav(house.paths[0].with_name("long.wav"), seconds=60)
    key = keep_song(house.engine, "Long", listener=id_of(ME), path=path)
    content = path.read_bytes()
    assert len(content) > 3 * sounds.CHUNK_BYTES
    assert house.ask(house.address(key))[2] == content
    middle = f"bytes={sounds.CHUNK_BYTES - 1}-{2 * sounds.CHUNK_BYTES}"
    found = house.ask(house.address(key), Range=middle)[2]
    assert found == content[sounds.CHUNK_BYTES - 1 : 2 * sounds.CHUNK_BYTES + 1]


def test_an_address_is_one_browsers_and_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = house.address(house.mine)
    assert house.ask(path)[0] == 200
    refusals = [
        house.ask(path, {**MINE, COOKIE: THEIR_BROWSER}),
        house.ask(path, {listener.COOKIE: ME}),
        house.ask(path, {}),
        house.ask(path[:-1]),
        house.ask("/moodring/sound/" + house.mine),
        house.ask(house.address(house.mine, now=NOW - 2 * LIFETIME_S)),
        # A browser of mine, and a listener of somebody else's.
        house.ask(path, {COOKIE: MY_BROWSER, listener.COOKIE: THEM}),
        house.ask(path, {COOKIE: MY_BROWSER, listener.COOKIE: "x"}),
        house.ask(path, {COOKIE: MY_BROWSER}),
        house.ask(house.address("0" * 64)),
    ]
    monkeypatch.setattr(sounds, "time", SimpleNamespace(time=lambda: NOW + 2 * LIFETIME_S))
    refusals.append(house.ask(path))
    assert {(status, body) for status, _, body in refusals} == {(404, b"Not Found.")}
    assert {headers["cache-control"] for _, headers, _ in refusals} == {"private, no-store"}


def test_the_owners_folders_are_the_owners_or_everybodys_at_each_request(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = house.address(house.owners)
    assert house.ask(path)[0] == 404
    assert house.ask(path, {**MINE, **OWNER})[::2] == (200, house.paths[1].read_bytes())
    # An owner hears no uploads of others.
    theirs = house.address(house.mine, THEIR_BROWSER)
    assert house.ask(theirs, {COOKIE: THEIR_BROWSER, **OWNER})[0] == 404
    shared = SimpleNamespace(share_library=True, owner_password=None)
    monkeypatch.setattr(resources, "settings", lambda: shared)
    assert house.ask(path)[0] == 200
    assert house.ask(theirs, {COOKIE: THEIR_BROWSER})[0] == 404


def test_what_has_gone_is_not_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path, file = house.address(house.mine), house.paths[0]
    content = file.read_bytes()
    file.write_bytes(content[::-1])
    assert house.ask(path)[0] == 404
    file.write_bytes(content)
    assert house.ask(path)[0] == 200
    file.rename(file.with_suffix(".moved"))
    assert house.ask(path)[0] == 404
    # An uploaded file is never a link; a file in the owner's folders may be.
    file.symlink_to(file.with_suffix(".moved"))
    assert house.ask(path)[0] == 404
    linked = house.paths[1]
    linked.rename(linked.with_suffix(".moved"))
    linked.symlink_to(linked.with_suffix(".moved"))
    assert house.ask(house.address(house.owners), {**MINE, **OWNER})[0] == 200
    linked.unlink()
    os.mkfifo(linked)
    assert house.ask(house.address(house.owners), {**MINE, **OWNER})[0] == 404
    with house.engine.begin() as connection:
        silent = update(RecordingRow).where(RecordingRow.key == house.mine)
        connection.execute(silent.values(problem="unreadable"))
    assert house.ask(path)[0] == 404
    monkeypatch.setattr(resources, "recordings", lambda: None)
    assert house.ask(path)[0] == 404


def test_without_database_or_settings_nothing_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = house.address(house.mine)

    def broken(error: Exception) -> None:
        raise error

    monkeypatch.setattr(resources, "recordings", lambda: broken(Unavailable("database-unusable")))
    status, _, body = house.ask(path)
    assert (status, body) == (503, b"Service Unavailable.")
    monkeypatch.setattr(resources, "recordings", lambda: broken(BadSetting("setting-flag")))
    assert house.ask(path)[0] == 404
