"""Figures of the shipped models, read from their manifests."""

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
    """Return the fusion model's metrics on publictest; None when the manifest has none."""
    return _metrics(SHIPPED, "fusion", "publictest")


def measured_music() -> dict[str, Any] | None:
    """Return the music model's cross-validated metrics; None when the manifest has none."""
    return _metrics(MUSIC, "head", "cross_validation")


def _metrics(manifest: Path, model: str, measured_on: str) -> dict[str, Any] | None:
    try:
        figures = json.loads(manifest.read_text(encoding="utf-8"))[model]["metrics"][measured_on]
    except (OSError, ValueError, KeyError):
        return None
    return dict(figures)


def model_card(name: str) -> str:
    """Return a model card in Markdown, without its title and its pictures.

    Parameters
    ----------
    name : {"emotions.md", "music.md"}, file beside the models
    """
    card = SHIPPED.with_name(name).read_text(encoding="utf-8")
    lines = card.splitlines()[1:]
    return "\n".join(line for line in lines if not line.startswith(("<!--", "![")))
