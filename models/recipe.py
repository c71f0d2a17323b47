"""The recipe of a training: cycles, in order, read from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from detectors.types import EMOTIONS

# What the shipped nets were trained with.
RECIPE = Path(__file__).parent / "recipe.toml"
NETS = ("cnn", "dcnn")
SHIPPED_WEIGHTS = "shipped"


class BadRecipe(ValueError):
    """The file is not a recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One run of the learning rate from warm-up to zero, for one net.

    name : what later cycles call the weights that it leaves
    net : "cnn" or "dcnn"
    epochs : how many, ≥ 1
    peak : the highest learning rate, > 0
    augmentation : strength, 0..1, as `models.emotion_data.augment` takes it
    mixup : alpha of the Beta distribution that faces are mixed by; 0 for none
    start : name of the cycle whose weights it begins with, "shipped", or None for random ones
    teachers : names of cycles; the mean of what they say softens the targets
    teacher_share : share of the teachers in the targets, 0..1
    repeats : how often faces of a FER-2013 class are shown in an epoch, where not once
    seed : of weights, order and augmentation
    """

    name: str
    net: str
    epochs: int
    peak: float = 0.1
    augmentation: float = 1.0
    mixup: float = 0.0
    start: str | None = None
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.0
    repeats: dict[str, int] = field(default_factory=dict)
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """Cycles in order, and the names of the two whose weights are shipped."""

    cycles: tuple[Cycle, ...]
    ship: dict[str, str]

    def shortened(self, epochs: int) -> Recipe:
        """Return the same recipe with so few epochs a cycle: a smoke run."""
        return Recipe(tuple(replace(cycle, epochs=epochs) for cycle in self.cycles), self.ship)


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises
    ------
    BadRecipe
        When the file is missing, is no TOML, or asks for something that no cycle gives.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
        cycles = tuple(
            Cycle(**{**one, "teachers": tuple(one.get("teachers", ()))}) for one in content["cycle"]
        )
        recipe = Recipe(cycles, dict(content["ship"]))
        problems = _problems(recipe)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        message = f"{path}: not a readable recipe ({error})"
        raise BadRecipe(message) from error
    if problems:
        message = f"{path}: {'; '.join(problems)}"
        raise BadRecipe(message)
    return recipe


def _problems(recipe: Recipe) -> list[str]:
    found = []
    known: dict[str, str] = {}
    for cycle in recipe.cycles:
        here = f"cycle {cycle.name!r}:"
        if cycle.name in known or cycle.name == SHIPPED_WEIGHTS:
            found.append(f"{here} the name is taken")
        if cycle.net not in NETS:
            found.append(f"{here} net must be one of {', '.join(NETS)}")
        if cycle.start not in (None, SHIPPED_WEIGHTS) and known.get(cycle.start) != cycle.net:
            found.append(f"{here} no cycle of the same net named {cycle.start!r} before it")
        found += [
            f"{here} no cycle named {t!r} before it" for t in cycle.teachers if t not in known
        ]
        if cycle.epochs < 1 or cycle.peak <= 0 or cycle.mixup < 0:
            found.append(f"{here} epochs and peak must be positive, mixup not negative")
        if not (0 <= cycle.augmentation <= 1 and 0 <= cycle.teacher_share <= 1):
            found.append(f"{here} augmentation and teacher_share must lie between 0 and 1")
        if any(name not in EMOTIONS or times < 1 for name, times in cycle.repeats.items()):
            found.append(f"{here} repeats must name FER-2013 classes, each at least once")
        known[cycle.name] = cycle.net
    if {net: known.get(name) for net, name in recipe.ship.items()} != {net: net for net in NETS}:
        found.append("ship must name a cycle for each of " + ", ".join(NETS))
    return found
