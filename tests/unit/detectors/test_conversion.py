"""The detector's nets are converted once, and again whenever they are not what they should be."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from detectors import conversion
from detectors.conversion import converted_detector, is_converted
from detectors.errors import WeightsMismatch
from detectors.faces import MtcnnDetector

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def data_dir(tmp_path: Path, detector_manifest: Path) -> Path:
    """A data folder with converted nets that a test may damage."""
    shutil.copytree(detector_manifest.parent, tmp_path / "detector")
    return tmp_path


class Started:
    """Stands in for `subprocess.run`: remembers the calls and does what a test wants."""

    def __init__(self, effect: Callable[[], None]) -> None:
        self.commands: list[list[str]] = []
        self.options: list[dict[str, Any]] = []
        self._effect = effect

    def __call__(self, command: list[str], **options: object) -> None:
        self.commands.append(command)
        self.options.append(options)
        self._effect()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, data_dir: Path, detector_manifest: Path) -> Started:
    """Instead of eight seconds of TensorFlow, put the good nets there."""

    def restore() -> None:
        shutil.copytree(detector_manifest.parent, data_dir / "detector", dirs_exist_ok=True)

    stand_in = Started(restore)
    monkeypatch.setattr(conversion.subprocess, "run", stand_in)
    return stand_in


def change_facts(data_dir: Path, **facts: object) -> None:
    manifest = data_dir / "detector" / "manifest.json"
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    entries["rnet"].update(facts)
    manifest.write_text(json.dumps(entries), encoding="utf-8")


def test_what_is_converted_starts_no_process(data_dir: Path, started: Started) -> None:
    manifest = converted_detector(data_dir)
    assert manifest == data_dir / "detector" / "manifest.json"
    assert started.commands == []
    MtcnnDetector(manifest)


def test_in_a_new_folder_the_export_is_started_with_a_time_limit(
    tmp_path: Path, data_dir: Path, started: Started
) -> None:
    shutil.rmtree(data_dir / "detector")
    assert converted_detector(data_dir) == tmp_path / "detector" / "manifest.json"
    (command,) = started.commands
    assert command[:4] == [sys.executable, "-m", "models.export", "detector"]
    assert Path(command[-1]) == (data_dir / "detector").resolve()
    assert started.options[0]["timeout"] == conversion.CONVERSION_TIMEOUT_S
    assert started.options[0]["check"] is True


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda folder: (folder / "pnet.tflite").write_bytes(
        b"\x01" + (folder / "pnet.tflite").read_bytes()[1:]
    ),
    "an empty file": lambda folder: (folder / "onet.tflite").write_bytes(b""),
    "a net less": lambda folder: (folder / "rnet.tflite").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "half a manifest": lambda folder: (folder / "manifest.json").write_text('{"pnet":'),
    "an empty manifest": lambda folder: (folder / "manifest.json").write_text("{}"),
    "another version": lambda folder: change_facts(folder.parent, source="mtcnn 0.1.1 (MIT)"),
    "a version that only begins alike": lambda folder: change_facts(
        folder.parent, source="mtcnn 1.0.01 (MIT)"
    ),
    "another source": lambda folder: change_facts(folder.parent, source=None),
    "another digest": lambda folder: change_facts(folder.parent, sha256="0" * 64),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_not_the_installed_packages_is_converted_again(
    data_dir: Path, started: Started, what: str
) -> None:
    DAMAGE[what](data_dir / "detector")
    assert not is_converted(data_dir / "detector" / "manifest.json")
    manifest = converted_detector(data_dir)
    assert len(started.commands) == 1
    MtcnnDetector(manifest)
    converted_detector(data_dir)
    assert len(started.commands) == 1


@pytest.mark.parametrize("lost", ["pnet", "rnet", "onet"])
def test_a_manifest_that_lacks_a_net_is_converted_again(
    data_dir: Path, started: Started, lost: str
) -> None:
    manifest = data_dir / "detector" / "manifest.json"
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    del entries[lost]
    manifest.write_text(json.dumps(entries), encoding="utf-8")
    MtcnnDetector(converted_detector(data_dir))
    assert len(started.commands) == 1


@pytest.mark.parametrize(
    "error",
    [
        subprocess.CalledProcessError(1, "python"),
        subprocess.TimeoutExpired("python", 1),
        OSError("no more processes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_conversion_that_fails_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(conversion.subprocess, "run", Started(fail))
    with pytest.raises(WeightsMismatch, match="face-detector-unprepared"):
        converted_detector(tmp_path)


def test_a_conversion_that_leaves_nothing_usable_is_an_error(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    (data_dir / "detector" / "pnet.tflite").write_bytes(b"")
    monkeypatch.setattr(conversion.subprocess, "run", Started(lambda: None))
    with pytest.raises(WeightsMismatch, match="face-detector-unusable"):
        converted_detector(data_dir)


@pytest.mark.slow
def test_the_real_export_fails_with_a_sentence_where_nothing_can_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsMismatch, match="face-detector-unprepared"):
        converted_detector(tmp_path / "file")
