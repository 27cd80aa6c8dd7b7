"""Pages of what is known by keys that are no numbers, in a few lines each."""

from backoffice import admin
from tests.shapes.models import Folder, Maker, Part, Tag


class PartInline(admin.TabularInline):
    model = Part
    fk_name = "maker"
    fields = ("code", "name")


class AdmirerInline(admin.TabularInline):
    model = Maker
    fields = ("name", "badge")


class MakerAdmin(admin.ModelAdmin):
    list_display = ("name", "badge", "favourite")
    list_select_related = ("favourite",)
    list_filter = (("favourite", admin.RelatedFilter),)
    search_fields = ("search_text",)
    autocomplete_fields = ("favourite",)
    inlines = (PartInline,)


class PartAdmin(admin.ModelAdmin):
    list_display = ("name", "code", "maker", "tester")
    list_select_related = ("maker", "tester")
    list_filter = (("maker", admin.RelatedFilter), ("tester", admin.RelatedFilter))
    search_fields = ("search_text",)
    autocomplete_fields = ("maker", "tester")
    bulk_actions = (admin.SetFields,)
    bulk_fields = ("tester",)
    inlines = (AdmirerInline,)


class TagAdmin(admin.ModelAdmin):
    search_fields = ("name",)


class FolderAdmin(admin.ModelAdmin):
    ordering = ("name",)
    list_filter = (("tags", admin.RelatedFilter),)
    autocomplete_fields = ("within", "tags")


PAGES = {Maker: MakerAdmin, Part: PartAdmin, Tag: TagAdmin, Folder: FolderAdmin}
