"""A ``GitHubWriter`` of the fake, with the promises of ``bot.github.ports``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

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
)
from tests import fake_payloads as payloads
from tests.fake_bound import Bound, writes

if TYPE_CHECKING:
    from tests.fake_github import FakeIssue

MOST_BODY = 65_536
MOST_LABEL = 50
MOST_SUB_ISSUES = 100
MOST_BLOCKING = 50
MOST_SUMMARY = 65_535
MOST_ANNOTATIONS = 50


class FakeWriter(Bound):
    """A ``GitHubWriter`` of the fake; everything is done as the App's bot."""

    @writes
    def create_issue(
        self,
        title: str,
        body: str,
        *,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
        milestone: int | None = None,
    ) -> IssueSnapshot:
        self._check_issues()
        if not title.strip():
            raise Refused(422, "title is missing", "creating an issue")
        self._check_body(body)
        self._check_labels(labels)
        if any(login not in self._it.permissions for login in assignees):
            raise Refused(422, "assignees is invalid", "creating an issue")
        issue = self._it.open_issue(
            self.world.bot,
            title,
            body,
            tuple(labels),
            tuple(assignees),
            self._milestone(milestone),
        )
        return self._issue(issue)

    @writes
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
        issue = self._existing(number)
        self._check_body(body or "")
        named = self._milestone(milestone)
        self._it.edit_issue(
            self.world.bot,
            number,
            title=title,
            body=body,
            state=state,
            state_reason=state_reason,
            milestone=named,
        )
        return self._issue(issue)

    @writes
    def add_sub_issue(self, number: int, child_id: int) -> None:
        child, relations = self._by_id(child_id), self._it.sub_issues
        there = relations.setdefault(self._relating(number), [])
        if child in there:
            return
        if any(child in others for others in relations.values()):
            raise Refused(422, "Sub issue may only have one parent", "adding a sub-issue")
        if child == number or len(there) >= MOST_SUB_ISSUES:
            raise Refused(422, "Parent cannot have more than 100 sub-issues", "adding a sub-issue")
        there.append(child)

    @writes
    def add_blocked_by(self, number: int, blocker_id: int) -> None:
        blocker, relations = self._by_id(blocker_id), self._it.blocked
        there = relations.setdefault(self._relating(number), [])
        if blocker in there:
            return
        if blocker == number or number in relations.get(blocker, ()):
            raise Refused(422, "Issues cannot block one another", "saying what blocks an issue")
        if len(there) >= MOST_BLOCKING:
            raise Refused(422, "Too many dependencies", "saying what blocks an issue")
        there.append(blocker)

    @writes
    def remove_blocked_by(self, number: int, blocker_id: int) -> None:
        there = self._it.blocked.get(number, [])
        blocker = self._by_id(blocker_id, missing=0)
        if blocker in there:
            there.remove(blocker)

    def _relating(self, number: int) -> int:
        if not self._it.has_relations:
            raise Refused(404, "Not Found", f"relating #{number}")
        return self._existing(number).number

    def _by_id(self, issue_id: int, missing: int | None = None) -> int:
        for number in self._it.issues:
            if payloads.issue_id(self._it, number) == issue_id:
                return number
        if missing is not None:
            return missing
        raise Refused(404, "Not Found", "relating issues")

    @writes
    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        self._existing(number)
        self._check_labels(labels)
        self._it.add_labels(self.world.bot, number, tuple(labels))

    @writes
    def remove_label(self, number: int, label: str) -> None:
        if number in self._it.issues:
            self._it.remove_label(self.world.bot, number, label)

    @writes
    def add_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        issue = self._existing(number)
        self._it.assign(self.world.bot, number, tuple(logins))
        return tuple(issue.assignees)

    @writes
    def remove_assignees(self, number: int, logins: Sequence[str]) -> tuple[str, ...]:
        issue = self._existing(number)
        self._it.unassign(self.world.bot, number, tuple(logins))
        return tuple(issue.assignees)

    @writes
    def create_label(self, name: str, color: str, description: str) -> None:
        self._check_labels([name])
        self._it.known_label(self.world.bot, name, color)

    @writes
    def create_milestone(self, title: str) -> Milestone:
        if title in self._it.milestones:
            raise Refused(422, "already_exists title", f"creating the milestone {title!r}")
        self._it.milestones[title] = "open"
        return Milestone(len(self._it.milestones), title)

    @writes
    def create_comment(self, number: int, body: str) -> CommentSnapshot:
        self._existing(number)
        self._check_body(body)
        if not body.strip():
            raise Refused(422, "body cannot be blank", f"commenting on #{number}")
        return self._comment(self._it.add_comment(self.world.bot, number, body))

    @writes
    def edit_comment(self, comment_id: int, body: str) -> CommentSnapshot:
        if comment_id not in self._it.comments:
            raise Refused(404, "Not Found", "editing a comment")
        self._check_body(body)
        return self._comment(self._it.edit_comment(self.world.bot, comment_id, body))

    @writes
    def put_file(
        self,
        path: RepoPath,
        text: str,
        message: str,
        *,
        expected_blob: str | None,
        branch: str | None = None,
    ) -> Committed:
        branch = self._open_branch(branch)
        self._check_path(path)
        git = self._it.git
        there = git.commits[git.branches[branch]].files.get(path)
        if there != expected_blob:
            raise Stale(f"{path} is {there}, not {expected_blob}")
        sha = self._it.commit(self.world.bot, {path: text.encode("utf-8")}, message, branch)
        return Committed(sha, ((str(path), git.commits[sha].files[path]),))

    @writes
    def commit_files(
        self,
        files: Mapping[RepoPath, str | None],
        message: str,
        *,
        expected_head: str,
        branch: str,
        merging: str | None = None,
    ) -> Committed:
        branch = self._open_branch(branch)
        for path in files:
            self._check_path(path)
        git = self._it.git
        if git.branches[branch] != expected_head:
            raise Stale(f"{branch} is at {git.branches[branch]}, not at {expected_head}")
        for path, text in files.items():
            if text is None and path not in git.commits[merging or expected_head].files:
                raise Refused(422, f"{path} does not exist", "preparing a commit")
        changes = {
            str(path): None if text is None else text.encode("utf-8")
            for path, text in files.items()
        }
        sha = self._it.commit(self.world.bot, changes, message, branch, merging)
        written = git.commits[sha].files
        return Committed(sha, tuple((p, written[p]) for p in changes if changes[p] is not None))

    @writes
    def create_branch(self, branch: str, sha: str) -> None:
        if branch in self._it.git.branches:
            raise Stale(f"There is a branch {branch} already.")
        if sha not in self._it.git.commits:
            raise Refused(422, "Object does not exist", f"creating the branch {branch}")
        self._it.move(self.world.bot, branch, sha)

    @writes
    def delete_branch(self, branch: str) -> None:
        self._it.delete_branch(self.world.bot, branch)

    @writes
    def create_pull(self, title: str, body: str, *, head: str, base: str) -> PullSnapshot:
        it, git = self._it, self._it.git
        if head not in git.branches or base not in git.branches:
            raise Refused(422, "Validation Failed; invalid head", "opening a pull request")
        if not set(git.ancestors(git.branches[head])) - set(git.ancestors(git.branches[base])):
            raise Refused(422, f"No commits between {base} and {head}", "opening a pull request")
        there = [n for n, one in it.pulls.items() if one.head == head]
        if any(it.issues[number].state == "open" for number in there):
            raise Refused(422, "A pull request already exists", "opening a pull request")
        return self._pull(it.open_pull(self.world.bot, head, base, title, body).number)

    @writes
    def edit_pull(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        state: str | None = None,
    ) -> PullSnapshot:
        if number not in self._it.pulls:
            raise Refused(404, "Not Found", f"editing pull request #{number}")
        self._it.edit_issue(self.world.bot, number, title=title, body=body, state=state)
        return self._pull(number)

    @writes
    def create_check(
        self,
        name: str,
        head_sha: str,
        output: CheckOutput,
        *,
        external_id: str,
        conclusion: str | None,
    ) -> CheckSnapshot:
        if head_sha not in self._it.git.commits:
            raise Refused(422, f"No commit found for SHA: {head_sha}", "reporting a check")
        self._check_output(output)
        run = self._it.add_check(self.world.bot, name, head_sha, external_id)
        self._it.report_check(self.world.bot, run, output, conclusion)
        return self._check_run(run)

    @writes
    def extend_check(
        self, check_id: int, output: CheckOutput, *, conclusion: str | None
    ) -> CheckSnapshot:
        if check_id not in self._it.checks:
            raise Refused(404, "Not Found", "reporting a check")
        self._check_output(output)
        run = self._it.checks[check_id]
        self._it.report_check(self.world.bot, run, output, conclusion)
        return self._check_run(run)

    @staticmethod
    def _check_output(output: CheckOutput) -> None:
        if len(output.annotations) > MOST_ANNOTATIONS:
            raise Refused(422, "Invalid request. No more than 50 items are allowed")
        if len(output.summary) > MOST_SUMMARY:
            raise Refused(422, "Only 65535 characters are allowed")
        if not output.title or not output.summary:
            raise Refused(422, "title and summary are required")
        if any(one.line < 1 or not one.message for one in output.annotations):
            raise Refused(422, "Invalid annotation")

    @writes
    def react(self, comment_id: int, reaction: str) -> None:
        known = (comment_id, reaction) in self._it.reactions
        if comment_id in self._it.comments and not known:
            self._it.reactions.append((comment_id, reaction))

    def _existing(self, number: int) -> FakeIssue:
        if number not in self._it.pulls:
            self._check_issues()
        try:
            return self._it.issues[number]
        except KeyError:
            raise Refused(404, "Not Found", f"#{number}") from None

    def _milestone(self, number: int | None) -> str | None:
        if number is None:
            return None
        titles = list(self._it.milestones)
        if not 1 <= number <= len(titles):
            raise Refused(422, "milestone is invalid")
        return titles[number - 1]

    def _open_branch(self, branch: str | None) -> str:
        branch = branch or self._it.default_branch
        if branch not in self._it.git.branches:
            raise Refused(404, f"Branch {branch} not found")
        if self._it.protected and branch == self._it.default_branch:
            raise Refused(409, "Changes must be made through a pull request.", "writing a file")
        return branch

    @staticmethod
    def _check_path(path: RepoPath) -> None:
        if not RepoPath(path).writable:
            raise Refused(403, "plansync never writes under .github.", f"writing {path}")

    @staticmethod
    def _check_labels(names: Sequence[str]) -> None:
        if any(len(name) > MOST_LABEL for name in names):
            raise Refused(422, "name is too long (maximum is 50 characters)", "naming a label")

    @staticmethod
    def _check_body(body: str) -> None:
        if len(body) > MOST_BODY:
            raise Refused(422, "body is too long (maximum is 65536 characters)")
