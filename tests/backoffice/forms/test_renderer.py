"""Plain controls are drawn as Django's templates draw them."""

import datetime
from html import escape

import pytest
from django import forms
from django.contrib.admin import widgets
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList
from django.test.html import parse_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from backoffice.admin.forms import renderer
from backoffice.admin.forms.renderer import QuickRenderer

NASTY = "<script>alert('1 & \"2\"')</script>"
GROUPS = [("", "---"), ("Old & new", [(1, gettext_lazy("Add")), (2000, 2000)]), (NASTY, NASTY)]
CONTROLS = [
    forms.TextInput({"maxlength": 10, "required": True, "disabled": False, "data-x": NASTY, "x": None}),
    *(forms.NumberInput(), forms.EmailInput(), forms.URLInput(), forms.PasswordInput(render_value=True)),
    *(
        forms.HiddenInput(),
        forms.DateInput(),
        forms.DateTimeInput(),
        forms.TimeInput(),
        forms.CheckboxInput(),
    ),
    *(forms.Textarea(), forms.Select(choices=GROUPS), forms.SelectMultiple(choices=GROUPS)),
    *(forms.NullBooleanSelect(), forms.RadioSelect(choices=GROUPS), forms.SplitDateTimeWidget()),
    *(widgets.AdminDateWidget(), widgets.AdminTimeWidget(), widgets.AdminSplitDateTime()),
    *(widgets.AdminTextInputWidget(), widgets.AdminTextareaWidget(), widgets.AdminURLFieldWidget()),
]
VALUES = [None, "", NASTY, 0, 2000, 1.5, True, gettext_lazy("Add"), mark_safe("<b>"), "2000", "\n a \n"]


def drawn(control, value, engine):
    return parse_html(control.render("a&b", value, {"id": "id_1"}, renderer=engine))


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: type(control).__name__)
def test_a_control_is_as_django_draws_it(control, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    for value in [*VALUES, datetime.datetime(2020, 1, 2, 3, 4)]:
        try:
            theirs = drawn(control, value, DjangoTemplates())
        except (AttributeError, TypeError):  # not a value of this control
            continue
        assert drawn(control, value, QuickRenderer()) == theirs


class Form(forms.Form):
    default_renderer = QuickRenderer
    name = forms.CharField(label=NASTY)


def test_a_label_and_a_list_of_errors_are_as_django_draws_them():
    form = Form({})
    assert parse_html(form["name"].label_tag()) == parse_html(
        f'<label for="id_name">{escape(NASTY)}:</label>'
    )
    assert str(form["name"].errors).startswith('<ul class="errorlist" id="id_name_error">')
    assert str(ErrorList(renderer=QuickRenderer())) == ""


def test_plain_controls_need_no_template(monkeypatch):
    assert renderer.is_djangos("django/forms/widgets/text.html")
    monkeypatch.setattr(DjangoTemplates, "render", None)
    assert 'name="name"' in str(Form()["name"])


def test_a_template_of_an_app_is_taken_instead(monkeypatch, tmp_path):
    (tmp_path / "django/forms/widgets").mkdir(parents=True)
    (tmp_path / "django/forms/widgets/text.html").write_text("<my-text>")

    class Own(DjangoTemplates):
        def get_template(self, name):
            return self.backend(
                {"DIRS": [tmp_path], "APP_DIRS": False, "NAME": "own", "OPTIONS": {}}
            ).get_template(name)

    monkeypatch.setattr(renderer, "get_default_renderer", Own)
    renderer.is_djangos.cache_clear()
    try:
        assert str(Form()["name"]) == "<my-text>"
    finally:
        renderer.is_djangos.cache_clear()
