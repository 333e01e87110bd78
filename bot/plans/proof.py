"""An edit is proved by parsing its result: everything but the target must still be there.

What stands in a document is listed as facts, each with the place where it begins. The facts of the
edited text must be those of the text before, moved by the edit, with only the announced difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.errors import UserProblem
from bot.plans.document import Document, parse_document

Key = tuple[str, int, int]
Facts = dict[Key, object]

_CONTAINERS = frozenset(
    {"bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open"}
)


@dataclass(eq=False)
class EditRefused(UserProblem):
    """The target is not there, or writing it would change something else."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace ``text[start:end]`` by ``new``.

    ``lines`` says that whole lines come or go, so that what begins at ``start`` belongs to them;
    ``grows`` names a kind of block that may take the new lines in (a table its rows).
    """

    start: int
    end: int
    new: str
    lines: bool = False
    grows: str = ""

    @property
    def shift(self) -> int:
        """How far everything after the splice moves."""
        return len(self.new) - (self.end - self.start)

    def apply(self, text: str) -> str:
        """The text after the splice."""
        return text[: self.start] + self.new + text[self.end :]

    def removes(self, position: int, kind: str = "") -> bool:
        """Whether what begins at this place of the old text goes."""
        return self._first(kind) <= position < self.end

    def adds(self, position: int, kind: str = "") -> bool:
        """Whether what begins at this place of the new text came with the splice."""
        return self._first(kind) <= position < self.start + len(self.new)

    def _first(self, kind: str) -> int:
        # A line or key that begins where a value is replaced stays; a comment is the value's own.
        return self.start if self.lines or kind == "comment" else self.start + 1

    def moved(self, position: int) -> int:
        """Where what begins at this place of the old text begins now."""
        after = (
            position >= self.end if self.lines or self.end > self.start else (position > self.start)
        )
        return position + self.shift if after else position

    def end_moved(self, end: int) -> int:
        """Where a block that ended at this place of the old text ends now."""
        return end if self.keeps(end) else end + self.shift

    def keeps(self, end: int) -> bool:
        """Whether a block that ends at this place of the old text ends before the new text does."""
        return end <= self.start if self.lines else end < self.end


@dataclass(frozen=True, slots=True)
class Expected:
    """The announced difference: facts by key of the old text, and the front matter's new data."""

    facts: Mapping[Key, object] = field(default_factory=dict)
    front_matter: Mapping[str, object] | None = None


def prove(before: Document, splice: Splice, expected: Expected) -> Document:
    """The document after the splice. Raises ``EditRefused`` when anything else changed."""
    after = parse_document(splice.apply(before.text))
    if after.refused or before.refused:
        raise _refusal(before, splice, "the result passes a limit")
    moved = {
        (kind, splice.moved(place), index): fact
        for (kind, place, index), fact in _facts(before, splice).items()
        if not splice.removes(place, kind)
    }
    for (kind, place, index), fact in expected.facts.items():
        moved[kind, splice.moved(place), index] = fact
    found = {
        key: fact for key, fact in _facts(after, None).items() if not splice.adds(key[1], key[0])
    }
    if moved != found:
        raise _refusal(before, splice, _difference(moved, found))
    if not _same_blocks(before, after, splice):
        raise _refusal(before, splice, "it changes how the text around it is read")
    if before.shape.references != after.shape.references:
        raise _refusal(before, splice, "it changes a link definition")
    data = expected.front_matter
    if data is None and before.front_matter is not None:
        data = before.front_matter.data
    now = after.front_matter.data if after.front_matter is not None else None
    if not _same_data(data, now):
        raise _refusal(before, splice, "it changes the front matter")
    if sorted(problem.code for problem in after.problems) != sorted(
        problem.code for problem in before.problems
    ):
        raise _refusal(before, splice, "it makes or hides a problem of the text")
    return after


def _refusal(document: Document, splice: Splice, reason: str) -> EditRefused:
    return EditRefused(
        f"This edit is refused because {reason}.",
        "Edit the file by hand, or write the value without markup.",
        line=document.line_of(min(splice.start, len(document.text))),
    )


def _difference(moved: Facts, found: Facts) -> str:
    for key in sorted(set(moved) | set(found)):
        if moved.get(key) != found.get(key):
            verb = "removes" if key not in found else "adds" if key not in moved else "changes"
            return f"it {verb} a {key[0]} beside its target"
    return "it changes more than its target"


def task_fact(
    document: Document, index: int, checked: bool, splice: Splice | None = None
) -> tuple[Key, object]:
    """The fact of a task with the given state; ``splice`` moves the place of its parent."""
    task = document.tasks[index]
    parent = None if task.parent is None else document.tasks[task.parent].offset
    if parent is not None and splice is not None:
        parent = splice.moved(parent)
    fact = (checked, task.raw, task.depth, task.in_quote, task.section, parent)
    return ("task", task.offset, 0), fact


def _facts(document: Document, splice: Splice | None) -> Facts:
    """What stands in the document; with ``splice``, places inside facts are moved by it."""
    facts: Facts = {}
    for index, task in enumerate(document.tasks):
        key, fact = task_fact(document, index, task.checked, splice)
        facts[key] = fact
    for table in document.tables:
        for row in (table.header, table.delimiter, *table.rows):
            start = document.line_start(row.line)
            facts["row", start, 0] = len(row.cells)
            for index, cell in enumerate(row.cells):
                facts["cell", start, index] = (cell.raw, cell.present)
    for found in document.fields:
        facts["field", found.key_span.start, 0] = (found.key, found.value, found.shape)
    for section in document.sections:
        facts["heading", section.heading.start, 0] = (section.level, section.path)
    for comment in document.comments:
        facts["comment", comment.span.start, 0] = comment.text
    for line in document.header:
        facts["header line", document.line_start(line.line), 0] = (line.key, line.value)
    return facts


def _same_blocks(before: Document, after: Document, splice: Splice) -> bool:
    old = [block for block in _blocks(before) if not splice.removes(block[1])]
    new = [block for block in _blocks(after) if not splice.adds(block[1])]
    if len(old) != len(new):
        return False
    for (kind, start, end), (new_kind, new_start, new_end) in zip(old, new, strict=True):
        if kind != new_kind or splice.moved(start) != new_start:
            return False
        if kind in _CONTAINERS or (splice.lines and splice.start < end <= splice.end):
            continue
        grown = splice.keeps(end) and kind == splice.grows
        kept = splice.end_moved(end)
        if new_end != kept and not (grown and kept < new_end <= splice.start + len(splice.new)):
            return False
    return True


def _blocks(document: Document) -> Iterator[tuple[str, int, int]]:
    """Each block's kind, where its first line begins and where its last one ends."""
    lines = document.lines
    for kind, first, after in document.shape.blocks:
        yield kind, lines.start(first), lines.end(after - 1)


def _same_data(left: object, right: object) -> bool:
    """Equal with equal types, because ``True == 1`` and ``1 == 1.0`` are other YAML."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return list(left) == list(right) and all(_same_data(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same_data, left, right))
    return type(left) is type(right) and (left == right or left != left)
