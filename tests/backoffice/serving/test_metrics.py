import pytest
from django.http import HttpResponse
from prometheus_client.values import MultiProcessValue

pytestmark = pytest.mark.django_db


def test_without_a_token_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404


def test_who_shows_no_token_sees_nothing(client, settings):
    settings.METRICS_TOKEN = "a long enough token"
    response = client.get("/metrics", headers={"authorization": "Bearer another one"})
    assert (response.status_code, b"backoffice_" in response.content) == (401, False)


def test_requests_are_counted_by_the_name_of_the_page_for_any_host(panel, settings):
    settings.METRICS_TOKEN = "a long enough token"
    panel.get("/admin/library/author/?q=Alice")
    response: HttpResponse = panel.get(
        "/metrics", headers={"authorization": "Bearer a long enough token", "host": "10.0.0.7"}
    )
    text = response.content.decode()
    assert (
        'backoffice_request_seconds_count{method="GET",page="admin:library_author_changelist",status="200"}'
        in text
    )
    assert 'backoffice_jobs{state="waiting"} 0.0' in text
    assert "backoffice_worker 0.0" in text
    assert "Alice" not in text


def test_with_several_processes_what_waits_is_told_once_as_it_is_now(client, settings, tmp_path, monkeypatch):
    settings.METRICS_TOKEN = "a long enough token"
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr("prometheus_client.values.ValueClass", MultiProcessValue())
    for _ in range(2):
        response = client.get("/metrics", headers={"authorization": "Bearer a long enough token"})
    lines = response.content.decode().splitlines()
    assert [line for line in lines if line.startswith("backoffice_worker")] == ["backoffice_worker 0.0"]
    assert len([line for line in lines if line.startswith("# TYPE backoffice_jobs ")]) == 1
