"""The same panel for another one-to-many, in a few lines each."""

from backoffice import admin
from tests.library.actions import ReassignBooks, WithdrawBooks
from tests.library.exchange import BOOKS
from tests.library.models import Author, Book, Chapter, Loan


class BookInline(admin.TabularInline):
    model = Book
    fields = ("title", "published_on", "withdrawn_on")
    sortable = ("title", "published_on")


@admin.register(Author)
class AuthorAdmin(admin.ChartMixin, admin.ModelAdmin):
    chart = admin.Chart(title="Authors and their books", leaves=Book, path="author")
    search_fields = ("search_text",)
    autocomplete_fields = ("mentor",)
    reads_recorded = True
    inlines = (BookInline,)


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ("title", "isbn", "author", "published_on", "sequel_to")
    more_columns = ("withdrawn_on",)
    list_select_related = ("author", "sequel_to")
    list_filter = (("author", admin.RelatedFilter), ("published_on", admin.DateRangeFilter))
    search_fields = ("search_text",)
    exact_fields = ("isbn",)
    bulk_actions = (ReassignBooks, WithdrawBooks, admin.SetFields)
    bulk_fields = ("title", "published_on", "withdrawn_on")
    sortable = ("title", "published_on")
    sheet = BOOKS
    autocomplete_fields = ("author", "sequel_to")


@admin.register(Chapter)
class ChapterAdmin(admin.ModelAdmin):
    autocomplete_fields = ("book",)


@admin.register(Loan)
class LoanAdmin(admin.ModelAdmin):
    autocomplete_fields = ("book",)
