"""When the database cannot be used, songs still come, and an opinion that is lost is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.visitor import listener
from recommender.errors import Unavailable
from recommender.types import SourceName
from tests.fakes.sources import ListSource, fake_tracks

if TYPE_CHECKING:
    from collections.abc import Callable


SORRY = "That could not be kept: the database cannot be used just now."


class Broken:
    """A database that breaks at whatever is asked."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        def refuse(*_: object) -> None:
            raise Unavailable(f"{name} failed.")

        return refuse


def page() -> None:
    import streamlit as st

    from pages.ui.tiles import grid, playing
    from pages.ui.visitor import listener
    from recommender.mood import mood_of_emotion
    from recommender.types import Preferences

    if playing.playing() is None:
        playing.play(mood_of_emotion("happy"), Preferences(count=4))
    grid.show_tiles()
    listener.keep_cookie()
    st.text(f"history {listener.known().keeps_history}")


@pytest.fixture(params=[None, Broken()], ids=["none at the start", "breaks later"])
def shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    source = ListSource(fake_tracks(20), SourceName.CATALOGUE)
    monkeypatch.setattr(resources, "sources", lambda: (source,))
    monkeypatch.setattr(resources, "listeners", lambda: request.param)
    # The page test has no browser, and so no cookies.
    monkeypatch.setattr(listener, "current", lambda: "me")
    return AppTest.from_function(page).run()


def titles(shown: AppTest) -> list[str]:
    return [tile.track.title for tile in shown.session_state["playing"].tiles]


def test_songs_come_all_the_same(shown: AppTest) -> None:
    assert not shown.exception
    assert len(titles(shown)) == 4
    assert shown.text[-1].value == "history False"


def test_a_like_that_cannot_be_kept_is_said_and_changes_nothing(shown: AppTest) -> None:
    before = titles(shown)
    like = next(button for button in shown.button if button.label == "Like")
    like.click().run()
    assert not shown.exception
    assert [toast.value for toast in shown.toast] == [SORRY]
    assert titles(shown) == before
    assert all(button.label != "Liked" for button in shown.button)


def test_no_cookie_is_made_for_what_is_not_kept(shown: AppTest) -> None:
    assert listener._KEPT not in shown.session_state
