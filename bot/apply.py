"""Carry out changes: the only caller of a method that writes to GitHub."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.changes import (
    NOT_RELATED,
    AddLabel,
    Applied,
    AssignPeople,
    BlockIssue,
    Change,
    CommitFiles,
    CommitToBranch,
    CreateBranch,
    CreateIssue,
    DeleteBranch,
    EditComment,
    EditIssueBody,
    EditIssueFields,
    EditPull,
    KeepSubIssue,
    LinkSubIssue,
    MakeLabels,
    OpenPull,
    OpenSubIssue,
    PostComment,
    React,
    RemoveLabel,
    ReportCheck,
    Result,
    SetState,
    UnassignPeople,
    UnblockIssue,
)
from bot.checks import CHECK_NAME
from bot.errors import Retryable
from bot.github.ports import GitHubReader, GitHubWriter, Refused, Stale
from bot.github.snapshots import (
    Annotation,
    CheckOutput,
    CheckSnapshot,
    CommentSnapshot,
    Committed,
    IssueSnapshot,
    RepoPath,
)
from bot.plans.render import body_sha
from bot.tally import TALLY

ANNOTATIONS_A_REQUEST = 50
LABEL_COLOR = "5319e7"


def apply(
    changes: Sequence[Change],
    *,
    reader: GitHubReader,
    writer: GitHubWriter,
    stopping: Callable[[], bool] = lambda: False,
    applied: list[Applied] | None = None,
) -> list[Applied]:
    """Write ``changes`` in order and give back what each led to.

    ``applied`` is filled as the changes succeed, so that a caller still knows them after an error.
    Raises Stale when something moved since it was read, Retryable when GitHub cannot now or the
    worker is stopping, Refused when GitHub will not.
    """
    done = [] if applied is None else applied
    for change in changes:
        if stopping():
            raise Retryable("the worker is stopping")
        done.append(Applied(change, _counted(change, reader, writer)))
    return done


def _counted(change: Change, reader: GitHubReader, writer: GitHubWriter) -> Result:
    result = "failed"
    try:
        written = _write(change, reader, writer)
        result = "done"
    except Stale:
        result = "stale"
        raise
    except Refused:
        result = "refused"
        raise
    except Retryable:
        result = "later"
        raise
    finally:
        TALLY.count("changes", kind=type(change).__name__, result=result)
    return written


def _write(change: Change, reader: GitHubReader, writer: GitHubWriter) -> Result:
    match change:
        case CommitFiles():
            return _commit(change, reader, writer)
        case CreateIssue():
            named = (change.milestone, *change.further_milestones)
            return writer.create_issue(
                change.title,
                change.body,
                labels=_labels(change.labels, reader, writer),
                milestone=_milestones([title for title in named if title], reader, writer),
            )
        case EditIssueBody():
            issue = reader.issue(change.number)
            if issue is None or body_sha(issue.body) != change.expected_sha:
                raise Stale(f"the body of #{change.number} changed since it was read")
            return writer.edit_issue(change.number, body=change.body)
        case EditIssueFields():
            titles = (change.milestone,) if change.milestone else ()
            milestone = _milestones(titles, reader, writer)
            return writer.edit_issue(change.number, title=change.title, milestone=milestone)
        case AssignPeople():
            return writer.add_assignees(change.number, change.logins)
        case UnassignPeople():
            return writer.remove_assignees(change.number, change.logins)
        case PostComment() | EditComment():
            return _comment(change, reader, writer)
        case AddLabel():
            if labels := _labels((change.label,), reader, writer):
                writer.add_labels(change.number, labels)
            return None
        case RemoveLabel():
            writer.remove_label(change.number, change.label)
            return None
        case OpenSubIssue() | LinkSubIssue() | KeepSubIssue() | BlockIssue() | UnblockIssue():
            return _relate(change, reader, writer)
        case MakeLabels():
            _labels(change.labels, reader, writer)
            return None
        case SetState():
            return writer.edit_issue(change.number, state=change.state)
        case React():
            writer.react(change.comment_id, change.reaction)
            return None
        case OpenPull():
            return writer.create_pull(change.title, change.body, head=change.head, base=change.base)
        case EditPull():
            if change.expected_sha:
                _check_pull(change, reader)
            return writer.edit_pull(change.number, body=change.body, state=change.state)
        case CreateBranch() | CommitToBranch() | DeleteBranch():
            return _branch(change, writer)
        case ReportCheck():
            return _report(change, writer)


def _comment(
    change: PostComment | EditComment, reader: GitHubReader, writer: GitHubWriter
) -> CommentSnapshot:
    if isinstance(change, PostComment):
        there = _like(change, reader) if change.once else None
        if there is None:
            return writer.create_comment(change.number, change.body)
        if there.body.rstrip() == change.body.rstrip() or change.role != "status":
            return there
        return writer.edit_comment(there.id, change.body)
    try:
        return writer.edit_comment(change.comment_id, change.body)
    except Refused as refused:
        if refused.status != 404:
            raise
    # Somebody deleted it.
    return _comment(
        PostComment(change.number, change.body, change.role, change.reason, once=True),
        reader,
        writer,
    )


def _like(change: PostComment, reader: GitHubReader) -> CommentSnapshot | None:
    """Our comment that begins like this one: with the same line, or as the status comment does."""
    first = change.body.partition("\n")[0]
    if change.role == "status":
        first = first.partition('"')[0]
    return next(
        (one for one in reader.comments(change.number) if one.ours and one.body.startswith(first)),
        None,
    )


def _report(change: ReportCheck, writer: GitHubWriter) -> CheckSnapshot:
    """A check run with all its remarks: it is complete when the last of them are there.

    https://docs.github.com/en/rest/checks/runs#create-a-check-run
    """
    marks = change.annotations
    batches = [marks[at : at + ANNOTATIONS_A_REQUEST]
               for at in range(0, max(len(marks), 1), ANNOTATIONS_A_REQUEST)]  # fmt: skip

    def output(batch: tuple[Annotation, ...]) -> CheckOutput:
        return CheckOutput(change.title, change.summary, batch)

    if change.ends is not None:
        ended = _ended(change.ends, output(()), change.conclusion, writer)
        if ended is not None and not change.create:
            return ended

    def conclusion(number: int) -> str | None:
        return change.conclusion if number == len(batches) else None

    run = writer.create_check(
        CHECK_NAME,
        change.head_sha,
        output(batches[0]),
        external_id=change.external_id,
        conclusion=conclusion(1),
    )
    for number, batch in enumerate(batches[1:], start=2):
        run = writer.extend_check(run.id, output(batch), conclusion=conclusion(number))
    return run


def _relate(
    change: OpenSubIssue | LinkSubIssue | KeepSubIssue | BlockIssue | UnblockIssue,
    reader: GitHubReader,
    writer: GitHubWriter,
) -> IssueSnapshot | tuple[str, ...] | None:
    match change:
        case OpenSubIssue():
            made = writer.create_issue(change.title, change.body)
            _unless_impossible(lambda: writer.add_sub_issue(change.number, made.id))
            return made
        case KeepSubIssue():
            if change.body is not None:
                there = reader.issue(change.number)
                if there is None or body_sha(there.body) != change.expected_sha:
                    raise Stale(f"the body of #{change.number} changed since it was read")
            return writer.edit_issue(
                change.number,
                title=change.title,
                body=change.body,
                state=change.state,
                state_reason=change.state_reason,
            )
        case UnblockIssue():
            writer.remove_blocked_by(change.number, change.blocker_id)
            return None
    if isinstance(change, LinkSubIssue):
        _unless_impossible(lambda: writer.add_sub_issue(change.number, change.child_id))
        return None
    taken = _unless_impossible(lambda: writer.add_blocked_by(change.number, change.blocker_id))
    return None if taken else NOT_RELATED


def _unless_impossible(write: Callable[[], None]) -> bool:
    """Relate issues; False where GitHub says that these cannot be related like that."""
    try:
        write()
    except Refused as refused:
        if refused.status != 422:
            raise
        return False
    return True


def _check_pull(change: EditPull, reader: GitHubReader) -> None:
    """Raise Stale where somebody changed the body since: GitHub has no compare-and-swap for it."""
    pull = reader.pull(change.number)
    if pull is None or body_sha(pull.body) != change.expected_sha:
        raise Stale(f"the body of #{change.number} changed since it was read")


def _ended(
    run: int, output: CheckOutput, conclusion: str, writer: GitHubWriter
) -> CheckSnapshot | None:
    """The run that waited, complete now; None where it is gone. It keeps the remarks it has.

    https://docs.github.com/en/rest/checks/runs#rerequest-a-check-run
    """
    try:
        return writer.extend_check(run, output, conclusion=conclusion)
    except Refused as refused:
        if refused.status != 404:
            raise
    return None


def _branch(
    change: CreateBranch | CommitToBranch | DeleteBranch, writer: GitHubWriter
) -> Committed | None:
    match change:
        case CreateBranch():
            writer.create_branch(change.branch, change.sha)
        case DeleteBranch():
            writer.delete_branch(change.branch)
        case CommitToBranch():
            return _commit_to_branch(change, writer)
    return None


def _commit_to_branch(change: CommitToBranch, writer: GitHubWriter) -> Committed:
    if len(change.files) == 1 and not change.deleted and change.merging is None:
        (edit,) = change.files
        return writer.put_file(
            edit.path,
            edit.text,
            change.message,
            expected_blob=edit.expected_blob,
            branch=change.branch,
        )
    files: dict[RepoPath, str | None] = {edit.path: edit.text for edit in change.files}
    return writer.commit_files(
        files | dict.fromkeys(change.deleted),
        change.message,
        expected_head=change.expected_head,
        branch=change.branch,
        merging=change.merging,
    )


def _commit(change: CommitFiles, reader: GitHubReader, writer: GitHubWriter) -> Committed:
    if len(change.files) == 1:
        (edit,) = change.files
        return writer.put_file(
            edit.path, edit.text, change.message, expected_blob=edit.expected_blob
        )
    branch = reader.repository().default_branch
    head = reader.head(branch)
    if head is None:
        raise Stale(f"the branch {branch} is gone")
    for edit in change.files:
        there = reader.file(edit.path, ref=head)
        if (there.blob_sha if there else None) != edit.expected_blob:
            raise Stale(f"{edit.path} changed since it was read")
    files = {edit.path: edit.text for edit in change.files}
    return writer.commit_files(files, change.message, expected_head=head, branch=branch)


def _labels(wanted: tuple[str, ...], reader: GitHubReader, writer: GitHubWriter) -> tuple[str, ...]:
    """The wanted labels that the repository has now; what GitHub takes for none is left out."""
    if not wanted:
        return ()
    existing = {name.casefold() for name in reader.labels()}
    return tuple(
        name for name in wanted if name.casefold() in existing or _made_label(name, writer)
    )


def _made_label(name: str, writer: GitHubWriter) -> bool:
    try:
        writer.create_label(name, LABEL_COLOR, "Made by plansync for a plan")
    except Refused as refused:
        if refused.status != 422:
            raise
        return False
    return True


def _milestones(titles: Sequence[str], reader: GitHubReader, writer: GitHubWriter) -> int | None:
    """Make the milestones that are not there; the number of the first, None where there is none."""
    if not titles:
        return None
    numbers = {milestone.title: milestone.number for milestone in reader.milestones()}
    for title in titles:
        if title not in numbers:
            try:
                numbers[title] = writer.create_milestone(title).number
            except Refused as refused:
                if refused.status != 422:
                    raise
    return numbers.get(titles[0])
