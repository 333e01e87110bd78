"""The gateway: readers and writers of real repositories, over one App's installations.

``Gateway`` may be shared between threads. It keeps tokens, spaces writes out, remembers rate
limits, and asks nothing of an installation whose limit is not over yet.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast
from urllib.parse import quote

from bot.errors import Retryable
from bot.github.answers import failure, is_gone, mapping, objects, ok, rate_limited, unreadable
from bot.github.app import GitHubApp
from bot.github.auth import AppIdentity, Clock, Token, Tokens, token_of, token_request, utc_now
from bot.github.channel import Channel, branch_part
from bot.github.live_app import LiveApp
from bot.github.live_reader import LiveReader
from bot.github.live_writer import LiveWriter
from bot.github.payloads import Data, Malformed, number_of, text_of
from bot.github.ports import GitHubReader, GitHubWriter, Refused
from bot.github.roles import Roles
from bot.github.snapshots import RepoRef
from bot.github.teams import Teams
from bot.github.transport import DEADLINE_SECONDS, Answer, Observer, Transport
from bot.tally import TALLY

_BUDGET = (("rate_left", "x-ratelimit-remaining"), ("rate_limit", "x-ratelimit-limit"))
LONGEST_PACE = 5.0
_PAGES = 1000


class Secret(Protocol):
    """A secret text that does not print itself."""

    def get_secret_value(self) -> str: ...


class GitHubSettings(Protocol):
    """What the gateway needs to know; ``write_interval_seconds`` is per installation."""

    @property
    def app_id(self) -> int: ...
    @property
    def private_key(self) -> str | Secret: ...
    @property
    def github_api_url(self) -> object: ...
    @property
    def write_interval_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation of the App, on a user's or an organisation's account."""

    id: int
    account: str
    suspended: bool = False


class Pace:
    """Spaces writes out: at least ``interval`` seconds between two of one installation.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """

    def __init__(
        self, interval: float, clock: Clock = utc_now, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._interval = timedelta(seconds=interval)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next: dict[int, datetime] = {}

    def wait(self, installation_id: int) -> None:
        """Wait for this installation's turn; raises Retryable when it is over five seconds off."""
        if not self._interval:
            return
        with self._lock:
            now = self._clock()
            turn = max(self._next.get(installation_id, now), now)
            seconds = (turn - now).total_seconds()
            if seconds > LONGEST_PACE:
                raise Retryable("Many writes are waiting for their turn.", turn)
            self._next[installation_id] = turn + self._interval
        if seconds > 0:
            self._sleep(seconds)


class Gateway:
    """The App's way to GitHub.

    ``observer`` is told of every request. Raises ``BadPrivateKey`` when the settings' key is none.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        *,
        observer: Observer | None = None,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        key = settings.private_key
        pem = key if isinstance(key, str) else key.get_secret_value()
        self._identity = AppIdentity(settings.app_id, pem, clock)
        self._transport = Transport(
            str(settings.github_api_url), deadline=deadline, observer=observer
        )
        self._api_url = str(settings.github_api_url)
        self._clock = clock
        self._pace = Pace(settings.write_interval_seconds, clock, sleep)
        self._tokens = Tokens(self._mint, clock)
        self._limits: dict[int, datetime] = {}
        self._moved: set[int] = set()
        self._slug: str | None = None
        self._roles = Roles(clock)
        self._teams = Teams(self._access_token, self._look, clock)

    @property
    def app_id(self) -> int:
        return self._identity.app_id

    @property
    def app_slug(self) -> str:
        """The App's slug; asked for once."""
        if self._slug is None:
            self._slug = self._text(self._value("GET", "/app"), "slug")
        return self._slug

    @property
    def app(self) -> GitHubApp:
        """What the App may ask about itself."""
        return LiveApp(self._as_app, self._clock, self._ask)

    def is_protected(self, repo: RepoRef, branch: str) -> bool | None:
        """Whether rules protect the branch; None where GitHub does not tell.

        https://docs.github.com/en/rest/branches/branches#get-a-branch
        """
        answer = self._channel(repo).get(f"/branches/{branch_part(branch)}")
        found = mapping(answer).get("protected") if ok(answer) else None
        return found if isinstance(found, bool) else None

    def reader(self, repo: RepoRef) -> GitHubReader:
        """What may be read of this repository."""

        def neighbour(full_name: str) -> GitHubReader | None:
            other = self.find(full_name)
            return self.reader(other) if other else None

        channel = self._channel(repo)

        def in_team(team: str, login: str) -> bool | None:
            return self._teams.has(repo.installation_id, team, login)

        slug: Callable[[], str] = lambda: self.app_slug  # noqa: E731
        return LiveReader(channel, self.app_id, slug, self._roles, neighbour, in_team)

    def writer(self, repo: RepoRef) -> GitHubWriter:
        """What may be written to this repository."""
        return LiveWriter(self._channel(repo), self.app_id, lambda: self.app_slug)

    def installations(self) -> list[Installation]:
        """All installations of the App.

        https://docs.github.com/en/rest/apps/apps#list-installations-for-the-authenticated-app
        """
        found: list[Installation] = []
        for page in range(1, _PAGES):
            query = {"per_page": "100", "page": str(page)}
            answer = self._as_app("GET", "/app/installations", query=query)
            if not ok(answer):
                raise failure(answer, self._clock(), what="listing the App's installations")
            found.extend(_installation(answer, item) for item in objects(answer))
            if 'rel="next"' not in answer.headers.get("link", ""):
                break
        return found

    def repositories(self, installation_id: int | None = None) -> list[RepoRef]:
        """The repositories the App may work in, without archived ones; one installation's or all.

        https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation
        """
        if installation_id is not None:
            ids = [installation_id]
        else:
            ids = [x.id for x in self.installations() if not x.suspended]
        return [ref for one in ids for ref in self._repositories_of(one)]

    def find(self, full_name: str) -> RepoRef | None:
        """The repository of this name, or None when the App is not installed on it.

        https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app
        """
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", full_name) or ".." in full_name:
            return None
        answer = self._as_app("GET", f"/repos/{quote(full_name, safe='/')}/installation")
        if is_gone(answer):
            return None
        if not ok(answer):
            raise failure(answer, self._clock(), what=f"looking for {full_name}")
        data = mapping(answer)
        try:
            installation_id = number_of(data, "id")
        except Malformed as error:
            raise unreadable(answer) from error
        name = full_name.split("/", 1)[1]
        body = {"repositories": [name], "permissions": {"metadata": "read"}}
        minted = mapping(self._access_token(installation_id, body))
        return next(iter(self._refs(minted.get("repositories"), installation_id)), None)

    def close(self) -> None:
        """Close the calling thread's connection."""
        self._transport.close()

    # What a channel needs.

    def send(
        self,
        repo: RepoRef,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        """GitHub's answer to a request with this repository's token.

        A 401 is followed by one new token and one more try: GitHub has then done nothing. So is a
        404 to a read: a server that has not heard yet of what was just made answers that, and to
        take it at its word would make things twice. Raises Retryable when there is no answer,
        while a rate limit lasts, or after a second 401.
        """
        self._heed_limit(repo.installation_id)
        if method != "GET":
            self._pace.wait(repo.installation_id)
        token = self._tokens.get(repo.installation_id, repo.id)
        answer = self._transport.send(method, path, token=token, query=query, body=body)
        if answer.status == 401:
            token = self._tokens.get(repo.installation_id, repo.id, not_this=token)
            answer = self._transport.send(method, path, token=token, query=query, body=body)
            if answer.status == 401:
                raise Retryable("GitHub does not accept the App's token.")
        if answer.status == 404 and method == "GET":
            answer = self._transport.send(method, path, token=token, query=query)
        self._note_limit(repo.installation_id, answer)
        return answer

    def _channel(self, repo: RepoRef) -> Channel:
        return Channel(repo, self.send, self._api_url, self._moved, self._clock)

    # As the App itself.

    def _as_app(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        self._heed_limit(0)
        answer = self._transport.send(
            method, path, token=self._identity.jwt(), query=query, body=body
        )
        if answer.status == 401:
            token = self._identity.jwt(fresh=True)
            answer = self._transport.send(method, path, token=token, query=query, body=body)
            if answer.status == 401:
                raise Retryable(
                    "GitHub does not accept the App's key; check APP_ID, PRIVATE_KEY and the clock."
                )
        self._note_limit(0, answer)
        return answer

    def _ask(self, method: str, path: str, *, query: Mapping[str, str] | None = None) -> Answer:
        """As the App, whatever the answer is."""
        return self._transport.send(method, path, token=self._identity.jwt(), query=query)

    def _look(self, installation_id: int, path: str, token: str) -> Answer:
        """A read with a token that is no repository's."""
        self._heed_limit(installation_id)
        answer = self._transport.send("GET", path, token=token)
        self._note_limit(installation_id, answer)
        return answer

    def _value(self, method: str, path: str) -> Data:
        answer = self._as_app(method, path)
        if not ok(answer):
            raise failure(answer, self._clock())
        return mapping(answer)

    def _access_token(self, installation_id: int, body: Mapping[str, Any]) -> Answer:
        path = f"/app/installations/{int(installation_id)}/access_tokens"
        answer = self._as_app("POST", path, body=body)
        if not ok(answer):
            what = f"getting a token of installation {installation_id}"
            raise failure(answer, self._clock(), what=what)
        return answer

    def _mint(self, installation_id: int, repository_id: int) -> Token:
        answer = self._access_token(installation_id, token_request(repository_id))
        token = token_of(mapping(answer))
        if token is None:
            raise unreadable(answer)
        return token

    def _repositories_of(self, installation_id: int) -> list[RepoRef]:
        try:
            answer = self._access_token(installation_id, {"permissions": {"metadata": "read"}})
        except Refused:
            # Suspended or removed since it was listed.
            return []
        minted = mapping(answer)
        if minted.get("repository_selection") == "selected" and "repositories" in minted:
            return self._refs(minted["repositories"], installation_id)
        token = self._text(minted, "token")
        found: list[RepoRef] = []
        for page in range(1, _PAGES):
            answer = self._transport.send(
                "GET",
                "/installation/repositories",
                token=token,
                query={"per_page": "100", "page": str(page)},
            )
            self._note_limit(installation_id, answer)
            if not ok(answer):
                raise failure(answer, self._clock(), what="listing an installation's repositories")
            found.extend(self._refs(mapping(answer).get("repositories"), installation_id))
            if 'rel="next"' not in answer.headers.get("link", ""):
                break
        return found

    @staticmethod
    def _refs(items: object, installation_id: int) -> list[RepoRef]:
        try:
            return [
                RepoRef(number_of(item, "id"), text_of(item, "full_name"), installation_id)
                for item in cast(list[Data], items)
                if not (item.get("archived") or item.get("disabled"))
            ]
        except (Malformed, TypeError, AttributeError) as error:
            raise Retryable("GitHub's list of repositories is not readable.") from error

    @staticmethod
    def _text(data: Data, key: str) -> str:
        try:
            return text_of(data, key)
        except Malformed as error:
            raise Retryable(f"GitHub's answer has no {key}.") from error

    # Rate limits: what GitHub has said is not asked again before its time.

    def _heed_limit(self, installation_id: int) -> None:
        until = self._limits.get(installation_id)
        if until is not None and self._clock() < until:
            raise Retryable("GitHub's rate limit is not over yet.", until)

    def _note_limit(self, installation_id: int, answer: Answer) -> None:
        until = rate_limited(answer, self._clock())
        if until is not None:
            self._limits[installation_id] = until
        # https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
        for name, header in _BUDGET if installation_id else ():
            given = answer.headers.get(header, "")
            if given.isascii() and given.isdigit() and len(given) < 10:
                TALLY.gauge(name, int(given), installation=str(installation_id))


def _installation(answer: Answer, item: Data) -> Installation:
    account = item.get("account")
    login = str(account.get("login", "")) if isinstance(account, Mapping) else ""
    try:
        return Installation(number_of(item, "id"), login, item.get("suspended_at") is not None)
    except Malformed as error:
        raise unreadable(answer) from error
