"""What the pages may ask of GitHub on behalf of the people who look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.github.snapshots import Person, RepoRef


class SignInRefused(Exception):
    """GitHub did not let somebody in: a code or token that is wrong, old, or taken back."""


class Visitors(Protocol):
    """What GitHub says to a person's own token. Every method may raise Retryable.

    ``bot.github.visitors`` asks GitHub; the pages know no more of it than this.
    """

    def authorize_url(self, *, state: str, verifier: str, redirect_uri: str) -> str:
        """Where the browser goes to sign in."""

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> str:
        """The person's token for the code that GitHub sent back; raises SignInRefused."""

    def who(self, token: str) -> Person:
        """Whose token it is; raises SignInRefused."""

    def memberships(self, token: str) -> frozenset[str]:
        """``org:ID`` and ``team:ID`` of the person, as far as the App may know them."""

    def readable(self, token: str, repositories: Sequence[RepoRef]) -> frozenset[int]:
        """Which of these repositories the person may read; raises SignInRefused."""

    def is_public(self, repository_id: int) -> bool:
        """Whether anybody may read the repository."""
