"""The figures of the shipped models, as their manifest states them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from detectors.weights import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

# Written by models/train_music.py.
MUSIC = SHIPPED.with_name("music.json")
# Drawn by models/card.py.
CONFUSION = SHIPPED.with_name("confusion.svg")


def measured() -> dict[str, Any] | None:
    """Return what was measured on publictest, or None when the manifest does not say."""
    return _metrics(SHIPPED, "fusion", "publictest")


def measured_music() -> dict[str, Any] | None:
    """Return the cross-validation of the music model, or None when the manifest does not say."""
    return _metrics(MUSIC, "head", "cross_validation")


def _metrics(manifest: Path, model: str, measured_on: str) -> dict[str, Any] | None:
    try:
        figures = json.loads(manifest.read_text(encoding="utf-8"))[model]["metrics"][measured_on]
    except (OSError, ValueError, KeyError):
        return None
    return dict(figures)


def model_card(name: str) -> str:
    """Return a model card, in Markdown, without its title and its pictures.

    name : of the file beside the models, "emotions.md" or "music.md"
    """
    card = SHIPPED.with_name(name).read_text(encoding="utf-8")
    lines = card.splitlines()[1:]
    return "\n".join(line for line in lines if not line.startswith(("<!--", "![")))
