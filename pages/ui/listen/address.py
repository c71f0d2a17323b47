"""Choices as they are kept on the Listen page: for the session, and in its address.

Streamlit forgets a widget that another page does not draw, and would write the words that are shown
into the address.
"""

from collections.abc import Sequence

import streamlit as st

# Session key of the values of each choice.
_KEPT = "choices"


def recalled(name: str) -> list[str]:
    """Return the values last kept under a name, else those in the address."""
    kept: dict[str, list[str]] = st.session_state.get(_KEPT, {})
    return kept[name] if name in kept else st.query_params.get_all(name)


def keep(name: str, values: Sequence[str]) -> None:
    """Keep the values of a choice; none leave the address as it is without that choice."""
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), name: list(values)}
    if values and st.query_params.get_all(name) != list(values):
        st.query_params[name] = list(values)
    elif not values and name in st.query_params:
        del st.query_params[name]
