"""What the person who brings a file decides about it."""

from typing import Any, NamedTuple, Self

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = ORDERS = "day", "month", "year"
BY_NAME, ALL_NEW = "name", "new"


class Options(NamedTuple):
    """`dates` says what 05/06/2024 or 24-06-05 is; empty as long as nobody had to. `absent` is for rows that the file
    lacks, `keyless` for rows without a value by which rows are found: by the loose key of its sheet; or every row is
    new, if the file has no column for such a value.
    """

    keep_blank: bool = False  # an empty cell leaves the field as it is, instead of emptying it
    tidy: bool = False  # names: "LAST,  FIRST M" → "First M Last"
    create: bool = False  # what a cell refers to and is not there
    dates: str = ""
    absent: bool = False
    keyless: str = ""
    since_1904: bool = False  # nobody's decision: the file says from when on it counts days
    errors: bool = False  # nor is this: the reader of the file marks those of its spreadsheet
    hundredths: tuple[str, ...] = ()  # nor this: fields whose header says that their numbers are percent

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """What a person chose; an empty cell leaves the field as it is unless they said otherwise."""
        known = {name: value for name, value in values.items() if name in cls._fields}
        return cls(**{"keep_blank": True, **known})
