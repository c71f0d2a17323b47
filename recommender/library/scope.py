"""Whose recordings one may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import false, or_

from recommender.tables import RecordingRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Scope:
    """What a visitor may see, play and correct.

    listener : whose dropped files; None for nobody's
    owner : whether the files of the owner's folders, too
    """

    listener: str | None = None
    owner: bool = False

    def condition(self) -> ColumnElement[bool]:
        """Return what holds for the rows of `RecordingRow` in it, and for no others."""
        parts: list[ColumnElement[bool]] = []
        if self.owner:
            parts.append(RecordingRow.listener_id.is_(None))
        if self.listener is not None:
            parts.append(RecordingRow.listener_id == self.listener)
        return or_(false(), *parts)


# The owner's own folders, without anybody's dropped files.
OWNER = Scope(owner=True)
