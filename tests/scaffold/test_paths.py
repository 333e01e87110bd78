"""Where new plans go."""

from __future__ import annotations

import pytest

from bot.errors import UserProblem
from bot.plans.paths import placed, plan_path, values_at
from tests.scaffold.asking import asked


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("feature-plan", "plan_docs/full-text-search.md"),
        ("user-story", "docs/user-stories/2026-11-21-full-text-search.md"),
        ("task-plan", "tasks/full-text-search-20261121T101530Z/plan.md"),
        (
            "implementation-plan",
            "plans/general/library/EPIC-7/features/007-full-text-search/impl-plan.md",
        ),
        ("track-spec", "draft/tracks/full-text-search/spec.md"),
    ],
)
def test_default_paths(format: str, expected: str) -> None:
    values, _ = asked(format)
    assert plan_path(format, values, lambda path: False) == expected


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("feature-plan", "plan_docs/full-text-search-3.md"),
        ("user-story", "docs/user-stories/2026-11-21-full-text-search-3.md"),
        ("task-plan", "tasks/full-text-search-3-20261121T101530Z/plan.md"),
        (
            "implementation-plan",
            "plans/general/library/EPIC-7/features/007-full-text-search-3/impl-plan.md",
        ),
        ("track-spec", "draft/tracks/full-text-search-3/spec.md"),
    ],
)
def test_taken_paths_get_a_suffix_and_the_values_follow(format: str, expected: str) -> None:
    values, _ = asked(format)
    asked_for: list[str] = []

    def taken(path: str) -> bool:
        asked_for.append(path)
        return len(asked_for) < 3

    path, suffixed = placed(format, values, taken)
    assert path == expected
    assert len(set(asked_for)) == 3
    assert values_at(format, values, path) == suffixed
    if format == "track-spec":
        assert suffixed.track_id == "full-text-search-3"


@pytest.mark.parametrize("title", ["Feature brief", "Tech Stack", "ARCHITECTURE"])
def test_the_supporting_artifacts_are_reserved(title: str) -> None:
    values, _ = asked("feature-plan", title)
    path = plan_path("feature-plan", values, lambda path: False)
    assert path.endswith("-2.md")


def test_a_pattern_of_the_repository_s_own() -> None:
    values, _ = asked("feature-plan")
    assert plan_path("feature-plan", values, lambda p: False, "plans/{project}/{slug}.md") == (
        "plans/library/full-text-search.md"
    )
    assert plan_path("feature-plan", values, {"plan.md"}.__contains__, "plan.md") == "plan-2.md"
    with pytest.raises(UserProblem, match=r"\{sluk\}"):
        plan_path("feature-plan", values, lambda p: False, "{sluk}.md")


def test_values_of_a_path_of_another_make_stay() -> None:
    values, _ = asked("track-spec")
    assert values_at("track-spec", values, "elsewhere.md") == values
