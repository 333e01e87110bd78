"""Setting up by clicking: the token, the form, the way to GitHub and back, over real HTTP."""

from __future__ import annotations

import html
import http.client
import json
import re
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bot.errors import Retryable, UserProblem
from bot.github.conversion import convert
from bot.manifest import EVENTS, PERMISSIONS
from bot.registering import Wanted, WrongAnswer, check_url, manifest_json, new_app_url
from bot.settings import Settings, load_settings, load_setup_settings
from bot.settings_file import read_settings_file
from bot.store import Store
from tests.web.first_start import PATIENCE, GitHubStub, Started, bare_environ
from webhooks.app import create_app
from webhooks.setup import Setup, create_setup_app


@pytest.fixture
def github(private_key: str) -> Iterator[GitHubStub]:
    made = GitHubStub(private_key)
    yield made
    made.close()


class Browser:
    """A browser that keeps cookies and sends forms as the pages have them; no redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE)
        headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())}
        if body is not None:
            headers |= {
                "Origin": self.address,
                "Content-Type": "application/x-www-form-urlencoded",
            }
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer.status, text, answer.headers

    def get(self, path: str) -> tuple[int, str]:
        return self.ask("GET", path)[:2]

    def send(self, page: str, **changed: str) -> tuple[int, str, Any]:
        """Send the page's form with some fields filled in."""
        fields = inputs(page) | changed
        return self.ask("POST", "/setup", urlencode(fields))


def inputs(page: str) -> dict[str, str]:
    """The fields of a page's form; of radio buttons the one that is chosen."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", page):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if given.get("type") != "radio" or " checked" in tag:
            found[given["name"]] = html.unescape(given.get("value", ""))
    return found


def reachable_setup(
    github: GitHubStub, store: Store, tmp_path: Path, **changed: str
) -> tuple[Setup, Any]:
    environ = {"PLANSYNC_DATA_DIR": str(tmp_path / "data"), "GITHUB_SERVER_URL": github.url}
    settings = load_setup_settings(environ | {"GITHUB_API_URL": github.url} | changed)
    file = tmp_path / "data" / "plansync.env"
    setup = Setup(settings, file, lambda code: convert(github.url, code))
    return setup, create_setup_app(setup, store).test_client()


ORIGIN = {"Origin": "http://localhost"}


def begin(setup: Setup, client: Any, **changed: str) -> Any:
    page = client.get(setup.path).text
    return client.post("/setup", data=inputs(page) | changed, headers=ORIGIN)


# The whole of it, in real processes


@pytest.fixture
def bare(tmp_path: Path, github: GitHubStub) -> dict[str, str]:
    """The environment of a first start."""
    return bare_environ(tmp_path, github)


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["serve", "setup"])
def test_a_first_start_makes_the_app_and_goes_on(
    bare: dict[str, str], github: GitHubStub, command: str, private_key: str
) -> None:
    if command == "setup":
        bare |= {"PORT": ""}
    child = Started(bare, command)
    try:
        link = child.until(r"^  (http://127\.0\.0\.1:\d+)(/setup\?token=\S+)$")
        browser = Browser(link[1])
        assert browser.get("/healthz") == (200, "ok\n")
        assert browser.get("/readyz")[0] == 503
        assert browser.get("/setup")[0] == 403
        status, page = browser.get(link[2])
        assert (status, github.url.removeprefix("http://") in page) == (200, True)

        status, page, headers = browser.send(
            page, name="Plans of Acme", url="https://plans.test/", owner="organisation",
            organisation="acme",
        )  # fmt: skip
        assert status == 200
        assert f"form-action 'self' {github.url};" in headers["Content-Security-Policy"]
        there = html.unescape(re.findall(r'action="([^"]*)"', page)[-1])
        assert there.startswith(f"{github.url}/organizations/acme/settings/apps/new?state=")
        state = parse_qs(urlsplit(there).query)["state"][0]
        manifest = json.loads(inputs(page)["manifest"])
        assert manifest["redirect_url"] == f"{link[1]}/setup/created"
        assert manifest["hook_attributes"]["url"] == "https://plans.test/webhooks/github"

        assert browser.get("/setup/created?code=a-good-code&state=wrong")[0] == 403
        assert Browser(link[1]).get(f"/setup/created?code=a-good-code&state={state}")[0] == 403
        assert github.asked == []
        status, page = browser.get(f"/setup/created?code=a-good-code&state={state}")
        assert status == 200
        assert "https://github.test/apps/plans-of-acme/installations/new" in page
        assert "canary" not in page
        assert github.asked == ["/app-manifests/a-good-code/conversions"]

        file = Path(bare["PLANSYNC_DATA_DIR"]) / "plansync.env"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        settings = load_settings(bare)
        assert (settings.app_id, settings.github_client_id) == (4242, "Iv1.abcdef")
        assert settings.webhook_secret.get_secret_value() == "canary webhook secret"
        assert settings.private_key.get_secret_value() == private_key
        assert (settings.operators, settings.public_url) == ("user:77", "https://plans.test")
        assert settings.github_api_url == github.url

        if command == "setup":
            child.until(r"Start it: plansync serve")
            assert child.ended() == 0
        else:
            served = child.until(r"^plansync serves (http://[\d.:]+)")
            assert served[1] == link[1]
            deadline = time.monotonic() + PATIENCE
            while Browser(link[1]).get("/readyz")[0] != 200 and time.monotonic() < deadline:
                threading.Event().wait(0.1)
            assert Browser(link[1]).get("/readyz")[0] == 200
            assert Browser(link[1]).get(link[2])[0] != 200
            assert child.stop() == 0
        assert "canary" not in child.text()
        again = Started(bare, "setup")
        assert again.ended() == 2
        assert "has an App already" in again.text()
    finally:
        child.stop()


@pytest.mark.thorough
def test_stopping_before_anything_was_made_leaves_nothing(bare: dict[str, str]) -> None:
    child = Started(bare, "serve")
    try:
        child.until(r"/setup\?token=")
        assert child.stop() == 0
    finally:
        child.stop()
    assert not (Path(bare["PLANSYNC_DATA_DIR"]) / "plansync.env").exists()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "given"),
    [(["serve", "--no-setup"], {}), (["web"], {}), (["worker"], {}), (["serve"], {"APP_ID": "1"})],
    ids=["serve --no-setup", "web", "worker", "serve, set in part"],
)
def test_otherwise_what_is_missing_is_said(
    bare: dict[str, str], command: list[str], given: dict[str, str]
) -> None:
    child = Started(bare | given, *command)
    assert child.ended() == 2
    out = child.text()
    assert "WEBHOOK_SECRET is missing" in out
    assert ("APP_ID is missing" in out) == (not given)
    assert "Traceback" not in out
    assert "print a link to a page that does it" in out


@pytest.mark.parametrize(("form", "times"), [("console", 1), ("json", 1)])
def test_the_link_is_printed_once(bare: dict[str, str], form: str, times: int) -> None:
    child = Started(bare | {"LOG_FORMAT": form}, "serve")
    try:
        child.until(r"/setup\?token=")
    finally:
        child.stop()
    assert child.text().count("/setup?token=") == times


STATED = {
    "setup.front": 303,
    "setup.healthz": 200,
    "setup.readyz": 503,
    "setup.ask": 403,
    "setup.go": 403,
    "setup.created": 403,
    "look.style": 200,
    "look.icon": 200,
}
"""What each route of the set-up application answers to who has no link, by a GET or a POST."""


def test_every_route_answers_what_is_stated_to_who_has_no_link(
    github: GitHubStub, store: Store, tmp_path: Path
) -> None:
    setup, _ = reachable_setup(github, store, tmp_path)
    app = create_setup_app(setup, store)
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<mark>", "0")
        assert rule.endpoint in STATED, f"{rule.rule} has no row in STATED"
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        for headers in (
            {},
            ORIGIN,
            {"Origin": "https://evil.test"},
            {"Cookie": "plansync-setup=x"},
        ):
            got = app.test_client().open(path, method=method, headers=headers)
            assert got.status_code == STATED[rule.endpoint], (rule.rule, headers)
    token = setup.path.partition("=")[2]
    assert setup.may_begin(token), "nobody has begun"
    client = app.test_client()
    form = inputs(client.get(setup.path).text)
    for wrong in ({"form_token": "x"}, {"form_token": form["form_token"], "token": "x"}):
        assert client.post("/setup", data=form | wrong, headers=ORIGIN).status_code == 403
    assert client.post("/setup", data=form, headers={"Origin": "null"}).status_code == 403
    assert setup.may_begin(token)


def test_until_then_every_address_leads_to_the_page(
    github: GitHubStub, store: Store, tmp_path: Path
) -> None:
    _, client = reachable_setup(github, store, tmp_path)
    for path in ("/", "/plans", "/plans/a/b/c.md", "/operator", "/sign-in", "/nowhere"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/setup"), path
    for path in ("/api/plans", "/metrics", "/badge/a/b.svg"):
        assert client.get(path).status_code == 503, path
    assert client.post("/webhooks/github", headers=ORIGIN).status_code in (401, 403, 503)


def test_setting_up_over_plain_http_from_elsewhere_says_what_to_do(
    github: GitHubStub, store: Store, tmp_path: Path
) -> None:
    setup, client = reachable_setup(github, store, tmp_path)
    address = "http://192.168.7.5:3000"
    browser = {"User-Agent": "Mozilla/5.0"}
    page = client.get(setup.path, base_url=address, headers=browser).text
    assert "ssh -L 3000:127.0.0.1:3000 HOST" in page
    answer = client.post("/setup", base_url=address, headers={"Origin": address})
    assert (answer.status_code, "over plain http" in answer.text) == (403, True)
    assert setup.may_begin(setup.path.partition("=")[2]), "nothing was begun"


def test_an_application_that_is_set_up_has_no_such_page(settings: Settings, store: Store) -> None:
    client = create_app(settings, store).test_client()
    for path in ("/setup", "/setup/created?code=a-good-code"):
        assert client.get(path).status_code == 404
        assert client.post(path, headers=ORIGIN).status_code in (401, 403, 404, 405)


# Who may


def test_the_token_works_in_one_browser(github: GitHubStub, store: Store, tmp_path: Path) -> None:
    setup, client = reachable_setup(github, store, tmp_path)
    other = create_setup_app(setup, store).test_client()
    assert client.get("/setup").status_code == 403
    assert client.get(setup.path[:-1]).status_code == 403
    theirs = other.get(setup.path).text
    assert begin(setup, client, url="https://plans.test").status_code == 200
    late = other.get(setup.path)
    assert (late.status_code, "used already, in another browser" in late.text) == (403, True)
    unknown = other.get("/setup?token=x")
    assert (unknown.status_code, "Open the link that plansync printed" in unknown.text) == (
        403,
        True,
    )
    refused = other.post("/setup", data=inputs(theirs), headers=ORIGIN)
    assert (refused.status_code, "used already" in refused.text) == (403, True)
    assert client.get("/setup").status_code == 200


@pytest.mark.parametrize("origin", [None, "https://evil.test", "null"])
def test_a_form_of_another_site_is_refused(
    github: GitHubStub, store: Store, tmp_path: Path, origin: str | None
) -> None:
    setup, client = reachable_setup(github, store, tmp_path)
    fields = inputs(client.get(setup.path).text)
    headers = {} if origin is None else {"Origin": origin}
    assert client.post("/setup", data=fields, headers=headers).status_code == 403
    assert (
        client.post("/setup", data=fields | {"form_token": "x"}, headers=ORIGIN).status_code == 403
    )
    assert setup.may_begin(setup.path.partition("=")[2])


@pytest.mark.parametrize(
    ("kind", "operators", "told"),
    [("User", "", False), ("Organization", "alice", False), ("Organization", "", True)],
)
def test_an_app_that_nobody_operates_is_told(
    github: GitHubStub, store: Store, tmp_path: Path, kind: str, operators: str, told: bool
) -> None:
    github.answer["owner"] = {"login": "acme", "id": 77, "type": kind}
    setup, client = reachable_setup(github, store, tmp_path)
    page = begin(setup, client, url="https://plans.test", operators=operators).text
    state = re.findall(r"settings/apps/new\?state=([\w-]+)", page)[0]
    done = client.get(f"/setup/created?code=a-good-code&state={state}")
    assert done.status_code == 200
    assert ("name them in <code>OPERATORS</code>" in done.text) is told


def test_a_wrong_code_can_be_tried_again(github: GitHubStub, store: Store, tmp_path: Path) -> None:
    setup, client = reachable_setup(github, store, tmp_path)
    page = begin(setup, client, url="https://plans.test").text
    state = re.findall(r"state=([\w-]+)", page)[0]
    wrong = client.get(f"/setup/created?code=wrong&state={state}")
    assert (wrong.status_code, "begin again" in wrong.text) == (400, True)
    assert not setup.done.is_set()
    assert not setup.file.exists()
    github.status = 503
    github.good.add("later")
    assert client.get(f"/setup/created?code=later&state={state}").status_code == 503
    github.status = 201
    good = client.get(f"/setup/created?code=a-good-code&state={state}")
    assert good.status_code == 200
    good.close()
    assert setup.done.is_set()
    assert read_settings_file(setup.file)["APP_ID"] == "4242"


def test_a_place_that_cannot_be_written_is_said_before_anything_is_made(
    github: GitHubStub, store: Store, tmp_path: Path
) -> None:
    setup, client = reachable_setup(github, store, tmp_path)
    (tmp_path / "taken").write_text("")
    setup.file = tmp_path / "taken" / "plansync.env"
    answer = begin(setup, client, url="https://plans.test")
    assert (answer.status_code, "cannot be written" in answer.text) == (400, True)
    assert "state=" not in answer.text


HOSTILE = '"><script>alert(1)</script>'


@pytest.mark.parametrize("field", ["name", "url", "organisation", "operators"])
def test_what_somebody_types_stays_text(
    github: GitHubStub, store: Store, tmp_path: Path, field: str
) -> None:
    setup, client = reachable_setup(github, store, tmp_path)
    fields = {"name": "plans", "url": "https://plans.test", "owner": "organisation",
              "organisation": "acme"}  # fmt: skip
    answer = begin(setup, client, **(fields | {field: HOSTILE}))
    assert answer.status_code in (200, 400)
    assert "<script>" not in answer.text


# The parts


@pytest.mark.parametrize("operators", ["alice bob", "acme/team", "alice, bob!"])
def test_operators_that_no_start_would_take_are_refused_at_once(operators: str) -> None:
    with pytest.raises(WrongAnswer, match="Separate logins by commas"):
        Wanted("p", "https://plans.test", operators=operators).check()


def test_the_manifest_says_what_the_app_needs() -> None:
    found = json.loads(manifest_json(Wanted("p", "https://plans.test"), "http://127.0.0.1:1/x"))
    assert found["default_permissions"] == PERMISSIONS
    assert found["default_events"] == list(EVENTS)
    assert found["public"] is False
    assert found["callback_urls"] == ["https://plans.test/sign-in/callback"]
    assert found["hook_attributes"] == {
        "url": "https://plans.test/webhooks/github",
        "active": True,
    }
    local = json.loads(manifest_json(Wanted("p", "http://localhost:3000"), "x"))
    assert local["hook_attributes"]["active"] is False
    assert "localhost" not in local["hook_attributes"]["url"]


def test_where_the_manifest_goes() -> None:
    assert new_app_url("https://ghe.test", "", "a/b") == (
        "https://ghe.test/settings/apps/new?state=a%2Fb"
    )
    assert "/organizations/acme/settings/" in new_app_url("https://ghe.test", "acme", "s")


@pytest.mark.parametrize(
    "url",
    ["", "plans.test", "ftp://plans.test", "https://", "https://plans.test/x", "https://a b.test",
     "https://u:p@plans.test", "https://plans.test?x", "http://plans.test", "https://x:99999",
     "https://a'b.test", "javascript:alert(1)"],
)  # fmt: skip
def test_an_address_that_cannot_be(url: str) -> None:
    with pytest.raises(WrongAnswer):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://plans.test", "https://plans.test:8443/", "http://[::1]:1"]
)
def test_an_address_that_can_be(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "changed",
    [{"pem": "no key"}, {"id": None}, {"client_secret": ""}, {"webhook_secret": "a\nb"},
     {"html_url": "javascript:alert(1)"}],
)  # fmt: skip
def test_an_answer_that_is_no_app(github: GitHubStub, changed: dict[str, object]) -> None:
    github.answer |= changed
    with pytest.raises(UserProblem, match="not an App"):
        convert(github.url, "a-good-code")


def test_no_answer_is_a_passing_fault(github: GitHubStub) -> None:
    with pytest.raises(UserProblem, match="malformed"):
        convert(github.url, "../../user")
    assert github.asked == []
    with pytest.raises(Retryable):
        convert("http://127.0.0.1:9", "a-good-code")
