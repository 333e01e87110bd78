"""People who look at the pages in tests: they sign in as a browser would, and send forms."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.github.snapshots import RepoRef
from bot.memory import AuditEntry, PlanMemory, PullMemory, SubjectKey
from bot.store import Store
from tests.web.github_stub import GitHubStub

ORIGIN = "http://localhost"
SHOP, LAB = RepoRef(11, "acme/shop", 5), RepoRef(12, "acme/lab", 5)
STORY = """# User Story: Search

**Status**: In Progress

## Implementation Plan

| # | Task | Specialist | Dependencies | Covers | Status |
|---|------|------------|--------------|--------|--------|
| 1 | Write the handler | backend | — | code | Complete |
| 2 | Show the form | frontend | 1 | code | Pending |
| 3 | Measure `it` | sre | 1, 2 | code | Pending |

## Devloop Tracking

| # | Task | Devloop Output | PR | Status |
|---|------|----------------|----|--------|
| 1 | Write the handler | docs/x.md | [#41](https://github.com/acme/shop/pull/41) | Complete |
"""


@dataclass(slots=True)
class Visits:
    """An application, the GitHub it asks, and its store."""

    client: Callable[[], FlaskClient]
    github: GitHubStub
    store: Store

    def sign_in(self, login: str, onward: str = "/plans") -> FlaskClient:
        """A browser in which this person is signed in."""
        browser = self.client()
        answer = browser.get("/sign-in/github", query_string={"next": onward})
        assert answer.status_code == 302, answer.text
        back = self.github.authorise(answer.headers["Location"], login)
        answer = browser.get(back.removeprefix(ORIGIN))
        assert answer.status_code == 303, answer.text
        assert answer.headers["Location"] == onward
        return browser


def form_token(browser: FlaskClient, page: str = "/plans") -> str:
    """The token of the forms on a page."""
    found = re.search(r'name="form_token" value="([^"]+)"', browser.get(page).text)
    assert found is not None
    return html.unescape(found[1])


def send(
    browser: FlaskClient, path: str, *, form: str, origin: str | None = ORIGIN, **fields: str
) -> TestResponse:
    """Send a form as a browser would; ``origin`` None leaves that header out."""
    headers = {} if origin is None else {"Origin": origin}
    return browser.post(path, data={"form_token": form, **fields}, headers=headers)


def keep_story(
    store: Store, now: datetime, repo: RepoRef = SHOP, path: str = "docs/user-stories/search.md"
) -> PlanMemory:
    """A user story with a history, as plansync would have left it."""
    store.keep_repo(repo)
    memory = PlanMemory(
        repo.id,
        path,
        "user-story",
        issue_number=12,
        request_number=10,
        base_text=STORY,
        title="Search",
        pulls=(PullMemory(41, "merged", tasks=("1",)),),
    )
    key = SubjectKey(repo.id, "plan", path)
    entry = AuditEntry(str(key), "CommitFiles", path, "merged by #41", actor="bob", url="a" * 40)
    store.finish(key, [], finished_at=now, remember=[memory], audit=[entry])
    return memory
