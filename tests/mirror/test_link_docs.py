"""docs/linking.md says what the code does: each example of its tables is read here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.plans.links import LINK_CODES, parse_links
from tests.mirror.test_link_bodies import REPO, said

PAGE = (Path(__file__).parents[2] / "docs" / "linking.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (?P<written>`.*`) \|(?: `(?P<named>.*)`)? \|$")


def examples(*titles: str) -> list[tuple[str, str]]:
    """What is written and what it names, of the tables whose first column is one of these."""
    found = []
    for title in titles:
        rows = PAGE.split(f"| {title} | Names |\n|---|---|\n")[1].split("\n\n")[0]
        for line in rows.splitlines():
            match = _ROW.match(line)
            assert match, line
            found.append((match["written"].strip("`").replace("` `", "\n\n"), match["named"] or ""))
    assert len(found) > 4
    return found


@pytest.mark.parametrize(
    ("written", "named"), examples("Plan line", "Together", "In a sentence"), ids=str
)
def test_bodies(written: str, named: str) -> None:
    assert said(parse_links(written, repo=REPO)) == named


@pytest.mark.parametrize(("written", "named"), examples("Task line"), ids=str)
def test_tasks(written: str, named: str) -> None:
    links = parse_links(f"Plan: #12\n\n{written}", repo=REPO)
    assert said(links) == (f"#12={named}" if named else "#12")


@pytest.mark.parametrize(("written", "named"), examples("Branch"), ids=str)
def test_branches(written: str, named: str) -> None:
    assert said(parse_links("", "", written)) == named


def test_every_finding_is_listed() -> None:
    for code, text in LINK_CODES.items():
        assert f"| `{code}` | {text} |" in PAGE
