"""Files in: reading → sheet → staging → plan → apply; all of it sets of rows, however many.

An app describes its files in a module named `exchange`: a Sheet for each kind of file, handed to `register`.
`manage.py import_file` and the panel find it there.
"""

from backoffice.exchange.apply import Changed, apply
from backoffice.exchange.options import Options
from backoffice.exchange.plan import Counts, Objection, Plan, Problem, changed, sentence
from backoffice.exchange.planning import plan_import
from backoffice.exchange.reading import FileError, Line, Reading, open_table
from backoffice.exchange.sheet import Absent, Column, Sheet, register, sheet_of, sheets

__all__ = [
    "Absent",
    "Changed",
    "Column",
    "Counts",
    "FileError",
    "Line",
    "Objection",
    "Options",
    "Plan",
    "Problem",
    "Reading",
    "Sheet",
    "apply",
    "changed",
    "open_table",
    "plan_import",
    "register",
    "sentence",
    "sheet_of",
    "sheets",
]
