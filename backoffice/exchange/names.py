"""Names as payroll systems shout them, put right when somebody asks for it."""

import re

PARTICLES = {"de", "del", "der", "den", "di", "da", "la", "le", "van", "von", "zu", "y", "e"}
WORD = re.compile(r"[^\W\d_]+")
NUMERALS = {"ii", "iii", "iv", "vi"}


def tidied(name: str) -> str:
    """ "LAST,  FIRST M" → "First M Last"; a name in mixed case keeps its letters."""
    name = " ".join(name.split())
    last, comma, first = name.partition(",")
    if comma and first.strip() and "," not in first:
        name = f"{first.strip()} {last.strip()}"
    return _lowered(name) if name.isupper() else name


def _lowered(name: str) -> str:
    words = name.lower().split()
    return " ".join(
        word if word in PARTICLES and place else _capital(word) for place, word in enumerate(words)
    )


def _capital(word: str) -> str:
    if word in NUMERALS:
        return word.upper()
    word = WORD.sub(lambda part: part[0].capitalize(), word)
    if word.startswith("Mc") and len(word) > 3:
        word = f"Mc{word[2:].capitalize()}"
    return word.replace("'S", "'s") if word.endswith("'S") else word
