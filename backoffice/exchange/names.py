"""Names as payroll systems shout them, put right when somebody asks for it."""

import re

# Between a first name and more of a last one: "LE, ANH" is called so. One letter alone is an initial.
PARTICLES = {"de", "del", "der", "den", "di", "da", "la", "le", "van", "von", "zu"}
WORD = re.compile(r"[^\W\d_]+")
NUMERALS = {"ii", "iii", "iv", "vi"}
NOTHING_AND_NAMES = {"na", "nan"}  # words for nothing that many people are called
BY_PROGRAMS = {"None"}  # for nothing, though written as a name is
SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"}


def is_name(word: str, rest: str = "") -> bool:
    """Whether a word for nothing is a name by the way it is written: “Null”, “Na”, and “NA” beside a `rest` of its
    kind.
    """
    if not word.isalpha():
        return False
    if word.istitle():
        return word not in BY_PROGRAMS
    alike = rest.isupper() if word.isupper() else word.islower() and rest.islower()
    return alike and word.casefold() in NOTHING_AND_NAMES


def tidied(name: str) -> str:
    """ "LAST,  FIRST M" → "First M Last"; a name in mixed case keeps its letters."""
    last, comma, first = name.partition(",")
    words = name.split()
    if comma and first.split() and "," not in first:
        given, suffix = _apart(first.split())
        words = [*given, *last.split(), *suffix]
    return " ".join(_lowered(words) if name.isupper() else words)


def _apart(words: list[str]) -> tuple[list[str], list[str]]:
    """The words of a name, and the “JR” behind them."""
    end = len(words) - (len(words) > 1 and words[-1].casefold() in SUFFIXES)
    return words[:end], words[end:]


def _lowered(words: list[str]) -> list[str]:
    inner = range(1, len(_apart(words)[0]) - 1)
    return [
        word.lower() if word.lower() in PARTICLES and place in inner else _capital(word)
        for place, word in enumerate(words)
    ]


def _capital(word: str) -> str:
    if word.lower() in NUMERALS:
        return word.upper()
    word = WORD.sub(lambda part: part[0][0] + _small(part[0][1:]), word)
    if word.startswith("Mc") and len(word) > 3:
        word = f"Mc{word[2:].capitalize()}"
    return word.replace("'S", "'s") if word.endswith("'S") else word


def _small(letters: str) -> str:
    """In small letters; that of İ is i, without a second dot of its own."""
    return letters.lower().replace("i\u0307", "i")
