"""What is changed in streamlit-webrtc and aioice, by names that must go on to mean the same."""

from __future__ import annotations

import sys

import aioice.ice
import pytest

from pages.ui.listen import camera


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
