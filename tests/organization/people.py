"""The pages of bulk actions on employees, as a browser uses them."""

import re
from html import unescape

from django.contrib.messages import get_messages

LIST = "/admin/organization/employee/"


def act(panel, action, selected, stage="apply", query="", **answers):
    """Select people, answer the form, look at the preview and (with another stage) confirm it."""
    posted = {"action": action, "index": "0"}
    posted |= (
        {"select_across": "1"} if selected == "all" else {"_selected_action": [one.pk for one in selected]}
    )
    page = panel.post(f"{LIST}{query}", posted, follow=True)
    page = press(panel, page, "preview", **answers)
    return page if stage == "preview" else press(panel, page, stage, **answers)


def press(panel, page, button, **answers):
    hidden = dict(re.findall(r'name="(selection|plan)" value="([^"]*)"', page.content.decode()))
    return panel.post(page.wsgi_request.path, {**hidden, "stage": button, **answers})


def text(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", response.content.decode())).split())


def said(response):
    """The sentences, without their way back."""
    told = (str(message) for message in get_messages(response.wsgi_request))
    return [re.sub(r" <a href=\S+/undo/\?next=\S+\">Undo</a>$", "", sentence) for sentence in told]
