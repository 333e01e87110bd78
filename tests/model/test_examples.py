"""Every bug that the model found, as the shortest run that showed it."""

from __future__ import annotations

from tests.model.mirror import Mirror
from tests.model.plan_text import Act


def test_an_untick_that_brings_a_former_body_back_is_seen_although_an_old_copy_replaces_it(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("cell", 3, 0))
    mirror.edit_issue("bob", Act("delete", 6, 11))
    mirror.edit_issue("bob", Act("delete", 1, 6))
    mirror.deliver(5, 1)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 1, 3))
    mirror.edit_issue("alice", Act("toggle", 0, 11))
    mirror.deliver(2, 4)
    mirror.work()
    mirror.edit_issue("alice", Act("toggle", 0, 10))
    mirror.edit_file("bob", Act("delete", 12, 1))
    mirror.save_page("bob", Act("toggle", 1, 6))
    mirror.settle()


def test_an_untick_on_top_of_an_old_copy_is_an_untick_though_older_bodies_were_unticked_too(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("add_text", 2, 9))
    mirror.edit_issue("alice", Act("add_text", 8, 2))
    mirror.deliver(4, 4)
    mirror.work()
    mirror.save_page("bob", Act("add_task", 11, 11))
    mirror.save_page("alice", Act("toggle", 0, 11))
    mirror.edit_issue("alice", Act("add_text", 6, 5))
    mirror.deliver(5, 1)
    mirror.work()
    mirror.save_page("bob", Act("toggle", 2, 8))
    mirror.edit_file("bob", Act("delete", 6, 10))
    mirror.edit_issue("alice", Act("toggle", 10, 2))
    mirror.settle()


def test_without_a_database_the_deliveries_tell_what_stood_there_before_an_old_copy_was_saved(
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
    mirror.settle()


def test_without_a_database_our_own_commit_is_found_behind_more_than_ten_others(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("add_text", 12, 12))
    mirror.edit_file("bob", Act("delete", 7, 7))
    mirror.deliver(2, 4)
    mirror.break_call(6, 0, False)
    mirror.work()
    mirror.edit_file("bob", Act("move", 0, 0))
    mirror.lose_database()
    mirror.edit_file("bob", Act("add_text", 5, 5))
    mirror.edit_file("bob", Act("cell", 12, 6))
    mirror.edit_file("bob", Act("reword", 9, 3))
    mirror.edit_file("alice", Act("move", 8, 6))
    mirror.edit_file("alice", Act("delete", 11, 6))
    mirror.edit_file("alice", Act("reword", 12, 6))
    mirror.edit_file("alice", Act("reword", 5, 12))
    mirror.edit_file("alice", Act("move", 9, 8))
    mirror.edit_file("bob", Act("toggle", 12, 5))
    mirror.settle()


def test_who_deletes_a_task_in_the_file_has_seen_the_untick_that_our_commit_brought_there(
    mirror: Mirror,
) -> None:
    mirror.edit_file("alice", Act("toggle", 3, 5))
    mirror.save_page("bob", Act("add_text", 7, 12))
    mirror.edit_issue("alice", Act("toggle", 7, 5))
    mirror.deliver(6, 3)
    mirror.break_call(6, 1, False)
    mirror.work()
    mirror.edit_file("bob", Act("toggle", 7, 0))
    mirror.edit_file("bob", Act("add_text", 5, 6))
    mirror.edit_file("bob", Act("delete", 12, 11))
    mirror.settle()


def test_who_ticks_a_task_that_was_merged_back_has_seen_it(
    mirror: Mirror,
) -> None:
    mirror.race("bob", Act("add_task", 8, 5))
    mirror.edit_file("bob", Act("reword", 4, 9))
    mirror.deliver(1, 4)
    mirror.work()
    mirror.deliver(6, 0)
    mirror.work()
    mirror.edit_file("alice", Act("toggle", 9, 10))
    mirror.deliver(5, 3)
    mirror.work()
    mirror.edit_issue("alice", Act("delete", 12, 0))
    mirror.settle()


def test_an_old_copy_saved_over_a_write_that_nobody_learned_of_takes_nothing_back(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("reword", 10, 4))
    mirror.edit_issue("alice", Act("add_text", 4, 2))
    mirror.edit_issue("alice", Act("move", 9, 2))
    mirror.edit_file("bob", Act("toggle", 6, 9))
    mirror.deliver(2, 0)
    mirror.break_call(7, 2, True)
    mirror.work()
    mirror.save_page("alice", Act("cell", 12, 12))
    mirror.work()
    mirror.settle()


def test_an_untick_in_the_file_stands_when_a_late_webhook_tells_of_an_older_tick(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("add_task", 5, 0))
    mirror.edit_file("bob", Act("reword", 1, 4))
    mirror.settle(2)
    mirror.edit_issue("bob", Act("reword", 4, 10))
    mirror.edit_issue("bob", Act("crlf", 6, 11))
    mirror.edit_issue("alice", Act("delete", 0, 7))
    mirror.edit_issue("alice", Act("add_text", 9, 1))
    mirror.save_page("bob", Act("toggle", 5, 4))
    mirror.edit_issue("bob", Act("add_task", 11, 10))
    mirror.deliver(3, 1)
    mirror.work()
    mirror.edit_file("alice", Act("toggle", 7, 9))
    mirror.settle()


def test_without_a_database_an_old_copy_over_our_newest_write_is_seen(
    mirror: Mirror,
) -> None:
    mirror.edit_file("alice", Act("reword", 0, 8))
    mirror.deliver(6, 5)
    mirror.break_call(7, 2, False)
    mirror.work()
    mirror.edit_issue("alice", Act("cell", 3, 9))
    mirror.save_page("alice", Act("delete", 9, 0))
    mirror.race("alice", Act("toggle", 0, 4))
    mirror.deliver(4, 1)
    mirror.work()
    mirror.break_call(1, 2, True)
    mirror.work()
    mirror.work()
    mirror.deliver(1, 1)
    mirror.work()
    mirror.deliver(6, 3)
    mirror.break_call(7, 2, True)
    mirror.work()
    mirror.edit_issue("alice", Act("reword", 8, 11))
    mirror.lose_database()
    mirror.save_page("alice", Act("toggle", 0, 12))
    mirror.settle()


def test_what_a_late_webhook_brings_back_is_not_doubled_where_it_was_reworded_meanwhile(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("add_text", 6, 11))
    mirror.edit_issue("alice", Act("add_task", 9, 0))
    mirror.deliver(5, 2)
    mirror.break_call(6, 2, True)
    mirror.work()
    mirror.edit_file("bob", Act("reword", 1, 1))
    mirror.save_page("alice", Act("add_text", 6, 3))
    mirror.work()
    mirror.settle()


def test_a_late_webhook_of_a_second_edit_tells_as_well_that_our_write_came_through(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("delete", 0, 4))
    mirror.edit_file("bob", Act("toggle", 4, 12))
    mirror.edit_file("bob", Act("add_text", 7, 7))
    mirror.edit_file("bob", Act("move", 12, 8))
    mirror.edit_issue("bob", Act("cell", 2, 5))
    mirror.edit_issue("bob", Act("move", 10, 3))
    mirror.edit_issue("bob", Act("reword", 10, 5))
    mirror.edit_issue("bob", Act("reword", 0, 3))
    mirror.edit_issue("bob", Act("move", 11, 7))
    mirror.deliver(2, 2)
    mirror.break_call(7, 1, True)
    mirror.work()
    mirror.edit_file("alice", Act("cell", 1, 7))
    mirror.edit_file("alice", Act("toggle", 7, 0))
    mirror.edit_file("alice", Act("crlf", 7, 7))
    mirror.edit_issue("bob", Act("cell", 4, 6))
    mirror.deliver(6, 0)
    mirror.break_call(8, 2, False)
    mirror.work()
    mirror.save_page("alice", Act("move", 8, 0))
    mirror.deliver(4, 0)
    mirror.work()
    mirror.settle()


def test_an_overwritten_tick_finds_its_task_although_it_was_reworded_and_moved(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("delete", 1, 10))
    mirror.race("bob", Act("toggle", 1, 3))
    mirror.deliver(2, 1)
    mirror.work()
    mirror.edit_file("bob", Act("move", 1, 2))
    mirror.edit_file("bob", Act("move", 10, 11))
    mirror.edit_file("alice", Act("delete", 4, 7))
    mirror.edit_file("alice", Act("reword", 0, 8))
    mirror.edit_file("alice", Act("reword", 0, 9))
    mirror.edit_issue("alice", Act("move", 9, 0))
    mirror.deliver(4, 0)
    mirror.work()
    mirror.edit_issue("alice", Act("move", 8, 4))
    mirror.settle()


def test_what_was_read_last_counts_not_what_an_old_webhook_replaced(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("add_text", 12, 8))
    mirror.edit_file("bob", Act("toggle", 7, 0))
    mirror.deliver(1, 2)
    mirror.work()
    mirror.save_page("alice", Act("move", 3, 7))
    mirror.edit_file("alice", Act("reword", 3, 3))
    mirror.deliver(1, 2)
    mirror.edit_issue("bob", Act("toggle", 5, 3))
    mirror.edit_issue("bob", Act("reword", 4, 1))
    mirror.edit_issue("bob", Act("add_text", 7, 12))
    mirror.save_page("alice", Act("toggle", 0, 2))
    mirror.save_page("alice", Act("toggle", 10, 9))
    mirror.race("alice", Act("delete", 11, 10))
    mirror.edit_issue("bob", Act("reword", 3, 5))
    mirror.edit_issue("bob", Act("move", 3, 8))
    mirror.deliver(5, 2)
    mirror.work()
    mirror.save_page("bob", Act("move", 3, 6))
    mirror.edit_issue("bob", Act("add_task", 2, 8))
    mirror.drop(8)
    mirror.deliver(1, 2)
    mirror.work()
    mirror.deliver(2, 3)
    mirror.work()
    mirror.save_page("alice", Act("add_task", 9, 0))
    mirror.edit_file("bob", Act("add_text", 11, 2))
    mirror.edit_issue("alice", Act("toggle", 10, 8))
    mirror.edit_file("bob", Act("delete", 5, 1))
    mirror.settle()


def test_a_write_that_came_through_the_second_time_was_no_lost_one(
    mirror: Mirror,
) -> None:
    mirror.edit_issue("alice", Act("toggle", 1, 10))
    mirror.edit_issue("alice", Act("crlf", 2, 7))
    mirror.edit_file("bob", Act("add_text", 5, 4))
    mirror.edit_file("bob", Act("toggle", 5, 12))
    mirror.edit_issue("alice", Act("add_text", 12, 2))
    mirror.edit_issue("alice", Act("toggle", 7, 2))
    mirror.deliver(4, 2)
    mirror.work()
    mirror.edit_issue("alice", Act("add_task", 9, 8))
    mirror.edit_issue("alice", Act("cell", 4, 0))
    mirror.edit_issue("alice", Act("toggle", 5, 12))
    mirror.edit_file("bob", Act("add_text", 2, 12))
    mirror.edit_file("bob", Act("delete", 4, 12))
    mirror.deliver(2, 0)
    mirror.break_call(4, 3, True)
    mirror.work()
    mirror.edit_file("alice", Act("reword", 7, 7))
    mirror.edit_file("alice", Act("delete", 5, 11))
    mirror.save_page("bob", Act("add_task", 8, 8))
    mirror.deliver(4, 4)
    mirror.work()
    mirror.settle()


def test_without_a_database_an_edit_on_a_write_of_ours_that_no_status_names_is_seen(
    mirror: Mirror,
) -> None:
    mirror.break_call(5, 1, False)
    mirror.edit_file("bob", Act("add_text", 5, 4))
    mirror.deliver(4, 1)
    mirror.work()
    mirror.lose_database()
    mirror.edit_issue("alice", Act("add_task", 6, 6))
    mirror.save_page("alice", Act("add_text", 0, 8))
    mirror.settle()


def test_an_untick_that_was_overwritten_yields_to_the_tick_that_came_after_it(
    mirror: Mirror,
) -> None:
    mirror.edit_file("bob", Act("move", 6, 2))
    mirror.race("alice", Act("toggle", 2, 2))
    mirror.deliver(3, 5)
    mirror.work()
    mirror.save_page("bob", Act("toggle", 12, 3))
    mirror.edit_issue("alice", Act("toggle", 2, 5))
    mirror.save_page("alice", Act("move", 2, 3))
    mirror.settle()


def test_a_body_that_was_looked_at_once_is_found_among_the_deliveries_too(
    mirror: Mirror,
) -> None:
    mirror.save_page("alice", Act("delete", 4, 4))
    mirror.edit_issue("alice", Act("add_task", 7, 7))
    mirror.edit_file("bob", Act("toggle", 1, 5))
    mirror.race("bob", Act("add_text", 8, 7))
    mirror.edit_file("alice", Act("toggle", 2, 0))
    mirror.edit_file("alice", Act("toggle", 1, 0))
    mirror.edit_issue("alice", Act("move", 11, 7))
    mirror.edit_file("bob", Act("toggle", 5, 12))
    mirror.deliver(1, 1)
    mirror.work()
    mirror.edit_file("alice", Act("move", 7, 8))
    mirror.edit_file("alice", Act("reword", 4, 10))
    mirror.save_page("bob", Act("delete", 10, 6))
    mirror.drop(9)
    mirror.deliver(4, 5)
    mirror.work()
    mirror.settle()
