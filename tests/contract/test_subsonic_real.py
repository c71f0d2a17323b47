"""The client of music servers against a real supysonic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import mutagen
import pytest

from recommender.errors import NotAuthorised, SourceError
from recommender.subsonic.client import Login, SubsonicClient
from recommender.subsonic.heard import HeardInMemory
from recommender.subsonic.hearing import OWNERS, hear, one_by_one
from recommender.subsonic.shelf import Shelf
from recommender.subsonic.source import SubsonicSource
from recommender.types import Mood, Query
from recommender.web.addresses import owners_address
from tests.fakes import supysonic
from tests.fakes.servers import NoServer
from tests.fakes.sounds import pad, write
from tests.fakes.taggers import Here, own_reading_tagger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Its environment is installed, and its music scanned: some ten seconds at first.
pytestmark = pytest.mark.slow
TITLES = ("Fake Dawn", "Fake Storm", "நிலா")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("music")
    for number, title in enumerate(TITLES):
        path = write(folder / f"{number}.mp3", pad(2.0 + number))
        file = mutagen.File(path, easy=True)
        tags = {"title": title, "artist": "Fake Band", "album": "Fake Album"}
        file.update({**tags, "genre": "pop", "date": "1999", "bpm": "120"})
        file.save()
    return folder


@pytest.fixture(scope="module")
def base(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with supysonic.running(tmp_path_factory.mktemp("supysonic"), music) as address:
            yield address
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.fixture
def client(base: str) -> SubsonicClient:
    return SubsonicClient(owners_address(base), Login(supysonic.USER, supysonic.PASSWORD))


def test_the_sign_in_falls_back_to_what_the_server_knows(base: str, client: SubsonicClient) -> None:
    client.check()
    assert client.extensions() == frozenset()
    keyed = Login(supysonic.USER, supysonic.PASSWORD, key="supysonic knows no keys")
    SubsonicClient(owners_address(base), keyed).check()
    with pytest.raises(NotAuthorised) as refused:
        SubsonicClient(owners_address(base), Login(supysonic.USER, "wrong")).check()
    assert refused.value.message.id == "server-bad-password"


def test_songs_are_listed_and_their_sound_comes(client: SubsonicClient, music: Path) -> None:
    songs = {one["title"]: one for one in client.songs(0)}
    assert set(songs) == set(TITLES)
    assert songs["நிலா"]["artist"] == "Fake Band"
    assert songs["Fake Dawn"]["genre"] == "pop"
    assert client.songs(500) == []
    assert len(client.some_songs()) == len(TITLES)
    whole = (music / "0.mp3").read_bytes()
    stream = client.open_stream(songs["Fake Dawn"]["id"])
    assert b"".join(stream.chunks) == whole
    stream.close()
    part = client.open_stream(songs["Fake Dawn"]["id"], "bytes=100-199")
    assert (part.status, b"".join(part.chunks)) == (206, whole[100:200])
    part.close()
    with pytest.raises(SourceError):
        client.open_stream("no-such-song")


def test_its_songs_are_heard_and_come_for_a_mood(client: SubsonicClient, tmp_path: Path) -> None:
    shelf = Shelf(client, HeardInMemory())
    shelf.refresh()
    guesses = dict(shelf.placed())
    # Pop, of which the starter catalogue tells the usual place.
    assert len(guesses) == len(TITLES)
    tagger = Here(own_reading_tagger())
    assert hear(shelf, one_by_one(tagger.tag_file), OWNERS, tmp_path) == len(TITLES)
    (song, point), *_ = shelf.placed()
    assert point != guesses[song]
    query = Query(Mood(*point), "happy", artists=("fake band",))
    found = SubsonicSource(shelf).search(query, deadline=time.monotonic() + 10)
    assert sorted(track.title for track in found) == sorted(TITLES)
    assert found[0].year == 1999


def test_playlists_stars_and_plays_go_back(client: SubsonicClient) -> None:
    ids = [one["id"] for one in client.songs(0)]
    client.create_playlist("Calm – heute", ids)
    listed = client._ask("getPlaylists", {}, None)["playlists"]["playlist"]
    assert [(one["name"], one["songCount"]) for one in listed] == [("Calm – heute", len(TITLES))]
    client.star(ids[0])
    assert [one["id"] for one in client.songs(0) if "starred" in one] == ids[:1]
    client.star(ids[0], on=False)
    assert not any("starred" in one for one in client.songs(0))
    client.scrobble(ids[1], 1_700_000_000_000)
    client.scrobble(ids[1], playing_now=True)
