"""What a browser tells of the policy of a page, which it does not keep to itself."""

import json
import logging

import pytest

PATH = "/account/policy/"
BY_ITSELF = {"Sec-Fetch-Dest": "report", "Sec-Fetch-Site": "same-origin"}
REPORT = {
    "violated-directive": "script-src-elem",
    "blocked-uri": "https://evil.example.com/x.js?who=Ursula",
    "document-uri": "https://panel.example.com/admin/organization/employee/5/change/?q=Ursula#Ursula",
}


def told(client, report, **headers):
    body = report if isinstance(report, bytes) else json.dumps(report)
    return client.post(
        PATH, body, content_type="application/csp-report", headers=BY_ITSELF | headers
    ).status_code


def test_a_line_of_the_log_says_what_was_refused_and_where(client, hr, caplog):
    assert told(client, {"csp-report": REPORT}) == 403
    client.force_login(hr)
    assert told(client, {"csp-report": REPORT}) == 204
    assert told(client, {"csp-report": {**REPORT, "blocked-uri": "inline"}}) == 204
    assert [record.getMessage() for record in caplog.records if record.name.endswith("violations")] == [
        "A page's policy refused script-src-elem from evil.example.com on /admin/organization/employee/5/change/.",
        "A page's policy refused script-src-elem from inline on /admin/organization/employee/5/change/.",
    ]


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 9_000,
        b'"csp-report"',
        b'{"csp-report": "x"}',
        {"csp-report": {**REPORT, "blocked-uri": 5}},
        {"csp-report": {**REPORT, "document-uri": None}},
        {"csp-report": {**REPORT, "blocked-uri": "https://["}},
        {"csp-report": {**REPORT, "script-sample": "x" * 10_000}},
    ],
)
def test_what_is_no_report_is_refused(client, hr, report, caplog):
    client.force_login(hr)
    assert told(client, report) == 400
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]


def test_no_page_makes_the_browser_of_somebody_else_tell_it(client, hr, caplog):
    client.force_login(hr)
    assert told(client, {"csp-report": REPORT}, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert told(client, {"csp-report": REPORT}, **{"Sec-Fetch-Dest": "empty"}) == 403
