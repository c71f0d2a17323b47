"""The music model's card says what was measured, and nothing else."""

from __future__ import annotations

import json

from detectors.music import HEAD, SHIPPED
from models.music_card import BEGIN, CARD, END, with_measured


def test_the_card_holds_the_figures_of_the_manifest() -> None:
    figures = json.loads(SHIPPED.read_text(encoding="utf-8"))[HEAD]["metrics"]["cross_validation"]
    card = CARD.read_text(encoding="utf-8")
    assert with_measured(card, figures) == card
    figures["4q"]["quadrant_macro_f1"] += 0.01
    assert with_measured(card, figures) != card


def test_only_what_stands_between_the_marks_changes() -> None:
    figures = json.loads(SHIPPED.read_text(encoding="utf-8"))[HEAD]["metrics"]["cross_validation"]
    text = f"# Card\n{BEGIN}\nold\n{END}\nrest\n"
    new = with_measured(text, figures)
    assert new.startswith(f"# Card\n{BEGIN}\n4Q, 720 clips")
    assert new.endswith(f"\n{END}\nrest\n")
    assert "\nold\n" not in new
