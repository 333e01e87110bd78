"""Setting plansync up by clicking, in a real Chromium, against a small GitHub of this test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.settings import load_settings
from tests.browser.chromium import ELSEWHERE, Chromium
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import violations
from tests.web.first_start import GitHubStub, Started, bare_environ

pytestmark = pytest.mark.browser


@pytest.fixture
def github(private_key: str) -> Iterator[GitHubStub]:
    made = GitHubStub(private_key)
    yield made
    made.close()


@pytest.mark.parametrize(("dark", "viewport"), [(False, DESKTOP), (True, PHONE)], ids=["", "phone"])
def test_from_the_log_to_an_app(
    browser: Browser,
    found: Chromium,
    github: GitHubStub,
    tmp_path: Path,
    dark: bool,
    viewport: dict[str, int],
) -> None:
    environ = bare_environ(tmp_path, github)
    plansync = Started(environ, "serve")
    try:
        link = plansync.until(r"(http://\S+/setup\?token=\S+)$")[1]
        context = browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport=viewport,  # type: ignore[arg-type]
        )
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda told: refused.append(told.text))
        page.goto(link)
        assert violations(page, found.axe) == []
        page.get_by_label("Name of the App").fill("plans of acme")
        page.get_by_label("Where GitHub and people").fill("https://plans.test/x")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).to_contain_text("has a path")
        assert violations(page, found.axe) == []
        page.get_by_label("Where GitHub and people").fill("https://plans.test")
        page.get_by_role("button", name="Go on").click()
        assert violations(page, found.axe) == []
        page.get_by_role("button", name="Make the App").click()
        install = page.get_by_role("link", name="Install it on repositories")
        expect(install).to_have_attribute(
            "href", "https://github.test/apps/plans-of-acme/installations/new"
        )
        assert violations(page, found.axe) == []
        assert github.manifests[0]["name"] == "plans of acme"
        assert load_settings(environ).app_id == 4242
        plansync.until(r"^plansync serves ")
        assert [text for text in refused if re.search("Content.Security", text)] == []
    finally:
        plansync.stop()


def test_over_plain_http_from_elsewhere_it_is_said_at_once_and_nothing_is_begun(
    browser: Browser, found: Chromium, github: GitHubStub, tmp_path: Path
) -> None:
    """A browser keeps no cookie of ours there: without a word every form would be out of date."""
    plansync = Started(bare_environ(tmp_path, github), "serve")
    try:
        link = plansync.until(r"(http://\S+/setup\?token=\S+)$")[1]
        page = browser.new_context().new_page()
        page.goto(link.replace("127.0.0.1", ELSEWHERE))
        expect(page.get_by_role("alert")).to_contain_text("PLANSYNC_URL")
        assert violations(page, found.axe) == []
        page.get_by_label("Where GitHub and people").fill("https://plans.test")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("main")).to_contain_text("over plain http")
        assert github.manifests == []
        page.goto(link)
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        assert page.get_by_role("alert").count() == 0
        page.goto(link.partition("/setup")[0] + "/plans")
        expect(page.get_by_role("heading")).to_contain_text("not set up yet")
    finally:
        plansync.stop()
