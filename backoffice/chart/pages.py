"""The page of a chart, one row of it for the script that opens it, and its drawing."""

from functools import partial
from math import inf
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import get_template
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from backoffice.access.pieces import asked_for_file
from backoffice.admin.rights import may
from backoffice.chart.declared import Chart
from backoffice.chart.drawing import svg
from backoffice.chart.finding import way_to, ways
from backoffice.chart.reading import MOST_NODES, Node, Reader, walk
from backoffice.chart.state import MOST_OPEN, State
from backoffice.models import AccessEvent
from backoffice.security.reads import record_read


class ChartMixin:
    """For the ModelAdmin of a tree: the page `chart/`, linked from its list and from its rows."""

    model: Any
    opts: Any
    admin_site: Any
    chart: Chart

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=self._chart_name(name))  # type: ignore[no-any-return]

        return [
            page("chart/", self.chart_view, "chart"),
            page("chart/drawing/", self.drawing_view, "drawing"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        links = [*(extra_context or {}).get("list_links", []), (self._chart_page_url(), self.chart.title)]
        context = {**(extra_context or {}), "list_links": links}
        response: HttpResponse = super().changelist_view(request, context)  # type: ignore[misc]
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and row.pk:
            url = f"{self._chart_page_url()}?at={row.pk}#d{row.pk}"
            context["row_links"] = [*context.get("row_links", []), (url, self.chart.title)]
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        return response

    def chart_view(self, request: HttpRequest) -> HttpResponse:
        """`?open=…`: what is open; `?q=…`: a search; `?node=5&level=2`: that row alone, for the script.

        Of a search that finds one row alone the answer is a redirect to where that is open.
        """
        self._chart_refuse(request)
        state = self._chart_state(request)
        reader = Reader(self.admin_site, request, self.model, self.chart, state)
        request.current_app = self.admin_site.name
        if request.GET.get("node"):
            return HttpResponse(self._chart_written(self._chart_one(reader, request), state).html)
        query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        found = ways(self.admin_site, request, self.model, self.chart, query) if query else []
        if len(found) == 1 and found[0].query and not state.query():
            way = f"{urlencode({'q': query})}&{found[0].query}#{found[0].anchor}"
            return HttpResponseRedirect(f"{request.path}?{way}")
        top = reader.top()
        context = {
            **self.admin_site.each_context(request),
            "title": self.chart.title,
            "opts": self.opts,
            "chart": self.chart,
            "top": self._chart_written(top, state),
            "query": query,
            "ways": found,
            "drawing": f"{self._chart_page_url('drawing')}?{state.query()}"
            if self._chart_may_draw(request)
            else "",
            "as_of": reader.as_of,
            "is_cut": reader.nodes >= MOST_NODES or request.GET.get("open", "").count(".") >= MOST_OPEN,
            "most_open": MOST_OPEN,
        }
        return TemplateResponse(request, "backoffice/chart/page.html", context)

    def drawing_view(self, request: HttpRequest) -> HttpResponse:
        """What is open, as a file: an export of what this person may export of it."""
        if not self._chart_may_draw(request):
            raise PermissionDenied
        deeds = self._chart_deed(self.model), self._chart_deed(self.chart.leaves)
        state = State.read(request.GET)
        top = Reader(self.admin_site, request, self.model, self.chart, state, deeds, most=inf).top()
        drawn = [node.row for node in walk(top) if node.row is not None]
        drawing = svg(top, str(self.chart.title), lambda node: (str(node.row), self._chart_note(node)))
        if again := asked_for_file(request, len(drawn), partial(self._chart_read, request, drawn)):
            return again
        response = HttpResponse(drawing, content_type="image/svg+xml")
        response["Content-Disposition"] = f'attachment; filename="{self.opts.model_name}-chart.svg"'
        return response

    def _chart_may_draw(self, request: HttpRequest) -> bool:
        asked = {"view", self._chart_deed(self.model)}
        return all(may(self.admin_site, request, deed, self.model) for deed in asked)

    def _chart_deed(self, model: Any) -> str:
        """What somebody must be allowed to do with rows that a drawing shows: to export them, where that is asked."""
        return "export" if getattr(self.admin_site._registry.get(model), "sheet", None) else "view"

    def _chart_read(self, request: HttpRequest, rows: list[Any]) -> None:
        for model in (self.model, self.chart.leaves):
            keys = [row.pk for row in rows if type(row) is model]
            named = getattr(self.admin_site._registry.get(model), "reads_recorded", False)
            if keys:
                record_read(request, model, keys if named else len(keys), AccessEvent.What.EXPORT)

    def _chart_refuse(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied

    def _chart_state(self, request: HttpRequest) -> State:
        """What is open; with `?at=5` the way to that row."""
        state = State.read(request.GET)
        at = request.GET.get("at", "")
        if not at.isdecimal() or len(at) > 18 or not at.isascii():
            return state
        return way_to(request.user, self.model, self.chart, int(at))

    def _chart_one(self, reader: Reader, request: HttpRequest) -> Node:
        key, level = request.GET["node"], request.GET.get("level", "1")
        if key.isdecimal() and level.isdecimal() and key.isascii() and len(key) < 19 and len(level) < 4:
            node = reader.one(int(key), int(level))
            if node is not None:
                return node
        raise Http404(_("There is no such row."))

    def _chart_written(self, top: Node, state: State) -> Any:
        """With the HTML of each node, from the bottom up: templates cannot include each other as deep as a tree."""
        row, turn = get_template("backoffice/chart/node.html"), get_template("backoffice/chart/turn.html")
        for node in reversed(list(walk(top))):
            told: Any = node
            turns = {name: turn.render(self._chart_turn(node, name, state)) for name in node.pages}
            below = [each.html for each in cast(list[Any], node.below)]
            leaves = [each.html for each in cast(list[Any], node.leaves)]
            told.inside = mark_safe("".join([*below, turns.get("d", ""), *leaves, turns.get("p", "")]))  # noqa: S308
            if node.row is not None:
                told.name, told.note, told.url = (
                    str(node.row),
                    self._chart_note(node),
                    self._chart_url(node.row),
                )
                told.toggle = f"?{state.toggled(node.key).query()}#d{node.key}"
                told.html = row.render({"node": node})
        return top

    def _chart_turn(self, node: Node, name: str, state: State) -> dict[str, Any]:
        """The addresses of the other pages of a level."""
        turn, page = node.pages[name], f"{name}{node.key}"
        return {
            "name": page,
            "key": node.key,
            "next": turn.next,
            "onward": f"?{state.turned(page, turn.next).query()}" if turn.next else "",
            "back": "" if turn.is_first else f"?{state.turned(page, None).query()}",
        }

    def _chart_note(self, node: Node) -> str:
        return str(self.chart.note(node.row) if node.key else self.chart.leaf_note(node.row))

    def _chart_url(self, row: Any) -> str:
        name = f"{self.admin_site.name}:{row._meta.app_label}_{row._meta.model_name}_change"
        try:
            return reverse(name, args=[row.pk])
        except NoReverseMatch:
            return ""

    def _chart_page_url(self, name: str = "chart") -> str:
        return reverse(f"{self.admin_site.name}:{self._chart_name(name)}")

    def _chart_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"
