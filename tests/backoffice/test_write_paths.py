"""Every way of writing, and what can be done in it: the record says, row for row, what happened."""

import json
import re

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin import site
from django.core import serializers
from django.core.management import call_command
from django.db.models import F, Value
from django.db.models.functions import Concat, Upper

from backoffice import exchange
from backoffice.models import Operation
from backoffice.operations import operation, update
from backoffice.operations.undo import undo
from tests.library.exchange import BOOKS
from tests.library.models import Author, Book, Chapter
from tests.record import recorded

pytestmark = pytest.mark.django_db

AUTHORS, LIST = "/admin/library/author/", "/admin/library/book/"
PATHS: dict = {}


def path(kind):
    """A way of writing: the function does it, as one operation of this kind."""

    def register(function):
        PATHS[function.__name__] = (function, kind)
        return function

    return register


class World:
    def __init__(self, panel, folder):
        self.panel, self.folder = panel, folder
        self.ada = Author.objects.create(name="Ada")
        self.bea = Author.objects.create(name="Bea", mentor=self.ada)
        self.notes = Book.objects.create(title="Notes", isbn="1", author=self.ada)
        self.letters = Book.objects.create(title="Letters", isbn="2", author=self.ada, sequel_to=self.notes)
        Chapter.objects.create(book=self.notes, title="One")

    @property
    def books(self):
        return Book.objects.filter(author=self.ada)


@pytest.fixture
def world(panel, tmp_path):
    return World(panel, tmp_path)


# The panel


def inline(*rows, initial=0):
    posted = {"book_set-TOTAL_FORMS": len(rows), "book_set-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        posted |= {f"book_set-{number}-{name}": value for name, value in row.items()}
    return posted


@path("add")
def form_creates(world):
    world.panel.post(f"{AUTHORS}add/", {"name": "Cleo", **inline({"title": "First"}, {"title": "Second"})})


@path("edit")
def form_updates(world):
    world.panel.post(f"{AUTHORS}{world.ada.pk}/change/", {"name": "Ada L.", **inline()})


@path("edit")
def inline_updates_and_creates(world):
    kept = {"id": world.notes.pk, "author": world.ada.pk, "title": "Notes, revised"}
    rows = inline(kept, {"title": "New", "author": world.ada.pk}, initial=1)
    world.panel.post(f"{AUTHORS}{world.ada.pk}/change/", {"name": "Ada L.", **rows})


@path("edit")
def list_edit_updates(world):
    rows = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    for number, book in enumerate(Book.objects.order_by("title", "pk")):
        rows |= {f"form-{number}-id": book.pk, f"form-{number}-published_on": "2020-01-01"}
    world.panel.post(LIST, rows)


@path("shout")
def action_of_the_list_updates(world):
    world.panel.post(
        LIST, {"action": "shout", "index": "0", "_selected_action": [world.notes.pk, world.letters.pk]}
    )


@path("reassign")
def bulk_action_updates(world):
    page = select(world, "reassign")
    for stage in "preview", "apply":
        page = world.panel.post(
            page.wsgi_request.path, {**hidden(page), "stage": stage, "author": world.bea.pk}, follow=True
        )


@path("delete")
def delete_page_cascades(world):
    page = world.panel.get(f"{AUTHORS}{world.ada.pk}/delete/")
    world.panel.post(page.wsgi_request.path, {"previewed": page.context["page"].fingerprint})


@path("delete")
def delete_of_a_selection_cascades(world):
    page = select(world, "delete")
    fields = {**page.context["hidden"], "previewed": page.context["page"].fingerprint}
    world.panel.post(page.context["action_url"], fields)


def select(world, action):
    ticked = {"action": action, "index": "0", "_selected_action": [world.notes.pk, world.letters.pk]}
    return world.panel.post(LIST, ticked, follow=True)


def hidden(page):
    return dict(re.findall(r'name="(selection|plan)" value="([^"]*)"', page.content.decode()))


# Files


@path("import")
def import_creates_and_updates(world):
    lines = ["isbn,title,author", "1,Notes again,Bea", "3,Third,Ada"]
    file = world.folder / "books.csv"
    file.write_text("\n".join(lines))
    exchange.apply(exchange.plan_import(BOOKS, exchange.open_table(file)))


@path("import")
def import_command_exchanges_unique_values(world):
    file = world.folder / "books.csv"
    file.write_text("isbn,title,author\n2,Second,Ada\n1,First,Bea\n9,Ninth,Bea\n")
    call_command("import_file", "books", str(file))


def fixture(world, *rows):
    file = world.folder / "rows.json"
    file.write_text(json.dumps(rows))
    return str(file)


def author_row(pk, name):
    return {"model": "library.author", "pk": pk, "fields": {"name": name}}


@path("load")
def fixture_creates_and_updates(world):
    call_command("loaddata", fixture(world, author_row(901, "Cleo"), author_row(world.ada.pk, "Ada L.")))


@path("add")
def deserialized_row_creates(world):
    for row in serializers.deserialize("json", json.dumps([author_row(901, "Cleo")])):
        row.save()


@path("edit")
def deserialized_row_updates(world):
    for row in serializers.deserialize("python", [author_row(world.ada.pk, "Ada L.")]):
        row.save()


# The shell


@path("add")
def save_creates(world):
    Author(name="Cleo").save()


@path("edit")
def save_updates(world):
    world.ada.name = "Ada L."
    world.ada.save()


@path("edit")
def save_of_some_fields_updates(world):
    world.notes.title, world.notes.isbn = "Saved", "not saved"
    world.notes.save(update_fields=["title"])


@path("edit")
def save_of_an_expression_updates(world):
    world.ada.name = Concat(F("name"), Value(" L."))
    world.ada.save()


@path("add")
def save_with_a_given_key_creates(world):
    Author(pk=901, name="Cleo").save(force_insert=True)


@path("delete")
def delete_cascades(world):
    world.ada.delete()


@path("add")
def create_creates(world):
    Author.objects.create(name="Cleo")


@path("add")
def get_or_create_creates(world):
    Author.objects.get_or_create(name="Cleo")


@path("edit")
def update_or_create_updates(world):
    Author.objects.update_or_create(pk=world.ada.pk, defaults={"name": "Ada L."})


@path("add")
def update_or_create_creates(world):
    Author.objects.update_or_create(name="Cleo", defaults={"mentor": world.ada})


@path("add")
def bulk_create_creates(world):
    Author.objects.bulk_create([Author(name="Cleo"), Author(name="Dora")], batch_size=1)


@path("edit")
def bulk_update_updates(world):
    world.notes.title, world.letters.title = "N", "L"
    Book.objects.bulk_update([world.notes, world.letters], ["title"], batch_size=1)


@path("edit")
def update_updates(world):
    Book.objects.filter(author__name="Ada").update(title=Upper("title"), author=world.bea)


@path("edit")
def update_through_a_join_updates(world):
    Author.objects.filter(book__title__contains="e").distinct().update(name="Same")


@path("hand_over")
def update_as_a_service_updates(world):
    update(world.books, {"author": world.bea}, actor=None, kind="hand_over")


@path("delete")
def queryset_delete_cascades(world):
    Author.objects.filter(name="Ada").delete()


@path("delete")
def raw_delete_deletes(world):
    Chapter.objects.all()._raw_delete("default")


@path("delete")
def delete_of_what_several_hang_on_empties(world):
    Book.objects.filter(title="Notes").delete()


@path("reform")
def operation_does_all_of_it(world):
    with operation("reform"):
        Author.objects.create(name="Cleo")
        world.bea.delete()
        world.books.update(title="Same")
        world.notes.delete()


@path("undo")
def undo_creates(world):
    undo(Operation.objects.filter(kind="delete").get())


# Without waiting


def wait(function, *args, **kwargs):
    async def run():
        await function(*args, **kwargs)

    async_to_sync(run)()


@path("add")
def asynchronous_create_creates(world):
    wait(Author.objects.acreate, name="Cleo")


@path("edit")
def asynchronous_save_updates(world):
    world.ada.name = "Ada L."
    wait(world.ada.asave)


@path("delete")
def asynchronous_delete_cascades(world):
    wait(world.ada.adelete)


@path("edit")
def asynchronous_update_updates(world):
    wait(world.books.aupdate, title="Same")


@path("add")
def asynchronous_bulk_create_creates(world):
    wait(Author.objects.abulk_create, [Author(name="Cleo"), Author(name="Dora")])


@path("edit")
def asynchronous_bulk_update_updates(world):
    world.notes.title, world.letters.title = "N", "L"
    wait(Book.objects.abulk_update, [world.notes, world.letters], ["title"])


@path("delete")
def asynchronous_delete_of_a_queryset_cascades(world):
    wait(Author.objects.filter(name="Ada").adelete)


@path("add")
def asynchronous_update_or_create_creates(world):
    wait(Author.objects.aupdate_or_create, name="Cleo")


# From the other side of a relation


@path("add")
def related_manager_creates(world):
    world.bea.book_set.create(title="Hers")


@path("edit")
def related_manager_adds(world):
    world.bea.book_set.add(world.notes, world.letters)


@path("edit")
def related_manager_adds_one_by_one(world):
    world.bea.book_set.add(world.notes, world.letters, bulk=False)


@path("edit")
def related_manager_removes(world):
    world.notes.sequels.remove(world.letters)


@path("edit")
def related_manager_clears(world):
    world.notes.sequels.clear()


@path("edit")
def related_manager_clears_one_by_one(world):
    world.notes.sequels.clear(bulk=False)


@path("edit")
def related_manager_sets(world):
    other = world.bea.book_set.first()
    world.notes.sequels.set([other])


@path("edit")
def related_manager_sets_anew(world):
    world.notes.sequels.set([world.notes], clear=True)


@path("edit")
def asynchronous_related_manager_sets(world):
    wait(world.notes.sequels.aset, [world.notes])


@path("edit")
def related_manager_updates(world):
    world.ada.book_set.update(title="Same")


@path("delete")
def related_manager_deletes(world):
    world.ada.book_set.all().delete()


def prepare(name, world, monkeypatch):
    admin = site._registry[Book]
    monkeypatch.setattr(admin, "list_editable", ("published_on",) if name == "list_edit_updates" else ())
    monkeypatch.setattr(admin, "actions", [*admin.actions, shout])
    if name == "undo_creates":
        world.notes.delete()
    if name == "related_manager_sets":
        Book.objects.create(title="Hers", author=world.bea)
    if name == "related_manager_clears_one_by_one":
        Book.objects.create(title="Second sequel", author=world.bea, sequel_to=world.notes)


def shout(model_admin, request, queryset):
    queryset.update(title=Upper("title"))
    queryset.first().save()


@pytest.mark.parametrize("name", PATHS)
def test_the_record_is_what_happened(name, world, monkeypatch):
    write, kind = PATHS[name]
    prepare(name, world, monkeypatch)
    with recorded() as operations:
        write(world)
    assert [line.kind for line in operations] == [kind]
