"""The container's image, built and started without a registry, by Debian's buildah.

The base is a Debian with its Python 3.11, under the name that the Dockerfile asks for; packages
come from a folder of wheels, which pip fetched before. A started container is what the image's
settings say: its user, its variables and its command, on a read-only root with `/data` and `/tmp`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import psutil
from packaging.requirements import Requirement

from tests.e2e.driver import free_port
from tests.locks import logical_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements-serve.txt"
BASE = "docker.io/library/python:3.11-slim"
TAG = "moodring"
TOOLS = ("buildah", "mmdebstrap", "unshare", "setpriv")
DEBIAN = "bookworm"
# As slim as Debian's slim images. Without the hook, `usrmerge` would bring the whole of Perl.
RECIPE = (
    *("--variant=minbase", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"),
    "--include=python3.11,python3-venv,passwd,ca-certificates",
    *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "locale", "man")),
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE_S = 900
START_PATIENCE_S = 60
# The root as Docker's `--read-only --tmpfs /tmp -v …:/data` makes it.
ENTER = """set -e
mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$1/tmp"; mount --bind "$2" "$1/data"
mount --rbind /dev "$1/dev"; mount -t proc proc "$1/proc"
user=$3; folder=$4; root=$1; shift 4
exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
    --no-new-privs env --ignore-environment --chdir="$folder" "$@"
"""


def why_not() -> str | None:
    """Return why images cannot be built here, or None."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"no {', '.join(missing)} (Debian: apt-get install buildah mmdebstrap)"
    if os.geteuid() != 0:
        return "images are built and started by root"
    return None


def run(*command: str | Path, **options: Any) -> str:  # noqa: ANN401 - passed through
    """Run a command, and return what it wrote; what it complained of is in the error."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=PATIENCE_S, **options
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout.strip()


def cached(name: str) -> Path:
    """Return a path in the user's cache folder."""
    folder = platformdirs.user_cache_path("moodring-tests")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def debian() -> Path:
    """Return the archive of a small Debian with Python, which is made once."""
    sources = list(Path("/etc/apt").rglob("*.sources"))
    sources += [Path("/etc/apt/sources.list")] if Path("/etc/apt/sources.list").exists() else []
    path = cached(f"{DEBIAN}-{hashlib.sha256(' '.join(RECIPE).encode()).hexdigest()[:16]}.tar")
    if not path.exists():
        made = path.with_suffix(".part.tar")
        run("mmdebstrap", *RECIPE, DEBIAN, made, *sources)
        made.replace(path)
    return path


def wheels() -> Path:
    """Return the folder of the locked wheels, which are fetched once."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder = cached(f"wheels-{digest}")
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        lock = folder / LOCK.name
        lock.write_text("\n".join(lines_for_base()), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        target = ["--python-version", "3.11", "--only-binary", ":all:", "--no-deps"]
        run(*pip, *target, "--require-hashes", "--dest", folder, "-r", lock)
        (folder / "complete").touch()
    return folder


def lines_for_base() -> Iterator[str]:
    """Give the lines of the lock file for Python 3.11, whichever its last number."""
    for line in logical_lines(LOCK.read_text(encoding="utf-8")):
        wanted, *hashes = line.split(" --")
        marker = Requirement(wanted).marker
        if marker is None or any(
            marker.evaluate({"python_full_version": full, "python_version": "3.11"})
            for full in ("3.11.0", "3.11.99")
        ):
            yield " --".join([wanted.partition(";")[0].strip(), *map(str.strip, hashes)])


@dataclass(frozen=True, slots=True)
class Image:
    """A built image, mounted.

    root : its file system
    config : its settings, as Docker has them
    build_s : how long the build took, in seconds, with base and wheels at hand
    """

    root: Path
    config: dict[str, Any]
    build_s: float

    def megabytes(self) -> dict[str, float]:
        """Return the size of its parts: base, packages, application."""
        whole, packages, app = (
            int(
                run(
                    "du",
                    "--summarize",
                    "--apparent-size",
                    "--one-file-system",
                    "--block-size=1",
                    path,
                ).split()[0]
            )
            for path in (self.root, self.root / "opt", self.root / "app")
        )
        parts = {"base": whole - packages - app, "packages": packages, "app": app, "all": whole}
        return {name: round(size / 1e6, 1) for name, size in parts.items()}

    def inside(self, data: Path, *command: str, **variables: str) -> list[str | Path]:
        """Return the command that runs something in a container of its own."""
        environ = [*self.config["Env"], *(f"{name}={value}" for name, value in variables.items())]
        own = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "container"]
        place = [self.root, data, self.config["User"], self.config["WorkingDir"]]
        return [*own, *place, *environ, *command]


@contextmanager
def built(folder: Path) -> Iterator[Image]:
    """Build the image by the Dockerfile, in a store below a folder, and give it mounted."""
    buildah = ("buildah", "--root", folder / "store", "--runroot", folder / "run")
    base = folder / "base"
    base.mkdir(parents=True)
    os.link(debian(), base / "debian.tar") if debian().stat().st_dev == base.stat().st_dev else (
        shutil.copy(debian(), base / "debian.tar")
    )
    (base / "Dockerfile").write_text(
        f"FROM scratch\nADD debian.tar /\nENV PATH={PATH}\n", encoding="utf-8"
    )
    (folder / "pip.conf").write_text(
        "[global]\nno-index = true\nfind-links = /wheels\n", encoding="utf-8"
    )
    build = (*buildah, "build", "--format", "docker", "--isolation", "chroot", "--pull-never")
    run(*build, "--tag", BASE, base)
    begun = time.monotonic()
    mounts = (f"{wheels()}:/wheels:ro", f"{folder / 'pip.conf'}:/etc/pip.conf:ro")
    options = [word for mount in mounts for word in ("--volume", mount)]
    run(*build, *options, "--tag", TAG, ROOT)
    build_s = time.monotonic() - begun
    settings = json.loads(run(*buildah, "inspect", "--type", "image", TAG))["Docker"]["config"]
    container = run(*buildah, "from", "--pull-never", TAG)
    root = Path(run(*buildah, "mount", container))
    try:
        yield Image(root, settings, build_s)
    finally:
        run(*buildah, "umount", container)
        run(*buildah, "rm", "--all")
        run(*buildah, "rmi", "--all", "--force")


@contextmanager
def started(image: Image, data: Path, **variables: str) -> Iterator[tuple[str, psutil.Process]]:
    """Start a container, and give its address and its process once it answers."""
    port = str(free_port())
    base = f"http://127.0.0.1:{port}"
    log = data.with_suffix(".log")
    command = image.inside(data, *image.config["Cmd"], PORT=port, **variables)
    with log.open("wb") as output:
        container = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_PATIENCE_S
        while not answers(f"{base}/_stcore/health"):
            said = log.read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < deadline, said
            assert container.poll() is None, said
            time.sleep(0.1)
        yield base, psutil.Process(container.pid)
    finally:
        container.terminate()
        container.wait(START_PATIENCE_S)


def answers(address: str) -> bool:
    """Return whether an address of our own server answers well."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except OSError:
        return False


def is_healthy(image: Image, data: Path, port: str) -> bool:
    """Run the image's health check as the container's own user would."""
    kind, *check = image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    command = image.inside(data, *check, PORT=port)
    return subprocess.run(command, check=False, timeout=START_PATIENCE_S).returncode == 0
