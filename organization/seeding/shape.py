"""The tree of departments and how many people each one has."""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from organization.seeding.words import CITIES, COMPANY, FUNCTIONS, SHARED_NAME


class ShapeError(Exception):
    """An organisation cannot have this shape; the text says why and what to change."""


@dataclass
class Shape:
    """Departments, parents first: name, position of the parent, number of people, city."""

    names: list[str]
    parents: list[int | None]
    sizes: list[int]
    cities: list[str]

    @property
    def people(self) -> int:
        return sum(self.sizes)


def grow(employees: int, departments: int, largest: int, depth: int, same_names: int, rng: Random) -> Shape:
    """A tree of `depth` levels in which one department has `largest` people and none has more."""
    _refuse_impossible(employees, departments, largest)
    parents = _spread(_parents(departments, min(depth, departments), rng), same_names)
    names = _names(parents, same_names, rng)
    sizes = _sizes(employees, departments, largest, rng)
    return Shape(names, parents, sizes, [rng.choice(CITIES) for _ in parents])


def _refuse_impossible(employees: int, departments: int, largest: int) -> None:
    if largest > employees:
        raise ShapeError(
            f"The largest department cannot have {largest:,} of {employees:,} people. Lower --largest."
        )
    if departments * largest < employees:
        raise ShapeError(
            f"{departments:,} departments of at most {largest:,} people hold {departments * largest:,}, "
            f"not {employees:,}. Raise --departments or --largest."
        )


def _parents(departments: int, depth: int, rng: Random) -> list[int | None]:
    """Level by level, each with the same number of children on average; older ones attract more."""
    if depth == 1:
        return [None] * departments
    parents: list[int | None] = [None]
    above = range(1)
    for level in range(1, depth):
        end = round(departments ** (level / (depth - 1)))
        here = range(len(parents), max(end, len(parents)))
        parents += [above[int(rng.random() ** 1.5 * len(above))] for _ in here]
        above = here if here else above
    return parents


def _spread(parents: list[int | None], wanted: int) -> list[int | None]:
    """Hang the later departments of the bottom below the earlier ones until `wanted` have one below them."""
    spread = list(parents)
    below = Counter(parent for parent in parents if parent is not None)
    leaves = [position for position in range(len(parents)) if position not in below]
    for host, guest in zip(leaves, reversed(leaves), strict=True):
        if len(below) >= wanted or host >= guest:
            break
        parent = spread[guest]
        if parent is not None and below[parent] > 1:
            below[parent] -= 1
            below[host] += 1
            spread[guest] = host
    return spread


def _names(parents: list[int | None], same_names: int, rng: Random) -> list[str]:
    """No name comes twice below one parent."""
    start = [int(rng.random() * len(FUNCTIONS)) for _ in parents]
    children: dict[int | None, int] = {}
    first_child: dict[int, int] = {}
    names = []
    for position, parent in enumerate(parents):
        k = children[parent] = children.get(parent, -1) + 1
        names.append(_name(k, 0 if parent is None else start[parent]))
        if parent is not None:
            first_child.setdefault(parent, position)
    if children.get(None) == 0:
        names[0] = COMPANY
    if same_names > len(first_child):
        raise ShapeError(
            f"Only {len(first_child):,} departments have others below them, so no more than that can share a "
            f"name without standing side by side. Lower --same-names or raise --departments."
        )
    for position in list(first_child.values())[:same_names]:
        names[position] = SHARED_NAME
    return names


def _name(k: int, start: int) -> str:
    """The name of the k-th department below a parent: Finance, then Finance Lyon, then Finance Lyon 2."""
    function = FUNCTIONS[(start + k) % len(FUNCTIONS)]
    place, number = k // len(FUNCTIONS) % (len(CITIES) + 1), k // (len(FUNCTIONS) * (len(CITIES) + 1))
    words = [function, CITIES[place - 1] if place else "", str(number + 1) if number else ""]
    return " ".join(word for word in words if word)


def _sizes(employees: int, departments: int, largest: int, rng: Random) -> list[int]:
    """A few large departments and many small ones; the largest is the last, at the bottom of the tree."""
    others, rest = departments - 1, employees - largest
    if not others:
        return [largest]
    floor = min(1, rest // others)
    weights = [1 / (rank + 5) for rank in range(others)]
    sizes = _share(rest - floor * others, weights, largest - floor)
    sizes = [size + floor for size in sizes]
    rng.shuffle(sizes)
    somebody = next((position for position, size in enumerate(sizes) if size), 0)
    sizes[0], sizes[somebody] = sizes[somebody], sizes[0]  # the company has a head
    return [*sizes, largest]


def _share(amount: int, weights: list[float], most: int) -> list[int]:
    """Whole numbers that add up to `amount`, near the weights' proportions, none above `most`."""
    sizes, left = [], amount
    ahead = list(accumulate(reversed(weights)))[::-1]
    for position, weight in enumerate(weights):
        room_behind = most * (len(weights) - position - 1)
        size = min(most, max(left - room_behind, round(left * weight / ahead[position])))
        sizes.append(size)
        left -= size
    return sizes
