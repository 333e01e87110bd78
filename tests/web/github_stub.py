"""The little of GitHub that signing in needs, over real HTTP on a port of this machine.

The one stateful fake speaks to the gateway; here the bytes matter that Authlib sends. What it
refuses GitHub refuses: a code twice, a wrong secret, a verifier that does not fit the challenge.
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

CLIENT_ID, CLIENT_SECRET = "Iv1.0123456789abcdef", "the client secret of the tests"


@dataclass(slots=True)
class Account:
    """Somebody: what they were given, and what they belong to."""

    id: int
    repositories: set[int] = field(default_factory=set)
    organisations: set[int] = field(default_factory=set)
    teams: set[int] = field(default_factory=set)


@dataclass(slots=True)
class GitHubStub:
    """What there is; ``down`` answers everything with 503, ``asked`` are the paths so far."""

    accounts: dict[str, Account]
    public: set[int] = field(default_factory=set)
    installations: dict[int, set[int]] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    url: str = ""

    def authorise(self, address: str, login: str) -> str:
        """What a person's click on GitHub's page leads to: the address to go back to."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert len(query["state"]) >= 32
        code = secrets.token_hex(10)
        self.codes[code] = (login, query["code_challenge"])
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        login, challenge = self.codes.pop(form.get("code", ""), ("", ""))
        made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = base64.urlsafe_b64encode(made).decode().rstrip("=") == challenge
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return {"error": "incorrect_client_credentials"}
        if not login or not fits:
            return {"error": "bad_verification_code"}
        token = f"ghu_{secrets.token_hex(18)}"
        self.tokens[token] = login
        return {"access_token": token, "token_type": "bearer", "scope": ""}

    def answer(self, path: str, query: dict[str, list[str]], token: str) -> tuple[int, Any]:
        """Status and JSON for a GET as the owner of a token ("" is nobody)."""
        if self.down:
            return 503, {}
        login = self.tokens.get(token, "")
        if token and not login:
            return 401, {"message": "Bad credentials"}
        account = self.accounts.get(login, Account(0))
        match path.strip("/").split("/"):
            case ["user"] if login:
                return 200, {"login": login, "id": account.id}
            case ["user", "orgs"]:
                return 200, [{"id": number} for number in sorted(account.organisations)]
            case ["user", "teams"]:
                return 200, [{"id": number} for number in sorted(account.teams)]
            case ["user", "installations", number, "repositories"]:
                mine = sorted(account.repositories & self.installations.get(int(number), set()))
                start = 100 * (int(query["page"][0]) - 1)
                rows = [{"id": one} for one in mine[start : start + 100]]
                return 200, {"total_count": len(mine), "repositories": rows}
            case ["repositories", number]:
                if int(number) in self.public | account.repositories:
                    return 200, {"id": int(number)}
                return 404, {"message": "Not Found"}
        return 404, {"message": "Not Found"}


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.server.stub.asked.append(parts.path)
        self._send(*self.server.stub.answer(parts.path, parse_qs(parts.query), token))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.stub.down or self.path != "/login/oauth/access_token":
            self._send(503, {})
            return
        self._send(200, self.server.stub.exchange(dict(parse_qsl(body))))

    def _send(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stub: GitHubStub


def start(stub: GitHubStub) -> _Server:
    """Serve on a port that the system chose, until ``shutdown`` and ``server_close``."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.stub = stub
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
