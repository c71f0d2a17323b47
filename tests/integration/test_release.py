"""A release: its archives are whole, and the app runs from what goes into the container."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from detectors.weights import read_manifest
from tests import release
from tests.e2e.driver import started_server
from tests.fakes.serving import without_training

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (release.ROOT / ".git").exists():
        pytest.skip("no git repository: archives are made of a commit")
    out = tmp_path_factory.mktemp("release")
    subprocess.run(
        [sys.executable, "-m", "tests.release", "--archives", "--out", str(out)],
        cwd=release.ROOT,
        check=True,
        timeout=PATIENCE_S,
    )
    return out


def unpacked(made: Path, ending: str, where: Path) -> Path:
    name = f"{release.release_name()}{ending}"
    with tarfile.open(made / f"{name}.tar.gz") as archive:
        archive.extractall(where, filter="data")
    return where / name


def test_the_changelog_begins_with_the_version() -> None:
    text = (release.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", text, re.MULTILINE)
    assert newest
    assert newest[1] == release.version()


def test_the_archives_are_those_of_the_digests(made: Path) -> None:
    lines = (made / release.DIGESTS).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest


def test_the_source_has_all_that_is_committed(made: Path, tmp_path: Path) -> None:
    source = unpacked(made, "", tmp_path)
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "-z", "--name-only", "HEAD"],
        cwd=release.ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    found = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    assert found == {name for name in listed if name}


def test_the_app_runs_from_what_goes_into_the_container(made: Path, tmp_path: Path) -> None:
    context = unpacked(made, "-container", tmp_path)
    assert not (context / "tests").exists()
    assert not list(context.glob("models/*.py"))
    server = started_server(
        tmp_path, project=context, script=context / "app.py", **without_training()
    )
    with server:
        for manifest in release.MANIFESTS:
            for model in read_manifest(context / manifest).values():
                assert hashlib.sha256(model.path.read_bytes()).hexdigest() == model.sha256


def test_each_model_is_named_with_its_digest_and_its_licence() -> None:
    models = release.model_components()
    nets = {"fusion.tflite", "musicnn.tflite", "pnet.tflite", "rnet.tflite", "onet.tflite"}
    assert {model["name"] for model in models} == {*nets, "music.tflite"}
    assert all(model["licenses"] for model in models)
    (ours,) = [model for model in models if model["name"] == "music.tflite"]
    assert ours["licenses"] == [{"license": {"id": "MIT"}}]
    assert json.dumps(models)


def test_what_has_no_licence_is_not_released() -> None:
    plain, named = {"name": "pydeck"}, {"name": "x", "licenses": [{"license": {"id": "ISC"}}]}
    assert release.with_licences([plain, named]) == [
        {"name": "pydeck", "licenses": [{"expression": "Apache-2.0"}]},
        named,
    ]
    with pytest.raises(ValueError, match=r"no licence in the SBOM: stranger$"):
        release.with_licences([named, {"name": "stranger"}])
