"""Files that listeners dropped into the page: where they lie, and how they go.

They belong to the listener who dropped them, and go with all else that is kept of them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path, PurePath
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from recommender.answers import utc_now
from recommender.database import answering, writing
from recommender.ingest.files import is_there
from recommender.ingest.reports import counted
from recommender.library.finding import ENDINGS, KEEP_OUT
from recommender.library.hearing import look_at
from recommender.library.keeping import Heard, key_of, save
from recommender.library.recordings import Recordings
from recommender.library.scope import Scope
from recommender.listeners import greet
from recommender.tables import ListenerRow, RecordingRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from recommender.library.hearing import Hearer
    from recommender.library.recordings import Recording

FOLDER = "dropped"
MAX_BYTES = 25_000_000
# Of one listener. A disk is not endless, and anybody may drop.
MAX_FILES = 100
# What lies longer without a recording is heard by nobody: whoever heard it was ended meanwhile.
HEARING_S = 1800.0
# As `recommender.listeners.id_of` makes them; nothing else may become part of a path.
# What was written before, nobody in this process hears.
_BEGAN = time.time()
_ID = re.compile(r"[0-9a-f]{64}")


def dropped_folder(data_dir: Path, listener: str) -> Path:
    """Return where a listener's files lie; it may not be there yet.

    Raises
    ------
    ValueError
        When the id is none.
    """
    if not _ID.fullmatch(listener):
        message = "not the id of a listener"
        raise ValueError(message)
    return data_dir / FOLDER / listener


def drop(
    engine: Engine,
    data_dir: Path,
    listener: str,
    name: str,
    content: bytes,
    hearer: Hearer,
) -> Recording | str:
    """Keep a file that a listener dropped, and return its recording, or why it is not kept.

    name : of the file as it was dropped; its ending is kept, and else only what tags lack
    hearer : in another process, for anybody may drop anything

    Raises
    ------
    CannotTag
        When nothing can be heard.
    Unavailable
        When the database or the data folder cannot be used.
    """
    ending = PurePath(name).suffix.casefold()
    if ending not in ENDINGS:
        return f"It is no music by its name, which must end in {', '.join(ENDINGS)}."
    if len(content) > MAX_BYTES:
        return f"It is larger than {MAX_BYTES // 1_000_000} MB."
    digest = hashlib.sha256(content).hexdigest()
    before = Recordings(engine).get(key_of(digest, listener), Scope(listener))
    if before is not None and is_there(before.path):
        return before
    with answering(), writing(engine) as connection:
        # First of all: files of nobody are swept away.
        greet(connection, listener, utc_now())
        theirs = RecordingRow.listener_id == listener
        if (connection.scalar(select(func.count()).where(theirs)) or 0) >= MAX_FILES:
            return f"You have dropped {counted(MAX_FILES, 'file')} already; remove some first."
    path = dropped_folder(data_dir, listener) / f"{digest}{ending}"
    with answering():
        _write(path, content)
    kept: Recording | str = ""
    try:
        kept = tag_one(engine, path, hearer, listener, name=name)
    finally:
        if isinstance(kept, str):
            path.unlink(missing_ok=True)
    return kept


def tag_one(
    engine: Engine,
    path: Path,
    hearer: Hearer,
    listener: str | None = None,
    *,
    name: str | None = None,
) -> Recording | str:
    """Have one file heard, keep and return it; or one sentence why it cannot be used.

    path : absolute
    listener : who dropped it; None for the owner
    name : what the file was called, where it lies under another name

    Raises
    ------
    CannotTag
        When nothing can be heard.
    Unavailable
        When the database cannot be used.
    """
    mine = Scope(listener, owner=listener is None)
    with answering():
        look = look_at(path, name)
    key = key_of(look.sha256, listener)
    version, said = hearer.hear(look)
    if said.problem is not None:
        return said.problem
    tags = said.tags_of(look)
    heard = Heard(path, look.sha256, look.stamp, look.size, tags, version, said.scores)
    save(engine, heard, listener)
    return Recordings(engine).get(key, mine) or "It was removed meanwhile."


def remove_dropped(engine: Engine, data_dir: Path, listener: str, key: str) -> bool:
    """Delete one of a listener's files with its recording; return whether there was one."""
    path = Recordings(engine).remove(key, Scope(listener))
    if path is None:
        return False
    with answering():
        # Whatever a row says, nothing else is ever deleted.
        if path.parent == dropped_folder(data_dir, listener):
            path.unlink(missing_ok=True)
    return True


def delete_dropped(data_dir: Path, listener: str) -> None:
    """Delete all files that a listener dropped.

    Raises
    ------
    Unavailable
        When they cannot be deleted.
    """
    folder = dropped_folder(data_dir, listener)
    with answering():
        if folder.exists():
            shutil.rmtree(folder)


def sweep_dropped(engine: Engine, data_dir: Path) -> int:
    """Delete the files of listeners whom the database has forgotten, and return of how many.

    What nobody has come to hear to its end goes, too, and is not counted.

    Raises
    ------
    Unavailable
        When the database cannot be used, or they cannot be deleted.
    """
    swept = 0
    with answering():
        folder = data_dir / FOLDER
        there = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        ids = [name for name in there if _ID.fullmatch(name)]
        if not ids:
            return 0
        with engine.connect() as connection:
            known = set(connection.scalars(select(ListenerRow.id)))
        for listener in ids:
            if listener in known:
                _sweep_unheard(engine, folder / listener)
            else:
                shutil.rmtree(folder / listener)
                swept += 1
    return swept


def _sweep_unheard(engine: Engine, folder: Path) -> None:
    """Delete the files of a listener that have no recording, unless they may just be heard."""
    since = max(_BEGAN, time.time() - HEARING_S)
    old = [path for path in folder.iterdir() if path.lstat().st_mtime < since]
    if not old:
        return
    theirs = select(RecordingRow.sha256).where(RecordingRow.listener_id == folder.name)
    with engine.connect() as connection:
        heard = set(connection.scalars(theirs))
    for path in old:
        # By the content: the data folder may have been moved.
        if path.stem not in heard:
            with suppress(FileNotFoundError):
                path.unlink()


def _write(path: Path, content: bytes) -> None:
    """Write a file that nobody sees before it is whole, and nobody else may read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Whoever tags the folders around must not take it for the owner's music.
    (path.parent.parent / KEEP_OUT).touch()
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    os.replace(file.name, path)  # noqa: PTH105 - the name is a text
