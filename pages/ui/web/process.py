"""Settings of the server's process, applied before it serves anybody."""

from __future__ import annotations

import signal
import sys
import threading

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import net_util

from detectors.process_limits import leave_no_core
from pages.ui.web.media import keep_media_apart
from recommender.threads import use_one_blas_thread

BYTES_PER_MB = 1024 * 1024
# Allowance for the parts of an upload other than the file itself.
FORM_BYTES = BYTES_PER_MB


def prepare_process() -> None:
    """Apply the settings that come too late when a page runs."""
    use_one_blas_thread()
    leave_no_core()
    keep_uploads_in_memory()
    ask_nobody_for_our_address()
    keep_media_apart()
    end_quietly()


def end_quietly() -> None:
    """Make Ctrl-C a regular end, with status 0.

    Uvicorn shuts down at the signal, and then raises it again for the previous handler: Python's
    default handler would report an error.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: sys.exit(0))


def keep_uploads_in_memory() -> None:
    """Keep uploads in memory: Starlette writes parts over 1 MB to temporary files.

    A photo is larger than that, and the notice promises that none is stored.
    """
    largest = st.get_option("server.maxUploadSize") * BYTES_PER_MB
    MultiPartParser.spool_max_size = largest + FORM_BYTES


def ask_nobody_for_our_address() -> None:
    """Keep Streamlit from asking a server of Amazon's for this machine's public address.

    It would block the server's event loop, at each connection from an unknown origin: any web page
    could stall the server, and the notice promises that no other server takes part.
    """
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    """Return None, Streamlit's value for an unknown address."""
