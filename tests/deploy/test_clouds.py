"""The recipes for clouds: their shape, and that they agree with each other and with the app."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pages.ui.web.replicas import COOKIE
from tests.deploy.site import DEPLOY
from tests.deploy.test_proxies import BIGGEST
from tests.e2e.driver import PROJECT, started_server

if TYPE_CHECKING:
    from pathlib import Path

# https://huggingface.co/docs/hub/spaces-config-reference
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
SHORT_DESCRIPTION = 60
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SERVED = "requirements-serve.txt"


def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    """Return Kubernetes' objects by kind and name."""
    found = (one for path in KUBERNETES for one in yaml.safe_load_all(path.read_text("utf-8")))
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def front_matter() -> dict[str, Any]:
    """Return the head of the Space's README."""
    readme = (DEPLOY / "huggingface" / "README.md").read_text(encoding="utf-8")
    head: dict[str, Any] = yaml.safe_load(readme.split("---\n")[1])
    return head


def test_the_space_says_what_hugging_face_asks_for() -> None:
    head = front_matter()
    assert head["sdk"] == "docker"
    assert head["app_port"] == 7860
    assert {head["colorFrom"], head["colorTo"]} <= COLOURS
    assert len(head["short_description"]) <= SHORT_DESCRIPTION
    assert head["license"] == "mit"


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="no repository of git")
def test_a_spaces_files_are_ours_with_its_own_readme_and_settings(tmp_path: Path) -> None:
    script = DEPLOY / "huggingface" / "space.sh"
    subprocess.run([script, tmp_path], check=True)
    assert (tmp_path / "README.md").read_text() == script.with_name("README.md").read_text()
    assert (tmp_path / "app.py").read_text() == (PROJECT / "app.py").read_text()
    dockerfile = (tmp_path / "Dockerfile").read_text().splitlines()
    told = dict(
        shlex.split(line.removeprefix("ENV "))[0].split("=", 1)
        for line in dockerfile
        if line.startswith(("ENV PORT=", "ENV MOODRING_FRAME"))
    )
    assert told["PORT"] == str(front_matter()["app_port"])
    assert told["MOODRING_FRAME_ANCESTORS"] == "'self' https://huggingface.co"
    # Larger files are pushed by Git LFS only.
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and one.stat().st_size > 10e6]
    assert subprocess.run([script], check=False, capture_output=True).returncode == 2


def test_small_clouds_take_the_short_list() -> None:
    for folder, place in (("heroku", PROJECT), ("community-cloud", DEPLOY / "community-cloud")):
        line = (DEPLOY / folder / "requirements.txt").read_text(encoding="utf-8").strip()
        asked = line.removeprefix("-r ")
        assert (place / asked).resolve() == PROJECT / SERVED


def test_the_procfile_obeys_the_port(tmp_path: Path) -> None:
    line = (DEPLOY / "heroku" / "Procfile").read_text(encoding="utf-8")
    process, command = line.strip().split(": ", 1)
    assert process == "web"
    shown = tmp_path / "streamlit"
    shown.write_text('#!/bin/sh\necho "$@"\n')
    shown.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PORT": "5123"}
    said = subprocess.run(
        ["sh", "-c", command], env=env, check=True, capture_output=True, text=True
    )
    assert said.stdout == "run app.py --server.address 0.0.0.0 --server.port 5123\n"


def test_render_has_one_process_and_the_database_that_it_names() -> None:
    render = yaml.safe_load((DEPLOY / "render" / "render.yaml").read_text(encoding="utf-8"))
    (service,) = render["services"]
    assert service["numInstances"] == 1
    wanted = [one["fromDatabase"]["name"] for one in service["envVars"] if "fromDatabase" in one]
    assert wanted == [one["name"] for one in render["databases"]]


def test_fly_looks_where_the_app_is() -> None:
    fly = tomllib.loads((DEPLOY / "fly" / "fly.toml").read_text(encoding="utf-8"))
    assert str(fly["http_service"]["internal_port"]) == fly["env"]["PORT"]
    assert fly["env"]["MOODRING_DATA_DIR"] == fly["mounts"]["destination"]
    assert fly["env"]["MOODRING_REDIRECT_URI"] == f"https://{fly['app']}.fly.dev/"
    assert {one["path"] for one in fly["http_service"]["checks"]} == {"/_stcore/health"}
    assert (DEPLOY / "fly" / fly["build"]["dockerfile"]).resolve() == PROJECT / "Dockerfile"


def test_kubernetes_objects_name_each_other() -> None:
    found = manifests()
    pod = found["Deployment", "moodring"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert found["Deployment", "moodring"]["spec"]["selector"]["matchLabels"] == labels
    service = found["Service", "moodring"]["spec"]
    assert service["selector"] == labels
    assert service["sessionAffinity"] == "ClientIP"
    assert found["PodDisruptionBudget", "moodring"]["spec"]["selector"]["matchLabels"] == labels
    scaled = found["HorizontalPodAutoscaler", "moodring"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == "moodring"
    assert {one["type"] for one in scaled["metrics"]} == {"Resource", "Pods"}
    # The autoscaler's figure would be overwritten by each `kubectl apply`.
    assert "replicas" not in found["Deployment", "moodring"]["spec"]
    (container,) = pod["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    told = {one["name"]: one.get("value") for one in container["env"]}
    assert told["PORT"] == str(ports["http"])
    assert told["MOODRING_METRICS_PORT"] == str(ports["metrics"])
    # The Ingress has a cookie of its own, which the process must not overwrite.
    assert "MOODRING_REPLICA" not in told
    assert service["ports"][0]["targetPort"] == "http"
    for name in ("readinessProbe", "startupProbe"):
        assert container[name]["httpGet"] == {"path": "/_stcore/health", "port": "http"}
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    assert {one["name"] for one in container["volumeMounts"]} == volumes.keys()
    claim = volumes["data"]["persistentVolumeClaim"]["claimName"]
    assert ("PersistentVolumeClaim", claim) in found


def test_kubernetes_pods_are_hardened_and_bounded() -> None:
    pod = manifests()["Deployment", "moodring"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == 1000
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    # A secret's value stands in no manifest.
    assert not [one for one in container["env"] if "SECRET" in one["name"] or "URL" in one["name"]]


def test_the_ingress_does_what_the_other_proxies_do() -> None:
    found = manifests()
    ingress = found["Ingress", "moodring"]
    told = {
        name.rpartition("/")[2]: value for name, value in ingress["metadata"]["annotations"].items()
    }
    assert told["affinity"] == "cookie"
    assert told["session-cookie-name"] != COOKIE
    assert int(told["proxy-body-size"].removesuffix("m")) * 1024 * 1024 == BIGGEST
    assert told["proxy-request-buffering"] == told["proxy-buffering"] == "off"
    assert int(told["proxy-read-timeout"]) == 86400
    (rule,) = found["Ingress", "moodring-nobodys"]["spec"]["rules"]
    assert rule["host"] == ingress["spec"]["rules"][0]["host"]
    assert {one["path"] for one in rule["http"]["paths"]} == {"/_stcore/metrics", "/_stcore/agent"}
    nobody = {one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    assert nobody == {"moodring-nowhere"}
    assert "selector" not in found["Service", "moodring-nowhere"]["spec"]


def test_every_recipe_has_its_part_in_the_page() -> None:
    page = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")
    for folder in (one.name for one in DEPLOY.iterdir() if one.is_dir()):
        assert f"deploy/{folder}" in page, folder
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.removeprefix("## ").lower()).replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("## ")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def test_the_community_clouds_entry_is_ours_but_for_its_place() -> None:
    ours, theirs = (
        folder.joinpath("app.py").read_text(encoding="utf-8").partition("\nif __name__")[2]
        for folder in (PROJECT, DEPLOY / "community-cloud")
    )
    assert theirs == ours


@pytest.mark.slow
def test_the_community_clouds_entry_serves_all_pages(tmp_path: Path) -> None:
    from tests.integration.test_launcher import answer

    script = DEPLOY / "community-cloud" / "app.py"
    with started_server(tmp_path, script=script) as (base, _):
        assert answer(f"{base}/moodring/hello")[0] == "hello"
        assert "<title>Moodring</title>" in answer(f"{base}/library")[0]
