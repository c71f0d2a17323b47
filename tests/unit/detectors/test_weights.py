"""Model files and their manifest: what is altered, missing or strange is refused before use."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.emotions import EmotionFusion
from detectors.errors import WeightsMismatch
from detectors.weights import DETECTOR, SHIPPED, Network, read_manifest, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Facts = dict[str, Any]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped manifest and model that a test may damage."""
    for path in (SHIPPED, read_manifest(SHIPPED)["fusion"].path):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / SHIPPED.name


def change(manifest: Path, **facts: object) -> None:
    """State other facts of the fusion."""
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    entries["fusion"].update(facts)
    manifest.write_text(json.dumps(entries), encoding="utf-8")


def replace_model(manifest: Path, content: bytes) -> None:
    """Put other bytes in the model's place and state their digest."""
    (manifest.parent / "fusion.tflite").write_bytes(content)
    change(manifest, sha256=hashlib.sha256(content).hexdigest())


def test_the_copy_is_usable_as_it_is(copied: Path) -> None:
    EmotionFusion(copied)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"mood")
    assert sha256_of(tmp_path / "x") == hashlib.sha256(b"mood").hexdigest()


@pytest.mark.parametrize("place", [0, 0.3, 0.7, -1])
def test_a_flipped_bit_is_noticed(copied: Path, place: float) -> None:
    path = copied.parent / "fusion.tflite"
    content = bytearray(path.read_bytes())
    content[round(place * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsMismatch, match="model-altered"):
        EmotionFusion(copied)


def test_a_missing_model_is_named(copied: Path) -> None:
    (copied.parent / "fusion.tflite").unlink()
    with pytest.raises(WeightsMismatch, match=r"model-missing file='fusion\.tflite'"):
        EmotionFusion(copied)


def test_a_folder_in_the_models_place_is_refused(copied: Path) -> None:
    (copied.parent / "fusion.tflite").unlink()
    (copied.parent / "fusion.tflite").mkdir()
    with pytest.raises(WeightsMismatch):
        EmotionFusion(copied)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMismatch, match=r"nowhere\.json"):
        EmotionFusion(tmp_path / "nowhere.json")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x00" * 100, b"\x1c\0\0\0TFL3" * 9])
def test_a_file_that_is_no_model_is_refused_even_with_its_own_digest(
    copied: Path, content: bytes
) -> None:
    replace_model(copied, content)
    with pytest.raises(WeightsMismatch, match="model-unreadable"):
        EmotionFusion(copied)


def test_another_model_is_refused_even_with_its_own_digest(copied: Path) -> None:
    replace_model(copied, read_manifest(DETECTOR)["onet"].path.read_bytes())
    with pytest.raises(WeightsMismatch, match="model-outputs"):
        EmotionFusion(copied)


def swapped(facts: Facts, key: str) -> list[str]:
    first, second, *rest = facts[key]
    return [second, first, *rest]


OTHER_FACTS: dict[str, Callable[[Facts], Facts]] = {
    "FER labels swapped": lambda facts: {"fer_labels": swapped(facts, "fer_labels")},
    "FER+ labels swapped": lambda facts: {"plus_labels": swapped(facts, "plus_labels")},
    "labels of the other head": lambda facts: {"fer_labels": facts["plus_labels"]},
    "a label less": lambda facts: {"fer_labels": facts["fer_labels"][:-1]},
    "labels null": lambda _: {"fer_labels": None},
    "outputs swapped": lambda facts: {"outputs": dict(reversed(facts["outputs"].items()))},
    "an output less": lambda facts: {"outputs": dict(list(facts["outputs"].items())[:-1])},
    "an output wider": lambda facts: {"outputs": {**facts["outputs"], "fer": 8}},
    "outputs as a list": lambda facts: {"outputs": list(facts["outputs"])},
    "outputs null": lambda _: {"outputs": None},
    "outputs a number": lambda _: {"outputs": 6},
    "digest null": lambda _: {"sha256": None},
    "digest a list": lambda facts: {"sha256": [facts["sha256"]]},
    "digest of something else": lambda _: {"sha256": hashlib.sha256(b"").hexdigest()},
}


@pytest.mark.parametrize("what", OTHER_FACTS)
def test_other_facts_than_the_models_are_refused(copied: Path, what: str) -> None:
    facts = json.loads(copied.read_text(encoding="utf-8"))["fusion"]
    change(copied, **OTHER_FACTS[what](facts))
    with pytest.raises(WeightsMismatch):
        EmotionFusion(copied)


@pytest.mark.parametrize("key", ["file", "sha256", "outputs", "fer_labels", "plus_labels"])
def test_a_missing_fact_is_refused(copied: Path, key: str) -> None:
    entries = json.loads(copied.read_text(encoding="utf-8"))
    del entries["fusion"][key]
    copied.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(WeightsMismatch, match=key):
        EmotionFusion(copied)


@pytest.mark.parametrize(
    "name",
    [
        "../x.tflite", "a/x.tflite", "/x.tflite", "..\\x.tflite", "C:\\x.tflite", "x.keras", "x.h5",
        "x.pkl", "x.tflite.h5", "x", "", "x\0.tflite", "x.TFLITE", 5, None, ["x.tflite"],
    ],
)  # fmt: skip
def test_only_a_plain_name_of_a_litert_file_is_opened(tmp_path: Path, name: object) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    # What the names lead to is there and has the right digest: only the name is wrong.
    for place in (tmp_path / "x.tflite", folder / "x.keras", folder / "x.h5", folder / "x"):
        shutil.copy(read_manifest(SHIPPED)["fusion"].path, place)
    shutil.copy(SHIPPED, folder)
    change(folder / SHIPPED.name, file=name)
    with pytest.raises(WeightsMismatch):
        EmotionFusion(folder / SHIPPED.name)


BROKEN = ["", "{", "[]", "null", "5", '"fusion"', "[" * 100_000, '{"fusion": null}',
          '{"fusion": []}', '{"fusion": "x.tflite"}', '{"fusion": {}}', "{}"]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:20])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsMismatch):
        EmotionFusion(tmp_path / "manifest.json")


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b'{"fusion": "\xff\xfe"}')
    with pytest.raises(WeightsMismatch):
        read_manifest(tmp_path / "manifest.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("x.tflite"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["fusion", "file", "sha256", "outputs"]), inner)
    ),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("manifests")


@given(value=JSON)
def test_any_json_is_a_manifest_or_refused(folder: Path, value: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(WeightsMismatch):
        EmotionFusion(path)


def test_the_message_names_no_folder(copied: Path) -> None:
    (copied.parent / "fusion.tflite").unlink()
    with pytest.raises(WeightsMismatch) as caught:
        EmotionFusion(copied)
    assert str(copied.parent) not in str(caught.value)


def test_a_net_answers_with_copies_in_the_manifests_order() -> None:
    model = read_manifest(DETECTOR)["onet"]
    net = Network(model)
    first = net(np.zeros((2, 48, 48, 3), np.float32))
    assert [output.shape for output in first] == [
        (2, width) for width in model.facts["outputs"].values()
    ]
    before = [output.copy() for output in first]
    net(np.ones((2, 48, 48, 3), np.float32))
    for kept, copy in zip(first, before, strict=True):
        np.testing.assert_array_equal(kept, copy)
