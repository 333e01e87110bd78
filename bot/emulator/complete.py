"""What the emulator's webhooks lack of GitHub's own.

- ``issues.edited`` says only that the title or body changed, not what it was before.
- No ``issues.labeled`` follows an issue that is opened with labels.
- A push by the Git Data API lists no commits.
- A comment on a pull request does not say that its issue is one.
- No ``pull_request.synchronize`` follows a push to a pull request's branch.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import threading
from typing import Any

from bot.emulator.api import Api, ApiError
from bot.emulator.pulls import with_current_head

Payload = dict[str, Any]

NO_COMMIT = "0" * 40
_MOST_COMMITS = 20


class Completer:
    """Completes webhooks one by one; ``api`` may read everything."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        # Per issue, what it said at each of its times: webhooks may arrive out of order.
        self._said: dict[tuple[str, int], dict[str, tuple[str, str]]] = {}
        self._pulls: set[tuple[str, int]] = set()

    def complete(self, event: str, payload: Payload) -> list[tuple[str, Payload]]:
        """The webhooks that GitHub sends in place of this one."""
        with self._lock:
            if event == "issues":
                return self._issues(payload)
            if event == "pull_request":
                self._pulls.add((_repository(payload), int(payload["pull_request"]["number"])))
            if event == "issue_comment":
                return [(event, self._comment(payload))]
            if event == "push":
                return [(event, self._push(payload)), *self._synchronized(payload)]
            return [(event, payload)]

    def _issues(self, payload: Payload) -> list[tuple[str, Payload]]:
        issue = payload["issue"]
        known = self._said.setdefault((_repository(payload), int(issue["number"])), {})
        title, body, at = issue.get("title") or "", issue.get("body") or "", issue["updated_at"]
        earlier = [time for time in known if time < at]
        known[at] = (title, body)
        if payload["action"] == "edited" and isinstance(payload.get("changes"), dict):
            before = known[max(earlier)] if earlier else None
            payload = {**payload, "changes": _former(payload["changes"], before)}
        made = [("issues", payload)]
        if payload["action"] == "opened":
            made.extend(
                ("issues", {**payload, "action": "labeled", "label": label})
                for label in issue.get("labels") or []
            )
        return made

    def _comment(self, payload: Payload) -> Payload:
        issue = payload.get("issue")
        if not issue or (_repository(payload), int(issue["number"])) not in self._pulls:
            return payload
        return {**payload, "issue": {**issue, "pull_request": {"html_url": issue["html_url"]}}}

    def _push(self, payload: Payload) -> Payload:
        before, after = str(payload["before"]), str(payload["after"])
        more: Payload = {"created": before == NO_COMMIT, "deleted": False, "forced": False}
        if "commits" not in payload:
            more.update(self._commits(_repository(payload), before, after))
        return {**payload, **more}

    def _synchronized(self, payload: Payload) -> list[tuple[str, Payload]]:
        branch = str(payload["ref"]).removeprefix("refs/heads/")
        if branch == payload["repository"]["default_branch"]:
            return []
        name = _repository(payload)
        pulls = self._api.pages(f"/repos/{name}/pulls", state="open")
        shared = {key: payload[key] for key in ("repository", "sender", "installation")}
        change = {"action": "synchronize", "before": payload["before"], "after": payload["after"]}
        return [
            (
                "pull_request",
                {
                    **shared,
                    **change,
                    "number": pull["number"],
                    "pull_request": with_current_head(self._api, name, pull),
                },
            )
            for pull in pulls
            if pull["head"]["ref"] == branch
        ]

    def _commits(self, repository: str, before: str, after: str) -> Payload:
        try:
            compared = self._api.call("GET", f"/repos/{repository}/compare/{before}...{after}")
            shas = [str(commit["sha"]) for commit in compared["commits"]]
            if compared["status"] not in ("ahead", "identical") or len(shas) > _MOST_COMMITS:
                return {"forced": compared["status"] not in ("ahead", "identical"), "commits": []}
            return {"commits": [self._commit(repository, sha) for sha in shas]}
        except ApiError:
            return {"commits": []}

    def _commit(self, repository: str, sha: str) -> Payload:
        data = self._api.call("GET", f"/repos/{repository}/commits/{sha}")
        files: dict[str, list[str]] = {"added": [], "removed": [], "modified": []}
        for file in data.get("files", []):
            status = str(file["status"])
            if status == "renamed":
                files["removed"].append(file["previous_filename"])
                status = "added"
            files[status].append(file["filename"])
        commit = data["commit"]
        author = {"name": commit["author"]["name"], "email": commit["author"]["email"]}
        return {"id": sha, "message": commit["message"], "author": author, **files}


def _repository(payload: Payload) -> str:
    return str(payload["repository"]["full_name"])


def _former(changes: Payload, before: tuple[str, str] | None) -> Payload:
    if before is None:
        return {}
    former = dict(zip(("title", "body"), before, strict=True))
    return {key: {"from": former[key]} for key in former if changes.get(key)}
