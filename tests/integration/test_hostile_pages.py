"""Every page full of hostile titles, names and paths: all of it is text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import account, catalogue, library_drop, library_folders, owner, wiring
from pages.ui.songs import Playing
from recommender.filling import NewSong, replace_songs
from recommender.ingest.importing import Imported
from recommender.library.folders import watch
from recommender.listeners import Listeners
from recommender.mood_playlists import MoodPlaylist
from recommender.query import build_query
from recommender.service import recommend
from recommender.taste import Verdict
from recommender.types import Goal, Mood, Preferences, SourceName, Track
from tests.fakes.hostile import EVIL, HOSTILE
from tests.fakes.library import keep_song
from tests.fakes.markdown import active_forms
from tests.fakes.sources import ListSource
from tests.fakes.visits import ME, NOW, PROJECT, TOKEN, Visit, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
