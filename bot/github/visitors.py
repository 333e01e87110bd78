"""What GitHub says to the people who look at the pages, asked with their own tokens.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from bot.errors import Retryable
from bot.github.snapshots import Person, RepoRef
from bot.github.visiting import SignInRefused
from bot.settings import Settings

SECONDS = 5.0
MOST_ASKED_ONE_BY_ONE = 300
_AT_ONCE = 8
_MOST_PAGES = 50


class GitHubVisitors:
    """Asks GitHub as the person who looks at a page; may be shared between threads.

    Every method raises Retryable while GitHub cannot answer, and those that use a token
    SignInRefused when GitHub does not take it (any more).
    """

    def __init__(self, settings: Settings) -> None:
        self._id = settings.github_client_id
        secret = settings.github_client_secret
        self._secret = secret.get_secret_value() if secret is not None else ""
        self._api = settings.github_api_url
        self._site = settings.github_server_url
        self._own = threading.local()

    def authorize_url(self, *, state: str, verifier: str, redirect_uri: str) -> str:
        """Where the browser goes to sign in: with a state, and PKCE's challenge of the verifier."""
        with self._oauth(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                f"{self._site}/login/oauth/authorize", state=state, code_verifier=verifier
            )
        return str(url)

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> str:
        """The person's token for the code that GitHub sent back."""
        try:
            with self._oauth(redirect_uri) as session:
                token = session.fetch_token(
                    f"{self._site}/login/oauth/access_token",
                    code=code,
                    code_verifier=verifier,
                    headers={"Accept": "application/json"},
                    timeout=SECONDS,
                )
        except OAuthError as error:
            raise SignInRefused(f"GitHub refused the sign-in ({error.error}).") from error
        except (requests.RequestException, ValueError) as error:
            raise Retryable("GitHub does not answer now.") from error
        found = token.get("access_token") if isinstance(token, dict) else None
        if not isinstance(found, str) or not found:
            raise SignInRefused("GitHub refused the sign-in.")
        return found

    def who(self, token: str) -> Person:
        """Whose token it is."""
        answer = self._get("/user", token)
        found = self._json(answer)
        login, number = found.get("login"), found.get("id")
        if answer.status_code != 200 or not isinstance(login, str) or not isinstance(number, int):
            raise SignInRefused("GitHub does not say who you are.")
        return Person(login, number)

    def memberships(self, token: str) -> frozenset[str]:
        """``org:ID`` and ``team:ID`` of the person, as far as the App may know them.

        https://docs.github.com/en/rest/teams/teams#list-teams-for-the-authenticated-user
        """
        organisations = {f"org:{one.get('id')}" for one in self._pages("/user/orgs", token)}
        return frozenset(
            organisations | {f"team:{t.get('id')}" for t in self._pages("/user/teams", token)}
        )

    def readable(self, token: str, repositories: Sequence[RepoRef]) -> frozenset[int]:
        """Which of these repositories the person may read.

        Those that the person was given are listed an installation at a time; of the others, which
        may be public, the first 300 are asked for one by one.
        https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-user-access-token
        """
        wanted = {repo.id for repo in repositories}
        found: set[int] = set()
        for installation in sorted({repo.installation_id for repo in repositories}):
            path = f"/user/installations/{installation}/repositories"
            found |= {int(one.get("id") or 0) for one in self._pages(path, token, "repositories")}
        left = sorted(wanted - found)[:MOST_ASKED_ONE_BY_ONE]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = list(pool.map(lambda number: self._may_read(number, token), left))
        found |= {number for number, may in zip(left, answers, strict=True) if may}
        return frozenset(found & wanted)

    def is_public(self, repository_id: int) -> bool:
        """Whether anybody may read the repository: asked as nobody in particular."""
        return self._may_read(repository_id, "")

    def _may_read(self, repository_id: int, token: str) -> bool:
        """GitHub answers 404 to those who may not know that there is a repository.

        https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#404-not-found-for-an-existing-resource
        """
        answer = self._get(f"/repositories/{repository_id}", token)
        return answer.status_code == 200 and self._json(answer).get("id") == repository_id

    def _pages(self, path: str, token: str, key: str = "") -> Iterator[dict[str, Any]]:
        """What a list holds; nothing where GitHub does not know the list or refuses it."""
        for number in range(1, _MOST_PAGES + 1):
            answer = self._get(f"{path}?per_page=100&page={number}", token)
            if answer.status_code != 200:
                return
            found = self._json(answer).get(key) if key else answer.json()
            rows = (
                [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            )
            yield from rows
            if len(rows) < 100:
                return

    def _get(self, path: str, token: str) -> requests.Response:
        headers = {"Accept": "application/vnd.github+json"}
        try:
            answer = self._session().get(
                f"{self._api}{path}", headers=headers, timeout=SECONDS, auth=_bearer(token)
            )
        except requests.RequestException as error:
            raise Retryable("GitHub does not answer now.") from error
        limited = (
            answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
        )
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Retryable("GitHub cannot answer now.")
        if answer.status_code == 403 and limited:
            raise Retryable("GitHub answers no more questions for now.")
        if answer.status_code == 401 and token:
            raise SignInRefused("GitHub does not know your sign-in any more.")
        return answer

    def _json(self, answer: requests.Response) -> dict[str, Any]:
        try:
            found = answer.json()
        except ValueError as error:
            raise Retryable("GitHub answered something that cannot be read.") from error
        return found if isinstance(found, dict) else {}

    def _session(self) -> requests.Session:
        """One a thread: connections are kept, and threads never share one."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
        return session

    def _oauth(self, redirect_uri: str) -> Any:
        return OAuth2Session(
            self._id,
            self._secret,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_post",  # noqa: S106
        )


def _bearer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Authentication in requests' own way: a header alone would yield to a ``.netrc``."""

    def sign(asked: requests.PreparedRequest) -> requests.PreparedRequest:
        if token:
            asked.headers["Authorization"] = f"Bearer {token}"
        return asked

    return sign
