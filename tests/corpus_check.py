"""Check the plan core against a corpus of real files, then edit them at random.

``python tests/corpus_check.py FOLDER [--edits N] [--seed S]``. ``FOLDER`` holds ``corpus/`` with
``files.tar.gz`` and ``expected.jsonl.gz``, and ``adversarial/`` with markdown files and
``expected.jsonl``. Exit 0 when tasks and tables are those expected, but for the differences listed
here with their reasons, and no edit went wrong.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The project's root instead of this folder, whose `queue` would hide the standard library's.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bot.plans.document import Document, Table, parse_document  # noqa: E402
from tests.corpus_edits import check_edits  # noqa: E402

# Where our reading differs from the expected one: why ours stands, and the whole difference.
EXPLAINED: dict[str, tuple[str, list[str]]] = {
    "050_table_para.md": (
        "the header row stands on line 9; the expected line is where the paragraph above it begins",
        ["table 2: line 9 instead of 8"],
    ),
    "executablebooks__markdown-it-py/tests/test_port/fixtures/tables.md": (
        "the header row stands on line 563; the expected line is that of the paragraph above it",
        ["table 17: line 563 instead of 561"],
    ),
    "executablebooks__markdown-it-py/docs/performance.md": (
        "footnote marks in two cells stay as written; the expected text has GitHub's numbers",
        [
            "table 1, row 1, cell 1: 'markdown-it-pyrs[^1]' instead of 'markdown-it-pyrs1'",
            "table 1, row 2, cell 1: 'mistune[^2]' instead of 'mistune2'",
        ],
    ),
    "rust-lang__rfcs/text/3595-move-crates-io-team-under-dev-tools.md": (
        "footnote marks in two cells stay as written; the expected text has their numbers",
        [
            "table 1, row 0, cell 3: '# of subteams/WGs/PGs [^count]' instead of "
            "'# of subteams/WGs/PGs 3'",
            "table 1, row 7, cell 1: 'Moderation[^mods]' instead of 'Moderation4'",
        ],
    ),
    "jwasham__coding-interview-university/translations/README-nl.md": (
        "an item begins with a heading and a box begins a later paragraph of it; a task's box "
        "begins its item",
        ["task {'line': 1032, 'checked': False, 'text': ''} is missing"],
    ),
}


def read_corpus(folder: Path) -> Iterator[tuple[str, str, dict[str, object]]]:
    """``(name, text, expected)`` of every file, the adversarial ones first."""
    with (folder / "adversarial" / "expected.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            expected = json.loads(line)
            source = folder / "adversarial" / expected["file"]
            yield expected["file"], source.read_bytes().decode(), expected
    texts = {}
    with tarfile.open(folder / "corpus" / "files.tar.gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                texts[member.name.removeprefix("./")] = content.read().decode()
    with gzip.open(folder / "corpus" / "expected.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            expected = json.loads(line)
            yield expected["file"], texts[expected["file"]], expected


def compare(document: Document, expected: dict[str, object]) -> list[str]:
    """Every difference between the document and its expected tasks and tables."""
    tasks = [
        {"line": task.line, "checked": task.checked, "text": task.text} for task in document.tasks
    ]
    wanted = expected["tasks"]
    assert isinstance(wanted, list)
    found = [f"task {task} is not expected" for task in tasks if task not in wanted]
    found += [f"task {task} is missing" for task in wanted if task not in tasks]
    if not found and tasks != wanted:
        found.append("the tasks stand in another order")
    tables = expected["tables"]
    assert isinstance(tables, list)
    if len(tables) != len(document.tables):
        return [*found, f"{len(document.tables)} tables instead of {len(tables)}"]
    for number, (table, other) in enumerate(zip(document.tables, tables, strict=True), start=1):
        found += [f"table {number}{words}" for words in _differences(table, other)]
    return found


def _differences(table: Table, other: dict[str, Any]) -> Iterator[str]:
    if table.line != other["line"]:
        yield f": line {table.line} instead of {other['line']}"
    ours = [list(row.texts) for row in (table.header, *table.rows)]
    theirs = [other["header"], *other["rows"]]
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        yield f": {len(ours)} rows of other lengths than {len(theirs)} expected ones"
        return
    for row, (one, two) in enumerate(zip(ours, theirs, strict=True)):
        for cell, (here, there) in enumerate(zip(one, two, strict=True), start=1):
            if here != there:
                yield f", row {row}, cell {cell}: {here!r} instead of {there!r}"


def main() -> int:
    """Run both checks and say what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20_260_101)
    options = parser.parse_args()
    began = time.perf_counter()
    texts, tasks, tables, unexplained, seen = [], 0, 0, [], set()
    for name, text, expected in read_corpus(options.folder):
        document = parse_document(text)
        texts.append((name, text))
        tasks += len(document.tasks)
        tables += len(document.tables)
        differences = compare(document, expected)
        reason, known = EXPLAINED.get(name, ("", []))
        if differences != known:
            unexplained.append(f"{name}: {differences} instead of {known}")
        elif known:
            seen.add(name)
            print(f"difference in {name}: {reason}")
    print(
        f"{len(texts)} files, {tasks} tasks, {tables} tables: {len(seen)} explained and "
        f"{len(unexplained)} unexplained differences, {time.perf_counter() - began:.0f} s"
    )
    wrong = check_edits(texts, options.edits, options.seed) if options.edits else []
    for line in [*unexplained, *wrong][:40]:
        print(f"WRONG {line}")
    for name in set(EXPLAINED) - seen:
        print(f"WRONG {name}: the listed difference is no longer there")
    return 1 if unexplained or wrong or set(EXPLAINED) - seen else 0


if __name__ == "__main__":
    raise SystemExit(main())
