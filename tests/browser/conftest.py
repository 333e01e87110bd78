"""One browser and one plansync on the emulated GitHub for all browser tests."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from bot.demo import SIGN_IN, NotSeen, Scene, request_feature, request_story, running
from bot.emulator.stage import open_stage
from bot.store import Store
from tests.browser.chromium import Chromium, chromium, launched

DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 390, "height": 844}
SECONDS = 15.0


@dataclass(slots=True)
class Sight:
    """A plansync with plans, the people on its GitHub, and a browser to look with."""

    address: str
    scene: Scene
    browser: Browser
    axe: str
    store: Store

    def look(self, *, dark: bool = False, phone: bool = False, as_login: str = "") -> Page:
        """A fresh page; signed in through the emulated GitHub when ``as_login`` is given."""
        context = self.browser.new_context(
            base_url=self.address,
            color_scheme="dark" if dark else "light",
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
        )
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        if as_login:
            sign_in(page, as_login)
        return page


def sign_in(page: Page, login: str) -> None:
    """From the front page through GitHub's own page to the plans."""
    page.goto("/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Sign in with GitHub").click()
    page.locator(f'form:has(input[name=login][value="{login}"]) button').click()
    page.wait_for_url("**/plans")


def until(page: Page, seen: Callable[[], bool]) -> None:
    """Load a page again until something is seen; AssertionError when it never is."""
    deadline = time.monotonic() + SECONDS
    while not seen():
        assert time.monotonic() < deadline, page.inner_text("main")
        page.reload()


@pytest.fixture(scope="session")
def found() -> Chromium:
    return chromium()


@pytest.fixture(scope="session")
def browser(found: Chromium) -> Iterator[Browser]:
    with launched(found) as made:
        yield made


@pytest.fixture(scope="session")
def sight(browser: Browser, found: Chromium) -> Iterator[Sight]:
    """plansync with a feature plan and a user story that Alice asked for."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_stage() as stage,
        running(stage, Path(folder), "serve", settle_seconds=0.1, more=SIGN_IN) as plansync,
    ):
        scene = Scene(stage, lambda line: None, stage.person("alice"), stage.person("bob"))
        try:
            request_feature(scene)
            request_story(scene)
        except NotSeen:
            print((Path(folder) / "log").read_text("utf-8", "replace")[-4000:])
            raise
        store = Store(f"sqlite:///{folder}/plansync.sqlite3")
        yield Sight(plansync.address, scene, browser, found.axe, store)
        store.close()


@pytest.fixture(autouse=True)
def _close_what_was_opened(browser: Browser) -> Iterator[None]:
    before: set[BrowserContext] = set(browser.contexts)
    yield
    for context in browser.contexts:
        if context not in before:
            context.close()
