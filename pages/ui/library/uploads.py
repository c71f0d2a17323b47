"""Upload of songs: stored for this listener alone, and tagged one by one."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from detectors.hearing.audio_limits import DROPPED
from pages.ui import resources
from pages.ui.plain import plain
from pages.ui.visitor import listener
from recommender.errors import CannotTag, SourceError, Unavailable
from recommender.library import uploads
from recommender.library.recordings import Recording
from recommender.library.scan import ENDINGS
from recommender.text import visible
from recommender.wording import Message, sentence, tr, tr_count

MAX_MB, MAX_MINUTES = DROPPED.max_bytes // 1024**2, DROPPED.max_seconds // 60
# Free disk space below which uploads are refused: a full disk would stop everything.
MIN_FREE_BYTES = 2_000_000_000
LOOK_S = 1.0
# Timeout of the wait for another visitor's song.
WAIT_S = 30.0
SHOWN_PROBLEMS = 8
_SAID, _KEPT, _GENERATION = "library-said", "library-kept", "library-drop-turn"

# One song at a time: two would slow each other down, and the cameras of all visitors.
_tagger_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Said:
    """The result of the last upload.

    Attributes
    ----------
    kept : tuple of str, keys of the stored recordings
    problems : tuple of str, one sentence for each rejected file
    """

    kept: tuple[str, ...]
    problems: tuple[str, ...]


def just_kept() -> tuple[str, ...]:
    """Return the keys of the recordings that were just uploaded, once."""
    keys: tuple[str, ...] = st.session_state.pop(_KEPT, ())
    return keys


def kept() -> str:
    """Return what becomes of the files that are dropped."""
    return tr(
        "They are kept on the computer that runs Moodring, for this browser alone (a random id in "
        "its cookie), until you remove them here or press “Delete everything” on the History page."
    )


def show() -> None:
    """Draw the uploader."""
    generation = st.session_state.setdefault(_GENERATION, 0)
    files = st.file_uploader(
        tr("Drop songs here"),
        type=list(ENDINGS),
        accept_multiple_files=True,
        max_upload_size=MAX_MB,
        key=f"library-drop-{generation}",
        help=tr(
            "Up to {files} files of {megabytes} MB and {minutes} minutes each.",
            files=uploads.MAX_FILES,
            megabytes=MAX_MB,
            minutes=MAX_MINUTES,
        ),
        label_visibility="collapsed",
    )
    st.caption(f"{kept()} {tr('Bring only music that you may copy.')}")
    if files:
        said = _take(files)
        st.session_state[_SAID], st.session_state[_KEPT] = said, said.kept
        # A new widget key releases the files, which Streamlit keeps in memory.
        st.session_state[_GENERATION] = generation + 1
        st.rerun()


def remove(key: str) -> None:
    """Delete an uploaded file. Raises Unavailable."""
    engine = resources.database()
    if engine is not None:
        uploads.remove_upload(engine, resources.settings().data_dir, listener.current(), key)


def _take(files: Sequence[UploadedFile]) -> _Said:
    done, problems = [], []
    bar = st.progress(0.0, tr("Getting ready …"))
    line = st.empty()
    for place, file in enumerate(files):
        name = visible(file.name)
        try:
            with _hold_tagger(line):
                recording = _save(
                    file,
                    tr(
                        "Listening to {file} ({place} of {number}) …",
                        file=plain(file.name),
                        place=place + 1,
                        number=len(files),
                    ),
                    partial(bar.progress, place / len(files)),
                )
        except CannotTag as error:
            # The other files would fail, too, and each attempt takes a while.
            problems.append(f"{name}: {sentence(error)}")
            left = len(files) - place - 1
            if left:
                problems.append(
                    tr_count(
                        "{number} more file was not read.",
                        "{number} more files were not read.",
                        left,
                    )
                )
            break
        except SourceError as error:
            recording = error.message
        if isinstance(recording, Message):
            problems.append(f"{name}: {sentence(recording)}")
        else:
            done.append(recording.key)
    bar.empty()
    if done:
        said = tr_count("{number} song added.", "{number} songs added.", len(done))
        st.toast(said, icon=":material/check:")
    return _Said(tuple(done), tuple(problems))


@contextmanager
def _hold_tagger(line: DeltaGenerator) -> Iterator[None]:
    """Hold the tagger's lock; show a note while another visitor holds it.

    Raises
    ------
    CannotTag
        When the lock is not free within `WAIT_S`.
    """
    give_up = time.monotonic() + WAIT_S
    while not _tagger_lock.acquire(timeout=LOOK_S):
        if time.monotonic() > give_up:
            raise CannotTag("upload-tagger-busy")
        # Drawing also ends the wait when the visitor has left.
        line.caption(tr("Another visitor's songs are being heard just now; yours are next."))
    try:
        line.empty()
        yield
    finally:
        _tagger_lock.release()


def _save(file: UploadedFile, words: str, tell: Callable[[str], object]) -> Recording | Message:
    """Store and tag a file; return its recording, or why it is rejected.

    Parameters
    ----------
    words : str, progress message while the file is tagged
    tell : callable, shows a progress message
    """
    engine, data_dir = resources.database(), resources.settings().data_dir
    if engine is None:
        raise Unavailable("database-unusable")
    if shutil.disk_usage(data_dir).free < MIN_FREE_BYTES:
        return Message("upload-disk-full")
    worker = resources.upload_tagger()
    if not worker.is_ready:
        tell(tr("Getting ready to listen: the music models are being loaded …"))
        worker.start()
    tell(words)
    me, content = listener.current(), file.getvalue()
    recording = uploads.save_upload(engine, data_dir, me, file.name, content, worker)
    # The listener has data now, so their cookie must be kept.
    listener.me().note_upload()
    # Tagging takes seconds: another tab may have deleted the listener meanwhile.
    listener.stay_deleted(me)
    return recording


def show_problems() -> None:
    """Draw the files of the last upload that could not be used."""
    said: _Said | None = st.session_state.get(_SAID)
    if said is None or not said.problems:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="library-problems"):
        with st.container(gap="small"):
            for problem in said.problems[:SHOWN_PROBLEMS]:
                st.warning(plain(problem), icon=":material/music_off:")
            more = len(said.problems) - SHOWN_PROBLEMS
            if more > 0:
                st.warning(
                    tr_count(
                        "And {number} more file could not be used.",
                        "And {number} more files could not be used.",
                        more,
                    )
                )
        st.button(tr("Dismiss"), key="library-dismiss", type="tertiary", on_click=_dismiss)


def _dismiss() -> None:
    del st.session_state[_SAID]
