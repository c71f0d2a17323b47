"""Access rules for recordings: seeing, playing, correcting and downloading.

Uploads belong to their listener alone. The owner's folders are for the owner, or for everybody
with ``MOODRING_SHARE_LIBRARY``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import resources
from pages.ui.visitor import listener
from pages.ui.visitor.owner import is_owner
from recommender.library.recordings import Scope

if TYPE_CHECKING:
    from recommender.library.source import LibrarySource


def may_use_folders() -> bool:
    """Return whether this visitor may use the owner's folders, and add and remove folders."""
    return is_owner() or resources.settings().share_library


def scope() -> Scope:
    """Return this visitor's access scope. Every access to a file goes through it."""
    return Scope(listener=listener.current(), owner=may_use_folders())


def source() -> LibrarySource | None:
    """Return this visitor's library as a music source; None without a database."""
    from recommender.library.source import LibrarySource

    recordings = resources.recordings()
    return None if recordings is None else LibrarySource(recordings, scope())
