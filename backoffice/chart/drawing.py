"""A chart as an SVG file: what is open, row by row, each with a line to what it is below.

Where the language runs from right to left, so does the drawing.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi

from backoffice.chart.reading import Node, walk

ROW, STEP, LEFT, LETTER = 26, 24, 16, 8


def svg(top: Node, title: str, label: Any) -> SafeString:
    """`label(node)` is (name, note)."""
    nodes = [node for node in walk(top) if node.row is not None]
    lines = [(node, *label(node)) for node in nodes]
    widest = max(
        (node.level * STEP + (len(name) + len(note)) * LETTER for node, name, note in lines), default=0
    )
    width, is_mirrored = LEFT * 4 + widest, get_language_bidi()

    def across(x: int) -> int:
        return width - x if is_mirrored else x

    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        'font-family="sans-serif" font-size="14"{mirrored}><title>{title}</title>'
        '<rect width="100%" height="100%" fill="#fff"/><g fill="none" stroke="#868e96">{paths}</g>{texts}</svg>',
        w=width,
        h=ROW * (len(nodes) + 1),
        mirrored=SafeString(' direction="rtl"' if is_mirrored else ""),
        title=title,
        paths=format_html_join(
            "",
            '<path d="M{} {}V{}H{}"/>',
            ((across(x), top, bottom, across(to)) for x, top, bottom, to in _paths(nodes)),
        ),
        texts=format_html_join(
            "",
            '<text x="{}" y="{}" fill="#212529"><tspan font-weight="{}" unicode-bidi="plaintext">{}</tspan>\u00a0\u00a0'
            '<tspan fill="#50575e" unicode-bidi="plaintext">{}</tspan></text>',
            (
                (across(_x(node)), _y(number), 600 if node.key else 400, name, note)
                for number, (node, name, note) in enumerate(lines)
            ),
        ),
    )


def _paths(nodes: list[Node]) -> Iterator[tuple[int, int, int, int]]:
    """From below the row above, down and to the right."""
    last: dict[int, int] = {}
    for number, node in enumerate(nodes):
        if node.level > 1:
            x, above = _x(node) - STEP + 4, last[node.level - 1]
            yield x, _y(above) + 6, _y(number) - 5, _x(node) - 4
        last[node.level] = number


def _x(node: Node) -> int:
    return LEFT + (node.level - 1) * STEP


def _y(number: int) -> int:
    return ROW * (number + 1)
