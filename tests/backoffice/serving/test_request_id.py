import json
import logging

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from gunicorn.workers.gthread import ThreadWorker

from backoffice.models import Operation
from backoffice.security.events import event
from backoffice.serving import request_id
from backoffice.serving.logs import JsonLines
from backoffice.serving.web_worker import Worker
from tests.library.models import Author


@pytest.fixture
def proxy(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1


def answered(given, view=lambda request: HttpResponse()):
    request = RequestFactory().get("/", headers={"x-request-id": given} if given else {})
    return request_id.RequestIdMiddleware(view)(request).headers["X-Request-ID"]


def test_the_number_of_the_proxy_is_kept(proxy):
    assert answered("proxy-1234.5_6") == "proxy-1234.5_6"


def test_without_a_proxy_no_number_is_taken():
    number = answered("proxy-1234.5_6")
    assert number != "proxy-1234.5_6"
    assert request_id.FORM.fullmatch(number)


@pytest.mark.parametrize("given", ["", "with space 123", "line\\nbreak1", '"quoted--"', "x" * 65, "йййййййй"])
def test_what_is_no_number_is_replaced(proxy, given):
    number = answered(given)
    assert number != given
    assert request_id.FORM.fullmatch(number)


def test_a_line_of_the_log_has_the_number(proxy):
    lines = []

    def view(request):
        record = logging.LogRecord("name", logging.INFO, "", 1, "said %s", ("\n so",), None)
        lines.append(json.loads(JsonLines().format(record)))
        return HttpResponse()

    answered("proxy-1234", view)
    assert (lines[0]["request_id"], lines[0]["message"]) == ("proxy-1234", "said \n so")


@pytest.mark.django_db
def test_what_django_says_of_an_answer_has_the_number_and_no_query(proxy, panel):
    said, handler = [], logging.Handler()
    handler.emit = lambda record: said.append(json.loads(JsonLines().format(record)))
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    panel.get("/nope/?q=Somebody", headers={"x-request-id": "proxy-9"})
    logger.warning("Referer https://x.example/?q=Somebody is not trusted.")
    logger.removeHandler(handler)
    assert [line.get("request_id") for line in said] == ["proxy-9", None]
    assert said[1]["message"] == "Referer https://x.example/?… is not trusted."


def test_an_event_has_the_number_in_a_worker_too(events):
    with request_id.numbered("proxy-7"):
        event("sensitive_update")
    assert events[-1]["request_id"] == "proxy-7"


def test_a_line_about_a_file_that_is_being_sent_has_the_number(monkeypatch):
    monkeypatch.setattr(ThreadWorker, "handle_request", lambda *_: [*view(RequestFactory().get("/"))])
    view = request_id.RequestIdMiddleware(lambda request: StreamingHttpResponse(pieces()))

    def pieces():
        yield request_id.current.get()

    [number] = Worker.handle_request(Worker.__new__(Worker), None, None)
    assert request_id.FORM.fullmatch(number.decode())
    assert request_id.current.get() == ""


@pytest.mark.django_db
def test_an_operation_has_the_number_of_its_request(proxy, panel):
    form = {"name": "Ada", "search_text": "", "_save": "1"}
    Author.objects.create(name="Before")
    assert Operation.objects.latest("pk").request_id == ""
    response = panel.post(
        "/admin/library/author/add/", _complete(panel, form), headers={"x-request-id": "proxy-77"}
    )
    assert response.status_code == 302
    assert Operation.objects.latest("pk").request_id == "proxy-77" == response.headers["X-Request-ID"]


def _complete(panel, data):
    """With what the page of the form has for its inlines."""
    page = panel.get("/admin/library/author/add/")
    for formset in page.context["inline_admin_formsets"]:
        form = formset.formset.management_form
        data |= {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in data.items() if value is not None}
