"""The app: the Listen page when Streamlit runs this file, its frame when the server imports it.

Streamlit looks for a literal `st.App(...)` in this file, and takes routes and headers from it.
"""

from __future__ import annotations

import streamlit as st

if __name__ != "__main__":
    from pages.ui.web import launcher
    from pages.ui.web.process import prepare_process

    prepare_process()
    app = st.App(
        __file__,
        routes=launcher.routes(),
        middleware=launcher.middleware(),
        lifespan=launcher.lifespan,
    )

if __name__ == "__main__":
    from pages.ui import listen_page

    listen_page.draw()
