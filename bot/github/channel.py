"""Requests within one repository: its address, redirects after a rename, pages, quoted parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol, TypeVar
from urllib.parse import quote, urlsplit

from bot.errors import Retryable, UserProblem
from bot.github.answers import failure, is_empty, is_gone, objects, ok, unreadable
from bot.github.auth import Clock
from bot.github.payloads import Data, Malformed
from bot.github.snapshots import RepoPath, RepoRef
from bot.github.transport import Answer

PER_PAGE = 100
MOST_PAGES = 1000
STILL_WORKING = timedelta(seconds=12)
"""After this long a request without an answer has its effect or never will.

GitHub ends a request after 10 s; until then it may still do what it has not answered yet.
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
"""

T = TypeVar("T")


class Send(Protocol):
    """Sends one request with the repository's token."""

    def __call__(
        self,
        repo: RepoRef,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer: ...


def path_part(path: RepoPath) -> str:
    """A path inside the repository as part of a URL; its slashes stay."""
    return quote(RepoPath(path), safe="/")


def name_part(name: str) -> str:
    """A name (label, login) as one segment of a URL; raises UserProblem for ``.`` and ``..``."""
    if name in ("", ".", ".."):
        raise UserProblem(f"{name!r} is not a name that GitHub knows.")
    return quote(name, safe="")


def branch_part(branch: str) -> str:
    """A branch as part of a URL; raises UserProblem for what git does not take as a branch name.

    https://git-scm.com/docs/git-check-ref-format
    """
    parts = branch.split("/")
    bad = any(part == "" or part.startswith(".") or part.endswith(".lock") for part in parts)
    if bad or ".." in branch or re.search(r"[\x00-\x20\x7f~^:?*\[\\]|@\{", branch):
        raise UserProblem(f"{branch!r} is not the name of a branch.")
    return quote(branch, safe="/")


class Channel:
    """One repository's own part of the API.

    It is addressed by its name, and by its id once GitHub has said that the name is an old one.
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
    """

    def __init__(
        self, repo: RepoRef, send: Send, api_url: str, moved: set[int], clock: Clock
    ) -> None:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo.full_name) or ".." in repo.full_name:
            raise UserProblem(f"{repo.full_name!r} is not the name of a repository.")
        self.repo = repo
        self.clock = clock
        self._send = send
        self._base = urlsplit(api_url.rstrip("/"))
        self._moved = moved

    def request(
        self,
        method: str,
        suffix: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        """The answer for ``suffix`` within the repository, whatever its status.

        A redirect to the same thing under the repository's id is followed, for writes too: GitHub
        has then done nothing. A redirect out of the repository (a transferred issue) becomes 410.
        """
        by_id = f"/repositories/{int(self.repo.id)}"
        start = by_id if self.repo.id in self._moved else f"/repos/{self.repo.full_name}"
        answer = self._send(self.repo, method, start + suffix, query=query, body=body)
        if not (answer.status in (301, 302, 307, 308) and answer.headers.get("location")):
            return answer
        target = self._own_path(answer.headers["location"])
        if target is None:
            return answer
        if target != by_id + suffix:
            return Answer(method, answer.path, 410, answer.headers, '{"message": "It has moved."}')
        self._moved.add(self.repo.id)
        return self._send(self.repo, method, by_id + suffix, query=query, body=body)

    def get(self, suffix: str, query: Mapping[str, str] | None = None) -> Answer:
        """As ``request``; for reads."""
        return self.request("GET", suffix, query=query)

    def write(self, method: str, suffix: str, body: object, *, what: str) -> Answer:
        """As ``request``, for writes; raises what ``failure`` says unless it succeeded."""
        answer = self.request(method, suffix, body=body)
        if not ok(answer):
            raise failure(answer, self.clock(), what=what)
        return answer

    def create(self, suffix: str, body: object, *, what: str) -> Answer:
        """As ``write``, for what a second POST would double.

        Whoever looks for it too early after a request without an answer does not find it: the
        Retryable then names the time from which looking is safe.
        """
        ended = self.clock() + STILL_WORKING
        try:
            return self.write("POST", suffix, body, what=what)
        except Retryable as error:
            raise Retryable(error.reason, error.until or ended) from error

    def pages(
        self,
        suffix: str,
        *,
        query: Mapping[str, str] | None = None,
    ) -> list[Data]:
        """The objects of all pages of a list; of a thing that is not there, none."""
        found: list[Data] = []
        for page in range(1, MOST_PAGES + 1):
            paging = {"per_page": str(PER_PAGE), "page": str(page)}
            answer = self.get(suffix, {**(query or {}), **paging})
            if is_gone(answer) or is_empty(answer):
                break
            if not ok(answer):
                raise failure(answer, self.clock())
            found.extend(objects(answer))
            if 'rel="next"' not in answer.headers.get("link", ""):
                break
        return found

    @staticmethod
    def value(answer: Answer, make: Callable[[Answer], T]) -> T:
        """What ``make`` makes of an answer; Retryable when the answer lacks what it must have."""
        try:
            return make(answer)
        except Malformed as error:
            raise unreadable(answer) from error

    def _own_path(self, location: str) -> str | None:
        """The path of a redirect within this API, or None when it leads to another server."""
        parts = urlsplit(location)
        if parts.netloc and (parts.scheme, parts.netloc) != (self._base.scheme, self._base.netloc):
            return None
        if not parts.path.startswith(self._base.path):
            return None
        return parts.path[len(self._base.path) :]
