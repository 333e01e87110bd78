"""A plan's text as HTML that cannot do anything: rendered, then cleaned by nh3."""

from __future__ import annotations

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

MOST_CHARACTERS = 200_000
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
    "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "span",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "span": {"role", "aria-label"},
    "table": {"tabindex"},
}
_BOX = re.compile(r"\[([ xX])\][ \t]")
_SHIFTED = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}

_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 60}).enable(
    ["table", "strikethrough"]
)


def render_safe(text: str) -> Markup:
    """Markdown as HTML without scripts, styles, images, forms or ids, links to the web alone.

    Headings go down one level, because the page has its own title.
    https://nh3.readthedocs.io/
    """
    tokens = _markdown.parse(text[:MOST_CHARACTERS])
    for place, token in enumerate(tokens):
        token.tag = _SHIFTED.get(token.tag, token.tag)
        if token.type == "table_open":
            # A wide table is scrolled by the keyboard too.
            token.attrSet("tabindex", "0")
        if token.type == "list_item_open":
            _draw_box(tokens[place + 1 : place + 3])
    rendered = _markdown.renderer.render(tokens, _markdown.options, {})
    return Markup(  # noqa: S704 - cleaned by nh3 on this very line
        nh3.clean(
            rendered,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            allowed_classes={"span": {"mark", "on"}},
            url_schemes={"https", "http", "mailto"},
            link_rel="nofollow noopener noreferrer",
        )
    )


def _draw_box(after: Sequence[Token]) -> None:
    """Make a box of the ``[x]`` that a list item begins with, as GitHub does.

    https://github.github.com/gfm/#task-list-items-extension-
    """
    if [token.type for token in after] != ["paragraph_open", "inline"] or not after[1].children:
        return
    first = after[1].children[0]
    found = _BOX.match(first.content) if first.type == "text" else None
    if found is None:
        return
    first.content = first.content[found.end() :]
    settled = found[1] != " "
    drawn = Token("html_inline", "", 0)
    look, said = ("mark on", "settled") if settled else ("mark", "open")
    drawn.content = f'<span class="{look}" role="img" aria-label="{said}"></span> '
    after[1].children.insert(0, drawn)
