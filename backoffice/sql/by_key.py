"""Values by key, known here, as an expression about each row of a set: one parameter, however many they are."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast


def by_key(column: str, values: Mapping[Any, Any], field: Any) -> Cast:
    """What `values` has for the key in `column`, NULL for a key that it has not; of the type of `field`."""
    known = {str(key): value for key, value in values.items() if value is not None}
    return Cast(_Found(Value(json.dumps(known, default=str)), Cast(F(column), TextField())), field)


class _Found(models.Func):
    """What a JSON object has under a name."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner="::jsonb ->> ")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = """JSON_EXTRACT(%(expressions)s || '"')"""
        return self.as_sql(compiler, connection, template=template, arg_joiner=""", '$."' || """)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = """JSON_UNQUOTE(JSON_EXTRACT(%(expressions)s, '"')))"""
        return self.as_sql(compiler, connection, template=template, arg_joiner=""", CONCAT('$."', """)
