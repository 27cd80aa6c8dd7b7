"""Does the lock fit pyproject.toml, and does it name hashes and nothing else? Prints each fault; exit 1 for any."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

RUNTIME, DEV, ON_TOP = "requirements.txt", "requirements-dev.txt", "tests/django-6.1.txt"
IMAGE = "deploy/requirements.txt"
HASH = re.compile(r"\s--hash=sha256:[0-9a-f]{64}\b")
Locked = dict[str, Requirement]


def main() -> int:
    faults = list(check(Path(__file__).resolve().parent.parent))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def check(root: Path) -> Iterator[str]:
    """Every fault of the lock in `root`, a sentence each."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    for name in (RUNTIME, DEV, ON_TOP, IMAGE):
        yield from faults_of_form(name, entries(root / name))
    runtime, dev = locked(root / RUNTIME), locked(root / DEV)
    yield from missing(RUNTIME, runtime, project["project"]["dependencies"])
    yield from missing(DEV, dev, project["project"]["dependencies"] + project["dependency-groups"]["dev"])
    for lock, found in {DEV: dev, IMAGE: locked(root / IMAGE)}.items():
        for name, requirement in runtime.items():
            if name not in found or found[name].specifier != requirement.specifier:
                yield f"{name} is {requirement.specifier} in {RUNTIME} and not so in {lock}. Run make lock."


def entries(path: Path) -> list[str]:
    """The logical lines of a lock, without comments."""
    text = re.sub(r"\s*\\\n\s*", " ", path.read_text(encoding="utf-8"))
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def faults_of_form(lock: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        what = f"{lock}: {line.split(' --hash')[0]!r}"
        if line.startswith("-"):
            yield f"{what} is an option. A lock names packages only; where they come from is each machine's business."
        elif "://" in line or "file:" in line or re.search(r"\s@\s", line):
            yield f"{what} names an address. A lock names versions only."
        elif not HASH.search(line):
            yield f"{what} has no hash. Run make lock."
        elif not re.match(r"[\w.-]+==[^\s;*]+( ;|\s--hash)", line):
            yield f"{what} is not pinned to one version. Run make lock."


def locked(path: Path) -> Locked:
    found: Locked = {}
    for line in entries(path):
        try:
            requirement = Requirement(line.split(" --hash")[0])
        except InvalidRequirement:
            continue  # faults_of_form has said so
        found[canonicalize_name(requirement.name)] = requirement
    return found


def missing(lock: str, found: Locked, dependencies: list[str]) -> Iterator[str]:
    """Dependencies that the lock has not, or in a version that pyproject.toml does not allow."""
    for wanted in map(Requirement, dependencies):
        there = found.get(canonicalize_name(wanted.name))
        if there is None:
            yield f"{lock} has no {wanted.name}, which pyproject.toml asks for. Run make lock."
        elif not all(wanted.specifier.contains(pin.version) for pin in there.specifier):
            yield f"{lock} has {there.name}{there.specifier}, pyproject.toml asks for {wanted}. Run make lock."
        elif there.marker and not wanted.marker:
            yield f"{lock} has {there.name} only where {there.marker}, pyproject.toml everywhere. Run make lock."


if __name__ == "__main__":
    sys.exit(main())
