"""What is found in task plans, and in the decision log beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bot.plans.cellwords import leading_word
from bot.plans.decision_log import DECISIONS, LogEntry, is_done, read_decision_log
from bot.plans.document import parse_document
from bot.plans.formats.parts import field_value
from bot.plans.formats.task_plan import SKELETON_STATES, is_allowed
from bot.plans.gates.codes import finding
from bot.plans.gates.context import Context
from bot.plans.model import Contract, Group, Plan, PlanTask, Problem, TaskState
from bot.plans.plaintext import normalise_dashes

LOG = "decision-log.md"

_DATE = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_STORY_ID = re.compile(r"S-\d{1,4}", re.IGNORECASE)


def findings(context: Context) -> Iterator[Problem]:
    """Everything that is particular to task plans."""
    plan = context.plan
    yield from _sections(context)
    yield from _stops(plan)
    yield from out_of_order(plan)
    yield from _stories(context)
    yield from _skeletons(plan)
    yield from _log(context)


def stories_of(plan: Plan) -> list[Group]:
    """The stories in document order."""
    return [group for group in plan.groups if group.kind == "story"]


def is_story_complete(story: Group) -> bool:
    """Whether a story's exit checklist is settled; without one, whether all its tasks are."""
    deciding = story.exit_tasks or story.tasks
    return bool(deciding) and all(task.settled for task in deciding)


def asks_for_done_entry(task: PlanTask) -> bool:
    """Whether an exit box asks for the final Done entry of the decision log."""
    text = " ".join(normalise_dashes(task.text).casefold().replace("-", " ").split())
    return re.search(r"\bdecision log\b.*\bdone\b", text) is not None


def out_of_order(plan: Plan, named: str | None = None) -> Iterator[Problem]:
    """Work on a story before the exit of an earlier one: its ticks, or a task that is named."""
    waiting: Group | None = None
    for story in stories_of(plan):
        done = [task for task in (*story.tasks, *story.exit_tasks) if task.settled]
        wanted = named is not None and named.casefold().startswith(f"{story.key}/".casefold())
        if waiting is not None and (wanted if named is not None else done):
            line = story.line if wanted else done[0].line
            yield finding(
                "tasks.story-out-of-order",
                f"{story.key} is worked on although the exit checklist of {waiting.key} is open.",
                f"Settle every exit box of {waiting.key} first, or strike what does not apply.",
                line,
            )
        if waiting is None and (story.tasks or story.exit_tasks) and not is_story_complete(story):
            waiting = story


def _sections(context: Context) -> Iterator[Problem]:
    contract = context.plan.contract or Contract()
    for section in context.document.sections:
        if section.level == 2 and not is_allowed(section.title, contract):
            yield finding(
                "tasks.section-not-allowed",
                f"The section “{section.title}” is not one that the contract allows.",
                "Move its text into an allowed section, or allow it in `output_contract`.",
                section.line,
            )


def _stops(plan: Plan) -> Iterator[Problem]:
    contract = plan.contract or Contract()
    keys = {word: key for key, word in contract.stop_tokens}
    codes = {"needs_clarification": "tasks.needs-clarification", "blocked": "tasks.blocked"}
    for token in plan.stop_tokens:
        code = codes.get(keys.get(token.token, ""), "tasks.stop-token")
        reason = f": {token.reason}" if token.reason else "."
        yield finding(
            code, f"{token.token} stands here{reason}",
            "Clear it up, then take the token away or strike it through.", token.line,
        )  # fmt: skip
    for question in plan.questions:
        if question.critical and not question.resolved:
            yield finding(
                "tasks.question-critical",
                f"Critical question {question.number} is not resolved: {question.text}",
                f"Answer it with `/plan answer {question.number} text` or a nested `Answer:`.",
                question.line,
            )


def _stories(context: Context) -> Iterator[Problem]:
    seen: set[str] = set()
    for story in stories_of(context.plan):
        if story.key in seen:
            yield finding(
                "tasks.duplicate-story", f"{story.key} stands twice.",
                "Give every story an id of its own.", story.line,
            )  # fmt: skip
        seen.add(story.key)
        if story.exit_line is None:
            yield finding(
                "tasks.exit-missing", f"{story.key} has no Story Exit Checklist.",
                "Add one: it is what closes a story.", story.line,
            )  # fmt: skip
        yield from _story_id(context, story)
        due = due_date(story)
        late = due is not None and context.today is not None and due < context.today
        if late and not is_story_complete(story):
            yield finding(
                "tasks.overdue", f"{story.key} was due on {due}.",
                "Finish it, or agree on another date.", story.line,
            )  # fmt: skip
        if story.key in context.stalled and not is_story_complete(story):
            yield finding(
                "tasks.stalled",
                f"The last three log entries of {story.key} brought no newly ticked box.",
                "Say what is in the way with `/plan block reason`, or cut the task smaller.",
                story.line,
            )


def _story_id(context: Context, story: Group) -> Iterator[Problem]:
    section = next((s for s in context.document.sections if s.line == story.line), None)
    if section is None:
        return
    said = normalise_dashes(field_value(context.document, "Story ID", section.whole))
    match = _STORY_ID.search(said)
    if match is not None and match[0].upper() != story.key:
        yield finding(
            "tasks.story-id", f"The heading says {story.key}, its Story ID {match[0]}.",
            "Make the two the same.", story.line,
        )  # fmt: skip


def due_date(story: Group) -> date | None:
    """The date a story is due; None for none, or for one that is no date."""
    match = _DATE.search(normalise_dashes(story.due))
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _skeletons(plan: Plan) -> Iterator[Problem]:
    for group in plan.groups:
        for task in group.tasks if group.kind == "skeletons" else ():
            if task.state is TaskState.UNKNOWN:
                yield finding(
                    "tasks.status-word",
                    f"“{task.status_word}” of {task.address} is no status that plansync knows.",
                    f"Use one of {', '.join(SKELETON_STATES)}.",
                    task.line,
                )


def _log(context: Context) -> Iterator[Problem]:
    text = context.text_beside(LOG)
    if text is None:
        return
    path = context.beside(LOG)
    entries = read_decision_log(parse_document(text))
    for entry in entries:
        wrong = _wrong(entry)
        if wrong:
            yield finding(
                "tasks.log-entry", f"The entry “{entry.outcome}” has {wrong}.",
                "Complete it as `## [S-1] outcome — 2025-01-31T09:30:00Z` with its bullets.",
                entry.line, path=path,
            )  # fmt: skip
    for story in stories_of(context.plan):
        finished = any(is_done(entry) for entry in entries if entry.story == story.key)
        for task in story.exit_tasks:
            if task.settled and asks_for_done_entry(task) and not finished:
                yield finding(
                    "tasks.done-entry-missing",
                    f"An exit box of {story.key} claims a Done entry that the log does not have.",
                    f"Add the entry to `{path}`, or untick the box.",
                    task.line,
                )


def _wrong(entry: LogEntry) -> str:
    wrong = [f"no {name}" for name in entry.missing]
    if entry.time is None:
        wrong.append("no time in UTC")
    if "Decision" not in entry.missing and leading_word(entry.decision, DECISIONS) is None:
        wrong.append("no decision" if not entry.decision else f"the decision “{entry.decision}”")
    return ", ".join(wrong)
