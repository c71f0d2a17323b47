"""Where songs are opened, and Deezer's covers, without a browser."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from detectors.types import Message
from pages.ui import resources
from pages.ui.tiles import deezer, elsewhere
from pages.ui.tiles.deezer import Findings
from recommender.deezer.matching import Match
from recommender.errors import SourceError, Unavailable
from recommender.settings import settings_from
from recommender.types import Place, Reasons, SourceName, Tile, Track
from tests.busy import LATE_S

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = "Covers and 30-second previews from Deezer: it learns the titles and your address"
COVER = f"https://cdn-images.dzcdn.net/images/cover/{'a' * 32}/500x500-000000-80-0-0.jpg"

# Number of a song without a preview.
SILENT = 8


def track(number: int, source: SourceName = SourceName.CATALOGUE) -> Track:
    return Track(f"Fake Song {number}", ("Fake Artist",), source, f"fake{number}")


def tile(number: int, source: SourceName = SourceName.CATALOGUE) -> Tile:
    return Tile(
        track=track(number, source),
        open_url="https://open.spotify.com/search/x",
        fallback_url="https://www.youtube.com/results?search_query=x",
        why=(Message("feeling-happy"),),
        reasons=Reasons(relevance=0.0, confidence=1.0),
    )


class Source:
    """A Deezer that finds every song but the odd ones, when it is let to."""

    def __init__(self, outcome: SourceError | None = None) -> None:
        self.outcome = outcome
        self.asked: list[str] = []
        self.let = threading.Event()

    def find(self, song: Track, *, deadline: float) -> Match | None:
        assert self.let.wait(LATE_S)
        assert deadline > time.monotonic()
        self.asked.append(song.source_id)
        if self.outcome is not None:
            raise self.outcome
        number = int(song.source_id.removeprefix("fake"))
        return None if number % 2 else Match.of(number, COVER, preview=number != SILENT)


def looked_for(findings: Findings, source: Any, tracks: list[Track]) -> None:  # noqa: ANN401
    """Look for tracks until no more are looked for."""
    source.let.set()
    end = time.monotonic() + LATE_S
    while findings.look_for(source, tracks):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_to(value: str) -> None:
        settings = settings_from({"MOODRING_DEEZER": value})
        monkeypatch.setattr(resources, "settings", lambda: settings)
        monkeypatch.setattr(resources, "browser_secret", lambda: b"s" * 32)

    return set_to


def app_of(*tiles: Tile, **query: str) -> AppTest:
    # AppTest takes the source alone, so that it knows no name from above.
    def script(tiles: list) -> None:  # type: ignore[type-arg]
        import streamlit as st

        from pages.ui.tiles import deezer, elsewhere

        for one in tiles:
            st.text("|".join(f"{label}>{address}" for address, label in elsewhere.all_links(one)))
            st.text(f"{deezer.preview_address(one.track)}")
        elsewhere.show()
        deezer.slide_in(tiles)

    app = AppTest.from_function(script, kwargs={"tiles": [*tiles]})
    app.query_params.update(query)
    return app


def lines(app: AppTest) -> list[str]:
    assert not app.exception
    return [text.value for text in app.text]


@pytest.mark.parametrize(
    ("named", "kept", "place"),
    [
        (None, None, Place.YOUTUBE),
        ("deezer", "apple", Place.DEEZER),
        ("nowhere", "apple", Place.APPLE),
        ("YouTube", "", Place.YOUTUBE),
    ],
)
def test_the_address_counts_before_the_cookie(
    named: str | None, kept: str | None, place: Place
) -> None:
    assert elsewhere.asked_for(named, kept) is place


def test_a_tile_leads_where_the_visitor_likes(setting: Callable[[str], None]) -> None:
    setting("ask")
    app = app_of(tile(2), tile(3, SourceName.SPOTIFY)).run()
    (choice,) = app.selectbox
    assert (choice.key, choice.label, choice.value) == ("open-songs-in", "Open songs in", "youtube")
    assert choice.options == ["YouTube", "Spotify", "Apple Music", "Deezer"]
    assert lines(app)[0].startswith("Open on YouTube>https://www.youtube.com/")
    # Spotify's songs lead to Spotify first.
    assert lines(app)[2].startswith("Open on Spotify>https://open.spotify.com/")
    app = choice.set_value("apple").run()
    assert lines(app)[0].startswith("Open on Apple Music>https://music.apple.com/search?term=Fake")
    assert "|Open on YouTube>" in lines(app)[0]
    assert lines(app)[2].startswith("Open on Spotify>")
    assert app.query_params["open"] == "apple"
    assert app.run().selectbox[0].value == "apple"
    app = app_of(tile(2), open="deezer").run()
    assert lines(app)[0].startswith("Open on Deezer>https://www.deezer.com/search/Fake%20Song")


def test_deezer_is_asked_nothing_before_the_press_and_again_after_another(
    setting: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    setting("ask")
    source = Source()
    monkeypatch.setattr(resources, "deezer", lambda: source)
    songs = (
        *(tile(2), tile(4, SourceName.SPOTIFY), tile(6, SourceName.LIBRARY)),
        tile(SILENT),
    )
    app = app_of(*songs, open="deezer").run()
    (button,) = app.button
    assert (button.key, button.label) == ("deezer", WORDS)
    assert "deezer-found" not in app.session_state
    app = button.click().run()
    assert app.button[0].label == "No more from Deezer"
    looked_for(app.session_state["deezer-found"], source, [track(2), track(SILENT)])
    # Neither Spotify's songs nor the visitor's own.
    assert source.asked == ["fake2", "fake8"]
    app.run()
    assert lines(app)[0].startswith("Open on Deezer>https://www.deezer.com/track/2|")
    assert lines(app)[1].startswith("./moodring/preview/")
    assert [lines(app)[place] for place in (3, 5, 7)] == ["None"] * 3
    assert lines(app)[6].startswith("Open on Deezer>https://www.deezer.com/track/8|")
    app = app.button[0].click().run()
    assert app.button[0].label == WORDS
    assert lines(app)[1] == "None"
    assert source.asked == ["fake2", "fake8"]


@pytest.mark.parametrize("value", ["on", "off"])
def test_the_owner_decides_for_all(
    setting: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    setting(value)
    source = Source()
    monkeypatch.setattr(resources, "deezer", lambda: source if value == "on" else None)
    app = app_of(tile(2)).run()
    assert not app.exception
    assert not app.button
    names = [one.proto.body for one in app.get("html") if "mr-deezer" in one.proto.body]
    assert [WORDS in name for name in names] == ([True] if value == "on" else [])
    assert ("deezer-found" in app.session_state) == (value == "on")
    source.let.set()


def test_songs_are_looked_for_once_and_together(monkeypatch: pytest.MonkeyPatch) -> None:
    findings, source = Findings(), Source()
    tracks = [track(number) for number in range(1, 4)]
    assert findings.look_for(source, tracks)  # type: ignore[arg-type]
    # It goes on in its thread, without another.
    assert findings.look_for(source, tracks)  # type: ignore[arg-type]
    assert findings.of(tracks[1]) is None
    looked_for(findings, source, tracks)
    assert source.asked == ["fake1", "fake2", "fake3"]
    assert findings.of(tracks[0]) is None
    assert findings.of(tracks[1]) == Match.of(2, COVER, preview=True)
    monkeypatch.setattr(deezer, "MAX_KNOWN", 3)
    looked_for(findings, source, [track(4)])
    assert findings.of(tracks[1]) is None


def test_after_a_failure_deezer_has_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    findings, source = Findings(), Source(Unavailable("deezer-failed"))
    looked_for(findings, source, [track(2), track(4)])
    assert source.asked == ["fake2"]
    source.outcome = None
    looked_for(findings, source, [track(2)])
    assert source.asked == ["fake2"]
    monkeypatch.setattr(findings, "_rests_until", 0.0)
    looked_for(findings, source, [track(2)])
    assert findings.of(track(2)) is not None


def test_few_visitors_search_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deezer, "_searches", threading.BoundedSemaphore(1))
    first, second = Source(), Source()
    one, other = Findings(), Findings()
    assert one.look_for(first, [track(2)])  # type: ignore[arg-type]
    second.let.set()
    assert other.look_for(second, [track(2)])  # type: ignore[arg-type]
    assert second.asked == []
    looked_for(one, first, [track(2)])
    looked_for(other, second, [track(2)])
    assert second.asked == ["fake2"]


def test_without_a_database_deezer_is_asked_and_nothing_kept(
    setting: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "database", lambda: None)
    for value, is_there in (("off", False), ("ask", True)):
        setting(value)
        resources.deezer.clear()  # type: ignore[attr-defined]
        assert (resources.deezer() is not None) == is_there
    resources.deezer.clear()  # type: ignore[attr-defined]
