"""A page that shows each text wherever Streamlit would read it as Markdown."""

from __future__ import annotations

import streamlit as st

from pages.ui.plain import plain
from tests.fakes.hostile import HOSTILE, ORDINARY

for number, text in enumerate((*ORDINARY, *HOSTILE)):
    with st.container(key=f"text-{number}"):
        st.caption(plain(text))
        st.warning(plain(text))
        st.progress(0.5, plain(text))
        st.pills("Pills", [text], format_func=plain, key=f"pill-{number}")
        st.button("Tip", key=f"tip-{number}", help=plain(text))
with st.container(key="all"):
    st.error("  \n".join(map(plain, (*ORDINARY, *HOSTILE))))
