"""The lines above the tiles, without a browser: languages first, unmet wishes, and Undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.tiles.line import MAX_NAMED
from recommender.listeners.store import Listeners
from recommender.types import SourceName, Track
from tests.fakes.sources import ListSource, fake_tracks
from tests.fakes.visits import ME, NOW, TOKEN, Visit, run, words
from tests.said import said

if TYPE_CHECKING:
    from recommender.types import Tile

CHOICES = ("skip", "ban", "ban-artist")
SORRY = "That could not be kept: the database cannot be used just now."
SPOKEN = ("German", "English", "Korean")


def script() -> None:
    import streamlit as st

    from pages.ui.tiles import grid, playing
    from recommender.types import Mood, Preferences

    languages = st.multiselect("Languages", ["Tamil", "Thai"], key="language")
    artists = st.multiselect("Artists", ["Queen"], key="artist", accept_new_options=True)
    wishes = Preferences(languages=tuple(languages), artists=tuple(artists))
    if playing.playing() is None:
        playing.play(Mood(0.9, 0.7), wishes)
    playing.follow_wishes(wishes)
    grid.show_tiles()


def open_tiles(locale: str = "", address: str = "", **wishes: list[str]) -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    page.session_state["interface"] = "en"
    for name, value in wishes.items():
        page.session_state[name] = value
    if locale:
        page.context["locale"] = locale
    if address:
        page.query_params["first"] = address
    return run(page)


def shown(page: AppTest) -> tuple[Tile, ...]:
    tiles: tuple[Tile, ...] = page.session_state["playing"].tiles
    return tiles


def titles(page: AppTest) -> list[str]:
    return [tile.track.title for tile in shown(page)]


def languages(page: AppTest) -> list[str | None]:
    return [tile.track.language for tile in shown(page)]


def keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button}


@pytest.fixture(autouse=True)
def songs(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = [
        Track(
            f"{language} {number}",
            (f"{language} {number}",),
            SourceName.CATALOGUE,
            name,
            language=language,
        )
        for number in range(20)
        for language in SPOKEN
        for name in [f"{language}-{number}"]
    ]
    source = ListSource([*fake_tracks(20, language="Tamil"), *tracks])
    monkeypatch.setattr(resources, "sources", lambda: (source,))
    assert visit.engine is not None


def test_the_browsers_language_comes_first_until_the_chip_is_pressed() -> None:
    page = open_tiles("de-AT")
    assert languages(page).count("German") == 7
    assert languages(page).count("English") == 3
    chip = page.button(key="language-first")
    assert chip.label == said("line-first", language="German")
    assert "in Korean" in words(page) or "in Tamil" in words(page)
    chip.click()
    run(page)
    assert "language-first" not in keys(page)
    assert languages(page).count("German") < 7
    assert page.query_params["first"] == "off"
    # The address is another one on the way back from another page.
    del page.query_params["first"]
    run(page)
    assert "language-first" not in keys(page)


@pytest.mark.parametrize(
    ("locale", "address", "wishes"),
    [
        ("", "", {}),
        ("tlh", "", {}),
        ("de-DE", "off", {}),
        ("de-DE", "", {"language": ["Tamil"]}),
        ("de-DE", "", {"artist": ["Fake Artist 1"]}),
    ],
)
def test_no_language_comes_first_where_it_is_not_wanted(
    locale: str, address: str, wishes: dict[str, list[str]]
) -> None:
    page = open_tiles(locale, address, **wishes)
    assert "language-first" not in keys(page)
    assert said("line-songs", songs=12) in words(page)


def test_a_wish_that_cannot_be_met_is_said_once_and_can_be_dropped() -> None:
    page = open_tiles(language=["Tamil"], artist=["Queen"])
    assert words(page).count("No songs by Queen in Tamil. Showing other songs in Tamil.") == 1
    assert {"drop-artists", "drop-languages"} <= keys(page)
    assert "drop-decades" not in keys(page)
    links = {link.proto.label: link.proto.url for link in page.get("link_button")}
    assert links == {
        "Find Queen on YouTube": "https://www.youtube.com/results?search_query=Queen",
        "Find Queen on Spotify": "https://open.spotify.com/search/Queen",
    }
    page.button(key="drop-artists").click()
    run(page)
    assert "No songs by" not in words(page)
    assert page.session_state["artist"] == []
    assert set(languages(page)) == {"Tamil"}
    assert "drop-languages" not in keys(page)


@pytest.mark.parametrize("liked", [False, True])
@pytest.mark.parametrize("choice", CHOICES)
def test_a_song_that_went_comes_back_by_undo(visit: Visit, choice: str, *, liked: bool) -> None:
    page = open_tiles("de")
    before = titles(page)
    track = shown(page)[0].track
    opinions = Listeners(visit.engine)
    if liked:
        page.button(key=f"like-{track.source_id}").click()
        run(page)
        assert page.button(key=f"like-{track.source_id}").label == "Liked"
    page.button(key=f"{choice}-{track.source_id}").click()
    run(page)
    assert track.title not in titles(page)
    assert track.title in words(page)
    page.button(key="undo-last").click()
    run(page)
    assert titles(page) == before
    assert "undo-last" not in keys(page)
    known = opinions.known(ME, NOW)
    assert track.source_id not in known.without
    assert known.without_artists == frozenset()
    assert (track.source_id in known.liked) == liked


def test_an_undo_that_cannot_be_kept_is_said_and_changes_nothing(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visit.engine is not None
    page = open_tiles("de")
    first = shown(page)[0].track
    page.button(key=f"skip-{first.source_id}").click()
    run(page)
    after = titles(page)
    monkeypatch.setattr(resources, "listeners", lambda: None)
    page.button(key="undo-last").click()
    run(page)
    assert [toast.value for toast in page.toast] == [SORRY]
    assert titles(page) == after
    other = shown(page)[0].track
    page.button(key=f"skip-{other.source_id}").click()
    run(page)
    assert titles(page) == after
    # The line still tells of the first.
    assert said("said-skip", name=first.title) in words(page)


def test_undo_stays_until_it_is_closed_and_the_focus_goes_to_the_new_song() -> None:
    page = open_tiles("de")
    first = shown(page)[0].track
    page.button(key=f"skip-{first.source_id}").click()
    run(page)
    after = page.session_state["after-press"]
    assert after["focus"] == "undo-last"
    assert after["said"] == said("said-skip", name=first.title)
    new = shown(page)[0].track
    assert page.session_state["playing"].alone == {new.source_id}
    page.button(key="undo-close").click()
    run(page)
    assert "undo-last" not in keys(page)
    assert page.session_state["after-press"]["focus"] == f"more-{new.source_id}"
    assert shown(page)[0].track == new


def test_other_songs_leave_nothing_to_undo() -> None:
    page = open_tiles("de")
    page.button(key=f"skip-{shown(page)[0].track.source_id}").click()
    run(page)
    page.button(key="more").click()
    run(page)
    assert "undo-last" not in keys(page)


def test_a_long_name_is_cut_on_the_button_and_whole_in_the_search() -> None:
    name = "Q" * (MAX_NAMED + 1)
    page = open_tiles(artist=[name])
    link = page.get("link_button")[0].proto
    assert len(link.label) < len(f"Find {name} on YouTube")
    assert name in link.url
