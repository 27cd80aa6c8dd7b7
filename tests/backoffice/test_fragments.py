import re

from django.test import override_settings
from django.urls import set_script_prefix
from django.utils import timezone
from django.utils.translation import override

from backoffice import fragments
from backoffice.fragments import kept
from tests.library.models import Author, Book


def drawn(times, key="key"):
    return kept(key, lambda: times.append(1) or len(times))


def test_what_was_drawn_is_kept_for_its_key():
    times = []
    assert (drawn(times), drawn(times), drawn(times, "other")) == (1, 1, 2)


def test_each_language_and_each_address_has_its_own():
    times = []
    drawn(times)
    with override("de"):
        drawn(times)
    with override("fr"):
        drawn(times)
    set_script_prefix("/below/")
    drawn(times)
    set_script_prefix("/")
    assert len(times) == 4


def test_it_is_bounded(monkeypatch):
    monkeypatch.setattr(fragments, "MOST", 2)
    times = []
    for key in "abc":
        drawn(times, key)
    assert len(fragments._drawn) == 1


def test_another_setting_is_drawn_anew():
    times = []
    drawn(times)
    with override_settings(SITE_NAME="Elsewhere"):
        drawn(times)
    assert len(times) == 2


def test_the_menu_of_one_person_is_not_shown_to_another(panel, client, django_user_model):
    assert b"/admin/auth/user/" in panel.get("/admin/").content
    viewer = django_user_model.objects.create_user("viewer", is_staff=True)
    client.force_login(viewer)
    page = client.get("/admin/").content
    assert b'id="nav-sidebar"' in page
    assert b"/admin/auth/user/" not in page


def test_the_menu_marks_where_one_is(panel):
    inside, index = panel.get("/admin/library/author/add/").content, panel.get("/admin/").content
    there = panel.get("/admin/library/author/").content
    address = b'<a href="/admin/library/author/"'
    marks = [page.split(address, 1)[1][:120].split(b"aria-current=")[1:] for page in (inside, there, index)]
    assert [mark[0][:6] if mark else b"" for mark in marks] == [b'"true"', b'"page"', b""]


def test_a_filter_that_is_used_is_drawn_with_its_value(panel):
    Author.objects.create(name="Ada")
    plain = panel.get("/admin/library/book/").content
    assert b'name="author"' in plain
    chosen = panel.get("/admin/library/book/", {"author": Author.objects.get().pk}).content
    assert b"Ada</option>" in chosen
    assert b"Ada</option>" not in panel.get("/admin/library/book/").content


def test_the_cards_of_one_person_are_not_shown_to_another(panel, client, django_user_model):
    assert b"/add/" in panel.get("/admin/").content
    client.force_login(django_user_model.objects.create_user("viewer", is_staff=True))
    page = client.get("/admin/").content
    assert b"/add/" not in page


def test_a_board_that_tells_something_else_is_drawn_anew(panel):
    def told():
        return re.findall(r'class="bo-number"[^>]*>([^<]*)', panel.get("/admin/").content.decode())

    ada = Author.objects.create(name="Ada")
    Book.objects.create(title="Engines", author=ada, published_on=timezone.localdate())
    before = told()
    Book.objects.create(title="Notes", author=ada, published_on=timezone.localdate())
    assert told() != before
