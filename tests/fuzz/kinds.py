"""All kinds of inputs that are fuzzed; each is loaded when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.kind import Kind

KINDS = ("pictures", "sounds", "tables", "playlists", "backups", "settings")


def kind_of(name: str) -> Kind:
    """Return a kind, one of `KINDS`."""
    made: Kind = import_module(f"tests.fuzz.{name}").KIND
    return made
