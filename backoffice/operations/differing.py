"""Whether values differ, as every engine can ask it: exactly, whatever the collation; two empty ones are the same."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, CharField, Func, Q, TextField


class Differs(Func):
    """Of two expressions with the type of a column."""

    output_field = BooleanField()
    template = "(%(expressions)s)"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        joiner = self._text(' COLLATE "C"') + " IS DISTINCT FROM "
        return self.as_sql(compiler, connection, arg_joiner=joiner, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        joiner = self._text(" COLLATE BINARY") + " IS NOT "
        return self.as_sql(compiler, connection, arg_joiner=joiner, **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template, joiner = "NOT (%(expressions)s)", " <=> " + self._text("BINARY ")
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **context)

    def _text(self, words: str) -> str:
        return words if isinstance(self.source_expressions[0].output_field, (CharField, TextField)) else ""


def any_differs(pairs: Iterable[tuple[Any, Any]]) -> Q:
    return reduce(or_, (Q(Differs(one, other)) for one, other in pairs))
