"""The recipe of a training: what is read, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models import BadInput
from models.recipe import NEXT_RECIPE, RECIPE, SIDES, read_recipe

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
ship = { cnn = "b", dcnn = "c" }
[[cycle]]
name = "a"
net = "cnn"
epochs = 2
[[cycle]]
name = "b"
net = "cnn"
start = "a"
epochs = 3
peak = 0.05
mixup = 0.2
repeats = { disgust = 2 }
[[cycle]]
name = "c"
net = "dcnn"
start = "shipped"
teachers = ["a", "b"]
teacher_share = 0.5
epochs = 4
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_recipe_can_be_read_and_ships_both_nets() -> None:
    for path in (RECIPE, NEXT_RECIPE):
        recipe = read_recipe(path)
        assert set(recipe.ship) == set(SIDES)
        assert len(recipe.by_name()) == len(recipe.cycles)


def test_what_stands_in_the_file_is_what_is_run(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, GOOD))
    first, second, third = recipe.cycles
    assert (first.start, first.teachers, first.peak, first.mixup) == (None, (), 0.1, 0)
    assert (second.start, second.peak, second.repeats) == ("a", 0.05, {"disgust": 2})
    assert (third.teachers, third.teacher_share) == (("a", "b"), 0.5)
    assert recipe.ship == {"cnn": "b", "dcnn": "c"}


def test_either_kind_of_cnn_can_be_shipped(tmp_path: Path) -> None:
    other = GOOD.replace('"cnn"', '"mobilenet"').replace('start = "a"', 'optimizer = "adamw"')
    first, second, _ = read_recipe(write(tmp_path, other)).cycles
    assert (first.net, first.optimizer, second.optimizer) == ("mobilenet", "sgd", "adamw")
    text = other.replace("epochs = 2", 'epochs = 2\nstart = "face-recognition"')
    recipe = read_recipe(write(tmp_path, text))
    assert recipe.cycles[0].start == "face-recognition"
    assert recipe.by_name()["b"] is recipe.cycles[1]


def test_a_mobilenet_may_look_closer_and_learn_more_slowly_below(tmp_path: Path) -> None:
    text = GOOD.replace('"cnn"', '"mobilenet"').replace(
        "epochs = 2",
        'epochs = 2\nstart = "affectnet"\noptimizer = "adamw"\nlayer_decay = 0.75\nsize = 144',
    )
    text = text.replace("teacher_share = 0.5", "teacher_share = 0.5\nteacher_share_plus = 0.3")
    first, second, third = read_recipe(write(tmp_path, text)).cycles
    assert (first.start, first.layer_decay, first.size) == ("affectnet", 0.75, 144)
    assert (second.layer_decay, second.size, second.worsening) == (1, None, 0)
    assert (third.teacher_share, third.teacher_share_plus) == (0.5, 0.3)


def test_shipped_weights_may_be_taken_as_they_are(tmp_path: Path) -> None:
    text = GOOD.replace("epochs = 2", 'epochs = 0\nstart = "shipped"')
    assert read_recipe(write(tmp_path, text)).cycles[0].epochs == 0


def test_a_smoke_run_is_the_same_but_short(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, GOOD))
    short = recipe.shortened(1)
    assert [cycle.epochs for cycle in short.cycles] == [1, 1, 1]
    assert [cycle.name for cycle in short.cycles] == ["a", "b", "c"]
    assert short.ship == recipe.ship


def test_a_cycle_may_be_the_mean_of_earlier_ones(tmp_path: Path) -> None:
    soup = '[[cycle]]\nname = "d"\nnet = "cnn"\nepochs = 0\naverage = ["a", "b"]\n'
    recipe = read_recipe(write(tmp_path, GOOD.replace('cnn = "b"', 'cnn = "d"') + soup))
    assert recipe.cycles[-1].average == ("a", "b")
    assert [cycle.epochs for cycle in recipe.shortened(1).cycles] == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('name = "b"', 'name = "a"', "the name is taken"),
        ('name = "b"', 'name = "shipped"', "the name is taken"),
        ('name = "b"', 'name = "face-recognition"', "the name is taken"),
        ('name = "b"', 'name = "affectnet"', "the name is taken"),
        ('start = "a"', 'start = "face-recognition"', "only a mobilenet can start with"),
        ('start = "a"', 'start = "affectnet"', "only a mobilenet can start with"),
        ("peak = 0.05", "size = 144", "only a mobilenet has a size"),
        ('net = "dcnn"', 'net = "mobilenet"\nsize = 40', "a size, from 48 to 224"),
        ('net = "dcnn"', 'net = "mobilenet"\nsize = 225', "a size, from 48 to 224"),
        ("peak = 0.05", "layer_decay = 0.5", "needs adamw"),
        ("peak = 0.05", 'optimizer = "adamw"\nlayer_decay = 0.0', "layer_decay must lie"),
        ("peak = 0.05", "worsening = 1.1", "between 0 and 1"),
        ("teacher_share = 0.5", "teacher_share_plus = 1.5", "between 0 and 1"),
        ("peak = 0.05", 'optimizer = "adam"', "optimizer must be one of sgd, adamw"),
        ('net = "dcnn"', 'net = "vit"', "net must be one of"),
        ('start = "a"', 'start = "c"', "no cycle of the same net named 'c' before it"),
        ('teachers = ["a", "b"]', 'teachers = ["z"]', "no cycle named 'z' before it"),
        ("epochs = 2", "epochs = 0", "must be positive"),
        ("epochs = 2", 'epochs = 0\naverage = ["z"]', "no cycle of the same net named 'z' before"),
        ('start = "a"\nepochs = 3', 'epochs = 3\naverage = ["a"]', "an average has no epochs"),
        ('start = "a"\nepochs = 3', 'start = "a"\nepochs = 0\naverage = ["a"]', "has no epochs"),
        ("peak = 0.05", "peak = 0.0", "must be positive"),
        ("mixup = 0.2", "mixup = -1.0", "mixup not negative"),
        ("teacher_share = 0.5", "teacher_share = 1.5", "between 0 and 1"),
        ("disgust = 2", "boredom = 2", "repeats"),
        ("disgust = 2", "disgust = 0", "repeats"),
        ('cnn = "b"', 'cnn = "c"', "ship must name"),
        ('cnn = "b"', 'cnn = ""', "ship must name"),
        ('cnn = "b"', 'cnn = ["b"]', "not a readable recipe"),
        ('cnn = "b"', "cnn = 2", "ship must name"),
        ('ship = { cnn = "b", dcnn = "c" }', "ship = 2", "not a readable recipe"),
        ('cnn = "b", ', "", "ship must name"),
        ("epochs = 2", "", "not a readable recipe"),
        ("epochs = 2", 'epochs = "many"', "not a readable recipe"),
        ("mixup = 0.2", "mixdown = 0.2", "not a readable recipe"),
        ("[[cycle]]", "[cycle", "not a readable recipe"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_one_sentence(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    assert right in GOOD
    path = write(tmp_path, GOOD.replace(right, wrong))
    with pytest.raises(BadInput, match=r"recipe\.toml") as caught:
        read_recipe(path)
    assert said in str(caught.value)


def test_a_missing_recipe_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a readable recipe"):
        read_recipe(tmp_path / "nowhere.toml")
