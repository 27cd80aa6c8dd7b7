"""What an admin author imports: `from backoffice import admin`."""

from django.contrib.admin import display, register, site

from backoffice.admin.bulk.action import BulkAction
from backoffice.admin.bulk.set_fields import SetFields
from backoffice.admin.forms.inlines import TabularInline
from backoffice.admin.grants import GrantAdmin
from backoffice.admin.lists.filters import ChoicesFilter, DateRangeFilter, ValuesFilter
from backoffice.admin.lists.related_filter import RelatedFilter, tree_filter
from backoffice.admin.model_admin import ModelAdmin
from backoffice.admin.subjects.pages import SubjectMixin
from backoffice.chart import Chart, ChartMixin

__all__ = [
    "BulkAction",
    "Chart",
    "ChartMixin",
    "ChoicesFilter",
    "DateRangeFilter",
    "GrantAdmin",
    "ModelAdmin",
    "RelatedFilter",
    "SetFields",
    "SubjectMixin",
    "TabularInline",
    "ValuesFilter",
    "display",
    "register",
    "site",
    "tree_filter",
]
