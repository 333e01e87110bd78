"""One HTTP request to GitHub, over PyGithub's requester, within a deadline and without repeats.

PyGithub by itself repeats a POST after a 502, sleeps through a rate limit, asks again without end
on a 202 and loses the query on a 301. Here an answer, whatever its status, is given back at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
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


class _Response:
    """An answer in the form in which PyGithub's requester wants it."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str) -> None:
        self.status = status
        self.headers = headers
        self._text = text

    def getheaders(self) -> Any:
        return self.headers.items()

    def read(self) -> str:
        return self._text


class _NotForPyGithub(Exception):
    """A status that PyGithub would act on by itself (202, 301); carried past it."""

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

    def getresponse(self) -> Any:
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
        response = _Response(answer.status_code, answer.headers, body.decode("utf-8"))
        if response.status == 202 or 300 <= response.status < 400:
            raise _NotForPyGithub(response)
        return response


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
        status = 0
        try:
            status, headers, text = requester.requestJson(
                method,
                path,
                parameters=dict(query or {}),
                headers={"Accept": "application/vnd.github+json"},
                input=body,
                cnx=connection,
            )
        except _NotForPyGithub as carried:
            response = carried.response
            status, headers, text = response.status, dict(response.headers), response.read()
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            self.close()
            raise Retryable(f"GitHub gave no answer to {method} {path}: {_why(error)}.") from error
        except UnicodeDecodeError as error:
            raise Retryable(f"GitHub's answer to {method} {path} is not text.") from error
        finally:
            bearer.current = ""
            if self._observer:
                self._observer(method, path, status, time.monotonic() - began)
        lower = {name.lower(): str(value) for name, value in headers.items()}
        return Answer(method, path, status, lower, text)

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
    if isinstance(error, (requests.Timeout, TimeoutError)):
        return "it took too long"
    return type(error).__name__
