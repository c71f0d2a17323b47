"""The recipe of a training: cycles, in order, read from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from detectors.types import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the shipped nets were trained with.
RECIPE = Path(__file__).parent / "recipe.toml"
NETS = ("cnn", "dcnn", "mobilenet")
# The two sides of the fusion, and the kinds of net that each may be made of.
SIDES = {"cnn": ("cnn", "mobilenet"), "dcnn": ("dcnn",)}
SHIPPED_WEIGHTS = "shipped"
# Of a face recognition net: see models/face_recognition.py.
FACE_RECOGNITION = "face-recognition"
OPTIMIZERS = ("sgd", "adamw")


class BadRecipe(ValueError):
    """The file is not a recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One run of the learning rate from warm-up to zero, for one net; or a mean of weights.

    name : what later cycles call the weights that it leaves
    net : one of `NETS`
    epochs : how many, ≥ 1; 0 where weights are averaged
    peak : the highest learning rate, > 0
    augmentation : strength, 0..1, as `models.emotion_data.augment` takes it
    mixup : alpha of the Beta distribution that faces are mixed by; 0 for none
    start : name of the cycle whose weights it begins with, "shipped", "face-recognition" (only a
        MobileNet), or None for random ones
    average : names of cycles whose weights are averaged instead of any training
    optimizer : "sgd" or "adamw"
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
    average: tuple[str, ...] = ()
    optimizer: str = "sgd"
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.0
    repeats: dict[str, int] = field(default_factory=dict)
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """Cycles in order, and the name of that whose weights are shipped, by side of the fusion."""

    cycles: tuple[Cycle, ...]
    ship: dict[str, str]

    def net_of(self) -> dict[str, str]:
        """Return which net each cycle trains."""
        return {cycle.name: cycle.net for cycle in self.cycles}

    def shipped_nets(self) -> list[str]:
        """Return which nets are shipped, side by side."""
        net_of = self.net_of()
        return [net_of[cycle] for cycle in self.ship.values()]

    def shortened(self, epochs: int) -> Recipe:
        """Return the same recipe with at most so many epochs a cycle: a smoke run."""
        short = (replace(cycle, epochs=min(epochs, cycle.epochs)) for cycle in self.cycles)
        return Recipe(tuple(short), self.ship)


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
            Cycle(**one | {name: tuple(one.get(name, ())) for name in ("average", "teachers")})
            for one in content["cycle"]
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
        found += [f"cycle {cycle.name!r}: {problem}" for problem in _problems_of(cycle, known)]
        known[cycle.name] = cycle.net
    if recipe.ship.keys() != SIDES.keys() or not all(
        known.get(name) in SIDES[side] for side, name in recipe.ship.items()
    ):
        found.append("ship must name a cycle of a fitting net for each of " + ", ".join(SIDES))
    return found


def _problems_of(cycle: Cycle, known: dict[str, str]) -> Iterator[str]:
    """Give what is wrong with a cycle.

    known : which net each cycle before it trains
    """
    if cycle.name in known or cycle.name in (SHIPPED_WEIGHTS, FACE_RECOGNITION):
        yield "the name is taken"
    if cycle.net not in NETS:
        yield f"net must be one of {', '.join(NETS)}"
    if cycle.optimizer not in OPTIMIZERS:
        yield f"optimizer must be one of {', '.join(OPTIMIZERS)}"
    yield from _problems_of_origin(cycle, known)
    if cycle.epochs < (0 if cycle.average else 1) or cycle.peak <= 0 or cycle.mixup < 0:
        yield "epochs and peak must be positive, mixup not negative"
    if not (0 <= cycle.augmentation <= 1 and 0 <= cycle.teacher_share <= 1):
        yield "augmentation and teacher_share must lie between 0 and 1"
    if any(name not in EMOTIONS or times < 1 for name, times in cycle.repeats.items()):
        yield "repeats must name FER-2013 classes, each at least once"


def _problems_of_origin(cycle: Cycle, known: dict[str, str]) -> Iterator[str]:
    """Give what is wrong with what a cycle takes from others."""
    if cycle.start == FACE_RECOGNITION:
        if cycle.net != "mobilenet":
            yield f"only a mobilenet can start with {FACE_RECOGNITION!r}"
    elif cycle.start not in (None, SHIPPED_WEIGHTS) and known.get(cycle.start) != cycle.net:
        yield f"no cycle of the same net named {cycle.start!r} before it"
    yield from (
        f"no cycle of the same net named {name!r} before it"
        for name in cycle.average
        if known.get(name) != cycle.net
    )
    if cycle.average and (cycle.epochs or cycle.start or cycle.teachers):
        yield "an average has no epochs, start or teachers"
    yield from (
        f"no cycle named {name!r} before it" for name in cycle.teachers if name not in known
    )
