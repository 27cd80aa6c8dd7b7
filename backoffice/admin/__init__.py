"""What an admin author imports: `from backoffice import admin`."""

from django.contrib.admin import display, register, site

from backoffice.admin.filters import ChoicesFilter, DateRangeFilter, RelatedFilter, ValuesFilter, tree_filter
from backoffice.admin.inlines import TabularInline
from backoffice.admin.model_admin import ModelAdmin

__all__ = [
    "ChoicesFilter",
    "DateRangeFilter",
    "ModelAdmin",
    "RelatedFilter",
    "TabularInline",
    "ValuesFilter",
    "display",
    "register",
    "site",
    "tree_filter",
]
