"""Bounds on uploads: where none is asked for, for each session, and in all."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from pages.ui.web import sessions
from pages.ui.web.sessions import (
    BYTES_PER_MIB,
    LEAST_BYTES,
    MAX_BYTES,
    MAX_SESSION_BYTES,
    NO_LENGTH,
    NOT_ASKED_FOR,
    SERVER_FULL,
    SESSION_FULL,
    BoundedUploads,
)
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message, Receive, Scope, Send

LARGEST = 25 * BYTES_PER_MIB


def put(session: str, length: int | str | None, method: str = "PUT", base: str = "") -> Scope:
    announced = [] if length is None else [(b"content-length", str(length).encode())]
    return {
        "type": "http",
        "method": method,
        "path": f"{base}/_stcore/upload_file/{session}/file",
        "headers": announced,
    }


def hold(monkeypatch: pytest.MonkeyPatch, held: Mapping[str, int], *, drawn: bool = True) -> None:
    monkeypatch.setattr(sessions, "has_uploader", lambda _: drawn)
    monkeypatch.setattr(sessions, "held_bytes", lambda: held)


async def answer(middleware: BoundedUploads, scope: Scope) -> tuple[int, str]:
    """Return status and text of the answer; (204, "") where the upload was taken."""
    sent: list[Message] = []

    async def note(message: Message) -> None:
        sent.append(message)

    async def body() -> Message:
        return {"type": "http.request"}

    await middleware(scope, body, note)
    return sent[0]["status"], sent[1]["body"].decode()


async def taken(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("held", "scope", "status", "said"),
    [
        ({}, put("mine", LARGEST), 204, ""),
        ({}, put("mine", 0), 204, ""),
        ({}, put("mine", LARGEST, base="/mood/ring"), 204, ""),
        ({"mine": MAX_SESSION_BYTES - LARGEST}, put("mine", LARGEST), 204, ""),
        ({"mine": MAX_SESSION_BYTES - LARGEST + 1}, put("mine", LARGEST), 413, SESSION_FULL),
        ({"mine": MAX_SESSION_BYTES}, put("mine", 1), 413, SESSION_FULL),
        # Files of no size have a price as well.
        ({"mine": MAX_SESSION_BYTES - LEAST_BYTES + 1}, put("mine", 0), 413, SESSION_FULL),
        ({"mine": MAX_SESSION_BYTES}, put("theirs", LARGEST), 204, ""),
        (dict.fromkeys("abc", MAX_SESSION_BYTES), put("mine", 1), 503, SERVER_FULL),
        ({}, put("mine", None), 411, NO_LENGTH),
        ({}, put("mine", "-1"), 411, NO_LENGTH),
        ({}, put("mine", "1e3"), 411, NO_LENGTH),
        ({}, put("mine", "²"), 411, NO_LENGTH),
        # What takes files away is never refused.
        (dict.fromkeys("abc", MAX_SESSION_BYTES), put("mine", 0, "DELETE"), 204, ""),
    ],
)
def test_uploads_are_taken_within_the_bounds(
    monkeypatch: pytest.MonkeyPatch, held: dict[str, int], scope: Scope, status: int, said: str
) -> None:
    hold(monkeypatch, held)
    assert run_apart(answer(BoundedUploads(taken), scope)) == (status, said)
    assert MAX_BYTES == 3 * MAX_SESSION_BYTES >= 3 * LARGEST


def test_where_no_uploader_is_drawn_none_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, {}, drawn=False)
    for base in ("", "/mood/ring"):
        said = run_apart(answer(BoundedUploads(taken), put("mine", 1, base=base)))
        assert said == (403, NOT_ASKED_FOR)
    assert run_apart(answer(BoundedUploads(taken), put("mine", 1, "DELETE"))) == (204, "")


def test_files_on_their_way_count_until_they_have_come(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, {})
    at_once = MAX_SESSION_BYTES // LARGEST

    async def send_all() -> list[tuple[int, str]]:
        arrived = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await arrived.wait()
            if scope["path"].startswith("/broken"):
                raise ConnectionError
            await taken(scope, receive, send)

        bounded = BoundedUploads(slow)
        scopes = [put("mine", LARGEST, base="/broken" if not n else "") for n in range(at_once)]
        tasks = [asyncio.create_task(answer(bounded, one)) for one in scopes]
        await asyncio.sleep(0)
        refused = await answer(bounded, put("mine", LARGEST))
        arrived.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [refused, await answer(bounded, put("mine", LARGEST))]

    assert run_apart(send_all()) == [(413, SESSION_FULL), (204, "")]


def test_what_is_held_is_read_from_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    for session, name, size in (("a", "1", 10 * LEAST_BYTES), ("a", "2", 1), ("b", "3", 0)):
        manager.add_file(session, UploadedFileRec(name, name, "image/png", b"x" * size))
    runtime = SimpleNamespace(instance=lambda: SimpleNamespace(uploaded_file_mgr=manager))
    monkeypatch.setattr(sessions, "Runtime", runtime)
    assert sessions.held_bytes() == {"a": 11 * LEAST_BYTES, "b": LEAST_BYTES}
    manager.remove_session_files("a")
    assert sessions.held_bytes() == {"b": LEAST_BYTES}


def test_an_uploader_is_known_while_a_page_draws_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of Streamlit's own that an upgrade may take away stand here."""

    def script() -> None:
        # AppTest takes the source alone.
        import streamlit as st

        st.button("again")
        if st.checkbox("shown"):
            st.file_uploader("A file", key="file")

    app = AppTest.from_function(script).run()

    def known(session: str = "mine") -> bool:
        safe = object.__getattribute__(app.session_state, "_state")
        state = object.__getattribute__(safe, "_state")
        there = {"mine": SimpleNamespace(session_state=state)}
        runtime = SimpleNamespace(get_app_session=there.get)
        monkeypatch.setattr(sessions, "Runtime", SimpleNamespace(instance=lambda: runtime))
        return sessions.has_uploader(session)

    assert not known()
    app.checkbox[0].check().run()
    assert known()
    assert not known("closed")
    app.button[0].click().run()
    assert known()
    app.checkbox[0].uncheck().run()
    assert not known()
