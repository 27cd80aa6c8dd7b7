"""What every ModelAdmin of the back office does, on Author → Book."""

from django.contrib.admin.sites import AdminSite

from backoffice import admin
from tests.library.models import Book


def test_a_plain_filter_may_stand_before_one_that_looks_rows_up():
    class BookAdmin(admin.ModelAdmin):
        list_filter = ("published_on", ("author", admin.RelatedFilter))

    assert "admin/js/autocomplete.js" in str(BookAdmin(Book, AdminSite()).media)
