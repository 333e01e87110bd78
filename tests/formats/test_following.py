"""What of a user story follows its facts: Status, requirements, tracking rows at Ready."""

from __future__ import annotations

import pytest

from bot.plans.story_following import follow_story
from tests.formats.test_tracking import changed

PATH = "docs/user-stories/2025-03-11-codes.md"
STORY = """\
# User Story: Codes

**Date**: 2025-03-11
**Status**: Planning
**Participants**: dba, api

## Story

As a reader, I want codes, so that I can read them.

## Requirements

- [ ] R-1: First
- [ ] R-2: Second

## Architecture Validation

**Result**: FAIL

## Design

### Data

A table of codes.

## Implementation Plan

| # | Task | Specialist | Dependencies | Covers | Status |
|---|------|-----------|--------------|--------|--------|
| 1 | Write it | dba | — | Code | Pending |
| 2 | Read it | api | 1 | Code | Pending |

### Requirements Coverage

| Req | Covered By Tasks |
|-----|-----------------|
| R-1 | 1 |
| R-2 | 1, 2 |

## Devloop Tracking

| # | Task | Devloop Output | PR | Status |
|---|------|---------------|-----|--------|
"""
READY = STORY.replace("**Result**: FAIL", "**Result**: PASS")


def after(before: str, text: str) -> list[str]:
    return changed(text, follow_story(text, PATH, before).text)


def test_a_story_that_gets_ready_says_so_and_lists_its_tasks() -> None:
    assert after(STORY, READY) == [
        "**Status**: Ready",
        "| 1 | Write it | | | Pending |",
        "| 2 | Read it | | | Pending |",
    ]
    done = follow_story(READY, PATH, STORY).text
    assert follow_story(done, PATH, READY).text == done
    assert follow_story(done, PATH, done).text == done


def test_a_row_that_a_person_completes_ticks_what_it_finishes() -> None:
    base = follow_story(READY, PATH, STORY).text
    row = "| 1 | Write it | dba | — | Code | {} |"
    edited = base.replace(row.format("Pending"), row.format("Complete"))
    assert after(base, edited) == ["**Status**: In Progress", "- [x] R-1: First"]
    ticked = follow_story(edited, PATH, base).text
    back = ticked.replace(row.format("Complete"), row.format("Pending"))
    assert "- [ ] R-1: First" in follow_story(back, PATH, ticked).text


def test_a_person_s_own_word_stands_until_a_fact_changes() -> None:
    mine = READY.replace("**Status**: Planning", "**Status**: Draft")
    assert "**Status**: Draft" in follow_story(mine, PATH, STORY).text
    assert follow_story(mine + "\nMore.\n", PATH, mine).text == mine + "\nMore.\n"
    ticked = READY.replace("- [ ] R-1", "- [x] R-1")
    assert "- [x] R-1" in follow_story(ticked, PATH, READY).text


@pytest.mark.parametrize("text", ["", "# Notes\n", "# Plan\n\n## User Stories\n"])
def test_other_texts_stay(text: str) -> None:
    assert follow_story(text, PATH, STORY).text == text
    assert follow_story(STORY, PATH, text).text == STORY
