"""The pictures of the pages: every page, every look, each shown in the docs, and none too many."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.screenshots import (
    EMPTY_PAGES,
    FIRST_PAGES,
    FOLDER,
    PAGES,
    SETUP_PAGES,
    SIZES,
)

DOCS = Path(__file__).parent.parent / "docs"
MOST_BYTES = 4_000_000
SHOWN = {
    "fault.html": "error",
    "front.html": "front",
    "link.html": "sign-in-link",
    "operator.html": "operator",
    "operator_deliveries.html": "deliveries",
    "operator_delivery.html": "delivery",
    "operator_parked.html": "parked",
    "plan.html": "plan",
    "planlost.html": "plan-unreadable",
    "plans.html": "plans",
    "plantext.html": "plan-text",
    "refused.html": "sign-in-refused",
    "setup.html": "setup",
    "setup_done.html": "setup-done",
    "setup_go.html": "setup-go",
    "setup_refused.html": "setup-refused",
    "signin.html": "sign-in",
}
"""A picture of each page template."""
NAMES = {*PAGES, *EMPTY_PAGES, *FIRST_PAGES, *SETUP_PAGES}


def test_every_page_is_there_in_every_look() -> None:
    looks = [f"{device}-{scheme}" for device in SIZES for scheme in ("light", "dark")]
    wanted = {f"{name}-{look}.png" for name in NAMES for look in looks}
    assert {file.name for file in FOLDER.glob("*.png")} == wanted
    assert sum(file.stat().st_size for file in FOLDER.glob("*.png")) < MOST_BYTES


def test_every_picture_can_be_found_from_the_docs() -> None:
    text = (DOCS / "pages.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\(screenshots/([\w-]+\.png)\)", text))
    assert named == {file.name for file in FOLDER.glob("*.png")}


def test_no_page_is_without_a_picture() -> None:
    pages = DOCS.parent / "templates" / "pages"
    whole = {file.name for file in pages.glob("*.html") if "{% extends" in file.read_text("utf-8")}
    assert whole == set(SHOWN)
    assert set(SHOWN.values()) <= NAMES
