"""``plansync doctor``: what a first install gets wrong around plansync, each told with its fix."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from pydantic import SecretStr

from bot.cli import plansync
from bot.cli.doctor import Practice
from bot.doctor import Check
from bot.doctor_place import (
    LEAST_FREE,
    check_address,
    check_clock,
    check_disk,
    check_hook,
    check_reach,
    check_secrets,
    file_system,
)
from bot.github.app import HookConfig
from bot.github.ports import Refused
from bot.github.snapshots import RepoRef
from bot.settings import Settings, forgetful_disk, load_settings
from bot.store import Store
from tests.fake_github import FakeGitHub, FakeRepository

HOOK = "https://plans.example.org/webhooks/github"
PAGE = "https://github.com/settings/apps"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@dataclass
class Install:
    """A first install on the fake GitHub, well in every way until a test spoils it."""

    settings: Settings
    github: FakeGitHub
    repo: FakeRepository
    fetch: Callable[[str], str] = lambda url: "ok\n"
    changed: dict[str, Any] = field(default_factory=dict)

    def checks(self) -> dict[str, dict[str, Any]]:
        settings = self.settings.model_copy(update=self.changed)
        repos = [RepoRef(self.repo.id, self.repo.full_name, self.github.installation_id)]
        practice = Practice(settings, self.github, lambda: repos, self.fetch)
        done = CliRunner().invoke(plansync, ["doctor", "--json"], obj=practice)
        found = {one["name"]: one for one in map(json.loads, done.output.splitlines())}
        bad = [one for one in found.values() if not one["good"]]
        assert done.exit_code == bool(bad), done
        assert all(one["fix"] for one in bad), bad
        return found

    def bad(self) -> dict[str, str]:
        return {
            name: f"{one['found']}. {one['fix']}"
            for name, one in self.checks().items()
            if not one["good"]
        }


@pytest.fixture
def install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Install:
    monkeypatch.setenv("PLANSYNC_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("PLANSYNC_SETTINGS_FILE", raising=False)
    github = FakeGitHub(now=datetime.now(UTC))
    github.hook = HookConfig(HOOK)
    repo = github.repository()
    repo.labels["plan:feature"] = "5319e7"
    store = Store(settings.database_url)
    store.migrate()
    store.beat("worker-0", "here", 1, datetime.now(UTC))
    store.close()
    return Install(settings, github, repo, changed={"app_id": github.app_id})


def test_a_good_install_is_well_in_every_way(install: Install) -> None:
    assert install.bad() == {}
    assert list(install.checks()) == [
        "settings", "webhook secret", "pages", "database", "migrations", "worker", "work", "disk",
        "clock", "GitHub", "permissions", "events", "installations", "webhooks", "webhook address",
        "reach", "repository acme/shop",
    ]  # fmt: skip


def test_what_is_wrong_is_told_with_its_fix(install: Install) -> None:
    install.github.now += timedelta(minutes=3)
    install.changed = {"app_id": 9, "public_url": "https://other.example.org"}
    install.repo.labels.clear()
    bad = install.bad()
    assert set(bad) == {"clock", "App ID", "webhook address", "repository acme/shop"}
    # The command takes a moment, and GitHub's time has whole seconds.
    assert re.search(r"\b1[78]\d s behind", bad["clock"])
    assert f"Set APP_ID to {install.github.app_id}" in bad["App ID"]
    assert "https://other.example.org/webhooks/github" in bad["webhook address"]
    assert "plansync sync acme/shop --labels" in bad["repository acme/shop"]


def test_an_address_where_nobody_can_sign_in_is_told(install: Install) -> None:
    def seen(**changed: object) -> str:
        check = check_address(install.settings.model_copy(update=changed))
        assert bool(check.fix) is not check.good
        return f"{check.good} {check.found}"

    oauth = {"github_client_id": "Iv1.a", "github_client_secret": SecretStr("a secret")}
    assert seen() == (
        "True only the link that plansync serve prints signs in: GITHUB_CLIENT_ID is not set"
    )
    assert seen(host="0.0.0.0").startswith("True nobody signs in")
    assert seen(**oauth).startswith("True people sign in on this machine")
    assert seen(**oauth, host="192.168.7.5").startswith("False PLANSYNC_URL is not set")
    assert seen(**oauth, host="0.0.0.0", public_url="https://p.test").startswith("True people")
    install.changed |= {**oauth, "host": "0.0.0.0"}
    assert "set PLANSYNC_URL to its https:// address" in install.bad()["pages"]
    assert "nobody may see the operator's pages. Set OPERATORS" in install.bad()["operators"]
    install.changed |= {"operators": "user:7,alice"}
    assert install.checks()["operators"]["found"] == "user:7, alice"


@pytest.mark.parametrize(
    ("api", "web", "good"),
    [
        ("https://api.github.com", "https://github.com", True),
        ("https://git.acme.test/api/v3", "https://git.acme.test", True),
        ("https://api.acme.ghe.com", "https://acme.ghe.com", True),
        ("http://127.0.0.1:4000", "http://localhost:4001", True),
        ("https://git.acme.test/api/v3", "https://github.com", False),
        ("https://api.acme.ghe.com", "https://github.com", False),
        ("https://api.github.com", "https://git.acme.test", False),
    ],
)
def test_both_addresses_of_github_are_of_one(
    install: Install, api: str, web: str, good: bool
) -> None:
    install.changed |= {"github_api_url": api, "github_server_url": web}
    assert ("settings" not in install.bad()) is good


def test_a_platform_that_forgets_its_disks_is_told(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNO", "web.1")
    assert "Heroku keeps no disk. Set DATABASE_URL" in install.bad()["disk"]
    assert check_disk(None, MOUNTS, platform="Heroku").good
    assert forgetful_disk({"K_SERVICE": "plans"}) == "Cloud Run"
    assert forgetful_disk({"HOME": "/", "DYNO": " "}) == ""


def test_further_lines_stand_below_what_they_belong_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP_ID", "PRIVATE_KEY", "PRIVATE_KEY_PATH", "WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("APP_ID", "many")
    done = CliRunner().invoke(plansync, ["doctor"])
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert all(line[:6] in ("ok    ", "FAIL  ", "      ") for line in lines), done.output
    assert "        WEBHOOK_SECRET is missing." in done.output


def test_a_repository_that_cannot_have_plans(install: Install) -> None:
    install.repo.has_issues = False
    assert "issues are switched off" in install.bad()["repository acme/shop"]
    install.repo.archived = True
    assert "archived" in install.bad()["repository acme/shop"]


def test_a_protected_branch_is_told_and_no_fault(install: Install) -> None:
    install.repo.protected = True
    assert install.bad() == {}
    found = install.checks()["repository acme/shop"]["found"]
    assert "main is protected: unless a rule lets the App pass" in found


def test_the_clock_is_told_also_when_the_key_is_refused(install: Install) -> None:
    install.github.now -= timedelta(hours=1)
    install.github.interrupt(Refused(401, "Bad credentials"), calls="registration")
    bad = install.bad()
    assert set(bad) == {"clock", "GitHub"}
    assert "ahead of GitHub's" in bad["clock"]


def test_an_app_whose_webhook_settings_github_does_not_tell(install: Install) -> None:
    install.github.interrupt(Refused(404, "Not Found"), calls="hook")
    assert install.bad() == {}
    install.github.interrupt(Refused(403, "Forbidden"), calls="hook")
    assert "Forbidden" in install.bad()["webhook address"]


def test_what_does_not_answer_is_told(install: Install) -> None:
    def refuse(url: str) -> str:
        assert url == "https://plans.example.org/healthz"
        raise ConnectionRefusedError(111, "Connection refused")

    install.fetch = refuse
    assert "does not answer (Connection refused)" in install.bad()["reach"]
    assert "answered by something else" in check_reach(HOOK, lambda url: "<html>").found


@pytest.mark.parametrize(
    ("hook", "name", "said"),
    [
        (HookConfig(""), "webhook address", "cannot reach nothing"),
        (HookConfig("https://example.com/webhooks/github"), "webhook address", "cannot reach"),
        (HookConfig("http://localhost:3000/webhooks/github"), "webhook address", "cannot reach"),
        (HookConfig("https://plans.example.org/"), "webhook address", "no address of plansync"),
        (HookConfig(HOOK, content_type="form"), "webhook content", "application/json"),
        (HookConfig(HOOK, verifies_tls=False), "webhook TLS", "SSL verification"),
        (HookConfig(HOOK, has_secret=False), "webhook secret at GitHub", "WEBHOOK_SECRET"),
    ],
)
def test_the_apps_own_webhook_settings(
    settings: Settings, hook: HookConfig, name: str, said: str
) -> None:
    (bad,) = [one for one in check_hook(hook, settings, PAGE) if not one.good]
    assert bad.name == name
    assert said in f"{bad.found} {bad.fix}"
    assert bad.fix


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /run rw - tmpfs tmpfs rw
24 22 0:30 / /srv rw master:3 - nfs4 host:/x rw
25 22 0:31 / /srv/local rw - xfs /dev/sdb rw
26 22 0:32 / /with\\040space rw - cifs //x/y rw
nonsense
"""


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/var/lib/plansync/p.sqlite3", "ext4", ""),
        ("/run/p.sqlite3", "tmpfs", "a restart loses it"),
        ("/srv/p.sqlite3", "nfs4", "network file system"),
        ("/srv/local/p.sqlite3", "xfs", ""),
        ("/srv/localother/p.sqlite3", "nfs4", "network file system"),
        ("/with space/p.sqlite3", "cifs", "network file system"),
    ],
)
def test_the_disk_that_the_database_is_on(path: str, kind: str, said: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind
    found = check_disk(Path(path), MOUNTS, free=LEAST_FREE)
    assert found.good == (not said)
    assert said in found.found
    assert bool(found.fix) == bool(said)


def test_a_disk_that_is_full_and_one_that_is_a_containers_own(tmp_path: Path) -> None:
    assert "only 1 MB are free" in check_disk(tmp_path / "p", MOUNTS, free=1_000_000).found
    container = "1 1 0:1 / / rw - overlay overlay rw"
    assert "goes with it" in check_disk(Path("/data/p.sqlite3"), container).found
    assert check_disk(None, container).good


def test_clocks(now: datetime) -> None:
    assert check_clock(now, now + timedelta(seconds=30)).good
    assert not check_clock(now, now + timedelta(seconds=31)).good
    assert not check_clock(now, now - timedelta(seconds=31)).good
    assert check_clock(None, now).good


def test_secrets_that_can_be_guessed_and_a_file_that_others_read(
    environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "plansync.env"
    environ |= {"WEBHOOK_SECRET": "hunter2", "WEBHOOK_SECRET_PREVIOUS": "a long one, fortunately"}
    secret = check_secrets(load_settings(environ), file)
    assert [(one.name, one.good) for one in secret] == [("webhook secret", False)]
    assert "hunter2" not in str(secret)
    file.write_text("")
    file.chmod(0o640)
    found: list[Check] = check_secrets(load_settings(environ), file)
    assert found[1].fix == f"chmod 600 {file}"
    file.chmod(0o600)
    assert check_secrets(load_settings(environ), file)[1].good
