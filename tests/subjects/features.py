"""A feature whose implementation plan has its tasks and checklists beside it."""

from __future__ import annotations

from bot.plans.companions import COMPANIONS, parse_feature
from bot.plans.render import issue_plan_text, plan_text
from tests.formats.plans_at_hand import filled_files
from tests.world import World

FOLDER = "plans/core/billing/EPIC-12/features/031-credit-notes"
PATH = f"{FOLDER}/impl-plan.md"
TASKS, REQUIREMENTS, GATE = (f"{FOLDER}/{name}" for name in COMPANIONS)
LIST = """\
# Tasks: Credit notes

## Phase 1: Setup

- [ ] T001 Create the migration
- [ ] T002 [P] Fixtures with sent invoices

## Phase 2: Foundation

- [ ] T003 Entity and rules
- [ ] T004 [P] Numbering of entries
"""
WANTED = "# Specification Quality Checklist\n\n- [ ] Says what is wanted\n- [ ] Says why\n"
GOOD = "# Plan Quality Gate\n\n- [ ] Steps name files\n- [ ] Validation says what it prints\n"


class Notes:
    """An implementation plan with its companions and its issue, settled."""

    def __init__(self, world: World, *, tasks: str | None = LIST) -> None:
        self.world = world
        files = {path: text for path, text in filled_files().items() if path == PATH}
        files |= {REQUIREMENTS: WANTED, GATE: GOOD} | ({TASKS: tasks} if tasks is not None else {})
        world.bob.push_files(files, "Plan")
        world.settle()
        self.issue = world.plan_issue(PATH)
        world.new_calls()

    @property
    def body(self) -> str:
        return self.world.repo.issues[self.issue].body

    def text(self, path: str) -> str:
        return self.world.repo.text(path)

    def said(self, role: str) -> list[str]:
        comments = self.world.repo.comments_on(self.issue)
        return [c.body for c in comments if f"<!-- plansync:{role} " in c.body]

    @property
    def status(self) -> str:
        (one,) = self.said("status")
        return one

    def push(self, path: str, old: str, new: str) -> None:
        assert old in self.text(path)
        self.world.bob.edit_file(path, lambda text: text.replace(old, new))

    def reword(self, old: str, new: str) -> None:
        assert old in self.body
        self.world.alice.change_body(self.issue, lambda body: body.replace(old, new))

    def is_ticked(self, path: str, text: str) -> bool:
        (line,) = [one for one in self.text(path).split("\n") if text in one]
        return line.lstrip().startswith("- [x]")

    def settle(self) -> None:
        """All agree, each part of the issue with its own file; and it stays so."""
        self.world.settle()
        shown = parse_feature(issue_plan_text(self.body))
        assert shown.plan.strip() == plan_text(self.text(PATH)).strip()
        for name in COMPANIONS:
            path = f"{FOLDER}/{name}"
            there = path in self.world.repo.paths()
            assert (name in shown.files) == there
            if there:
                assert shown.files[name].strip() == plan_text(self.text(path)).strip()
        self.quiet()

    def quiet(self) -> None:
        """Another look at everything writes nothing."""
        written = len(self.world.github.writes)
        self.world.send(list(self.world.github.deliveries[-6:]))
        self.world.settle()
        assert self.world.github.writes[written:] == []

    def commits(self) -> list[str]:
        git = self.world.repo.git
        bot = self.world.github.bot
        return [one.message for one in git.commits.values() if one.author == bot]
