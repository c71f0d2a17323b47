"""Write the music model's figures into its card, ``music.md``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.types import GEMS_FEELINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

CARD = Path(__file__).parent / "music.md"
BEGIN, END = (
    "<!-- measured: python -m models.train_music -->",
    "<!-- end of what was measured -->",
)


def measured_part(figures: Mapping[str, Any]) -> str:
    """Return the card's tables of the figures from `models.train_music.validate`."""
    music, feelings, transfer = figures["4q"], figures["emotify"], figures["transfer"]
    rows = [
        ("quadrant, macro-F1", music["quadrant_macro_f1"]),
        ("quadrant, accuracy", music["quadrant_accuracy"]),
        ("valence high or low", music["valence_hilo"]),
        ("arousal high or low", music["arousal_hilo"]),
        ("valence against the word norms, R²", music["valence_r2"]),
        ("arousal against the word norms, R²", music["arousal_r2"]),
    ]
    lines = [
        f"4Q, {music['n']} clips, ten folds grouped by artist:",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {value:.3f} |" for name, value in rows),
        "",
        f"Emotify, {feelings['n']} clips, ten folds stratified by genre (it names no artists),",
        "the mean of three draws of the folds. The last two columns say what transfers: how the",
        "listeners' shares go with the valence and arousal that the head of 4Q hears there.",
        "",
        "| feeling | R² | with valence | with arousal |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name.replace('_', ' ')} | {feelings['gems_r2'][name]:.3f} | "
            f"{transfer[name]['valence']:+.2f} | {transfer[name]['arousal']:+.2f} |"
            for name in GEMS_FEELINGS
        ),
        f"| **mean** | **{feelings['gems_r2']['mean']:.3f}** | | |",
    ]
    return "\n".join(lines)


def with_measured(card: str, figures: Mapping[str, Any]) -> str:
    """Replace the tables between the two marks in the card's text."""
    before, rest = card.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{measured_part(figures)}\n{END}{after}"
