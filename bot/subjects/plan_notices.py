"""What a change of a plan calls for beside the mirror: told once, in a comment of its own. Pure.

Told is what was not so in the plan that both sides agreed on last, and is so now; and before either
side is written, so that a write that is cut short decides the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.changes import PostComment
from bot.comments import code_span, render_comment
from bot.config import RepoConfig
from bot.github.snapshots import IssueSnapshot
from bot.plans.digest import short_digest
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.gates.task_rules import out_of_order, stories_of
from bot.plans.model import Group, Plan, Problem
from bot.plans.people import is_team, known_account
from bot.plans.proof import EditRefused
from bot.plans.requested import is_login
from bot.plans.scores import Correction, correct_scores
from bot.subjects.orders import Obeyed
from bot.subjects.plan_snapshot import PlanSnapshot

_MOST_TOLD = 30


def with_scores(snapshot: PlanSnapshot, issue: IssueSnapshot, obeyed: Obeyed) -> Obeyed:
    """What the commands came to, with every wrong score of a track specification corrected."""
    settled = obeyed.settled
    document = parse_document(settled.text)
    plan = read_plan(snapshot.path, document)
    if plan is None or plan.format != "track-spec" or document.refused:
        return obeyed
    try:
        text, corrections = correct_scores(document)
    except EditRefused:
        return obeyed
    if text == settled.text:
        return obeyed
    count = len(corrections)
    said = f"Correct {'a score' if count == 1 else f'{count} scores'} in {snapshot.path}"
    settled = settled.with_text(text, said)
    told = _corrected(snapshot.path, issue.number, corrections)
    return replace(obeyed, settled=settled, told=(*obeyed.told, told))


def _corrected(path: str, issue: int, corrections: Iterable[Correction]) -> PostComment:
    shown = list(corrections)[:_MOST_TOLD]
    digest = short_digest(*(f"{one.risk}\0{one.was}\0{one.now}" for one in shown))
    body = render_comment("corrected.md", digest=digest, path=path, corrections=shown)
    return PostComment(issue, body, "told", "A score was not probability times impact", once=True)


def with_stories(
    snapshot: PlanSnapshot, issue: IssueSnapshot, obeyed: Obeyed, config: RepoConfig
) -> Obeyed:
    """What the commands came to, telling which story follows one that is complete now, and of work
    on a story before the one that it waits for."""
    agreed, text = snapshot.bases.agreed, obeyed.settled.text
    if agreed is None or agreed == text:
        return obeyed
    was, now = (read_plan(snapshot.path, parse_document(one)) for one in (agreed, text))
    if was is None or now is None or (was.format, now.format) != ("task-plan", "task-plan"):
        return obeyed
    told = [*_next_stories(was, now, issue.number, config.people), *_early(was, now, issue.number)]
    return replace(obeyed, told=(*obeyed.told, *told))


def _next_stories(
    was: Plan, now: Plan, issue: int, people: Mapping[str, str]
) -> Iterable[PostComment]:
    complete = {story.key for story in stories_of(was) if story.complete}
    stories = stories_of(now)
    for index, story in enumerate(stories):
        following = next((one for one in stories[index + 1 :] if not one.complete), None)
        if not story.complete or story.key in complete or following is None:
            continue
        open_ = [task for task in (*following.tasks, *following.exit_tasks) if not task.settled]
        body = render_comment(
            "next-story.md",
            story=story.key,
            following=following.key,
            title=following.title,
            address=open_[0].address if open_ else "",
            text=open_[0].text if open_ else "",
            owner=_owner(following, open_[0].owner if open_ else "", people),
        )
        yield PostComment(issue, body, "told", f"{story.key} is complete", once=True)


def _owner(story: Group, of_task: str, people: Mapping[str, str]) -> str:
    """Whom to tell: a mention where plan or configuration names an account, else the bare name."""
    name = (of_task or story.owner).strip().strip("`")
    account = known_account(name, people)
    if is_login(account) or is_team(account):
        return f"@{account}"
    return code_span(name) if name else ""


def _early(was: Plan, now: Plan, issue: int) -> Iterable[PostComment]:
    known = {problem.message for problem in out_of_order(was)}
    found: list[Problem] = [p for p in out_of_order(now) if p.message not in known]
    if found:
        body = render_comment(
            "early-story.md",
            digest=short_digest(*(problem.message for problem in found)),
            findings=[(problem.message, problem.fix) for problem in found],
        )
        why = "A story is worked on before the one that it waits for"
        yield PostComment(issue, body, "told", why, once=True)
