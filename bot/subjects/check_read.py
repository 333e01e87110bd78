"""Read what a check is about: the pull request or merge group, and its plans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.checks import CHECK_NAME, CheckMemory, CheckSide, group_head
from bot.config import CONFIG_PATH, RepoConfig
from bot.config_load import Loaded, load_config
from bot.edits import Edits
from bot.errors import UserProblem
from bot.github.ports import GitHubReader
from bot.github.snapshots import CheckSnapshot, PullSnapshot, RepoPath
from bot.memory import OpenDelivery, SubjectKey
from bot.plans.links import Links, PlanLink
from bot.plans.render import parse_plan_marker
from bot.subjects.check_claims import NOT_LINKED, links_of
from bot.subjects.check_files import files_of
from bot.subjects.check_findings import CheckedPlan, find, other
from bot.subjects.overdue import day_heard
from bot.subjects.plan_companions import together
from bot.subjects.plan_recovery import is_ours
from bot.subjects.readable import readable_file

MOST_PLANS = 50
"""How many plans one check reads; that there are more is said."""

MOST_PULLS = 20
"""How many pull requests of one merge group are read."""

# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
_MERGED_PULL = re.compile(
    r"(?:Merge pull request #(?P<merged>\d{1,9})\b|.*\(#(?P<squashed>\d{1,9})\)\s*$)"
)

# Files of the folder of a plan that is named like this belong to that plan.
_OWNS_FOLDER = ("plan.md", "impl-plan.md")


@dataclass(frozen=True, slots=True)
class GroupedPull:
    """Another pull request of a merge group: its links, the plans it names, and those there are
    not."""

    number: int
    links: Links
    plans: tuple[CheckedPlan, ...] = ()
    unknown: tuple[PlanLink, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """Everything that is reported about a commit, read once.

    ``seen`` is the claim that this answers. ``touched`` are the changed paths that concern
    plansync; ``loaded`` is the configuration at the commit where it is one of them. ``existing`` is
    the newest check run there, where it was asked for. ``asked``: an answer is wanted in any case.
    ``work``: more is changed than plan files. ``left`` plans were not read. ``note`` says why
    nothing was read, ``today`` is the day for which due dates are looked at. ``rerun``: somebody
    wants the same again. ``before`` are the other pull requests of a merge group.
    """

    memory: CheckMemory
    seen: str = ""
    head_sha: str = ""
    links: Links = field(default_factory=Links)
    plans: tuple[CheckedPlan, ...] = ()
    touched: tuple[str, ...] = ()
    loaded: Loaded | None = None
    existing: CheckSnapshot | None = None
    looked: bool = False
    pull: int | None = None
    asked: bool = False
    work: bool = True
    left: int = 0
    unknown: tuple[PlanLink, ...] = ()
    note: str = ""
    today: date | None = None
    rerun: bool = False
    before: tuple[GroupedPull, ...] = ()


def read(
    key: SubjectKey,
    reader: GitHubReader,
    side: CheckSide | None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
    edit_of: Edits,
) -> CheckFacts:
    """One request for a pull request that touches and names no plan; six or so for others."""
    side = side or CheckSide()
    claims = [delivery.claim for delivery in deliveries]
    memory = side.memory or CheckMemory(key.repository_id, key.name)
    told = [claim for claim in claims if claim.startswith(("check:", "group:"))]
    seen = told[-1] if told else memory.seen
    today = day_heard(deliveries)
    facts = CheckFacts(memory, seen=seen, asked=config.checks.every_pull, today=today)
    head = group_head(key.name)
    if head is not None:
        return _of_group(replace(facts, head_sha=head, asked=True), reader, side, claims, config)
    number = int(key.name)
    paths: list[str] | None = None
    if not facts.asked and claims and all(_is_unlinked(claim) for claim in claims):
        head = claims[-1].split(":")[1]
        touched = memory.touched
        if memory.head_sha != head:
            paths = reader.pull_paths(number)
            touched = touched_of(paths, side, config)
        if not touched and not (memory.head_sha == head and memory.digest):
            return replace(facts, head_sha=head, note="it touches and names no plan")
    pull = reader.pull(number)
    if pull is None or pull.state != "open":
        return replace(facts, note="the pull request is not open")
    paths = reader.pull_paths(number) if paths is None else paths
    facts = replace(facts, head_sha=pull.head_sha, pull=number)
    return _with_plans(facts, reader, side, pull, paths, config, rerun=_is_rerun(claims))


def _is_unlinked(claim: str) -> bool:
    parts = claim.split(":")
    return parts[0] == "check" and len(parts) == 4 and parts[3] == NOT_LINKED


def _is_rerun(claims: Iterable[str]) -> bool:
    return any(claim.startswith("rerun:") for claim in claims)


def _of_group(
    facts: CheckFacts,
    reader: GitHubReader,
    side: CheckSide,
    claims: Sequence[str],
    config: RepoConfig,
) -> CheckFacts:
    """A merge group: what it changes, and what the pull request says that came last into it."""
    group = next((claim for claim in reversed(claims) if claim.startswith("group:")), "")
    group = group or (facts.memory.seen if facts.memory.seen.startswith("group:") else "group::")
    _, base, number = group.split(":")
    paths = (reader.changed_paths(base, facts.head_sha) if base else None) or []
    pull = reader.pull(int(number)) if number.isdecimal() else None
    facts = replace(facts, seen=group, pull=pull.number if pull else None)
    facts = _with_plans(facts, reader, side, pull, paths, config, rerun=_is_rerun(claims))
    before = _pulls_between(reader, base, facts.head_sha) if base else []
    others = [reader.pull(one) for one in before if str(one) != number]
    # A number in brackets may be that of anything else; what waits in a queue is open.
    waiting = [one for one in others if one is not None and one.state == "open"]
    return replace(facts, before=tuple(_in_group(one, facts, reader, side) for one in waiting))


def _pulls_between(reader: GitHubReader, base: str, head: str) -> list[int]:
    """The pull requests in a group, as the commits that the queue made for them say."""
    found: dict[int, None] = {}
    for commit in reader.commits_between(base, head):
        named = _MERGED_PULL.match(commit.message.split("\n")[0])
        if named is not None:
            found[int(named["merged"] or named["squashed"])] = None
    return list(found)[:MOST_PULLS]


def _in_group(
    pull: PullSnapshot, facts: CheckFacts, reader: GitHubReader, side: CheckSide
) -> GroupedPull:
    """What another pull request of a merge group says, and the plans it names."""
    links = links_of(pull, reader.repo.full_name)
    named, unknown = _named(links, reader, side)
    if not (named or unknown):
        links = replace(links, problems=())
    known = {one.path: one for one in facts.plans}
    plans = (
        replace(known[path], link=link)
        if path in known
        else _read_plan(
            CheckedPlan(
                path,
                side.issue_of(path) or link.issue,
                None,
                touched=False,
                link=link,
                stalled=side.stalled.get(path, ()),
            ),
            reader,
            facts.head_sha,
        )
        for path, link in list(named.items())[:MOST_PLANS]
    )
    return GroupedPull(pull.number, links, tuple(plans), unknown)


def touched_of(paths: Iterable[str], side: CheckSide, config: RepoConfig) -> tuple[str, ...]:
    """Those of the changed paths that are plans, belong to one, or are the configuration."""
    known = {path for _, path in side.plans}
    return tuple(
        path
        for path in dict.fromkeys(paths)
        if path in known or path == CONFIG_PATH or config.adopts(path) or _owners(path, known)
    )


def _owners(path: str, known: Iterable[str]) -> list[str]:
    """The plans that a file beside them belongs to."""
    return [
        plan
        for plan in known
        if plan.endswith(_OWNS_FOLDER) and path.startswith(plan.rpartition("/")[0] + "/")
    ]


def _with_plans(
    facts: CheckFacts,
    reader: GitHubReader,
    side: CheckSide,
    pull: PullSnapshot | None,
    paths: Sequence[str],
    config: RepoConfig,
    *,
    rerun: bool,
) -> CheckFacts:
    touched = touched_of(paths, side, config)
    links = links_of(pull, reader.repo.full_name) if pull else Links()
    named, unknown = _named(links, reader, side)
    if not (named or unknown):
        # A line such as `Task: ABC-1` is no mistake where nothing is said of a plan.
        links = replace(links, problems=())
    if not (touched or named or unknown):
        same = facts.memory.head_sha == facts.head_sha and facts.memory.digest
        if not (facts.asked or same):
            return replace(facts, links=links, note="it touches and names no plan")
    plans = _plans(facts.head_sha, reader, side, touched, named, config)
    facts = replace(
        facts,
        links=links,
        plans=_with_files(facts.head_sha, reader, plans, links, config),
        touched=touched,
        loaded=_configuration(facts.head_sha, reader, pull) if CONFIG_PATH in touched else None,
        work=any(path not in touched for path in paths),
        left=max(0, len(_wanted(touched, named, side, config)) - MOST_PLANS),
        unknown=unknown,
    )
    known = facts.memory.head_sha == facts.head_sha and facts.memory.digest
    if known and not rerun:
        return facts
    existing = reader.check(facts.head_sha, CHECK_NAME)
    return replace(facts, existing=existing, looked=True, rerun=rerun)


def _configuration(head: str, reader: GitHubReader, pull: PullSnapshot | None) -> Loaded:
    """The configuration at a commit; what a fork names of other repositories is not read."""
    inside = pull is not None and pull.head_full_name == reader.repo.full_name
    return load_config(reader, head, follow=inside)


def _named(
    links: Links, reader: GitHubReader, side: CheckSide
) -> tuple[dict[str, PlanLink], tuple[PlanLink, ...]]:
    """The plans that are named, by path, and the links that should name one and do not."""
    named: dict[str, PlanLink] = {}
    unknown: list[PlanLink] = []
    there = {path for _, path in side.plans}
    for link in links.plans:
        path = link.path if link.path in there else ""
        if link.issue is not None:
            path = side.path_of(link.issue) or ""
            if not path and link.source.kind in ("line", "branch"):
                issue = reader.issue(link.issue)
                marker = parse_plan_marker(issue.body) if issue else None
                if issue and marker and is_ours(issue, reader.app_slug):
                    path = marker.path
        elif not path and _is_file(link.path, reader):
            path = link.path
        if path:
            named.setdefault(path, replace(link, path=path))
        elif link.source.kind == "line":
            unknown.append(link)
    return named, tuple(unknown)


def _is_file(path: str, reader: GitHubReader) -> bool:
    return readable_file(reader, path) is not None


def _plans(
    head: str,
    reader: GitHubReader,
    side: CheckSide,
    touched: Sequence[str],
    named: dict[str, PlanLink],
    config: RepoConfig,
) -> tuple[CheckedPlan, ...]:
    known = {path for _, path in side.plans}
    wanted = _wanted(touched, named, side, config)
    return tuple(
        _read_plan(
            CheckedPlan(
                path=path,
                issue=side.issue_of(path) or (named[path].issue if path in named else None),
                text=None,
                touched=changed,
                link=named.get(path),
                known=path in known,
                stalled=side.stalled.get(path, ()),
            ),
            reader,
            head,
        )
        for path, changed in list(wanted.items())[:MOST_PLANS]
    )


def _wanted(
    touched: Sequence[str], named: dict[str, PlanLink], side: CheckSide, config: RepoConfig
) -> dict[str, bool]:
    """The plans to look at, those first that are changed, and whether they are."""
    known = {path for _, path in side.plans}
    changed: dict[str, bool] = {}
    for path in touched:
        if path in known or config.adopts(path):
            changed[path] = True
        changed.update(dict.fromkeys(_owners(path, known), True))
    return changed | {path: False for path in named if path not in changed}


def _read_plan(one: CheckedPlan, reader: GitHubReader, head: str) -> CheckedPlan:
    """The plan as the commit has it; one that is only named as the default branch has it.

    That one comes with its companions, which have tasks too; else they are the commit's files.
    """
    path = RepoPath(one.path)
    try:
        file = reader.file(path, head) if one.touched else together(reader)[0].file(path)
    except UserProblem as problem:
        said = other("plan.unreadable", problem.message, problem.fix, problem.line or 1, one.path)
        return replace(one, unreadable=said)
    return replace(one, text=file.text if file else None)


def _with_files(
    head: str,
    reader: GitHubReader,
    plans: tuple[CheckedPlan, ...],
    links: Links,
    config: RepoConfig,
) -> tuple[CheckedPlan, ...]:
    """The plans with the other files that their rules ask for: found out by asking them."""
    texts = {one.path: one.text for one in plans if one.touched and one.text is not None}
    if not texts:
        return plans
    files = files_of(reader, head, texts)
    if files is None:
        return plans
    asked = tuple(replace(one, files=files) if one.touched else one for one in plans)
    find(asked, links, config, named=False, work=False)
    at_hand = files.at_hand()
    return tuple(replace(one, files=at_hand) if one.touched else one for one in plans)
