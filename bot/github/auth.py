"""Who plansync is to GitHub: the App's JWT, and tokens for one repository of an installation.

A token reaches one repository only, with the manifest's permissions and no more, so that nothing
that plansync is talked into can touch another repository.
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.manifest import PERMISSIONS as PERMISSIONS

CLOCK_DRIFT = timedelta(seconds=60)
JWT_LIFE = timedelta(minutes=9)
JWT_REUSE = timedelta(minutes=4)
TOKEN_MARGIN = timedelta(minutes=5)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, as an aware UTC time."""
    return datetime.now(UTC)


class BadPrivateKey(ValueError):
    """The private key is not an RSA key in PEM form."""


@lru_cache(maxsize=4)
def load_private_key(pem: str) -> RSAPrivateKey:
    """The key in a PEM text, loaded once: that costs fifty times a signature.

    Raises BadPrivateKey for anything but an RSA key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadPrivateKey("The private key is not a PEM key.") from error
    if not isinstance(key, RSAPrivateKey):
        raise BadPrivateKey("The private key is not an RSA key.")
    return key


class AppIdentity:
    """Signs the App's JWTs.

    Raises BadPrivateKey for anything but an RSA key in PEM form.
    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """

    def __init__(self, app_id: int, private_key: str, clock: Clock = utc_now) -> None:
        self.app_id = app_id
        self._key = load_private_key(private_key)
        self._clock = clock
        self._lock = threading.Lock()
        self._made: tuple[datetime, str] | None = None

    def jwt(self, *, fresh: bool = False) -> str:
        """A JWT for ``GET /app`` and the like; reused for four minutes unless ``fresh``."""
        now = self._clock()
        with self._lock:
            if not fresh and self._made and now - self._made[0] < JWT_REUSE:
                return self._made[1]
            claims = {
                "iat": int((now - CLOCK_DRIFT).timestamp()),
                "exp": int((now + JWT_LIFE).timestamp()),
                "iss": str(self.app_id),
            }
            token = jwt.encode(claims, self._key, algorithm="RS256")
            self._made = (now, token)
            return token


@dataclass(frozen=True, slots=True)
class Token:
    """An installation token and the time after which it is of no use."""

    value: str
    expires_at: datetime


Mint = Callable[[int, int], Token]


class Tokens:
    """Tokens by installation and repository, kept until five minutes before they expire.

    ``mint`` makes one: it is given the installation's and the repository's id. Two threads that
    miss at once wait for one another, so that a token is asked for once.
    """

    def __init__(self, mint: Mint, clock: Clock = utc_now) -> None:
        self._mint = mint
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, int], Token] = {}
        self._locks: dict[tuple[int, int], threading.Lock] = {}

    def get(self, installation_id: int, repository_id: int, *, not_this: str = "") -> str:
        """A token; never the one given as ``not_this``, which GitHub has just refused."""
        key = (installation_id, repository_id)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            kept = self._kept.get(key)
            good = kept and kept.value != not_this and self._clock() < kept.expires_at
            if not (kept and good):
                kept = self._mint(installation_id, repository_id)
                self._kept[key] = kept
            return kept.value


def token_request(repository_id: int) -> dict[str, Any]:
    """The body that asks for a token of one repository with exactly our permissions.

    https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
    """
    return {"repository_ids": [repository_id], "permissions": dict(PERMISSIONS)}


def token_of(data: Mapping[str, Any]) -> Token | None:
    """The token in GitHub's answer, to be used until its margin; None when it is not one."""
    value, expires = data.get("token"), data.get("expires_at")
    if not (isinstance(value, str) and value and isinstance(expires, str)):
        return None
    try:
        until = datetime.fromisoformat(expires)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return Token(value, until - TOKEN_MARGIN)
