"""What the theme mends, page by page."""

import re
from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage.base import Message
from django.core.management import call_command
from django.db import connection
from django.template.loader import render_to_string
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

import backoffice
from tests.library.models import Author, Book

OURS = Path(backoffice.__file__).parent / "templates"

OVERRIDES = sorted(
    path for folder in (".", "admin", "admin/*", "registration") for path in OURS.glob(f"{folder}/*.html")
)

HEADINGS = {
    "/admin/": "Home",
    "/admin/library/": "Library",
    "/admin/library/author/": "Authors",
    "/admin/library/book/": "Books",
    "/admin/library/book/add/": "Add book",
    "/admin/library/author/{ursula}/change/": "Ursula",
    "/admin/library/book/{book}/change/": "The Dispossessed",
    "/admin/library/book/{book}/history/": "Change history: The Dispossessed",
    "/admin/auth/user/": "Users",
    "/admin/auth/user/{hr}/change/": "hr",
    "/admin/auth/user/{hr}/password/": "A new password for hr",
    "/admin/auth/group/add/": "Add group",
    "/account/password/change/": "Change password",
    "/account/factors/": "Second factors",
    "/account/sessions/": "Where you are signed in",
}


def test_what_scrolls_sideways_is_reached_by_keyboard_and_has_a_name():
    boxes = [
        tag
        for path in OURS.rglob("*.html")
        for tag in re.findall(r'<div class="bo-scroll.*', path.read_text())
    ]
    assert len(boxes) > 5
    assert [tag for tag in boxes if not re.search(r'role="\w+" tabindex="0" aria-label', tag)] == []


@pytest.fixture
def ursula(db):
    return Author.objects.create(name="Ursula")


@pytest.fixture
def book(ursula):
    return Book.objects.create(title="The Dispossessed", author=ursula)


@pytest.fixture
def headings(ursula, book, hr):
    return {path.format(ursula=ursula.pk, book=book.pk, hr=hr.pk): h1 for path, h1 in HEADINGS.items()}


def page_of(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def text_of(pattern, page):
    return [re.sub(r"<[^>]+>|\s+", " ", each).strip() for each in re.findall(pattern, page, re.DOTALL)]


def test_every_page_has_one_heading_that_names_its_object_and_the_window(panel, headings):
    for path, heading in headings.items():
        page = page_of(panel, path)
        assert text_of(r"<h1[^>]*>(.*?)</h1>", page) == [heading], path
        assert text_of(r"<title>(.*?)</title>", page) == [f"{heading} | HR back office"], path


def test_every_page_has_a_main_part_a_menu_and_a_skip_link(panel, headings):
    for path in headings:
        page = page_of(panel, path)
        assert len(re.findall(r'<main [^>]*id="main"', page)) == 1, path
        assert '<a href="#main" class="bo-skip">' in page, path
        assert 'aria-label="Main menu"' in page, path


def test_every_page_below_the_start_has_breadcrumbs(panel, headings):
    for path in headings.keys() - {"/admin/"}:
        assert '<nav aria-label="Breadcrumbs">' in page_of(panel, path), path


def test_no_page_tells_versions_or_a_copyright_or_another_host(panel, headings):
    for path in headings:
        page = page_of(panel, path)
        assert not re.search(r"jazzmin version|copyright|https?://|\b3\.0\.5\b", page, re.IGNORECASE), path


def test_no_page_has_scripts_styles_or_handlers_inline(panel, headings):
    for path in headings:
        page = page_of(panel, path)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", page), path
        assert [tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag] == [], path


def test_the_menu_marks_the_page_one_is_on(panel, book):
    page = page_of(panel, f"/admin/library/book/{book.pk}/change/")
    assert re.findall(r'class="nav-link active"\s+aria-current="true">.*?</span>(\w+)</a>', page) == ["Books"]


def test_the_start_page_leads_to_one_search_the_add_forms_and_each_list_once(panel):
    page = page_of(panel, "/admin/")
    assert re.search(r'<form action="/admin/" method="get".*?name="q"', page, re.DOTALL)
    assert page.count('name="q"') == 1
    assert {"Add book", "Add author"} <= set(text_of(r'<a href="[^"]*/add/"[^>]*>(.*?)</a>', page))
    assert not text_of(r"<h3>(.*?)</h3>", page)
    lists = text_of(r'<a href="/admin/[^"]*/"\s+class="nav-link[^>]*>(.*?)</a>', page)[:10]
    assert lists == [
        "Departments",
        "Employees",
        "Granted roles",
        "Organization chart",
        "Recently deleted",
        "Operations",
        "Access events",
        "Purges",
        "Users",
        "Groups",
    ]


def test_who_is_told_no_figures_finds_the_search_and_the_add_form_of_each_list(client, django_user_model):
    keeper = django_user_model.objects.create(username="keeper", is_staff=True)
    keeper.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user", "add_user"])
    )
    client.force_login(keeper)
    page = page_of(client, "/admin/")
    assert re.search(r'<form action="/admin/auth/user/" method="get".*?name="q"', page, re.DOTALL)
    assert "Add user</a>" in page
    assert text_of(r"<h3>(.*?)</h3>", page) == ["Users"]


def test_messages_are_shown_whatever_their_tags():
    shown = render_to_string(
        "backoffice/messages.html",
        {"messages": [Message(level, "it happened", "undo") for level in (25, 30, 40)]},
    )
    assert re.findall(r'class="(.*?)"\s+role="(\w+)">It happened', shown) == [
        ("alert alert-success undo", "status"),
        ("alert alert-warning undo", "alert"),
        ("alert alert-danger undo", "alert"),
    ]


def test_the_form_lists_its_errors_with_links_to_the_fields(panel, book):
    path = f"/admin/library/book/{book.pk}/change/"
    page = panel.post(path, {"title": ""}).content.decode()
    assert text_of(r"<title>(.*?)</title>", page) == ["Error: The Dispossessed | HR back office"]
    assert re.findall(r'<a href="#(id_\w+)">', page)[:2] == ["id_title", "id_author"]
    for target in re.findall(r'<a href="#(id_\w+)">', page):
        assert f'id="{target}"' in page


def test_help_texts_have_the_ids_that_their_fields_point_to(panel, headings):
    for path in (path for path in headings if "/auth/user/" not in path):  # Django's password hash has none
        page = page_of(panel, path)
        pointed = {
            name for names in re.findall(r'aria-describedby="([^"]+)"', page) for name in names.split()
        }
        pointed = {
            name for name in pointed if "timezone_warning" not in name
        }  # a script of Django 6.1 adds that
        assert pointed - set(re.findall(r'\bid="([^"]+)"', page)) == set(), path


def write_history(user, thing, entries):
    row = {"user": user, "object_id": thing.pk, "action_flag": CHANGE}
    row["content_type"] = ContentType.objects.get_for_model(thing)
    LogEntry.objects.bulk_create(LogEntry(**row, change_message=f"change {n}") for n in range(entries))


@pytest.fixture
def reader(client, django_user_model):
    """A browser of somebody who sees accounts and not the log, where their history stands else."""
    user = django_user_model.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(user)
    return client


def test_history_begins_with_the_newest_of_many_entries(reader, hr):
    write_history(hr, hr, 150)
    path = f"/admin/auth/user/{hr.pk}/history/"
    assert re.findall(r"change \d+", page_of(reader, path))[:2] == ["change 149", "change 148"]
    assert re.findall(r"change \d+", page_of(reader, path, p=2))[-1] == "change 0"


def test_history_costs_the_same_for_few_and_many_entries(reader, hr):
    def cost(entries):
        write_history(hr, hr, entries)
        with CaptureQueriesContext(connection) as queries:
            page_of(reader, f"/admin/auth/user/{hr.pk}/history/")
        return len(queries)

    cost(1)  # fills the caches of content types and sessions
    assert cost(5) == cost(500)


def test_signing_in_has_labels_and_lets_password_managers_help(client, db):
    page = page_of(client, "/account/login/")
    assert re.findall(r'<label[^>]* for="(\w+)"', page) == ["id_login", "id_password"]
    assert re.findall(r'autocomplete="([\w-]+)"', page) == ["username", "current-password"]
    assert text_of(r"<h1[^>]*>(.*?)</h1>", page) == ["Sign in"]
    assert text_of("<title>(.*?)</title>", page) == ["Sign in | HR back office"]


def test_a_refused_sign_in_says_so_in_the_title_and_in_an_alert(client, db):
    page = client.post("/account/login/", {"login": "nobody", "password": "x"}).content.decode()
    assert text_of(r"<title>(.*?)</title>", page) == ["Error: Sign in | HR back office"]
    alerts = text_of(r'role="alert"[^>]*>(.*?)</div>', page)
    assert any("The username and/or password you specified are not correct" in alert for alert in alerts)


def test_a_popup_has_no_menu(panel):
    page = page_of(panel, "/admin/library/book/add/", _popup=1)
    assert 'id="nav-sidebar"' not in page
    assert "<h1>Add book</h1>" in page


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500", "admin/invalid_setup"])
def test_an_error_page_needs_neither_user_nor_database_and_says_what_to_do(name):
    page = render_to_string(f"{name}.html", {"title": "Database error"})
    assert len(text_of(r"<h1>(.+?)</h1>", page)) == 1
    assert 'href="/admin/"' in page


@pytest.fixture
def production_files(tmp_path, monkeypatch):
    """Collected as in production, but not compressed: that takes 25 s, and the smoke test waits for it."""
    monkeypatch.setattr("whitenoise.compress.Compressor.should_compress", lambda *_: False)
    storages = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "backoffice.serving.static_files.UnversionedStorage"},
    }
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path, DEBUG=False):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield tmp_path


def test_every_page_works_with_the_static_files_of_production(production_files, panel, headings):
    banners = [file.read_text()[:400] for file in production_files.rglob("*.min.*.js")]
    told = [banner for banner in banners if re.match(r"/\*!((?!\*/).)*\d\.\d", banner, re.DOTALL)]
    assert any("License" in banner for banner in banners)
    assert not told
    for path in [*headings, "/admin/library/book/add/?_popup=1"]:
        page = page_of(panel, path)
        assert re.search(r"/backoffice\.\w{12}\.css", page), path
    assert panel.get("/admin/nowhere/").status_code == 404


@pytest.mark.parametrize("path", OVERRIDES, ids=lambda path: str(path.relative_to(OURS)))
def test_each_override_says_on_its_first_line_what_it_mends(path):
    assert re.match(r"\{# \w.{20,} #\}", path.read_text())


def test_the_first_page_tells_what_one_did_oneself_last(panel, hr, ursula):
    Author.objects.create(name="Somebody else's")
    panel.post(
        "/admin/library/author/add/",
        {"name": "<Ada>", "book_set-TOTAL_FORMS": 0, "book_set-INITIAL_FORMS": 0},
    )
    page = page_of(panel, "/admin/")
    assert "Your recent changes" in page
    assert "Addition: &lt;Ada&gt;" in page
    assert "1 row, " in page
    assert "Somebody else" not in page


def test_the_first_page_of_somebody_who_did_nothing_yet_says_so(panel, ursula):
    page = page_of(panel, "/admin/")
    assert "None yet" in page
    assert "Recent actions" not in page  # Django's log
