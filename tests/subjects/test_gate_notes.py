"""A gate that passes or fails is noted in the epic, the design index and the harness log, once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import Retryable
from bot.plans.gate_notes import GateChange, note
from bot.store import Store
from tests.subjects.features import FOLDER, GATE, PATH, REQUIREMENTS, Notes
from tests.world import World

EPIC = "plans/core/billing/EPIC-12"
EXEC, INDEX, HARNESS = f"{EPIC}/exec-plan.md", f"{EPIC}/design/index.md", (
    "harness/AI-Agent-progress.txt"
)  # fmt: skip
WANTED, STEPS = ("Says what", "Says why"), ("Steps name", "Validation says what it prints")


@pytest.fixture
def notes(world: World) -> Notes:
    world.bob.push_files(
        {
            EXEC: "# Epic\n\n## Progress\n\n[Gates that pass are noted here]\n\n## Decision Log\n",
            INDEX: "# Design\n\n- 031-credit-notes: entries of the ledger\n- 032-dunning\n",
            HARNESS: "2025-01-01T00:00:00Z begun\n",
        },
        "Epic",
    )
    return Notes(world)


def tick(notes: Notes, *texts: str) -> None:
    for text in texts:
        notes.world.alice.tick(notes.issue, text)
    notes.settle()


def test_a_gate_that_passes_is_noted_in_the_commit_of_the_tick(notes: Notes) -> None:
    commits = len(notes.commits())
    tick(notes, WANTED[0])
    assert "PASSED" not in notes.text(EXEC) + notes.text(HARNESS) + notes.text(INDEX)
    tick(notes, WANTED[1])
    assert len(notes.commits()) == commits + 2
    assert re.search(
        r"## Progress\n\n- \d{4}-\d\d-\d\d requirements of 031-credit-notes PASSED\n\n## Dec",
        notes.text(EXEC),
    )
    last = notes.text(HARNESS).splitlines()[-1]
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ requirements {REQUIREMENTS} PASSED", last
    )
    assert notes.text(INDEX).splitlines()[2:] == [
        "- 031-credit-notes: entries of the ledger — requirements PASSED",
        "- 032-dunning",
    ]


def test_the_plan_s_gate_passes_once_nothing_is_wrong(notes: Notes) -> None:
    tick(notes, *STEPS)
    assert " PlanQualityGate " in notes.text(HARNESS)
    assert notes.text(HARNESS).splitlines()[-1].endswith(f"PlanQualityGate {GATE} FAILED")
    tick(notes, *WANTED)
    said = [line.split(" ", 1)[1] for line in notes.text(HARNESS).splitlines()[1:]]
    assert said == [
        f"PlanQualityGate {GATE} FAILED",
        f"requirements {REQUIREMENTS} PASSED",
        f"PlanQualityGate {GATE} PASSED",
    ]
    assert "ledger — requirements PASSED, PlanQualityGate PASSED\n" in notes.text(INDEX)


def test_a_gate_that_opens_again_has_failed(notes: Notes) -> None:
    tick(notes, *WANTED)
    notes.world.alice.untick(notes.issue, "Says why")
    notes.settle()
    assert notes.text(HARNESS).splitlines()[-1].endswith(" FAILED")
    assert "requirements of 031-credit-notes FAILED\n" in notes.text(EXEC)
    assert "entries of the ledger\n" in notes.text(INDEX)
    tick(notes, "Says why")
    words = [line.rpartition(" ")[2] for line in notes.text(HARNESS).splitlines()[1:]]
    assert words == ["PASSED", "FAILED", "PASSED"]


def test_a_gate_that_passes_in_the_file_is_noted_too(notes: Notes) -> None:
    commits = len(notes.commits())
    notes.push(REQUIREMENTS, "- [ ]", "- [x]")
    notes.settle()
    assert notes.text(HARNESS).splitlines()[-1].endswith(" PASSED")
    assert len(notes.commits()) == commits + 1
    assert notes.commits()[-1].startswith("Note that requirements of 031-credit-notes passes")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("lost", [False, True], ids=["remembered", "lost"])
@pytest.mark.parametrize("pushed", [False, True], ids=["ticked", "pushed"])
def test_a_write_that_is_cut_short_is_noted_once(
    notes: Notes, pushed: bool, lost: bool, after: bool, tmp_path: Path
) -> None:
    world = notes.world
    if pushed:
        notes.push(REQUIREMENTS, "- [ ]", "- [x]")
    else:
        for text in WANTED:
            world.alice.tick(notes.issue, text)
    world.github.interrupt(Retryable("502"), after=after)
    world.send()
    world.work()
    world.github.calm()
    if lost:
        world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
        world.store.migrate()
        world.send(list(world.github.deliveries[-3:]))
    notes.settle()
    assert notes.text(HARNESS).count(" PASSED") == 1
    assert notes.text(EXEC).count(" PASSED") == 1


def test_files_that_are_not_there_are_not_made(world: World) -> None:
    notes = Notes(world)
    tick(notes, *WANTED)
    assert {EXEC, INDEX, HARNESS}.isdisjoint(world.repo.paths())


def test_a_tick_that_moves_no_gate_reads_none_of_them(notes: Notes) -> None:
    notes.world.new_calls()
    notes.world.alice.tick(notes.issue, "T001")
    notes.world.settle()
    assert notes.world.new_calls().count("file") == 1


CHANGE = GateChange("PlanQualityGate", f"{FOLDER}/checklists/PlanQualityGate.md", passed=True)
AT = "2026-03-02T09:00:00Z"


def noted(file: str, text: str) -> str:
    once = note(file, text, PATH, (CHANGE,), {"PlanQualityGate": True}, AT)
    assert note(file, once, PATH, (CHANGE,), {"PlanQualityGate": True}, AT) == once
    return once


def test_each_file_is_noted_in_its_own_way() -> None:
    line = f"{AT} PlanQualityGate {CHANGE.path} PASSED"
    assert noted(HARNESS, "") == f"{line}\n"
    assert noted(HARNESS, "a\r\nb") == f"a\r\nb\r\n{line}\r\n"
    assert noted(EXEC, "# Epic\n").endswith(
        "\n## Progress\n\n- 2026-03-02 PlanQualityGate of 031-credit-notes PASSED\n"
    )
    assert noted(INDEX, "# Design\n") == (
        "# Design\n- [031-credit-notes](../features/031-credit-notes/impl-plan.md)"
        " — PlanQualityGate PASSED\n"
    )
    told = "# Design\n\n* 031-credit-notes-2\n* **031-credit-notes** — entries\n"
    assert noted(INDEX, told) == told.replace("entries", "entries — PlanQualityGate PASSED")
