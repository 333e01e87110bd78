"""One repository of the fake, and every change that can be made to it, whoever makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.emulator.pulls import closing
from bot.github.ports import Refused
from bot.github.snapshots import Annotation, CheckOutput, RepoRef
from tests import fake_payloads as payloads
from tests.fake_git import Git

if TYPE_CHECKING:
    from tests.fake_github import FakeGitHub


@dataclass(slots=True)
class FakeIssue:
    number: int
    title: str
    body: str
    author: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: str | None = None


@dataclass(slots=True)
class FakeComment:
    id: int
    number: int
    body: str
    author: str
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(slots=True)
class FakePull:
    number: int
    head: str
    base: str
    draft: bool = False
    merge_commit: str | None = None
    merged_at: datetime | None = None
    merged_paths: tuple[str, ...] = ()
    last_head: str = ""
    merge_base: str = ""
    merged_by: str = ""
    base_sha: str = ""
    """The tip of the base branch when the pull request was opened."""
    fork: str = ""
    """The full name of the repository that the head is in, where it is another one."""


@dataclass(slots=True)
class FakeCheck:
    """A check run; ``annotations`` are those of every report, as GitHub adds them up."""

    id: int
    name: str
    head_sha: str
    external_id: str
    status: str = "queued"
    conclusion: str | None = None
    title: str = ""
    summary: str = ""
    annotations: list[Annotation] = field(default_factory=list)


@dataclass(slots=True)
class FakeRepository:
    """One repository and all that is in it; ``permissions`` maps a login to a role."""

    world: FakeGitHub
    id: int
    full_name: str
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    protected: bool = False
    has_issues: bool = True
    refuses: dict[str, Refused] = field(default_factory=dict)
    """What is refused for now: by a method's name, ``reads``, ``writes`` or ``any``."""
    git: Git = field(default_factory=Git)
    issues: dict[int, FakeIssue] = field(default_factory=dict)
    pulls: dict[int, FakePull] = field(default_factory=dict)
    comments: dict[int, FakeComment] = field(default_factory=dict)
    checks: dict[int, FakeCheck] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    milestones: dict[str, str] = field(default_factory=dict)
    sub_issues: dict[int, list[int]] = field(default_factory=dict)
    """The sub-issues of each issue, in order."""
    blocked: dict[int, list[int]] = field(default_factory=dict)
    """What each issue is blocked by."""
    unlisted_from: int | None = None
    """The first issue that no list has yet, though it can be read: lists lag behind."""
    has_relations: bool = True
    """Whether this GitHub knows sub-issues and dependencies."""
    permissions: dict[str, str] = field(default_factory=dict)
    reactions: list[tuple[int, str]] = field(default_factory=list)
    """What the App reacted with, by comment."""
    other_reactions: list[tuple[int, str]] = field(default_factory=list)
    """What anybody else did."""

    @property
    def ref(self) -> RepoRef:
        return RepoRef(self.id, self.full_name, self.world.installation_id)

    def url(self, suffix: str) -> str:
        return f"https://github.example/{self.full_name}{suffix}"

    def text(self, path: str, branch: str | None = None) -> str:
        """A file's text; raises KeyError when it is not there."""
        commit = self.git.commits[self.git.branches[branch or self.default_branch]]
        return self.git.blobs[commit.files[path]].decode("utf-8")

    def paths(self, branch: str | None = None) -> list[str]:
        """All files on a branch."""
        return sorted(self.git.commits[self.git.branches[branch or self.default_branch]].files)

    def is_listed(self, number: int) -> bool:
        return self.unlisted_from is None or number < self.unlisted_from

    def comments_on(self, number: int) -> list[FakeComment]:
        return [one for one in self.comments.values() if one.number == number]

    def head_of(self, pull: FakePull) -> str:
        return self.git.branches.get(pull.head, pull.last_head)

    # Every change, whoever makes it, goes through the methods below, and each says what it sends.

    def send(self, event: str, actor: str, payload: Mapping[str, Any]) -> None:
        self.world.deliver(self, event, actor, payload)

    def _issue_event(self, action: str, actor: str, issue: FakeIssue, **more: Any) -> None:
        issue.updated_at = self.world.now
        if issue.number in self.pulls:
            pull = payloads.pull(self, self.pulls[issue.number])
            payload = {"action": action, "number": issue.number, "pull_request": pull, **more}
            self.send("pull_request", actor, payload)
        else:
            self.send(
                "issues", actor, {"action": action, "issue": payloads.issue(self, issue), **more}
            )

    def open_issue(
        self,
        actor: str,
        title: str,
        body: str,
        labels: tuple[str, ...] = (),
        assignees: tuple[str, ...] = (),
        milestone: str | None = None,
    ) -> FakeIssue:
        issue = self._new_issue(actor, title, body)
        issue.labels = [self.known_label(actor, name) for name in dict.fromkeys(labels)]
        issue.assignees = list(assignees)
        issue.milestone = milestone
        self._issue_event("opened", actor, issue)
        for name in issue.labels:
            self._issue_event("labeled", actor, issue, label=payloads.label(self, name))
        for login in issue.assignees:
            who = payloads.account(self, login)
            self._issue_event("assigned", actor, issue, assignee=who)
        if milestone:
            self._issue_event("milestoned", actor, issue, milestone={"title": milestone})
        return issue

    def _new_issue(self, actor: str, title: str, body: str) -> FakeIssue:
        number = max([*self.issues, 0]) + 1
        now = self.world.tick()
        issue = FakeIssue(number, title, body, actor, now, now)
        self.issues[number] = issue
        return issue

    def edit_issue(self, actor: str, number: int, **changes: str | None) -> None:
        """New ``title``, ``body``, ``state`` or ``milestone``; what is None stays.

        https://docs.github.com/en/rest/issues/issues#update-an-issue: a ``state_reason`` counts
        where the state changes.
        """
        issue = self.issues[number]
        self.world.tick()
        former: dict[str, dict[str, str]] = {}
        for key in ("title", "body"):
            value = changes.get(key)
            if value is not None and value != getattr(issue, key):
                former[key] = {"from": getattr(issue, key)}
                setattr(issue, key, value)
        if former:
            self._issue_event("edited", actor, issue, changes=former)
        state = changes.get("state")
        if state is not None and state != issue.state:
            issue.state = state
            reason = "completed" if state == "closed" else "reopened"
            issue.state_reason = changes.get("state_reason") or reason
            self._issue_event("closed" if state == "closed" else "reopened", actor, issue)
        milestone = changes.get("milestone")
        if milestone is not None and milestone != issue.milestone:
            issue.milestone = milestone
            self._issue_event("milestoned", actor, issue, milestone={"title": milestone})

    def known_label(self, actor: str, name: str, color: str = "ededed") -> str:
        """The name under which the repository has this label; made when there is none."""
        for known in self.labels:
            if known.casefold() == name.casefold():
                return known
        self.labels[name] = color
        self.send("label", actor, {"action": "created", "label": payloads.label(self, name)})
        return name

    def add_labels(self, actor: str, number: int, names: tuple[str, ...]) -> None:
        issue = self.issues[number]
        self.world.tick()
        for name in names:
            known = self.known_label(actor, name)
            if known not in issue.labels:
                issue.labels.append(known)
                self._issue_event("labeled", actor, issue, label=payloads.label(self, known))

    def remove_label(self, actor: str, number: int, name: str) -> None:
        issue = self.issues[number]
        self.world.tick()
        for known in list(issue.labels):
            if known.casefold() == name.casefold():
                issue.labels.remove(known)
                self._issue_event("unlabeled", actor, issue, label=payloads.label(self, known))

    def assign(self, actor: str, number: int, logins: tuple[str, ...]) -> None:
        issue = self.issues[number]
        self.world.tick()
        for login in logins:
            if login in self.permissions and login not in issue.assignees:
                issue.assignees.append(login)
                who = payloads.account(self, login)
                self._issue_event("assigned", actor, issue, assignee=who)

    def unassign(self, actor: str, number: int, logins: tuple[str, ...]) -> None:
        issue = self.issues[number]
        self.world.tick()
        for login in logins:
            if login in issue.assignees:
                issue.assignees.remove(login)
                who = payloads.account(self, login)
                self._issue_event("unassigned", actor, issue, assignee=who)

    def add_comment(self, actor: str, number: int, body: str) -> FakeComment:
        issue = self.issues[number]
        issue.updated_at = self.world.tick()
        id_, now = self.world.next_comment(), self.world.now
        comment = FakeComment(id_, number, body, actor, created_at=now, updated_at=now)
        self.comments[comment.id] = comment
        self._comment_event("created", actor, comment)
        return comment

    def edit_comment(self, actor: str, comment_id: int, body: str) -> FakeComment:
        comment = self.comments[comment_id]
        comment.updated_at = self.world.tick()
        former, comment.body = comment.body, body
        self._comment_event("edited", actor, comment, changes={"body": {"from": former}})
        return comment

    def delete_comment(self, actor: str, comment_id: int) -> None:
        self.world.tick()
        comment = self.comments.pop(comment_id)
        self._comment_event("deleted", actor, comment)

    def _comment_event(self, action: str, actor: str, comment: FakeComment, **more: Any) -> None:
        issue = payloads.issue(self, self.issues[comment.number])
        body = {"action": action, "issue": issue, "comment": payloads.comment(self, comment)}
        self.send("issue_comment", actor, {**body, **more})

    def commit(
        self,
        actor: str,
        changes: Mapping[str, bytes | None],
        message: str,
        branch: str | None = None,
        merging: str | None = None,
    ) -> str:
        """A commit at the tip of a branch, pushed; with ``merging`` of that commit's tree."""
        branch = branch or self.default_branch
        parents = (self.git.branches[branch], *((merging,) if merging else ()))
        changes = self.git.onto(parents, changes)
        sha = self.git.commit(
            changes, message, parents=parents, author=actor, date=self.world.tick()
        )
        self.move(actor, branch, sha)
        return sha

    def delete_branch(self, actor: str, branch: str) -> None:
        """A branch that is no more; its open pull requests are closed."""
        if branch not in self.git.branches:
            return
        before = self.git.branches[branch]
        for pull in self.pulls.values():
            if pull.head == branch:
                pull.last_head = before
        del self.git.branches[branch]
        self.send("delete", actor, {"ref": branch, "ref_type": "branch"})
        self.send("push", actor, payloads.deleted(branch, before))
        for number, pull in self.pulls.items():
            if pull.head == branch:
                self.edit_issue(actor, number, state="closed")

    def move(self, actor: str, branch: str, sha: str) -> None:
        """A branch at another commit, or a new branch; open pull requests follow."""
        before = self.git.branches.get(branch)
        self.git.branches[branch] = sha
        if before is None:
            self.send("create", actor, {"ref": branch, "ref_type": "branch"})
        self.send("push", actor, payloads.push(self, branch, before, sha))
        for pull in self.pulls.values():
            if pull.head == branch and self.issues[pull.number].state == "open" and before:
                pull.last_head = sha
                more = {"before": before, "after": sha}
                self._issue_event("synchronize", actor, self.issues[pull.number], **more)

    def checks_on(self, head_sha: str) -> list[FakeCheck]:
        """The check runs of a commit, oldest first."""
        return [run for run in self.checks.values() if run.head_sha == head_sha]

    def _check_event(self, action: str, actor: str, run: FakeCheck) -> None:
        check = payloads.check(self, run)
        self.send("check_run", actor, {"action": action, "check_run": check})

    def add_check(self, actor: str, name: str, head_sha: str, external_id: str) -> FakeCheck:
        self.world.tick()
        run = FakeCheck(9000 + len(self.checks), name, head_sha, external_id)
        self.checks[run.id] = run
        self._check_event("created", actor, run)
        return run

    def report_check(
        self, actor: str, run: FakeCheck, output: CheckOutput, conclusion: str | None
    ) -> None:
        was, run.status = run.status, "completed" if conclusion else "in_progress"
        run.title, run.summary, run.conclusion = output.title, output.summary, conclusion
        run.annotations += output.annotations
        if was != "completed" and conclusion:
            self._check_event("completed", actor, run)

    def rerun_check(self, actor: str, run: FakeCheck) -> None:
        """Somebody presses “Re-run”: the run is queued again and has no conclusion.

        https://docs.github.com/en/rest/checks/runs#rerequest-a-check-run
        """
        self.world.tick()
        run.status, run.conclusion = "queued", None
        self._check_event("rerequested", actor, run)

    def queue_pull(self, actor: str, number: int, *before: int) -> str:
        """A merge group with this pull request in it, on top of those ``before`` it; gives the
        group's commit.

        https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group
        """
        pull, base = self.pulls[number], self.git.branches[self.pulls[number].base]
        head = base
        for each in (*before, number):
            said = f"Merge pull request #{each} from {self.pulls[each].head}"
            theirs = self.head_of(self.pulls[each])
            head = self.git.merge(head, theirs, said, author=actor, date=self.world.tick())
        branch = f"gh-readonly-queue/{pull.base}/pr-{number}-{base}"
        self.git.branches[branch] = head
        group = {"head_sha": head, "head_ref": f"refs/heads/{branch}", "base_sha": base,
                 "base_ref": f"refs/heads/{pull.base}"}  # fmt: skip
        self.send("merge_group", actor, {"action": "checks_requested", "merge_group": group})
        return head

    def open_pull(
        self,
        actor: str,
        head: str,
        base: str,
        title: str,
        body: str,
        draft: bool = False,
        fork: str = "",
    ) -> FakePull:
        issue = self._new_issue(actor, title, body)
        pull = FakePull(
            issue.number, head, base, draft, last_head=self.git.branches[head], fork=fork
        )
        pull.base_sha = self.git.branches[base]
        self.pulls[issue.number] = pull
        self._issue_event("opened", actor, issue)
        return pull

    def make_ready(self, actor: str, number: int) -> None:
        """An open draft is ready for review."""
        self.world.tick()
        self.pulls[number].draft = False
        self._issue_event("ready_for_review", actor, self.issues[number])

    def merge_pull(self, actor: str, number: int) -> str:
        """A true merge commit; closes the issues that the body names with a closing keyword."""
        pull, issue = self.pulls[number], self.issues[number]
        base, head = self.git.branches[pull.base], self.head_of(pull)
        pull.merged_paths = tuple(self.pull_paths(pull))
        pull.merge_base, pull.merged_by = self.merge_base_of(pull), actor
        now = self.world.tick()
        message = f"Merge pull request #{number} from {pull.head}\n\n{issue.title}"
        sha = self.git.merge(base, head, message, author=actor, date=now)
        pull.merge_commit, pull.merged_at, pull.last_head = sha, now, head
        issue.state = "closed"
        self.move(actor, pull.base, sha)
        self._issue_event("closed", actor, issue)
        if pull.base == self.default_branch:
            for named in closing(issue.body):
                if named in self.issues:
                    self.edit_issue(actor, named, state="closed")
        return sha

    def pull_paths(self, pull: FakePull) -> list[str]:
        if pull.merge_commit is not None:
            return list(pull.merged_paths)
        return self.git.changed(self.merge_base_of(pull), self.head_of(pull))

    def merge_base_of(self, pull: FakePull) -> str:
        """The commit that an open pull request's changes are counted from."""
        found = self.git.merge_base(self.git.branches[pull.base], self.head_of(pull))
        assert found is not None
        return found
