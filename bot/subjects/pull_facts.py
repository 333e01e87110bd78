"""Pull request facts: what a linked pull request is now, and what that moves in a plan.

A fact reads ``41:merged:2,3``: pull request 41 is merged and names the tasks 2 and 3. A row moves
only when a fact differs from the one applied before, so what a person set stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.config import RepoConfig
from bot.github.ports import PullSnapshot
from bot.memory import PlanMemory, PullMemory
from bot.plans.document import parse_document
from bot.plans.formats import read_plan, resolve_task
from bot.plans.links import parse_links
from bot.plans.model import Plan, PlanTask
from bot.plans.tracking import set_pull_fact
from bot.subjects import pull_digest

_OPEN = frozenset({"open", "draft"})
# Of several pull requests for one task the last one written decides the row's status.
_ORDER = {"closed": 0, "merged": 1, "draft": 2, "open": 3}


@dataclass(frozen=True, slots=True)
class Moved:
    """A plan's text after its pull requests' facts, and one sentence for each that changed."""

    text: str
    reasons: tuple[str, ...] = ()


def pulls_now(
    memory: PlanMemory,
    pulls: Sequence[PullSnapshot],
    gone: Sequence[int],
    plan: Plan | None,
    repo_url: str,
) -> tuple[PullMemory, ...]:
    """Every pull request the plan knows, as remembered or as just read."""
    known = {pull.number: pull for pull in (*_of_facts(memory.facts, repo_url), *memory.pulls)}
    for pull in pulls:
        known[pull.number] = _linked(pull, memory, plan)
    for number in gone:
        if number in known:
            known[number] = replace(known[number], state="closed", digest="")
    return tuple(known[number] for number in sorted(known))


def fact_of(pull: PullMemory) -> str:
    """The fact that a pull request makes, as the status comment's marker keeps it."""
    return f"{pull.number}:{pull.state}:{','.join(pull.tasks)}"


def facts_of(pulls: Sequence[PullMemory]) -> tuple[str, ...]:
    """The facts of every pull request that names a task."""
    return tuple(fact_of(pull) for pull in pulls if pull.tasks)


def apply_facts(
    text: str,
    path: str,
    applied: Sequence[str],
    pulls: Sequence[PullMemory],
    config: RepoConfig,
) -> Moved:
    """Move the rows and boxes of every task whose pull requests' facts are not ``applied`` yet."""
    before = {pull.number: pull for pull in _of_facts(applied, "")}
    changed = [p for p in pulls if not _same_fact(before.get(p.number), p)]
    tasks: dict[str, None] = {}
    for pull in changed:
        former = before.get(pull.number)
        tasks.update((t, None) for t in (*(former.tasks if former else ()), *pull.tasks))
    for task in tasks:
        text = _move_task(text, path, task, before, pulls, config)
    reasons = tuple(_reason(pull, path) for pull in changed if pull.tasks)
    return Moved(text, reasons)


def _same_fact(former: PullMemory | None, now: PullMemory) -> bool:
    if former is None:
        return not now.tasks
    return (former.state, former.tasks) == (now.state, now.tasks)


def _move_task(
    text: str,
    path: str,
    task: str,
    before: dict[int, PullMemory],
    pulls: Sequence[PullMemory],
    config: RepoConfig,
) -> str:
    about = [p for p in pulls if task in p.tasks]
    left = [
        replace(p, state="closed")
        for p in pulls
        if p not in about and task in getattr(before.get(p.number), "tasks", ())
    ]
    for pull in sorted((*left, *about), key=lambda p: (_ORDER[p.state], p.number)):
        document = parse_document(text)
        plan = read_plan(path, document)
        if plan is None:
            return text
        text = set_pull_fact(
            document,
            plan,
            task=task,
            number=pull.number,
            url=pull.url,
            state=pull.state,
            devloop=pull.devloop,
            statuses=config.statuses,
        )
    return text


def _reason(pull: PullMemory, path: str) -> str:
    words = {"open": "open", "draft": "a draft", "merged": "merged", "closed": "closed unmerged"}
    named = "task" if len(pull.tasks) == 1 else "tasks"
    return f"#{pull.number} is {words[pull.state]}: {named} {', '.join(pull.tasks)} of {path}"


def _linked(pull: PullSnapshot, memory: PlanMemory, plan: Plan | None) -> PullMemory:
    links = parse_links(pull.body)
    named = [task.named for task in links.tasks_of(memory.issue_number, memory.path)]
    tasks = _resolve(named, plan)
    state = "merged" if pull.merged else pull.state
    if state == "open" and pull.draft:
        state = "draft"
    return PullMemory(pull.number, state, pull.url, tasks, links.devloop, pull_digest(pull))


def _resolve(addresses: Sequence[str], plan: Plan | None) -> tuple[str, ...]:
    if plan is None:
        return ()
    found = (resolve_task(plan, address) for address in addresses)
    return tuple(dict.fromkeys(task.address for task in found if isinstance(task, PlanTask)))


def _of_facts(facts: Sequence[str], repo_url: str) -> list[PullMemory]:
    pulls = []
    for fact in facts:
        number, _, rest = fact.partition(":")
        state, _, tasks = rest.partition(":")
        if number.isdigit() and state in _ORDER:
            url = f"{repo_url}/pull/{number}"
            pulls.append(PullMemory(int(number), state, url, tuple(filter(None, tasks.split(",")))))
    return pulls
