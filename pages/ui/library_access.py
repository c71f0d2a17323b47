"""Access rules for recordings: seeing, playing, correcting and downloading.

Uploads belong to their listener alone. The owner's folders are for the owner, or for everybody
with ``MOODRING_SHARE_LIBRARY``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import listener, wiring
from pages.ui.owner import is_owner
from recommender.library.scope import Scope

if TYPE_CHECKING:
    from recommender.sources.library import LibrarySource


def may_use_folders() -> bool:
    """Return whether this visitor may use the owner's folders, and add and remove folders."""
    return is_owner() or wiring.settings().share_library


def scope() -> Scope:
    """Return this visitor's access scope. Every access to a file goes through it."""
    return Scope(listener=listener.current(), owner=may_use_folders())


def source() -> LibrarySource | None:
    """Return this visitor's library as a music source; None without a database."""
    from recommender.sources.library import LibrarySource

    recordings = wiring.recordings()
    return None if recordings is None else LibrarySource(recordings, scope())
