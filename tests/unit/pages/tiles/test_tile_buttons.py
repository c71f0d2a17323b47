"""The buttons below the tiles and on them, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from detectors.types import Message
from pages.ui import resources
from pages.ui.tiles.videos import VIDEO_SHARES, region_and_language
from recommender.errors import Unavailable
from recommender.types import Mood, Preferences, Reasons, SourceName, Tile, Track
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.errors import SourceError

VIDEO = "https://www.youtube.com/watch?v=aaaaaaaaaaa"


def tile(
    number: int, source: SourceName = SourceName.CATALOGUE, *, on_spotify: bool = False
) -> Tile:
    page = f"https://open.spotify.com/track/{number:022}"
    return Tile(
        track=Track(
            f"Fake Song {number}",
            ("Fake Artist",),
            source,
            f"fake{number}",
            url=page if on_spotify else None,
        ),
        open_url=page if on_spotify else "https://open.spotify.com/search/x",
        fallback_url="https://www.youtube.com/results?search_query=x",
        why=(Message("feeling-happy"),),
        reasons=Reasons(relevance=0.0, confidence=1.0),
    )


class Finder:
    """Finds whatever it is told to, or raises it."""

    def __init__(self, outcome: str | SourceError | None, left: int | SourceError = 7) -> None:
        self.outcome, self.remaining = outcome, left

    def left(self) -> int:
        if isinstance(self.remaining, Exception):
            raise self.remaining
        return self.remaining

    def find_video(self, track: Track, **_: object) -> str | None:
        assert track.title.startswith("Fake Song")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def drawn(draw: Callable[..., None], things: list[Any]) -> AppTest:
    # AppTest takes the source alone, so that it knows no name from above.
    def script(draw: object, things: list[object]) -> None:
        for one in things:
            draw(one)

    app = AppTest.from_function(script, kwargs={"draw": draw, "things": things}).run()
    assert not app.exception
    return app


def videos(
    monkeypatch: pytest.MonkeyPatch, finder: Finder | None, one: Tile | None = None
) -> AppTest:
    from pages.ui.tiles.videos import show_video_button

    monkeypatch.setattr(resources, "videos", lambda: finder)
    return drawn(show_video_button, [one or tile(1)])


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("pt-BR", ("BR", "pt")),
        ("de", (None, "de")),
        ("zh-Hant-TW", ("TW", "zh")),
        ("en-US-u-ca-gregory", ("US", "en")),
        ("es-419", (None, "es")),
        ("tlh", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_locale_says_where_somebody_is_and_what_they_speak(
    locale: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert region_and_language(locale) == expected


def test_without_a_key_there_is_no_button_for_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not videos(monkeypatch, None).button


def test_songs_of_spotify_have_no_button_for_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not videos(monkeypatch, Finder(VIDEO), tile(1, SourceName.SPOTIFY)).button


def test_a_press_finds_the_video_and_the_budget_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    app = videos(monkeypatch, Finder(VIDEO))
    (button,) = app.button
    assert "7 of today's 100 searches are left." in button.help
    app = button.click().run()
    assert [link.proto.url for link in app.get("link_button")] == [VIDEO]
    assert not app.button
    assert app.run().get("link_button")


def test_that_nothing_fits_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    app = videos(monkeypatch, Finder(None)).button[0].click().run()
    assert [caption.value for caption in app.caption] == [
        "YouTube has no video that fits; its search may have."
    ]
    assert not app.button


def test_a_failure_is_one_sentence_and_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = Finder(Unavailable("YouTube is out of order."))
    app = videos(monkeypatch, finder).button[0].click().run()
    assert [caption.value for caption in app.caption] == ["YouTube is out of order."]
    finder.outcome = VIDEO
    app = app.button[0].click().run()
    assert (len(app.caption), len(app.get("link_button"))) == (0, 1)


def test_a_visitor_who_has_used_up_their_share_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VIDEO_SHARES, "spend", lambda _: False)
    app = videos(monkeypatch, Finder(VIDEO)).button[0].click().run()
    assert [caption.value for caption in app.caption] == [said("youtube-share-used")]
    monkeypatch.setattr("pages.ui.tiles.videos.owner.is_owner", lambda: True)
    assert app.button[0].click().run().get("link_button")


def test_with_nothing_left_the_button_cannot_be_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert videos(monkeypatch, Finder(VIDEO, left=0)).button[0].disabled


def test_where_nothing_can_be_counted_there_is_no_button(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not videos(monkeypatch, Finder(VIDEO, left=Unavailable("no"))).button


@pytest.mark.parametrize("count", [0, 2])
def test_songs_can_be_downloaded_once_there_are_some(count: int) -> None:
    from pages.ui.tiles.playing import Playing

    def script() -> None:
        from pages.ui.tiles import saving

        saving.show_downloads()

    app = AppTest.from_function(script)
    assert not app.run().get("download_button")
    tiles = tuple(tile(number) for number in range(count))
    app.session_state["playing"] = Playing(Mood(0.8, 0.7), Preferences(), tiles, None)
    assert len(app.run().get("download_button")) == (2 if count else 0)
    assert not app.exception


def test_spotifys_mark_stands_where_songs_are_from_spotify() -> None:
    from pages.ui.tiles.grid import show_attribution

    for source, marks in ((SourceName.CATALOGUE, 0), (SourceName.SPOTIFY, 1)):
        assert len(drawn(show_attribution, [[tile(1, source)]]).get("html")) == marks
