"""The names of people who are purged, and texts without them.

A text is looked at word by word, without case and accents: "Zoë Quux" is found in "asked zoe-quux" too, and "Will" is
not found in "William". Each word of a name is looked for alone where nobody who stays is called by it: in the log all
of them; in what was written about something else neither the short ones nor the words of the organisation ("Porter"
where somebody's job is called so, "Berlin" of many places), but each order of the words ("Quux, Zoë").
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote

from backoffice.privacy.encoded import held, without_packed
from backoffice.search import fold

REMOVED = "[removed]"
SHORTEST = 3  # letters of a word that is looked for alone in the log
SHORTEST_IN_TEXT = 5
COMMON = 20  # rows whose titles, places … hold a word of the organisation
SEVERAL = 3  # rows whose titles, places … begin with a whole name
SURE = 10  # letters of one word that is not a word of everyday by chance
GAP = 4  # characters that may stand between two words of a name

UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"  # hyphens and joints that nobody sees in a word

# Of a name in Chinese characters each is a word: between them, and around the name, there is no space to tell it by.
SIGNS = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
FEWEST_SIGNS = 2  # of a name that is looked for
SURE_SIGNS = (
    3  # of one that is meant between other characters, too: two are a word of everyday there too often
)

# Accents, and the vowels that many scripts write around a letter.
MARKS = "".join(
    sign for sign in map(chr, range(0x300, 0x10000)) if unicodedata.category(sign) in ("Mn", "Mc")
)

_WORD = re.compile(f"[{SIGNS}]|(?:[^\\W_{SIGNS}][{MARKS}{UNSEEN}]*)+")
_SIGN = re.compile(f"[{SIGNS}]")
_UNSEEN = re.compile(f"[{UNSEEN}]")

# As in e-mail addresses.
_SPELT_OUT = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ø": "oe",
        "å": "aa",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "Ø": "Oe",
        "Å": "Aa",
    }
)

Phrase = tuple[str, ...]


def phrase(text: str) -> Phrase:
    """The folded words of a name, a number or an address."""
    return tuple(_folded(word) for word in _WORD.findall(text))


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else fold(_UNSEEN.sub("", word))  # the same, without the detour


def spelt_out(text: str) -> str:
    """ "Jörg Müller" → "Joerg Mueller"; empty where there is nothing to spell out."""
    plain = "" if text.isascii() else unicodedata.normalize("NFC", text)
    made = plain.translate(_SPELT_OUT)
    return made if made != plain else ""


def is_sure(words: Phrase) -> bool:
    """Whether these words mean somebody wherever they stand by themselves."""
    text = "".join(words)
    if text.isdecimal():
        return len(text) > 5
    if _SIGN.search(text):
        return len(text) >= FEWEST_SIGNS
    return len(words) > 1 or len(text) >= SURE or (len(text) > 3 and any(map(str.isdecimal, text)))


def _key(key: Any) -> Any:
    """The key if it is one that the code knows: "hire_date__from" is nobody called Date."""
    is_known = isinstance(key, str) and key == key.lower() and all(map(str.isidentifier, key.split(".")))
    return key if is_known else None


class Used(NamedTuple):
    text: str
    number: int  # of rows that say so
    is_common: bool  # a word that stands alone there is one of the organisation, and no name
    model: str = ""  # "library.Book"
    column: str = ""
    key: str = ""  # of the row, of what was written in one


class Needles:
    """`about` them is what is cleaned: any two characters that are their name mean them, between others as well.

    What is `left` stays, and so do the names that are a part of it there. Those of `beside`, of one word, go only where
    the same text has a longer one with that word.
    """

    def __init__(
        self,
        phrases: Iterable[Phrase],
        *,
        about: bool = False,
        left: Iterable[Phrase] = (),
        beside: Iterable[Phrase] = (),
    ) -> None:
        self.about, self.left, self.beside = about, set(left), set(beside)
        self.by_first: dict[str, list[Phrase]] = defaultdict(list)
        for words in self.left.union(phrases):
            if words:
                self.by_first[words[0]].append(words)
        for found in self.by_first.values():
            found.sort(key=len, reverse=True)

    def clean(self, value: Any, *, keys: Container[str] | None = None) -> Any:
        """The value without the names: the very same object where there are none. Texts, and what JSON holds. With
        `keys` its keys are what people wrote, and these alone are no names.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            items = [self.clean(item, keys=keys) for item in value]
            same = all(one is other for one, other in zip(items, value, strict=True))
            return value if same else items
        if isinstance(value, dict):
            pairs = {self._key(key, keys): self.clean(item, keys=keys) for key, item in value.items()}
            same = all(key in value and value[key] is item for key, item in pairs.items())
            return value if same else pairs
        return value

    def _key(self, key: str, keys: Container[str] | None) -> Any:
        if keys is None:
            return _key(key) or self.clean(key)
        return key if key in keys else self.clean(key)

    def _text(self, text: str) -> str:
        """Also in what it holds in another writing: with the signs of an address (%20), of JSON, of a form, packed."""
        with suppress(ValueError, RecursionError):
            if (inner := held(text)) is not None:
                made = self.clean(inner.value)
                return text if made is inner.value else inner.write(made)
        if "%" in text and (plain := unquote(text)) != text and (found := self._text(plain)) != plain:
            return found
        left = without_packed(text, self._is_in, REMOVED)
        return self._words(text if left == text else left)

    def _is_in(self, value: Any) -> bool:
        return self.clean(value) is not value

    def named_in(self, text: str) -> Iterator[tuple[Phrase, str]]:
        """The names that a text would lose, each as it is written there."""
        yield from ((found, text[start:end]) for found, start, end in self._found(text))

    def _words(self, text: str) -> str:
        pieces, reached = [], 0
        for _found, start, end in self._found(text):
            pieces += [text[reached:start], REMOVED]
            reached = end
        return "".join([*pieces, text[reached:]]) if pieces else text

    def _found(self, text: str) -> Iterable[tuple[Phrase, int, int]]:
        """Each name that goes, with where it begins and ends."""
        every = self._every(text)
        if not self.beside:
            return every
        found = list(every)
        longer = {word for words, *_place in found if words not in self.beside for word in words}
        longer |= {f"{word}s" for word in longer}
        return [each for each in found if each[0] not in self.beside or each[0][0] in longer]

    def _every(self, text: str) -> Iterator[tuple[Phrase, int, int]]:
        words = [(match.start(), match.end(), _folded(match.group())) for match in _WORD.finditer(text)]
        number = 0
        while number < len(words):
            found = self._from(words, number)
            last = number + max(len(found), 1)
            if found and found not in self.left:
                yield found, words[number][0], words[last - 1][1]
            number = last

    def _from(self, words: list[tuple[int, int, str]], start: int) -> Phrase:
        """The name that the words from here are; empty where they are none."""
        for found in self.by_first.get(words[start][2], ()):
            part = words[start : start + len(found)]
            near = all(after[0] - before[1] <= GAP for before, after in pairwise(part))
            if (
                near
                and tuple(word for _start, _end, word in part) == found
                and self._is_meant(words, start, found)
            ):
                return found
        return ()

    def _is_meant(self, words: list[tuple[int, int, str]], start: int, found: Phrase) -> bool:
        if self.about or len(found) >= SURE_SIGNS or not all(map(_SIGN.fullmatch, found)):
            return True
        beside = [(place, place + 1) for place in (start - 1, start + len(found) - 1)]
        pairs = [(words[one], words[other]) for one, other in beside if one >= 0 and other < len(words)]
        return not any(
            one[1] == other[0] and _SIGN.match(one[2]) and _SIGN.match(other[2]) for one, other in pairs
        )


class Names:
    """What those who go are called, told apart from what those who stay are called.

    `logins` are no names where somebody wrote a text, unless nothing else can be meant: "payroll". `used` is what
    titles, places and the like say. Names that are `left` go from what is about them and from the log alone. Not
    `alone`: a word of a name goes from a text about others only where that text says the name in full as well.
    """

    def __init__(
        self,
        values: Iterable[str],
        staying: Iterable[str],
        *,
        logins: Iterable[str] = (),
        used: Iterable[Used] = (),
        left: Iterable[Phrase] = (),
        alone: bool = True,
    ) -> None:
        left = {order for found in left for order in every_order(found)}
        left |= {("".join(found),) for found in left}
        named = set(values)
        named |= _as_in_addresses(named)
        every = named | set(logins)
        names = {phrase(value) for value in every if is_a_name(value)}
        whole = {phrase(value) for value in every} - {()}
        words = {word for name in names for word in name if len(word) >= SHORTEST}
        words |= {f"{word}s" for word in words}  # as in "Quuxs Team"
        turned = {order for name in names for order in _orders(name)} - whole
        shared_phrases: set[Phrase] = set()
        for value in staying:
            for found in filter(None, (phrase(value), phrase(spelt_out(value)))):
                if found in whole:
                    shared_phrases.add(found)
                if found in whole or found in turned:
                    turned.difference_update([found, *_orders(found)])
                if is_a_name(value):  # not "Zoe 12", their telephone
                    words.difference_update(found)
        mine = whole - shared_phrases
        glued = {("".join(name),) for name in mine | turned if len(name) > 1}  # as in the name of a file
        glued = {found for found in glued if len(found[0]) >= SURE}
        self.own = Needles(
            [*whole, *glued, *((word,) for word in words)], about=True
        )  # for what is about them by the record
        listed = (found for found in mine if is_listed(found))
        self.log = Needles([*listed, *glued, *((word,) for word in words)])
        sure = {found for found in mine | turned if is_sure(found)}
        spoken = {word for value in named if is_a_name(value) for word in phrase(value)}
        spoken |= {f"{word}s" for word in spoken}
        sure |= {(word,) for word in words & spoken if len(word) >= SHORTEST_IN_TEXT}
        single = {found[0] for found in sure if len(found) == 1}
        several = {found for found in mine | turned if len(found) > 1}
        everyday_words, everyday_names = everyday(single, several, used)
        meant_otherwise = {(word,) for word in everyday_words} | everyday_names
        meant_otherwise |= {("".join(found),) for found in everyday_names}
        written = (glued | sure) - meant_otherwise - left
        beside = set() if alone else {(word,) for word in single if is_a_name(word)} - glued
        self.text = Needles(written, left=left, beside=beside)
        self.number = Needles(
            (found for found in written if is_a_name("".join(found))), left=left, beside=beside
        )  # for numbers of those who stay


def _as_in_addresses(values: set[str]) -> set[str]:
    """Those of the names with an umlaut or the like that an e-mail address of theirs spells out."""
    parts = {part for value in values if "@" in value for part in phrase(value.partition("@")[0])}
    long = {part for part in parts if len(part) >= SHORTEST_IN_TEXT}
    named = {value: spelt for value in values if is_a_name(value) and (spelt := spelt_out(value))}
    return {spelt for value, spelt in named.items() if long & set(phrase(spelt)).difference(phrase(value))}


def every_order(name: Phrase) -> Iterable[Phrase]:
    """The name, and the same with the last words first."""
    return (name, *_orders(name))


def _orders(name: Phrase) -> Iterable[Phrase]:
    return (name[start:] + name[:start] for start in range(1, len(name)) if not _SIGN.match(name[start]))


def everyday(words: set[str], names: set[Phrase], used: Iterable[Used]) -> tuple[set[str], set[Phrase]]:
    """Which of these words and names mean something else: a whole title, place or department, if one long word more
    than once; a number that is the whole of a code; what several such texts begin with; and each word that is part of
    many texts, or of such a name.
    """
    found, rows = set(), Counter[str]()
    texts = Counter[Phrase]()
    for text, number, is_common, *_place in used:
        parts = phrase(text)
        for end in range(2, len(parts) + 1):
            if parts[:end] in names:
                texts[parts[:end]] += number
        for word in words.intersection(parts):
            rows[word] += number
            is_short = len(word) < SURE or number >= SEVERAL
            if len(parts) == 1 and (word.isdecimal() or (is_common and is_short)):
                found.add(word)
    wholes = {name for name, number in texts.items() if number >= SEVERAL}
    found |= {word for word, number in rows.items() if number >= COMMON}
    return found | {word for name in wholes for word in name}, wholes


def is_a_name(text: str) -> bool:
    """Not an address or a number, of which the parts mean nothing."""
    return "@" not in text and not any(map(str.isdecimal, text))


def is_listed(words: Phrase) -> bool:
    """Short numbers mean too many other things."""
    text = "".join(words)
    return is_sure(words) or (len(text) >= SHORTEST and not text.isdecimal())
