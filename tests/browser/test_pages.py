"""A person at work in a real Chromium, against the real processes and the emulated GitHub."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bot.demo_up import stay
from bot.memory import SubjectKey
from tests.browser.conftest import Sight, until

pytestmark = pytest.mark.browser
FEATURE = "plan_docs/search.md"
PAGES = ("/", "/sign-in", "/sign-in/link?token=x", "/sign-in/callback?code=a&state=b", "/nowhere")
PAGES_INSIDE = (
    "/plans",
    "/plans?q=nothing-is-like-that",
    "/plans?waits=1",
    "/plans?page=9",
    f"/plans/acme/shop/{FEATURE}",
    f"/plans/acme/shop/{FEATURE}?show=text",
    "/operator",
    "/operator/parked",
    "/operator/parked?repository=acme/none",
    "/operator/deliveries",
    "/operator/deliveries?state=failed",
    "/operator/deliveries?event=push&repository=acme/none&since=yesterday",
    "/operator/deliveries/1",
)


def violations(page: Page, axe: str, *rules: str) -> list[str]:
    """What axe-core finds that is serious or critical, by these rules (default: all it has)."""
    page.evaluate(axe)
    chosen = {"runOnly": list(rules)} if rules else {}
    found: dict[str, Any] = page.evaluate(
        "options => axe.run(options)", {"resultTypes": ["violations"], **chosen}
    )
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def row(page: Page, path: str) -> str:
    """What the list says of a plan."""
    return page.get_by_role("row").filter(has_text=path).inner_text()


def test_alice_signs_in_through_github_and_sees_her_tick_on_both_pages(sight: Sight) -> None:
    page = sight.look(as_login="alice")
    expect(page.get_by_role("heading", name="acme/shop")).to_be_visible()
    page.get_by_role("searchbox").fill("search.md")
    page.get_by_role("button", name="Show").click()
    assert "0/30" in row(page, FEATURE)
    page.get_by_role("row").filter(has_text=FEATURE).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Progress")).to_be_visible()
    all_of_it = page.get_by_role("progressbar", name=re.compile("^All: 0 of 30"))
    expect(all_of_it).to_be_visible()
    sight.scene.alice.tick(int(sight.scene.seen["feature"]), "Backend/API changes")
    until(page, lambda: page.get_by_role("progressbar", name="All: 1 of 30").count() == 1)
    assert "caused by alice" in page.locator("#history").inner_text()
    page.goto("/plans")
    assert "1/30" in row(page, FEATURE)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/plans")
    assert page.url.endswith("/sign-in?next=%2Fplans")


def test_a_pull_request_is_seen_in_the_tracking_table(sight: Sight) -> None:
    bob, seen = sight.scene.bob, sight.scene.seen
    page = sight.look(as_login="bob")
    bob.create_branch("form")
    bob.push_file("src/form.py", "FORM = 1\n", "Form", "form")
    number = bob.open_pull("form", "Form", f"Plan: #{seen['story issue']}\nTask: 1\n")
    page.goto(f"/plans/acme/shop/{seen['story']}")
    link = (
        page.locator("section")
        .filter(has_text="Tracking")
        .get_by_role("link", name=f"#{number} open")
    )
    until(page, lambda: link.count() > 0)
    address = link.first.get_attribute("href") or ""
    assert address.endswith(f"/acme/shop/pull/{number}")
    assert page.locator("svg.graph").count() == 1


def test_an_operator_releases_a_parked_plan_from_the_page(sight: Sight) -> None:
    repo = sight.store.repo_named("acme/shop")
    assert repo is not None
    key = SubjectKey(repo.id, "plan", FEATURE)
    sight.store.park(key, "parked by hand", now=datetime.now(UTC))
    page = sight.look(as_login="alice")
    assert "Parked" in row(page, FEATURE)
    page.get_by_role("link", name="Operations").click()
    parked = page.get_by_role("listitem").filter(has_text=FEATURE)
    assert "parked by hand" in parked.inner_text()
    parked.get_by_role("button").first.click()
    expect(page.get_by_role("status")).to_contain_text("Released")
    until(page, lambda: page.get_by_text("Nothing is parked.").count() == 1)
    page.goto("/plans")
    assert "Parked" not in row(page, FEATURE)
    stranger = sight.look(as_login="bob")
    assert stranger.get_by_role("link", name="Operations").count() == 0
    answer = stranger.goto("/operator")
    assert answer is not None
    assert answer.status == 403


def test_a_stop_is_seen_on_every_page_with_what_ends_it(sight: Sight) -> None:
    repo = sight.store.repo_named("acme/shop")
    assert repo is not None
    memory = sight.store.plan(repo.id, FEATURE)
    assert memory is not None
    sight.store.remember([replace(memory, stopped="1", stopped_for="9 of 30 tasks vanished")])
    try:
        page = sight.look(as_login="bob")
        page.get_by_label("needs somebody").check()
        page.get_by_role("button", name="Show").click()
        assert "9 of 30 tasks vanished." in row(page, FEATURE)
        page.get_by_role("row").filter(has_text=FEATURE).get_by_role("link").first.click()
        told = page.get_by_role("status").filter(has_text="Stopped")
        assert "/plan sync confirm" in told.inner_text()
        assert violations(page, sight.axe) == []
        assert page.get_by_role("button", name="Compare").count() == 0, "for operators"
        page = sight.look(phone=True, as_login="alice")
        page.goto("/operator")
        listed = page.locator("section").filter(has_text="Plans that wait for an answer")
        assert FEATURE in listed.last.inner_text()
        assert violations(page, sight.axe) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        sight.store.remember([memory])


def test_an_operator_compares_a_plan_from_its_page(sight: Sight) -> None:
    page = sight.look(as_login="alice")
    page.goto(f"/plans/acme/shop/{FEATURE}")
    page.get_by_role("button", name="Compare with GitHub now").click()
    expect(page.get_by_role("status")).to_contain_text("compares it with GitHub")
    page.goto("/operator/deliveries?event=plansync.compare")
    asked = page.get_by_role("row").filter(has_text="plansync.compare.sync")
    until(page, lambda: asked.filter(has_text="finished").filter(has_text=FEATURE).count() > 0)


def test_whoever_wants_no_motion_gets_none(sight: Sight) -> None:
    page = sight.look()
    page.goto("/")
    scrolls = "getComputedStyle(document.documentElement).scrollBehavior"
    assert page.evaluate(scrolls) == "smooth"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(scrolls) == "auto"


def test_a_delivery_is_replayed_from_the_page(sight: Sight) -> None:
    page = sight.look(as_login="alice")
    page.goto("/operator/deliveries/1")
    page.get_by_role("button", name=re.compile("Replay|again", re.IGNORECASE)).first.click()
    expect(page.get_by_role("status")).to_contain_text("worked off once more, as delivery")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(sight: Sight, dark: bool) -> None:
    found: list[str] = []
    # Only colours can differ in the dark.
    rules = ("color-contrast",) if dark else ()
    page = sight.look(dark=dark)
    for path in PAGES:
        page.goto(path)
        found += violations(page, sight.axe, *rules)
    inside = sight.look(dark=dark, as_login="alice")
    for path in PAGES_INSIDE:
        inside.goto(path)
        found += violations(inside, sight.axe, *rules)
    assert found == []


def test_axe_would_find_something(sight: Sight) -> None:
    page = sight.look()
    page.set_content("<html><body><img src=x><p style='color:#aaa;background:#fff'>pale</p>")
    assert any("image-alt" in one for one in violations(page, sight.axe))
    assert any("contrast" in one for one in violations(page, sight.axe, "color-contrast"))


def test_a_phone_scrolls_in_one_direction(sight: Sight) -> None:
    page = sight.look(phone=True, as_login="alice")
    for path in PAGES_INSIDE:
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (path, width)


def test_the_keyboard_is_enough(sight: Sight) -> None:
    page = sight.look(as_login="alice")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="To the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("search.md")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plans?q=search.md*")
    assert page.evaluate("getComputedStyle(document.activeElement).display") != "none"


def test_the_demo_opens_the_page_and_people_go_on(sight: Sight) -> None:
    page = sight.look(as_login="bob")
    page.goto("/plans?q=search.md")
    before = row(page, FEATURE)
    shown: list[str] = []
    said: list[str] = []
    turns = iter([None])

    def wait(seconds: float) -> None:
        if next(turns, "over"):
            raise KeyboardInterrupt

    stay(replace(sight.scene, say=said.append), sight.address, shown.append, wait=wait)
    assert shown == [f"{sight.address}/plans"]
    assert said[1].startswith("alice ticks “")
    assert said[-1].strip() == "Ending."
    until(page, lambda: row(page, FEATURE) != before)


def test_nothing_of_a_page_is_blocked_or_comes_from_elsewhere(sight: Sight) -> None:
    page = sight.look(as_login="alice")
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES_INSIDE:
        page.goto(path)
    assert said == []
    assert {url for url in asked if not url.startswith(sight.address)} == set()
