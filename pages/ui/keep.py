"""Download of the songs as a file, without any account."""

from __future__ import annotations

import streamlit as st

from pages.ui import listener, songs, week
from recommender import exports
from recommender.mood import feeling_at


def show_downloads() -> None:
    """Draw the button that offers this visitor's songs as files; nothing without songs."""
    now = songs.playing()
    if now is None or not now.tiles:
        return
    feeling = feeling_at(now.mood)
    day = listener.now().astimezone(week.zone_of(st.context.timezone)).date()
    name = f"Moodring: {feeling}, {day.isoformat()}"
    with st.popover("Keep these songs", icon=":material/download:", type="tertiary", key="keep"):
        for label, ending, kind, content in (
            ("Playlist (M3U8)", "m3u8", exports.M3U8_TYPE, exports.as_m3u8(now.tiles, name)),
            ("Table (CSV)", "csv", exports.CSV_TYPE, exports.as_csv(now.tiles)),
            ("Playlist (JSPF)", "jspf", exports.JSPF_TYPE, exports.as_jspf(now.tiles, name)),
        ):
            st.download_button(
                label,
                content,
                exports.file_name(feeling, day, ending),
                kind,
                key=f"keep-{ending}",
                on_click="ignore",
                width="stretch",
            )
