"""What a post can hold: it is not believed what it says of its size."""

import pytest

from tests.library.admin import AuthorAdmin, BookInline
from tests.library.models import Author, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return Author.objects.create(name="Ann")


def posted(total, **texts):
    sizes = {"book_set-TOTAL_FORMS": total, "book_set-INITIAL_FORMS": 0}
    return {"name": "Ann", "mentor": "", **sizes, **{f"book_set-0-{name}": texts[name] for name in texts}}


@pytest.mark.parametrize("total", [126, 1_000, 999_999_999])
def test_of_a_page_with_more_rows_than_it_can_have_no_form_is_built(panel, ann, total):
    page = panel.post(f"/admin/library/author/{ann.pk}/change/", posted(total, title="Emma"))
    assert page.context["inline_admin_formsets"][0].formset.forms == []
    assert f"{total:,} rows came at once, at most 125 can." in page.content.decode()
    assert not Book.objects.exists()


def test_a_key_that_no_row_can_have_is_of_one_that_is_gone(panel, ann):
    data = posted(1, title="Emma", id=10**30) | {"book_set-INITIAL_FORMS": 1}
    page = panel.post(f"/admin/library/author/{ann.pk}/change/", data, follow=True)
    assert page.status_code == 200
    assert not Book.objects.exists()


def test_a_full_page_can_be_saved(panel, ann):
    panel.post(f"/admin/library/author/{ann.pk}/change/", posted(125, title="Emma"))
    assert Book.objects.get().title == "Emma"


def test_a_page_offers_no_more_rows_than_can_be_saved(panel, ann):
    page = panel.get(f"/admin/library/author/{ann.pk}/change/")
    formset = page.context["inline_admin_formsets"][0].formset
    assert formset.max_num == BookInline.per_page + 100


def test_a_list_with_more_rows_than_it_can_have_is_refused(panel, ann, monkeypatch):
    monkeypatch.setattr(AuthorAdmin, "list_display", ("pk", "name"))
    monkeypatch.setattr(AuthorAdmin, "list_editable", ("name",))
    data = {"form-TOTAL_FORMS": 1_000, "form-INITIAL_FORMS": 1_000, "form-0-id": ann.pk, "form-0-name": "Bea"}
    page = panel.post("/admin/library/author/", {**data, "_save": "1"})
    assert "1,000 rows came at once, at most 150 can." in page.content.decode()
    assert Author.objects.get().name == "Ann"
