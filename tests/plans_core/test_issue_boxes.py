"""Which boxes stand for an issue, and what is done to their words."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.box_following import NOT_PLANNED, follow_issues, issue_facts
from bot.plans.document import parse_document
from bot.plans.issue_boxes import keep_words, named_issue, with_words
from bot.plans.merge import take_over
from bot.plans.orders_lines import without_na
from tests.plans_core.hostile import HOSTILE, Pattern

HERE = "https://github.example/acme/shop"
PLAN = "# Plan\n\n- [ ] one\n- [ ] two\n  more of two\n- [x] three\n"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("#12", 12),
        ("acme/shop#12", 12),
        ("ACME/Shop#12", 12),
        (f"{HERE}/issues/12", 12),
        ("words (#12)", 12),
        ("words (acme/shop#12)", 12),
        (f"words ({HERE}/issues/12)", 12),
        ("words (#12) — N/A: closed as not planned", 12),
        ("#12 -- N/A: closed as not planned", 12),
        ("words\nand more (#12)", 12),
        ("words (#11) (#12)", 12),
        ("other/shop#12", None),
        ("https://github.example/other/shop/issues/12", None),
    ],
)
def test_what_names_an_issue(raw: str, number: int | None) -> None:
    named = named_issue(raw, HERE)
    assert named is not None
    assert named.number == number
    assert named.shown.endswith("12")


@pytest.mark.parametrize(
    "raw",
    ["", "words", "see #12", "#12 words", "words #12", "(#12)", "words (see #12)", "`#12`",
     "words (#0)", "#12345678901", "words(#12)", "#12, #13", "words `(#12)`"],
)  # fmt: skip
def test_what_names_none(raw: str) -> None:
    assert named_issue(raw, HERE) is None


def test_words_of_several_lines_come_back() -> None:
    now = PLAN.replace("two\n  more of two", "#5")
    kept = keep_words(PLAN, now, PLAN, HERE, {})
    assert kept.now == PLAN
    assert kept.file == PLAN.replace("more of two", "more of two (#5)")
    assert kept.issues == (5,)
    assert with_words(PLAN, now, HERE, {}) == kept.file


def test_the_mark_is_the_issues() -> None:
    now = PLAN.replace("- [ ] one", "- [x] #5")
    assert keep_words(PLAN, now, PLAN, HERE, {}).now == PLAN.replace("- [ ] one", "- [x] one")


def test_the_title_says_which_box_it_was() -> None:
    now = "# Plan\n\n- [ ] new\n- [ ] #5\n- [x] three\n"
    kept = keep_words(PLAN, now, PLAN, HERE, {5: "one"})
    assert "- [ ] one (#5)" in kept.file
    assert kept.now == "# Plan\n\n- [ ] new\n- [ ] one\n- [x] three\n"


def test_a_new_box_that_took_no_ones_place_is_left_as_it_is() -> None:
    now = PLAN + "- [ ] #5\n"
    assert keep_words(PLAN, now, PLAN, HERE, {}).now == now
    changed = PLAN.replace("one", "#4")
    again = PLAN.replace("one", "#5")
    assert keep_words(changed, again, changed, HERE, {}).now == again


def test_front_matter_and_line_ends_of_the_file_stay() -> None:
    file = "---\na: 1\n---\n\n" + PLAN.replace("\n", "\r\n")
    kept = keep_words(None, PLAN.replace("one", "#5").strip("\n"), file, HERE, {})
    assert kept.file == file.replace("- [ ] one\r\n", "- [ ] one (#5)\r\n")


def test_a_fact_moves_a_box_once() -> None:
    text = "- [ ] one (#5)\n"
    open_ = follow_issues(text, (), {5: "open"}, HERE)
    assert (open_.text, open_.facts) == (text, ("#5:open",))
    done = follow_issues(text, open_.facts, {5: "completed"}, HERE)
    assert (done.text, done.facts) == ("- [x] one (#5)\n", ("#5:ticked",))
    again = follow_issues(done.text, done.facts, {5: "completed"}, HERE)
    assert (again.text, again.facts, again.reasons) == (done.text, done.facts, ())
    undone = follow_issues(text, done.facts, {}, HERE)
    assert (undone.text, undone.facts) == (text, ("#5:completed",))
    assert follow_issues(done.text, undone.facts, {5: "open"}, HERE).text == done.text
    assert follow_issues(done.text, done.facts, {5: "open"}, HERE).text == text


def test_a_box_that_is_settled_already_is_not_settled_again() -> None:
    text = "- [ ] ~~one~~ (#5)\n- [ ] two (#6) — N/A: later\n"
    facts = ("#5:open", "#6:open")
    done = follow_issues(text, facts, {5: "not_planned", 6: "completed"}, HERE)
    assert "two (#6) — N/A: later" in done.text
    assert done.facts[1] == "#6:completed"


def test_the_plans_own_issue_moves_no_box() -> None:
    text = "- [ ] one (#5)\n"
    assert follow_issues(text, ("#5:open",), {5: "completed"}, HERE, own=5).text == text


def test_a_fact_of_an_issue_that_no_box_names_is_forgotten() -> None:
    assert follow_issues("- [ ] one\n", ("#5:open",), {}, HERE).facts == ()


@given(st.text(alphabet="-[]x #5()/\n>ab", max_size=80), st.text(alphabet="-[]x #5()/\n>ab"))
def test_no_text_is_too_odd(was: str, now: str) -> None:
    kept = keep_words(was, now, was, HERE, {5: "a"})
    for state in ("completed", "not_planned", "open", "gone"):
        once = follow_issues(kept.file, ("#5:open",), {5: state}, HERE)
        again = follow_issues(once.text, once.facts, {5: state}, HERE)
        assert again.text == once.text


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_left_alone(pattern: Pattern) -> None:
    text = pattern(5_000)
    assert keep_words(text, text, text, HERE, {}).file == text
    assert keep_words(text, text + "\n- [ ] #5\n", text, HERE, {}).file == text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("words (#12) — N/A: later", "words (#12)"),
        ("#12--n/a : no - N/A: yes", "#12"),
        ("a (#12) - N/A: b\nc (#12)", "c (#12)"),
        ("a - N/A: b\nc (#12) —\nN/A: d", "c (#12)"),
    ],
)
def test_a_reason_is_no_part_of_the_words(raw: str, words: str) -> None:
    named = named_issue(words, HERE)
    assert named is not None
    assert named_issue(raw, HERE) == named


@pytest.mark.parametrize("blanks", [" ", "\t", " - ", "- N/A: "])
def test_twice_as_many_blanks_take_about_twice_the_time(blanks: str) -> None:
    def seconds(size: int) -> float:
        raw = "#1" + blanks * (size // len(blanks)) + "x"
        document = parse_document(f"- [ ] {raw}\n  y — N/A: {NOT_PLANNED}\n")
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            named_issue(raw, HERE)
            named_issue(f"{raw}\n{raw[2:]}", HERE)
            without_na(document, document.tasks[0])
            best = min(best, time.process_time() - began)
        return best

    assert seconds(32_000) < max(0.1, 3 * seconds(16_000))


SAME = "".join(f"- [ ] word {n} (#5)\n" for n in range(300))
OTHERS = "".join(f"- [ ] word {n} (#{n})\n" for n in range(1, 301))


@pytest.mark.parametrize("text", [SAME, OTHERS], ids=["one issue", "an issue each"])
def test_many_boxes_move_at_once(text: str) -> None:
    began = time.process_time()
    numbers = [int(found) for found in re.findall(r"\(#(\d+)\)", text)]
    open_ = [f"#{number}:open" for number in dict.fromkeys(numbers)]
    done = follow_issues(text, open_, dict.fromkeys(numbers, "completed"), HERE)
    assert done.text == text.replace("[ ]", "[x]")
    assert len(done.reasons) == len(open_)
    other = follow_issues(done.text, done.facts, dict.fromkeys(numbers, "not_planned"), HERE)
    assert other.text == text.replace(")\n", f") — N/A: {NOT_PLANNED}\n")
    again = follow_issues(other.text, other.facts, dict.fromkeys(numbers, "open"), HERE)
    assert again.text == text
    assert again.facts == tuple(open_)
    assert time.process_time() - began < 2


def test_nested_boxes_of_one_issue_move_together() -> None:
    quoted = "> 1. [ ] one\n>    more (#5)\n>    - [ ] two (#5)\n>\n>      - [x] three (#5)\n\n"
    text = quoted + "| a |\n|-|\n| b |\n"
    done = follow_issues(text, ["#5:open"], {5: "not_planned"}, HERE)
    ending = f" (#5) — N/A: {NOT_PLANNED}\n"
    assert done.text == text.replace(" (#5)\n", ending).replace(f"three{ending}", "three (#5)\n")
    assert follow_issues(done.text, done.facts, {5: "open"}, HERE).text == text


def test_very_many_boxes_become_issues_in_little_time() -> None:
    was = plan([f"word {n}" for n in range(300)])
    now = plan([f"#{n + 1}" for n in range(300)])
    began = time.process_time()
    kept = keep_words(was, now, was, HERE, {n + 1: f"word {n}" for n in range(300)})
    assert kept.now == was
    assert kept.file == plan([f"word {n} (#{n + 1})" for n in range(300)])
    same = plan(["x"] * 600)
    between = plan(["y", "x"] * 300 + ["#5"])
    assert with_words(same, between, HERE, {}) == between
    assert time.process_time() - began < 2


def test_one_of_equal_boxes_that_became_an_issue_is_found() -> None:
    was, now = plan(["x", "x", "x", "z"]), plan(["x", "#5", "x", "z"])
    assert with_words(was, now, HERE, {}) == plan(["x", "x (#5)", "x", "z"])


def test_a_fact_of_no_number_is_no_fact() -> None:
    assert issue_facts(["#²:ticked", "#٣:open", "#5:ticked", "#6:moved", "7:open"]) == {5: "ticked"}


WORDS = ["write the query", "limit the rows", "stream the file", "name it", "log the export",
         "tell the owner", "close the door", "count the beans"]  # fmt: skip


def plan(lines: list[str]) -> str:
    return "# Plan\n\n" + "".join(f"- [ ] {words}\n" for words in lines)


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8, unique=True),
    st.sets(st.integers(0, 7)),
    st.sets(st.integers(0, 7)),
    st.sets(st.integers(0, 7)),
    st.booleans(),
)
def test_every_box_that_became_an_issue_keeps_words_and_number_once(
    words: list[str], converted: set[int], reworded: set[int], dropped: set[int], titled: bool
) -> None:
    was = plan(words)
    now = plan([f"#{n + 1}" if n in converted else one for n, one in enumerate(words)])
    theirs = [
        f"{one} with care" if n in reworded else one
        for n, one in enumerate(words)
        if n not in dropped
    ]
    file = plan(theirs)
    titles = {n + 1: one for n, one in enumerate(words)} if titled else {}
    kept = keep_words(was, now, file, HERE, titles)
    merged = take_over(kept.file, was, kept.now).text
    tasks = [task.raw for task in parse_document(merged).tasks]
    for n, one in enumerate(words):
        if n not in converted:
            continue
        (found,) = [raw for raw in tasks if raw.endswith(f"(#{n + 1})")]
        assert found.startswith(one)
    assert not any(raw.startswith("#") for raw in tasks)
    assert len(tasks) == len({*range(len(words))} - (dropped - converted))
