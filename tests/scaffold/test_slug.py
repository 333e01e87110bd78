"""Titles as parts of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plans.slug import MAX_SLUG, pascal_case, path_segment, slug


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Auth refresh token", "auth-refresh-token"),
        ("  --Search: full/text (v2)!  ", "search-full-text-v2"),
        ("Größe ändern", "gr-e-ndern"),
        ("検索", "issue-12"),
        ("../../etc/passwd", "etc-passwd"),
        ("ＡＢＣ", "issue-12"),
        ("", "issue-12"),
    ],
)
def test_slug_follows_the_one_rule(title: str, expected: str) -> None:
    assert slug(title, 12) == expected


def test_slug_without_a_number_still_names_something() -> None:
    assert slug("検索") == "plan"


@given(st.text())
def test_slug_has_only_what_paths_may_have(title: str) -> None:
    made = slug(title, 1)
    assert made
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert len(made) <= MAX_SLUG
    assert slug(made) == made


@given(st.text())
def test_path_segment_never_leaves_its_folder(text: str) -> None:
    made = path_segment(text, "general")
    assert "/" not in made
    assert "\\" not in made
    assert made not in ("", ".", "..")
    assert not made.startswith(".")


def test_path_segment_keeps_the_case_of_ids() -> None:
    assert path_segment("EPIC-12", "x") == "EPIC-12"
    assert path_segment("../Billing API", "x") == "Billing-API"


def test_pascal_case() -> None:
    assert pascal_case("full-text-search") == "FullTextSearch"
