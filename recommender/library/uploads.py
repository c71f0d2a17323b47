"""Files that listeners upload: storage, tagging, removal.

A file belongs to the listener who uploaded it and is deleted with the listener's other data.
`Unavailable` is raised when the database or the data folder cannot be used.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from detectors.types import Message
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import ListenerRow, RecordingRow
from recommender.errors import Unavailable
from recommender.library.file_tagging import fingerprint
from recommender.library.recordings import Recordings, Scope
from recommender.library.scan import ENDINGS, NOMEDIA
from recommender.library.writer import TaggedFile, key_of, save_recording
from recommender.listeners.store import ensure_listener
from recommender.paths import is_there
from recommender.text import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from recommender.library.pool import IdleWorker
    from recommender.library.recordings import Recording

FOLDER = "dropped"
MAX_BYTES = 25_000_000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Uploads per listener: a visitor must not fill the disk.
MAX_FILES = 100
# Seconds after which an upload without a recording is an orphan: the process that tagged it died.
TAGGING_S = 1800.0
# Uploads without a recording that are older than this process are orphans, too.
_BEGAN = time.time()
# Ids as `recommender.listeners.store.id_of` makes them; nothing else may become part of a path.
_ID = re.compile(r"[0-9a-f]{64}")


def upload_folder(data_dir: Path, listener: str) -> Path:
    """Return a listener's upload folder, which may not exist yet.

    Raises
    ------
    ValueError
        When the id is not a listener's.
    """
    if not _ID.fullmatch(listener):
        message = "not the id of a listener"
        raise ValueError(message)
    return data_dir / FOLDER / listener


def save_upload(
    engine: Engine,
    data_dir: Path,
    listener: str,
    name: str,
    content: bytes,
    worker: IdleWorker,
) -> Recording | Message:
    """Store and tag an upload; return its recording, or why it is rejected.

    Parameters
    ----------
    name : str, original file name; the title when tags are missing
    worker : IdleWorker
        Must run in another process, because any visitor may upload any content.

    Raises
    ------
    CannotTag
        When the tagger cannot be started.
    """
    ending = PurePath(name).suffix.casefold()
    if ending not in ENDINGS:
        return Message("upload-no-music", {"endings": ", ".join(ENDINGS)})
    if len(content) > MAX_BYTES:
        return Message("upload-too-large", {"most": MAX_BYTES // 1_000_000})
    digest = hashlib.sha256(content).hexdigest()
    before = Recordings(engine).get(key_of(digest, listener), Scope(listener))
    if before is not None and is_there(before.path):
        return before
    with database_errors(), write_transaction(engine) as connection:
        # Register the listener first: `purge_orphans` deletes the folders of unknown listeners.
        ensure_listener(connection, listener, utc_now())
        of_listener = RecordingRow.listener_id == listener
        if (connection.scalar(select(func.count()).where(of_listener)) or 0) >= MAX_FILES:
            return Message("upload-too-many", {"most": MAX_FILES})
    path = upload_folder(data_dir, listener) / f"{digest}{ending}"
    with _file_errors("stored"):
        _write(path, content)
    kept: Recording | Message = Message("")
    try:
        kept = tag_one(engine, path, worker, listener, name=name)
    finally:
        if isinstance(kept, Message):
            path.unlink(missing_ok=True)
    return kept


@contextmanager
def _file_errors(done: str) -> Iterator[None]:
    """Convert a failure of the file system to `Unavailable`.

    Parameters
    ----------
    done : str, participle of the task that failed
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("upload-no-room") from error
        raise Unavailable(f"upload-not-{done}") from error


def tag_one(
    engine: Engine,
    path: Path,
    worker: IdleWorker,
    listener: str | None = None,
    *,
    name: str | None = None,
) -> Recording | Message:
    """Tag one file, save and return its recording, or return why it cannot be used.

    Parameters
    ----------
    path : Path, absolute
    listener : str or None, the uploader's id; None for the owner
    name : str or None, the file's original name, when it is stored under another

    Raises
    ------
    CannotTag
        When the tagger cannot be started.
    """
    mine = Scope(listener, owner=listener is None)
    with _file_errors("read"):
        file = fingerprint(path, name)
    key = key_of(file.sha256, listener)
    version, result = worker.tag_file(file)
    if result.problem is not None:
        return result.problem
    tags = result.tags_of(file)
    tagged = TaggedFile(path, file.sha256, file.stamp, file.size, tags, version, result.scores)
    save_recording(engine, tagged, listener)
    return Recordings(engine).get(key, mine) or Message("upload-removed")


def remove_upload(engine: Engine, data_dir: Path, listener: str, key: str) -> bool:
    """Delete a listener's file with its recording; return False when there is none."""
    path = Recordings(engine).remove(key, Scope(listener))
    if path is None:
        return False
    with _file_errors("deleted"):
        # Delete only inside the upload folder, whatever path the row holds.
        if path.parent == upload_folder(data_dir, listener):
            path.unlink(missing_ok=True)
    return True


def delete_uploads(data_dir: Path, listener: str) -> None:
    """Delete all uploads of a listener."""
    folder = upload_folder(data_dir, listener)
    with _file_errors("deleted"):
        if folder.exists():
            shutil.rmtree(folder)


def purge_orphans(engine: Engine, data_dir: Path) -> int:
    """Delete the uploads of listeners missing from the database; return the number of listeners.

    Orphaned uploads of the other listeners are deleted, too, but not counted.
    """
    swept = 0
    with database_errors(), _file_errors("deleted"):
        folder = data_dir / FOLDER
        there = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        ids = [name for name in there if _ID.fullmatch(name)]
        if not ids:
            return 0
        with engine.connect() as connection:
            known = set(connection.scalars(select(ListenerRow.id)))
        for listener in ids:
            if listener in known:
                _purge_untagged(engine, folder / listener)
            else:
                shutil.rmtree(folder / listener)
                swept += 1
    return swept


def _purge_untagged(engine: Engine, folder: Path) -> None:
    """Delete a listener's orphans: uploads without a recording that are not being tagged."""
    since = max(_BEGAN, time.time() - TAGGING_S)
    old = [path for path in folder.iterdir() if path.lstat().st_mtime < since]
    if not old:
        return
    of_listener = select(RecordingRow.sha256).where(RecordingRow.listener_id == folder.name)
    with engine.connect() as connection:
        tagged = set(connection.scalars(of_listener))
    for path in old:
        # Match by digest, because the data folder may have been moved.
        if path.stem not in tagged:
            with suppress(FileNotFoundError):
                path.unlink()


def _write(path: Path, content: bytes) -> None:
    """Write a file atomically, readable only by the app's user."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The marker keeps a scan of the surrounding folders from taking uploads for the owner's music.
    (path.parent.parent / NOMEDIA).touch()
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.replace(file.name, path)  # noqa: PTH105 - the name is a str
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
