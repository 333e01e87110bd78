"""What GitHub's words mean, and that every block says what ends it."""

from __future__ import annotations

import pytest

from bot.github.ports import Refused
from bot.github.snapshots import RepositorySnapshot
from bot.subjects.refused import KINDS, kind_of, refused_comment, still

THERE = RepositorySnapshot(7, "acme/shop", "main")
ARCHIVED = RepositorySnapshot(7, "acme/shop", "main", archived=True)
OFF = RepositorySnapshot(7, "acme/shop", "main", has_issues=False)
MISSING = Refused(404, "Not Found")
SUSPENDED = Refused(403, "This installation has been suspended")
UNGRANTED = Refused(422, "The permissions requested are not granted to this installation.")
ELSEWHERE = Refused(
    422,
    "There is at least one repository that does not exist or is not accessible to the parent"
    " installation.",
)


@pytest.mark.parametrize(
    ("refused", "repository", "kind"),
    [
        (Refused(403, "Repository was archived so is read-only."), ARCHIVED, "archived"),
        (Refused(403, "Forbidden"), ARCHIVED, "archived"),
        (Refused(410, "Issues has been disabled in this repository."), OFF, "issues_off"),
        (Refused(410, "Issues are disabled for this repo"), OFF, "issues_off"),
        (Refused(404, "Not Found"), OFF, "issues_off"),
        (SUSPENDED, SUSPENDED, "suspended"),
        (MISSING, MISSING, "gone"),
        (MISSING, SUSPENDED, "suspended"),
        (ELSEWHERE, ELSEWHERE, "gone"),
        (UNGRANTED, UNGRANTED, "permission"),
        (Refused(403, "Resource not accessible by integration"), THERE, "permission"),
        (Refused(422, "Cannot update this protected ref."), THERE, "protected"),
        (Refused(451, "Repository access blocked"), Refused(451, "blocked"), "gone"),
        (Refused(404, "Not Found"), THERE, None),
        (Refused(422, "body is too long (maximum is 65536 characters)"), THERE, None),
        (Refused(422, "Validation Failed"), OFF, None),
        (Refused(403, "plansync never writes under .github."), THERE, None),
    ],
)
def test_a_refusal_is_about_the_repository_or_about_one_subject(
    refused: Refused, repository: RepositorySnapshot | Refused, kind: str | None
) -> None:
    assert kind_of(refused, repository) == kind


@pytest.mark.parametrize(
    ("kind", "repository", "now"),
    [
        ("archived", ARCHIVED, "archived"),
        ("archived", THERE, None),
        ("issues_off", OFF, "issues_off"),
        ("issues_off", THERE, None),
        ("archived", OFF, None),
        ("suspended", SUSPENDED, "suspended"),
        ("suspended", MISSING, "gone"),
        ("gone", MISSING, "gone"),
        ("gone", ARCHIVED, "archived"),
        ("gone", THERE, None),
    ],
)
def test_a_block_ends_when_the_repository_is_as_it_was(
    kind: str, repository: RepositorySnapshot | Refused, now: str | None
) -> None:
    assert still(kind, repository) == now


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_says_what_ends_it(kind: str) -> None:
    meaning = KINDS[kind]
    assert meaning.what.endswith(".")
    assert "goes on" in meaning.fix
    comment = refused_comment(kind, "No, @alice: closes #1")
    assert comment.startswith(f'<!-- plansync:refused kind="{kind}" -->\n')
    assert "`No, @alice: closes #1`" in comment
