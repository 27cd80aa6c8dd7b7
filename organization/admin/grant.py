"""Who has which role, and for which departments."""

from backoffice import admin
from organization.models import Grant


@admin.register(Grant)
class GrantAdmin(admin.GrantAdmin):
    list_display = ("user", "role", "department", "given")
    list_select_related = ("user", "role", "department")
    list_filter = (("user", admin.RelatedFilter), ("department", admin.tree_filter("parent")))
    autocomplete_fields = ("user", "department")
    fields = ("user", "role", "department")
