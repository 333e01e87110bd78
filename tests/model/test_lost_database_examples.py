"""Bugs that the model found with what is heard of late after the database was lost."""

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
