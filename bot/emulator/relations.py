"""Sub-issues and issue dependencies, which the emulator has none of, kept beside it.

What is answered is the emulator's own issue objects; only which of them are related is kept here.
https://docs.github.com/en/rest/issues/sub-issues and /issue-dependencies
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from bot.emulator.api import Api
from bot.emulator.front import Call, Forward, Handle, Reply

MOST_SUB_ISSUES = 100
MOST_BLOCKING = 50

_PATH = re.compile(
    r"/repos/(?P<repo>[^/]+/[^/]+)/issues/(?P<number>\d+)/"
    r"(?P<kind>sub_issues|dependencies/blocked_by)(?:/(?P<id>\d+))?"
)


@dataclass(slots=True)
class Relations:
    """Which issues are the sub-issues of which, and block which: by repository and number."""

    api: Api
    sub_issues: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    blocked_by: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def reset(self) -> None:
        """Nothing is related any more."""
        self.sub_issues.clear()
        self.blocked_by.clear()

    def around(self, handle: Handle) -> Handle:
        """``handle``, but for what is about relations."""

        def answered(call: Call, forward: Forward) -> Reply:
            match = _PATH.fullmatch(call.path)
            if match is None:
                return handle(call, forward)
            return handle(call, lambda call: self._answer(call, match, forward))

        return answered

    def _answer(self, call: Call, match: re.Match[str], forward: Forward) -> Reply:
        repo, number = match["repo"], int(match["number"])
        asked = replace(call, method="GET", path=f"/repos/{repo}/issues/{number}", query="")
        whole = forward(replace(asked, body=b""))
        if whole.status != 200:
            # The emulator says who may see the issue, and whether there is one.
            return whole
        issue = json.loads(whole.body)
        of_parent = match["kind"] == "sub_issues"
        relations = self.sub_issues if of_parent else self.blocked_by
        there = relations.setdefault((repo, number), [])
        issues = {one["number"]: one for one in self._issues(repo)}
        if call.method == "GET":
            return _reply(whole, 200, [issues[n] for n in there if n in issues])
        if call.method == "DELETE" and match["id"]:
            gone = [n for n in there if n in issues and issues[n]["id"] == int(match["id"])]
            for one in gone:
                there.remove(one)
            return _reply(whole, 200 if gone else 404, issue)
        wanted = json.loads(call.body or b"{}").get("sub_issue_id" if of_parent else "issue_id")
        other = next((n for n, one in issues.items() if one["id"] == wanted), None)
        if other is None:
            return _reply(whole, 404, {"message": "Not Found"})
        refused = self._refused(repo, number, other, of_parent)
        if refused:
            return _reply(whole, 422, {"message": refused})
        there.append(other)
        return _reply(whole, 201, issues[other] if not of_parent else issue)

    def _issues(self, repo: str) -> list[Any]:
        return self.api.pages(f"/repos/{repo}/issues", state="all")

    def _refused(self, repo: str, number: int, other: int, of_parent: bool) -> str:
        if of_parent:
            families = [found for (name, _), found in self.sub_issues.items() if name == repo]
            if other == number or any(other in family for family in families):
                return "Issue may not contain duplicate sub-issues and may only have one parent"
            if len(self.sub_issues[repo, number]) >= MOST_SUB_ISSUES:
                return "Parent cannot have more than 100 sub-issues"
            return ""
        if other in self.blocked_by[repo, number]:
            return "Target issue has already been taken"
        if other == number or number in self.blocked_by.get((repo, other), []):
            return "Creating this dependency would make a circle"
        if len(self.blocked_by[repo, number]) >= MOST_BLOCKING:
            return "Too many dependencies"
        return ""


def _reply(model: Reply, status: int, data: object) -> Reply:
    return Reply(status, dict(model.headers), json.dumps(data).encode())
