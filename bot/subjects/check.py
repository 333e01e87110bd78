"""The check run of one pull request or merge group: what is wrong with its plans, and the fix.

Nothing is written about a pull request that touches and names no plan, unless a check was reported
on the same commit before, a merge queue asks, or the repository wants every one answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.changes import Applied, Decision, ReportCheck
from bot.checks import CheckMemory, CheckSide, external_id, group_head, subject_name
from bot.config import CONFIG_PATH, RepoConfig
from bot.plans.model import Problem
from bot.subjects.check_findings import CheckedPlan, find, other
from bot.subjects.check_read import CheckFacts, read
from bot.subjects.check_report import NOTHING, Report, report

__all__ = ["MEMORY", "decide", "is_known", "read", "remember"]

MEMORY = CheckMemory


def is_known(claim: str, side: CheckSide | None) -> bool:
    """True when a delivery's claim is what was answered last."""
    memory = side.memory if side else None
    return memory is not None and bool(claim) and memory.seen == claim


def decide(facts: CheckFacts, config: RepoConfig) -> Decision:
    """Report what is found, where that is not reported already."""
    if facts.note:
        return Decision(note=facts.note)
    made = _report(facts, config)
    if _is_reported(facts, made):
        return Decision(note="the check says so already")
    reason = f"{_about(facts)}: {made.title}"
    change = made.change(facts.memory.name, facts.head_sha, reason)
    waits = facts.existing
    if waits is not None and waits.status != "completed" and subject_name(waits.external_id):
        same = facts.rerun and waits.external_id == change.external_id
        change = replace(change, ends=waits.id, create=not same)
    return Decision((change,))


def _report(facts: CheckFacts, config: RepoConfig) -> Report:
    loaded = facts.loaded
    every = _every_plan(facts)
    plans = [one for one in every if one.text is not None or one.known or one.unreadable]
    unknown = [*facts.unknown, *(link for pull in facts.before for link in pull.unknown)]
    if not (plans or unknown or loaded):
        return NOTHING
    named, today = facts.pull is not None, facts.today
    found = find(facts.plans, facts.links, config, named=named, work=facts.work, today=today)
    for pull in facts.before:
        more = find(pull.plans, pull.links, config, named=True, work=facts.work, today=today)
        found += [_of_pull(problem, pull.number) for problem in more if problem not in found]
    found += [_no_plan(link.issue, link.path, link.source.line) for link in unknown]
    found += loaded.problems if loaded else ()
    if facts.left:
        said = f"{facts.left} more plans are changed or named than one check reads."
        found.append(other("plan.too-many", said, "Split the pull request."))
    remarks = {path for path in facts.touched if path != CONFIG_PATH}
    remarks -= {one.path for one in facts.plans if one.text is None and one.unreadable is None}
    if loaded and loaded.problems:
        remarks.add(CONFIG_PATH)
    with_config = loaded is not None
    return report(every, found, config, with_config=with_config, remarks=remarks, today=today)


def _every_plan(facts: CheckFacts) -> tuple[CheckedPlan, ...]:
    """The plans of a commit, and those that other pull requests of its merge group name."""
    there = {one.path: one for pull in reversed(facts.before) for one in pull.plans}
    there |= {one.path: one for one in facts.plans}
    return tuple(there.values())


def _of_pull(problem: Problem, number: int) -> Problem:
    """A finding about what a pull request of a merge group says, that says which."""
    if problem.path is not None:
        return problem
    return replace(problem, message=f"#{number}: {problem.message}")


def _no_plan(issue: int | None, path: str, line: int) -> Problem:
    named = f"#{issue} is no plan issue" if issue is not None else f"There is no plan `{path}`"
    fix = "Name the plan issue (`Plan: #12`) or the plan's file (`Plan: plan_docs/search.md`)."
    return other("link.plan-unknown", f"{named} (line {line} of the body).", fix, line)


def _about(facts: CheckFacts) -> str:
    group = "A merge group" if group_head(facts.memory.name) else ""
    return group or f"#{facts.pull}"


def _is_reported(facts: CheckFacts, made: Report) -> bool:
    memory, existing = facts.memory, facts.existing
    if not facts.looked:
        return memory.head_sha == facts.head_sha and memory.digest == made.digest
    return (
        existing is not None
        and existing.status == "completed"
        and existing.external_id == external_id(memory.name, made.digest)
    )


def remember(
    facts: CheckFacts, decision: Decision, applied: Sequence[Applied]
) -> tuple[CheckMemory, ...]:
    """What was answered, and what was reported of which commit."""
    if not facts.head_sha:
        return ()
    same = facts.memory.head_sha == facts.head_sha
    digest = facts.memory.digest if same else ""
    if facts.existing is not None:
        digest = facts.existing.external_id.rpartition(":")[2]
    for done in applied:
        if isinstance(done.change, ReportCheck):
            digest = done.change.external_id.rpartition(":")[2]
    touched = facts.touched
    return (
        replace(
            facts.memory,
            seen=facts.seen,
            head_sha=facts.head_sha,
            touched=touched,
            digest=digest,
        ),
    )
