"""Edit real files at random, and see that each edit changes its target and nothing else.

Every edit is also taken back, and where the former value says enough, setting it again has to give
the bytes there were.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bot.plans import edit
from bot.plans.document import Document, parse_document
from tests.undo import take_back, undo_of

# Of 20,000 edits: how many of each kind are made at least, and how many are refused at most. Those
# that are refused would change more than their target, or have a value that no cell can hold.
LEAST_MADE = {
    "tick": 2_150, "ticks": 1_750, "cell": 1_850, "insert row": 1_850, "remove row": 1_800,
    "field": 2_050, "front matter": 900, "append": 2_700, "section": 3_300,
}  # fmt: skip
MOST_REFUSED = {
    "tick": 12, "ticks": 5, "cell": 5, "insert row": 5, "remove row": 5, "field": 85,
    "front matter": 40, "append": 290, "section": 10,
}  # fmt: skip


class Wrong(Exception):
    """An edit that changed something else than its target."""


WORDS = ["done", "In Progress", "a|b", "x \\| y", "[#41](https://example.org/41)", "`code`",
         "über 9", "two  blanks", "**bold**", "2, 3", "—", "日本語", "N/A — none"]  # fmt: skip

# Values that would change more than their target if they were written without care.
HOSTILE = [
    "`", "**", "<!--", "-->", "- x", "# h", "---", "```", "<div>", "[x]: y", "\\", "x\\", "|",
    "a | **Key**: v", "a | Key: v", "~~~", "> q", "\t", "===", "1. x", "<b", "*", "[", "](",
    "|||", "\\|", "|-|-|", "[ ] x", "x <!-- y -->", "\u2028", "\x0b", "{{", "&nbsp;",
]  # fmt: skip
HOSTILE_BLOCKS = [
    "```\nnever closed", "<!-- never closed", "[ref]: /target", "===", "---", "<div>", "1) x",
    "    code", "> quote\nlazy", "# H1", "| a |\n|---|\n| b |", "\tx",
]  # fmt: skip


def a_word(chance: random.Random) -> str:
    """A cell or field value, one in four of them hostile."""
    return chance.choice(HOSTILE if chance.random() < 0.25 else WORDS)


def variant(text: str, chance: random.Random) -> str:
    """The text as some editor may have saved it."""
    kind = chance.randrange(8)
    if kind == 0:
        return text.replace("\r\n", "\n").replace("\n", "\r\n")
    if kind == 1:
        return "\ufeff" + text.removeprefix("\ufeff")
    if kind == 2:
        return text.rstrip("\r\n")
    if kind == 3:
        return "".join(chance.choice(["\n", "\r\n"]) if c == "\n" else c for c in text)
    if kind == 4 and chance.random() < 0.3:
        return text.replace("\r\n", "\n").replace("\n", "\r")
    return text


def contents(document: Document) -> Counter[tuple[object, ...]]:
    """Everything that has a meaning, without its place: what an edit may change by one."""
    found: Counter[tuple[object, ...]] = Counter()
    found.update(("task", t.checked, t.raw, t.section, t.depth) for t in document.tasks)
    for table in document.tables:
        found.update(("row", tuple(cell.raw for cell in row.cells)) for row in table.rows)
        found["head", tuple(cell.raw for cell in table.header.cells)] += 1
    found.update(("field", f.key, f.value, f.section) for f in document.fields)
    found.update(("section", s.level, s.path) for s in document.sections)
    found.update(("comment", comment.text) for comment in document.comments)
    found.update(("header", line.key, line.value) for line in document.header)
    if document.front_matter is not None:
        found.update(
            ("front", key, repr(value)) for key, value in document.front_matter.data.items()
        )
    return found


def changed_region(old: str, new: str) -> tuple[int, int, int]:
    """``(start, end in old, end in new)`` of the smallest region that differs."""
    start = 0
    limit = min(len(old), len(new))
    step = limit
    while step:
        while start + step <= limit and old[start : start + step] == new[start : start + step]:
            start += step
        step //= 2
    tail, step = 0, limit - start
    while step:
        while tail + step <= limit - start and (
            old[len(old) - tail - step : len(old) - tail]
            == new[len(new) - tail - step : len(new) - tail]
        ):
            tail += step
        step //= 2
    return start, len(old) - tail, len(new) - tail


def expect(condition: bool, what: str) -> None:
    """Raise ``Wrong`` unless the condition holds."""
    if not condition:
        raise Wrong(what)


def one_apart(old: Document, new: Document, gone: int, come: int, what: str) -> None:
    """At most so many things went and came."""
    before, after = contents(old), contents(new)
    for found in (before, after):
        # A comment in a value or row is part of it, not a thing of its own.
        del found["comment", " y "]
    expect((before - after).total() <= gone, f"{what}: {list((before - after).items())[:3]} gone")
    expect((after - before).total() <= come, f"{what}: {list((after - before).items())[:3]} came")


def within(old: str, new: str, start: int, end: int, what: str) -> None:
    """Only ``old[start:end]`` differs."""
    if old != new:
        expect(new.startswith(old[:start]) and new.endswith(old[end:]), f"{what}: outside touched")
        expect(len(new) >= start + len(old) - end, f"{what}: overlap")


def try_task(document: Document, chance: random.Random) -> str | None:
    if not document.tasks:
        return None
    task = chance.choice(document.tasks)
    text = document.text
    new = edit.set_task(document, task, not task.checked)
    expect(len(new) == len(text), "tick: length")
    within(text, new, task.offset, task.offset + 1, "tick")
    after = parse_document(new)
    changed = [
        index
        for index, pair in enumerate(zip(document.tasks, after.tasks, strict=True))
        if pair[0] != pair[1]
    ]
    expect(changed == [document.tasks.index(task)], "tick: other tasks")
    one_apart(document, after, 1, 1, "tick")
    back = edit.set_task(after, after.tasks[changed[0]], task.checked)
    expect((back == text) == (text[task.offset] != "X"), "tick: inverse")
    return new


def try_ticks(document: Document, chance: random.Random) -> str | None:
    if len(document.tasks) < 2:
        return None
    chosen = chance.sample(document.tasks, min(len(document.tasks), chance.randint(2, 9)))
    new = edit.set_tasks(document, {task: not task.checked for task in chosen})
    after = parse_document(new)
    for old, now in zip(document.tasks, after.tasks, strict=True):
        expect((old.checked != now.checked) == (old in chosen), "ticks: state")
        expect(old.offset == now.offset and old.raw == now.raw, "ticks: text")
    places = {task.offset for task in chosen}
    expect(
        all(
            a == b or index in places
            for index, (a, b) in enumerate(zip(document.text, new, strict=True))
        ),
        "ticks: bytes",
    )
    return new


def try_cell(document: Document, chance: random.Random) -> str | None:
    tables = [table for table in document.tables if table.rows]
    if not tables:
        return None
    table = chance.choice(tables)
    row = chance.randrange(len(table.rows))
    column = chance.randrange(len(table.header.cells))
    old = table.rows[row].cells[column]
    value = chance.choice([a_word(chance), a_word(chance), a_word(chance), "", "line\nbreak"])
    new = edit.set_cell(document, table, row, column, value)
    after = parse_document(new)
    number = document.tables.index(table)
    written = after.tables[number].rows[row].cells[column]
    value = value.strip(" \t\v\f")
    wanted = value.replace("\n", "<br>").replace("\\|", "|").replace("|", "\\|")
    expect(written.raw == wanted, f"cell: {written.raw!r} is not {wanted!r}")
    span = table.rows[row].span
    within(document.text, new, span.start, span.end, "cell")
    if old.present and old.raw and value:
        within(document.text, new, old.span.start, old.span.end, "cell")
    one_apart(document, after, 1, 1, "cell")
    others = [cell.raw for place, cell in enumerate(table.rows[row].cells) if place != column]
    now = [
        cell.raw
        for place, cell in enumerate(after.tables[number].rows[row].cells)
        if place != column
    ]
    expect(others == now, "cell: neighbours")
    if old.present and old.raw and value:
        back = edit.set_cell(after, after.tables[number], row, column, old.raw)
        guarded = document.text[span.start] != "|" and new[span.start] == "|"
        expect((back == document.text) != guarded, "cell: inverse")
    return new


def try_row(document: Document, chance: random.Random) -> str | None:
    if not document.tables:
        return None
    table = chance.choice(document.tables)
    number = document.tables.index(table)
    index = chance.randint(0, len(table.rows))
    width = len(table.header.cells)
    values = [chance.choice([a_word(chance), ""]) for _ in range(chance.randint(1, width))]
    new = edit.insert_row(document, table, index, values)
    after = parse_document(new)
    start, end, _ = changed_region(document.text, new)
    expect(start == end or len(new) > len(document.text), "row: nothing is replaced")
    expect(len(after.tables[number].rows) == len(table.rows) + 1, "row: count")
    one_apart(document, after, 0, 1, "row")
    back = edit.remove_row(after, after.tables[number], index)
    expect(back == document.text, "row: inverse")
    return new


def try_remove_row(document: Document, chance: random.Random) -> str | None:
    tables = [table for table in document.tables if table.rows]
    if not tables:
        return None
    table = chance.choice(tables)
    row = chance.choice(table.rows)
    new = edit.remove_row(document, table, table.rows.index(row))
    lines = document.lines
    kept = document.text[: lines.start(row.line)] + document.text[lines.start(row.line + 1) :]
    expect(new in (kept, kept.rstrip("\r\n")), "remove row: bytes")
    one_apart(document, parse_document(new), 1, 0, "remove row")
    return new


def try_field(document: Document, chance: random.Random) -> str | None:
    if not document.fields:
        return None
    field = chance.choice(document.fields)
    number = document.fields.index(field)
    value = chance.choice([a_word(chance), a_word(chance), ""])
    new = edit.set_field(document, field, value)
    after = parse_document(new)
    expect(after.fields[number].value == value.strip(), "field: value")
    end = max(field.span.end, field.span.start)
    within(document.text, new, field.span.start - 1, end, "field")
    one_apart(document, after, 1, 1, "field")
    if not field.following and value and field.value:
        back = edit.set_field(after, after.fields[number], field.value)
        expect(back == document.text, "field: inverse")
    return new


def scalar_paths(data: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every dotted path of the front matter that holds a scalar."""
    if isinstance(data, dict) or hasattr(data, "items"):
        for key, value in data.items():
            if "." not in key:
                yield from scalar_paths(value, f"{path}.{key}" if path else key)
    elif not isinstance(data, list):
        yield path, data


def try_front_matter(document: Document, chance: random.Random) -> str | None:
    if document.front_matter is None:
        return None
    paths = list(scalar_paths(document.front_matter.data))
    if not paths:
        return None
    path, old = chance.choice(paths)
    value = chance.choice(["main", "a: b", "it's # x", "012", "yes", "", 7, 2.5, True, None, "ü"])
    new = edit.set_front_matter(document, path, value)
    after = parse_document(new)
    assert after.front_matter is not None
    expect(dict(scalar_paths(after.front_matter.data))[path] == value, "front matter: value")
    content = document.front_matter.content
    within(document.text, new, content.start, content.end, "front matter")
    if isinstance(old, str | int | float | bool) or old is None:
        back = edit.set_front_matter(after, path, old)
        again = parse_document(back).front_matter
        expect(again is not None and again.data == document.front_matter.data, "front matter: back")
    return new


def try_append(document: Document, chance: random.Random) -> str | None:
    if not document.sections:
        return None
    section = chance.choice(document.sections)
    plain = ["- [ ] new task", "A paragraph.", "- item\n- item", "### Sub\n\ntext"]
    block = chance.choice(HOSTILE_BLOCKS if chance.random() < 0.25 else plain)
    new = edit.append_to_section(document, section, block)
    start, end, _ = changed_region(document.text, new)
    expect(start == end, "append: something was replaced")
    after = parse_document(new)
    one_apart(document, after, 0, 2, "append")
    return new


def try_section(document: Document, chance: random.Random) -> str | None:
    after_it = chance.choice([*document.sections, None])
    level = after_it.level if after_it else 2
    new = edit.insert_section(document, after_it, level, "A new one", "- [ ] with a task")
    start, end, _ = changed_region(document.text, new)
    expect(start == end, "section: something was replaced")
    after = parse_document(new)
    expect(len(after.sections) == len(document.sections) + 1, "section: count")
    expect(len(after.tasks) == len(document.tasks) + 1, "section: task")
    one_apart(document, after, 0, 2, "section")
    return new


KINDS: dict[str, Callable[[Document, random.Random], str | None]] = {
    "tick": try_task, "ticks": try_ticks, "cell": try_cell, "insert row": try_row,
    "remove row": try_remove_row, "field": try_field, "front matter": try_front_matter,
    "append": try_append, "section": try_section,
}  # fmt: skip


def edit_at_random(job: tuple[list[tuple[str, str]], int, int]) -> tuple[Counter[str], list[str]]:
    """So many edits of these texts; counts by outcome, and what went wrong."""
    texts, wanted, seed = job
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    # Large files are drawn less often: an edit of one costs as much as of twenty small ones.
    weights = [1 / (4_000 + len(text)) for _, text in texts]
    done = 0
    while done < wanted:
        name, text = chance.choices(texts, weights)[0]
        text = variant(text, chance)
        for _ in range(6):
            kind = chance.choice(list(KINDS))
            try:
                new = KINDS[kind](parse_document(text), chance)
            except edit.EditRefused as refused:
                counts[f"{kind}: refused"] += 1
                counts["  " + re.sub("`.*`", "`…`", refused.message)] += 1
                continue
            except (Wrong, AssertionError, KeyError, IndexError, ValueError) as error:
                wrong.append(f"{name} (seed {seed}, edit {done}) {kind}: {error!r}")
                done += 1
                continue
            if new is not None:
                if take_back(new, undo_of(text, new)) != text:
                    wrong.append(f"{name} (seed {seed}, edit {done}) {kind}: not taken back")
                counts[kind] += 1
                done += 1
                if chance.random() < 0.5:
                    text = new
    return counts, wrong


def check_edits(texts: list[tuple[str, str]], edits: int, seed: int) -> list[str]:
    """Run the edits on every processor; print the counts and return what went wrong."""
    began = time.perf_counter()
    parts = 8
    jobs = [(texts, -(-edits // parts), seed + part) for part in range(parts)]
    with multiprocessing.Pool() as pool:
        results = pool.map(edit_at_random, jobs, chunksize=1)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for part_counts, part_wrong in results:
        counts.update(part_counts)
        wrong.extend(part_wrong)
    for kind in sorted(counts):
        print(f"  {counts[kind]:6} {kind}")
    total = sum(counts[kind] for kind in KINDS)
    print(f"edits: {total} made, {len(wrong)} wrong, {time.perf_counter() - began:.0f} s")
    return [*wrong, *out_of_bounds(counts, total / 20_000)]


def out_of_bounds(counts: Counter[str], scale: float) -> Iterator[str]:
    """The kinds of which fewer edits were made, or more refused, than there are of so many.

    Of a small run, whose counts are chance, only that each kind was made at all.
    """
    for kind in KINDS:
        made, refused = counts[kind], counts[f"{kind}: refused"]
        if made < (LEAST_MADE[kind] * scale if scale >= 1 else 1):
            yield f"{kind}: only {made} edits were made"
        if scale >= 1 and refused > MOST_REFUSED[kind] * scale:
            yield f"{kind}: {refused} edits were refused"
