"""What is noted where people look when a gate of a feature passes, or fails after it had passed.

A line under Progress in the epic's ``exec-plan.md``, the feature's line in the design index, and a
line of the harness log. Where the last one says the verdict already, nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.plans.companions import PLAN_GATE, REQUIREMENTS, folder_of, is_feature
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.formats.implementation_plan import epic_dir
from bot.plans.gates import status_of
from bot.plans.harmless import harmless
from bot.plans.orders_lines import first_entry, replace_line
from bot.plans.proof import EditRefused

HARNESS = "harness/AI-Agent-progress.txt"

_GATES = {"requirements": REQUIREMENTS, "PlanQualityGate": PLAN_GATE}
_WORD = {True: "PASSED", False: "FAILED"}
_VERDICT = re.compile(r"\b(PASSED|FAILED)\b")
_BULLET = re.compile(r"[ \t]*[-*+][ \t]")


@dataclass(frozen=True, slots=True)
class GateChange:
    """A gate (``PlanQualityGate``) of the feature, its file's path, and whether it passed."""

    gate: str
    path: str
    passed: bool

    @property
    def word(self) -> str:
        """The verdict as it is noted."""
        return _WORD[self.passed]


def feature_name(path: str) -> str:
    """What a feature is called: its folder."""
    return folder_of(path).rstrip("/").rpartition("/")[2]


def verdicts(path: str, text: str) -> Mapping[str, bool | None]:
    """The checklists of a plan with companions: passed, failed, or None while boxes are open."""
    document = parse_document(text)
    plan = read_plan(path, document) if is_feature(text) else None
    if plan is None or plan.format != "implementation-plan":
        return {}
    gates = {gate.name: gate.passed for gate in status_of(plan, document).gates}
    return {name: gates[f"{name}.md"] for name in _GATES if f"{name}.md" in gates}


def gate_changes(path: str, before: str, after: str) -> tuple[GateChange, ...]:
    """The gates whose verdict another text changes; one that was never settled has none."""
    was, now = verdicts(path, before), verdicts(path, after)
    changed = []
    for name, passed in now.items():
        before_it = was.get(name)
        if passed is not None and passed != before_it:
            changed.append(GateChange(name, folder_of(path) + _GATES[name], passed))
        elif passed is None and before_it:
            changed.append(GateChange(name, folder_of(path) + _GATES[name], False))
    return tuple(changed)


def may_change(path: str, versions: Sequence[str]) -> bool:
    """Whether what these versions amount to together may change a verdict of the first one."""
    first = verdicts(path, versions[0])
    if any(verdicts(path, text) != first for text in versions[1:]):
        return True
    read = (read_plan(path, parse_document(text)) for text in versions if is_feature(text))
    plans = [plan for plan in read if plan is not None]
    settled = {box.address for plan in plans for box in plan.boxes if box.settled}
    return any(
        first.get(group.key) is None and all(task.address in settled for task in group.tasks)
        for plan in plans
        for group in plan.groups
        if group.kind == "checklist" and group.tasks
    )


def noted_in(path: str) -> tuple[str, ...]:
    """The files in which a gate of the plan at ``path`` is noted where they are there."""
    epic = epic_dir(path)
    return (*((f"{epic}exec-plan.md", f"{epic}design/index.md") if epic else ()), HARNESS)


def note(
    file: str,
    text: str,
    path: str,
    changes: Sequence[GateChange],
    now: Mapping[str, bool | None],
    at: str,
) -> str:
    """The text of one of ``noted_in`` with these changes; ``at`` is when, as ``…T…Z``.

    ``now`` are all verdicts. The same text where it says them already, or has no place for them.
    """
    for change in changes:
        if file == HARNESS:
            text = _in_harness(text, change, at)
        elif file.endswith("/design/index.md"):
            text = _in_index(text, path, now)
        else:
            text = _in_progress(text, change, feature_name(path), at[:10])
    return text


def _in_harness(text: str, change: GateChange, at: str) -> str:
    about = f" {change.gate} {change.path} "
    said = [line for line in re.split(r"\r\n?|\n", text) if about in f"{line} "]
    if not at or (said and _last_verdict(said) == change.word):
        return text
    return _with_line(text, f"{at}{about}{change.word}")


def _in_progress(text: str, change: GateChange, feature: str, day: str) -> str:
    document = parse_document(text)
    section = document.section("Progress")
    bullet = f"- {f'{day} ' if day else ''}{change.gate} of {harmless(feature)} {change.word}"
    if section is None:
        return _with_line(text, f"\n## Progress\n\n{bullet}")
    lines = re.split(r"\r\n?|\n", section.whole.of(text))
    said = [line for line in lines if _names(line, change.gate) and _names(line, feature)]
    if said and _last_verdict(said) == change.word:
        return text
    try:
        return first_entry(document, section, bullet)
    except EditRefused:
        return text


def _in_index(text: str, path: str, now: Mapping[str, bool | None]) -> str:
    """The feature's bullet with the verdicts at its end; a new one where there is none."""
    feature = feature_name(path)
    said = ", ".join(
        f"{name} {_WORD[passed]}" for name, passed in now.items() if passed is not None
    )
    document = parse_document(text)
    for number in range(1, len(document.lines) + 1):
        line = document.line_text(number)
        if not _BULLET.match(line) or not _names(line, feature):
            continue
        ours = rf"[ \t]+— (?:(?:{'|'.join(_GATES)}) (?:PASSED|FAILED)(?:, )?)+[ \t]*\Z"
        bare = re.sub(ours, "", line).rstrip()
        new = f"{bare} — {said}" if said else bare
        if new == line:
            return text
        try:
            return replace_line(document, number, new)
        except EditRefused:
            return text
    link = f"[{harmless(feature)}](../features/{feature}/impl-plan.md)"
    return _with_line(text, f"- {link} — {said}") if said else text


def _names(line: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line) is not None


def _last_verdict(lines: Sequence[str]) -> str:
    found = [match[1] for line in lines for match in _VERDICT.finditer(line)]
    return found[-1] if found else ""


def _with_line(text: str, line: str) -> str:
    """The text with another last line, in its own line ends."""
    ending = "\r\n" if "\r\n" in text else "\n"
    body = text if not text or text.endswith(("\n", "\r")) else text + ending
    return body + line.replace("\n", ending) + ending
