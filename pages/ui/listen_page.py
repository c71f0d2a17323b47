"""The Listen page: notice, mood and songs."""

from __future__ import annotations

import streamlit as st

from pages.ui import (
    account,
    consent,
    delivery,
    listen,
    listener,
    player,
    playlists,
    saving,
    sidebar,
    songs,
    theme,
    tiles,
    wiring,
)
from pages.ui.plain import plain
from pages.ui.ways import BY_HAND, choose_way
from recommender.settings import BadSetting


def draw() -> None:
    """Draw the page, from top to bottom."""
    theme.page("Listen")
    consent.follow()
    try:
        ice_servers = wiring.settings().ice_servers
    except BadSetting as error:
        st.error(plain(str(error)), icon=":material/settings_alert:")
        st.stop()

    account.take_redirect()
    theme.hero("Look into your camera, hear music that fits your mood, or lifts it.")
    way = choose_way()
    # The notice comes before the sidebar, which waits for the catalogue, so that it shows at once.
    may_look = way == BY_HAND or consent.given()
    if not may_look:
        consent.show_notice(ice_servers)
    preferences = sidebar.show_wishes()
    if may_look:
        listen.show_mood(way, preferences)
    songs.follow_wishes(preferences)
    player.take_up()
    tiles.show_tiles()
    saving.show_save()
    listener.keep_cookie()
    playlists.show_mood_playlists()
    delivery.settle()
