"""A plan that plansync remembers from before it showed the files beside an implementation plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.events import COMPARE
from bot.plans.companions import plan_alone
from bot.plans.render import (
    PlanMarker,
    blob_sha,
    body_sha,
    issue_plan_text,
    render_body,
    shown_form,
    shown_text,
)
from bot.sweeps import wish
from tests.subjects.features import GATE, PATH, REQUIREMENTS, TASKS, Notes
from tests.world import World


def remember_alone(notes: Notes) -> None:
    """Memory and issue as they were when the plan was mirrored without its companions."""
    world = notes.world
    memory = world.store.plan(world.repo.id, PATH)
    assert memory is not None
    alone = plan_alone(memory.base_text)
    blob = blob_sha(alone)
    body = render_body(shown_text(alone), PlanMarker(PATH, None, blob), shown_form(alone))
    world.repo.issues[notes.issue].body = body
    former = replace(
        memory,
        base_text=alone,
        base_blob=blob,
        issue_text=issue_plan_text(body) if memory.issue_text else memory.issue_text,
        body_sha=body_sha(body),
        body_base=blob,
        body_bases=(blob,),
        seen_bodies=(body_sha(body),),
        reads=(),
        wrote=(),
        overwrote=(),
    )
    world.store.remember([former])
    world.github.take_deliveries()


def compare(world: World) -> None:
    now = world.github.now
    asked = wish(world.repo.ref, "plan", PATH, now, why="drift", since=None)
    world.store.receive(asked.guid, COMPARE, asked.body, received_at=now)


@pytest.mark.parametrize("first", ["compared", "edit of the issue", "push of the list", "push"])
def test_its_companions_come_into_the_issue_and_stay_as_they_are(world: World, first: str) -> None:
    notes = Notes(world)
    remember_alone(notes)
    before = {path: notes.text(path) for path in (PATH, TASKS, REQUIREMENTS, GATE)}
    if first == "compared":
        compare(world)
    elif first == "edit of the issue":
        world.alice.change_body(notes.issue, lambda body: body.replace("# ", "# New ", 1))
        before[PATH] = before[PATH].replace("# ", "# New ", 1)
    elif first == "push of the list":
        notes.push(TASKS, "T002 [P] Fixtures", "T002 [P] More fixtures")
        before[TASKS] = notes.text(TASKS)
    else:
        notes.push(PATH, "# Implementation Plan", "# Another Plan")
        before[PATH] = notes.text(PATH)
    notes.settle()
    assert {path: notes.text(path) for path in before} == before
    assert "- [ ] T003 Entity and rules" in notes.body
    assert "- [ ] Says why" in notes.body
