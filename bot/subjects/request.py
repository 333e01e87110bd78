"""One plan request: an issue whose label asks for a plan, answered with a file and an issue.

Everything is looked up on GitHub before it is made: the commit by its trailer, the plan issue by
its marker, the comments by theirs. So a request that is asked twice, redelivered or cut short
between any two writes ends with one file, one issue and one comment each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from bot.commits import request_message
from bot.config import RepoConfig
from bot.github.snapshots import CommentSnapshot, FileSnapshot, IssueSnapshot, RepoPath
from bot.memory import PlanMemory, RequestMemory
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.issue_parts import IssueParts
from bot.plans.model import Problem
from bot.plans.render import blob_sha, body_sha, parse_status_marker
from bot.plans.scaffold import PlanValues, scaffold
from bot.subjects.plan_header import theirs
from bot.subjects.plan_issue import create_plan_issue
from bot.subjects.plan_status import status_comment
from bot.subjects.request_read import RequestSnapshot, read
from bot.templates import read_template

__all__ = ["MEMORY", "RequestSnapshot", "decide", "is_known", "read", "remember"]

MEMORY = RequestMemory


def is_known(claim: str, memory: RequestMemory | None) -> bool:
    """True when the request was answered already."""
    return memory is not None and memory.state == "done"


def decide(snapshot: RequestSnapshot, config: RepoConfig) -> Decision:
    """The next thing that is missing: the file, the issue, the people, the two comments."""
    issue, values, parts = snapshot.issue, snapshot.values, snapshot.parts
    if issue is None:
        return Decision(note="the issue does not ask for a plan")
    if not snapshot.commit and issue.state == "closed":
        return Decision(note="the request is closed; reopened, it gets its plan")
    if not snapshot.allowed or values is None:
        return _wait(snapshot, issue)
    if not snapshot.commit and snapshot.memory.proposed is not None:
        return _tell_proposed(snapshot, issue, snapshot.memory.proposed)
    if not snapshot.commit:
        return Decision((_commit(snapshot, issue, values),), again=True)
    if snapshot.path is None or snapshot.file is None or parts is None:
        return Decision(note=f"{snapshot.path} is gone from the commit that made it")
    if snapshot.plan_issue is None:
        new = create_plan_issue(snapshot.file.text, snapshot.path, issue.number, values.title)
        return Decision((new,), again=True)
    if snapshot.assigns:
        people = snapshot.unassigned
        reason = f"The plan names {', '.join(people)}"
        return Decision((AssignPeople(snapshot.plan_issue.number, people, reason),), again=True)
    return Decision(_comments(snapshot, issue, snapshot.plan_issue, parts))


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
        read_template("plans", f"{snapshot.format}.md"),
        override=snapshot.override,
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


def _unlabelled(parts: IssueParts, plan_issue: IssueSnapshot) -> tuple[str, ...]:
    there = {name.casefold() for name in plan_issue.labels}
    wanted = (*parts.labels, *parts.long_labels)
    return tuple(name for name in wanted if name.casefold() not in there)


def _comments(
    snapshot: RequestSnapshot, issue: IssueSnapshot, plan_issue: IssueSnapshot, parts: IssueParts
) -> tuple[Change, ...]:
    changes: list[Change] = []
    path, file = snapshot.path, snapshot.file
    if path is None or file is None:
        return ()
    if snapshot.status is None:
        status = status_comment(file.text, path, plan_issue.number, ())
        reason = "The plan issue has no status yet"
        changes.append(PostComment(plan_issue.number, status, "status", reason))
    if not snapshot.answered:
        repo_url = plan_issue.url.partition("/issues/")[0]
        answer = render_comment(
            "answer.md",
            request=issue.number,
            issue=plan_issue.number,
            path=path,
            url=f"{repo_url}/blob/HEAD/{quote(path)}",
            defaulted=snapshot.defaulted,
            people=(*snapshot.unassigned, *parts.strangers),
            labels=_unlabelled(parts, plan_issue),
            milestones=parts.milestones,
            milestone=plan_issue.milestone,
            problems=[_told(problem) for problem in snapshot.problems],
            refused_template=snapshot.refused_template,
        )
        changes.append(PostComment(issue.number, answer, "answer", "The plan is ready"))
    return tuple(changes)


def _told(problem: Problem) -> tuple[str, str]:
    """Where a problem stands, and what it is."""
    where = f"{problem.path}:{problem.line}" if problem.path else f"this issue:{problem.line}"
    return where, " ".join(f"{problem.message} {problem.fix}".split())


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
    if not snapshot.commit and memory.proposed is not None:
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
        shown_title=plan_issue.title,
        shown_labels=theirs(plan_issue.labels),
        shown_people=plan_issue.assignees,
        seen_commits=(snapshot.commit,),
        comment_id=status.id if status else None,
        comment_sha=body_sha(status.body) if status else "",
        facts=marker.facts if marker else (),
    )
