"""Who is in a team: needs the organisation permission *Members: read*, which an App may lack.

https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.errors import Retryable
from bot.github.answers import failure, is_gone, mapping, ok
from bot.github.auth import Token, Tokens, token_of
from bot.github.channel import name_part
from bot.github.ports import Refused
from bot.github.roles import Roles
from bot.github.transport import Answer
from bot.manifest import OPTIONAL_PERMISSIONS

_WORDS = {"member": True, "other": False, "unseen": None}


class Teams:
    """Memberships, asked at most once in five minutes; safe to use from several threads.

    ``mint`` asks for an installation token with these permissions, ``ask`` sends a GET with it.
    """

    def __init__(
        self,
        mint: Callable[[int, Mapping[str, Any]], Answer],
        ask: Callable[[int, str, str], Answer],
        clock: Callable[[], datetime],
    ) -> None:
        self._mint = mint
        self._ask = ask
        self._clock = clock
        self._tokens = Tokens(self._token, clock)
        self._known = Roles(clock)

    def has(self, installation_id: int, team: str, login: str) -> bool | None:
        """Whether somebody is in ``org/team``; None where the App may not see that.

        A membership that is still to be accepted is none. Raises Retryable and Refused.
        """
        key = f"{team}:{login}"
        return _WORDS[
            self._known.of(installation_id, key, lambda: self._look(installation_id, team, login))
        ]

    def _look(self, installation_id: int, team: str, login: str) -> str:
        org, _, slug = team.partition("/")
        path = f"/orgs/{name_part(org)}/teams/{name_part(slug)}/memberships/{name_part(login)}"
        try:
            token = self._tokens.get(installation_id, 0)
        except Refused as refused:
            if refused.status in (403, 404, 422):
                return "unseen"
            raise
        answer = self._ask(installation_id, path, token)
        if is_gone(answer):
            return "other"
        if answer.status == 403:
            problem = failure(answer, self._clock(), what=f"looking into {team}")
            if isinstance(problem, Retryable):
                raise problem
            return "unseen"
        if not ok(answer):
            raise failure(answer, self._clock(), what=f"looking into {team}")
        return "member" if mapping(answer).get("state") == "active" else "other"

    def _token(self, installation_id: int, repository_id: int) -> Token:
        answer = self._mint(installation_id, {"permissions": dict(OPTIONAL_PERMISSIONS)})
        token = token_of(mapping(answer))
        if token is None:
            raise Retryable("GitHub gave no token.")
        return token
