"""What the pages show of plans, and of texts that want to be more than text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest

from bot.blocks import Block
from bot.config import ConfigMemory
from bot.memory import AuditEntry, PlanMemory, PullMemory, SubjectKey, Trigger
from bot.plans.companions import Feature, render_feature
from bot.store import Store
from bot.store.pages import PlanFilter
from tests.web.visits import SHOP, STORY, Visits, keep_story
from webhooks.look import ago, many
from webhooks.reading import render_safe
from webhooks.serve import summarise

PATH = "/plans/acme/shop/docs/user-stories/search.md"


def words(text: str) -> str:
    """What a reader sees of a page, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_the_list_says_how_far_each_plan_is(visits: Visits, store: Store, now: datetime) -> None:
    keep_story(store, now)
    seen = words(visits.sign_in("rita").get("/plans").text)
    assert "acme/shop" in seen
    assert (
        "Search docs/user-stories/search.md user-story · #12 In Progress 1/3 2 Show the form"
        in seen
    )


def test_the_list_is_filtered_by_its_address(visits: Visits, store: Store, now: datetime) -> None:
    for number in range(120):
        keep_story(store, now, path=f"docs/user-stories/s{number:03}.md")
    rita = visits.sign_in("rita")
    first = rita.get("/plans").text
    assert "120 plans" in words(first)
    assert "Page 1 of 3" in words(first)
    assert 'href="/plans?page=2"' in first
    assert "s049.md" in first
    assert "s050.md" not in first
    assert "s119.md" in rita.get("/plans?page=3").text
    assert "There is no such page" in rita.get("/plans?page=9").text
    found = rita.get("/plans?q=S07+story&status=In+Progress&open=1&format=user-story").text
    assert len(re.findall(r"<tr>\s*<th scope=\"row\">", found)) == 10
    assert 'value="S07 story"' in found
    assert "No plan matches" in rita.get("/plans?q=nothing-like-it").text
    for odd in ("page=x", "page=-1", "page=0", "page=99999999999999", "q=%00", "open=maybe"):
        assert rita.get(f"/plans?{odd}").status_code == 200, odd


def test_a_server_without_plans_says_how_to_get_one(visits: Visits) -> None:
    assert "plan:feature" in visits.sign_in("rita").get("/plans").text


def test_the_plans_are_there_for_programs_too(visits: Visits, store: Store, now: datetime) -> None:
    keep_story(store, now)
    found = visits.sign_in("rita").get("/api/plans?per_page=1").get_json()
    assert found["total"] == 1
    assert found["plans"][0] == {
        "repository": "acme/shop",
        "path": "docs/user-stories/search.md",
        "title": "Search",
        "format": "user-story",
        "status": "In Progress",
        "progress": {"done": 1, "total": 3},
        "next": "2 Show the form",
        "blockers": 0,
        "blocker": None,
        "issue": 12,
        "parked": None,
        "attention": None,
        "attention_why": None,
        "remedy": None,
        "compared_at": None,
        "page": PATH,
    }


def test_a_plan_shows_its_bars_rows_pull_requests_history_and_gates(
    visits: Visits, store: Store, now: datetime
) -> None:
    memory = keep_story(store, now - timedelta(days=3))
    done = replace(memory, base_text=STORY.replace("1 | code | Pending", "1 | code | Complete"))
    key = SubjectKey(SHOP.id, "plan", memory.path)
    asked = AuditEntry(f"request:{SHOP.id}:10", "CreateIssue", "Search", "asked for in #10")
    store.finish(key, [], finished_at=now - timedelta(hours=2), remember=[done], audit=[asked])
    page = visits.sign_in("rita").get(PATH).text
    server = visits.github.url
    assert '<progress max="3" value="2" aria-label="All: 2 of 3">' in page
    assert f'href="{server}/acme/shop/pull/41"' in page
    assert f'href="{server}/acme/shop/issues/12"' in page
    assert f'href="{server}/acme/shop/blob/HEAD/docs/user-stories/search.md"' in page
    assert f'href="{server}/acme/shop/commit/{"a" * 40}"' in page
    seen = words(page)
    assert "Commit files docs/user-stories/search.md merged by #41 caused by bob" in seen
    assert "asked for in #10" in seen
    assert "From 1 of 3 tasks on 2026-02-26 to 2 of 3 on 2026-03-01." in seen
    assert 'title="2026-03-01 10:00:00 UTC">2 hours ago</time>' in page
    assert page.count('class="curve"') == 3
    assert re.search(r"\[!\[plan\]\(http://localhost/badge/acme/shop/\S+\.svg\?token=\S+\)\]", page)
    assert f"](http://localhost{PATH})" in page
    assert "3 Measure it" in seen


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.replace("Pending", "Complete"), "Everything is done."),
        (lambda t: "# User Story: Search\n\n**Status**: Draft\n", "There is no task yet."),
    ],
)
def test_a_plan_without_a_next_task_says_why(
    visits: Visits, store: Store, now: datetime, change: Callable[[str], str], told: str
) -> None:
    memory = replace(keep_story(store, now), base_text=change(STORY))
    store.finish(SubjectKey(SHOP.id, "plan", memory.path), [], finished_at=now, remember=[memory])
    assert told in visits.sign_in("rita").get(PATH).text


def test_a_long_history_is_read_page_by_page(visits: Visits, store: Store, now: datetime) -> None:
    memory = keep_story(store, now)
    key = SubjectKey(SHOP.id, "plan", memory.path)
    entries = [AuditEntry(str(key), "EditComment", "status", f"change {n}") for n in range(70)]
    store.finish(key, [], finished_at=now, audit=entries)
    rita = visits.sign_in("rita")
    page = rita.get(PATH).text
    assert "change 69" in page
    assert "change 19<" not in page
    older = re.search(r'href="([^"]+)#history">Older', page)
    assert older is not None
    page = rita.get(older[1]).text
    assert "change 19<" in page
    assert "merged by #41" in page
    assert "Newest" in page
    assert rita.get(f"{PATH}?before=x").status_code == 200


def test_what_holds_a_plan_up_is_told(visits: Visits, store: Store, now: datetime) -> None:
    memory = keep_story(store, now)
    key = SubjectKey(SHOP.id, "plan", memory.path)
    store.receive("g", "push", b"{}", received_at=now)
    store.record_dispatch(store.new_deliveries()[0].id, [Trigger(key)], due_at=now)
    store.park(key, "the file is larger than 1 MB", now=now)
    store.keep_block(Block(SHOP.id, "archived", "It is archived.", now, now, str(key)))
    rita = visits.sign_in("rita")
    assert "Parked" in rita.get("/plans").text
    seen = words(rita.get(PATH).text)
    assert "does not work on this plan for now. the file is larger than 1 MB" in seen
    assert "takes nothing for now: It is archived." in seen
    assert "Compare with GitHub" not in seen, "for operators alone"


@pytest.mark.parametrize(
    ("held", "told", "pill"),
    [
        ({"stopped": "1", "stopped_for": "it was emptied"}, "Stopped: It was emptied.", "Stopped"),
        ({"stopped": "digest"}, "/plan sync confirm", "Stopped"),
        ({"tripped_at": "2026-03-01T12:00:00+00:00"}, "written too often", "Paused"),
        ({"conflicts": ("a", "b")}, "2 conflicts wait for an answer", "Conflict"),
        ({"held": ("<eve>",)}, "&lt;eve&gt; edited the plan issue without", "Held edit"),
        ({"state": "detached"}, "until somebody comments /plan sync", "Detached"),
        ({"state": "deleted"}, "This plan is deleted", None),
        ({"proposed": 77}, "changes wait in #77", ""),
    ],
)
def test_what_waits_for_a_person_is_told(
    visits: Visits, store: Store, now: datetime, held: dict[str, Any], told: str, pill: str | None
) -> None:
    memory = replace(keep_story(store, now), **held)
    store.finish(SubjectKey(SHOP.id, "plan", memory.path), [], finished_at=now, remember=[memory])
    rita = visits.sign_in("rita")
    assert told in words(rita.get(PATH).text).replace(" <", "<")
    listed = rita.get("/plans").text
    assert ("search.md" in listed) is (pill is not None)
    if pill:
        assert f">{pill}</span>" in listed
    waits = pill not in (None, "", "Detached")
    assert ("search.md" in rita.get("/plans?waits=1").text) is waits


def test_a_chart_goes_with_the_file(visits: Visits, store: Store, now: datetime) -> None:
    memory = keep_story(store, now - timedelta(days=2))
    there = replace(memory, path="docs/user-stories/found.md")
    left = PlanMemory(SHOP.id, memory.path, "", state="moved")
    key = SubjectKey(SHOP.id, "plan", there.path)
    store.finish(key, [], finished_at=now, remember=[there, left])
    rita = visits.sign_in("rita")
    assert "2026-02-27" in rita.get("/plans/acme/shop/docs/user-stories/found.md").text
    assert rita.get(PATH).status_code == 404
    assert rita.get("/api/plans").get_json()["total"] == 1


def test_a_repositorys_own_words_count(visits: Visits, store: Store, now: datetime) -> None:
    store.keep_choices(ConfigMemory(SHOP.id, {"statuses": {"complete": "Shipped"}}), now)
    memory = replace(keep_story(store, now), base_text=STORY.replace("Pending", "Shipped"))
    store.finish(SubjectKey(SHOP.id, "plan", memory.path), [], finished_at=now, remember=[memory])
    rita = visits.sign_in("rita")
    assert "2/3" in rita.get("/plans").text
    assert '<progress max="3" value="2"' in rita.get(PATH).text


def test_plans_of_before_are_read_when_the_web_process_starts(store: Store, now: datetime) -> None:
    store.keep_repo(SHOP)
    store.remember([hostile_plan(f"p{number}") for number in range(120)])
    summarise(store)
    assert store.plan_page(PlanFilter()).total == 120


def test_a_plan_that_cannot_be_read_any_more_still_has_a_page(
    visits: Visits, store: Store, now: datetime
) -> None:
    memory = replace(keep_story(store, now), base_text="nothing", format="gone-format")
    store.finish(SubjectKey(SHOP.id, "plan", memory.path), [], finished_at=now, remember=[memory])
    rita = visits.sign_in("rita")
    assert "Unreadable" in rita.get("/plans").text
    assert "no plan of this format any more" in rita.get(PATH).text


def test_a_tick_moves_the_page(visits: Visits, store: Store, now: datetime) -> None:
    memory = keep_story(store, now)
    rita = visits.sign_in("rita")
    assert "1/3" in rita.get("/plans").text
    ticked = replace(memory, base_text=STORY.replace("Pending", "Complete"))
    store.finish(SubjectKey(SHOP.id, "plan", memory.path), [], finished_at=now, remember=[ticked])
    assert "3/3" in rita.get("/plans").text
    assert "Complete" in rita.get(PATH).text


# Badges


@pytest.mark.parametrize("public", [True, False])
def test_a_badge_needs_a_token_where_the_repository_is_private(
    visits: Visits, store: Store, now: datetime, public: bool
) -> None:
    keep_story(store, now)
    visits.github.public = {SHOP.id} if public else set()
    address = "/badge/acme/shop/docs/user-stories/search.md.svg"
    answer = visits.client().get(address)
    assert ("1/3 · In Progress" in answer.text) is public
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    shown = re.search(r'src="(/badge/[^"]+)"', visits.sign_in("rita").get(PATH).text)
    assert shown is not None
    assert "1/3 · In Progress" in visits.client().get(shown[1]).text
    token = shown[1].split("token=")[1]
    other = visits.client().get(f"/badge/acme/shop/docs/user-stories/other.md.svg?token={token}")
    assert "unknown" in other.text


def test_a_badge_never_tells_whether_there_is_such_a_plan(
    visits: Visits, store: Store, now: datetime
) -> None:
    keep_story(store, now)
    hidden = visits.client().get("/badge/acme/shop/docs/user-stories/search.md.svg?token=wrong")
    missing = visits.client().get("/badge/acme/shop/docs/user-stories/none.md.svg")
    nowhere = visits.client().get("/badge/no/where/x.md.svg")
    assert hidden.text == missing.text == nowhere.text
    visits.github.down = True
    assert visits.client().get("/badge/acme/shop/x.md.svg").status_code == 200


# What people write


class Active(HTMLParser):
    """Collects whatever in a page could do something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "style", "base", "video", "meta-refresh"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "srcset", "ping"):
                self.found.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction", "xlink:href"):
                plain = re.sub(r"[\x00-\x20]", "", value or "").lower()
                if re.match(r"(?!https?:)[a-z+.-]+:", plain) or plain.startswith("//"):
                    self.found.append(f"{tag} {name}={value}")
            if name == "http-equiv":
                self.found.append("meta http-equiv")


PIECES = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "</title><script>alert(1)",
    "</textarea><svg/onload=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)", "![x](javascript:alert(1))",
    "<a href=javascript:alert(1)>x</a>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>", "{{ 7*7 }}{% raw %}",
    "${alert(1)}", "&lt;script&gt;alert(1)&lt;/script&gt;", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>", "<style>*{display:none}</style>",
    "<form action=//evil.example><button>x", "<object data=//evil.example>",
    "[x](vbscript:msgbox)", "<embed src=//evil.example>",
    "<x onclick=alert(1)>y</x>", "\" autofocus onfocus=alert(1) x=\"",
]  # fmt: skip
HOSTILE = [
    text
    for piece in PIECES
    for text in (piece, f"a{piece}b", f"`{piece}`", f"**{piece}**", f"{piece}|{piece}",
                 piece.upper(), f"\u202e{piece}", f"{piece}\u2028x")
]  # fmt: skip


def hostile_plan(text: str) -> PlanMemory:
    """A plan with this text wherever people write: title, tasks, names, tables, links, path."""
    cell = text.replace("|", "\\|")
    body = STORY.replace("Search", text).replace("Write the handler", cell)
    body = body.replace("backend", cell).replace("docs/x.md", cell)
    body += f"\n## Notes\n\n{text}\n\n> {text}\n\n# {text}\n"
    path = "docs/user-stories/" + text.replace("/", "∕") + ".md"
    pull = PullMemory(41, "merged", url="javascript:alert(1)", tasks=(text,))
    return PlanMemory(
        SHOP.id,
        path,
        "user-story",
        12,
        base_text=body,
        title=text,
        pulls=(pull,),
        stopped="1",
        stopped_for=text,
        held=(text,),
    )


def hostile_payload(text: str) -> bytes:
    """What GitHub would send of labels, comments, file names and people called like this."""
    content = {
        "action": text,
        text: text,
        "issue": {"title": text, "labels": [{"name": text}]},
        "comment": {"body": text, "user": {"login": text}},
        "commits": [{"message": text, "modified": [text]}],
    }
    return json.dumps(content).encode()


def test_two_hundred_hostile_texts_stay_texts(visits: Visits, store: Store, now: datetime) -> None:
    assert len(set(HOSTILE)) >= 200
    store.keep_repo(SHOP)
    rita, olga = visits.sign_in("rita"), visits.sign_in("olga")
    for place, text in enumerate(HOSTILE):
        memory = hostile_plan(text)
        key = SubjectKey(SHOP.id, "plan", memory.path)
        entry = AuditEntry(str(key), text, text, text, text, actor=text, url="javascript:alert(1)")
        store.finish(key, [], finished_at=now, remember=[memory], audit=[entry])
        address = "/plans/acme/shop/" + quote(memory.path)
        store.receive(f"{place}{text}", "issue_comment", hostile_payload(text), received_at=now)
        number = store.new_deliveries()[0].id
        store.record_dispatch(number, [Trigger(key)], due_at=now, repo=SHOP, action=text)
        store.park(key, text, now=now)
        asked = dict.fromkeys(("repository", "event", "state", "since", "said", "n"), text)
        answers = [
            olga.get(f"/operator/deliveries/{number}"),
            olga.get("/operator/deliveries", query_string=asked),
            rita.get(address),
            rita.get(f"{address}?show=text"),
            rita.get("/plans", query_string={"q": text, "repository": text, "status": text}),
            visits.client().get("/sign-in/link", query_string={"token": text}),
        ]
        for answer in answers:
            assert answer.status_code == 200, (text, answer.request.path)
            parser = Active()
            parser.feed(answer.text)
            assert parser.found == [], (text, answer.request.path)
        badge = visits.client().get("/badge/acme/shop/" + quote(memory.path) + ".svg")
        assert "<script" not in badge.text.lower()
    listed = rita.get("/plans")
    parser = Active()
    parser.feed(listed.text)
    assert parser.found == []
    assert json.loads(rita.get("/api/plans").text)["total"] == len(set(HOSTILE))
    for page in ("/operator", "/operator/deliveries", "/plans?waits=1", "/plans?page=3"):
        parser = Active()
        parser.feed(olga.get(page).text)
        assert parser.found == [], page


def test_a_text_keeps_its_shape_and_nothing_that_could_act() -> None:
    made = render_safe(
        "# One\n\n- [x] done\n\n| a | b |\n|:-:|---|\n| 1 | ~~2~~ |\n\n"
        "![i](https://evil.example/i.png) [ok](https://example.com) [no](ftp://x)\n\n"
        "<b id=x>raw</b>"
    )
    assert "<h2>One</h2>" in made
    assert "<td><s>2</s></td>" in made
    assert 'href="https://example.com" rel="nofollow noopener noreferrer"' in made
    assert "&lt;b id=x&gt;raw" in made
    for gone in ("<img", "style=", "ftp:", "<b"):
        assert gone not in made


def test_boxes_of_a_text_are_drawn_and_nothing_else_is() -> None:
    made = render_safe(
        "- [x] done\n- [ ] **open**\n  - [X] deep\n- [x](https://a.test)\n- `[x] ` no\n\n"
        'text [x] here <span class="mark">raw</span>\n'
    )
    assert made.count('class="mark on"') == 2
    assert made.count('<span class="mark" role') == 1
    assert 'aria-label="settled"></span> done' in made
    assert 'aria-label="open"></span> <strong>open</strong>' in made
    assert "text [x] here &lt;span" in made


def test_the_hostile_texts_would_be_noticed() -> None:
    parser = Active()
    parser.feed("".join(HOSTILE))
    assert len(parser.found) > 20


# Words


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(5, "just now"), (60, "1 minute ago"), (3599, "59 minutes ago"), (7200, "2 hours ago"),
     (86_400 * 3, "3 days ago"), (86_400 * 400, "1 year ago"), (-7200, "in 2 hours")],
)  # fmt: skip
def test_ages_are_said_in_one_unit(seconds: int, expected: str) -> None:
    assert ago(timedelta(seconds=seconds)) == expected


def test_numbers_are_said_with_their_noun() -> None:
    assert (many(1, "plan"), many(0, "plan"), many(5000, "plan")) == (
        "1 plan",
        "0 plans",
        "5,000 plans",
    )


def test_the_text_of_an_implementation_plan_has_its_files_below_their_names(
    visits: Visits, store: Store, now: datetime
) -> None:
    store.keep_repo(SHOP)
    path = "plans/general/shop/EPIC-1/features/001-search/impl-plan.md"
    tasks = "# Tasks: Search\n\n## Phase 1: Setup\n\n- [x] T001 Begin\n- [ ] T002 Go on\n"
    whole = Feature("# Implementation Plan: Search\n", {"tasks.md": tasks}, ("research.md",))
    memory = PlanMemory(
        SHOP.id, path, "implementation-plan", 12, base_text=render_feature(whole), state="active"
    )
    key = SubjectKey(SHOP.id, "plan", path)
    store.finish(key, [], finished_at=now, remember=[memory])
    rita = visits.sign_in("rita")
    text = rita.get(f"/plans/acme/shop/{path}?show=text").text
    assert "<code>tasks.md</code>" in text
    assert "T002 Go on" in text
    assert "plansync:" not in text
    page = rita.get(f"/plans/acme/shop/{path}").text
    assert "T002" in page
    assert "Phase 0 – Research" in page
