"""The dialog that writes moods into the files of the owner's folders, shown first and undone.

Only the owner is asked. What would change is looked at in the dialog's first run, kept in the
session, and written as it was shown.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import streamlit as st

from pages.ui import resources
from pages.ui.plain import plain
from pages.ui.visitor import owner
from recommender.errors import SourceError
from recommender.library.mood_playlists import delete_playlists, mood_playlists, write_playlist
from recommender.library.mood_tag_files import FIELDS
from recommender.library.mood_tags import Change, MoodTags
from recommender.library.recordings import OWNER, Recordings
from recommender.library.scan import watched
from recommender.text import visible
from recommender.wording import Message, sentence, tr, tr_count

KEY = "mood-files"
# Session keys: whether the dialog is open, the changes that it shows, and what was done.
_OPEN, _PLAN, _DONE = "mood-files-open", "mood-files-plan", "mood-files-done"
SHOWN = 200
NOTHING = "–"


def show() -> None:
    """Draw the button, for the owner alone, and the dialog while it is open."""
    if not owner.is_owner():
        return
    st.button(
        tr("Write moods into files"),
        key=KEY,
        icon=":material/sell:",
        type="tertiary",
        help=tr("You see first what would change, and can undo it."),
        on_click=_start,
    )
    # Opened in each run, as a run of the page closes it.
    if st.session_state.get(_OPEN, False):
        st.dialog(tr("Write moods into files"), width="large", on_dismiss=_close)(_show_dialog)()


def _start() -> None:
    _forget()
    st.session_state[_OPEN] = True


def _close() -> None:
    _forget()
    st.session_state[_OPEN] = False


def _forget() -> None:
    for name in (_PLAN, _DONE):
        st.session_state.pop(name, None)


def _show_dialog() -> None:
    moods = _moods()
    if moods is None or not owner.is_owner():
        return
    try:
        _show(moods)
    except SourceError as error:
        st.error(plain(error), icon=":material/error:")


def _moods() -> MoodTags | None:
    engine = resources.database()
    if engine is None:
        return None
    return MoodTags(engine, resources.settings().data_dir, resources.cover_reader())


def _show(moods: MoodTags) -> None:
    done: list[Change] | None = st.session_state.get(_DONE)
    if done is not None:
        _show_done(done)
        return
    plan: list[Change] | None = st.session_state.get(_PLAN)
    if plan is None:
        with st.spinner(tr("Reading the tags of your files …")):
            plan = st.session_state[_PLAN] = list(moods.plan())
    needed = [one for one in plan if one.is_needed]
    st.markdown(
        tr(
            "Mood word, beats a minute, valence and energy go into the tags that players read. "
            "Nothing else in a file changes, and what stood there can be put back."
        )
    )
    if needed:
        rows = [_row(one) for one in needed[:SHOWN]]
        st.dataframe(rows, hide_index=True, width="stretch", key="mood-files-table")
    else:
        st.caption(tr("All files are as they should be."))
    show_left([one for one in plan if one.problem is not None])
    lists = st.checkbox(tr("Playlists by mood, too"), key="mood-files-playlists")
    with st.container(horizontal=True):
        if st.button(
            tr_count("Write into {number} file", "Write into {number} files", len(needed)),
            key="mood-files-write",
            type="primary",
            disabled=not (needed or lists),
        ):
            _act(moods, needed, _write_lists if lists else None)
        if moods.journal.files or moods.journal.playlists:
            undo = tr("Undo all")
            if st.button(undo, key="mood-files-undo", icon=":material/undo:", type="tertiary"):
                _act(moods, list(moods.plan_undo()), _delete_lists)


def _act(
    moods: MoodTags, changes: Sequence[Change], then: Callable[[MoodTags], list[Change]] | None
) -> None:
    bar = st.progress(0.0)
    done = []
    for number, change in enumerate(changes, start=1):
        done.append(moods.write(change))
        bar.progress(number / len(changes))
    if then is not None:
        done += then(moods)
    st.session_state[_DONE] = done
    st.session_state.pop(_PLAN, None)
    # The whole page: recordings have other keys now.
    st.rerun()


def _write_lists(moods: MoodTags) -> list[Change]:
    """Write the playlists, and return those that were left, as changes with a problem."""
    return [
        Change(path, "", {}, {}, problem)
        for path, content in _lists()
        if (problem := write_playlist(path, content, moods.journal)) is not None
    ]


def _lists() -> Iterator[tuple[Path, bytes]]:
    engine = resources.database()
    if engine is not None:
        songs = Recordings(engine).of(OWNER)
        for folder in watched(engine):
            yield from mood_playlists(songs, folder)


def _delete_lists(moods: MoodTags) -> list[Change]:
    delete_playlists(moods.journal)
    return []


def _show_done(done: Sequence[Change]) -> None:
    left = [one for one in done if one.problem is not None]
    changed = sum(one.is_needed for one in done)
    counts = {"files": changed, "kept": len(done) - len(left) - changed, "left": len(left)}
    said = sentence(Message("mood-tags-changed-files", counts))
    st.success(said, icon=":material/check_circle:")
    show_left(left)


def show_left(left: Sequence[Change]) -> None:
    """Draw the files that are left as they are, folded, with the reason for each."""
    if not left:
        return
    label = tr_count("{number} file is left alone", "{number} files are left alone", len(left))
    with st.expander(label):
        st.text(
            "\n".join(
                visible(f"{one.path}: {sentence(one.problem)}")
                for one in left[:SHOWN]
                if one.problem is not None
            )
        )


def _row(one: Change) -> dict[str, str]:
    """Return a line of the table: the file, and each field before and after."""
    words = {
        "mood": tr("Mood"),
        "bpm": tr("Beats a minute"),
        "valence": tr("Valence"),
        "energy": tr("Energy"),
    }
    row = {tr("File"): visible(str(one.path))}
    for name in FIELDS:
        before, after = (
            visible(", ".join(fields.get(name, ())), nothing=NOTHING)
            for fields in (one.before, one.after)
        )
        row[words[name]] = after if before == after else f"{before} → {after}"
    return row
