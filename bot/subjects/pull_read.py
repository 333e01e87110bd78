"""Read what a plan needs to know of one of its pull requests, and who stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.config import RepoConfig
from bot.github.ports import MAY_WRITE, GitHubReader
from bot.github.snapshots import ChangedFile, PullSnapshot
from bot.memory import OpenDelivery, PlanMemory, PullMemory
from bot.plans.addresses import resolve_task
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.formats.implementation_plan import feature_dir
from bot.plans.linked import is_stable
from bot.plans.links import Links, Source, TaskLink, parse_links
from bot.plans.model import Plan, PlanTask
from bot.subjects.pull_claims import said_digest
from bot.subjects.pull_standing import is_about
from bot.subjects.readable import readable_text

# Only their tasks have ids that people put into the subjects of commits.
_TAGGED_FORMATS = frozenset({"task-plan", "implementation-plan"})
_MOST_ASKED = 3


@dataclass(frozen=True, slots=True)
class PullDetails:
    """What was read of one pull request beyond itself.

    ``implied``: the plan itself names its branch. ``vouched``: who wrote its words may write to the
    repository; ``as_merged``: they are those with which it was merged. ``files`` are read where it
    names tasks; ``base_text`` is the plan file of its base commit, None where nobody had to look.
    """

    pull: PullSnapshot
    links: Links
    implied: Source | None = None
    vouched: bool = False
    as_merged: bool = False
    files: tuple[ChangedFile, ...] | None = None
    base_text: str | None = None

    def tasks(self, memory: PlanMemory) -> tuple[TaskLink, ...]:
        """The tasks of this plan that the pull request names."""
        return self.links.tasks_of(
            memory.issue_number, memory.path, implied=self.implied is not None
        )

    def is_linked(self, memory: PlanMemory) -> bool:
        """Whether the pull request names the plan, or the plan its branch."""
        named = self.links.plan(memory.issue_number, memory.path)
        return named is not None or self.implied is not None


def links_of(pull: PullSnapshot, repo: str, commits: Sequence[str] = ()) -> Links:
    """What a pull request names; closing keywords count into the default branch alone."""
    into_default = pull.base_ref == (pull.default_branch or pull.base_ref)
    return parse_links(
        pull.body, pull.title, pull.head_ref, commits, repo=repo, closes=into_default
    )


def read_details(
    reader: GitHubReader,
    pull: PullSnapshot,
    memory: PlanMemory,
    text: str,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
) -> PullDetails:
    """What else has to be known of a pull request that may be about the plan with this ``text``.

    Costs no request for one that never named the plan, nor names a pull request to revert.
    """
    plan = read_plan(memory.path, parse_document(text), statuses=config.statuses)
    repo = reader.repo.full_name
    details = PullDetails(pull, links_of(pull, repo), _implied(pull, plan))
    former = memory.pull(pull.number)
    about = details.is_linked(memory) or bool(former and former.links)
    if not about and not details.links.reverts and not details.links.reverted_commits:
        return details
    if plan is not None and plan.format in _TAGGED_FORMATS and about:
        messages = [commit.message for commit in reader.pull_commits(pull.number)]
        details = PullDetails(pull, links_of(pull, repo, messages), details.implied)
    tasks = details.tasks(memory)
    return PullDetails(
        pull=pull,
        links=details.links,
        implied=details.implied,
        vouched=_is_vouched(reader, pull, former, deliveries),
        as_merged=_is_as_merged(pull, deliveries),
        files=tuple(reader.pull_files(pull.number)) if tasks else None,
        base_text=_base_text(reader, pull, memory, plan, tasks),
    )


def with_later_reverts(
    reader: GitHubReader, memory: PlanMemory, undone: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """What commits revert, each with that one, and what later ones of the default branch do.

    A revert of a revert may be heard of before it, when nobody waited for it. Costs no request
    where none is of a pull request that the plan knows; looks at the 300 commits that follow.
    """
    asked = dict.fromkeys(
        by
        for sha, by in undone
        if any(is_about(pull, sha) and by not in pull.undone_with for pull in memory.pulls)
    )
    if not asked:
        return tuple(undone)
    branch = reader.repository().default_branch
    ways = []
    for by in list(asked)[:_MOST_ASKED]:
        way = [pair for pair in undone if pair[1] == by]
        for commit in reader.commits_between(by, branch):
            said = parse_links("", commits=[commit.message])
            way += [(sha, commit.sha) for sha in said.reverted_commits]
        ways.append(way)
    # The one with the most behind it is the oldest.
    return tuple(dict.fromkeys((*max(ways, key=len), *undone)))


def _implied(pull: PullSnapshot, plan: Plan | None) -> Source | None:
    """Where the plan itself names the pull request's branch."""
    branch = plan.target_branch if plan else None
    if not branch or branch == (pull.default_branch or None):
        return None
    if pull.head_ref == branch or (pull.base_ref == branch and plan and _is_feature(plan)):
        return Source("plan", 0, branch)
    return None


def _is_feature(plan: Plan) -> bool:
    return plan.format == "feature-plan"


def _is_vouched(
    reader: GitHubReader,
    pull: PullSnapshot,
    former: PullMemory | None,
    deliveries: Sequence[OpenDelivery],
) -> bool:
    """Whether someone who may write to the repository wrote what the pull request says.

    A bot has no role to ask for; one whose branch is in the repository itself may write to it:
    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/creating-a-pull-request
    """
    if pull.author.is_bot:
        if pull.head_full_name is None or pull.head_full_name == reader.repo.full_name:
            return True
    elif reader.permission(pull.author.login) in MAY_WRITE:
        return True
    said = said_digest(pull)
    if former is not None and former.vouched and former.digest.endswith(said):
        return True
    return any(
        delivery.action == "edited" and _may_write(reader, delivery)
        for delivery in _telling(pull, deliveries)
    )


def _may_write(reader: GitHubReader, delivery: OpenDelivery) -> bool:
    if delivery.actor_is_bot:
        return delivery.actor_login == f"{reader.app_slug}[bot]"
    return reader.permission(delivery.actor_login) in MAY_WRITE


def _is_as_merged(pull: PullSnapshot, deliveries: Sequence[OpenDelivery]) -> bool:
    """Whether it says now what it said when it was merged."""
    return any(delivery.action == "closed" for delivery in _telling(pull, deliveries))


def _telling(pull: PullSnapshot, deliveries: Sequence[OpenDelivery]) -> list[OpenDelivery]:
    """The deliveries about a pull request that has the words that it has now."""
    start, end = f"pull:{pull.number}:", f".{said_digest(pull)}"
    return [one for one in deliveries if one.claim.startswith(start) and one.claim.endswith(end)]


def _base_text(
    reader: GitHubReader,
    pull: PullSnapshot,
    memory: PlanMemory,
    plan: Plan | None,
    tasks: Sequence[TaskLink],
) -> str | None:
    """The plan as whoever named tasks by their places had it before them."""
    former = memory.pull(pull.number)
    known = {link.named for link in former.links} if former else set()
    places = [
        task.named
        for task in tasks
        if task.named not in known and not (plan and _has_own_id(plan, task.named))
    ]
    if not places or not pull.base_sha:
        return None
    return readable_text(reader, memory.path, pull.base_sha)


def _has_own_id(plan: Plan, named: str) -> bool:
    found = resolve_task(plan, named)
    return isinstance(found, PlanTask) and is_stable(plan, found)


def is_plan_file(path: str, plan_path: str, adopts: Callable[[str], bool]) -> bool:
    """Whether a file is a plan or what stands in for one beside it: no work of its own."""
    folder = feature_dir(plan_path)
    beside = ("tasks.md", "decision-log.md")
    return (
        path == plan_path
        or adopts(path)
        or (bool(folder) and path in {f"{folder}{name}" for name in beside})
        or (bool(folder) and path.startswith(f"{folder}checklists/") and path.endswith(".md"))
    )
