"""Settings of the whole process of the server, made before it serves anybody."""

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
# For the parts of an upload that are not the file itself.
FORM_BYTES = BYTES_PER_MB


def prepare_process() -> None:
    """Set what no page could set in time."""
    use_one_blas_thread()
    leave_no_core()
    keep_uploads_in_memory()
    ask_nobody_for_our_address()
    keep_media_apart()
    end_quietly()


def end_quietly() -> None:
    """Let Ctrl-C be a regular end, with status 0.

    Uvicorn closes everything at the signal, and then gives it back to whoever handled it before:
    Python itself would call that an error.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: sys.exit(0))


def keep_uploads_in_memory() -> None:
    """Let no part of an upload be written to a file, as Starlette does with those over 1 MB.

    A photo is larger than that, and the notice promises that none is stored.
    """
    largest = st.get_option("server.maxUploadSize") * BYTES_PER_MB
    MultiPartParser.spool_max_size = largest + FORM_BYTES


def ask_nobody_for_our_address() -> None:
    """Keep Streamlit from asking a server of Amazon's for this machine's address.

    It would do so on the server's event loop, for each connection from an origin that it does not
    know: any web page could make the server stand still, and the notice promises that no other
    server takes part.
    """
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    """Return what Streamlit takes for an address that could not be found."""
