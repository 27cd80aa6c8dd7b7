"""What a browser would post from a page of HTML."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    """Each form's fields in order, as (name, value) pairs."""

    def __init__(self):
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.fields: list[tuple[str, str]] | None = None
        self.select = self.area = ""
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "form":
            self.fields = []
            self.forms.append(self.fields)
        if self.fields is None:
            return
        if tag == "input" and name and values.get("type") not in ("submit", "button", "image", "file"):
            box = values.get("type") in ("checkbox", "radio")
            if not box or "checked" in values:
                self.fields.append((name, values.get("value", "on" if box else "")))
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in values:
            self.fields.append((self.select, values.get("value", "")))
        elif tag == "textarea":
            self.area, self.text = name, []

    def handle_data(self, data):
        if self.area:
            self.text.append(data)

    def handle_endtag(self, tag):
        if tag == "form":
            self.fields = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.area and self.fields is not None:
            self.fields.append((self.area, "".join(self.text).removeprefix("\n")))
            self.area = ""


def posted_from(html: str, field: str) -> dict[str, list[str]]:
    """The data of the form that has `field` on the page; without rows of an inline that are still templates."""
    parser = _Forms()
    parser.feed(html)
    form = next(fields for fields in parser.forms if any(name == field for name, _ in fields))
    data: dict[str, list[str]] = {}
    for name, value in form:
        if "__prefix__" not in name:
            data.setdefault(name, []).append(value)
    return data
