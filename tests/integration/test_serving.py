"""What a server is made from: `requirements-serve.txt`, and no package that makes models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.serving import ABSENT, without_training
from tests.fakes.web_server import serving
from tests.locks import Locked, faults_of

ROOT = Path(__file__).parents[2]


def locked(name: str) -> set[str]:
    found: dict[str, list[Locked]] = {}
    assert not list(faults_of(ROOT / name, found))
    return found.keys()


def test_a_server_installs_a_part_of_all_and_nothing_that_makes_models() -> None:
    served = locked("requirements-serve.txt")
    assert served < locked("requirements.txt")
    assert served.isdisjoint(ABSENT)


@pytest.mark.parametrize("name", ABSENT)
def test_the_stand_in_for_a_server_lacks_what_makes_models(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"],
        env=without_training(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert f"No module named '{name}'" in done.stderr


@pytest.mark.parametrize(
    ("path", "below", "status", "healthy"),
    [
        ("/_stcore/health", "", 200, True),
        ("/music/_stcore/health", "/music/", 200, True),
        ("/music/_stcore/health", "", 200, False),
        ("/_stcore/health", "", 503, False),
    ],
)
def test_the_health_check_asks_where_the_app_is(
    path: str, below: str, status: int, *, healthy: bool
) -> None:
    with serving([Route(path, lambda _: Response(status_code=status))]) as port:
        told = {"PORT": str(port), "STREAMLIT_SERVER_BASE_URL_PATH": below}
        done = subprocess.run(
            [sys.executable, "deploy/health.py"], cwd=ROOT, env={**os.environ, **told}, check=False
        )
    assert done.returncode == (0 if healthy else 1)


def test_where_nothing_listens_nobody_is_well() -> None:
    done = subprocess.run(
        [sys.executable, "deploy/health.py"], cwd=ROOT, env={**os.environ, "PORT": "9"}, check=False
    )
    assert done.returncode == 1
