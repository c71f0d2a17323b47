"""When a page that waits for its camera's start is given new credentials."""

from __future__ import annotations

import time

import pytest

from pages.ui.listen import turn
from recommender.settings import settings_from
from recommender.turn.servers import RENEW_S

OWN = {"MOODRING_TURN_URLS": "turn:own.example", "MOODRING_TURN_SECRET": "secret"}
HOSTED = {"MOODRING_CLOUDFLARE_TURN_ID": "id", "MOODRING_CLOUDFLARE_TURN_TOKEN": "token"}


@pytest.mark.parametrize(("environ", "ends"), [({}, False), (OWN, True), (HOSTED, True)])
def test_only_credentials_end(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], ends: bool
) -> None:
    watched: list[float] = []
    monkeypatch.setattr(turn, "_watch", watched.append)
    turn.renew(settings_from(environ))
    assert len(watched) == ends


def test_a_page_is_drawn_anew_once_they_have_waited_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(turn.st, "rerun", lambda: drawn.append("anew"))
    look = turn._watch.__wrapped__  # type: ignore[attr-defined] - what the fragment runs
    look(time.monotonic())
    assert drawn == []
    look(time.monotonic() - RENEW_S)
    assert drawn == ["anew"]
