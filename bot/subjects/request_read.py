"""Read one plan request: who asks for what, and what was made of it so far."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.commits import parse_trailers
from bot.config import RepoConfig
from bot.edits import Edits
from bot.errors import UserProblem
from bot.github.ports import MAY_WRITE, GitHubReader
from bot.github.snapshots import CommentSnapshot, FileSnapshot, IssueSnapshot, RepoPath
from bot.memory import OpenDelivery, RequestMemory, SubjectKey
from bot.plans.document import parse_document
from bot.plans.issue_parts import IssueParts, issue_parts
from bot.plans.model import Problem
from bot.plans.pasted import pasted_plan
from bot.plans.render import parse_plan_marker
from bot.plans.scaffold import (
    SIBLING_TEMPLATES,
    PlanValues,
    choose_template,
    placed,
    scaffold_paths,
    template_path,
    values_from_request,
)
from bot.subjects.plan_companions import together
from bot.subjects.plan_recovery import find_status, is_ours
from bot.templates import read_template

_ACCEPT = re.compile(r"\A/plan\s+accept\b")
# What answers a request may be dated before it: clocks of several servers, times cut to a second.
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RequestSnapshot:
    """A request as GitHub holds it: what it asks for, who may, and what was made of it already.

    ``commit`` is the commit that brought the plan, "" while there is none: then ``override``,
    ``siblings`` and ``existing`` say what it will be made of. ``parts`` is what the plan issue is
    made with; ``problems`` are those of what the plan was made of, for the answer to tell.
    """

    memory: RequestMemory
    issue: IssueSnapshot | None
    format: str = ""
    allowed: bool = False
    values: PlanValues | None = None
    defaulted: tuple[str, ...] = ()
    override: str | None = None
    siblings: Mapping[str, str] = field(default_factory=dict)
    path: RepoPath | None = None
    commit: str = ""
    file: FileSnapshot | None = None
    existing: Mapping[str, FileSnapshot] = field(default_factory=dict)
    plan_issue: IssueSnapshot | None = None
    parts: IssueParts | None = None
    status: CommentSnapshot | None = None
    comments: tuple[CommentSnapshot, ...] = ()
    problems: tuple[Problem, ...] = ()
    refused_template: bool = False

    @property
    def answered(self) -> bool:
        """Whether the comment that answers the request is there."""
        marker = f'<!-- plansync:answer request="{self.memory.number}" -->'
        return any(comment.body.startswith(marker) for comment in self.comments)

    @property
    def unassigned(self) -> tuple[str, ...]:
        """The people whom the plan names and who are not assigned to its issue."""
        if self.parts is None or self.plan_issue is None:
            return ()
        there = {login.casefold() for login in self.plan_issue.assignees}
        return tuple(login for login in self.parts.assignees if login.casefold() not in there)

    @property
    def assigns(self) -> bool:
        """Whether people are still to be assigned; it is tried once, and then told."""
        return bool(self.unassigned) and not self.answered and self.memory.state != "assigned"


def read(
    key: SubjectKey,
    reader: GitHubReader,
    memory: RequestMemory | None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
    edit_of: Edits,
) -> RequestSnapshot:
    """The request issue, who asked, and the commit, issue and comments made for it so far."""
    number = int(key.name)
    reader, _ = together(reader)
    memory = memory or RequestMemory(key.repository_id, number)
    issue = reader.issue(number)
    plan_format = config.requested_format(issue.labels) if issue else None
    if issue is None or plan_format is None or parse_plan_marker(issue.body):
        return RequestSnapshot(memory, None)
    comments = tuple(reader.comments(number))
    allowed = _allowed(reader, issue, comments, deliveries)
    ours = tuple(comment for comment in comments if comment.ours)
    found = RequestSnapshot(memory, issue, plan_format, allowed, comments=ours)
    if not allowed:
        return found
    made = _commit_of(reader, issue) or _merged(reader, memory)
    if made is not None:
        return _read_made(reader, issue, found, *made, people=config.people)
    return found if issue.state == "closed" else _read_wish(reader, issue, found)


def _read_wish(
    reader: GitHubReader, issue: IssueSnapshot, found: RequestSnapshot
) -> RequestSnapshot:
    """What the new plan is made of: template, values, its path, and what stands there already."""
    override, _ = _override(reader, found.format)
    repository = reader.repository()
    head = reader.head(repository.default_branch) or ""
    values, _ = _values(reader, issue, found.format, repository.default_branch, head)
    existing: dict[str, FileSnapshot | None] = {}

    def taken(path: str) -> bool:
        existing[path] = reader.file(RepoPath(path))
        return existing[path] is not None

    path, values = placed(found.format, values, taken)
    for beside in scaffold_paths(found.format, path):
        if beside not in existing:
            taken(beside)
    return replace(
        found,
        path=RepoPath(path),
        values=values,
        override=override,
        siblings={
            name: read_template("plans", name) for name in SIBLING_TEMPLATES.get(found.format, ())
        },
        existing={path: file for path, file in existing.items() if file},
    )


def _read_made(
    reader: GitHubReader,
    issue: IssueSnapshot,
    found: RequestSnapshot,
    sha: str,
    path: RepoPath,
    *,
    people: Mapping[str, str],
) -> RequestSnapshot:
    """The plan that a commit brought, its issue and status, and what is still to be told of it."""
    values, defaulted = _values(reader, issue, found.format)
    file = reader.file(path, ref=sha)
    plan_issue = _plan_issue(reader, issue, found.memory, path)
    found = replace(found, path=path, commit=sha, file=file, values=values, plan_issue=plan_issue)
    if file is None:
        return found
    document = parse_document(file.text)
    parts = issue_parts(
        path,
        document,
        format=found.format,
        title=values.title,
        author=values.author,
        people=people,
    )
    found = replace(found, parts=parts, defaulted=(*defaulted, *parts.defaulted))
    if plan_issue is None or found.assigns:
        return found
    found = replace(found, status=find_status(reader, plan_issue.number))
    return found if found.answered else _with_problems(reader, issue, found)


def _with_problems(
    reader: GitHubReader, issue: IssueSnapshot, found: RequestSnapshot
) -> RequestSnapshot:
    """What was wrong with the request's own text, or with the template that stood beside it."""
    text, problems = pasted_plan(found.format, issue.body)
    if text:
        return replace(found, problems=problems)
    override, problem = _override(reader, found.format, found.commit)
    if problem is not None:
        return replace(found, problems=(problem,), refused_template=True)
    ours = read_template("plans", f"{found.format}.md")
    chosen = choose_template(found.format, ours, override, str(found.path))
    return replace(found, problems=chosen.problems, refused_template=chosen.refused)


def _override(
    reader: GitHubReader, plan_format: str, ref: str | None = None
) -> tuple[str | None, Problem | None]:
    """The repository's own template, or what is wrong with a file that cannot be one."""
    path = template_path(plan_format)
    try:
        file = reader.file(RepoPath(path), ref=ref)
    except UserProblem as problem:
        fix = problem.fix or "Mend the template, or delete it to use plansync's own."
        return None, Problem("template-unreadable", problem.message, fix, path=path)
    return (file.text if file else None), None


def _values(
    reader: GitHubReader, issue: IssueSnapshot, plan_format: str, branch: str = "", head: str = ""
) -> tuple[PlanValues, list[str]]:
    return values_from_request(
        title=issue.title,
        body=issue.body,
        author=issue.author.login,
        repository=reader.repo.name,
        number=issue.number,
        created_at=issue.created_at,
        format=plan_format,
        branch=branch,
        commit=head,
    )


def _allowed(
    reader: GitHubReader,
    issue: IssueSnapshot,
    comments: Sequence[CommentSnapshot],
    deliveries: Sequence[OpenDelivery],
) -> bool:
    """Author, labeller or whoever wrote ``/plan accept`` may write to the repository.

    A request that this App opened itself was ordered by somebody who may.
    """
    if is_ours(issue, reader.app_slug):
        return True
    people = [issue.author.login]
    people += [d.actor_login for d in deliveries if d.event == "issues" and d.action == "labeled"]
    people += [c.author.login for c in comments if not c.ours and _ACCEPT.match(c.body)]
    return any(reader.permission(login) in MAY_WRITE for login in dict.fromkeys(people))


def _commit_of(reader: GitHubReader, issue: IssueSnapshot) -> tuple[str, RepoPath] | None:
    """The commit that answered this request, and the plan file it made."""
    for commit in reversed(reader.commits(since=issue.created_at - _CLOCKS_DIFFER)):
        answered = parse_trailers(commit.message)
        if answered and answered[0] == issue.number:
            return commit.sha, RepoPath(answered[1])
    return None


def _merged(reader: GitHubReader, memory: RequestMemory) -> tuple[str, RepoPath] | None:
    """The commit that brought a proposed plan, when its own trailer was lost in a squash."""
    if memory.proposed is None or not memory.path:
        return None
    path = RepoPath(memory.path)
    commits = reader.commits(path=path)
    return (commits[0].sha, path) if commits and reader.file(path) else None


def _plan_issue(
    reader: GitHubReader, request: IssueSnapshot, memory: RequestMemory, path: str
) -> IssueSnapshot | None:
    if memory.issue_number is not None:
        return reader.issue(memory.issue_number)
    for issue in reader.issues(since=request.created_at - _CLOCKS_DIFFER):
        marker = parse_plan_marker(issue.body)
        if marker and marker.path == path and is_ours(issue, reader.app_slug):
            return issue
    return None
