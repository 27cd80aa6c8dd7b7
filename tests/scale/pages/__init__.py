"""Every page that is measured."""

from tests.scale.pages import bulk, charts, forms, lists, narrowed
from tests.scale.pages.ask import Ask, Page


def pages():
    yield Page("index", lambda place: Ask("/admin/"), lambda place: Ask("/peer/"))
    yield from charts.first_pages()
    yield from charts.charts()
    yield from lists.employee_lists()
    yield from narrowed.searches()
    yield from narrowed.filters()
    yield from lists.department_lists()
    yield from forms.department_forms()
    yield from forms.employee_forms()
    yield from lists.autocompletes()
    yield from forms.deletions()
    yield from bulk.bulk_previews()
