"""A repository with a plan of every format, a pull request linked with each, copied for a test."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.store import Store
from tests.orders.plans import LOG, PATHS, text_of
from tests.world import World

OTHER = "docs/ideas/basket.md"
"""A plan file that no glob adopts."""

ROLES = {"carol": "triage", "rita": "read"}


def prepared(text: str, plan_format: str) -> str:
    """The plan with something for every command to do."""
    if plan_format == "feature-plan":
        line = next(x for x in text.splitlines() if "Event stream for screens" in x)
        return text.replace(line, f"{line}\n  - BLOCKED: waits for the browser")
    return text


@dataclass
class Stage:
    """The world, its plan issues and its pull requests, each by format."""

    world: World
    issues: dict[str, int] = field(default_factory=dict)
    pulls: dict[str, int] = field(default_factory=dict)

    def number(self, plan_format: str, place: str) -> int:
        return (self.pulls if place == "pull" else self.issues)[plan_format]

    def say(self, who: str, plan_format: str, place: str, text: str) -> int:
        """Somebody gives a command there; the id of the comment. Settled."""
        person = self.world.person(who)
        number = self.number(plan_format, place)
        if place == "edited":
            comment = person.comment(number, "Let me think.")
            self.world.settle()
            person.edit_comment(comment, text)
        else:
            comment = person.comment(number, text)
        self.world.settle()
        return comment

    def copied(self, folder: Path) -> Stage:
        """The same once more, with a database and a GitHub of its own."""
        source = self.world.store.sqlite_file
        assert source is not None
        for path in source.parent.glob(f"{source.name}*"):
            shutil.copy(path, folder / path.name)
        store, self.world.store = self.world.store, None  # type: ignore[assignment]
        try:
            made = copy.deepcopy(self)
        finally:
            self.world.store = store
        made.world.store = Store(f"sqlite:///{folder / source.name}")
        return made


def build(folder: Path) -> Stage:
    """Five plans with their issues, five pull requests, nothing open."""
    store = Store(f"sqlite:///{folder / 'stage.sqlite3'}")
    store.migrate()
    world = World(store)
    world.repo.permissions.update(ROLES)
    files = {path: prepared(text_of(kind), kind) for kind, path in PATHS.items()}
    log = str(Path(PATHS["task-plan"]).with_name("decision-log.md"))
    other = text_of("feature-plan").replace("Queue", "Basket")
    world.bob.push_files({**files, log: LOG, OTHER: other}, "Plans")
    world.settle()
    stage = Stage(world, {kind: world.plan_issue(path) for kind, path in PATHS.items()})
    for kind, issue in stage.issues.items():
        world.bob.create_branch(kind)
        world.bob.push_file(f"src/{kind}.py", "pass\n", "Work", kind)
        task = {"feature-plan": "2.3", "user-story": "4"}.get(kind, "")
        body = f"Some work.\n\nPlan: #{issue}\n" + (f"Task: {task}\n" if task else "")
        stage.pulls[kind] = world.bob.open_pull(kind, f"Work on {kind}", body)
        world.settle()
    return stage


@dataclass(frozen=True)
class State:
    """Everything that a command could change, by what it is."""

    files: dict[str, str]
    bodies: dict[int, str]
    titles: dict[int, str]
    assignees: dict[int, tuple[str, ...]]
    answers: tuple[str, ...]
    reactions: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, world: World) -> State:
        repo = world.repo
        return cls(
            files={path: repo.text(path) for path in repo.paths()},
            bodies={n: issue.body for n, issue in repo.issues.items() if n in repo.pulls},
            titles={n: issue.title for n, issue in repo.issues.items()},
            assignees={n: tuple(issue.assignees) for n, issue in repo.issues.items()},
            answers=tuple(c.body for c in repo.comments.values() if "plansync:told" in c.body),
            reactions=tuple(repo.reactions),
        )

    def changed(self, after: State) -> set[str]:
        """What is different: paths of files, ``pull 9``, ``issues``, ``assignees``, ``answer``."""
        found = {
            path
            for path in self.files.keys() | after.files.keys()
            if self.files.get(path) != after.files.get(path)
        }
        found |= {f"pull {n}" for n, body in after.bodies.items() if self.bodies.get(n) != body}
        found |= {"issues"} if self.titles.keys() != after.titles.keys() else set()
        here = {n: after.assignees[n] for n in self.assignees}
        found |= {"assignees"} if here != self.assignees else set()
        found |= {"answer"} if self.answers != after.answers else set()
        found |= {"reaction"} if self.reactions != after.reactions else set()
        return found
