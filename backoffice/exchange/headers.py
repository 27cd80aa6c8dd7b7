"""Headers as they are compared."""

import re

PERCENT = re.compile(r"(?:\b(?:in|en) )?(?:%|\b(?:percent(?:age)?|prozent|pourcentage|porcentaje)\b)")


def folded(header: str) -> str:
    """A header in the form in which headers are compared: “Pensum (in %)” is “Pensum”, “Employee#” is “Employee #”."""
    signs = str.maketrans({**dict.fromkeys("-/.,:()'’*", " "), "#": " # "})
    words = header.casefold().replace("_", " ").translate(signs)
    return "_".join((PERCENT.sub(" ", words).strip() or words).split())


def spellings(header: str) -> tuple[str, str]:
    """In that form as it stands, and word by word: "HireDate" is “Hire Date”."""
    return folded(header), folded(re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", header))


def is_percent(header: str) -> bool:
    return bool(PERCENT.search(header.casefold().replace("_", " ")))
