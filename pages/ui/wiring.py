"""What the pages share in one process: settings, models, sources. Made once, on first need.

The only reader of ``st.secrets`` and ``st.cache_resource``.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from recommender.settings import settings_from

if TYPE_CHECKING:
    from detectors.pipeline import Analyser
    from recommender.settings import Settings
    from recommender.types import MusicSource


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings: ``.streamlit/secrets.toml``, overruled by the environment.

    Raises
    ------
    recommender.settings.BadSetting
        When one of them cannot be used.
    """
    try:
        secrets = {name: str(value) for name, value in st.secrets.items()}
    except StreamlitSecretNotFoundError:
        secrets = {}
    return settings_from({**secrets, **os.environ})


@st.cache_resource(show_spinner=False)
def analyser() -> Analyser:
    """Return the face analyser that all visitors share, loading the models the first time.

    Raises
    ------
    detectors.errors.WeightsMismatch
        When a model file cannot be used.
    """
    # Imported here so that the first page does not wait for OpenCV and LiteRT.
    from detectors.loading import load_analyser

    return load_analyser(settings().data_dir)


@st.cache_resource(show_spinner=False)
def sources() -> list[MusicSource]:
    """Return the sources of music, the preferred one first."""
    from recommender.wiring import make_sources

    return make_sources(settings())


@st.cache_resource(show_spinner=False)
def offered_names() -> tuple[list[str], list[str]]:
    """Return the languages and the artists that the sidebar offers; none when all is down."""
    from recommender.catalogue import open_catalogue
    from recommender.errors import SourceError

    try:
        ours = settings()
        with closing(open_catalogue(ours.data_dir, url=ours.database_url)) as catalogue:
            return catalogue.languages(), catalogue.artists()
    except SourceError:
        return [], []
