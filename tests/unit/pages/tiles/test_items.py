"""Songs as the player takes them: the best way to play each, and what a press says it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import dock
from pages.ui.tiles import deezer, elsewhere, items, videos
from pages.ui.web import sounds
from recommender.types import Place, Reasons, SourceName, Tile, Track, youtube_embed

if TYPE_CHECKING:
    from recommender.library.recordings import Recording

SPOTIFYS = "https://open.spotify.com/track/0123456789abcdefghijkl"
VIDEO = "https://www.youtube.com/watch?v=aaaaaaaaaaa"
EMBED = "https://www.youtube-nocookie.com/embed/aaaaaaaaaaa"
PREVIEW = "./moodring/preview/7-tag"


def tile(source: SourceName = SourceName.CATALOGUE, url: str | None = None) -> Tile:
    return Tile(
        track=Track("Song <b>", ("Ann", "Bob"), source, "song", url=url, valence=0.5, energy=0.4),
        open_url=url or "https://open.spotify.com/search/x",
        fallback_url="https://www.youtube.com/results?search_query=x",
        why=(),
        reasons=Reasons(relevance=0.0, confidence=1.0),
    )


@pytest.fixture(autouse=True)
def visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor who opens songs in YouTube, with nothing found."""
    monkeypatch.setattr(elsewhere, "chosen", lambda: Place.YOUTUBE)
    monkeypatch.setattr(videos, "known", lambda _: None)
    monkeypatch.setattr(deezer, "preview_address", lambda _: None)
    monkeypatch.setattr(items, "recording_of", lambda _: None)
    monkeypatch.setattr(items, "cover_of", lambda *_: "data:image/svg+xml;base64,")


def test_where_nothing_plays_nothing_is_called_play() -> None:
    one = tile()
    item = items.of_tile(one)
    assert (item["kind"], item["src"], item["open"]) == ("", "", one.fallback_url)
    assert items.does(one, item) == "Open on YouTube"
    assert items.label(one, item) == "Open on YouTube: Song <b>, Ann, Bob"
    assert (item["valence"], item["energy"], item["seconds"]) == (0.5, 0.4, None)


def test_the_best_way_to_play_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deezer, "preview_address", lambda _: PREVIEW)
    item = items.of_tile(tile())
    assert (item["kind"], item["src"], item["from"]) == (
        "preview",
        PREVIEW,
        "30 seconds from Deezer",
    )
    assert items.does(tile(), item) == "Preview 30 s"
    assert items.label(tile(), item) == "Preview 30 s: Song <b>, Ann, Bob"
    monkeypatch.setattr(videos, "known", lambda _: VIDEO)
    item = items.of_tile(tile())
    assert (item["kind"], item["src"], item["from"]) == ("youtube", EMBED, "From YouTube")
    assert items.label(tile(), item) == "Play Song <b>, Ann, Bob"
    item = items.of_tile(tile(SourceName.SPOTIFY, SPOTIFYS))
    embed = SPOTIFYS.replace("/track/", "/embed/track/")
    assert (item["kind"], item["src"], item["from"]) == ("spotify", embed, "From Spotify")
    assert item["open"] == SPOTIFYS


@pytest.mark.parametrize(("address", "kind"), [("./moodring/sound/x", "file"), ("", "")])
def test_an_own_song_plays_from_its_file_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, address: str, kind: str
) -> None:
    def recorded(_: Track) -> Recording:
        class Found:
            seconds = 181.0

        return Found()  # type: ignore[return-value]

    monkeypatch.setattr(items, "recording_of", recorded)
    monkeypatch.setattr(sounds, "address_of", lambda _: address)
    one = tile(SourceName.LIBRARY)
    item = items.of_tile(one)
    assert (item["kind"], item["src"], item["open"], item["seconds"]) == (kind, address, "", 181.0)
    assert items.does(one, item) == ("Play" if kind else "")
    assert items.label(one, item).endswith("Song <b>, Ann, Bob")
    monkeypatch.setattr(items, "recording_of", lambda _: None)
    assert items.of_tile(one)["kind"] == ""


@pytest.mark.parametrize("other", [None, "", VIDEO + "x", "https://evil.test/watch?v=aaaaaaaaaaa"])
def test_only_a_video_has_a_player(other: str | None) -> None:
    assert youtube_embed(VIDEO) == EMBED
    assert youtube_embed(other) is None


def test_the_dock_has_a_word_for_everything_it_shows() -> None:
    assert all(dock.words().values())
