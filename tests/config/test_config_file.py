"""One configuration file: what it says, and what is wrong in it, with line and fix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import RepoConfig, config_of
from bot.config_file import merged, parse_config, parse_source, wrong_together
from bot.errors import UserProblem

FULL = """\
# yaml-language-server: $schema=plansync.schema.json
_extends: .github
labels:
  plan: feature-plan
  rfc: track-spec
adopt:
  - docs/plans/**/*.md
statuses:
  pending: todo
  in_progress: doing
  complete: done
commit:
  skip_ci: true
brake: 0.5
close_when_complete: false
complete_on: default
devloop_paths:
  - docs/devloop/
  - runs/*.md
checks:
  fail_on: warning
  severity:
    plan.bare-na: off
    story.requirement-uncovered: error
  every_pull: true
dry_run: true
people:
  Ada Lovelace: "@ada"
"""


def test_every_key_reaches_the_configuration() -> None:
    parsed = parse_config(FULL)
    assert parsed.problems == ()
    assert (parsed.extends, parsed.extends_at) == (".github", 2)
    config = config_of(parsed.settings)
    assert config.labels == {"plan": "feature-plan", "rfc": "track-spec"}
    assert config.requested_format(("plan",)) == "feature-plan"
    assert config.requested_format(("plan:feature",)) is None
    assert config.adopts("docs/plans/x.md")
    assert config.adopts("docs/plans/a/b/x.md")
    assert not config.adopts("plan_docs/x.md")
    assert config.statuses == {"pending": "todo", "in_progress": "doing", "complete": "done"}
    assert (config.skip_ci, config.brake, config.dry_run) == (True, 0.5, True)
    assert not config.close_when_complete
    assert config.people == {"Ada Lovelace": "ada"}
    assert config.complete_on == "default"
    assert [config.is_devloop(path) for path in ("docs/devloop/a/b.md", "runs/1.md")] == [True] * 2
    assert [config.is_devloop(path) for path in ("docs/devloop", "runs/a/1.md")] == [False] * 2
    assert (config.checks.fail_on, config.checks.every_pull) == ("warning", True)
    assert config.checks.severity["plan.bare-na"] == "off"


@pytest.mark.parametrize("text", ["", "# nothing\n", "\ufeff", "---\n", "{}\n"])
def test_an_empty_file_chooses_nothing(text: str) -> None:
    parsed = parse_config(text)
    assert parsed.problems == ()
    assert config_of(parsed.settings) == RepoConfig()


WRONG = [
    ("labelz: 1", 1, 1, "no key `labelz`", "Did you mean `labels`?"),
    ("a: 1\ndry_ru: true", 2, 1, "`dry_ru`", "`dry_run`"),
    ("checks:\n  fail: error", 2, 3, "`checks.fail`", "`fail_on`"),
    ("checks:\n  fail_on: errors", 2, 12, "`errors`, which is not allowed", "`error`"),
    ("labels:\n  x: user-stori", 2, 6, "`user-stori`", "`user-story`"),
    ("labels:\n  x: y", 2, 6, "`y`", "feature-plan, user-story"),
    (f"labels:\n  {'a' * 51}: user-story", 2, 3, "longer than 50", "Shorten"),
    ("labels:\n  A: user-story\n  a: task-plan", 2, 3, "one label for GitHub", ""),
    ("labels: plan", 1, 9, "the text “plan”", "`key: value` lines"),
    ("adopt:\n  - plan_docs/*.md\n  - /x.md", 3, 5, "not within the repository", "`..`"),
    ("devloop_paths: ['../x/']", 1, 17, "not within the repository", ""),
    ("complete_on: main", 1, 14, "`main`, which is not allowed", "target, default"),
    ("adopt: ['../x.md']", 1, 9, "not within the repository", ""),
    ("adopt: ['.github/*.md']", 1, 9, "never writes below", ""),
    ("adopt: ['.GitHub/*.md']", 1, 9, "never writes below", ""),
    ("adopt: ['docs/*.txt']", 1, 9, "markdown", ".md"),
    ("adopt: ['docs/[ab].md']", 1, 9, "two globs", ""),
    ("adopt: docs/*.md", 1, 8, "is the text", "a list"),
    ("statuses:\n  pending: a|b", 2, 12, "none of | /", ""),
    (
        "statuses:\n  pending: complete",
        2,
        3,
        "pending (complete) and complete (Complete) are the same word",
        "",
    ),
    ("statuses:\n  pending: ''", 2, 12, "1 to 40 characters", ""),
    ("brake: 0", 1, 8, "out of range", "above 0"),
    ("brake: 30%", 1, 8, "the text “30%”", "a number"),
    ("brake: .inf", 1, 8, "out of range", ""),
    ("dry_run: yes", 1, 10, "the text “yes”", "`true` or `false`"),
    ("dry_run: 1", 1, 10, "`1`", "`true` or `false`"),
    ("dry_run:", 1, 9, "is empty", "`true` or `false`"),
    ("checks:\n  severity:\n    story.x: error", 3, 5, "No finding has the code", ""),
    ("checks:\n  severity:\n    plan.bare-na: bad", 3, 19, "`bad`", "error, warning, note, off"),
    ("people:\n  Ada: a b", 2, 8, "no login", ""),
    ("_extends: 12", 1, 11, "`12`", "text"),
    ("- a", 1, 1, "is a list", "`key: value` lines"),
    ("just words", 1, 1, "the text", "`key: value` lines"),
    ("a: &x 1\nb: *x", 1, 4, "Anchors", "Write the value out"),
    ("<<: {a: 1}", 1, 1, "Merge keys", ""),
    ("a: !!python/name:os.system x", 1, 4, "tags", "Remove"),
    ("dry_run: true\ndry_run: false", 2, 1, "stands twice; it is on line 1", ""),
    ("a: b: c", 1, 5, "not valid YAML", ""),
    ("a:\n\t- b", 2, 1, "not valid YAML", "spaces"),
    ("a: 1\n---\nb: 2", 2, 1, "second document", ""),
    ("? [a]\n: b", 1, 3, "not a plain word", ""),
    ("a: " + "[" * 30, 1, 13, "nested deeper", ""),
    ("a: " + "1" * 200, 1, 4, "too long", "quotes"),
    ("# " + "x" * 70_000, 1, 1, "larger than 64 KB", ""),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "words", "fix"), WRONG, ids=[w[0][:30] for w in WRONG]
)
def test_what_is_wrong_is_told_with_its_place_and_a_fix(
    text: str, line: int, column: int, words: str, fix: str
) -> None:
    parsed = parse_config(text)
    assert parsed.settings == {}
    found = [p for p in parsed.problems if words in p.message]
    assert found, parsed.problems
    assert (found[0].line, found[0].column) == (line, column)
    assert fix in found[0].fix
    assert found[0].path == ".github/plansync.yml"


def test_every_problem_of_a_file_is_told_in_order() -> None:
    parsed = parse_config("dry_run: x\nadopt:\n - /a.md\n - b.txt\nfoo: 1\n")
    assert [problem.line for problem in parsed.problems] == [1, 3, 4, 5]


@pytest.mark.thorough
@given(st.text(max_size=200))
def test_no_text_is_an_exception(text: str) -> None:
    parse_config(text)


@given(
    st.lists(
        st.sampled_from(
            ["labels:", "  a: b", "adopt:", "- x", "  - x.md", "checks:", "  severity:", "&a", "*a",
             "    off: on", "dry_run: true", "_extends: x", "{", "}", "[", "]", "? x", "!t", "---",
             "statuses: {pending: todo}", "\t", "'", '"', "| \n  x", "brake: 1e400"]
        ),
        max_size=8,
    )
)  # fmt: skip
def test_no_yaml_is_an_exception(lines: list[str]) -> None:
    parsed = parse_config("\n".join(lines))
    assert parsed.problems or config_of(parsed.settings)


@pytest.mark.parametrize(
    ("extends", "source"),
    [
        (".github", "acme/.github:.github/plansync.yml"),
        ("acme/base", "acme/base:.github/plansync.yml"),
        ("ACME/base:team/a.yml", "acme/base:team/a.yml"),
    ],
)
def test_a_file_of_the_same_owner_can_be_extended(extends: str, source: str) -> None:
    assert str(parse_source(extends, "acme")) == source


@pytest.mark.parametrize(
    "extends",
    ["other/base", "a b", "", "..", "base:../x.yml", "base:/x.yml", "base:x.md", "https://x/y.yml"],
)
def test_nothing_else_can_be_extended(extends: str) -> None:
    with pytest.raises(UserProblem) as told:
        parse_source(extends, "acme")
    assert told.value.fix


def test_files_are_put_together_key_by_key() -> None:
    below = {"labels": {"a": "user-story"}, "adopt": ["a.md"], "checks": {"fail_on": "never"}}
    above = {"labels": {"b": "task-plan"}, "adopt": ["b.md"], "checks": {"every_pull": True}}
    assert merged(below, above) == {
        "labels": {"a": "user-story", "b": "task-plan"},
        "adopt": ["b.md"],
        "checks": {"fail_on": "never", "every_pull": True},
    }


def test_good_files_can_be_wrong_together() -> None:
    together = merged({"statuses": {"pending": "open"}}, {"statuses": {"complete": "Open"}})
    (problem,) = wrong_together(together, "x.yml", 3)
    assert "are the same word" in problem.message
    assert problem.line == 3
