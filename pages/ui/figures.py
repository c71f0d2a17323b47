"""The figures of the shipped models, as their manifest states them."""

from __future__ import annotations

import json
from typing import Any

from detectors.weights import SHIPPED

# Drawn by models/card.py.
CONFUSION = SHIPPED.with_name("confusion.svg")


def measured() -> dict[str, Any] | None:
    """Return what was measured on publictest, or None when the manifest does not say."""
    try:
        manifest = json.loads(SHIPPED.read_text(encoding="utf-8"))
        figures = manifest["fusion"]["metrics"]["publictest"]
    except (OSError, ValueError, KeyError):
        return None
    return dict(figures)


def model_card() -> str:
    """Return the expression models' card, in Markdown, without its title and its picture."""
    card = SHIPPED.with_name("emotions.md").read_text(encoding="utf-8")
    lines = card.splitlines()[1:]
    return "\n".join(line for line in lines if not line.startswith(("<!--", "![")))
