"""A task plan's decision log: one entry an attempt, read and written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.plans.cellwords import leading_word
from bot.plans.document import Document, fold
from bot.plans.formats.parts import fields_in
from bot.plans.placeholders import is_undecided, placeholder_spans
from bot.plans.plaintext import normalise_dashes, plain_text

DECISIONS = ("continue", "refine", "escalate", "done", "blocked")
REQUIRED = ("Attempt", "Result", "Evidence", "Decision", "Next step")

_HEADING = re.compile(
    r"\[?(?P<story>[A-Z]{1,5}-\d{1,5}(?:/[A-Z]{1,5}-\d{1,5})?)\]?\s*(?P<outcome>.*?)"
    r"\s*-{1,2}\s*(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z?)\s*"
)
_ENTRY = re.compile(r"\[?[A-Z]{1,5}-\d{1,5}\b")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry: ``## [S-1] outcome — 2025-01-31T09:30:00Z`` and what stands below it.

    ``at`` is that text of the time, ``""`` where the heading does not have it as it should.
    """

    story: str
    outcome: str
    at: str
    line: int = 1
    attempt: str = ""
    result: str = ""
    evidence: str = ""
    decision: str = ""
    next_step: str = ""
    runtime: str = ""
    monitoring: str = ""
    missing: tuple[str, ...] = ()

    @property
    def time(self) -> datetime | None:
        """The time of the entry, aware and in UTC; None when it cannot be read."""
        try:
            found = datetime.fromisoformat(self.at.replace("Z", "+00:00"))
        except ValueError:
            return None
        return found.replace(tzinfo=found.tzinfo or UTC)


def read_decision_log(document: Document) -> tuple[LogEntry, ...]:
    """The entries of a decision log in the order they stand; headings that are none are passed."""
    entries = []
    for section in document.sections:
        title = normalise_dashes(section.title).strip()
        match = _HEADING.fullmatch(title)
        if match is None and not (section.level == 2 and _ENTRY.match(title)):
            continue
        values: dict[str, str] = {}
        for field in fields_in(document, section.whole):
            key = re.sub(r"\s*\(.*\)$", "", fold(field.key))
            value = "" if placeholder_spans(field.value) else plain_text(field.value)
            values.setdefault(key, value)
        decision = values.get("decision", "")
        story = match["story"] if match else _ENTRY.match(title)[0].lstrip("[")  # type: ignore[index]
        entries.append(
            LogEntry(
                story=story,
                outcome=match["outcome"] if match else title,
                at=match["at"] if match else "",
                line=section.line,
                attempt=values.get("attempt", ""),
                result=values.get("result", ""),
                evidence=values.get("evidence", ""),
                decision="" if is_undecided(decision, DECISIONS) else decision,
                next_step=values.get("next step", ""),
                runtime=values.get("runtime", ""),
                monitoring=values.get("monitoring", ""),
                missing=tuple(key for key in REQUIRED if fold(key) not in values),
            )
        )
    return tuple(entries)


def is_done(entry: LogEntry) -> bool:
    """Whether an entry says that its story is finished."""
    return leading_word(entry.decision, DECISIONS) == "done"


def render_entry(entry: LogEntry) -> str:
    """The markdown of an entry, values that are missing as a dash; no blank lines around it."""
    lines = [f"## [{entry.story}] {_one_line(entry.outcome)} — {entry.at}"]
    for key, value in (
        ("Attempt", entry.attempt),
        ("Result", entry.result),
        ("Evidence", entry.evidence),
        ("Decision", entry.decision),
        ("Next step", entry.next_step),
        ("Runtime", entry.runtime),
        ("Monitoring", entry.monitoring),
    ):
        lines.append(f"- {key}: {_one_line(value) or '—'}")
    return "\n".join(lines)


def append_entry(text: str, entry: LogEntry) -> str:
    """The log with the entry at its end, in the line ends of the log.

    The same text when it has the same heading already: an entry is written once.
    """
    heading = render_entry(entry).split("\n")[0]
    if heading in re.split(r"\r\n?|\n", text):
        return text
    ending = "\r\n" if "\r\n" in text else "\r" if "\r" in text and "\n" not in text else "\n"
    body = text.rstrip("\r\n")
    gap = ending * 2 if body else ""
    return body + gap + render_entry(entry).replace("\n", ending) + ending


def stalled(entries: tuple[LogEntry, ...], story: str, last_tick: datetime | None) -> bool:
    """Whether the last three entries of a story were all written since a box of it was ticked.

    ``last_tick`` is the aware time of that tick, None when there was none.
    """
    times = [entry.time for entry in entries if entry.story == story]
    last = [time for time in times if time is not None][-3:]
    return len(last) == 3 and (last_tick is None or min(last) > last_tick)


def _one_line(text: str) -> str:
    return " ".join(text.split())
