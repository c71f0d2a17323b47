"""Entry point for Streamlit's Community Cloud, which takes the requirements that lie beside it.

As `app.py` at the top, whose pages are found here by a link. Streamlit searches this file for a
literal `st.App(...)` and takes routes and middleware from it.
"""

import sys
from pathlib import Path

import streamlit as st

# Streamlit adds this folder only.
ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

if __name__ != "__main__":
    from pages.ui.operations import life
    from pages.ui.web import launcher

    launcher.prepare_process()
    app = st.App(
        __file__,
        routes=launcher.routes(),
        middleware=launcher.middleware(),
        lifespan=life.lifespan,
    )

if __name__ == "__main__":
    from pages.ui import shell
    from pages.ui.listen import page

    shell.draw("Listen", page.show)
