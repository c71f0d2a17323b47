"""The owner's folders: adding, removing, progress of tagging, and unusable files."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine

from pages.ui import resources
from pages.ui.plain import plain
from recommender.errors import SourceError
from recommender.library.folder_tagging import FolderTagging
from recommender.library.recordings import OWNER, Problem, Recordings
from recommender.library.scan import forget, watch, watched
from recommender.paths import absolute, is_folder
from recommender.text import count_noun, visible
from recommender.wording import Message, duration, sentence

LOOK_S = 1.5
SHOWN_PROBLEMS = 100
_SAID, _RUNNING = "library-folders-said", "library-folders-running"


def show(recordings: Recordings) -> None:
    """Draw the folders. Call it only for visitors who may use them."""
    engine, tagging = resources.database(), resources.folder_tagging()
    if engine is None or tagging is None:
        return
    with st.container(border=True, gap="small", key="library-folders"):
        st.markdown("##### Folders on this machine")
        st.caption(
            "Moodring hears the music in them and below, and what changes there while it runs. "
            "The files stay where they are, and as they are."
        )
        _show_adding(engine, tagging)
        said: str | None = st.session_state.pop(_SAID, None)
        if said:
            st.error(plain(said), icon=":material/folder_off:")
        folders = watched(engine)
        if folders:
            _show_folders(engine, folders, recordings)
            _show_progress(tagging)
        _show_problems(recordings.problems(OWNER))


def _show_adding(engine: Engine, tagging: FolderTagging) -> None:
    with st.form("add-music", border=False, clear_on_submit=True), st.container(horizontal=True):
        path = st.text_input(
            "Folder of music",
            key="add-music-path",
            placeholder="/home/me/Music",
            label_visibility="collapsed",
        )
        pressed = st.form_submit_button("Add", icon=":material/create_new_folder:", type="primary")
    if pressed and path.strip():
        _add(engine, tagging, path.strip())
        st.rerun()


def _add(engine: Engine, tagging: FolderTagging, named: str) -> None:
    try:
        folder = absolute(Path(named).expanduser())
        if is_folder(folder):
            watch(engine, folder)
            tagging.request_scan()
        else:
            st.session_state[_SAID] = f"There is no folder {visible(named)}."
    except (SourceError, RuntimeError) as error:
        # RuntimeError: a user without a known home directory, as in "~nobody/Music".
        st.session_state[_SAID] = sentence(error)


def _show_folders(engine: Engine, folders: Sequence[Path], recordings: Recordings) -> None:
    paths = [one.path for one in recordings.of(OWNER)]
    for place, folder in enumerate(folders):
        songs = sum(path.is_relative_to(folder) for path in paths)
        with st.container(horizontal=True, vertical_alignment="center", key=f"folder-{place}"):
            st.markdown(":material/folder:", width="content")
            st.text(f"{visible(str(folder))}  ·  {count_noun(songs, 'song')}")
            st.button(
                "Remove",
                key=f"forget-{folder}",
                type="tertiary",
                help="Takes its songs out of the library, with your corrections. The files stay.",
                on_click=_forget,
                args=(engine, folder),
            )


def _forget(engine: Engine, folder: Path) -> None:
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
        words = f"Heard {done:,} of {count_noun(total, 'file')}" if total else "Looking for music …"
        rest = f", about {sentence(duration(left))} left" if left else ""
        st.progress(done / total if total else 0.0, f"{words}{rest}")
        return
    if st.session_state.pop(_RUNNING, False):
        # Redraw the page: the new songs belong in the plane above.
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Look again now",
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


def _show_problems(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    with st.expander(f"{count_noun(len(problems), 'file')} cannot be used"):
        lines = [
            visible(f"{one.path}: {sentence(one.problem)}") for one in problems[:SHOWN_PROBLEMS]
        ]
        more = len(problems) - len(lines)
        st.text("\n".join([*lines, *([f"And {more:,} more."] if more else [])]))
