"""Wait until what a run of the page has drawn is on its way to the browser.

A run hands its messages to the server's event loop. When the browser asks for a fragment just after
the run has ended, Streamlit begins a new runner and drops what the loop has not yet taken from the
old one (its own source says so, beside https://github.com/streamlit/streamlit/issues/9921). On a
busy server the page then stays half drawn, and its fragments are never run again: the reading of
the camera stands still.
"""

from __future__ import annotations

import asyncio
import threading

from streamlit.runtime import get_instance

# Nobody waits longer for a page that is drawn already.
PATIENCE_S = 1.0


def settle() -> None:
    """Return once the server has taken all that this run has drawn so far."""
    # Not what Streamlit says it is: see below.
    loop: object = get_instance()._get_async_objs().eventloop  # noqa: SLF001 - no public way
    # Streamlit's own page tests have a runtime without a loop.
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return
    taken = threading.Event()
    loop.call_soon_threadsafe(taken.set)
    taken.wait(PATIENCE_S)
