"""Title, labels, people and milestone of the plan issue and of the plan's header."""

from __future__ import annotations

import pytest

from tests.world import World

PATH = "plan_docs/search.md"


class Plan:
    """A requested feature plan and its issue, settled."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.request()
        self.number = world.plan_issue(PATH)

    @property
    def issue(self) -> object:
        return self.world.repo.issues[self.number]

    @property
    def header(self) -> dict[str, str]:
        lines = [line for line in self.world.repo.text(PATH).split("\n") if line.startswith(">")]
        return {line[1:].split(":")[0]: line.split(":", 1)[1].strip() for line in lines}

    def edit(self, old: str, new: str) -> None:
        def change(text: str) -> str:
            assert old in text
            return text.replace(old, new, 1)

        self.world.bob.edit_file(PATH, change)
        self.world.settle()

    def shows_the_file(self) -> bool:
        body = self.world.repo.issues[self.number].body
        return body.split("-->\n\n", 1)[1].rstrip() == self.world.repo.text(PATH).rstrip()


@pytest.fixture
def plan(world: World) -> Plan:
    return Plan(world)


def test_a_title_in_the_file_becomes_the_issues(plan: Plan) -> None:
    title = plan.header["Title"]
    plan.edit(f">Title: {title}", ">Title: Find things")
    assert plan.world.repo.issues[plan.number].title == "Find things"
    assert plan.shows_the_file()


def test_a_title_of_the_issue_goes_into_the_file(plan: Plan) -> None:
    plan.world.alice.edit_issue(plan.number, title="Find things")
    plan.world.settle()
    assert plan.header["Title"] == "Find things"
    assert plan.shows_the_file()


def test_of_two_titles_the_files_stands(plan: Plan) -> None:
    title = plan.header["Title"]
    plan.world.alice.edit_issue(plan.number, title="From the issue")
    plan.edit(f">Title: {title}", ">Title: From the file")
    assert plan.world.repo.issues[plan.number].title == "From the file"
    assert plan.header["Title"] == "From the file"


def test_labels_in_the_file_are_set_and_taken_off(plan: Plan) -> None:
    assert plan.header["Labels"] == "plan, feature, documentation"
    plan.edit(">Labels: plan, feature, documentation", ">Labels: plan, documentation, search")
    assert plan.world.repo.issues[plan.number].labels == ["plan", "documentation", "search"]


def test_a_label_that_somebody_takes_off_leaves_the_header(plan: Plan) -> None:
    plan.world.alice.remove_label(plan.number, "documentation")
    plan.world.settle()
    assert plan.header["Labels"] == "plan, feature"
    assert plan.shows_the_file()


def test_a_label_that_the_header_never_named_is_left_alone(plan: Plan) -> None:
    before = plan.world.repo.text(PATH)
    plan.world.alice.add_label(plan.number, "good first issue")
    plan.world.settle()
    assert plan.world.repo.text(PATH) == before
    plan.world.alice.remove_label(plan.number, "good first issue")
    plan.world.settle()
    assert plan.world.repo.text(PATH) == before


def test_people_follow_both_ways(plan: Plan) -> None:
    repo = plan.world.repo
    assert plan.header["Assignees"] == "alice"
    repo.assign("alice", plan.number, ("bob",))
    plan.world.settle()
    assert plan.header["Assignees"] == "alice, bob"
    repo.unassign("bob", plan.number, ("alice",))
    plan.world.settle()
    assert plan.header["Assignees"] == "bob"
    plan.edit(">Assignees: bob", ">Assignees: alice")
    assert repo.issues[plan.number].assignees == ["alice"]


def test_a_header_that_is_taken_out_takes_nothing_back(plan: Plan) -> None:
    issue = plan.world.repo.issues[plan.number]
    before = (issue.title, list(issue.labels), list(issue.assignees))

    def without(text: str) -> str:
        text = text[text.index("---\n") + 4 :].lstrip("\n")
        return text.replace(text.split("\n")[0], "# Plan", 1)

    plan.world.bob.edit_file(PATH, without)
    plan.world.settle()
    assert plan.header == {}
    assert (issue.title, issue.labels, issue.assignees) == before


def test_a_milestone_in_the_file_is_made_and_set(plan: Plan) -> None:
    plan.edit("- Milestone(s): [Milestone 1], [Milestone 2]", "- Milestone(s): v2, v3")
    assert plan.world.repo.issues[plan.number].milestone == "v2"
    assert "v2" in plan.world.repo.milestones


def test_who_may_not_write_names_nothing_in_the_file(plan: Plan) -> None:
    plan.world.repo.permissions["tina"] = "triage"
    before = plan.world.repo.text(PATH)
    plan.world.person("tina").edit_issue(plan.number, title="Mine")
    plan.world.settle()
    assert plan.world.repo.text(PATH) == before
    plan.world.alice.tick(plan.number, "Backend/API changes")
    plan.world.settle()
    assert "Mine" not in plan.world.repo.text(PATH)
    assert plan.world.repo.issues[plan.number].title == "Mine"


def test_our_own_changes_cost_nothing_and_end(plan: Plan) -> None:
    title = plan.header["Title"]
    plan.world.new_calls()
    plan.edit(f">Title: {title}", ">Title: Find things")
    calls = plan.world.new_calls()
    assert calls.count("edit_issue") == 2
    assert len(calls) <= 8
    plan.world.settle()
    assert plan.world.new_calls() == []


def test_a_lost_database_takes_the_issue_as_it_is(plan: Plan, tmp_path: object) -> None:
    from bot.store import Store

    plan.world.alice.add_label(plan.number, "good first issue")
    plan.world.settle()
    plan.world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    plan.world.store.migrate()
    before = plan.world.repo.text(PATH)
    plan.world.alice.tick(plan.number, "Backend/API changes")
    plan.world.settle()
    assert plan.world.repo.text(PATH) == before.replace("- [ ] Backend/API", "- [x] Backend/API")


def test_who_cannot_be_assigned_stays_in_the_header(plan: Plan) -> None:
    plan.edit(">Assignees: alice", ">Assignees: alice, nobody-here")
    assert plan.world.repo.issues[plan.number].assignees == ["alice"]
    plan.world.alice.tick(plan.number, "Backend/API changes")
    plan.world.settle()
    assert plan.header["Assignees"] == "alice, nobody-here"


def test_what_else_stands_in_a_header_line_is_kept(plan: Plan) -> None:
    plan.edit(">Assignees: alice", ">Assignees: @alice, bob, Jane Doe (lead)")
    plan.world.repo.unassign("bob", plan.number, ("bob",))
    plan.world.settle()
    assert plan.header["Assignees"] == "@alice, Jane Doe (lead)"


def test_a_header_may_name_a_label_of_ours(plan: Plan) -> None:
    plan.edit(">Labels: plan, feature", ">Labels: plan, plan:blocked, feature")
    before = plan.header["Labels"]
    plan.world.alice.tick(plan.number, "Backend/API changes")
    plan.world.settle()
    plan.world.alice.tick(plan.number, "Rules of the domain")
    plan.world.settle()
    assert plan.header["Labels"] == before


def test_an_outsiders_title_and_body_together_are_not_taken(plan: Plan) -> None:
    repo = plan.world.repo
    repo.permissions["tina"] = "triage"
    before = repo.text(PATH)
    body = repo.issues[plan.number].body.replace("- [ ] Backend", "- [x] Backend")
    plan.world.person("tina").edit_issue(plan.number, title="Mine", body=body)
    plan.world.settle()
    assert repo.text(PATH) == before


def test_title_and_body_in_one_edit_are_both_taken(plan: Plan) -> None:
    body = plan.world.repo.issues[plan.number].body.replace("- [ ] Backend", "- [x] Backend")
    plan.world.alice.edit_issue(plan.number, title="Find things", body=body)
    plan.world.settle()
    assert plan.header["Title"] == "Find things"
    assert "- [x] Backend" in plan.world.repo.text(PATH)
    assert plan.shows_the_file()
