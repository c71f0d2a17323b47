"""A visitor of the Library page over a real database, without a browser."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.visitor import owner
from recommender.library.folder_tagging import FolderTagging
from recommender.library.recordings import Recordings, Scope
from recommender.listeners.history import History
from recommender.listeners.store import Listeners, id_of
from recommender.settings import Settings
from tests.fakes.sources import ListSource, fake_tracks

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Engine


PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "t" * 22
ME, OTHER = id_of(TOKEN), id_of("other")
MINE = Scope(ME)
NOW = datetime.now(UTC)


class Visit:
    """Who comes, and to what."""

    def __init__(self, engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine = engine
        self.settings = Settings(data_dir=folder)
        self.tagging = FolderTagging(lambda *_: None)
        self._patch = monkeypatch
        for name, made in (
            ("settings", lambda: self.settings),
            ("database", lambda: self.engine),
            ("recordings", lambda: Recordings(self.engine)),
            ("listeners", lambda: Listeners(self.engine)),
            ("history", lambda: History(self.engine)),
            ("folder_tagging", lambda: self.tagging),
            ("sources", lambda: (ListSource(fake_tracks(30)),)),
        ):
            monkeypatch.setattr(resources, name, made)
        self.sits_here(here=False)

    def sits_here(self, *, here: bool) -> None:
        """Be the owner, or somebody else."""
        self._patch.setattr(owner, "is_owner", lambda: here)

    def shares(self) -> None:
        """Share the owner's folders with everybody."""
        self.settings = Settings(data_dir=self.settings.data_dir, share_library=True)


def open_page(**state: object) -> AppTest:
    """Open the Library page with something in the session; underscores stand for dashes."""
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    for name, value in state.items():
        page.session_state[name.replace("_", "-")] = value
    return run(page.switch_page("pages/library.py"))


def run(page: AppTest) -> AppTest:
    """Draw a page, which must not fail."""
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    """Return all that the page says."""
    kinds = ("caption", "markdown", "success", "error", "warning", "html", "text")
    return "\n".join(one.proto.body for kind in kinds for one in page.main.get(kind))


def reading(page: AppTest) -> dict[str, Any]:
    """Return what the Listen page gives to the component that draws ring, word and bars."""
    fed = [
        one.proto.json
        for one in page.get("bidi_component")
        if "moodring_feed" in one.proto.component_name
    ]
    found: dict[str, Any] = json.loads(fed[-1])
    return found
