"""Looks at the lock files without asking anybody: `python -m tests.locks`, a part of `make lint`.

Every package in them is pinned, has hashes, and comes from wherever pip asks by itself; what the
short lists name is there, as they want it. Compiling and installing them see to it that each has
a wheel.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PIN = re.compile(r"==[^*,]+")


@dataclass(frozen=True, slots=True)
class Locked:
    """A package in a lock file.

    said : its requirement as it stands there
    hashes : of all its files
    """

    said: Requirement
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        """Its name, however it is spelt."""
        return canonicalize_name(self.said.name)


def logical_lines(text: str) -> Iterator[str]:
    """Give the lines without remarks, those that end with a backslash joined to the next."""
    for line in text.replace("\\\n", " ").splitlines():
        bare = re.sub(r"(^|\s)#.*", "", line).strip()
        if bare:
            yield bare


def faults_of(lock: Path, found: dict[str, list[Locked]]) -> Iterator[str]:
    """Say what is wrong with a lock file, and collect what is in it."""
    for line in logical_lines(lock.read_text(encoding="utf-8")):
        wanted, *options = line.split(" --")
        hashes = [f"--{option.strip()}" for option in options]
        try:
            package = Locked(Requirement(wanted.strip()), frozenset(hashes))
        except InvalidRequirement:
            yield f"{lock.name}: no package of an index: {line[:60]}"
            continue
        found.setdefault(package.name, []).append(package)
        if package.said.url or not PIN.fullmatch(str(package.said.specifier)):
            yield f"{lock.name}: {package.name} is not pinned"
        if not hashes or not all(map(HASH.fullmatch, hashes)):
            yield f"{lock.name}: {package.name} lacks a hash, or has something else beside it"


def unlocked(wishes: Path, found: dict[str, list[Locked]]) -> Iterator[str]:
    """Say what of a short list its lock file lacks, or has otherwise."""
    for line in logical_lines(wishes.read_text(encoding="utf-8")):
        if line.startswith(("-c ", "-r ")):  # a short list that has a lock file of its own
            continue
        try:
            wish = Requirement(line)
        except InvalidRequirement:
            yield f"{wishes.name}: no package of an index: {line[:60]}"
            continue
        locked = found.get(canonicalize_name(wish.name), [])
        pins = [one for package in locked for one in package.said.specifier]
        if not pins:
            yield f"{wishes.name}: {wish.name} is not locked; run make lock"
        elif not all(wish.specifier.contains(pin.version, prereleases=True) for pin in pins):
            yield f"{wishes.name}: {wish.name} is locked otherwise; run make lock"


def apart(every: Iterable[dict[str, list[Locked]]]) -> Iterator[str]:
    """Say which packages two lock files have otherwise: both are installed together."""
    first, *others = every
    for other in others:
        for name in sorted(first.keys() & other.keys()):
            pins = {(str(one.said.specifier), one.hashes) for one in first[name]}
            if any((str(one.said.specifier), one.hashes) not in pins for one in other[name]):
                yield f"{name} is locked in two ways"


def faults(folder: Path = ROOT) -> list[str]:
    """Return all that is wrong, a sentence each; none when all is well."""
    said, every = [], []
    for wishes in sorted(folder.glob("requirements*.in"), key=lambda path: len(path.name)):
        lock, found = wishes.with_suffix(".txt"), dict[str, list[Locked]]()
        if not lock.exists():
            said.append(f"{wishes.name}: there is no {lock.name}")
            continue
        said += [*faults_of(lock, found), *unlocked(wishes, found)]
        every.append(found)
    return [*said, *apart(every)] if every else [*said, "there are no lock files"]


def main() -> int:
    """Print what is wrong."""
    said = faults()
    sys.stderr.writelines(f"{line}\n" for line in said)
    return bool(said)


if __name__ == "__main__":
    raise SystemExit(main())
