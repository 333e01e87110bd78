"""The expert scan: keywords, sources, hits with their surroundings, and the files it writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.plans.document import parse_document
from bot.plans.experts import (
    DEFAULT_KEYWORDS,
    Expertise,
    excerpts_name,
    is_source,
    plan_keywords,
    render_excerpts,
    render_expertise,
    scan,
)

MOMENT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)


def keywords(lines: str, after: str = "\n## Risks & Mitigations\n\nretries\n") -> tuple[str, ...]:
    return plan_keywords(parse_document(f"# Plan\n\n## Experts to Scan (keywords)\n{lines}{after}"))


def test_every_line_is_a_keyword_the_last_one_too() -> None:
    assert keywords("fastapi healthcheck\ndatabase timeout\nconnection pool ping\n") == (
        "fastapi healthcheck",
        "database timeout",
        "connection pool ping",
    )
    assert keywords("one\ntwo", after="") == ("one", "two")


def test_comments_placeholders_rules_and_repetitions_are_none() -> None:
    text = (
        "<!-- One query per line\nover two -->\n<keyword 1>\n"
        "- Async I/O\n* async i/o\n---\n\n`a.b*`\n"
    )
    assert keywords(text) == ("Async I/O", "a.b*")


def test_a_plan_without_the_section_has_none() -> None:
    assert plan_keywords(parse_document("# Plan\n")) == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("experts/python/async.md", True),
        ("docs/a.txt", True),
        ("README.md", True),
        ("readme", True),
        ("CHANGELOG.rst", True),
        ("services/api/AGENTS.md", True),
        ("services/api/agents.md", True),
        ("services/README.md", False),
        ("src/a.py", False),
        ("docs/node_modules/x.md", False),
        ("vendor/lib/AGENTS.md", False),
        ("docs/.env", False),
        ("docs/.env.local", False),
        ("docs/server.pem", False),
        ("experts/deploy.KEY", False),
        (".git/AGENTS.md", False),
    ],
)
def test_sources(path: str, expected: bool) -> None:
    assert is_source(path) is expected


def test_source_code_is_searched_on_request() -> None:
    assert is_source("src/a.py", include_code=True)
    assert not is_source("src/dist/a.py", include_code=True)


def test_keywords_are_literal_and_ignore_case() -> None:
    found = scan({"docs/a.md": "a.b\naxb\nA.B again\n"}, ["a.B"])
    assert [(hit.line, hit.text) for hit in found.hits] == [(1, "a.b"), (3, "A.B again")]


def test_a_line_with_two_keywords_stands_once() -> None:
    found = scan({"docs/a.md": "async database\n"}, ["async", "database"])
    assert len(found.hits) == 1


def lines_of(found: Expertise) -> list[list[int]]:
    return [[number for number, _, _ in excerpt.lines] for excerpt in found.excerpts]


def test_two_lines_around_each_hit_and_no_line_twice() -> None:
    text = "".join(f"{'hit' if n in (1, 5, 20) else n}\n" for n in range(1, 26))
    assert lines_of(scan({"docs/a.md": text}, ["hit"])) == [
        [1, 2, 3, 4, 5, 6, 7],
        [18, 19, 20, 21, 22],
    ]
    assert lines_of(scan({"docs/a.md": "x\nhit\n"}, ["hit"])) == [[1, 2]]


def test_excerpts_mark_hits_and_divide_groups() -> None:
    found = scan({"docs/a.md": "x\nhit\n", "docs/b.md": "hit"}, ["hit"])
    assert render_excerpts(found) == "docs/a.md-1-x\ndocs/a.md:2:hit\n--\ndocs/b.md:1:hit\n"


def test_ten_top_files_by_hits_then_by_name() -> None:
    texts = {f"docs/{n:02}.md": "hit\n" * (3 if n == 7 else 1) for n in range(12)}
    top = scan(texts, ["hit"]).top
    assert len(top) == 10
    assert top[0] == ("docs/07.md", 3)
    assert top[1] == ("docs/00.md", 1)


def test_without_keywords_the_defaults_are_used_and_said() -> None:
    found = scan({"docs/a.md": "about rollback\n"}, [])
    assert found.keywords == DEFAULT_KEYWORDS
    assert len(found.hits) == 1
    assert "defaults: the plan names none" in render_expertise(found, MOMENT)


def test_the_same_scan_is_written_once_and_another_one_is_added() -> None:
    found = scan({"docs/a.md": "- [ ] hit\n```\n"}, ["hit"])
    first = render_expertise(found, MOMENT, "# Referenced Expertise\n\nMy note.\n")
    assert first.startswith(
        "# Referenced Expertise\n\nMy note.\n\n## Scan @ 2026-11-21T10:15:00Z\n"
    )
    later = datetime(2026, 11, 22, tzinfo=UTC)
    assert render_expertise(found, later, first) == first
    other = render_expertise(scan({"docs/b.md": "hit\n"}, ["hit"]), later, first)
    assert other.startswith(first)
    assert other.count("## Scan @") == 2
    document = parse_document(other)
    assert document.tasks == ()
    assert [section.title for section in document.sections if section.level == 2] == [
        "Scan @ 2026-11-21T10:15:00Z",
        "Scan @ 2026-11-22T00:00:00Z",
    ]


def test_nothing_found_is_said() -> None:
    text = render_expertise(scan({}, ["hit"]), MOMENT)
    assert "Nothing was found." in text
    assert text.startswith("# Referenced Expertise\n\n## Scan @")


def test_the_excerpts_file_is_named_after_the_plan() -> None:
    assert excerpts_name("tasks/auth-refresh-20261121T101500Z") == "auth-refresh-refs.txt"
    assert excerpts_name("") == "plan-refs.txt"
