"""Entry point: the ASGI app when the server imports this file, the Listen page when it is run.

Streamlit searches this file for a literal `st.App(...)` and takes routes and middleware from it.
"""

import streamlit as st

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
