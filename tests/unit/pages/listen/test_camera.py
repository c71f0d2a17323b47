"""What is changed in streamlit-webrtc and aioice, by names that must go on to mean the same."""

from __future__ import annotations

import sys
import time

import aioice.ice
import pytest

from pages.ui.listen import camera
from pages.ui.listen.frames import LiveReading


class Context:
    """Stands in for streamlit-webrtc's own: what it compares to hang up a camera."""

    _last_rendered_run_count: int | None = 3


@pytest.mark.parametrize(("on_page", "count"), [(True, None), (False, 3)])
def test_only_a_camera_that_has_left_the_page_may_be_hung_up(
    monkeypatch: pytest.MonkeyPatch, on_page: bool, count: int | None
) -> None:
    context = Context()
    state: dict[str, object] = {camera.KEY: context}
    if on_page:
        state[camera.generate_frontend_component_key(camera.KEY)] = {"playing": True}
    monkeypatch.setattr(camera.st, "session_state", state)
    camera._keep_connection()
    assert context._last_rendered_run_count == count


def test_the_count_of_runs_is_still_streamlit_webrtc_s_own() -> None:
    # `_keep_connection` sets it: under another name it would do nothing.
    context = camera.webrtc_streamer.__globals__["WebRtcStreamerContext"](worker=None, state=None)
    assert hasattr(context, "_last_rendered_run_count")


def test_aioice_counts_late_answers_by_the_name_that_is_set() -> None:
    assert sys.maxsize == aioice.ice.CONSENT_FAILURES
    assert "CONSENT_FAILURES" in aioice.ice.Connection.query_consent.__code__.co_names


@pytest.mark.parametrize(
    ("happens", "kept"),
    [
        ((), False),
        (("find",), True),
        (("find", "detach"), False),
        (("find", "lose"), True),
        (("leave",), True),
    ],
)
def test_a_page_that_loses_its_network_keeps_its_camera(
    happens: tuple[str, ...], kept: bool
) -> None:
    live = LiveReading()
    now = live.waiting_since = time.monotonic()
    for one in happens:
        getattr(live.presence, one)(*(() if one == "detach" else (now,)))
    handle = camera._Connection(live)
    handle.leave()
    assert (live.waiting_since is not None) is kept
    assert live.presence.is_away(now) is kept
    # Its tab closes.
    live.presence.close()
    handle.leave()
    assert live.waiting_since is None
