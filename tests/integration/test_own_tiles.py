"""Own songs among the tiles, over a real database and without a browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.library import access
from pages.ui.tiles.playing import OWN_SONGS
from recommender.errors import Unavailable
from recommender.listeners.store import Listeners
from recommender.types import SourceName
from tests.fakes.library import keep_song
from tests.fakes.sounds import pattern, write
from tests.fakes.sources import BadSource, ListSource, failing, fake_tracks
from tests.fakes.visits import ME, NOW, OTHER, TOKEN, Visit, run, words

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def playing(page: AppTest) -> tuple[list[SourceName], list[SourceName]]:
    now = page.session_state["playing"]
    return (
        [tile.track.source for tile in now.tiles],
        [tile.track.source for tile in now.own],
    )


def play() -> AppTest:
    def script() -> None:
        import streamlit as st

        from pages.ui.tiles import grid
        from pages.ui.tiles import playing as tiles_playing
        from recommender.types import Mood, Preferences

        if "playing" not in st.session_state:
            tiles_playing.play(Mood(0.9, 0.7), Preferences(count=6))
        grid.show_tiles()

    page = AppTest.from_function(script, default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    return run(page)


def test_own_songs_stand_among_the_tiles_and_play_there(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Addresses of sounds are a browser's own.
    monkeypatch.setattr("pages.ui.web.sounds.browser.key", lambda: "a" * 64)
    file = write(tmp_path / "a.mp3", pattern(2.0))
    key = keep_song(visit.engine, "Mine", path=file, listener=ME)
    keep_song(visit.engine, "Yours", listener=OTHER)
    Listeners(visit.engine).keep_history(ME, NOW, keep=True)
    page = play()
    tiles, own = playing(page)
    assert tiles.count(SourceName.LIBRARY) == 1
    assert own == []
    said = words(page)
    assert said.count("mr-yours") == 1
    files = [button.proto.label for button in page.get("download_button")]
    assert files[2:] == ["M3U (your own files, for a player)"]
    assert re.search(r"bright.* · yours", said)
    assert f'<button type="button" class="mr-cover" data-play="{key}">' in said
    assert said.count("Play Mine, ") == 1
    (given,) = [
        json.loads(one.proto.json)
        for one in page.get("bidi_component")
        if one.proto.component_name == "moodring_dock"
    ]
    kinds = [item["kind"] for item in given["items"]]
    assert (kinds.count("file"), kinds.count("")) == (1, 5)
    assert given["settings"]["mood"] == {"valence": 0.9, "energy": 0.7}
    page.button(key=f"like-{key}").click()
    run(page)
    assert Listeners(visit.engine).known(ME, NOW).liked == {key}


def test_below_spotifys_songs_own_ones_stand_by_themselves(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [keep_song(visit.engine, f"Mine {n}", f"Me {n}", listener=ME) for n in range(9)]
    spotify = ListSource(fake_tracks(30, name=SourceName.SPOTIFY), SourceName.SPOTIFY)
    monkeypatch.setattr(resources, "sources", lambda: (spotify, ListSource(fake_tracks(30))))
    page = play()
    tiles, own = playing(page)
    assert set(tiles) == {SourceName.SPOTIFY}
    assert own == [SourceName.LIBRARY] * OWN_SONGS
    assert ">From your library</h2>" in words(page)
    first = page.session_state["playing"].own[0].track.source_id
    assert first in keys


def test_a_broken_library_leaves_the_tiles(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BadSource(failing(Unavailable("Your library is gone.")), SourceName.LIBRARY)
    monkeypatch.setattr(access, "library", lambda: broken)
    assert visit
    page = play()
    assert playing(page)[0] == [SourceName.CATALOGUE] * 6
    assert "Your library is gone. There may be fewer" in page.info[0].value


def test_the_same_search_without_a_library_is_the_same(visit: Visit) -> None:
    assert visit
    assert playing(play()) == ([SourceName.CATALOGUE] * 6, [])
