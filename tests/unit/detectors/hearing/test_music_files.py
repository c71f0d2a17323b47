"""The model files of the music: what is altered, missing or strange is refused before use."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from detectors.errors import WeightsMismatch
from detectors.hearing.music import HEAD, PARTS, SHIPPED, TAGGERS, MusicTagger
from detectors.types import GEMS_FEELINGS, QUADRANTS
from detectors.weights import read_manifest, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped manifest and models that a test may damage."""
    for path in (SHIPPED, *(model.path for model in read_manifest(SHIPPED).values())):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / SHIPPED.name


def change(manifest: Path, entry: str, **facts: object) -> None:
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    entries[entry].update(facts)
    manifest.write_text(json.dumps(entries), encoding="utf-8")


def test_the_shipped_head_is_what_the_manifest_states() -> None:
    head = read_manifest(SHIPPED)[HEAD]
    assert sha256_of(head.path) == head.sha256 == MusicTagger().version
    assert head.facts["outputs"] == {"quadrants": 4, "norms": 2, "feelings": 9}
    assert head.facts["quadrant_labels"] == list(QUADRANTS)
    assert head.facts["feeling_labels"] == list(GEMS_FEELINGS)


def test_another_head_is_another_version(copied: Path) -> None:
    before = MusicTagger(copied).version
    assert before == MusicTagger().version
    content = (copied.parent / "music.tflite").read_bytes() + b"\0"
    (copied.parent / "music.tflite").write_bytes(content)
    change(copied, HEAD, sha256=sha256_of(copied.parent / "music.tflite"))
    assert MusicTagger(copied).version != before


@pytest.mark.parametrize("name", ["musicnn.tflite", "music.tflite"])
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_a_flipped_bit_is_noticed(copied: Path, name: str, place: float) -> None:
    path = copied.parent / name
    content = bytearray(path.read_bytes())
    content[int(place * len(content)) if place >= 0 else -1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsMismatch, match=f"model-altered file='{name}'"):
        MusicTagger(copied)


@pytest.mark.parametrize("name", ["musicnn.tflite", "music.tflite"])
def test_a_missing_model_is_named(copied: Path, name: str) -> None:
    (copied.parent / name).unlink()
    with pytest.raises(WeightsMismatch, match=f"model-missing file='{name}'") as caught:
        MusicTagger(copied)
    assert str(copied.parent) not in str(caught.value)


def drop(manifest: Path, entry: str) -> None:
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    del entries[entry]
    manifest.write_text(json.dumps(entries), encoding="utf-8")


WRONG: dict[str, Callable[[Path], object]] = {
    "missing": lambda manifest: manifest.unlink(),
    "no JSON": lambda manifest: manifest.write_text("{", encoding="utf-8"),
    "empty": lambda manifest: manifest.write_text("{}", encoding="utf-8"),
    "without taggers": lambda manifest: drop(manifest, TAGGERS),
    "without a head": lambda manifest: drop(manifest, HEAD),
    "an output less": lambda manifest: change(manifest, HEAD, outputs={"quadrants": 4, "norms": 2}),
    "outputs swapped": lambda manifest: change(
        manifest, HEAD, outputs={"norms": 2, "quadrants": 4, "feelings": 9}
    ),
    "another digest": lambda manifest: change(manifest, TAGGERS, sha256="0" * 64),
    "labels in another order": lambda manifest: change(
        manifest, HEAD, feeling_labels=[*GEMS_FEELINGS][::-1]
    ),
    "quadrants of another kind": lambda manifest: change(manifest, HEAD, quadrant_labels=[]),
    "taggers in another order": lambda manifest: change(
        manifest, TAGGERS, outputs={name: PARTS[name] for name in [*PARTS][3::-1]}
    ),
    "a path": lambda manifest: change(manifest, HEAD, file="../music.tflite"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_manifest_is_refused(copied: Path, what: str) -> None:
    WRONG[what](copied)
    with pytest.raises(WeightsMismatch, match=r"music\.json|music\.tflite|musicnn\.tflite"):
        MusicTagger(copied)
