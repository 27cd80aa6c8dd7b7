"""What is installed in this environment, as CycloneDX 1.5: `python deploy/sbom.py > sbom.cdx.json`."""

import json
import sys
from importlib.metadata import Distribution, distributions


def bill() -> dict[str, object]:
    packages = {each.name.lower().replace("_", "-"): each for each in distributions()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": [_component(name, packages[name]) for name in sorted(packages)],
    }


def _component(name: str, package: Distribution) -> dict[str, object]:
    purl = f"pkg:pypi/{name}@{package.version}"
    about = package.metadata.json
    licence = str(about.get("license_expression") or about.get("license") or "")
    found: dict[str, object] = {"type": "library", "bom-ref": purl, "purl": purl}
    found |= {"name": name, "version": package.version}
    if licence and len(licence) < 80:  # some put the whole text there
        found["licenses"] = [{"license": {"name": licence}}]
    return found


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
