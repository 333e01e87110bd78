"""What is a command, what is none, and what is told where one is wrong."""

from __future__ import annotations

import pytest

from bot.plans.commands import (
    COMMANDS,
    misuse,
    parse_command,
    split_pull,
    split_task,
    split_tasks,
    unquoted,
)


@pytest.mark.parametrize(
    ("comment", "verb", "words"),
    [
        ("/plan done 2.1", "done", ("2.1",)),
        ("/plan done 2.1\r\n\r\nIt works now.", "done", ("2.1",)),
        ("/Plan Done 2.1", "done", ("2.1",)),
        ("  /plan\ttake  issue ", "take", ("issue",)),
        ("/plan", "help", ()),
        ("/plan \n", "help", ()),
        ("\ufeff/plan sync confirm", "sync", ("confirm",)),
        ("/plan Ask what?", "ask", ("what?",)),
    ],
)
def test_what_is_a_command(comment: str, verb: str, words: tuple[str, ...]) -> None:
    found = parse_command(comment)
    assert found is not None
    assert (found.verb, found.words) == (verb, words)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "/planet done",
        "please /plan done 2.1",
        "Hi\n/plan done 2.1",
        "\n/plan done 2.1",
        "> /plan done 2.1",
        "    /plan done 2.1",
        "`/plan done 2.1`",
        "/plans",
        "plan done 2",
    ],
)
def test_what_is_none(comment: str) -> None:
    assert parse_command(comment) is None


@pytest.mark.parametrize("form", COMMANDS.values(), ids=lambda form: form.name)
def test_every_example_is_a_command_in_the_right_form(form) -> None:  # type: ignore[no-untyped-def]
    found = parse_command(form.example)
    assert found is not None
    assert found.verb == form.name
    assert misuse(found) is None


@pytest.mark.parametrize(
    ("comment", "usage"),
    [
        ("/plan dnoe 2", "/plan done T"),
        ("/plan approv QA", "/plan approve ROLE"),
        ("/plan xyzzy", "/plan help [COMMAND]"),
        ("/plan done", "/plan done T"),
        ("/plan take both", "/plan take issue|file"),
        ("/plan take issue now please", "/plan take issue|file"),
        ("/plan na 2.1", "/plan na T REASON"),
        ("/plan sync now", "/plan sync confirm"),
        ("/plan accept it", "/plan accept"),
        ("/plan assign 2 @a and @b", "/plan assign T @USER"),
    ],
)
def test_a_wrong_command_is_told_the_right_form(comment: str, usage: str) -> None:
    found = parse_command(comment)
    assert found is not None
    wrong = misuse(found)
    assert wrong is not None
    assert wrong.usage == usage


@pytest.mark.parametrize(
    ("text", "task", "rest"),
    [
        ("2.1 because of x", "2.1", "because of x"),
        ("2.1: because", "2.1", "because"),
        ('"Write the" now', '"Write the"', "now"),
        ("“Write the” now", "“Write the”", "now"),
        ("‘Write’", "‘Write’", ""),
        ('"never closed', '"never', "closed"),
        ("", "", ""),
    ],
)
def test_the_task_that_a_text_begins_with(text: str, task: str, rest: str) -> None:
    assert split_task(text) == (task, rest)


def test_several_tasks_each_once() -> None:
    assert split_tasks("1, 2,3 and S-1/T-2  2") == ("1", "2", "3", "S-1/T-2")
    assert split_tasks('"Write, then" 4') == ('"Write, then"', "4")
    assert split_tasks(" , ") == ()


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("#41 2", 41, "2"),
        ("https://github.example/a/b/pull/41 2", 41, "2"),
        ("https://github.example/a/b/pull/41/files 2", 41, "2"),
        ("41 2", None, "41 2"),
        ("2.1", None, "2.1"),
        ("", None, ""),
    ],
)
def test_the_pull_request_that_a_text_begins_with(text: str, number: int | None, rest: str) -> None:
    assert split_pull(text) == (number, rest)


def test_the_digest_is_that_of_the_command_alone() -> None:
    one, other = parse_command("/plan done 1\n\nx"), parse_command("/plan  done 1\ny")
    assert one is not None
    assert other is not None
    assert one.digest == other.digest
    third = parse_command("/plan done 2")
    assert third is not None
    assert third.digest != one.digest


def test_quotes_around_a_text_are_none_of_it() -> None:
    assert unquoted(' "a b" ') == "a b"
    assert unquoted("“a b”") == "a b"
    assert unquoted('"a" and "b') == '"a" and "b'
