"""``GitHubWriter`` over the real API. https://docs.github.com/en/rest

A success counts only when the answer carries the number, id or sha of what was made.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.errors import Retryable, UserProblem
from bot.github import payloads
from bot.github.answers import (
    error_codes,
    failure,
    file_failure,
    is_gone,
    mapping,
    objects,
    ok,
    reference_failure,
)
from bot.github.answers import message as words_of
from bot.github.channel import Channel, branch_part, name_part, path_part
from bot.github.ports import Refused, Stale
from bot.github.snapshots import (
    CheckOutput,
    CheckSnapshot,
    CommentSnapshot,
    Committed,
    IssueSnapshot,
    Milestone,
    PullSnapshot,
    RepoPath,
    RepoRef,
)
from bot.plans.gitids import git_blob_id


class LiveWriter:
    """Writes to one repository; see ``bot.github.ports.GitHubWriter`` for each method's promise."""

    def __init__(self, channel: Channel, app_id: int, slug: Callable[[], str]) -> None:
        self._channel = channel
        self._app_id = app_id
        self._slug = slug

    @property
    def repo(self) -> RepoRef:
        return self._channel.repo

    def create_issue(
        self,
        title: str,
        body: str,
        *,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
        milestone: int | None = None,
    ) -> IssueSnapshot:
        """https://docs.github.com/en/rest/issues/issues#create-an-issue"""
        fields: dict[str, Any] = {"title": title, "body": body}
        if labels:
            fields["labels"] = list(labels)
        if assignees:
            fields["assignees"] = list(assignees)
        if milestone is not None:
            fields["milestone"] = milestone
        answer = self._channel.create("/issues", fields, what="creating an issue")
        return self._channel.value(answer, lambda a: payloads.issue(mapping(a)))

    def edit_issue(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
        state_reason: str | None = None,
        milestone: int | None = None,
    ) -> IssueSnapshot:
        """https://docs.github.com/en/rest/issues/issues#update-an-issue"""
        given = {
            "title": title,
            "body": body,
            "state": state,
            "state_reason": state_reason,
            "milestone": milestone,
        }
        fields = {key: value for key, value in given.items() if value is not None}
        suffix = f"/issues/{int(number)}"
        answer = self._channel.write("PATCH", suffix, fields, what=f"editing issue #{number}")
        return self._channel.value(answer, lambda a: payloads.issue(mapping(a)))

    def add_sub_issue(self, number: int, child_id: int) -> None:
        """https://docs.github.com/en/rest/issues/sub-issues#add-sub-issue"""
        suffix = f"/issues/{int(number)}/sub_issues"
        self._relate(suffix, {"sub_issue_id": int(child_id)}, f"adding a sub-issue to #{number}")

    def add_blocked_by(self, number: int, blocker_id: int) -> None:
        """https://docs.github.com/en/rest/issues/issue-dependencies#add-a-dependency-an-issue-is-blocked-by"""
        suffix = f"/issues/{int(number)}/dependencies/blocked_by"
        self._relate(suffix, {"issue_id": int(blocker_id)}, f"saying what blocks #{number}")

    def _relate(self, suffix: str, body: Mapping[str, int], what: str) -> None:
        """A relation that is refused because it is there already is there."""
        answer = self._channel.request("POST", suffix, body=body)
        if ok(answer):
            self._channel.value(answer, lambda a: payloads.number_of(mapping(a), "id"))
            return
        if answer.status == 422:
            there = self._channel.get(suffix, {"per_page": "100"})
            (wanted,) = body.values()
            if ok(there) and any(one.get("id") == wanted for one in objects(there)):
                return
        raise failure(answer, self._channel.clock(), what=what)

    def remove_blocked_by(self, number: int, blocker_id: int) -> None:
        """https://docs.github.com/en/rest/issues/issue-dependencies#remove-dependency-an-issue-is-blocked-by"""
        suffix = f"/issues/{int(number)}/dependencies/blocked_by/{int(blocker_id)}"
        answer = self._channel.request("DELETE", suffix)
        if not ok(answer) and not is_gone(answer):
            what = f"saying what blocks #{number} no more"
            raise failure(answer, self._channel.clock(), what=what)

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        """https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue"""
        suffix = f"/issues/{int(number)}/labels"
        body = {"labels": list(labels)}
        objects(self._channel.write("POST", suffix, body, what=f"labelling issue #{number}"))

    def remove_label(self, number: int, label: str) -> None:
        """https://docs.github.com/en/rest/issues/labels#remove-a-label-from-an-issue"""
        suffix = f"/issues/{int(number)}/labels/{name_part(label)}"
        answer = self._channel.request("DELETE", suffix)
        if not ok(answer) and not is_gone(answer):
            raise failure(answer, self._channel.clock(), what=f"unlabelling issue #{number}")

    def add_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        """https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue"""
        try:
            return self._assign(number, logins)
        except Refused as refused:
            if refused.status != 422:
                raise
        # One unknown login must not cost the others their place.
        for login in logins if len(logins) > 1 else ():
            try:
                self._assign(number, [login])
            except Refused as refused:
                if refused.status != 422:
                    raise
        answer = self._channel.get(f"/issues/{int(number)}")
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what=f"reading issue #{number}")
        return self._channel.value(answer, lambda a: payloads.issue(mapping(a)).assignees)

    def remove_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        """https://docs.github.com/en/rest/issues/assignees#remove-assignees-from-an-issue"""
        suffix, body = f"/issues/{int(number)}/assignees", {"assignees": list(logins)}
        answer = self._channel.write("DELETE", suffix, body, what=f"unassigning issue #{number}")
        return self._channel.value(answer, lambda a: payloads.issue(mapping(a)).assignees)

    def _assign(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        suffix = f"/issues/{int(number)}/assignees"
        body = {"assignees": list(logins)}
        answer = self._channel.write("POST", suffix, body, what=f"assigning issue #{number}")
        return self._channel.value(answer, lambda a: payloads.issue(mapping(a)).assignees)

    def create_label(self, name: str, color: str, description: str) -> None:
        """https://docs.github.com/en/rest/issues/labels#create-a-label"""
        body = {"name": name, "color": color, "description": description}
        answer = self._channel.request("POST", "/labels", body=body)
        if ok(answer):
            self._channel.value(answer, lambda a: payloads.number_of(mapping(a), "id"))
            return
        exists = answer.status == 422 and (
            "already_exists" in error_codes(answer)
            or ok(self._channel.get(f"/labels/{name_part(name)}"))
        )
        if not exists:
            raise failure(answer, self._channel.clock(), what=f"creating the label {name!r}")

    def create_milestone(self, title: str) -> Milestone:
        """https://docs.github.com/en/rest/issues/milestones#create-a-milestone"""
        what = f"creating the milestone {title!r}"
        answer = self._channel.create("/milestones", {"title": title}, what=what)
        return self._channel.value(answer, lambda a: payloads.milestone(mapping(a)))

    def create_comment(self, number: int, body: str) -> CommentSnapshot:
        """https://docs.github.com/en/rest/issues/comments#create-an-issue-comment"""
        slug = self._slug()
        suffix = f"/issues/{int(number)}/comments"
        what = f"commenting on #{number}"
        answer = self._channel.create(suffix, {"body": body}, what=what)
        return self._channel.value(
            answer, lambda a: payloads.comment(mapping(a), app_id=self._app_id, app_slug=slug)
        )

    def edit_comment(self, comment_id: int, body: str) -> CommentSnapshot:
        """https://docs.github.com/en/rest/issues/comments#update-an-issue-comment"""
        slug = self._slug()
        suffix = f"/issues/comments/{int(comment_id)}"
        answer = self._channel.write("PATCH", suffix, {"body": body}, what="editing a comment")
        return self._channel.value(
            answer, lambda a: payloads.comment(mapping(a), app_id=self._app_id, app_slug=slug)
        )

    def put_file(
        self,
        path: RepoPath,
        text: str,
        message: str,
        *,
        expected_blob: str | None,
        branch: str | None = None,
    ) -> Committed:
        """https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents"""
        data = _writable(path, text)
        fields: dict[str, Any] = {"message": message, "content": base64.b64encode(data).decode()}
        if expected_blob is not None:
            fields["sha"] = expected_blob
        if branch is not None:
            fields["branch"] = branch
        what = f"writing {path}"
        answer = self._channel.request("PUT", f"/contents/{path_part(path)}", body=fields)
        if not ok(answer):
            raise file_failure(answer, self._channel.clock(), what=what)
        return self._channel.value(answer, lambda a: _committed(path, mapping(a)))

    def commit_files(
        self,
        files: Mapping[RepoPath, str | None],
        message: str,
        *,
        expected_head: str,
        branch: str,
        merging: str | None = None,
    ) -> Committed:
        """Four requests; only the last one is seen by others.

        https://docs.github.com/en/rest/git/trees#create-a-tree
        """
        entries: list[dict[str, Any]] = []
        blobs: list[tuple[str, str]] = []
        for path, text in files.items():
            entry: dict[str, Any] = {"path": str(RepoPath(path)), "mode": "100644", "type": "blob"}
            if text is None:
                _writable(path, "")
                entry["sha"] = None
            else:
                blobs.append((str(path), git_blob_id(_writable(path, text))))
                entry["content"] = text
            entries.append(entry)
        base_tree = self._tree(merging or expected_head)
        tree = self._made("/git/trees", {"base_tree": base_tree, "tree": entries})
        parents = [expected_head, *([merging] if merging else [])]
        fields = {"message": message, "tree": tree, "parents": parents}
        commit = self._made("/git/commits", fields)
        self._move(branch, commit)
        return Committed(commit, tuple(blobs))

    def _tree(self, commit: str) -> str:
        answer = self._channel.get(f"/git/commits/{name_part(commit)}")
        if is_gone(answer):
            raise Stale(f"The commit {commit[:7]} is gone.")
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what="reading a commit")
        return self._channel.value(
            answer, lambda a: payloads.text_of(payloads.part_of(mapping(a), "tree"), "sha")
        )

    def _made(self, suffix: str, body: object) -> str:
        answer = self._channel.write("POST", suffix, body, what="preparing a commit")
        return self._channel.value(answer, lambda a: payloads.text_of(mapping(a), "sha"))

    def _move(self, branch: str, commit: str) -> None:
        body = {"sha": commit, "force": False}
        answer = self._channel.request("PATCH", f"/git/refs/heads/{branch_part(branch)}", body=body)
        if not ok(answer):
            raise reference_failure(answer, self._channel.clock(), what=f"moving {branch}")
        moved = self._channel.value(
            answer, lambda a: payloads.text_of(payloads.part_of(mapping(a), "object"), "sha")
        )
        if moved != commit:
            raise Stale(f"{branch} is at {moved[:7]}, not at the commit just made.")

    def create_branch(self, branch: str, sha: str) -> None:
        """https://docs.github.com/en/rest/git/refs#create-a-reference"""
        branch_part(branch)
        body = {"ref": f"refs/heads/{branch}", "sha": sha}
        answer = self._channel.request("POST", "/git/refs", body=body)
        if answer.status == 422 and "already exists" in words_of(answer).lower():
            raise Stale(f"There is a branch {branch} already.")
        if not ok(answer):
            raise failure(answer, self._channel.clock(), what=f"creating the branch {branch}")
        self._channel.value(
            answer, lambda a: payloads.text_of(payloads.part_of(mapping(a), "object"), "sha")
        )

    def delete_branch(self, branch: str) -> None:
        """https://docs.github.com/en/rest/git/refs#delete-a-reference"""
        answer = self._channel.request("DELETE", f"/git/refs/heads/{branch_part(branch)}")
        gone = is_gone(answer) or (
            answer.status == 422 and "does not exist" in words_of(answer).lower()
        )
        if not ok(answer) and not gone:
            raise failure(answer, self._channel.clock(), what=f"deleting the branch {branch}")

    def create_pull(self, title: str, body: str, *, head: str, base: str) -> PullSnapshot:
        """https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request"""
        fields = {"title": title, "body": body, "head": head, "base": base}
        answer = self._channel.create("/pulls", fields, what="opening a pull request")
        return self._channel.value(answer, lambda a: payloads.pull(mapping(a)))

    def edit_pull(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
    ) -> PullSnapshot:
        """https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request"""
        given = {"title": title, "body": body, "state": state}
        fields = {key: value for key, value in given.items() if value is not None}
        what = f"editing pull request #{number}"
        answer = self._channel.write("PATCH", f"/pulls/{int(number)}", fields, what=what)
        return self._channel.value(answer, lambda a: payloads.pull(mapping(a)))

    def create_check(
        self,
        name: str,
        head_sha: str,
        output: CheckOutput,
        *,
        external_id: str,
        conclusion: str | None,
    ) -> CheckSnapshot:
        """https://docs.github.com/en/rest/checks/runs#create-a-check-run"""
        fields = {"name": name, "head_sha": head_sha, "external_id": external_id}
        body = fields | _check_fields(output, conclusion)
        answer = self._channel.create("/check-runs", body, what="reporting a check")
        return self._channel.value(answer, lambda a: payloads.check(mapping(a)))

    def extend_check(
        self, check_id: int, output: CheckOutput, *, conclusion: str | None
    ) -> CheckSnapshot:
        """https://docs.github.com/en/rest/checks/runs#update-a-check-run"""
        suffix = f"/check-runs/{int(check_id)}"
        body = _check_fields(output, conclusion)
        answer = self._channel.write("PATCH", suffix, body, what="reporting a check")
        return self._channel.value(answer, lambda a: payloads.check(mapping(a)))

    def react(self, comment_id: int, reaction: str) -> None:
        """https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment"""
        suffix = f"/issues/comments/{int(comment_id)}/reactions"
        try:
            self._channel.request("POST", suffix, body={"content": reaction})
        except (Retryable, Refused):
            return


def _check_fields(output: CheckOutput, conclusion: str | None) -> dict[str, Any]:
    annotations = [
        {
            "path": one.path,
            "start_line": one.line,
            "end_line": one.line,
            "annotation_level": one.level,
            "title": one.title,
            "message": one.message,
        }
        for one in output.annotations
    ]
    said = {"title": output.title, "summary": output.summary, "annotations": annotations}
    if conclusion is None:
        return {"status": "in_progress", "output": said}
    return {"status": "completed", "conclusion": conclusion, "output": said}


def _writable(path: RepoPath, text: str) -> bytes:
    if not RepoPath(path).writable:
        raise Refused(403, "plansync never writes under .github.", f"writing {path}")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserProblem(f"The text of {path} has half a character in it.", path=path) from error


def _committed(path: RepoPath, data: payloads.Data) -> Committed:
    blob = payloads.text_of(payloads.part_of(data, "content"), "sha")
    commit = payloads.text_of(payloads.part_of(data, "commit"), "sha")
    return Committed(commit, ((str(path), blob),))
