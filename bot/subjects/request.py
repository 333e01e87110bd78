"""One plan request: an issue whose label asks for a plan, answered with a file and an issue.

Everything is looked up on GitHub before it is made: the commit by its trailer, the plan issue by
its marker, the comments by theirs. So a request that is asked twice, redelivered or cut short
between any two writes ends with one file, one issue and one comment each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote

from bot.changes import (
    Applied,
    AssignPeople,
    Change,
    CommitFiles,
    Decision,
    FileEdit,
    PostComment,
)
from bot.comments import render_comment
from bot.commits import parse_trailers, request_message
from bot.config import RepoConfig
from bot.edits import Edits
from bot.github.ports import (
    CommentSnapshot,
    FileSnapshot,
    GitHubReader,
    IssueSnapshot,
    RepoPath,
)
from bot.memory import OpenDelivery, PlanMemory, RequestMemory, SubjectKey
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.render import blob_sha, body_sha, parse_plan_marker, parse_status_marker
from bot.plans.scaffold import (
    SIBLING_TEMPLATES,
    PlanValues,
    placed,
    scaffold,
    scaffold_paths,
    values_from_request,
)
from bot.subjects.plan_issue import create_plan_issue, header_values
from bot.subjects.plan_recovery import find_status, is_ours
from bot.subjects.plan_status import status_comment
from bot.templates import read_template

MEMORY = RequestMemory
MAY_WRITE = frozenset({"admin", "maintain", "write"})
_ACCEPT = re.compile(r"\A/plan\s+accept\b")
# What answers a request may be dated before it: clocks of several servers, times cut to a second.
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RequestSnapshot:
    """A request as GitHub holds it: what it asks for, who may, and what was made of it already."""

    memory: RequestMemory
    issue: IssueSnapshot | None
    format: str = ""
    allowed: bool = False
    values: PlanValues | None = None
    defaulted: tuple[str, ...] = ()
    template: str = ""
    siblings: Mapping[str, str] = field(default_factory=dict)
    path: RepoPath | None = None
    commit: str = ""
    file: FileSnapshot | None = None
    existing: Mapping[str, FileSnapshot] = field(default_factory=dict)
    plan_issue: IssueSnapshot | None = None
    status: CommentSnapshot | None = None
    comments: tuple[CommentSnapshot, ...] = ()


def is_known(claim: str, memory: RequestMemory | None) -> bool:
    """True when the request was answered already."""
    return memory is not None and memory.state == "done"


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
    memory = memory or RequestMemory(key.repository_id, number)
    issue = reader.issue(number)
    plan_format = config.requested_format(issue.labels) if issue else None
    if issue is None or plan_format is None or parse_plan_marker(issue.body):
        return RequestSnapshot(memory, None)
    comments = tuple(reader.comments(number))
    if not _allowed(reader, issue, comments, deliveries):
        ours = tuple(comment for comment in comments if comment.ours)
        return RequestSnapshot(memory, issue, plan_format, comments=ours)
    made = _commit_of(reader, issue) or _merged(reader, memory)
    found = RequestSnapshot(
        memory=memory,
        issue=issue,
        format=plan_format,
        allowed=True,
        comments=tuple(comment for comment in comments if comment.ours),
    )
    if made is None:
        return _read_wish(reader, issue, found)
    sha, path = made
    plan_issue = _plan_issue(reader, issue, memory, path)
    return replace(
        found,
        path=path,
        commit=sha,
        defaulted=tuple(_values(reader, issue, plan_format)[1]),
        file=reader.file(path, ref=sha),
        plan_issue=plan_issue,
        status=find_status(reader, plan_issue.number) if plan_issue else None,
    )


def _read_wish(
    reader: GitHubReader, issue: IssueSnapshot, found: RequestSnapshot
) -> RequestSnapshot:
    """What the new plan is made of: template, values, its path, and what stands there already."""
    template = reader.file(RepoPath(f".github/plansync/templates/{found.format}.md"))
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
        template=template.text if template else read_template("plans", f"{found.format}.md"),
        siblings={
            name: read_template("plans", name) for name in SIBLING_TEMPLATES.get(found.format, ())
        },
        existing={path: file for path, file in existing.items() if file},
    )


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


def decide(snapshot: RequestSnapshot, config: RepoConfig) -> Decision:
    """The next thing that is missing: the file, the issue, the people, the two comments."""
    issue = snapshot.issue
    if issue is None:
        return Decision(note="the issue does not ask for a plan")
    if not snapshot.allowed:
        return _wait(snapshot, issue)
    if snapshot.values is not None and snapshot.memory.proposed is not None:
        return _tell_proposed(snapshot, issue, snapshot.memory.proposed)
    if snapshot.values is not None:
        return Decision((_commit(snapshot, issue, snapshot.values),), again=True)
    if snapshot.path is None or snapshot.file is None:
        return Decision(note=f"{snapshot.path} is gone from the commit that made it")
    if snapshot.plan_issue is None:
        new = create_plan_issue(snapshot.file.text, snapshot.path, issue.number, issue.title)
        return Decision((new,), again=True)
    missing = _unassigned(snapshot, snapshot.plan_issue)
    if missing and not _answered(snapshot):
        if snapshot.memory.state != "assigned":
            reason = f"The plan names {', '.join(missing)}"
            assign = AssignPeople(snapshot.plan_issue.number, missing, reason)
            return Decision((assign,), again=True)
        return Decision(_comments(snapshot, issue, snapshot.plan_issue, refused=missing))
    return Decision(_comments(snapshot, issue, snapshot.plan_issue))


def _wait(snapshot: RequestSnapshot, issue: IssueSnapshot) -> Decision:
    comment = render_comment("waiting.md", request=issue.number)
    if any(_marked(c.body, comment) for c in snapshot.comments):
        return Decision(note="the request waits for someone with write access")
    reason = "Neither the author nor the labeller may write to this repository"
    return Decision((PostComment(issue.number, comment, "waiting", reason),))


def _tell_proposed(snapshot: RequestSnapshot, issue: IssueSnapshot, pull: int) -> Decision:
    comment = render_comment("proposed.md", request=issue.number, pull=pull)
    note = f"the plan waits in #{pull}"
    if any(_marked(c.body, comment) for c in snapshot.comments):
        return Decision(note=note)
    reason = "The default branch takes no commits from plansync"
    return Decision((PostComment(issue.number, comment, "proposed", reason),), note=note)


def _commit(snapshot: RequestSnapshot, issue: IssueSnapshot, values: PlanValues) -> CommitFiles:
    existing = snapshot.existing
    made = scaffold(
        snapshot.format,
        values,
        snapshot.template,
        path=str(snapshot.path),
        siblings=snapshot.siblings,
        existing={path: file.text for path, file in existing.items()},
        body=issue.body,
    )
    edits = tuple(
        FileEdit(RepoPath(path), text, existing[path].blob_sha if path in existing else None)
        for path, text in made.files.items()
    )
    message = request_message(values.title, str(snapshot.path), issue.number)
    return CommitFiles(edits, message, f"#{issue.number} asks for a {snapshot.format}")


def _unassigned(snapshot: RequestSnapshot, plan_issue: IssueSnapshot) -> tuple[str, ...]:
    text = snapshot.file.text if snapshot.file else ""
    there = {login.casefold() for login in plan_issue.assignees}
    wanted = header_values(parse_document(text), "assignees")
    return tuple(login for login in wanted if login.casefold() not in there)


def _answered(snapshot: RequestSnapshot) -> bool:
    marker = f'<!-- plansync:answer request="{snapshot.memory.number}" -->'
    return any(comment.body.startswith(marker) for comment in snapshot.comments)


def _comments(
    snapshot: RequestSnapshot,
    issue: IssueSnapshot,
    plan_issue: IssueSnapshot,
    refused: Sequence[str] = (),
) -> tuple[Change, ...]:
    changes: list[Change] = []
    path, file = snapshot.path, snapshot.file
    if path is None or file is None:
        return ()
    if snapshot.status is None:
        status = status_comment(file.text, path, plan_issue.number, ())
        reason = "The plan issue has no status yet"
        changes.append(PostComment(plan_issue.number, status, "status", reason))
    if not _answered(snapshot):
        repo_url = plan_issue.url.partition("/issues/")[0]
        answer = render_comment(
            "answer.md",
            request=issue.number,
            issue=plan_issue.number,
            path=path,
            url=f"{repo_url}/blob/HEAD/{quote(path)}",
            defaulted=snapshot.defaulted,
            refused=refused,
        )
        changes.append(PostComment(issue.number, answer, "answer", "The plan is ready"))
    return tuple(changes)


def _marked(body: str, comment: str) -> bool:
    return body.startswith(comment.partition("\n")[0])


def remember(
    snapshot: RequestSnapshot, decision: Decision, applied: Sequence[Applied]
) -> tuple[RequestMemory | PlanMemory, ...]:
    """How far the request is; once it is answered, also the plan with its base."""
    memory = snapshot.memory
    if snapshot.issue is None:
        return ()
    memory = replace(memory, path=str(snapshot.path or ""))
    plan_issue = snapshot.plan_issue
    status = snapshot.status
    for done in applied:
        match done.change, done.result:
            case AssignPeople(), _:
                memory = replace(memory, state="assigned")
            case PostComment(role="status"), CommentSnapshot() as status:
                pass
            case _, IssueSnapshot(number=number):
                memory = replace(memory, issue_number=number)
    if not snapshot.allowed:
        return (replace(memory, state="waiting"),)
    if snapshot.values is not None and memory.proposed is not None:
        return (replace(memory, state="proposed"),)
    if decision.again or plan_issue is None or snapshot.file is None:
        return (memory,)
    done_memory = replace(memory, state="done", issue_number=plan_issue.number)
    return done_memory, _plan_memory(snapshot, plan_issue, snapshot.file, status)


def _plan_memory(
    snapshot: RequestSnapshot,
    plan_issue: IssueSnapshot,
    file: FileSnapshot,
    status: CommentSnapshot | None,
) -> PlanMemory:
    """The new plan: its base is what the request's commit wrote and the issue was made from."""
    plan = read_plan(file.path, parse_document(file.text))
    made = create_plan_issue(file.text, file.path, snapshot.memory.number)
    marker = parse_status_marker(status.body) if status else None
    return PlanMemory(
        repository_id=snapshot.memory.repository_id,
        path=str(file.path),
        format=plan.format if plan else snapshot.format,
        issue_number=plan_issue.number,
        request_number=snapshot.memory.number,
        base_text=file.text,
        base_blob=blob_sha(file.text),
        body_sha=body_sha(made.body),
        body_base=file.blob_sha,
        seen_bodies=(body_sha(made.body),),
        title=plan_issue.title,
        seen_commits=(snapshot.commit,),
        comment_id=status.id if status else None,
        comment_sha=body_sha(status.body) if status else "",
        facts=marker.facts if marker else (),
    )
