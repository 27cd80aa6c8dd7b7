"""Two companies in one tree, and what no page of one may say of the other."""

import re

FOREIGN = (
    "Zyxforeign"  # in each name of the others; a search for "Zyx" does not write it into the page itself
)

PEOPLE, DEPARTMENTS = "/admin/organization/employee/", "/admin/organization/department/"
LOG = "/admin/backoffice/operation/"
EVENTS, PURGES = "/admin/backoffice/accessevent/", "/admin/backoffice/purgerequest/"


def page(response, status=200):
    assert response.status_code == status, (response.status_code, response.get("Location"))
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode()
    around = re.search(f".{{0,150}}{FOREIGN}.{{0,60}}", text, re.DOTALL)
    assert not around, f"{response.wsgi_request.get_full_path()}: …{around[0]}…"
    return text


def form(response):
    """What a browser would post of the form that is shown."""
    admin_form = response.context["adminform"].form
    data = {field.html_name: field.value() for field in admin_form if field.value() not in (None, False)}
    for formset in response.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {field.html_name: field.value() for field in management}
        for one in formset.formset.forms:
            data |= {field.html_name: field.value() for field in one if field.value() is not None}
    return data


def saved(kim, url, **changes):
    return kim.post(url, {**form(kim.get(url)), **changes})
