"""Waiting until the messages of a page run are on their way to the browser.

A run hands its messages to the server's event loop. When the browser asks for a fragment just after
the run has ended, Streamlit starts a new runner and drops the messages that the loop has not yet
taken from the old runner (its source says so, beside
https://github.com/streamlit/streamlit/issues/9921). On a busy server the page then stays half
drawn, and its fragments never run again: the camera's reading freezes.
"""

from __future__ import annotations

import asyncio
import threading

from streamlit.runtime import get_instance

# Upper bound on the wait.
PATIENCE_S = 1.0


def wait_until_sent() -> None:
    """Wait until the server has taken all messages of this run so far, at most `PATIENCE_S`."""
    # Streamlit's annotation does not always hold: see below.
    loop: object = get_instance()._get_async_objs().eventloop  # noqa: SLF001 - no public way
    # Streamlit's AppTest has a runtime without an event loop.
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return
    taken = threading.Event()
    loop.call_soon_threadsafe(taken.set)
    taken.wait(PATIENCE_S)
