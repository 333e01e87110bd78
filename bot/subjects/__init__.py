"""The table of contents: which subjects an event is about, and where each is reconciled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.config import RepoConfig
from bot.errors import UserProblem
from bot.events import (
    CheckEvent,
    CommentEvent,
    CompareEvent,
    Event,
    InstallationEvent,
    IssueEvent,
    MergeGroupEvent,
    PullEvent,
    PushEvent,
    RemovalEvent,
    RepositoryEvent,
)
from bot.github.snapshots import RepoPath
from bot.memory import SubjectKey, Trigger
from bot.plans.commands import parse_command, unquoted
from bot.plans.companions import plan_of_companion, plans_around
from bot.plans.links import Links, parse_links
from bot.plans.render import body_sha, parse_plan_marker
from bot.plans.story_issues import parse_story_marker
from bot.rolling import BRANCH
from bot.subjects.body_edits import seconds
from bot.subjects.check_claims import (
    KnownChecks,
    check_of_group,
    checks_of_pull,
    checks_to_rerun,
    configs_of,
    configs_of_push,
)
from bot.subjects.issue_following import issue_claim, watchword
from bot.subjects.plan_header import OWN_LABELS, RETITLED, fields_digest
from bot.subjects.pull_claims import pull_claim
from bot.subjects.relations_claims import KIND as RELATIONS
from bot.subjects.relations_claims import story_claim

_FIELD_ACTIONS = frozenset({"labeled", "unlabeled", "assigned", "unassigned"})
_STORY_ACTIONS = frozenset({"closed", "reopened", "deleted", "transferred", "edited", "opened"})
_STATE_ACTIONS = frozenset({"closed", "reopened", "deleted", "transferred"})


class Known(KnownChecks, Protocol):
    """What ``subjects_of`` may look up: which plans of a repository exist already."""

    def plan_path_of_issue(self, repository_id: int, number: int) -> str | None: ...

    def plan_paths(self, repository_id: int) -> list[str]: ...

    def plan_paths_of_pull(self, repository_id: int, number: int) -> list[str]: ...

    def plan_paths_watching(self, repository_id: int, words: Sequence[str]) -> list[str]: ...

    def plan_paths_under_way(self, repository_id: int) -> list[str]: ...

    def parked_in(self, repository_id: int) -> list[SubjectKey]: ...

    def proposed_in(self, repository_id: int) -> list[SubjectKey]: ...

    def repository_ids(self, installation_id: int) -> list[int]: ...


def subjects_of(event: Event, known: Known, config: RepoConfig | None = None) -> list[Trigger]:
    """The subjects an event is about, each with what the event claims of it; [] for none."""
    config = config or RepoConfig()
    match event:
        case IssueEvent():
            return _of_issue(event, known, config)
        case CommentEvent():
            return _of_comment(event, known)
        case PullEvent():
            return [*_of_pull(event, known), *checks_of_pull(event, known, config)]
        case PushEvent():
            return [*_of_push(event, known, config), *configs_of_push(event, known)]
        case CheckEvent():
            return checks_to_rerun(event, known)
        case MergeGroupEvent():
            return check_of_group(event)
        case RepositoryEvent(repo=repo, other_default=True):
            plans = [_plan(repo.id, path, "") for path in known.plan_paths(repo.id)]
            return [*plans, *configs_of([repo.id])]
        case RepositoryEvent(repo=repo, action="renamed" | "transferred"):
            return [*_parked([repo.id], known), *configs_of([repo.id])]
        case RepositoryEvent(repo=repo):
            return _parked([repo.id], known)
        case InstallationEvent(repos=repos):
            ids = [repo.id for repo in repos] or known.repository_ids(event.installation_id)
            return [*_parked(ids, known), *configs_of([repo.id for repo in repos])]
        case RemovalEvent():
            return []
        case CompareEvent():
            return [Trigger(SubjectKey(event.repo.id, event.kind, event.name))]


def _of_issue(event: IssueEvent, known: Known, config: RepoConfig) -> list[Trigger]:
    return [
        *_of_this_issue(event, known, config),
        *_standing_for(event, known),
        *_of_story(event, known, config),
    ]


def _of_story(event: IssueEvent, known: Known, config: RepoConfig) -> list[Trigger]:
    """The relations of the plan whose story's sub-issue somebody changed."""
    if not config.sub_issues or not event.by_app or event.action not in _STORY_ACTIONS:
        return []
    marker = parse_story_marker(event.body)
    path = known.plan_path_of_issue(event.repo.id, marker.plan) if marker else None
    if path is None:
        return []
    states = {"closed": "closed", "reopened": "open"}
    claim = story_claim(event.number, event.title, states.get(event.action, ""), event.body)
    return [
        Trigger(SubjectKey(event.repo.id, RELATIONS, path), "" if event.state == "gone" else claim)
    ]


def _standing_for(event: IssueEvent, known: Known) -> list[Trigger]:
    """The plans with a box that stands for an issue which was closed, opened again or went."""
    if event.action not in _STATE_ACTIONS or not event.state:
        return []
    claim = issue_claim(event.number, event.state)
    paths = known.plan_paths_watching(event.repo.id, [watchword(event.number)])
    return [_plan(event.repo.id, path, claim) for path in paths]


def _of_this_issue(event: IssueEvent, known: Known, config: RepoConfig) -> list[Trigger]:
    path = known.plan_path_of_issue(event.repo.id, event.number) or _marked(
        event.body, event.by_app
    )
    if path:
        return [_plan(event.repo.id, path, _issue_claim(event))]
    if event.action == "closed":
        return []
    if event.action in _FIELD_ACTIONS and not config.requested_format((event.label or "",)):
        return []
    if config.requested_format(event.labels):
        return [Trigger(SubjectKey(event.repo.id, "request", str(event.number)), "request")]
    return []


def _marked(body: str, by_app: bool) -> str | None:
    """The path in the marker of an issue that nobody remembers, where an App opened the issue.

    Anybody can write a marker; what it leads to is read only where it can be a plan's, and whether
    the App is this one is seen there.
    """
    marker = parse_plan_marker(body) if by_app else None
    return marker.path if marker and is_path(marker.path) else None


def _issue_claim(event: IssueEvent) -> str:
    """What the event says of the issue: of its title, labels and people, or of its body.

    A bot's labels and people, mostly our own echoes, are seen with the next look at the plan.
    """
    body = _body_claim(event)
    ours = event.label is not None and event.label.casefold().startswith(OWN_LABELS)
    fields = event.retitled or (event.action in _FIELD_ACTIONS and not ours)
    if not fields or event.sender.is_bot:
        return body
    if event.former_body is not None:
        return f"{body}:{RETITLED}"
    return f"fields:{fields_digest(event.title, event.labels, event.assignees)}"


def _body_claim(event: IssueEvent) -> str:
    """What the body is now, what it was where the event says so, and whether the two go back to
    different writes of ours: then whoever saved it had an old copy before them."""
    if event.action in ("deleted", "transferred"):
        return ""
    claim = f"{'echo' if event.sender.is_bot else 'body'}:{body_sha(event.body)}"
    if event.former_body is None:
        return claim
    here, before = parse_plan_marker(event.body), parse_plan_marker(event.former_body)
    stale = not event.sender.is_bot and here and before and here.version != before.version
    at = seconds(event.updated_at)
    claim += f":{body_sha(event.former_body)}{':stale' if stale else ''}"
    return f"{claim}:@{at}" if at else claim


def _of_comment(event: CommentEvent, known: Known) -> list[Trigger]:
    command = parse_command(event.body)
    former = parse_command(event.former or "")
    if command is None or (former is not None and former.digest == command.digest):
        # An edit of anything but its command orders nothing new.
        return []
    repository_id = event.repo.id
    claim = f"comment:{event.comment_id}:{command.digest}"
    if event.on_pull:
        return _of_pull_comment(event, known, claim)
    # A person's issue may have joined a plan; a command counts only where the plan's issue has it.
    path = known.plan_path_of_issue(repository_id, event.number) or _marked(event.issue_body, True)
    if path:
        return [_plan(repository_id, path, claim)]
    if command.verb == "adopt":
        # An issue that is none of ours joins the plan file that it names.
        named = unquoted(command.text.strip("` "))
        join = f"{claim}:{event.number}:join"
        return [_plan(repository_id, named, join)] if is_path(named) else []
    if command.verb != "accept":
        return []
    return [Trigger(SubjectKey(repository_id, "request", str(event.number)), "request")]


def _of_pull_comment(event: CommentEvent, known: Known, claim: str) -> list[Trigger]:
    """The plan that a pull request is linked with; of several the first, which says so."""
    repository_id = event.repo.id
    links = parse_links(event.issue_body, repo=event.repo.full_name)
    there = set(known.plan_paths(repository_id))
    named = [known.plan_path_of_issue(repository_id, number) for number in links.issues]
    named += [path for path in links.paths if path in there]
    linked = known.plan_paths_of_pull(repository_id, event.number)
    paths = sorted({path for path in (*named, *linked) if path})
    if not paths:
        return []
    several = ":several" if len(paths) > 1 else ""
    return [_plan(repository_id, paths[0], f"{claim}:{event.number}{several}")]


def _of_pull(event: PullEvent, known: Known) -> list[Trigger]:
    repository_id = event.repo.id
    about: list[Trigger] = []
    if event.head_ref == BRANCH:
        if event.action == "closed":
            about += [Trigger(key) for key in known.proposed_in(repository_id)]
            about += _parked([repository_id], known)
        return about
    links = parse_links(
        event.body,
        event.title,
        event.head_ref,
        repo=event.repo.full_name,
        closes=event.into_default,
    )
    there = set(known.plan_paths(repository_id))
    named = [known.plan_path_of_issue(repository_id, number) for number in links.issues]
    named += [path if path in there else None for path in links.paths if is_path(path)]
    before = known.plan_paths_of_pull(repository_id, event.number)
    for number in links.reverts:
        before += known.plan_paths_of_pull(repository_id, number)
    before += known.plan_paths_watching(repository_id, _watchwords(event, links))
    claim = pull_claim(event)
    about += [
        _plan(repository_id, path, claim) for path in dict.fromkeys((*named, *before)) if path
    ]
    if _has_to_be_asked(event, links, known) or (event.merged and links.reverts and not before):
        about.append(Trigger(SubjectKey(repository_id, "pull", str(event.number)), claim))
    return about


def _has_to_be_asked(event: PullEvent, links: Links, known: Known) -> bool:
    """Whether a plan is named that is not remembered, or not yet, so that GitHub has to say.

    Most issues that a keyword names are no plan's: they are asked for only where a task is named.
    """
    there = set(known.plan_paths(event.repo.id))
    return any(
        known.plan_path_of_issue(event.repo.id, link.issue) is None
        if link.issue is not None
        else link.path not in there and is_path(link.path)
        for link in links.plans
        if links.tasks or link.source.kind in ("line", "branch")
    )


def _watchwords(event: PullEvent, links: Links) -> list[str]:
    """What a plan may watch for though the pull request does not name it."""
    default = event.default_branch or event.base_ref
    names = [name for name in (event.head_ref, event.base_ref) if name != default]
    return [
        *(f"branch:{name}" for name in names),
        *(f"merge:{commit}" for commit in links.reverted_commits),
    ]


def _of_push(event: PushEvent, known: Known, config: RepoConfig) -> list[Trigger]:
    if not event.on_default_branch:
        return []
    plans = known.plan_paths(event.repo.id)
    if event.paths is None:
        return [_plan(event.repo.id, path, "") for path in plans]
    there = set(plans)
    about: dict[str, None] = {}
    for path in event.paths:
        # What stands in a feature's folder is shown with its plan, or is progress of it.
        owners = [plan for plan in plans_around(path) if plan in there]
        if path in there or (not owners and config.adopts(path)):
            about[path] = None
        if not owners and (plan := plan_of_companion(path)) and config.adopts(plan):
            # Perhaps nobody remembers it any more.
            owners = [plan]
        about.update(dict.fromkeys(owners))
    undone = _undone_plans(event, known)
    about |= dict.fromkeys(undone)
    claim = f"commit:{event.after}"
    return [_plan(event.repo.id, path, f"{claim}{undone.get(path, '')}") for path in about]


def _undone_plans(event: PushEvent, known: Known) -> dict[str, str]:
    """The plans whose pull requests a push takes back by a commit, and how the claim ends.

    Those too of which it is not known yet, as their pull requests are to be looked at first.
    """
    if not event.undone:
        return {}
    words = [f"merge:{sha}" for sha, _ in event.undone]
    said = ",".join(f"{sha}={by}" for sha, by in event.undone)
    watching = known.plan_paths_watching(event.repo.id, words)
    return dict.fromkeys([*watching, *known.plan_paths_under_way(event.repo.id)], f":undo:{said}")


def _parked(repository_ids: list[int], known: Known) -> list[Trigger]:
    """What waits in these repositories: the event may be the end of what stopped it."""
    return [Trigger(key) for number in repository_ids for key in known.parked_in(number)]


def _plan(repository_id: int, path: str, claim: str) -> Trigger:
    return Trigger(SubjectKey(repository_id, "plan", path), claim)


def is_path(path: str) -> bool:
    """Whether this can be the path of a plan: inside the repository, and where we may write."""
    try:
        return RepoPath(path).writable
    except UserProblem:
        return False
