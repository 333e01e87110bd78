"""Bugs that the model found with what is heard of late: old copies and overwritten edits."""

from __future__ import annotations

from tests.model.mirror import Mirror
from tests.model.plan_text import Act


def test_what_an_old_copy_replaced_after_a_lost_write_and_database_is_merged_back(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("delete", 10, 7))
    mirror.edit_file("bob", Act("toggle", 2, 0))
    mirror.edit_issue("alice", Act("reword", 4, 2))
    mirror.edit_file("bob", Act("cell", 11, 2))
    mirror.edit_issue("alice", Act("move", 9, 10))
    mirror.deliver(5, 5)
    mirror.work()
    mirror.edit_issue("alice", Act("cell", 2, 10))
    mirror.edit_file("bob", Act("reword", 6, 11))
    mirror.save_page("alice", Act("add_text", 0, 6))
    mirror.edit_file("alice", Act("cell", 9, 0))
    mirror.edit_file("alice", Act("delete", 5, 8))
    mirror.deliver(2, 0)
    mirror.break_call(7, 1, False)
    mirror.work()
    mirror.edit_issue("bob", Act("add_task", 2, 10))
    mirror.lose_database()
    mirror.save_page("alice", Act("toggle", 7, 11))
    mirror.deliver(2, 2)
    mirror.work()
    mirror.settle()


def test_an_overwritten_tick_finds_its_task_that_was_reworded_then_and_moved_since(
    mirror: Mirror,
) -> None:
    mirror.break_call(3, 2, False)
    mirror.break_call(7, 1, True)
    mirror.edit_issue("bob", Act("move", 10, 1))
    mirror.race("alice", Act("toggle", 2, 1))
    mirror.edit_file("bob", Act("add_task", 8, 2))
    mirror.edit_file("bob", Act("reword", 1, 9))
    mirror.edit_file("bob", Act("delete", 11, 3))
    mirror.edit_issue("alice", Act("move", 0, 10))
    mirror.edit_file("bob", Act("delete", 5, 7))
    mirror.deliver(6, 3)
    mirror.work()
    mirror.work()
    mirror.edit_issue("alice", Act("cell", 0, 4))
    mirror.edit_issue("alice", Act("add_task", 0, 2))
    mirror.edit_issue("alice", Act("reword", 2, 4))
    mirror.work()
    mirror.edit_file("alice", Act("move", 10, 6))
    mirror.edit_file("alice", Act("reword", 3, 7))
    mirror.deliver(5, 5)
    mirror.work()
    mirror.settle()


def test_a_task_taken_out_of_a_copy_of_unknown_age_stays_when_its_box_moved_meanwhile(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("add_text", 11, 11))
    mirror.edit_issue("alice", Act("add_text", 9, 3))
    mirror.edit_file("bob", Act("delete", 7, 8))
    mirror.deliver(2, 0)
    mirror.work()
    mirror.save_page("alice", Act("delete", 3, 11))
    mirror.settle(1)
    mirror.edit_issue("alice", Act("add_text", 4, 9))
    mirror.edit_issue("alice", Act("toggle", 0, 1))
    mirror.edit_file("alice", Act("add_task", 6, 10))
    mirror.edit_file("alice", Act("add_task", 12, 2))
    mirror.open_page()
    mirror.save_page("alice", Act("add_task", 0, 8))
    mirror.deliver(3, 0)
    mirror.work()
    mirror.save_page("bob", Act("delete", 6, 9))
    mirror.edit_file("alice", Act("add_task", 5, 8))
    mirror.edit_file("alice", Act("toggle", 11, 11))
    mirror.settle()


def test_a_task_that_was_reworded_twice_in_an_old_copy_is_the_one_it_was(
    mirror: Mirror,
) -> None:
    mirror.edit_file("alice", Act("delete", 6, 11))
    mirror.edit_issue("bob", Act("add_task", 9, 3))
    mirror.open_page()
    mirror.settle(2)
    mirror.save_page("alice", Act("reword", 1, 9))
    mirror.edit_issue("alice", Act("reword", 1, 4))
    mirror.edit_issue("alice", Act("add_task", 12, 11))
    mirror.edit_issue("alice", Act("reword", 9, 1))
    mirror.edit_issue("alice", Act("cell", 2, 6))
    mirror.edit_issue("alice", Act("reword", 1, 12))
    mirror.edit_issue("alice", Act("reword", 10, 7))
    mirror.edit_file("bob", Act("toggle", 1, 12))
    mirror.edit_file("bob", Act("reword", 0, 2))
    mirror.deliver(5, 2)
    mirror.work()
    mirror.settle()


def test_a_task_that_was_unticked_in_an_old_copy_before_the_database_was_lost_stays(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("toggle", 2, 11))
    mirror.edit_file("bob", Act("add_text", 6, 7))
    mirror.edit_issue("alice", Act("delete", 5, 7))
    mirror.edit_file("alice", Act("add_task", 3, 7))
    mirror.edit_issue("alice", Act("delete", 7, 7))
    mirror.edit_issue("bob", Act("toggle", 3, 7))
    mirror.open_page()
    mirror.edit_file("bob", Act("add_task", 0, 12))
    mirror.settle(5)
    mirror.edit_file("bob", Act("move", 4, 6))
    mirror.save_page("bob", Act("move", 10, 9))
    mirror.edit_issue("alice", Act("move", 8, 9))
    mirror.edit_file("alice", Act("delete", 9, 8))
    mirror.edit_issue("alice", Act("toggle", 10, 6))
    mirror.lose_database()
    mirror.deliver(6, 3)
    mirror.work()
    mirror.settle()


def test_several_overwritten_edits_of_a_task_that_was_taken_out_are_one_task(
    mirror: Mirror,
) -> None:
    mirror.race("alice", Act("reword", 7, 8))
    mirror.edit_issue("alice", Act("add_text", 4, 11))
    mirror.edit_issue("alice", Act("toggle", 6, 10))
    mirror.edit_file("bob", Act("toggle", 4, 8))
    mirror.edit_file("bob", Act("toggle", 7, 4))
    mirror.deliver(1, 5)
    mirror.work()
    mirror.edit_issue("alice", Act("reword", 11, 5))
    mirror.edit_issue("alice", Act("delete", 10, 11))
    mirror.edit_file("bob", Act("reword", 9, 11))
    mirror.edit_file("bob", Act("cell", 10, 3))
    mirror.edit_file("bob", Act("toggle", 12, 5))
    mirror.edit_issue("bob", Act("toggle", 5, 6))
    mirror.edit_issue("alice", Act("reword", 6, 3))
    mirror.edit_issue("alice", Act("toggle", 8, 9))
    mirror.edit_issue("alice", Act("cell", 11, 6))
    mirror.edit_file("bob", Act("toggle", 10, 2))
    mirror.edit_file("bob", Act("add_task", 8, 3))
    mirror.save_page("alice", Act("toggle", 3, 6))
    mirror.edit_issue("alice", Act("delete", 7, 5))
    mirror.edit_file("bob", Act("cell", 11, 4))
    mirror.edit_file("bob", Act("delete", 11, 6))
    mirror.race("bob", Act("toggle", 9, 4))
    mirror.edit_issue("bob", Act("move", 6, 8))
    mirror.edit_issue("bob", Act("reword", 0, 3))
    mirror.edit_issue("alice", Act("toggle", 11, 11))
    mirror.edit_file("bob", Act("add_task", 11, 10))
    mirror.edit_issue("alice", Act("toggle", 6, 9))
    mirror.edit_issue("alice", Act("cell", 11, 6))
    mirror.edit_issue("alice", Act("delete", 9, 0))
    mirror.edit_file("bob", Act("crlf", 5, 11))
    mirror.deliver(4, 5)
    mirror.work()
    mirror.deliver(5, 3)
    mirror.work()
    mirror.settle()


def test_what_was_taken_in_before_the_database_was_lost_is_not_added_again(
    mirror: Mirror,
) -> None:
    mirror.race("alice", Act("reword", 7, 6))
    mirror.edit_file("alice", Act("move", 7, 0))
    mirror.deliver(4, 2)
    mirror.work()
    mirror.deliver(2, 4)
    mirror.work()
    mirror.break_call(8, 1, True)
    mirror.deliver(2, 3)
    mirror.work()
    mirror.edit_issue("alice", Act("add_task", 6, 1))
    mirror.edit_file("bob", Act("cell", 2, 3))
    mirror.deliver(5, 5)
    mirror.work()
    mirror.edit_issue("alice", Act("reword", 7, 12))
    mirror.lose_database()
    mirror.save_page("bob", Act("add_text", 6, 11))
    mirror.settle()


def test_a_box_that_was_set_twice_since_an_overwritten_tick_is_as_it_was_set_last(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("bob", Act("delete", 4, 8))
    mirror.break_call(6, 1, False)
    mirror.edit_issue("alice", Act("add_task", 3, 1))
    mirror.edit_file("bob", Act("delete", 2, 10))
    mirror.edit_file("bob", Act("add_task", 5, 4))
    mirror.edit_file("bob", Act("delete", 1, 10))
    mirror.deliver(5, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("delete", 10, 1))
    mirror.work()
    mirror.open_page()
    mirror.edit_file("bob", Act("toggle", 1, 8))
    mirror.edit_file("bob", Act("delete", 11, 10))
    mirror.edit_file("bob", Act("toggle", 0, 11))
    mirror.edit_file("bob", Act("add_task", 7, 2))
    mirror.deliver(1, 0)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 9, 6))
    mirror.edit_issue("alice", Act("add_task", 9, 0))
    mirror.deliver(5, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 10, 8))
    mirror.save_page("alice", Act("toggle", 6, 1))
    mirror.edit_issue("alice", Act("add_task", 3, 1))
    mirror.edit_issue("alice", Act("toggle", 11, 0))
    mirror.save_page("bob", Act("toggle", 7, 2))
    mirror.settle()


def test_a_box_that_was_set_since_an_overwritten_tick_and_taken_in_stays_as_it_is(
    mirror: Mirror,
) -> None:
    mirror.race("alice", Act("cell", 8, 7))
    mirror.edit_issue("alice", Act("reword", 6, 2))
    mirror.edit_issue("alice", Act("move", 7, 0))
    mirror.edit_issue("alice", Act("add_text", 12, 6))
    mirror.edit_issue("alice", Act("toggle", 9, 2))
    mirror.edit_file("bob", Act("add_task", 4, 2))
    mirror.edit_file("bob", Act("reword", 9, 0))
    mirror.edit_issue("alice", Act("crlf", 0, 5))
    mirror.deliver(3, 4)
    mirror.work()
    mirror.edit_issue("bob", Act("add_text", 10, 11))
    mirror.edit_issue("bob", Act("delete", 7, 10))
    mirror.edit_issue("bob", Act("toggle", 0, 1))
    mirror.edit_issue("alice", Act("add_task", 2, 5))
    mirror.edit_issue("alice", Act("move", 4, 11))
    mirror.edit_file("bob", Act("move", 0, 0))
    mirror.edit_issue("alice", Act("cell", 4, 4))
    mirror.edit_issue("alice", Act("toggle", 2, 12))
    mirror.edit_issue("alice", Act("cell", 4, 12))
    mirror.edit_issue("bob", Act("toggle", 11, 0))
    mirror.edit_issue("bob", Act("add_text", 2, 10))
    mirror.edit_issue("alice", Act("toggle", 1, 0))
    mirror.edit_issue("alice", Act("toggle", 12, 0))
    mirror.deliver(4, 2)
    mirror.work()
    mirror.settle()


def test_an_old_copy_is_not_taken_for_what_came_before_the_write_that_it_replaced(
    mirror: Mirror,
) -> None:
    mirror.save_page("alice", Act("toggle", 8, 0))
    mirror.deliver(3, 3)
    mirror.break_call(7, 1, False)
    mirror.work()
    mirror.deliver(1, 3)
    mirror.race("alice", Act("cell", 8, 11))
    mirror.save_page("alice", Act("delete", 11, 5))
    mirror.deliver(2, 3)
    mirror.work()
    mirror.edit_issue("alice", Act("reword", 11, 12))
    mirror.edit_file("bob", Act("toggle", 1, 7))
    mirror.deliver(2, 1)
    mirror.work()
    mirror.save_page("bob", Act("reword", 8, 11))
    mirror.edit_issue("alice", Act("toggle", 7, 0))
    mirror.edit_file("bob", Act("add_task", 11, 1))
    mirror.edit_file("bob", Act("toggle", 12, 0))
    mirror.edit_file("bob", Act("toggle", 5, 12))
    mirror.deliver(4, 3)
    mirror.work()
    mirror.settle()


def test_a_box_that_an_old_copy_may_not_have_known_stays_when_the_file_took_it_out(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("add_text", 2, 9))
    mirror.edit_issue("alice", Act("add_text", 8, 2))
    mirror.open_page()
    mirror.save_page("bob", Act("add_task", 11, 11))
    mirror.save_page("alice", Act("toggle", 0, 11))
    mirror.edit_issue("alice", Act("crlf", 12, 6))
    mirror.edit_issue("alice", Act("add_text", 6, 5))
    mirror.edit_file("bob", Act("add_task", 3, 8))
    mirror.edit_file("bob", Act("crlf", 10, 1))
    mirror.edit_file("bob", Act("toggle", 12, 1))
    mirror.deliver(5, 1)
    mirror.work()
    mirror.save_page("bob", Act("toggle", 2, 8))
    mirror.edit_file("bob", Act("delete", 6, 10))
    mirror.deliver(4, 5)
    mirror.break_call(3, 0, False)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 10, 2))
    mirror.work()
    mirror.settle()


def test_a_box_that_moved_before_the_issue_and_the_database_lost_it_stays(
    mirror: Mirror,
) -> None:
    mirror.save_page("bob", Act("toggle", 12, 6))
    mirror.edit_issue("bob", Act("add_task", 8, 6))
    mirror.edit_file("alice", Act("toggle", 7, 2))
    mirror.deliver(3, 2)
    mirror.work()
    mirror.save_page("alice", Act("delete", 7, 10))
    mirror.deliver(4, 3)
    mirror.break_call(7, 1, False)
    mirror.work()
    mirror.edit_issue("alice", Act("delete", 6, 4))
    mirror.edit_file("bob", Act("toggle", 12, 4))
    mirror.lose_database()
    mirror.deliver(3, 3)
    mirror.work()
    mirror.settle()


def test_an_untick_in_an_edit_that_an_old_copy_replaced_is_an_untick(
    mirror: Mirror,
) -> None:
    mirror.save_page("alice", Act("toggle", 8, 7))
    mirror.close_or_open("bob")
    mirror.edit_file("bob", Act("reword", 3, 9))
    mirror.edit_file("bob", Act("delete", 8, 4))
    mirror.edit_issue("bob", Act("toggle", 1, 10))
    mirror.edit_issue("bob", Act("add_task", 2, 5))
    mirror.save_page("bob", Act("delete", 11, 9))
    mirror.edit_issue("bob", Act("delete", 3, 5))
    mirror.close_or_open("alice")
    mirror.deliver(5, 5)
    mirror.work()
    mirror.edit_issue("bob", Act("add_task", 0, 8))
    mirror.edit_issue("bob", Act("delete", 8, 10))
    mirror.edit_issue("bob", Act("reword", 1, 1))
    mirror.deliver(2, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("move", 9, 4))
    mirror.edit_issue("bob", Act("add_task", 5, 2))
    mirror.edit_issue("bob", Act("move", 0, 7))
    mirror.edit_issue("bob", Act("toggle", 7, 6))
    mirror.edit_issue("alice", Act("add_text", 0, 10))
    mirror.edit_issue("alice", Act("delete", 3, 3))
    mirror.edit_issue("alice", Act("reword", 10, 12))
    mirror.edit_file("bob", Act("toggle", 5, 8))
    mirror.edit_file("bob", Act("move", 12, 4))
    mirror.edit_issue("alice", Act("toggle", 3, 12))
    mirror.save_page("bob", Act("reword", 11, 5))
    mirror.deliver(6, 5)
    mirror.work()
    mirror.settle()


def test_a_task_that_was_taken_in_and_reworded_since_is_found_in_a_copy_that_was_replaced(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("toggle", 7, 12))
    mirror.edit_issue("alice", Act("delete", 10, 8))
    mirror.deliver(3, 0)
    mirror.work()
    mirror.edit_issue("alice", Act("add_task", 11, 4))
    mirror.deliver(3, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 7, 12))
    mirror.edit_issue("alice", Act("add_text", 0, 1))
    mirror.edit_file("bob", Act("toggle", 11, 11))
    mirror.edit_file("bob", Act("reword", 3, 0))
    mirror.save_page("bob", Act("toggle", 11, 3))
    mirror.deliver(4, 5)
    mirror.work()
    mirror.settle()


def test_what_an_old_copy_replaced_after_the_database_was_lost_ticks_nothing_again(
    mirror: Mirror,
) -> None:
    mirror.race("bob", Act("cell", 1, 12))
    mirror.edit_issue("alice", Act("reword", 3, 6))
    mirror.edit_issue("alice", Act("cell", 4, 5))
    mirror.edit_file("bob", Act("reword", 11, 12))
    mirror.deliver(4, 5)
    mirror.work()
    mirror.edit_issue("alice", Act("reword", 2, 9))
    mirror.edit_file("bob", Act("add_task", 3, 0))
    mirror.edit_issue("alice", Act("move", 12, 5))
    mirror.deliver(1, 0)
    mirror.work()
    mirror.lose_database()
    mirror.settle(0)
    mirror.edit_file("bob", Act("cell", 2, 6))
    mirror.edit_file("bob", Act("crlf", 7, 10))
    mirror.edit_issue("alice", Act("add_text", 9, 10))
    mirror.edit_issue("alice", Act("add_task", 8, 11))
    mirror.edit_file("bob", Act("move", 10, 7))
    mirror.edit_issue("alice", Act("crlf", 6, 8))
    mirror.save_page("bob", Act("toggle", 0, 4))
    mirror.deliver(2, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 2, 1))
    mirror.deliver(5, 0)
    mirror.work()
    mirror.settle()
