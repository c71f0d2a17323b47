"""The shipped expression model on the public test faces: what its manifest and card promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.corrections import POPULATION
from detectors.emotions import EmotionFusion
from detectors.weights import SHIPPED
from models.correction_figures import face_figures
from models.emotion_figures import figures, predict
from models.face_table import load_faces

FACES = Path(__file__).parents[3] / "shared" / "data" / "fer2013plus" / "publictest.npz"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not FACES.exists(), reason="needs the public test faces: ../shared/data/fer2013plus"
    ),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    table = load_faces(FACES)
    return figures(predict(EmotionFusion(SHIPPED), table.images), table)


@pytest.fixture(scope="module")
def stated() -> dict[str, Any]:
    facts = json.loads(SHIPPED.read_text(encoding="utf-8"))["fusion"]
    assert "metrics" in facts, "the manifest states no metrics of the fusion"
    return dict(facts["metrics"]["publictest"])


def test_a_few_corrections_mend_a_face_and_keep_the_persons_others() -> None:
    found = face_figures(EmotionFusion(SHIPPED), load_faces(FACES))
    assert found["population"] == {name: [*map(list, rows)] for name, rows in POPULATION.items()}
    for name in ("by_fer2013", "by_ferplus"):
        assert found[name]["read_right"] >= 0.95
        assert found[name]["corrections"]["median"] <= 6
        assert found[name]["recall_lost"]["median"] <= 0.02


def test_the_shipped_model_reaches_what_is_promised(found: dict[str, Any]) -> None:
    assert found["fer2013_accuracy"] >= 0.70
    assert found["ferplus_accuracy"] >= 0.84


def numbers(values: dict[str, Any], above: str = "") -> dict[str, float | None]:
    """The figures of nested objects, by path."""
    flat: dict[str, float | None] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= numbers(value, f"{above}{name}/")
        else:
            flat[above + name] = value
    return flat


def test_the_manifest_states_the_figures_of_the_shipped_model(
    found: dict[str, Any], stated: dict[str, Any]
) -> None:
    assert {"fer2013_accuracy", "ferplus_accuracy"} <= stated.keys()
    measured = numbers(found)
    for name, value in numbers(stated).items():
        assert measured[name] == pytest.approx(value, abs=1e-6), name
