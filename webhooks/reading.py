"""A plan's text as HTML that cannot do anything: rendered, then cleaned by nh3."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

MOST_CHARACTERS = 200_000
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol",
    "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
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
    for token in tokens:
        token.tag = _SHIFTED.get(token.tag, token.tag)
    rendered = _markdown.renderer.render(tokens, _markdown.options, {})
    return Markup(  # noqa: S704 - cleaned by nh3 on this very line
        nh3.clean(
            rendered,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"https", "http", "mailto"},
            link_rel="nofollow noopener noreferrer",
        )
    )
