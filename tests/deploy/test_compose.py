"""`compose.yaml` and what belongs to it: by the Compose Specification, and one with another."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import subprocess
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from pages.ui.web.replicas import COOKIE
from tests.deploy.site import DEPLOY, NAMES
from tests.deploy.test_proxies import BIGGEST
from tests.e2e.driver import PROJECT

COMPOSE = (PROJECT / "compose.yaml").read_text(encoding="utf-8")
EXAMPLE = (PROJECT / ".env.example").read_text(encoding="utf-8")
# ${NAME}, ${NAME:-default} and ${NAME:?reason}.
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
FILLED_IN = {"MOODRING_SITE": "moodring.example.org"}


def example() -> dict[str, str]:
    """Variables of `.env.example` with their values."""
    lines = (line.partition("=") for line in EXAMPLE.splitlines() if line and line[0] != "#")
    return {name: value.strip('"') for name, _, value in lines}


def compose() -> dict[str, Any]:
    """The file as Compose reads it, with the example's values and made-up secrets."""
    values = {name: value or FILLED_IN.get(name, "0123abcd") for name, value in example().items()}
    read: dict[str, Any] = yaml.safe_load(VARIABLE.sub(lambda found: values[found[1]], COMPOSE))
    return read


def test_it_obeys_the_specification() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    jsonschema.validate(compose(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"services": {"caddy": {"imag": "caddy"}}}, schema)


def has_docker() -> bool:
    """Return whether Docker has its plugin Compose; Podman answers to its name, too."""
    if shutil.which("docker") is None:
        return False
    asked = ["docker", "compose", "version"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not has_docker(), reason="no Docker with Compose")
def test_docker_reads_it() -> None:
    command = ["docker", "compose", "--env-file", ".env.example", "config", "--no-interpolate"]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)


def test_every_variable_stands_in_the_example_and_no_secret_has_a_value_there() -> None:
    used = {found[1]: found[2] for found in VARIABLE.finditer(COMPOSE) if found[2]}
    assert used.keys() == {found[1] for found in VARIABLE.finditer(COMPOSE)}
    assert used.keys() == example().keys()
    required = {name for name, kind in used.items() if kind == "?"}
    secrets = {"POSTGRES_PASSWORD", *(one for one in required if one.endswith("_SECRET"))}
    assert len(secrets) == 3
    assert {one for one in required if not example()[one]} == {"MOODRING_SITE", *secrets}
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in ignored


def test_what_the_app_is_told_is_told_of() -> None:
    told = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (PROJECT / "README.md", PROJECT / "docs" / "deploy.md")
    )
    for name in compose()["services"]["moodring-a"]["environment"]:
        assert f"`{name}`" in told, name


def test_each_service_is_bounded_looked_at_and_pinned() -> None:
    for name, service in compose()["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory"}, name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "build" in service or re.search(r":\d", service["image"]), name


def test_what_is_mounted_is_there() -> None:
    described = compose()
    kept = set()
    for service in described["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (PROJECT / source).is_file(), source
                assert volume.endswith(":ro")
            else:
                kept.add(source)
    assert kept == described["volumes"].keys()
    script = described["services"]["coturn"]["entrypoint"][0]
    assert any(one.endswith(f":{script}:ro") for one in described["services"]["coturn"]["volumes"])
    assert os.access(DEPLOY / "turnserver.sh", os.X_OK)


def test_caddy_knows_each_process_and_all_that_it_needs() -> None:
    services = compose()["services"]
    caddy = services["caddy"]["environment"]
    names = [one.removeprefix("moodring-") for one in services if one.startswith("moodring-")]
    assert names == list(NAMES)
    # The container listens there unless PORT says another.
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    assert "${PORT:-8501}" in dockerfile
    configured = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    for name in names:
        assert services[f"moodring-{name}"]["environment"]["MOODRING_REPLICA"] == name
        assert caddy[f"MOODRING_{name.upper()}"] == f"moodring-{name}:8501"
        assert f"{COOKIE}={name}(;|$)" in configured
    wanted = set(re.findall(r"\{\$(\w+)\}", configured))
    # A site has a host name of its own here.
    assert wanted - caddy.keys() == {"MOODRING_BASE_PATH"}


def test_the_relay_leads_to_the_replicas_alone() -> None:
    described = compose()
    (network,) = described["networks"]["inside"]["ipam"]["config"]
    subnet = ipaddress.ip_network(network["subnet"])
    coturn = described["services"]["coturn"]
    peers = coturn["environment"]["MOODRING_TURN_PEERS"].split("-")
    assert all(ipaddress.ip_address(one) in subnet for one in peers)
    assert subnet.network_address + 1 < ipaddress.ip_address(peers[0])
    lines = (DEPLOY / "turnserver.conf").read_text(encoding="utf-8").splitlines()
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in lines
    app = described["services"]["moodring-a"]["environment"]
    assert ":3478?" in app["MOODRING_TURN_URLS"]
    assert "listening-port=3478" in lines
    assert not any(
        "secret" in line and not line.startswith("#") for line in lines[1:] if "=" in line
    )


def test_both_proxies_take_the_largest_upload_and_nothing_larger() -> None:
    said = (
        re.search(r"max_size (\d+)MiB", (DEPLOY / "Caddyfile").read_text(encoding="utf-8")),
        re.search(
            r"client_max_body_size (\d+)m;",
            (DEPLOY / "nginx.conf.template").read_text(encoding="utf-8"),
        ),
    )
    assert [int(found[1]) * 1024 * 1024 for found in said if found] == [BIGGEST, BIGGEST]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_up_and_down_are_composes() -> None:
    env = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    for goal, command in (("up", "docker compose up"), ("down", "docker compose down")):
        told = subprocess.run(
            ["make", "--dry-run", goal],
            cwd=PROJECT, env=env, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        assert command in told
