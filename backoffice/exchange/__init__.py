"""Files in: reader → sheet → plan → apply.

An app describes its files in a module named `exchange`: a Sheet for each kind of file, handed to `register`.
`manage.py import_file` finds it there by name.
"""

from backoffice.exchange.apply import Changed, apply
from backoffice.exchange.plan import Objection, Plan, Problem, Row
from backoffice.exchange.planning import plan_import
from backoffice.exchange.reader import FileError, Table, read_csv
from backoffice.exchange.sheet import Column, Sheet, register, sheets

__all__ = [
    "Changed",
    "Column",
    "FileError",
    "Objection",
    "Plan",
    "Problem",
    "Row",
    "Sheet",
    "Table",
    "apply",
    "plan_import",
    "read_csv",
    "register",
    "sheets",
]
