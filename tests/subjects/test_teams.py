"""Teams in ``people:``: a member approves for the team, and as an assignee it is told."""

from __future__ import annotations

import pytest

from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.rolling import BRANCH
from tests.subjects.test_header import Plan
from tests.world import World

SPEC = "draft/tracks/queue/spec.md"
CONFIG = 'people:\n  Backend: "@acme/backend"\n  Ada Lovelace: bob\n'


class Spec:
    """A specification whose Tech Lead is the backend team, and its issue, settled."""

    def __init__(self, world: World, lead: str = "Backend") -> None:
        self.world = world
        world.github.permissions["members"] = "read"
        world.github.teams["acme/backend"] = {"bob"}
        world.configure(CONFIG)
        world.request("Queue", "plan:spec")
        self.path = next(path for path in world.repo.paths() if path.endswith("/spec.md"))
        self.number = world.plan_issue(self.path)
        world.bob.edit_file(
            self.path,
            lambda text: text.replace("| Tech Lead | [name] |", f"| Tech Lead | {lead} |"),
        )
        world.settle()
        assert lead in world.repo.text(self.path)

    def approved(self) -> bool:
        text = self.world.repo.text(self.path)
        plan = read_plan(self.path, parse_document(text))
        assert plan is not None
        return next(a for a in plan.approvals if a.role == "Tech Lead").approved

    def approve(self, who: str, role: str = "Tech Lead") -> str:
        """Somebody approves; what they are answered, "" for a reaction alone."""
        before = set(self.world.repo.comments)
        self.world.person(who).comment(self.number, f"/plan approve {role}")
        self.world.settle()
        told = [c.body for i, c in self.world.repo.comments.items() if i not in before]
        return "".join(body for body in told if "plansync:told" in body)


@pytest.mark.parametrize("lead", ["Backend", "@acme/backend", "`backend`"])
def test_a_member_of_the_team_approves(world: World, lead: str) -> None:
    spec = Spec(world, lead)
    assert spec.approve("bob") == ""
    assert spec.approved()


def test_a_team_that_only_the_waiting_plan_names_approves(world: World) -> None:
    spec = Spec(world, "Somebody")
    world.repo.protected = True
    world.alice.change_body(spec.number, lambda body: body.replace("| Somebody |", "| Backend |"))
    world.settle()
    assert "Backend" not in world.repo.text(spec.path)
    assert spec.approve("bob") == ""
    waiting = read_plan(spec.path, parse_document(world.repo.text(spec.path, BRANCH)))
    assert waiting is not None
    assert next(a for a in waiting.approvals if a.role == "Tech Lead").approved
    assert "Only members of the team acme/backend" in spec.approve("alice")


def test_who_is_not_in_it_does_not(world: World) -> None:
    spec = Spec(world)
    answer = spec.approve("alice")
    assert "Only members of the team acme/backend" in answer
    assert "@acme/backend" not in answer
    assert not spec.approved()


def test_an_admin_still_may_without_being_looked_up(world: World) -> None:
    spec = Spec(world)
    world.new_calls()
    assert spec.approve("olivia") == ""
    assert spec.approved()
    assert "in_team" not in world.new_calls()


def test_without_the_permission_it_is_said_what_to_grant(world: World) -> None:
    spec = Spec(world)
    del world.github.permissions["members"]
    answer = spec.approve("bob")
    assert "Members: read-only" in answer
    assert not spec.approved()


def test_a_role_nobody_is_named_for_is_the_configured_teams(world: World) -> None:
    spec = Spec(world)
    world.configure(CONFIG + '  QA: "@acme/backend"\n')
    assert spec.approve("bob", "QA") == ""
    plan = read_plan(spec.path, parse_document(world.repo.text(spec.path)))
    assert plan is not None
    assert next(a for a in plan.approvals if a.role == "QA").approved
    assert "Only the person named" in spec.approve("bob", "Product Owner")


def test_no_other_command_asks_for_teams(world: World) -> None:
    spec = Spec(world)
    world.new_calls()
    world.bob.comment(spec.number, "/plan status")
    world.settle()
    assert "in_team" not in world.new_calls()


# Assignees


def mentions(plan: Plan) -> list[str]:
    comments = plan.world.repo.comments_on(plan.number)
    return [one.body for one in comments if "plansync:team" in one.body]


def test_a_mapped_name_is_assigned_and_a_team_is_told(world: World) -> None:
    world.configure(CONFIG)
    plan = Plan(world)
    plan.edit(">Assignees: alice", ">Assignees: alice, Ada Lovelace, Backend")
    assert world.repo.issues[plan.number].assignees == ["alice", "bob"]
    (told,) = mentions(plan)
    assert "@acme/backend" in told
    assert plan.header["Assignees"] == "alice, Ada Lovelace, Backend"
    world.new_calls()
    plan.edit(">Labels: plan", ">Labels: plan, more")
    assert len(mentions(plan)) == 1
    assert "comments" not in world.new_calls()
    assert plan.shows_the_file()


def test_who_is_taken_off_leaves_the_header_under_the_name_there(world: World) -> None:
    world.configure(CONFIG)
    plan = Plan(world)
    plan.edit(">Assignees: alice", ">Assignees: alice, Ada Lovelace, @acme/backend")
    world.repo.unassign("alice", plan.number, ("bob",))
    world.settle()
    assert plan.header["Assignees"] == "alice, @acme/backend"
    assert len(mentions(plan)) == 1


def test_a_name_that_nobody_maps_is_mentioned_nowhere(world: World) -> None:
    plan = Plan(world)
    plan.edit(">Assignees: alice", ">Assignees: alice, Backend Team")
    assert mentions(plan) == []
