"""Training recipes: cycles, in order, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from detectors.types import EMOTIONS
from models import BadInput

# The recipe of the shipped nets.
RECIPE = Path(__file__).parent / "recipe.toml"
# That of the nets which are to follow them.
NEXT_RECIPE = Path(__file__).parent / "recipe_next.toml"
NETS = ("cnn", "dcnn", "mobilenet")
# The two sides of the fusion, and the nets that each may be.
SIDES = {"cnn": ("cnn", "mobilenet"), "dcnn": ("dcnn",)}
SHIPPED_WEIGHTS = "shipped"
# Weights that learnt from other faces: see models/face_recognition.py.
FACE_RECOGNITION = "face-recognition"
AFFECTNET = "affectnet"
PRETRAINED = (FACE_RECOGNITION, AFFECTNET)
# Pixels to which a MobileNet may enlarge a face: from the face itself to its pre-training's size.
SIZES = (48, 224)
OPTIMIZERS = ("sgd", "adamw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A training of one net, from the learning rate's warm-up to zero.

    Without epochs, a mean of weights, or the shipped weights as they are.

    Attributes
    ----------
    name : str, by which later cycles refer to its weights
    net : str, one of `NETS`
    epochs : int, ≥ 1; 0 where weights are averaged, or taken as shipped
    size : int or None, side in pixels to which a MobileNet enlarges the face; None for its usual
    peak : float, > 0, the highest learning rate
    layer_decay : float, > 0, ≤ 1, learning rate of each stage of a MobileNet as a share of that of
        the next (the heads have the whole); AdamW only
    augmentation : float, 0..1, strength for `models.emotion_data.augment`
    mild_epochs : int, first epochs with half of that strength
    worsening : float, 0..1, strength for `models.daily_pictures.worsened`
    mixup : float, alpha of the Beta distribution that faces are mixed by; 0 for none
    start : name of the cycle whose weights it begins with, "shipped", "face-recognition" or
        "affectnet" (only a MobileNet), or None for random weights
    average : names of cycles whose weights are averaged instead of any training
    optimizer : str, "sgd" or "adamw"
    teachers : names of cycles whose mean predictions soften the targets
    teacher_share : float, 0..1, share of the teachers in the targets
    teacher_share_plus : float or None, 0..1, the same for FER+; None for the same share
    shifted : bool, as a teacher, it is asked about four shifts of the face, too
    repeats : mapping of FER-2013 classes to the times that their faces are shown in an epoch
    seed : int, for weights, order and augmentation
    """

    name: str
    net: str
    epochs: int
    size: int | None = None
    peak: float = 0.1
    layer_decay: float = 1.0
    augmentation: float = 1.0
    mild_epochs: int = 0
    worsening: float = 0.0
    mixup: float = 0.0
    start: str | None = None
    average: tuple[str, ...] = ()
    optimizer: str = "sgd"
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.0
    teacher_share_plus: float | None = None
    shifted: bool = False
    repeats: dict[str, int] = field(default_factory=dict)
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """Cycles in order, and the name of the shipped cycle by side of the fusion."""

    cycles: tuple[Cycle, ...]
    ship: dict[str, str]

    def by_name(self) -> dict[str, Cycle]:
        """Return the cycles by their names."""
        return {cycle.name: cycle for cycle in self.cycles}

    def shortened(self, epochs: int) -> Recipe:
        """Return the recipe with at most ``epochs`` per cycle, for a smoke run."""
        short = (replace(cycle, epochs=min(epochs, cycle.epochs)) for cycle in self.cycles)
        return Recipe(tuple(short), self.ship)


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises
    ------
    BadInput
        When the file is missing, is not TOML, or states an impossible cycle.
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
        raise BadInput(f"{path}: not a readable recipe ({error})") from error
    if problems:
        raise BadInput(f"{path}: {'; '.join(problems)}")
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
    """Yield the problems of a cycle, given the nets of the cycles before it by name."""
    if cycle.name in known or cycle.name in (SHIPPED_WEIGHTS, *PRETRAINED):
        yield "the name is taken"
    if cycle.net not in NETS:
        yield f"net must be one of {', '.join(NETS)}"
    if cycle.optimizer not in OPTIMIZERS:
        yield f"optimizer must be one of {', '.join(OPTIMIZERS)}"
    yield from _problems_of_origin(cycle, known)
    taken = cycle.average or cycle.start == SHIPPED_WEIGHTS
    if cycle.epochs < (0 if taken else 1) or cycle.peak <= 0 or cycle.mixup < 0:
        yield "epochs and peak must be positive, mixup not negative"
    shares = (cycle.teacher_share, cycle.teacher_share_plus or 0)
    if not all(0 <= share <= 1 for share in (cycle.augmentation, cycle.worsening, *shares)):
        yield "augmentation, worsening and teacher_share must lie between 0 and 1"
    if not 0 < cycle.layer_decay <= 1 or (cycle.layer_decay < 1 and cycle.optimizer != "adamw"):
        yield "layer_decay must lie between 0 and 1, and needs adamw"
    if cycle.size is not None and (
        cycle.net != "mobilenet" or not SIZES[0] <= cycle.size <= SIZES[1]
    ):
        yield f"only a mobilenet has a size, from {SIZES[0]} to {SIZES[1]}"
    if any(name not in EMOTIONS or times < 1 for name, times in cycle.repeats.items()):
        yield "repeats must name FER-2013 classes, each at least once"


def _problems_of_origin(cycle: Cycle, known: dict[str, str]) -> Iterator[str]:
    """Yield the problems of a cycle's references to other cycles."""
    if cycle.start in PRETRAINED:
        if cycle.net != "mobilenet":
            yield f"only a mobilenet can start with {cycle.start!r}"
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
