"""Pull request facts: what a linked pull request is now, and what that moves in a plan.

A row or box moves only when a fact differs from the one applied before, so what a person set stays.
``bot.subjects.pull_words`` says how facts are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.config import RepoConfig
from bot.github.snapshots import PullSnapshot
from bot.memory import LinkedTask, PlanMemory, PullMemory
from bot.plans.companions import (
    is_feature,
    parse_feature,
    plan_alone,
    render_feature,
    with_files,
)
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.linked import (
    TaskRef,
    Version,
    digest_of,
    follow_task,
    quote,
    resolve_link,
    shown_address,
)
from bot.plans.links import TaskLink, parse_devloop, parse_links
from bot.plans.model import Plan
from bot.plans.story_following import follow_story
from bot.plans.tracking import PullFact, add_output, move_task_by
from bot.subjects.pull_claims import pull_digest, said_digest
from bot.subjects.pull_read import PullDetails, is_plan_file
from bot.subjects.pull_standing import with_standings, with_undone
from bot.subjects.pull_words import addresses_of, pulls_of_facts, with_links

# An address that was not found may still mean what its author meant while the work is under way.
_UNDER_WAY = frozenset({"open", "draft", "waiting"})
# What moved a row or box when it was applied, so that its end may move it back.
_MOVES = frozenset({"open", "draft", "elsewhere", "merged"})
_MOST_REASONS = 20
_MOST_OUTPUTS = 5


@dataclass(frozen=True, slots=True)
class Moved:
    """A plan's text after its pull requests' facts, and one sentence for each that changed.

    ``pulls`` know where their tasks stand in that text, ``changed`` are those whose facts did.
    """

    text: str
    reasons: tuple[str, ...] = ()
    pulls: tuple[PullMemory, ...] = ()
    changed: tuple[PullMemory, ...] = ()


def pulls_now(
    memory: PlanMemory,
    pulls: Sequence[PullSnapshot],
    details: Sequence[PullDetails],
    gone: Sequence[int],
    text: str,
    config: RepoConfig,
    repo_url: str = "",
    undone: Sequence[tuple[str, str]] = (),
) -> tuple[PullMemory, ...]:
    """Every pull request the plan knows, as remembered or as just read.

    ``text`` is the plan file as it stands; addresses that were not seen before are resolved in the
    base commit's version of it first. ``undone`` are commits that commits of the default branch
    revert, each with that one.
    """
    stored = (*pulls_of_facts(memory.facts, repo_url), *map(with_links, memory.pulls))
    known = {pull.number: pull for pull in stored}
    read = {one.pull.number: one for one in details}
    now = _version(memory.path, text, config)
    for pull in pulls:
        former = known.get(pull.number)
        detail = read.get(pull.number) or _without_details(pull, former)
        known[pull.number] = _as_read(detail, former, memory, now, config)
    for number in gone:
        if number in known:
            known[number] = replace(known[number], state="closed", counts_as="", digest="")
    target = now.plan.target_branch if now and config.complete_on == "target" else None
    pulls_known = [with_undone(known[number], undone) for number in sorted(known)]
    return with_standings(pulls_known, target)


def _without_details(pull: PullSnapshot, former: PullMemory | None) -> PullDetails:
    """One of which nothing but itself was read: what is known of its author stays."""
    vouched = former is not None and former.vouched
    return PullDetails(pull, parse_links(pull.body, pull.title, pull.head_ref), vouched=vouched)


def apply_facts(
    text: str,
    path: str,
    applied: Sequence[str],
    pulls: Sequence[PullMemory],
    config: RepoConfig,
    before: str = "",
    known: Sequence[PullMemory] = (),
) -> Moved:
    """Move the rows and boxes of every task whose pull requests' facts are not ``applied`` yet.

    ``before`` is the plan file both sides agreed on last: there the tasks stood as remembered.
    ``known`` is what was remembered of the pull requests before.
    """
    whole = parse_feature(text)
    text, beside = whole.plan, whole.beside(path)
    now = _version(path, text, config, beside)
    if now is None:
        return Moved(render_feature(whole), (), tuple(pulls))
    base = _version(path, before, config, beside) if before and (pulls or applied) else None
    versions = [base] if base else []
    pulls = [_placed(pull, now, versions) for pull in pulls]
    former = {
        pull.number: _placed(pull, now, versions, late=False)
        for pull in pulls_of_facts(applied, "")
    }
    changed = [pull for pull in pulls if not _same_fact(former.get(pull.number), pull)]
    tasks: dict[str, None] = {}
    for pull in changed:
        was = former.get(pull.number)
        tasks.update((task, None) for task in (*(was.tasks if was else ()), *pull.tasks))
    for task in tasks:
        text = _move_task(text, path, task, former, pulls, config, beside)
    text = _add_outputs(text, pulls, {pull.number: pull.devloop for pull in known})
    if before and before != text and now.plan.format == "user-story":
        text = follow_story(text, path, before, config.statuses).text
    said = [reason for pull in changed if (reason := _reason(pull, former.get(pull.number), path))]
    text = with_files(render_feature(replace(whole, plan=text)), beside, path)
    return Moved(text, tuple(said[:_MOST_REASONS]), tuple(pulls), tuple(changed))


def _add_outputs(text: str, pulls: Sequence[PullMemory], known: Mapping[int, str]) -> str:
    """The devloop outputs that were named after the merge."""
    for pull in pulls:
        named_late = pull.number in known and known[pull.number] != pull.devloop
        if pull.standing == "merged" and pull.devloop and named_late:
            for task in pull.tasks:
                text = add_output(parse_document(text), task, pull.devloop)
    return text


def _version(
    path: str, text: str, config: RepoConfig, files: Mapping[str, str] | None = None
) -> Version | None:
    document = parse_document(text)
    others = None if is_feature(text) else files or None
    plan = read_plan(path, document, files=others, statuses=config.statuses)
    return Version(plan, plan_alone(text)) if plan else None


def _placed(
    pull: PullMemory, now: Version, before: Sequence[Version], late: bool = True
) -> PullMemory:
    """The pull request with the addresses that its tasks have now."""
    links = []
    for link in pull.links:
        if not late and (link.gone or not link.address):
            continue
        ref = TaskRef(link.address, link.digest)
        if not link.address:
            found = resolve_link(link.named, now, late=pull.standing not in _UNDER_WAY)
            ref = found or ref
        task = follow_task(ref, now, before) if ref.address else None
        if task is not None:
            ref = TaskRef(task.address, _digest(ref, now.plan, task.address))
        gone = bool(ref.address) and task is None
        links.append(replace(link, address=ref.address, digest=ref.digest, gone=gone))
    return replace(pull, links=tuple(links), tasks=addresses_of(links))


def _digest(ref: TaskRef, plan: Plan, address: str) -> str:
    task = plan.task(address)
    return digest_of(task) if ref.digest and task else ref.digest


def _same_fact(former: PullMemory | None, now: PullMemory) -> bool:
    if former is None or former.standing == "waiting":
        return not now.tasks or now.standing == "waiting"
    return (former.standing, set(former.tasks)) == (now.standing, set(now.tasks))


def _move_task(
    text: str,
    path: str,
    task: str,
    former: dict[int, PullMemory],
    pulls: Sequence[PullMemory],
    config: RepoConfig,
    beside: dict[str, str],
) -> str:
    """The plan's text with the task moved; one of a file beside it is moved in ``beside``."""
    facts = []
    matters = False
    for pull in pulls:
        was = former.get(pull.number)
        moved = was is not None and task in was.tasks and was.standing in _MOVES
        state = pull.standing if task in pull.tasks else "waiting"
        if state not in ("waiting", "planning"):
            facts.append(PullFact(pull.number, pull.url, state, pull.devloop))
        elif moved and was is not None:
            state = "unlinked" if was.standing == "merged" else "closed"
            facts.append(PullFact(pull.number, pull.url, state))
        matters = matters or moved or state in _MOVES
    if not matters:
        return text
    document = parse_document(text)
    plan = read_plan(path, document, files=beside or None, statuses=config.statuses)
    found = plan.task(task) if plan else None
    if plan is None or not facts:
        return text
    if found is not None and found.path in beside:
        there = parse_document(beside[found.path])
        alone = replace(plan, path=found.path)
        beside[found.path] = move_task_by(there, alone, task, facts, config.statuses).text
        return text
    return move_task_by(document, plan, task, facts, config.statuses).text


def _reason(pull: PullMemory, former: PullMemory | None, path: str) -> str:
    """Why the plan moves, in words that neither ping, close nor link anything but the number."""
    tasks = pull.tasks or (former.tasks if former else ())
    if not tasks:
        return ""
    words = {
        "draft": "a draft",
        "closed": "closed unmerged",
        "planning": "about plan files alone",
        "elsewhere": f"merged into {shown_address(pull.base)}, not yet into the plan's branch",
    }
    state = words.get(pull.standing, pull.standing)
    named = "task" if len(tasks) == 1 else "tasks"
    shown = ", ".join(shown_address(task) for task in tasks)
    if not pull.tasks:
        return f"#{pull.number} no longer names {named} {shown} of {_path(path)}"
    return f"#{pull.number} is {state}: {named} {shown} of {_path(path)}"


def _path(path: str) -> str:
    return path if path.isascii() and not set(path) & set("`@#<>[]\\") else quote(path)


def _as_read(
    detail: PullDetails,
    former: PullMemory | None,
    memory: PlanMemory,
    now: Version | None,
    config: RepoConfig,
) -> PullMemory:
    """What is to be remembered of a pull request that was just read."""
    pull, links = detail.pull, detail.links
    state = "merged" if pull.merged else pull.state
    if state == "open" and pull.draft:
        state = "draft"
    named = detail.tasks(memory)
    vouched = detail.vouched
    base = _version(memory.path, detail.base_text, config) if detail.base_text else None
    linked = tuple(_linked(task, former, base, now) for task in named)
    if not named and former and _says_the_same(detail, former):
        # It is the plan that has another name by now.
        linked = former.links
    devloop = links.devloop or _outputs(detail, config)
    reverts, undoes = links.reverts, links.reverted_commits
    if pull.merged and not (vouched or detail.as_merged):
        # An outsider's words count as they were while it was open.
        was = former or PullMemory(pull.number, state, vouched=False)
        if not _same_names(linked, former):
            linked = was.links
        devloop, reverts, undoes, vouched = was.devloop, was.reverts, was.undoes, was.vouched
    plan_only = former is not None and former.plan_only
    if detail.files is not None:
        paths = [file.path for file in detail.files]
        plan_only = bool(paths) and all(
            is_plan_file(path, memory.path, config.adopts) for path in paths
        )
    return PullMemory(
        number=pull.number,
        state=state,
        url=pull.url,
        tasks=addresses_of(linked),
        devloop=devloop or (former.devloop if former else ""),
        digest=pull_digest(detail.pull),
        links=linked,
        vouched=vouched,
        title=pull.title,
        by=pull.merged_by.login if pull.merged_by else "",
        merged_at=pull.merged_at.strftime("%Y-%m-%dT%H:%M:%SZ") if pull.merged_at else "",
        merge_commit=(pull.merge_commit_sha or "") if pull.merged else "",
        head=pull.head_ref,
        base=pull.base_ref,
        into_default=pull.base_ref == (pull.default_branch or pull.base_ref),
        plan_only=plan_only,
        reverts=reverts,
        undoes=undoes,
        undone_by=_undone_by(former),
        undone_with=former.undone_with if former else (),
    )


def _undone_by(former: PullMemory | None) -> str:
    """The commit that took it back; one recovered from its fact alone does not say which."""
    if former is None:
        return ""
    recovered = former.counts_as == "reverted" and not former.base
    return former.undone_by or ("?" if recovered else "")


def _says_the_same(detail: PullDetails, former: PullMemory) -> bool:
    """Whether a pull request has the words it had; or the same tasks, where nobody knows them."""
    if former.digest:
        return former.digest.endswith(f".{said_digest(detail.pull)}")
    there = {task.named.casefold() for task in detail.links.tasks}
    return bool(former.links) and there.issuperset(link.named.casefold() for link in former.links)


def _outputs(detail: PullDetails, config: RepoConfig) -> str:
    """The files it adds where the configuration says that devloop outputs are."""
    added = [file.path for file in detail.files or () if file.status in ("added", "renamed")]
    found = [path for path in added if config.is_devloop(path)]
    return parse_devloop(", ".join(found[:_MOST_OUTPUTS]))


def _same_names(linked: Sequence[LinkedTask], former: PullMemory | None) -> bool:
    there = {link.named.casefold() for link in former.links} if former else set()
    return there == {link.named.casefold() for link in linked}


def _linked(
    task: TaskLink, former: PullMemory | None, base: Version | None, now: Version | None
) -> LinkedTask:
    """A named task, as it was resolved when the name was first seen."""
    source = task.source
    known = next(
        (
            link
            for link in (former.links if former else ())
            if link.named.casefold() == task.named.casefold()
        ),
        None,
    )
    if known is not None:
        return replace(known, kind=source.kind, line=source.line, words=source.words)
    found = resolve_link(task.named, now, base=base) if now else None
    link = LinkedTask(task.named, kind=source.kind, line=source.line, words=source.words)
    if found is None or now is None:
        return link
    there = follow_task(found, now, [base] if base else [])
    address = there.address if there else found.address
    digest = _digest(found, now.plan, address) if there else found.digest
    return replace(link, address=address, digest=digest)
