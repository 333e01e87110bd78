"""Which body was read before an edit of it, and what is then left to be taken in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.edits import BodyEdit
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.render import PlanMarker, body_sha, render_body
from bot.subjects.body_edits import (
    BodyHistory,
    bodies_before,
    claimed_edits,
    is_settled,
    last_read,
    note_edits,
    note_read,
    parse_claim,
    read_since,
)

A, B, C, D = (body_sha(name) for name in "ABCD")
MEMORY = PlanMemory(1, "plan.md", "user-story")


def stale(to: str, former: str, at: int) -> str:
    return f"body:{to}:{former}:stale:@{at}"


def delivery(number: int, claim: str) -> OpenDelivery:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return OpenDelivery(number, str(number), "issues", "edited", claim, "alice", 7, False, at)


def reads(*pairs: tuple[int, str]) -> PlanMemory:
    memory = MEMORY
    for at, sha in pairs:
        memory = replace(memory, reads=note_read(memory, at, sha))
    return memory


def test_a_claim_is_read_with_and_without_its_time() -> None:
    whole = parse_claim(stale(B, A, 5) + ":retitled")
    assert whole is not None
    assert (whole.to, whole.former, whole.stale, whole.by_bot, whole.at) == (B, A, True, False, 5)
    old = parse_claim(f"echo:{B}:{A}")
    assert old is not None
    assert (old.by_bot, old.stale, old.at, old.name) == (True, False, 0, "")
    assert parse_claim(f"commit:{A}") is None


@pytest.mark.parametrize(
    ("known", "settled"),
    [
        (((3, A),), True),  # what it replaced was read before it
        (((3, A), (4, B)), False),  # something else was read in between, so A came back since
        (((3, B), (6, A)), False),  # A was read, but only when it stood there again
        (((5, A),), True),  # in the same second: what it replaced was read before it
        (((3, B), (5, C)), False),  # in the same second: what it left was read after it
    ],
)
def test_the_body_that_was_read_last_before_an_edit_says_whether_it_hid_something(
    known: tuple[tuple[int, str], ...], settled: bool
) -> None:
    edit = parse_claim(stale(C, A, 5))
    assert edit is not None
    # By its text alone it was seen: that is not enough.
    memory = replace(reads(*known), seen_bodies=(A, B))
    assert is_settled(edit, memory) is settled


def test_without_times_the_text_decides() -> None:
    edit = parse_claim(f"body:{C}:{A}:stale")
    assert edit is not None
    assert not is_settled(edit, MEMORY)
    assert is_settled(edit, replace(MEMORY, seen_bodies=(A,)))
    assert last_read(reads((1, A)), edit) is None


def test_an_edit_that_was_dealt_with_is_settled_and_its_twin_at_another_time_is_not() -> None:
    first, second = parse_claim(stale(C, A, 5)), parse_claim(stale(C, A, 9))
    assert first is not None
    assert second is not None
    memory = reads((3, B), (7, B))
    memory = replace(memory, settled_edits=note_edits(memory, [first.name, ""]))
    assert is_settled(first, memory)
    assert not is_settled(second, memory)
    assert read_since(memory, first)
    assert not read_since(memory, second)


def test_what_is_remembered_of_reads_and_edits_is_bounded() -> None:
    memory = reads(*((at, A) for at in range(1, 200)))
    assert len(memory.reads) == 40
    assert memory.reads[-1].startswith("199:")
    assert note_read(memory, 0, B) == memory.reads
    assert len(note_edits(MEMORY, [str(n) for n in range(500)])) == 60


def body(version: str, text: str) -> str:
    return render_body(text, PlanMarker("plan.md", None, version * 40))


def test_a_jump_is_found_behind_later_edits_and_however_the_webhooks_come() -> None:
    new, old, more = body("b", "new"), body("a", "old"), body("a", "old, and more")
    edits = {1: BodyEdit(new, old), 2: BodyEdit(old, more)}
    jump, step = (delivery(number, "") for number in edits)
    jump = replace(jump, claim=stale(body_sha(old), body_sha(new), 5))
    step = replace(step, claim=f"body:{body_sha(more)}:{body_sha(old)}:@6")
    for order in ([jump, step], [step, jump]):
        history = BodyHistory.of(order, edits.get)
        found = history.jump(body_sha(more))
        assert found is not None
        assert history.after(found) == old
        assert history.body(body_sha(new)) == new
        assert set(bodies_before(order, body_sha(more))) == {body_sha(new), body_sha(old)}
    assert BodyHistory.of([step], edits.get).jump(body_sha(more)) is None
    assert [edit.at for edit in claimed_edits([step, jump])] == [6, 5]


def test_the_last_body_of_a_version_is_the_remembered_one_where_that_is_newer() -> None:
    first, ours = body("a", "first"), body("b", "ours")
    back = body("a", "back")
    edits = {1: BodyEdit(first, ours), 2: BodyEdit(ours, back)}
    echo = delivery(1, f"echo:{body_sha(ours)}:{body_sha(first)}:@4")
    jump = delivery(2, stale(body_sha(back), body_sha(ours), 8))
    history = BodyHistory.of([echo, jump], edits.get)
    at = history.edits[-1]
    version = "a" * 40
    assert history.last_of(version, at, MEMORY) == first
    later = body("a", "later")
    memory = replace(reads((6, body_sha(later))), overwrote=(later,))
    assert history.last_of(version, at, memory) is None
    memory = replace(reads((2, body_sha(later))), overwrote=(later,))
    assert history.last_of(version, at, memory) == first


def test_edits_of_one_second_count_in_the_order_in_which_they_replaced_each_other() -> None:
    came = [f"body:{C}:{B}:@5", f"body:{D}:{C}:@5", f"body:{A}:{D}:@4", f"body:{B}:{A}:@5"]
    history = BodyHistory.of([delivery(n, one) for n, one in enumerate(came)], lambda _: None)
    assert [edit.to for edit in history.edits] == [A, B, C, D]


def test_edits_of_one_second_that_lead_back_to_where_they_began_are_all_there() -> None:
    came = [f"body:{B}:{A}:@5", f"body:{A}:{B}:@5", f"body:{A}:{A}:@5"]
    history = BodyHistory.of([delivery(n, one) for n, one in enumerate(came)], lambda _: None)
    assert sorted(edit.delivery.id for edit in history.edits) == [0, 1, 2]


def test_a_read_says_what_the_body_showed_where_that_is_known() -> None:
    memory = replace(MEMORY, reads=note_read(MEMORY, 3, "", "", ""))
    memory = replace(memory, reads=note_read(memory, 4, A, "base.over", "blob"))
    edit = parse_claim(f"body:{C}:{B}:@5")
    early = parse_claim(f"body:{C}:{B}:@4")
    assert edit is not None
    assert early is not None
    read, time_alone = last_read(memory, edit), last_read(memory, early)
    assert read is not None
    assert time_alone is not None
    assert (read.version, read.blob, read.is_of(A), read.is_of("")) == (
        "base.over",
        "blob",
        True,
        False,
    )
    assert (time_alone.version, time_alone.blob, time_alone.is_of(A)) == ("", "", False)
