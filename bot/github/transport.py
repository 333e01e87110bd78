"""One HTTP request to GitHub, over PyGithub's requester, within a deadline and without repeats.

PyGithub by itself repeats a POST after a 502, sleeps through a rate limit, asks again without end
on a 202, loses the query on a 301 and fails on an odd rate limit header. Here it makes the request;
the answer, whatever its status, is carried past it and given back at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
import urllib3
from github import Github
from github.Auth import Auth
from github.Consts import API_VERSION_2022_11_28
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
)

from bot.errors import Retryable

DEADLINE_SECONDS = 5.0
LARGEST_ANSWER = 32 * 1024 * 1024
_PIECE = 64 * 1024

Observer = Callable[[str, str, int, float], None]
"""Told of every request: method, path, status (0 when there was no answer), seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub sent back: any status, header names in lower case, the undecoded text."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    headers: Mapping[str, str]
    text: str


class _Carried(Exception):
    """Carries an answer past PyGithub, which would act on some statuses and headers by itself."""

    def __init__(self, response: _Response) -> None:
        super().__init__(response.status)
        self.response = response


class _WithinDeadline:
    """Mixed into PyGithub's connections: the whole answer must be there before the deadline."""

    deadline = DEADLINE_SECONDS
    # Set by the connection classes of PyGithub.
    session: requests.Session
    protocol: str
    host: str
    port: int
    verb: str
    url: str
    input: Any
    headers: dict[str, str]
    verify: Any

    def getresponse(self) -> NoReturn:
        ends = time.monotonic() + self.deadline
        answer = self.session.request(
            self.verb,
            f"{self.protocol}://{self.host}:{self.port}{self.url}",
            headers=self.headers,
            data=self.input,
            timeout=self.deadline,
            verify=self.verify,
            allow_redirects=False,
            stream=True,
        )
        try:
            body = _read(answer.raw, ends)
        except BaseException:
            answer.close()
            raise
        raise _Carried(_Response(answer.status_code, answer.headers, body.decode("utf-8")))


class _Http(_WithinDeadline, HTTPRequestsConnectionClass):
    """A connection over http."""


class _Https(_WithinDeadline, HTTPSRequestsConnectionClass):
    """A connection over https."""


def _read(raw: Any, ends: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took longer than the deadline")
        connection = getattr(raw, "connection", None)
        if connection is not None and getattr(connection, "sock", None) is not None:
            connection.sock.settimeout(left)
        piece = raw.read1(_PIECE, decode_content=True)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise TimeoutError("the answer is larger than 32 MiB")


class _Bearer(Auth):
    """The token of the call under way; PyGithub masks it in its debug log."""

    def __init__(self) -> None:
        self.current = ""

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self.current


class _Client(threading.local):
    """One thread's own client: a shared one has lost and doubled writes without a word."""

    requester: Requester | None = None
    connection: _Http | _Https | None = None
    bearer: _Bearer


class Transport:
    """Sends requests to the API at ``base_url``; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        deadline: float = DEADLINE_SECONDS,
        observer: Observer | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._deadline = deadline
        self._observer = observer
        self._client = _Client()

    def send(
        self,
        method: str,
        path: str,
        *,
        token: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        """GitHub's answer, whatever its status. ``path`` is quoted by the caller.

        Raises Retryable when there was none: refused, reset, cut short, or past the deadline.
        After a write nothing is then known of its effect.
        """
        requester, connection, bearer = self._own_client()
        bearer.current = token
        began = time.monotonic()
        response: _Response | None = None
        try:
            requester.requestJson(
                method,
                path,
                parameters=dict(query or {}),
                headers={"Accept": "application/vnd.github+json"},
                input=body,
                cnx=connection,
            )
        except _Carried as carried:
            response = carried.response
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Retryable(f"GitHub gave no answer to {method} {path}: {_why(error)}.") from error
        except UnicodeDecodeError as error:
            raise Retryable(f"GitHub's answer to {method} {path} is not text.") from error
        finally:
            bearer.current = ""
            if self._observer:
                status = response.status if response else 0
                self._observer(method, path, status, time.monotonic() - began)
        if response is None:
            raise AssertionError("PyGithub gave back an answer that it never got")
        headers = {name.lower(): str(value) for name, value in response.headers.items()}
        return Answer(method, path, response.status, headers, response.text)

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        if self._client.connection is not None:
            self._client.connection.close()
        if self._client.requester is not None:
            self._client.requester.close()
        self._client.requester = self._client.connection = None

    def _own_client(self) -> tuple[Requester, _Http | _Https, _Bearer]:
        client = self._client
        if client.requester is None or client.connection is None:
            client.bearer = _Bearer()
            client.requester = Github(
                base_url=self._base_url,
                auth=client.bearer,
                user_agent="plansync",
                retry=None,
                lazy=True,
                seconds_between_requests=None,
                seconds_between_writes=None,
                api_version=API_VERSION_2022_11_28,
            ).requester
            client.connection = self._connect()
        return client.requester, client.connection, client.bearer

    def _connect(self) -> _Http | _Https:
        parts = urlsplit(self._base_url)
        kind = _Https if parts.scheme == "https" else _Http
        connection = kind(parts.hostname or "", parts.port, retry=None)
        connection.deadline = self._deadline
        return connection


def _why(error: Exception) -> str:
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return "it took too long"
    return type(error).__name__
