"""The owner's folders: adding, removing, progress of tagging, and unusable files."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from pages.ui import resources
from pages.ui.library import mood_files
from pages.ui.plain import plain
from recommender.errors import SourceError
from recommender.library.folder_tagging import FolderTagging
from recommender.library.recordings import OWNER, Problem, Recordings
from recommender.library.scan import forget, watch, watched
from recommender.paths import absolute, at_home, is_folder
from recommender.text import visible
from recommender.wording import Message, duration, sentence, tr, tr_count

LOOK_S = 1.5
SHOWN_PROBLEMS = 100
_SAID, _RUNNING = "library-folders-said", "library-folders-running"


def show(recordings: Recordings) -> None:
    """Draw the folders. Call it only for visitors who may use them."""
    engine, tagging = resources.database(), resources.folder_tagging()
    if engine is None or tagging is None:
        return
    with st.container(border=True, gap="small", key="library-folders"):
        st.markdown(f"## {tr('Folders on this computer')}")
        st.caption(
            tr(
                "Moodring listens to the music in these folders and their subfolders, and notices "
                "changes. Your files are never moved, and never altered unless you ask."
            )
        )
        _show_adding(engine, tagging)
        # It stays until the next press: a run that draws it may be cut short by another.
        said: str | None = st.session_state.get(_SAID)
        if said:
            st.error(plain(said), icon=":material/folder_off:")
        folders = watched(engine)
        if folders:
            _show_folders(engine, folders, recordings)
            _show_progress(tagging)
            mood_files.show()


def _show_adding(engine: Engine, tagging: FolderTagging) -> None:
    with st.form("add-music", border=False, clear_on_submit=True), st.container(horizontal=True):
        path = st.text_input(
            tr("Folder of music"),
            key="add-music-path",
            placeholder="/home/me/Music",
            label_visibility="collapsed",
        )
        icon = ":material/create_new_folder:"
        pressed = st.form_submit_button(tr("Add"), icon=icon, type="primary")
    if pressed and path.strip():
        _add(engine, tagging, path.strip())
        st.rerun()


def _add(engine: Engine, tagging: FolderTagging, named: str) -> None:
    st.session_state.pop(_SAID, None)
    try:
        folder = absolute(at_home(named))
        if is_folder(folder):
            watch(engine, folder)
            tagging.request_scan()
        else:
            st.session_state[_SAID] = tr("There is no folder {folder}.", folder=visible(named))
    except SourceError as error:
        st.session_state[_SAID] = sentence(error)


def _show_folders(engine: Engine, folders: Sequence[Path], recordings: Recordings) -> None:
    paths = [one.path for one in recordings.of(OWNER)]
    for place, folder in enumerate(folders):
        songs = sum(path.is_relative_to(folder) for path in paths)
        with st.container(horizontal=True, vertical_alignment="center", key=f"folder-{place}"):
            st.markdown(":material/folder:", width="content")
            counted = tr_count("{number} song", "{number} songs", songs)
            st.text(f"{visible(str(folder))}  ·  {counted}")
            st.button(
                tr("Remove"),
                key=f"forget-{folder}",
                type="tertiary",
                help=tr("Removes its songs, with your corrections, from here. The files stay."),
                on_click=_forget,
                args=(engine, folder),
            )


def _forget(engine: Engine, folder: Path) -> None:
    st.session_state.pop(_SAID, None)
    try:
        forget(engine, folder)
    except SourceError as error:
        st.session_state[_SAID] = sentence(error)


@st.fragment(run_every=LOOK_S)
def _show_progress(tagging: FolderTagging) -> None:
    status = tagging.status()
    if status.running:
        st.session_state[_RUNNING] = True
        done, total = (status.progress.done, status.progress.total) if status.progress else (0, 0)
        left = status.progress.left_s if status.progress else None
        st.progress(done / total if total else 0.0, _progress(done, total, left))
        return
    if st.session_state.pop(_RUNNING, False):
        # Redraw the page: the new songs belong in the plane above.
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            tr("Scan now"),
            key="look-again",
            icon=":material/refresh:",
            on_click=tagging.request_scan,
            type="tertiary",
        )
        if status.problem:
            st.caption(plain(status.problem))
        elif status.report:
            st.caption(plain(status.report.summary()))
    if status.unwatched:
        st.caption(sentence(Message("folders-unwatched")))


def _progress(done: int, total: int, left: float | None) -> str:
    if not total:
        return tr("Looking for music …")
    if not left:
        return tr("Listened to {done} of {total} files", done=f"{done:,}", total=f"{total:,}")
    return tr(
        "Listened to {done} of {total} files, about {time} left",
        done=f"{done:,}",
        total=f"{total:,}",
        time=sentence(duration(left)),
    )


def show_problems(problems: Sequence[Problem]) -> None:
    """Draw the files that cannot be used, folded, with the reason for each."""
    if not problems:
        return
    label = tr_count("{number} file cannot be used", "{number} files cannot be used", len(problems))
    with st.expander(label, icon=":material/music_off:"):
        lines = [
            visible(f"{one.path}: {sentence(one.problem)}") for one in problems[:SHOWN_PROBLEMS]
        ]
        more = len(problems) - len(lines)
        if more:
            lines.append(tr_count("And {number} more.", "And {number} more.", more))
        st.text("\n".join(lines))
