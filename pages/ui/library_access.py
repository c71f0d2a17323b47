"""Which recordings a visitor may see, hear, correct and take along.

What somebody has dropped into the page is theirs alone. The owner's own folders are for the
owner, or for everybody where ``MOODRING_SHARE_LIBRARY`` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui import listener, wiring
from pages.ui.owner import is_owner
from recommender.library.scope import Scope

if TYPE_CHECKING:
    from recommender.sources.library import LibrarySource


def may_use_folders() -> bool:
    """Return whether this visitor may use the owner's folders, and say which they are."""
    return is_owner() or wiring.settings().share_library


def scope() -> Scope:
    """Return what this visitor may see. Everything that reaches a file asks for this first."""
    return Scope(listener=listener.current(), owner=may_use_folders())


def source() -> LibrarySource | None:
    """Return this visitor's library as a source of music; None without a database."""
    from recommender.sources.library import LibrarySource

    recordings = wiring.recordings()
    return None if recordings is None else LibrarySource(recordings, scope())
