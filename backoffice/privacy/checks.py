"""A start-up check: a column of which nobody said what it holds."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from backoffice.privacy import registry


@register(Tags.models)
def every_column_is_classified(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing: list[CheckMessage] = [
        Error(
            f"Nobody said whether {column.field.name!r} holds personal data.",
            hint=_what_to_write(column),
            obj=column.model,
            id="backoffice.E301",
        )
        for column in registry.unclassified()
    ]
    stale: list[CheckMessage] = [
        Error(
            f"{label} has no column {name!r}, of which is said what it holds.",
            hint=f"Take {name!r} out of the declaration of {label} in its app's privacy.py.",
            id="backoffice.E302",
        )
        for label, name in registry.stale()
    ]
    return missing + stale


def _what_to_write(column: registry.Column) -> str:
    meta = column.model._meta
    return (
        f"Write in privacy.py of the app {meta.app_label!r}: "
        f'declare("{meta.label}", {{"{column.field.name}": …}}) with none(), internal(), '
        'personal("what for", "how long") or sensitive("what for", "how long") of backoffice.privacy.registry.'
    )
