"""Bulk actions on everybody, before anything is changed."""

from urllib.parse import parse_qs, urlsplit

from tests.scale.pages.ask import EMPLOYEES, Ask, Page


def bulk_previews():
    yield Page("select all, start a transfer", lambda place: _everybody("transfer"))
    yield Page("transfer all, form", lambda place: Ask(_started(place, "transfer")))
    yield Page(
        "transfer all, preview", _previewed("transfer", lambda place: {"department": place.largest.pk})
    )
    yield Page(
        "change status of all, preview", _previewed("change_status", lambda place: {"status": "on_leave"})
    )
    yield Page("delete all, preview", lambda place: Ask(_started(place, "delete")))


def _everybody(action):
    """The list's own form, posted with everybody selected."""
    return Ask(EMPLOYEES, {"action": action, "select_across": "1", "index": "0"}, expected=302)


def _started(place, action):
    return place.client.post(EMPLOYEES, _everybody(action).data)["Location"]


def _previewed(action, answers):
    def ask(place):
        url = urlsplit(_started(place, action))
        token = parse_qs(url.query)["selection"][0]
        return Ask(url.path, {"selection": token, "stage": "preview", **answers(place)})

    return ask
