"""Figures of the catalogue, and the owner's tools to add, remove and refresh songs."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from pages.ui import resources, theme
from pages.ui.plain import plain
from pages.ui.visitor import owner
from recommender.db.app_state import get_state, put_state
from recommender.errors import SourceError
from recommender.ingest.discovery import kind_of
from recommender.ingest.refresh import import_file, refresh
from recommender.ingest.refresh_report import last_report, left_out, sentences_of
from recommender.ingest.registry import (
    BatchSummary,
    batch_summaries,
    register_folder,
    registered_folders,
    remove,
)
from recommender.ingest.weekly import WEEKLY
from recommender.paths import absolute, is_folder, is_there
from recommender.text import count_noun, visible
from recommender.wording import sentence, sentences

_SAID = "catalogue-said"
_DOWN = "The song catalogue on this machine cannot be used."
_STRANGER = (
    "Only the owner of this machine changes what everybody hears. "
    "The address to do so is printed where Moodring was started, in a terminal."
)


def show() -> None:
    """Draw the page."""
    theme.hero("All the songs Moodring knows.")
    engine = resources.database()
    if engine is None:
        st.error(_DOWN, icon=":material/database_off:")
        return
    try:
        _show(engine, may_change=owner.is_owner())
    except SourceError as error:
        st.error(plain(error), icon=":material/database_off:")


def _show(engine: Engine, *, may_change: bool) -> None:
    held = batch_summaries(engine)
    songs, placed = sum(one.songs for one in held), sum(one.placed for one in held)
    languages, artists = resources.offered_names()
    with st.container(horizontal=True):
        st.metric("Songs", f"{songs:,}", border=True)
        st.metric("With a known mood", f"{placed:,}", border=True)
        st.metric("Artists", f"{len(artists):,}", border=True)
        st.metric("Languages", f"{len(languages):,}", border=True)
    if not may_change:
        st.caption(_STRANGER)
        return
    _show_adding(engine)
    _show_holdings(engine, held)
    _show_refresh(engine)


def _show_adding(engine: Engine) -> None:
    st.markdown("#### Add songs")
    st.caption(
        "A table (CSV, Excel or Parquet), a playlist (M3U, XSPF, JSPF and more) or a folder of "
        "them, on this machine. Columns are recognised by their names; songs with valence and "
        "energy find their moods."
    )
    with st.form("add-songs", border=False), st.container(horizontal=True):
        path = st.text_input(
            "File or folder",
            key="add-path",
            placeholder="/home/me/Music/songs.csv",
            label_visibility="collapsed",
        )
        pressed = st.form_submit_button("Add", icon=":material/add:", type="primary")
    if pressed and path.strip():
        _do("Reading …", lambda progress: _add(engine, Path(path.strip()).expanduser(), progress))
    said = st.session_state.pop(_SAID, None)
    if said:
        kind, lines = said
        (st.error if kind == "error" else st.success)("  \n".join(map(plain, lines)))


def _show_holdings(engine: Engine, held: list[BatchSummary]) -> None:
    st.markdown("#### Where they come from")
    folders = registered_folders(engine)
    for folder in folders:
        inside = [one for one in held if one.path and folder in one.path.parents]
        songs = sum(one.songs for one in inside)
        names = [one.source for one in inside]
        _show_line(engine, f"folder-{folder}", str(folder), songs, "folder", names, folder)
    for one in held:
        if one.path is None or not any(folder in one.path.parents for folder in folders):
            name = "Shipped with Moodring" if one.shipped else str(one.path or one.source)
            names = [] if one.shipped else [one.source]
            _show_line(engine, f"source-{one.source}", name, one.songs, "music_note", names)


def _show_line(
    engine: Engine,
    key: str,
    name: str,
    songs: int,
    icon: str,
    sources: list[str],
    folder: Path | None = None,
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.markdown(f":material/{icon}:", width="content")
        st.text(f"{visible(name)}  ·  {count_noun(songs, 'song')}")
        if sources or folder:
            st.button(
                "Remove",
                key=f"remove-{key}",
                type="tertiary",
                help="Takes these songs out of the catalogue. The files stay.",
                on_click=_remove,
                args=(engine, sources, folder),
            )


def _show_refresh(engine: Engine) -> None:
    st.markdown("#### Keep them fresh")
    st.toggle(
        "Refresh every week",
        value=get_state(engine, WEEKLY) == "1",
        key="weekly",
        on_change=_choose_weekly,
        args=(engine,),
        help="Reads all files and folders again while Moodring runs.",
    )
    if st.button("Refresh now", icon=":material/refresh:"):
        _do("Refreshing …", lambda progress: _refresh(engine, progress))
    report = last_report(engine)
    if report is not None:
        day = report.at.astimezone().strftime("%d %B %Y, %H:%M")
        with st.expander(f"Last refresh: {day}", expanded=report.failed):
            st.text("\n".join(report.lines))


def _do(words: str, act: Callable[[Callable[[int, int], object]], list[str]]) -> None:
    """Run a long action under a progress bar, then redraw the page with its result."""
    bar = st.progress(0.0, words)
    try:
        said = "success", act(lambda done, all_: bar.progress(min(1.0, done / max(all_, 1)), words))
    except SourceError as error:
        said = "error", [sentence(error)]
    st.session_state[_SAID] = said
    resources.offered_names.clear()
    st.rerun()


def _add(engine: Engine, path: Path, progress: Callable[[int, int], object]) -> list[str]:
    path = absolute(path)
    if is_folder(path):
        register_folder(engine, path)
        return _refresh(engine, progress)
    if not is_there(path):
        raise SourceError("path-missing", path=f"{path}")
    done = import_file(
        path, kind_of(path) or "table", engine, resources.settings().data_dir, progress=progress
    )
    told = sentences_of(path.name, done), left_out(done)
    return [sentences(line) for line in told if line]


def _refresh(engine: Engine, progress: Callable[[int, int], object]) -> list[str]:
    ours = resources.settings()
    return refresh(engine, ours.data_dir, progress=progress).lines()


def _remove(engine: Engine, sources: list[str], folder: Path | None) -> None:
    try:
        remove(engine, sources, folder)
    except SourceError as error:
        st.session_state[_SAID] = "error", [sentence(error)]
    resources.offered_names.clear()


def _choose_weekly(engine: Engine) -> None:
    try:
        put_state(engine, WEEKLY, "1" if st.session_state["weekly"] else "0")
    except SourceError as error:
        st.session_state[_SAID] = "error", [sentence(error)]
