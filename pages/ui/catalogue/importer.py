"""The owner's tools at the foot of the Songs page: figures, and adding, removing, refreshing."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from pages.ui import resources
from pages.ui.plain import plain
from pages.ui.visitor import password
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
from recommender.paths import absolute, at_home, is_folder, is_there
from recommender.text import visible
from recommender.wording import moment, number, sentence, sentences, tr, tr_count

# Session keys: what came of the last action, and whether the tools are used in this visit.
_SAID, _USED = "catalogue-said", "catalogue-used"


def show_where_owners_go() -> None:
    """Say to an owner who has not been recognised how to be."""
    if password.known() is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(tr("Only the owner adds songs here."), width="content")
            st.link_button(tr("Sign in as the owner"), "./moodring/owner", type="tertiary")
        return
    st.caption(
        tr(
            "Only the owner of this computer adds songs here. The address to do so is printed "
            "where Moodring was started, in a terminal."
        )
    )


def show(engine: Engine) -> None:
    """Draw the owner's tools, folded while there is nothing to be told."""
    held = batch_summaries(engine)
    songs, placed = sum(one.songs for one in held), sum(one.placed for one in held)
    languages, artists = resources.offered_names()
    st.space("medium")
    label = tr("Manage the songs")
    icon = ":material/library_add:"
    with st.expander(label, icon=icon, expanded=_USED in st.session_state, key="manage-songs"):
        with st.container(horizontal=True):
            st.metric(tr("Songs"), number(songs, ","), border=True)
            st.metric(tr("With a known mood"), number(placed, ","), border=True)
            st.metric(tr("Artists"), number(len(artists), ","), border=True)
            st.metric(tr("Languages"), number(len(languages), ","), border=True)
        _show_adding(engine)
        _show_holdings(engine, held)
        _show_refresh(engine)


def _show_adding(engine: Engine) -> None:
    st.markdown(f"## {tr('Add songs')}")
    st.caption(
        tr(
            "A table (CSV, Excel or Parquet), a playlist (M3U, XSPF, JSPF and more) or a folder "
            "of them, on this computer. Columns are matched by name; songs need valence and "
            "energy to be placed by mood."
        )
    )
    with st.form("add-songs", border=False), st.container(horizontal=True):
        path = st.text_input(
            tr("File or folder"),
            key="add-path",
            placeholder="/home/me/Music/songs.csv",
            label_visibility="collapsed",
        )
        pressed = st.form_submit_button(tr("Add"), icon=":material/add:", type="primary")
    if pressed and path.strip():
        _do(tr("Reading …"), lambda progress: _add(engine, path.strip(), progress))
    said = st.session_state.pop(_SAID, None)
    if said:
        kind, lines = said
        (st.error if kind == "error" else st.success)("  \n".join(map(plain, lines)))


def _show_holdings(engine: Engine, held: list[BatchSummary]) -> None:
    st.markdown(f"## {tr('Where they come from')}")
    folders = registered_folders(engine)
    for folder in folders:
        inside = [one for one in held if one.path and folder in one.path.parents]
        songs = sum(one.songs for one in inside)
        names = [one.source for one in inside]
        _show_line(engine, f"folder-{folder}", str(folder), songs, "folder", names, folder)
    for one in held:
        if one.path is None or not any(folder in one.path.parents for folder in folders):
            name = tr("Shipped with Moodring") if one.shipped else str(one.path or one.source)
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
        counted = tr_count("{number} song", "{number} songs", songs)
        st.text(f"{visible(name)}  ·  {counted}")
        if sources or folder:
            st.button(
                tr("Remove"),
                key=f"remove-{key}",
                type="tertiary",
                help=tr("Takes these songs out of the catalogue. The files stay."),
                on_click=_remove,
                args=(engine, sources, folder),
            )


def _show_refresh(engine: Engine) -> None:
    st.markdown(f"## {tr('Keep them fresh')}")
    st.toggle(
        tr("Refresh every week"),
        value=get_state(engine, WEEKLY) == "1",
        key="weekly",
        on_change=_choose_weekly,
        args=(engine,),
        help=tr("Reads all files and folders again while Moodring runs."),
    )
    if st.button(tr("Refresh now"), key="refresh-songs", icon=":material/refresh:"):
        _do(tr("Refreshing …"), lambda progress: _refresh(engine, progress))
    report = last_report(engine)
    if report is not None:
        label = tr("Last refresh: {time}", time=moment(report.at.astimezone()))
        with st.expander(label, expanded=report.failed):
            st.text("\n".join(report.lines))


def _do(words: str, act: Callable[[Callable[[int, int], object]], list[str]]) -> None:
    """Run a long action under a progress bar, then redraw the page with its result."""
    st.session_state[_USED] = True
    bar = st.progress(0.0, words)
    try:
        said = "success", act(lambda done, all_: bar.progress(min(1.0, done / max(all_, 1)), words))
    except SourceError as error:
        said = "error", [sentence(error)]
    st.session_state[_SAID] = said
    resources.offered_names.clear()
    st.rerun()


def _add(engine: Engine, named: str, progress: Callable[[int, int], object]) -> list[str]:
    path = absolute(at_home(named))
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
    st.session_state[_USED] = True
    try:
        remove(engine, sources, folder)
    except SourceError as error:
        st.session_state[_SAID] = "error", [sentence(error)]
    resources.offered_names.clear()


def _choose_weekly(engine: Engine) -> None:
    st.session_state[_USED] = True
    try:
        put_state(engine, WEEKLY, "1" if st.session_state["weekly"] else "0")
    except SourceError as error:
        st.session_state[_SAID] = "error", [sentence(error)]
