"""Bugs that the model found with plans that go or move, force pushes and old copies."""

from __future__ import annotations

from tests.model.mirror import Mirror
from tests.model.plan_text import Act


def test_an_edit_that_was_overwritten_just_before_the_file_was_deleted_is_merged_when_it_is_back(
    mirror: Mirror,
) -> None:
    mirror.race("alice", Act("toggle", 2, 1))
    mirror.edit_file("bob", Act("toggle", 6, 4))
    mirror.deliver(2, 1)
    mirror.work()
    mirror.remove_or_restore("bob")
    mirror.deliver(3, 0)
    mirror.work()
    mirror.settle()


def test_a_plan_that_moved_twice_before_anybody_looked_keeps_its_issue(
    mirror: Mirror,
) -> None:
    mirror.move_file("bob")
    mirror.move_file("bob")
    mirror.settle()


def test_a_plan_whose_line_ends_changed_before_it_moved_keeps_its_issue(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("crlf", 6, 7))
    mirror.move_file("alice")
    mirror.settle()


def test_what_is_held_in_an_old_copy_takes_nothing_back_when_it_is_accepted(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("cell", 10, 11))
    mirror.deliver(4, 1)
    mirror.work()
    mirror.save_page("alice", Act("add_task", 10, 0))
    mirror.edit_issue("mallory", Act("move", 7, 11))
    mirror.settle()


def test_a_force_push_whose_webhook_is_late_loses_nothing_of_the_issue(
    mirror: Mirror,
) -> None:
    mirror.race("alice", Act("reword", 6, 10))
    mirror.edit_issue("alice", Act("toggle", 4, 10))
    mirror.deliver(3, 5)
    mirror.edit_file("bob", Act("toggle", 10, 5))
    mirror.work()
    mirror.deliver(4, 2)
    mirror.work()
    mirror.force_push("bob", 3)
    mirror.deliver(2, 5)
    mirror.work()
    mirror.settle()


def test_a_force_push_after_the_database_was_lost_loses_nothing_of_the_issue(
    mirror: Mirror,
) -> None:
    mirror.save_page("alice", Act("reword", 4, 2))
    mirror.deliver(5, 5)
    mirror.work()
    mirror.break_call(4, 0, True)
    mirror.lose_database()
    mirror.force_push("alice", 4)
    mirror.settle()


def test_a_line_that_an_old_copy_lacked_is_not_doubled_by_an_overwritten_edit(
    mirror: Mirror,
) -> None:
    mirror.race("bob", Act("toggle", 1, 4))
    mirror.edit_file("alice", Act("reword", 4, 4))
    mirror.edit_issue("bob", Act("add_task", 1, 10))
    mirror.edit_issue("bob", Act("move", 8, 9))
    mirror.deliver(5, 0)
    mirror.work()
    mirror.drop(1)
    mirror.edit_file("alice", Act("delete", 3, 11))
    mirror.edit_file("alice", Act("toggle", 6, 8))
    mirror.edit_file("bob", Act("reword", 2, 9))
    mirror.edit_issue("bob", Act("toggle", 8, 10))
    mirror.save_page("bob", Act("crlf", 6, 5))
    mirror.edit_issue("alice", Act("add_text", 3, 4))
    mirror.edit_file("bob", Act("toggle", 11, 8))
    mirror.deliver(6, 4)
    mirror.work()
    mirror.settle()


def test_a_word_of_an_overwritten_edit_is_not_lost_behind_an_old_copy(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("crlf", 5, 2))
    mirror.edit_issue("bob", Act("add_task", 9, 1))
    mirror.edit_file("bob", Act("add_text", 5, 1))
    mirror.edit_issue("alice", Act("add_text", 11, 9))
    mirror.edit_issue("alice", Act("delete", 2, 4))
    mirror.deliver(1, 5)
    mirror.work()
    mirror.edit_file("bob", Act("cell", 11, 1))
    mirror.edit_file("bob", Act("cell", 4, 0))
    mirror.race("bob", Act("delete", 6, 7))
    mirror.open_page()
    mirror.deliver(3, 3)
    mirror.work()
    mirror.save_page("alice", Act("reword", 2, 11))
    mirror.deliver(2, 5)
    mirror.work()
    mirror.settle()


def test_an_old_copy_that_was_known_for_one_is_not_corrected_once_more(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("cell", 10, 7))
    mirror.deliver(2, 1)
    mirror.work()
    mirror.deliver(4, 4)
    mirror.edit_issue("alice", Act("reword", 5, 8))
    mirror.edit_file("bob", Act("toggle", 8, 11))
    mirror.deliver(1, 3)
    mirror.break_call(6, 1, True)
    mirror.work()
    mirror.save_page("bob", Act("cell", 11, 10))
    mirror.work()
    mirror.settle()


def test_a_body_write_that_came_through_is_known_by_its_version_behind_many_commits(
    mirror: Mirror,
) -> None:
    mirror.work()
    mirror.save_page("bob", Act("add_task", 5, 1))
    mirror.open_page()
    mirror.deliver(1, 4)
    mirror.work()
    mirror.edit_file("bob", Act("toggle", 5, 9))
    mirror.edit_file("bob", Act("crlf", 2, 4))
    mirror.race("alice", Act("toggle", 9, 12))
    mirror.edit_issue("alice", Act("toggle", 2, 5))
    mirror.edit_issue("alice", Act("toggle", 12, 5))
    mirror.edit_issue("alice", Act("toggle", 10, 7))
    mirror.edit_file("bob", Act("delete", 11, 0))
    mirror.edit_file("bob", Act("crlf", 0, 11))
    mirror.edit_file("bob", Act("move", 7, 8))
    mirror.deliver(3, 5)
    mirror.work()
    mirror.edit_file("alice", Act("toggle", 4, 6))
    mirror.edit_file("alice", Act("add_task", 11, 8))
    mirror.save_page("bob", Act("move", 10, 1))
    mirror.deliver(5, 3)
    mirror.break_call(7, 2, False)
    mirror.work()
    mirror.race("alice", Act("add_task", 9, 7))
    mirror.edit_issue("alice", Act("add_task", 9, 3))
    mirror.edit_issue("alice", Act("cell", 3, 2))
    mirror.edit_issue("alice", Act("crlf", 0, 2))
    mirror.edit_file("bob", Act("reword", 9, 1))
    mirror.edit_file("bob", Act("toggle", 6, 5))
    mirror.edit_file("bob", Act("toggle", 3, 6))
    mirror.edit_file("alice", Act("add_task", 7, 11))
    mirror.edit_file("alice", Act("reword", 12, 5))
    mirror.edit_file("alice", Act("add_text", 2, 11))
    mirror.edit_file("bob", Act("move", 11, 5))
    mirror.open_page()
    mirror.edit_file("alice", Act("reword", 2, 8))
    mirror.edit_file("alice", Act("move", 4, 2))
    mirror.edit_file("alice", Act("add_task", 0, 7))
    mirror.deliver(6, 1)
    mirror.work()
    mirror.deliver(1, 2)
    mirror.settle()


def test_a_line_taken_out_in_an_old_copy_stays_when_somebody_ticked_it_after_the_copy(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("add_text", 0, 5))
    mirror.edit_file("bob", Act("add_text", 11, 7))
    mirror.deliver(1, 1)
    mirror.work()
    mirror.open_page()
    mirror.edit_file("bob", Act("reword", 11, 5))
    mirror.race("alice", Act("toggle", 4, 10))
    mirror.deliver(2, 4)
    mirror.work()
    mirror.save_page("bob", Act("delete", 9, 1))
    mirror.settle()


def test_a_line_taken_out_in_an_old_copy_stays_when_somebody_reworded_it_after_the_copy(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("add_task", 6, 3))
    mirror.edit_issue("alice", Act("reword", 10, 9))
    mirror.edit_file("bob", Act("cell", 8, 9))
    mirror.settle(2)
    mirror.save_page("alice", Act("delete", 0, 10))
    mirror.settle()


def test_what_is_taken_out_after_a_write_was_cut_short_is_gone_though_the_issue_is_an_old_copy(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("add_text", 5, 1))
    mirror.edit_issue("alice", Act("cell", 2, 2))
    mirror.edit_file("alice", Act("reword", 7, 8))
    mirror.race("alice", Act("toggle", 0, 3))
    mirror.deliver(3, 4)
    mirror.work()
    mirror.deliver(1, 4)
    mirror.work()
    mirror.save_page("alice", Act("toggle", 1, 0))
    mirror.edit_issue("alice", Act("add_task", 10, 1))
    mirror.deliver(5, 2)
    mirror.break_call(6, 0, False)
    mirror.work()
    mirror.save_page("bob", Act("toggle", 10, 5))
    mirror.settle()


def test_an_overwritten_tick_has_not_the_last_word_over_who_ticked_and_unticked_the_box_since(
    mirror: Mirror,
) -> None:
    mirror.race("bob", Act("toggle", 1, 9))
    mirror.edit_issue("alice", Act("delete", 7, 11))
    mirror.edit_file("bob", Act("reword", 12, 5))
    mirror.deliver(5, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("move", 0, 7))
    mirror.edit_issue("bob", Act("add_task", 1, 11))
    mirror.edit_issue("bob", Act("toggle", 9, 0))
    mirror.edit_issue("alice", Act("toggle", 9, 7))
    mirror.settle()
