"""Access rights to recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import false, or_

from recommender.tables import RecordingRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Scope:
    """The recordings that a visitor may see, play and correct.

    Attributes
    ----------
    listener : str or None, id whose uploads are included
    owner : bool, whether the owner's folders are included
    """

    listener: str | None = None
    owner: bool = False

    def condition(self) -> ColumnElement[bool]:
        """Return the SQL condition for the rows of `RecordingRow` in this scope."""
        parts: list[ColumnElement[bool]] = []
        if self.owner:
            parts.append(RecordingRow.listener_id.is_(None))
        if self.listener is not None:
            parts.append(RecordingRow.listener_id == self.listener)
        return or_(false(), *parts)


# The owner's folders without any uploads.
OWNER = Scope(owner=True)
