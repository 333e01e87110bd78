"""What each command does to the text of each kind of plan: its target, and nothing else."""

from __future__ import annotations

import pytest

from bot.plans.decision_log import read_decision_log
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan
from bot.plans.ordered import LinkedPull
from tests.orders.plans import (
    LOG,
    PATHS,
    around,
    changed_lines,
    command,
    order,
    template_of,
    text_of,
)

FORMATS = list(PATHS)


def plan_of(kind: str, text: str) -> Plan:
    plan = read_plan(PATHS[kind], parse_document(text))
    assert plan is not None
    return plan


def lines(
    kind: str, said: str, text: str | None = None, **more: object
) -> tuple[list[str], list[str]]:
    before = text_of(kind) if text is None else text
    done = order(kind, said, before, **more)
    assert done.refused is None, done.refused
    return changed_lines(before, done.text)


def refusal(kind: str, said: str, text: str | None = None, **more: object) -> str:
    done = order(kind, said, text, **more)
    assert done.refused is not None
    assert done.text == (text_of(kind) if text is None else text)
    return str(done.refused)


# Boxes


def test_done_and_undo_change_one_character() -> None:
    gone, come = lines("feature-plan", "/plan done 3.1")
    assert (gone, come) == (["- [ ] Hall screen"], ["- [x] Hall screen"])
    once = order("feature-plan", "/plan done 3.1").text
    assert order("feature-plan", "/plan undo 3.1", once).text == text_of("feature-plan")
    assert order("feature-plan", "/plan done 3.1", once).text == once


def test_several_tasks_by_address_id_and_beginning() -> None:
    done = order("feature-plan", '/plan done 3.1, 3.2 and "Desk key"')
    gone, come = changed_lines(text_of("feature-plan"), done.text)
    assert len(come) == 3
    assert all(line.startswith("- [x]") for line in come)
    assert all(line.startswith("- [ ]") for line in gone)


def test_one_unknown_task_and_nothing_is_done() -> None:
    said = refusal("feature-plan", "/plan done 3.1, 99.9")
    assert "no task `99.9`" in said
    assert "not a task" in refusal("feature-plan", "/plan done 3")


def test_na_and_its_undo() -> None:
    gone, come = lines("feature-plan", "/plan na 3.1 the hall has no screen")
    assert come == ["- [ ] Hall screen — N/A: the hall has no screen"]
    text = order("feature-plan", "/plan na 3.1 the hall has no screen").text
    task = plan_of("feature-plan", text).task("3.1")
    assert task is not None
    assert task.settled
    again = order("feature-plan", "/plan na 3.1 another reason", text).text
    assert changed_lines(text, again)[1] == ["- [ ] Hall screen — N/A: another reason"]
    assert order("feature-plan", "/plan undo 3.1", text).text == text_of("feature-plan")
    assert gone == ["- [ ] Hall screen"]


@pytest.mark.parametrize("reason", ["n/a", "N/A.", "<!-- -->".replace("-- ", "--")])
def test_na_wants_a_reason(reason: str) -> None:
    done = order("feature-plan", f"/plan na 3.1 {reason}")
    if done.refused is None:
        assert "<!--" not in done.text.split("Hall screen")[1].split("\n")[0]
    else:
        assert "reason" in str(done.refused)


def test_block_says_why_below_its_box_and_unblock_takes_it_away() -> None:
    gone, come = lines("feature-plan", "/plan block 3.1 no | screen yet")
    assert gone == []
    assert come == [r"  - BLOCKED: no \| screen yet"]
    text = order("feature-plan", "/plan block 3.1 no screen yet").text
    assert order("feature-plan", "/plan block 3.1 no screen yet", text).text == text
    other = order("feature-plan", "/plan block 3.1 now the cable", text).text
    assert changed_lines(text, other) == (
        ["  - BLOCKED: no screen yet"], ["  - BLOCKED: now the cable"]
    )  # fmt: skip
    assert order("feature-plan", "/plan unblock 3.1", text).text == text_of("feature-plan")
    assert order("feature-plan", "/plan unblock 3.2", text).text == text
    assert "is done" in refusal("feature-plan", "/plan block 0.1 x")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "body",
    [
        "- [ ] one\n  more of it  \n- [ ] two",
        "1. [ ] one\n2. [ ] two",
        "* [ ] one\n\n  A paragraph.\n\n* [ ] two",
        "> - [ ] one\n> - [ ] two",
        "- [ ] one\n  - [ ] inner\n- [ ] two",
        "-\t[ ] one\n-\t[ ] two",
    ],
)
def test_what_is_blocked_wherever_a_box_stands(body: str, ending: str) -> None:
    head = text_of("feature-plan").replace("\r\n", "\n").split("### Phase 3")[0]
    text = (head + "### Phase 3: Odd\n" + body + "\n").replace("\n", ending)
    done = order("feature-plan", "/plan block 3.1 waits", text)
    assert done.refused is None
    gone, come = changed_lines(text, done.text)
    assert gone == []
    assert len(come) == 1
    assert come[0].strip("> \r").endswith("- BLOCKED: waits")
    assert order("feature-plan", "/plan unblock 3.1", done.text).text == text
    for said in ("/plan done 3.1", "/plan na 3.1 not here"):
        there = order("feature-plan", said, text).text
        assert there != text
        assert order("feature-plan", "/plan undo 3.1", there).text == text


def test_a_stop_token_of_a_task_plan_blocks_it() -> None:
    text = order("task-plan", "/plan block S-2/T-2 no disk").text
    assert [token.token for token in plan_of("task-plan", text).stop_tokens] == ["BLOCKED"]


# Rows


def test_a_storys_rows_follow_with_requirements_and_status() -> None:
    before = plan_of("user-story", text_of("user-story"))
    done = order("user-story", "/plan done 2")
    plan = plan_of("user-story", done.text)
    assert (before.task("2").status_word, plan.task("2").status_word) == (  # type: ignore[union-attr]
        "In Progress", "Complete",
    )  # fmt: skip
    assert next(row for row in plan.tracking if row.number == "2").status_word == "Complete"
    everything = order("user-story", "/plan done 2, 4, 5, 6").text
    plan = plan_of("user-story", everything)
    assert all(requirement.checked for requirement in plan.requirements if requirement.covered_by)
    assert plan.status == "Complete"
    back = plan_of("user-story", order("user-story", "/plan undo 6", everything).text)
    assert back.status == "In Progress"
    assert back.task("6").status_word == "Pending"  # type: ignore[union-attr]


def test_undo_of_a_row_is_what_its_pull_requests_say() -> None:
    pulls = (LinkedPull(44, "open", ("2",)), LinkedPull(42, "merged", ("3",)))
    done = order("user-story", "/plan done 2").text
    back = order("user-story", "/plan undo 2", done, pulls=pulls).text
    assert plan_of("user-story", back).task("2").status_word == "In Progress"  # type: ignore[union-attr]


def test_a_rows_block_and_its_end() -> None:
    text = order("user-story", "/plan block 4 no | printer").text
    row = plan_of("user-story", text).task("4")
    assert row is not None
    assert row.state.value == "Blocked"
    assert order("user-story", "/plan unblock 4", text).text == text_of("user-story")
    assert order("user-story", "/plan unblock 4").text == text_of("user-story")


def test_rows_and_signoffs_have_their_own_commands() -> None:
    assert "only boxes" in refusal("user-story", "/plan na 4 why not")
    assert "/plan approve" in refusal("track-spec", "/plan done approval-gates.2")
    assert "/plan approve" in refusal("track-spec", "/plan na approval-gates.2 why")


@pytest.mark.parametrize(("kind", "task"), [("user-story", "4"), ("task-plan", "S-2/T-2")])
def test_assign_writes_the_owner_without_a_ping(kind: str, task: str) -> None:
    gone, come = lines(kind, f"/plan assign {task} @bob")
    assert all("`@bob`" in line for line in come)
    assert len(come) == len(gone) == 1
    assert "no login" in refusal(kind, f"/plan assign {task} @not/a/login")


# Words


def test_story_adds_the_next_one_from_the_template() -> None:
    gone, come = lines("task-plan", '/plan story "Export: as CSV"')
    assert gone == []
    plan = plan_of("task-plan", order("task-plan", '/plan story "Export: as CSV"').text)
    assert [group.key for group in plan.groups] == ["S-1", "S-2", "S-3"]
    assert plan.groups[2].title == "Export: as CSV"
    assert not [line for line in come if "S-1" in line or "S‑1" in line]
    again = order(
        "task-plan",
        "/plan story export: AS CSV",
        order("task-plan", "/plan story Export: as CSV").text,
    )
    assert len(plan_of("task-plan", again.text).groups) == 3


def test_ask_fills_the_templates_example_and_then_adds() -> None:
    text = template_of("user-story")
    first = order("user-story", "/plan ask Which {currencies}?", text).text
    plan = plan_of("user-story", first)
    assert [(q.number, q.text, q.asked_by, q.resolved) for q in plan.questions] == [
        (1, "Which {currencies}?", "alice", False)
    ]
    second = order("user-story", "/plan ask And | yen?", first).text
    assert [q.number for q in plan_of("user-story", second).questions] == [1, 2]
    assert order("user-story", "/plan ask and | Yen?", second).text == second
    answered = order("user-story", "/plan answer 2 Yes | no", second).text
    question = plan_of("user-story", answered).questions[1]
    assert (question.resolved, question.answer, question.status) == (True, "Yes | no", "Answered")


def test_critical_questions_stop_a_task_plan_until_they_are_answered() -> None:
    asked = order("task-plan", "/plan ask critical: which disk?").text
    question = plan_of("task-plan", asked).questions[-1]
    assert (question.critical, question.resolved) == (True, False)
    answered = order("task-plan", f"/plan answer {question.number} the large one", asked).text
    assert plan_of("task-plan", answered).questions[-1].answer == "the large one"
    corrected = order("task-plan", f"/plan answer {question.number} the small one", answered).text
    assert plan_of("task-plan", corrected).questions[-1].answer == "the small one"
    assert len(corrected.splitlines()) == len(answered.splitlines())


def test_open_questions_of_a_specification() -> None:
    text = template_of("track-spec")
    asked = order("track-spec", "/plan ask which maps?", text).text
    asked = order("track-spec", "/plan ask which phones?", asked).text
    assert [q.number for q in plan_of("track-spec", asked).questions] == [1, 2]
    assert "[Questions are added" not in asked
    answered = order("track-spec", "/plan answer 1 all of them", asked).text
    assert [q.resolved for q in plan_of("track-spec", answered).questions] == [True, False]
    assert "Open are 2" in refusal("track-spec", "/plan answer 7 x", answered)


def test_who_may_sign() -> None:
    assert "Only the person" in refusal("track-spec", "/plan approve Tech Lead")
    for more in ({"login": "marek"}, {"login": "olivia", "role": "admin"}):
        plan = plan_of("track-spec", order("track-spec", "/plan approve tech lead", **more).text)
        signed = next(a for a in plan.approvals if a.role == "Tech Lead")
        assert signed.approved
        assert signed.gate_checked
    mapped = order("track-spec", "/plan approve QA", login="pia-k", people={"Pia": "pia-k"})
    assert mapped.refused is None
    # The plan names Pia; whoever took that login on GitHub is somebody else.
    namesake = refusal("track-spec", "/plan approve QA", login="pia")
    assert "`people:` in the configuration" in namesake
    assert "none of the roles" in refusal("track-spec", "/plan approve CEO", role="admin")


def test_only_some_roles_are_waived_and_with_a_reason() -> None:
    text = template_of("track-spec")
    done = order("track-spec", "/plan approve Security n/a no new | input", text, role="admin")
    plan = plan_of("track-spec", done.text)
    waived = next(a for a in plan.approvals if a.role == "Security")
    assert waived.waived
    assert waived.waiver == "no new | input"
    assert "may not be waived" in refusal(
        "track-spec", "/plan approve QA n/a x", text, role="admin"
    )
    assert "reason" in refusal("track-spec", "/plan approve Security n/a", text, role="admin")


def test_decisions_carry_name_and_date_once() -> None:
    text = template_of("track-spec")
    done = order("track-spec", "/plan decide We begin with @bob.", text).text
    assert "- 2026-03-02 alice — We begin with @\u2060bob." in done
    assert order("track-spec", "/plan decide We begin with @bob.", done).text == done


def test_revisions_are_numbered_and_say_what_changed() -> None:
    text = template_of("user-story")
    first = order("user-story", '/plan revise "Too long"', text, changes=("Task 3 added",)).text
    second = order("user-story", '/plan revise "Still"', first).text
    plan = plan_of("user-story", second)
    assert [(r.number, r.date) for r in plan.revisions] == [(1, "2026-03-02"), (2, "2026-03-02")]
    assert "- Task 3 added" in second
    assert order("user-story", '/plan revise "Still"', second).text == second


def test_log_writes_one_entry_into_the_decision_log() -> None:
    done = order("task-plan", "/plan log S-2 the cache is warm")
    assert done.text == text_of("task-plan")
    assert done.log is not None
    (entry,) = read_decision_log(parse_document(done.log))
    assert (entry.story, entry.outcome, entry.at) == (
        "S-2", "the cache is warm", "2026-03-02T09:00:00Z",
    )  # fmt: skip
    assert order("task-plan", "/plan log S-2 the cache is warm", log=done.log).log is None
    current = order("task-plan", "/plan log no story is named")
    assert current.log is not None
    assert "[S-2]" in current.log
    assert "no story S-9" in refusal("task-plan", "/plan log S-9 x")
    assert "decision-log.md" in refusal("task-plan", "/plan log x", log=None)
    assert LOG == "# Decision Log\n"


# Where a command makes no sense


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "said",
    ["/plan story X", "/plan ask X", "/plan answer 1 X", "/plan approve QA", "/plan decide X",
     "/plan revise X", "/plan log X"],
)  # fmt: skip
def test_one_clear_sentence_where_a_format_has_no_place_for_it(kind: str, said: str) -> None:
    done = order(kind, said)
    if done.refused is not None and "is not for" in str(done.refused):
        assert str(done.refused).count("`/plan") <= 2
        assert len(str(done.refused)) < 200
        assert done.text == text_of(kind)


def test_every_answer_names_its_comment() -> None:
    shown = {
        "/plan help": "help.md",
        "/plan help na": "help.md",
        "/plan status": "standing.md",
        "/plan check": "findings.md",
        "/plan why 3.1": "why.md",
        "/plan start 3.1": "start.md",
    }
    for said, name in shown.items():
        done = order("feature-plan", said)
        assert done.shows is not None
        assert done.shows[0] == name
    assert "no such command" in refusal("feature-plan", "/plan help xyzzy")
    assert "is done" in refusal("feature-plan", "/plan start 0.1")


def test_status_counts_what_is_blocked() -> None:
    text = order("feature-plan", "/plan block 3.1 no screen").text
    done = order("feature-plan", "/plan status", text)
    assert done.shows is not None
    assert (done.shows[1]["overall"], done.shows[1]["blockers"]) == ("Blocked", 1)


def test_start_gives_the_branch_and_the_lines_that_link() -> None:
    from bot.plans.links import parse_links

    done = order("task-plan", "/plan start S-2/T-2")
    assert done.shows is not None
    values = done.shows[1]
    links = parse_links(str(values["lines"]), branch=str(values["branch"]))
    assert next(task.named for task in links.tasks_of(12, "")) == "S-2/T-2"
    assert parse_links("", branch=str(values["branch"])).tasks_of(12, "")
    assert around("task-plan").issue == 12
    assert command("/plan start S-2/T-2").text == "S-2/T-2"
