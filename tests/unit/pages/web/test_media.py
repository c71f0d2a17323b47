"""Addresses of media that no other session can compute."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages.ui.web import launcher

SOUND = b"x" * (2 * 1024 * 1024)
KIND = "audio/mpeg"


@pytest.fixture(autouse=True)
def patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit as a server's launcher leaves it."""
    # The name that an upgrade of Streamlit may take away.
    assert callable(memory_media_file_storage._calculate_file_id)
    monkeypatch.setattr(memory_media_file_storage, "_calculate_file_id", None)
    launcher.keep_media_apart()


def added(monkeypatch: pytest.MonkeyPatch, session: str | None, content: bytes) -> str:
    context = None if session is None else SimpleNamespace(session_id=session)
    monkeypatch.setattr(launcher, "get_script_run_ctx", lambda: context)
    storage = MemoryMediaFileStorage("/media")
    return storage.load_and_get_id(content, KIND, MediaFileKind.MEDIA)


def test_two_sessions_with_the_same_file_have_two_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = added(monkeypatch, "mine", SOUND)
    assert added(monkeypatch, "theirs", SOUND) != mine
    assert added(monkeypatch, None, SOUND) != mine
    assert len(mine) * 4 >= 256


def test_an_address_stays_when_the_page_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert added(monkeypatch, "mine", SOUND) == added(monkeypatch, "mine", SOUND)


def test_a_file_that_looks_alike_in_samples_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    lookalike = bytearray(SOUND)
    lookalike[len(SOUND) // 4] ^= 1
    assert added(monkeypatch, "mine", bytes(lookalike)) != added(monkeypatch, "mine", SOUND)
    # Of three parts, each counts by itself.
    assert launcher.media_id(b"ab", "c", "d") != launcher.media_id(b"a", "bc", "d")


def test_another_process_gives_other_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    before = added(monkeypatch, "mine", SOUND)
    monkeypatch.setattr(launcher, "_SECRET", b"another" * 4)
    assert added(monkeypatch, "mine", SOUND) != before
