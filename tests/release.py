"""Make a release of the commit: `make release`, or `python -m tests.release --out FOLDER`.

In the folder come to lie the source archive, the container's build context, an SBOM in CycloneDX's
JSON and the licences of all that a server installs, and the digests of these. With `--archives`
only the two archives are made, which need no network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.fakes.environments import environment

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-serve.txt"
# Beside what .dockerignore lets pass.
CONTEXT = ("Dockerfile", ".dockerignore")
# The lists of the models that are shipped.
MANIFESTS = ("models/manifest.json", "models/music.json", "models/detector/manifest.json")
# The licence that a model's source names in brackets.
SPDX = re.compile(r"\((MIT|ISC)\b")
DIGESTS = "SHA256SUMS"
# SPDX expressions of packages whose metadata name their licence in other words, as their texts say.
IN_OTHER_WORDS = {
    "partd": "BSD-3-Clause",
    "protobuf": "BSD-3-Clause",
    "pydeck": "Apache-2.0",
    "uritemplate": "BSD-3-Clause OR Apache-2.0",
}


def project() -> dict[str, Any]:
    """Return what pyproject.toml says of the project."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(content["project"])


def version() -> str:
    """Return the version, which stands in pyproject.toml and nowhere else."""
    return str(project()["version"])


def release_name() -> str:
    """Return the beginning of all names of a release."""
    return f"moodring-{version()}"


def context_paths() -> list[str]:
    """Return what the container is built from, as paths of git."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [*CONTEXT, *(line[1:] for line in lines if line.startswith("!"))]


def write_archives(out: Path) -> None:
    """Write the source archive and the build context, of what is committed."""
    name = release_name()
    archive(out / f"{name}.tar.gz", name)
    archive(out / f"{name}-container.tar.gz", f"{name}-container", *context_paths())


def archive(path: Path, prefix: str, *paths: str) -> None:
    """Write an archive of the commit, or of some of its paths."""
    command = ["git", "archive", f"--prefix={prefix}/", f"--output={path}", "HEAD", "--", *paths]
    subprocess.run(command, cwd=ROOT, check=True)


def model_components() -> list[dict[str, object]]:
    """Return the shipped models as components of an SBOM."""
    found: list[dict[str, object]] = []
    for name in MANIFESTS:
        manifest = ROOT / name
        for model, facts in json.loads(manifest.read_text(encoding="utf-8")).items():
            component: dict[str, object] = {
                "type": "machine-learning-model",
                "bom-ref": f"{name}#{model}",
                "name": facts["file"],
                "version": version(),
                "description": facts.get("source", "trained by this project"),
                "hashes": [{"alg": "SHA-256", "content": facts["sha256"]}],
            }
            if "licence" not in facts:
                component["licenses"] = [{"license": {"id": project()["license"]}}]
            else:
                text = (manifest.parent / facts["licence"]).read_text(encoding="utf-8")
                (spdx,) = SPDX.findall(facts["source"])
                component["licenses"] = [{"license": {"id": spdx, "text": {"content": text}}}]
            found.append(component)
    return found


def with_licences(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return components, each with a licence.

    Raises
    ------
    ValueError
        When one has none, and `IN_OTHER_WORDS` does not know it.
    """
    unknown = {one["name"] for one in components if not one.get("licenses")} - set(IN_OTHER_WORDS)
    if unknown:
        raise ValueError(f"no licence in the SBOM: {', '.join(sorted(unknown))}")
    return [
        one
        if one.get("licenses")
        else {**one, "licenses": [{"expression": IN_OTHER_WORDS[one["name"]]}]}
        for one in components
    ]


def write_bill(path: Path, python: Path) -> None:
    """Write the SBOM of an environment and of the shipped models.

    Raises
    ------
    ValueError
        When it is not as CycloneDX's schema wants it, or something has no licence.
    """
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    about = ROOT / "pyproject.toml"
    options = ["--pyproject", about, "--mc-type", "application", "--output-reproducible"]
    command = [sys.executable, "-m", "cyclonedx_py", "environment", *options, python]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    bill = json.loads(done.stdout)
    bill["components"] = with_licences([*bill["components"], *model_components()])
    text = json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
    fault = JsonStrictValidator(SchemaVersion.from_version(bill["specVersion"])).validate_str(text)
    if fault is not None:
        raise ValueError(f"no valid SBOM: {fault}")
    path.write_text(text, encoding="utf-8")


def write_licences(path: Path, python: Path) -> None:
    """Write the licences, ours and the models' first, then each package's with its text."""
    ours = [ROOT / "LICENSE", *sorted((ROOT / "models").rglob("*LICENSE.md"))]
    parts = [
        f"{file.relative_to(ROOT)}\n\n{file.read_text(encoding='utf-8').strip()}\n" for file in ours
    ]
    texts = ["--with-license-file", "--no-license-path", "--with-notice-file", "--with-urls"]
    options = ["--python", python, "--from=mixed", "--format=plain-vertical", *texts]
    command = [sys.executable, "-m", "piplicenses", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    path.write_text("\n\n".join([*parts, done.stdout]), encoding="utf-8")


def check_packages(python: Path) -> None:
    """Run `pip check` in an environment."""
    command = [sys.executable, "-m", "pip", "--python", python, "check"]
    subprocess.run(command, check=True)


def write_digests(out: Path) -> None:
    """Write the digests of a release's files, for `sha256sum --check`."""
    files = sorted(path for path in out.glob(f"{release_name()}*"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / DIGESTS).write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Make the release, and print what it consists of."""
    parser = argparse.ArgumentParser(prog="python -m tests.release", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--archives", action="store_true", help="only the two archives")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write_archives(options.out)
    if not options.archives:
        python = environment(LOCK) / "bin" / "python"
        check_packages(python)
        write_bill(options.out / f"{release_name()}-sbom.cdx.json", python)
        write_licences(options.out / f"{release_name()}-licences.txt", python)
    write_digests(options.out)
    for path in sorted(options.out.iterdir()):
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
