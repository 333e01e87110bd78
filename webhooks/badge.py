"""A plan's progress as an SVG badge, for a README.

Private repositories need a token in the address; a badge of something that is not there, or that
may not be seen, is the same grey one.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request
from markupsafe import escape

from bot.github.snapshots import RepoRef
from bot.store import Store
from webhooks.access import Access
from webhooks.keys import Keys

_COLOURS = {"Complete": "#0b7a4b", "Blocked": "#b3261e", "In Progress": "#0b62c4"}
_GREY = "#656d76"
_LETTER = 6.6
_PADDING = 8
_KEPT_SECONDS = 60


def blueprint(store: Store, access: Access, keys: Keys) -> Blueprint:
    """The one route. GitHub's image proxy asks for it, so it may be embedded anywhere."""
    pages = Blueprint("badge", __name__)

    @pages.get("/badge/<owner>/<name>/<path:path>.svg")
    def badge(owner: str, name: str, path: str) -> Response:
        repo = store.repo_named(f"{owner}/{name}")
        row = None
        if repo is not None and _may(repo, path):
            row = store.plan_row(repo.id, path)
        if row is None:
            return _image("plan", "unknown", _GREY)
        summary = row.summary
        said = f"{summary.done}/{summary.total} · {summary.status}"
        return _image("plan", said, _COLOURS.get(summary.status, _GREY))

    def _may(repo: RepoRef, path: str) -> bool:
        token = request.args.get("token", "")
        return keys.is_signed("badge", f"{repo.id}:{path}", token) or access.is_public(repo.id)

    return pages


def badge_path(keys: Keys, repo: RepoRef, path: str) -> str:
    """The address of a plan's badge, with the token that shows it to whoever has the address."""
    token = keys.sign("badge", f"{repo.id}:{path}")
    return f"/badge/{quote(repo.full_name)}/{quote(path)}.svg?token={token}"


def render_badge(label: str, said: str, colour: str) -> str:
    """An SVG of two coloured fields with text; everything in it is escaped."""
    left = round(len(label) * _LETTER) + 2 * _PADDING
    right = round(len(said) * _LETTER) + 2 * _PADDING
    width = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" '
        f'aria-label="{escape(label)}: {escape(said)}">'
        f"<title>{escape(label)}: {escape(said)}</title>"
        f'<rect width="{width}" height="20" rx="4" fill="{colour}"/>'
        f'<path d="M4 0h{left - 4}v20H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="#32383f"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" '
        'text-anchor="middle">'
        f'<text x="{left / 2}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2}" y="14">{escape(said)}</text></g></svg>\n'
    )


def _image(label: str, said: str, colour: str) -> Response:
    answer = Response(render_badge(label, said, colour), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
