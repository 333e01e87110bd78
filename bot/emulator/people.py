"""Somebody who works in a repository of the emulator, with a token of their own.

The emulator knows no more than the whole body of an issue, so reading and writing it is one act:
nobody else, plansync included, is let in between.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from bot.emulator.api import Api, ApiError
from bot.emulator.boxes import set_box
from bot.emulator.pulls import closing
from bot.emulator.relay import Relay, Webhook

_ONE_AT_A_TIME = threading.RLock()


class MergeConflict(Exception):
    """Both branches changed the same file."""


@dataclass(frozen=True, slots=True)
class Person:
    """``login`` at work in ``repository`` (``owner/name``).

    ``exclusive`` keeps plansync's requests waiting; ``relay`` holds webhooks back during a merge,
    and ``alias`` is told of a commit id of the emulator's that stands for a true one.
    """

    login: str
    repository: str
    api: Api
    exclusive: Callable[[], AbstractContextManager[None]] = nullcontext
    relay: Relay | None = None
    alias: Callable[[str, str], None] = field(default=lambda old, new: None)

    # Issues.

    def open_issue(self, title: str, body: str = "", labels: tuple[str, ...] = ()) -> int:
        fields = {"title": title, "body": body, "labels": list(labels)}
        return int(self._call("POST", "/issues", fields)["number"])

    def edit_issue(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        given = {"title": title, "body": body}
        fields = {key: value for key, value in given.items() if value is not None}
        with self._undisturbed():
            self._call("PATCH", f"/issues/{number}", fields)

    def change_body(self, number: int, change: Callable[[str], str]) -> None:
        """Read the body and write what ``change`` makes of it, with nobody in between."""
        with self._undisturbed():
            body = self._call("GET", f"/issues/{number}")["body"] or ""
            self._call("PATCH", f"/issues/{number}", {"body": change(body)})

    def tick(self, number: int, text: str) -> None:
        """Tick the one task whose line contains ``text``; raises LookupError."""
        self.change_body(number, lambda body: set_box(body, text, checked=True))

    def untick(self, number: int, text: str) -> None:
        self.change_body(number, lambda body: set_box(body, text, checked=False))

    def close_issue(self, number: int) -> None:
        self._call("PATCH", f"/issues/{number}", {"state": "closed"})

    def reopen_issue(self, number: int) -> None:
        self._call("PATCH", f"/issues/{number}", {"state": "open"})

    def add_label(self, number: int, label: str) -> None:
        self._call("POST", f"/issues/{number}/labels", {"labels": [label]})

    def remove_label(self, number: int, label: str) -> None:
        self._call("DELETE", f"/issues/{number}/labels/{quote(label, safe='')}")

    def comment(self, number: int, body: str) -> int:
        return int(self._call("POST", f"/issues/{number}/comments", {"body": body})["id"])

    def edit_comment(self, comment_id: int, body: str) -> None:
        self._call("PATCH", f"/issues/comments/{comment_id}", {"body": body})

    # Files.

    def read_file(self, path: str, branch: str | None = None) -> str:
        """A file's text; raises ApiError (404) when it is not there."""
        return self._file(path, branch)[0]

    def push_file(
        self, path: str, text: str, message: str = "Edit a file", branch: str | None = None
    ) -> str:
        """Make or replace one file; the commit's id."""
        with self._undisturbed():
            try:
                sha = self._file(path, branch)[1]
            except ApiError as error:
                if error.status != 404:
                    raise
                sha = None
            return self._put(path, text, message, branch, sha)

    def push_files(
        self, files: Mapping[str, str | None], message: str, branch: str | None = None
    ) -> str:
        """Several files in one commit; None removes."""
        branch = branch or self._default_branch()
        entries = [
            {"path": path, "mode": "100644", "type": "blob"}
            | ({"sha": None} if text is None else {"content": text})
            for path, text in files.items()
        ]
        with self._undisturbed():
            head = self._head(branch)
            sha = self._commit(entries, message, [head])
            self._call("PATCH", f"/git/refs/heads/{branch}", {"sha": sha, "force": False})
        return sha

    def edit_file(
        self,
        path: str,
        change: Callable[[str], str],
        message: str = "Edit a file",
        branch: str | None = None,
    ) -> str:
        """Read a file and commit what ``change`` makes of it, with nobody in between."""
        with self._undisturbed():
            text, sha = self._file(path, branch)
            return self._put(path, change(text), message, branch, sha)

    def create_branch(self, name: str, at: str | None = None) -> str:
        """A branch at the tip of ``at`` (the default branch); the commit's id."""
        sha = self._head(at or self._default_branch())
        self._call("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": sha})
        return sha

    # Pull requests.

    def open_pull(
        self, head: str, title: str, body: str = "", base: str | None = None, draft: bool = False
    ) -> int:
        base = base or self._default_branch()
        fields = {"head": head, "base": base, "title": title, "body": body, "draft": draft}
        return int(self._call("POST", "/pulls", fields)["number"])

    def edit_pull(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        given = {"title": title, "body": body}
        fields = {key: value for key, value in given.items() if value is not None}
        self._call("PATCH", f"/pulls/{number}", fields)

    def close_pull(self, number: int) -> None:
        self._call("PATCH", f"/pulls/{number}", {"state": "closed"})

    def reopen_pull(self, number: int) -> None:
        self._call("PATCH", f"/pulls/{number}", {"state": "open"})

    def merge_pull(self, number: int) -> str:
        """Merge with a true merge commit, whose id is given back; raises MergeConflict.

        Issues that the body names with a closing keyword are closed.

        The emulator puts the head's tree in the base branch's place, and so drops what was
        committed since. The branch is set right before anybody can look, and the webhooks that
        tell of it wait, and say what GitHub would have said.
        """
        held = self.relay.held() if self.relay else nullcontext()
        with held, self._undisturbed():
            pull = self._call("GET", f"/pulls/{number}")
            base_ref, head_ref = pull["base"]["ref"], pull["head"]["ref"]
            base, head = self._head(base_ref), self._head(head_ref)
            message = f"Merge pull request #{number} from {head_ref}\n\n{pull['title']}"
            merged = self._commit(self._merged(base, head), message, [base, head])
            wrong = self._call("PUT", f"/pulls/{number}/merge", {})["sha"]
            self._call("PATCH", f"/git/refs/heads/{base_ref}", {"sha": merged, "force": True})
            if self.relay:
                self._set_right(self.relay, wrong, base, merged)
            self.alias(wrong, merged)
            if base_ref == pull["base"]["repo"]["default_branch"]:
                for named in closing(pull["body"] or ""):
                    self.close_issue(named)
        return str(merged)

    def _set_right(self, relay: Relay, wrong: str, base: str, merged: str) -> None:
        relay.wait_for(lambda one: _merge_commit(one) == wrong)
        push = relay.wait_for(lambda one: one.event == "push" and one.payload["after"] == merged)
        told = {key: value for key, value in push.payload.items() if key != "commits"}
        right = relay.completed(replace(push, payload={**told, "before": base}))
        relay.amend(lambda one: right if one.guid == push.guid else one)

    def _merged(self, base: str, head: str) -> list[dict[str, Any]]:
        """The tree entries that turn ``base`` into the merge of both."""
        common = self._call("GET", f"/compare/{base}...{head}")["merge_base_commit"]["sha"]
        old, ours, theirs = self._tree(common), self._tree(base), self._tree(head)
        entries: list[dict[str, Any]] = []
        for path in sorted({*old, *theirs}):
            if theirs.get(path) == old.get(path) or ours.get(path) == theirs.get(path):
                continue
            if ours.get(path) != old.get(path):
                raise MergeConflict(path)
            mode, sha = theirs.get(path) or (old[path][0], None)
            entries.append({"path": path, "mode": mode, "type": "blob", "sha": sha})
        return entries

    def _tree(self, commit: str) -> dict[str, tuple[str, str | None]]:
        data = self._call("GET", f"/git/trees/{commit}?recursive=1")
        return {x["path"]: (x["mode"], x["sha"]) for x in data["tree"] if x["type"] == "blob"}

    def _commit(self, entries: list[dict[str, Any]], message: str, parents: list[str]) -> str:
        base = self._call("GET", f"/git/commits/{parents[0]}")["tree"]["sha"]
        tree = self._call("POST", "/git/trees", {"base_tree": base, "tree": entries})["sha"]
        fields = {"message": message, "tree": tree, "parents": parents}
        return str(self._call("POST", "/git/commits", fields)["sha"])

    def _put(self, path: str, text: str, message: str, branch: str | None, sha: str | None) -> str:
        fields = {"message": message, "content": base64.b64encode(text.encode()).decode()}
        if branch:
            fields["branch"] = branch
        if sha:
            fields["sha"] = sha
        return str(self._call("PUT", f"/contents/{quote(path)}", fields)["commit"]["sha"])

    def _file(self, path: str, branch: str | None) -> tuple[str, str]:
        ref = f"?ref={quote(branch, safe='')}" if branch else ""
        data = self._call("GET", f"/contents/{quote(path)}{ref}")
        return base64.b64decode(data["content"]).decode(), str(data["sha"])

    def _head(self, branch: str) -> str:
        return str(self._call("GET", f"/git/ref/heads/{branch}")["object"]["sha"])

    def _default_branch(self) -> str:
        return str(self._call("GET", "")["default_branch"])

    def _call(self, method: str, suffix: str, body: object = None) -> Any:
        return self.api.call(method, f"/repos/{self.repository}{suffix}", body)

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        with _ONE_AT_A_TIME, self.exclusive():
            yield


def _merge_commit(webhook: Webhook) -> object:
    pull = webhook.payload.get("pull_request")
    return pull.get("merge_commit_sha") if isinstance(pull, dict) else None
