"""What GitHub lets a person read is what they see: asked with their token, remembered 5 minutes."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from bot.errors import Retryable
from bot.github.snapshots import RepoRef
from bot.github.visiting import SignInRefused
from bot.github.visitors import MOST_ASKED_ONE_BY_ONE, GitHubVisitors
from bot.settings import load_settings
from bot.store import Store
from tests.web.github_stub import Account, GitHubStub
from tests.web.visits import LAB, ORIGIN, SHOP, Visits, keep_story
from webhooks.access import (
    PUBLIC_SECONDS,
    REMEMBERED_SECONDS,
    UNANSWERED_SECONDS,
    Access,
    Visitor,
)


@pytest.fixture
def asking(web_environ: dict[str, str]) -> GitHubVisitors:
    return GitHubVisitors(load_settings(web_environ))


def visitor(github: GitHubStub, login: str, key: str = "k") -> Visitor:
    token = f"ghu_{login}"
    github.tokens[token] = login
    return Visitor(login, github.accounts[login].id, key, "secret", token)


def test_a_list_holds_what_the_person_may_read(visits: Visits, store: Store, now: datetime) -> None:
    keep_story(store, now)
    keep_story(store, now, LAB, "docs/user-stories/hidden.md")
    rita = visits.sign_in("rita")
    listed = rita.get("/api/plans").get_json()
    assert [plan["repository"] for plan in listed["plans"]] == ["acme/shop"]
    text = rita.get("/plans?q=hidden").text + rita.get("/plans?repository=acme/lab").text
    assert "hidden.md" not in text
    assert "acme/lab<" not in text
    assert rita.get("/plans/acme/lab/docs/user-stories/hidden.md").status_code == 404
    nothing = visits.sign_in("sam").get("/plans").text
    assert "No plan for you yet" in nothing
    visits.github.public.add(LAB.id)
    assert "hidden.md" in visits.sign_in("sam").get("/plans").text


def test_what_is_not_there_and_what_is_not_for_you_look_the_same(
    visits: Visits, store: Store, now: datetime
) -> None:
    keep_story(store, now, LAB)
    sam = visits.sign_in("sam")
    hidden = sam.get("/plans/acme/lab/docs/user-stories/search.md")
    missing = sam.get("/plans/acme/lab/docs/user-stories/nothing.md")
    nowhere = sam.get("/plans/acme/none/docs/user-stories/search.md")
    assert hidden.status_code == missing.status_code == nowhere.status_code == 404
    assert hidden.text == missing.text == nowhere.text


def test_github_is_asked_once_in_five_minutes_and_for_new_repositories(
    asking: GitHubVisitors, github: GitHubStub
) -> None:
    clock = [0.0]
    access = Access(asking, "", seconds=lambda: clock[0])
    rita = visitor(github, "rita")
    assert access.view(rita, [SHOP]).readable == {SHOP.id}
    asked = len(github.asked)
    github.accounts["rita"].repositories.clear()
    clock[0] = REMEMBERED_SECONDS - 1
    assert access.view(rita, [SHOP]).readable == {SHOP.id}
    assert len(github.asked) == asked
    clock[0] = REMEMBERED_SECONDS + 1
    assert access.view(rita, [SHOP]).readable == frozenset()
    github.accounts["rita"].repositories.add(LAB.id)
    assert access.view(rita, [SHOP, LAB]).readable == {LAB.id}


def test_two_sessions_never_share_an_answer(asking: GitHubVisitors, github: GitHubStub) -> None:
    access = Access(asking, "")
    assert access.view(visitor(github, "rita", "a"), [SHOP]).readable == {SHOP.id}
    assert access.view(visitor(github, "sam", "b"), [SHOP]).readable == frozenset()


@pytest.mark.parametrize(
    ("operators", "account", "expected"),
    [
        ("", Account(7), False),
        ("olga", Account(7), True),
        ("@olga", Account(7), True),
        ("user:7", Account(7), True),
        ("user:8", Account(7), False),
        ("org:7", Account(7), False),
        ("org:70", Account(7, organisations={70}), True),
        ("team:70", Account(7, organisations={70}), False),
        ("rita,team:71", Account(7, teams={71}), True),
    ],
)
def test_operators_are_those_on_the_list(
    asking: GitHubVisitors, github: GitHubStub, operators: str, account: Account, expected: bool
) -> None:
    github.accounts["olga"] = account
    view = Access(asking, operators).view(visitor(github, "olga"), [])
    assert view.operator is expected


def test_more_repositories_than_a_page_holds_are_all_found(
    asking: GitHubVisitors, github: GitHubStub
) -> None:
    many = [RepoRef(number, f"acme/r{number}", 5) for number in range(1000, 1250)]
    github.accounts["rita"] = Account(1, {repo.id for repo in many})
    github.installations[5] = {repo.id for repo in many}
    token = visitor(github, "rita").token
    assert asking.readable(token, many) == {repo.id for repo in many}
    assert len(github.asked) == 3


def test_no_more_than_some_are_asked_for_one_by_one(
    asking: GitHubVisitors, github: GitHubStub
) -> None:
    many = [RepoRef(number, f"acme/r{number}", 5) for number in range(1, 2 * MOST_ASKED_ONE_BY_ONE)]
    github.public = {repo.id for repo in many}
    found = asking.readable(visitor(github, "sam").token, many)
    assert len(found) == MOST_ASKED_ONE_BY_ONE


def test_while_github_is_away_nothing_is_shown(visits: Visits, store: Store, now: datetime) -> None:
    keep_story(store, now)
    rita = visits.sign_in("rita")
    visits.github.down = True
    for path in ("/plans", "/api/plans", "/plans/acme/shop/docs/user-stories/search.md"):
        answer = rita.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Search" not in answer.text
    visits.github.down = False
    assert rita.get("/plans").status_code == 200


def test_who_takes_the_token_back_is_signed_out(
    visits: Visits, store: Store, now: datetime
) -> None:
    keep_story(store, now)
    rita = visits.sign_in("rita")
    visits.github.tokens.clear()
    answer = rita.get("/plans")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2Fplans")
    assert rita.get_cookie("plansync-session") is None
    assert visits.sign_in("rita").get("/api/plans").status_code == 200


def test_a_stopped_github_is_a_passing_fault_and_names_no_address(
    web_environ: dict[str, str],
) -> None:
    settings = load_settings(web_environ | {"GITHUB_API_URL": "http://127.0.0.1:1"})
    with pytest.raises(Retryable) as caught:
        GitHubVisitors(settings).who("token")
    assert "127.0.0.1" not in str(caught.value)


def test_an_unknown_token_is_refused(asking: GitHubVisitors) -> None:
    with pytest.raises(SignInRefused):
        asking.who("ghu_unknown")


def test_whether_a_repository_is_public_is_remembered_for_an_hour(
    asking: GitHubVisitors, github: GitHubStub
) -> None:
    clock = [0.0]
    access = Access(asking, "", seconds=lambda: clock[0])
    github.public = {SHOP.id}
    assert access.is_public(SHOP.id)
    assert not access.is_public(LAB.id)
    github.public = {LAB.id}
    assert (access.is_public(SHOP.id), access.is_public(LAB.id)) == (True, False)
    clock[0] = PUBLIC_SECONDS + 1
    assert (access.is_public(SHOP.id), access.is_public(LAB.id)) == (False, True)


def test_a_program_shows_a_github_token_of_its_own(
    visits: Visits, store: Store, now: datetime
) -> None:
    keep_story(store, now)
    keep_story(store, now, LAB)
    visits.github.tokens |= {"ghp_rita": "rita", "ghp_sam": "sam"}
    client = visits.client()

    def total(authorization: str, path: str = "/api/plans") -> int:
        answer = client.get(path, headers={"Authorization": authorization})
        return answer.get_json()["total"] if answer.status_code == 200 else answer.status_code

    assert total("Bearer ghp_rita") == 1
    assert total("bearer ghp_sam") == 0
    assert total("Bearer ghp_nobody") == 401
    assert total("Basic ghp_rita") == 401
    assert total("Bearer ") == 401
    # A token opens the API and nothing else, and changes nothing.
    page = client.get("/plans", headers={"Authorization": "Bearer ghp_rita"})
    assert page.status_code == 303
    out = client.post("/sign-out", headers={"Authorization": "Bearer ghp_rita", "Origin": ORIGIN})
    assert out.status_code == 401
    assert client.get_cookie("plansync-session") is None
    asked = len(visits.github.asked)
    assert total("Bearer ghp_rita") == 1
    assert len(visits.github.asked) == asked
    visits.github.down = True
    assert total("Bearer ghp_rita2") == 503


class Slow(GitHubVisitors):
    """A GitHub that answers when it is let to."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(load_settings(environ))
        self.asked = threading.Semaphore(0)
        self.let = threading.Event()

    def is_public(self, repository_id: int) -> bool:
        self.asked.release()
        assert self.let.wait(10)
        return True


def test_a_slow_github_never_takes_all_threads(web_environ: dict[str, str]) -> None:
    """They are those of the receiver too."""
    slow = Slow(web_environ)
    access = Access(slow, "", seconds=lambda: 0.0)
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda number=number: found.append(access.is_public(number)))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
        assert slow.asked.acquire(timeout=10)
    assert access.is_public(99) is False
    assert not slow.asked.acquire(blocking=False)
    slow.let.set()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
    assert access.is_public(99) is False, "asked anew within the minute"


def test_what_github_did_not_answer_is_asked_again_after_a_minute(
    asking: GitHubVisitors, github: GitHubStub
) -> None:
    clock = [0.0]
    access = Access(asking, "", seconds=lambda: clock[0])
    github.public, github.down = {SHOP.id}, True
    assert not access.is_public(SHOP.id)
    github.down = False
    assert not access.is_public(SHOP.id)
    clock[0] = UNANSWERED_SECONDS + 1
    assert access.is_public(SHOP.id)
