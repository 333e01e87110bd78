"""Commands that bring words into a plan: story, ask, answer, approve, decide, revise, log."""

from __future__ import annotations

import re

from bot.errors import UserProblem
from bot.plans.commands import Command, split_task, unquoted
from bot.plans.decision_log import LogEntry, append_entry, read_decision_log
from bot.plans.document import Document, Section, Table, fold, parse_document
from bot.plans.edit import append_row, append_to_section, insert_section, set_cell, set_task
from bot.plans.formats.parts import find_section, find_table, sections_below
from bot.plans.formats.task_plan import plan_document
from bot.plans.formats.track_spec import APPROVALS
from bot.plans.harmless import harmless, harmless_lead, name_shown
from bot.plans.model import Approval, Plan, Question
from bot.plans.ordered import Around, Done
from bot.plans.orders_lines import first_entry, insert_line, replace_line, words_after
from bot.plans.people import is_team, signer_of
from bot.plans.placeholders import is_placeholder
from bot.plans.plaintext import normalise_dashes
from bot.plans.prose import is_example_row, lone_placeholder

_CRITICAL = re.compile(r"\[?critical\]?\s*[:\-]?\s+", re.IGNORECASE)
_STORY = re.compile(r"S-(\d{1,4})")
_NAMED_STORY = re.compile(r"\[?(S-\d{1,4})\]?[:,]?", re.IGNORECASE)
_WAIVED = re.compile(r"\s+n/?a\b[\s:,\-]*(?P<why>.*)\Z", re.IGNORECASE)
_QUESTIONS = {"user-story": "Clarification Questions", "task-plan": "Clarification Questions"}


def _said(text: str, what: str, example: str) -> str:
    line = harmless(unquoted(text))
    if not line:
        raise UserProblem(f"{what} is missing.", f"Write it as {example}")
    return line


def _section(document: Document, title: str) -> Section:
    section = find_section(document, title)
    if section is None:
        raise UserProblem(
            f"The plan has no section “{title}”.", f"Add the heading “## {title}” to the plan file."
        )
    return section


# Stories


def story(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Add the next story of a task plan, made from the template's block."""
    title = _said(command.text, "The title", '/plan story "Export as CSV"')
    there = next(
        (g for g in plan.groups if g.kind == "story" and fold(g.title) == fold(title)), None
    )
    if there is not None:
        return Done(document.text)
    stories = [group for group in plan.groups if group.kind == "story"]
    used = [int(match[1]) for group in stories if (match := _STORY.fullmatch(group.key))]
    key = f"S-{max(used, default=0) + 1}"
    last = _section_at(document, stories[-1].line) if stories else None
    after = last or _section(document, "User Stories")
    level = last.level if last else after.level + 1
    body = _story_block(around.story, key)
    text = insert_section(document, after, level, f"Story [{key}]: {title}", body)
    return Done(text, did=f"add story {key}")


def _section_at(document: Document, line: int) -> Section | None:
    return next((section for section in document.sections if section.line == line), None)


def _story_block(template: str, key: str) -> str:
    """What stands below the heading of the template's story, with another story's id."""
    document = plan_document(parse_document(template))
    for section in document.sections:
        if re.match(r"Story \[S-1\]", normalise_dashes(section.title)):
            body = template[section.heading.end : section.whole.end]
            return re.sub(r"\bS[-\u2010-\u2015](?:1|‑1)(?!\d)", key, body)
    return f"- Story ID: {key}\n\n#### Tasks Checklist\n- [ ] <task 1>\n"


# Questions


def ask(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Add a question where the format keeps them; the template's example is filled first."""
    said = unquoted(command.text)
    critical = _CRITICAL.match(said)
    if critical:
        said = said[critical.end() :]
    text = _said(said, "The question", "/plan ask Which currencies?")
    who = name_shown(around.login)
    if any(fold(_plain(q.text)) == fold(_plain(text)) for q in plan.questions):
        return Done(document.text)
    if plan.format == "user-story":
        return Done(_ask_in_table(document, plan, text, who), did="add a question")
    if plan.format == "track-spec":
        section = _section(document, "Open Questions")
        bullet = f"- {harmless_lead(text)} (asked by {who})"
        return Done(first_entry(document, section, bullet), did="add a question")
    mark = "Critical" if critical else "Nice"
    section = _section(document, _QUESTIONS[plan.format])
    return Done(_ask_in_bullets(document, section, mark, text), did="add a question")


def _plain(text: str) -> str:
    return re.sub(r"[\\\u2060“”]|\(asked by [^)]*\)\s*\Z", "", text)


def _ask_in_table(document: Document, plan: Plan, text: str, who: str) -> str:
    table = _question_table(document)
    number = max((question.number for question in plan.questions), default=0) + 1
    values = {"#": str(number), "question": text, "asked by": who, "status": "Pending"}
    example = next((i for i, row in enumerate(table.rows) if is_example_row(table, row)), None)
    if example is None:
        row = [values.get(fold(cell.text), "") for cell in table.header.cells]
        return append_row(document, table, row)
    line, source = table.line, document.text
    for column, cell in enumerate(table.header.cells):
        document = parse_document(source)
        table = next(t for t in document.tables if t.line == line)
        source = set_cell(document, table, example, column, values.get(fold(cell.text), ""))
    return source


def _question_table(document: Document) -> Table:
    section = _section(document, _QUESTIONS["user-story"])
    table = find_table(document, section, ("Question", "Status"))
    if table is None:
        raise UserProblem(
            "There is no table under Clarification Questions.",
            "Add one with the columns #, Question, Asked By, Status, Answer.",
        )
    return table


def _ask_in_bullets(document: Document, section: Section, mark: str, text: str) -> str:
    bullet = f"- [{mark}] {harmless_lead(text)}"
    first = document.line_of(section.body.start)
    last = document.line_of(max(section.body.end - 1, section.body.start))
    for line in range(first, last + 1):
        source = document.line_text(line).strip()
        lead = f"- [{mark}]"
        if source.casefold().startswith(lead.casefold()) and is_placeholder(source[len(lead) :]):
            return replace_line(document, line, bullet)
    return append_to_section(document, section, bullet)


def answer(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Answer a question: its row, or a line below its bullet."""
    number, said = split_task(command.text)
    text = _said(said, "The answer", "/plan answer 1 Euro and Yen")
    question = _question(plan, number.lstrip("#Qq"))
    did = f"answer question {question.number}"
    if plan.format == "user-story":
        return Done(_answer_in_table(document, question, text), did=did)
    bullet = document.line_text(question.line)
    indent = len(bullet) - len(bullet.lstrip(" \t"))
    marker = re.match(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+", bullet)
    pad = " " * (len(marker[0]) if marker else indent + 2)
    line = f"{pad}- Answer: {harmless_lead(text)}"
    below = question.line + 1
    if question.resolved and below <= len(document.lines):
        there = document.line_text(below)
        if re.match(r"\s*[-*+]\s+Answer:", there):
            return Done(replace_line(document, below, line), did=did)
    return Done(insert_line(document, question.line, line), did=did)


def _question(plan: Plan, number: str) -> Question:
    found = next((q for q in plan.questions if str(q.number) == number), None)
    if found is None:
        open_ones = ", ".join(str(q.number) for q in plan.questions if not q.resolved)
        raise UserProblem(
            "There is no question with this number.",
            f"Open are {open_ones}." if open_ones else "No question is open.",
        )
    return found


def _answer_in_table(document: Document, question: Question, text: str) -> str:
    table = _question_table(document)
    index = next(i for i, row in enumerate(table.rows) if row.line == question.line)
    line, source = table.line, document.text
    for column, value in (("Answer", text), ("Status", "Answered")):
        document = parse_document(source)
        table = next(t for t in document.tables if t.line == line)
        if table.column(column) is None:
            raise UserProblem(f"The table of questions has no column {column}.", "Add one.")
        source = set_cell(document, table, index, column, value)
    return source


# Sign-offs


def approve(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """Sign for a role, or waive one that is needed only sometimes."""
    said = normalise_dashes(command.text)
    waived = _WAIVED.search(said)
    role = unquoted(said[: waived.start()] if waived else said)
    approval = _approval(plan, role)
    _may_sign(approval, around)
    if waived is None:
        cell, did = "[x]", f"approve as {approval.role}"
    else:
        if not approval.optional:
            raise UserProblem(f"{approval.role} may not be waived.", "It is needed in any case.")
        reason = harmless(waived["why"])
        if not reason:
            raise UserProblem("The reason is missing.", "/plan approve Security n/a no new input")
        cell, did = f"n/a — {reason}", f"waive {approval.role}"
    text = _sign_cell(document, approval, cell)
    return Done(_settle_gate(text, plan, approval, cell), did=did)


def _approval(plan: Plan, role: str) -> Approval:
    wanted = fold(role)
    found = [a for a in plan.approvals if fold(a.role) == wanted]
    found = found or [a for a in plan.approvals if wanted and fold(a.role).startswith(wanted)]
    if len(found) != 1:
        roles = ", ".join(a.role for a in plan.approvals) or "none"
        raise UserProblem("That is none of the roles.", f"The roles are: {roles}.")
    return found[0]


def _may_sign(approval: Approval, around: Around) -> None:
    if around.role == "admin":
        return
    signer, named = signer_of(approval, around.people), approval.name.strip().strip("`")
    if is_team(signer):
        _may_sign_for(signer, approval, around)
        return
    if not signer or signer.casefold() != around.login.casefold():
        raise UserProblem(
            f"Only the person named for {approval.role}, or an admin, may sign for it.",
            _whom(named, known=bool(signer)),
        )


def _whom(named: str, *, known: bool) -> str:
    if not named:
        return "The plan names nobody yet."
    told = f"The plan names {harmless(named.lstrip('@'))}"
    if known:
        return f"{told}."
    return f"{told}; write @ and the login there, or name it under `people:` in the configuration."


def _may_sign_for(team: str, approval: Approval, around: Around) -> None:
    member = around.teams.get(team)
    if member is None:
        raise UserProblem(
            f"plansync cannot see who is in the team {team}, which signs for {approval.role}.",
            "Give the App the organisation permission “Members: read-only”; or an admin approves.",
        )
    if not member:
        raise UserProblem(
            f"Only members of the team {team}, or an admin, may sign for {approval.role}."
        )


def _sign_cell(document: Document, approval: Approval, cell: str) -> str:
    section = _section(document, APPROVALS)
    table = find_table(document, section, ("Role", "Status"))
    assert table is not None  # noqa: S101 - the approval was read from it
    index = next(i for i, row in enumerate(table.rows) if row.line == approval.line)
    return set_cell(document, table, index, "Status", cell)


def _settle_gate(text: str, plan: Plan, approval: Approval, cell: str) -> str:
    if approval.gate_line is None:
        return text
    document = parse_document(text)
    gate = next((task for task in document.tasks if task.line == approval.gate_line), None)
    if gate is None or gate.checked:
        return text
    if cell == "[x]":
        return set_task(document, gate, True)
    return words_after(document, gate, f" — N/A: {cell.partition('— ')[2]}")


# Logs


def decide(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """A line in the Conversation Log with name and date."""
    text = _said(command.text, "The decision", "/plan decide We begin with one region.")
    bullet = f"- {around.date} {name_shown(around.login)} — {text}".replace("-  ", "- ")
    if bullet in document.text:
        return Done(document.text)
    section = _section(document, "Conversation Log")
    return Done(first_entry(document, section, bullet), did="note a decision")


def revise(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """The next revision: the feedback, and what the plan changed since the last one."""
    feedback = _said(command.text, "The feedback", '/plan revise "The form asks too much."')
    last = plan.revisions[-1] if plan.revisions else None
    if last is not None and fold(_plain(last.feedback)) == fold(_plain(feedback)):
        return Done(document.text)
    section = _section(document, "Revisions")
    number = max((revision.number for revision in plan.revisions), default=0) + 1
    changes = around.changes or ("Nothing in the plan changed yet",)
    lines = [f"- {change}" for change in changes]
    body = f'**Feedback**: "{feedback}"\n\n**Changes**:\n' + "\n".join(lines)
    text = _without_placeholder(document, section)
    document = parse_document(text)
    section = _section(document, "Revisions")
    below = sections_below(document, section)
    heading = f"### Revision {number} — {around.date}"
    if below:
        text = insert_section(document, below[-1], section.level + 1, heading[4:], body)
    else:
        text = append_to_section(document, section, f"{heading}\n\n{body}")
    return Done(text, did=f"add revision {number}")


def _without_placeholder(document: Document, section: Section) -> str:
    alone = lone_placeholder(document, section)
    if alone is None or "\n" in alone.of(document.text):
        return document.text
    line = document.line_of(alone.start)
    return replace_line(document, line, "")


def log(document: Document, plan: Plan, command: Command, around: Around) -> Done:
    """An entry in the decision log of a task plan; the plan itself stays."""
    first, rest = split_task(command.text)
    named = _NAMED_STORY.fullmatch(normalise_dashes(first))
    said = harmless(rest if named else command.text)
    if not said:
        raise UserProblem("The text is missing.", "/plan log S-1 the cache is warm now")
    story = _story_of(plan, named[1].upper() if named else "")
    if around.log is None:
        raise UserProblem(
            "There is no decision-log.md beside the plan.", "Add the file, its heading is enough."
        )
    entry = LogEntry(
        story=story,
        outcome=said if len(said) <= 80 else f"{said[:79].rstrip()}…",
        at=around.time,
        attempt=said if len(said) > 80 else f"noted by {name_shown(around.login)}",
        decision="continue",
    )
    known = read_decision_log(parse_document(around.log))
    if any((e.story, e.at) == (story, around.time) for e in known):
        return Done(document.text)
    return Done(document.text, append_entry(around.log, entry), did=f"log an entry for {story}")


def _story_of(plan: Plan, named: str) -> str:
    stories = [group for group in plan.groups if group.kind == "story"]
    keys = [group.key for group in stories]
    if named and named not in keys:
        raise UserProblem(f"There is no story {named}.", f"The stories are {', '.join(keys)}.")
    current = next((group.key for group in stories if not group.complete), None)
    found = named or current or (keys[-1] if keys else "")
    if not found:
        raise UserProblem("The plan has no story yet.", "Add one: /plan story TITLE")
    return found
