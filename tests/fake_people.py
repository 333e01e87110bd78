"""Somebody who works in a repository of the fake; the same methods as ``bot.emulator.people``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.emulator.boxes import set_box

if TYPE_CHECKING:
    from tests.fake_github import FakeRepository


@dataclass(frozen=True, slots=True)
class FakePerson:
    """A person with an account; what they do is sent as webhooks with them as the sender."""

    login: str
    repo: FakeRepository

    def open_issue(self, title: str, body: str = "", labels: tuple[str, ...] = ()) -> int:
        return self.repo.open_issue(self.login, title, body, labels).number

    def edit_issue(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        self.repo.edit_issue(self.login, number, title=title, body=body)

    def change_body(self, number: int, change: Callable[[str], str]) -> None:
        self.edit_issue(number, body=change(self.repo.issues[number].body))

    def tick(self, number: int, text: str) -> None:
        self.change_body(number, lambda body: set_box(body, text, checked=True))

    def untick(self, number: int, text: str) -> None:
        self.change_body(number, lambda body: set_box(body, text, checked=False))

    def close_issue(self, number: int, reason: str = "completed") -> None:
        self.repo.edit_issue(self.login, number, state="closed", state_reason=reason)

    def reopen_issue(self, number: int) -> None:
        self.repo.edit_issue(self.login, number, state="open")

    def add_label(self, number: int, label: str) -> None:
        self.repo.add_labels(self.login, number, (label,))

    def remove_label(self, number: int, label: str) -> None:
        self.repo.remove_label(self.login, number, label)

    def comment(self, number: int, body: str) -> int:
        return self.repo.add_comment(self.login, number, body).id

    def edit_comment(self, comment_id: int, body: str) -> None:
        self.repo.edit_comment(self.login, comment_id, body)

    def read_file(self, path: str, branch: str | None = None) -> str:
        return self.repo.text(path, branch)

    def push_file(
        self, path: str, text: str, message: str = "Edit a file", branch: str | None = None
    ) -> str:
        return self.push_files({path: text}, message, branch)

    def push_files(
        self, files: Mapping[str, str | None], message: str, branch: str | None = None
    ) -> str:
        changes = {
            path: None if text is None else text.encode("utf-8") for path, text in files.items()
        }
        return self.repo.commit(self.login, changes, message, branch)

    def edit_file(
        self,
        path: str,
        change: Callable[[str], str],
        message: str = "Edit a file",
        branch: str | None = None,
    ) -> str:
        return self.push_file(path, change(self.read_file(path, branch)), message, branch)

    def create_branch(self, name: str, at: str | None = None) -> str:
        git = self.repo.git
        sha = git.branches[at or self.repo.default_branch]
        self.repo.move(self.login, name, sha)
        return sha

    def open_pull(
        self,
        head: str,
        title: str,
        body: str = "",
        base: str | None = None,
        draft: bool = False,
        fork: str = "",
    ) -> int:
        base = base or self.repo.default_branch
        return self.repo.open_pull(self.login, head, base, title, body, draft, fork).number

    def make_ready(self, number: int) -> None:
        """A draft is a draft no more."""
        self.repo.make_ready(self.login, number)

    def edit_pull(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        self.repo.edit_issue(self.login, number, title=title, body=body)

    def merge_pull(self, number: int) -> str:
        return self.repo.merge_pull(self.login, number)

    def close_pull(self, number: int) -> None:
        self.repo.edit_issue(self.login, number, state="closed")

    def reopen_pull(self, number: int) -> None:
        self.repo.edit_issue(self.login, number, state="open")
