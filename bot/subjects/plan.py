"""One plan: its file, its issue and its pull requests brought to agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.changes import (
    Applied,
    Change,
    CommitFiles,
    CreateIssue,
    Decision,
    EditComment,
    EditIssueBody,
    FileEdit,
    PostComment,
)
from bot.commits import compose, parse_trailers, tick_lines, tick_subject
from bot.config import RepoConfig
from bot.github.ports import (
    CommentSnapshot,
    Committed,
    FileSnapshot,
    GitHubReader,
    IssueSnapshot,
    Person,
    PullSnapshot,
    RepoPath,
)
from bot.memory import OpenDelivery, PlanMemory, PullMemory, SubjectKey
from bot.plans.document import parse_document
from bot.plans.formats import read_plan, recognise
from bot.plans.merge import Merged, merge
from bot.plans.render import (
    PlanMarker,
    blob_sha,
    body_sha,
    issue_plan_text,
    parse_plan_marker,
    parse_status_marker,
    render_issue_body,
)
from bot.subjects.plan_issue import conflict_comment, create_plan_issue, status_comment
from bot.subjects.pull_facts import Moved, apply_facts, facts_of, pulls_now

MEMORY = PlanMemory
SEEN_COMMITS = 20


@dataclass(frozen=True, slots=True)
class PlanSnapshot:
    """Everything ``decide`` needs, read once: GitHub's side and what is remembered."""

    path: RepoPath
    memory: PlanMemory
    file: FileSnapshot | None
    issue: IssueSnapshot | None
    base: str | None
    pulls: tuple[PullSnapshot, ...] = ()
    gone_pulls: tuple[int, ...] = ()
    people: tuple[Person, ...] = ()
    commits: tuple[str, ...] = ()
    request_title: str = ""


def is_known(claim: str, memory: PlanMemory | None) -> bool:
    """True when a delivery's claim is what is remembered already: nothing to read for it."""
    if memory is None or memory.issue_number is None:
        return False
    kind, _, value = claim.partition(":")
    if kind == "body":
        return value == memory.body_sha
    if kind == "commit":
        return value in memory.seen_commits
    if kind == "pull":
        number, _, digest = value.partition(":")
        pull = memory.pull(int(number))
        return pull is not None and pull.digest == digest
    return False


def read(
    key: SubjectKey,
    reader: GitHubReader,
    memory: PlanMemory | None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
) -> PlanSnapshot:
    """The plan file, its issue, and the pull requests that the deliveries are about."""
    path = RepoPath(key.name)
    file = reader.file(path)
    memory = memory or PlanMemory(key.repository_id, path, "")
    issue: IssueSnapshot | None = None
    base: str | None = memory.base_text if memory.base_blob else None
    if memory.issue_number is not None:
        issue = reader.issue(memory.issue_number)
    elif file is not None:
        issue, memory, base = recover(reader, path, memory)
        if issue is None:
            memory = replace(memory, request_number=requested_by(reader, path))
    asked = memory.request_number if issue is None else None
    request = reader.issue(asked) if asked else None
    claims = [delivery.claim.split(":") for delivery in deliveries]
    numbers = dict.fromkeys(int(parts[1]) for parts in claims if parts[0] == "pull")
    pulls = {number: reader.pull(number) for number in numbers}
    return PlanSnapshot(
        path=path,
        memory=memory,
        file=file,
        issue=issue,
        base=base,
        pulls=tuple(pull for pull in pulls.values() if pull),
        gone_pulls=tuple(number for number, pull in pulls.items() if not pull),
        people=tuple(
            Person(d.actor_login, d.actor_id, d.actor_is_bot)
            for d in deliveries
            if d.event == "issues" and d.action == "edited" and not d.actor_is_bot
        ),
        commits=tuple(parts[1] for parts in claims if parts[0] == "commit"),
        request_title=request.title if request else "",
    )


def recover(
    reader: GitHubReader, path: RepoPath, memory: PlanMemory
) -> tuple[IssueSnapshot | None, PlanMemory, str | None]:
    """What a lost database held: the plan issue by its marker, base and facts by the status
    comment's. Only issues and comments that this App wrote are believed."""
    issue = find_plan_issue(reader, path)
    if issue is None:
        return None, memory, None
    comment, base = find_status(reader, issue.number)
    marker = parse_plan_marker(issue.body)
    found = replace(
        memory,
        issue_number=issue.number,
        request_number=marker.request if marker else None,
        title=issue.title,
        comment_id=comment.id if comment else None,
        comment_sha=body_sha(comment.body) if comment else "",
        base_blob=blob_sha(base) if base is not None else "",
        base_text=base or "",
    )
    status = parse_status_marker(comment.body) if comment else None
    return issue, replace(found, facts=status.facts if status else ()), base


def requested_by(reader: GitHubReader, path: RepoPath) -> int | None:
    """The number of the request whose commit made this file, by the commit's trailers."""
    for commit in reader.commits(path=path):
        answered = parse_trailers(commit.message)
        if answered and answered[1] == path:
            return answered[0]
    return None


def find_plan_issue(reader: GitHubReader, path: str) -> IssueSnapshot | None:
    """The oldest issue of ours whose marker names this plan file."""
    for issue in reader.issues():
        marker = parse_plan_marker(issue.body)
        if marker and marker.path == path and is_ours(issue, reader.app_slug):
            return issue
    return None


def find_status(reader: GitHubReader, number: int) -> tuple[CommentSnapshot | None, str | None]:
    """Our status comment on a plan issue and the text of the base that it names."""
    for comment in reader.comments(number):
        marker = parse_status_marker(comment.body) if comment.ours else None
        if marker:
            return comment, reader.blob(marker.base)
    return None, None


def is_ours(issue: IssueSnapshot, slug: str) -> bool:
    """True for an issue that this App opened."""
    return issue.by_app == slug or (issue.author.is_bot and issue.author.login == f"{slug}[bot]")


def decide(snapshot: PlanSnapshot, config: RepoConfig) -> Decision:
    """Merge file and issue, move the rows of pull requests whose facts changed, say so."""
    file, issue, memory = snapshot.file, snapshot.issue, snapshot.memory
    if file is None:
        return Decision(note="there is no plan file at this path")
    if recognise(snapshot.path, parse_document(file.text)) is None:
        return Decision(note="the file is in no plan format that plansync knows")
    if issue is None and memory.issue_number is not None:
        return Decision(note=f"the plan issue #{memory.issue_number} is gone")
    if issue is None:
        new_issue = create_plan_issue(
            file.text, snapshot.path, memory.request_number, snapshot.request_title
        )
        return Decision((new_issue,), again=True)
    merged = merge(snapshot.base, file.text, issue_plan_text(issue.body))
    pulls = _pulls(snapshot)
    moved = apply_facts(merged.text, snapshot.path, memory.facts, pulls, config)
    changes: list[Change] = []
    if moved.text != file.text:
        changes.append(_commit(snapshot, file, merged, moved))
    if merged.conflicts:
        lost = conflict_comment(snapshot.path, merged.conflicts)
        reason = "The issue and the file changed the same lines"
        changes.append(PostComment(issue.number, lost, "conflict", reason))
    changes += _body_edit(issue, snapshot.path, memory.request_number, moved.text)
    changes += _status(issue, file, replace(memory, pulls=pulls), moved.text)
    note = "" if changes else "the file and the issue already agree"
    return Decision(tuple(changes), note=note)


def _pulls(snapshot: PlanSnapshot) -> tuple[PullMemory, ...]:
    text = snapshot.file.text if snapshot.file else ""
    plan = read_plan(snapshot.path, parse_document(text))
    url = snapshot.issue.url if snapshot.issue else ""
    repo_url = url.partition("/issues/")[0]
    return pulls_now(snapshot.memory, snapshot.pulls, snapshot.gone_pulls, plan, repo_url)


def _commit(
    snapshot: PlanSnapshot, file: FileSnapshot, merged: Merged, moved: Moved
) -> CommitFiles:
    subjects: list[str] = []
    if merged.ticks:
        subjects.append(tick_subject(merged.ticks, snapshot.path))
    if merged.edited:
        subjects.append(f"Take over the edit of the plan issue in {snapshot.path}")
    subjects += moved.reasons
    details = tick_lines(merged.ticks) if len(merged.ticks) > 1 else []
    people = snapshot.people if merged.ticks or merged.edited else ()
    edit = FileEdit(snapshot.path, moved.text, file.blob_sha)
    return CommitFiles((edit,), compose(subjects, details, people), reason="; ".join(subjects))


def _body_edit(
    issue: IssueSnapshot, path: RepoPath, request: int | None, text: str
) -> list[Change]:
    body = render_issue_body(text, PlanMarker(path, request))
    if body_sha(body) == body_sha(issue.body):
        return []
    reason = f"The plan file {path} changed"
    return [EditIssueBody(issue.number, body, body_sha(issue.body), reason)]


def _status(
    issue: IssueSnapshot, file: FileSnapshot, memory: PlanMemory, text: str
) -> list[Change]:
    comment = status_comment(
        text,
        file.path,
        issue.number,
        memory.pulls,
        base=file.text if memory.proposed else None,
        proposed=memory.proposed,
    )
    if memory.comment_id is None:
        return [PostComment(issue.number, comment, "status", "The plan issue has no status yet")]
    if body_sha(comment) == memory.comment_sha:
        return []
    reason = "The plan's status changed"
    return [EditComment(issue.number, memory.comment_id, comment, "status", reason)]


def remember(
    snapshot: PlanSnapshot, decision: Decision, applied: Sequence[Applied]
) -> tuple[PlanMemory, ...]:
    """What is known after ``applied``; nothing where there is no plan or no issue of it."""
    if snapshot.file is None or not (snapshot.issue or applied):
        return ()
    text = snapshot.file.text
    body = snapshot.issue.body if snapshot.issue else ""
    plan = read_plan(snapshot.path, parse_document(text))
    if plan is None:
        return ()
    pulls = _pulls(snapshot)
    memory = replace(snapshot.memory, format=plan.format, pulls=pulls, facts=facts_of(pulls))
    commits = [*memory.seen_commits, *snapshot.commits]
    for done in applied:
        match done.change, done.result:
            case CommitFiles(files=files), Committed(sha=sha):
                text = files[0].text
                commits.append(sha)
            case EditIssueBody(body=new_body), _:
                body = new_body
            case (PostComment(role="status") | EditComment()) as change, CommentSnapshot(id=id_):
                memory = replace(memory, comment_id=id_, comment_sha=body_sha(change.body))
            case CreateIssue(body=new_body), IssueSnapshot(number=number, title=title):
                memory = replace(memory, issue_number=number, title=title)
                body = new_body
    return (
        replace(
            memory,
            base_text=text,
            base_blob=blob_sha(text),
            body_sha=body_sha(body),
            seen_commits=tuple(dict.fromkeys(commits))[-SEEN_COMMITS:],
        ),
    )
