"""What a first install gets wrong around plansync: clock, disk, secrets, the way GitHub takes."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from bot.doctor import Check
from bot.errors import Retryable
from bot.github.app import HookConfig
from bot.github.ports import GitHubReader, Refused
from bot.github.snapshots import RepoRef
from bot.settings import Settings
from bot.web_address import is_loopback

MOST_SKEW = timedelta(seconds=30)
"""GitHub refuses JWTs from the future; ours are dated 60 s back."""
HOOK_PATH = "/webhooks/github"
SHORTEST_SECRET = 16
LEAST_FREE = 200 * 1024 * 1024
MOST_REPOSITORIES = 20
NO_LABEL = "it has no label that asks for a plan"
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs"})

Fetch = Callable[[str], str]
"""What stands at a web address; raises OSError."""


def check_secrets(settings: Settings, file: Path) -> list[Check]:
    """Are the secrets long enough, and the settings file nobody else's?"""
    short = [
        name
        for name, value in (
            ("WEBHOOK_SECRET", settings.webhook_secret),
            ("WEBHOOK_SECRET_PREVIOUS", settings.webhook_secret_previous),
        )
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET
    ]
    fix = (
        "Make a new one with openssl rand -hex 32, set it here and in the App's settings, and the"
        " old one as WEBHOOK_SECRET_PREVIOUS until both are done."
    )
    found = f"{' and '.join(short)} can be guessed" if short else "long enough"
    checks = [Check("webhook secret", not short, found, fix if short else "")]
    if file.exists():
        open_to = stat.S_IMODE(file.stat().st_mode) & 0o077
        found = f"others can read {file}" if open_to else f"{file} is its owner's alone"
        checks.append(
            Check("settings file", not open_to, found, f"chmod 600 {file}" * bool(open_to))
        )
    return checks


def check_clock(there: datetime | None, here: datetime) -> Check:
    """Does this machine's clock agree with GitHub's?"""
    if there is None:
        return Check("clock", True, "GitHub did not say what time it is")
    skew = here - there
    if abs(skew) <= MOST_SKEW:
        return Check("clock", True, "it agrees with GitHub's")
    way = "ahead" if skew > timedelta(0) else "behind"
    fix = "Let it be set over the network: timedatectl set-ntp true."
    return Check("clock", False, f"{abs(skew.total_seconds()):.0f} s {way} of GitHub's", fix)


def check_server(settings: Settings) -> Check:
    """Do both addresses lead to one GitHub? Links and sign-ins go to one, all else to the other.

    https://docs.github.com/en/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api#making-a-request
    and https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/about-github-enterprise-cloud-with-data-residency
    """
    api = urlsplit(settings.github_api_url).hostname or ""
    web = urlsplit(settings.github_server_url).hostname or ""
    if api.removeprefix("api.") == web or is_loopback(api):
        return Check("settings", True, f"App {settings.app_id} at {settings.github_api_url}")
    found = f"GITHUB_API_URL leads to {api}, but GITHUB_SERVER_URL to {web}"
    fix = (
        "Set both to one GitHub: neither for github.com, https://HOSTNAME/api/v3 and"
        " https://HOSTNAME for GitHub Enterprise Server."
    )
    return Check("settings", False, found, fix)


def check_address(settings: Settings) -> Check:
    """Can people sign in where they reach the pages? Browsers keep sign-ins only over https."""
    if settings.public_url:
        return Check("pages", True, f"people reach them at {settings.public_url}")
    local = is_loopback(settings.host)
    if not settings.signs_in_with_github:
        found = "only the link that plansync serve prints signs in" if local else "nobody signs in"
        return Check("pages", True, f"{found}: GITHUB_CLIENT_ID is not set")
    if local:
        return Check("pages", True, f"people sign in on this machine, port {settings.port}")
    return Check(
        "pages",
        False,
        f"PLANSYNC_URL is not set: over plain http at {settings.host} no sign-in is kept",
        "Lead a proxy that ends TLS here, and set PLANSYNC_URL to its https:// address.",
    )


def check_operators(settings: Settings) -> list[Check]:
    """May anybody see the operator's pages? Nothing to tell where the printed link signs in."""
    if not settings.signs_in_with_github:
        return []
    if not settings.operators:
        fix = "Set OPERATORS to logins, or better to GitHub's numbers: user:ID, org:ID, team:ID."
        return [Check("operators", False, "nobody may see the operator's pages", fix)]
    return [Check("operators", True, settings.operators.replace(",", ", "))]


def check_disk(
    database: Path | None, mounts: str, free: int | None = None, platform: str = ""
) -> Check:
    """Does the SQLite file stay, and can its journal work there? ``mounts`` is mountinfo's text,
    ``platform`` one whose disks are known to be gone at every restart (``forgetful_disk``).

    https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html and
    https://www.sqlite.org/wal.html: WAL needs shared memory, which network file systems lack.
    """
    if database is None:
        return Check("disk", True, "the database is PostgreSQL's")
    if platform:
        found = f"{database} is gone at every restart: {platform} keeps no disk"
        fix = "Set DATABASE_URL to a PostgreSQL database that every process uses."
        return Check("disk", False, found, fix)
    kind = file_system(database, mounts)
    move = "Set PLANSYNC_DATA_DIR to a disk of this machine that stays, or use PostgreSQL."
    if kind in _IN_MEMORY:
        return Check("disk", False, f"{database} is in memory: a restart loses it", move)
    if kind == "overlay":
        found = f"{database} is inside the container and goes with it"
        return Check("disk", False, found, "Mount a volume there. " + move)
    if kind in _REMOTE or kind.startswith("fuse."):
        return Check("disk", False, f"{database} is on a network file system ({kind})", move)
    free = shutil.disk_usage(database.parent).free if free is None else free
    if free < LEAST_FREE:
        found = f"only {free // 1_000_000} MB are free at {database.parent}"
        return Check("disk", False, found, "Make room, or set PLANSYNC_PAYLOAD_DAYS lower.")
    return Check("disk", True, f"{database}, {free // 1_000_000_000} GB free")


def file_system(path: Path, mounts: str) -> str:
    """The kind of file system that a path is on, "" when the text does not say."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, ends = left.split(), right.split()
        if len(fields) < 5 or not ends:
            continue
        point = fields[4].replace("\\040", " ")
        inside = point == "/" or str(path) == point or str(path).startswith(point + "/")
        if inside and len(point) > best:
            best, kind = len(point), ends[0]
    return kind


def read_mounts() -> str:
    """Linux' list of mounts; "" elsewhere."""
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def check_hook(hook: HookConfig, settings: Settings, page: str) -> list[Check]:
    """Does the App's own webhook address lead to this plansync? ``page`` is the App's page."""
    parts = urlsplit(hook.url)
    where = f"the webhook address at {page}"
    wanted = f"{settings.public_url}{HOOK_PATH}" if settings.public_url else ""
    if not hook.url or parts.hostname == "example.com" or is_loopback(parts.hostname or ""):
        found = f"GitHub cannot reach {hook.url or 'nothing'}"
        return [_hook(False, found, f"Set {where} to {wanted or 'https://HOST' + HOOK_PATH}.")]
    if wanted and hook.url.rstrip("/") != wanted:
        fix = f"Set {where} to {wanted}, or PLANSYNC_URL to what is right."
        return [_hook(False, f"GitHub sends to {hook.url}, not to {wanted}", fix)]
    if parts.path.rstrip("/") != HOOK_PATH:
        return [
            _hook(False, f"{hook.url} is no address of plansync", f"End {where} in {HOOK_PATH}.")
        ]
    checks = [_hook(True, hook.url)]
    if hook.content_type != "json":
        fix = f"Choose application/json beside {where}."
        checks.append(Check("webhook content", False, "GitHub sends forms, not JSON", fix))
    if not hook.verifies_tls:
        fix = f"Enable SSL verification beside {where}."
        checks.append(Check("webhook TLS", False, "GitHub does not check whom it sends to", fix))
    if not hook.has_secret:
        fix = f"Set it beside {where} to WEBHOOK_SECRET."
        checks.append(Check("webhook secret at GitHub", False, "the App has none", fix))
    return checks


def _hook(good: bool, found: str, fix: str = "") -> Check:
    return Check("webhook address", good, found, fix)


def check_reach(url: str, fetch: Fetch) -> Check:
    """Does a plansync answer at the host that GitHub sends to?"""
    parts = urlsplit(url)
    asked = f"{parts.scheme}://{parts.netloc}/healthz"
    fix = (
        "Start plansync, and lead the host's TLS proxy to it. If “webhooks” below says that"
        " deliveries arrive, only this machine cannot reach itself: then ignore this."
    )
    try:
        answer = fetch(asked)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
        return Check("reach", False, f"{asked} does not answer ({why})", fix)
    if answer.strip() != "ok":
        return Check("reach", False, f"{asked} is answered by something else", fix)
    return Check("reach", True, f"{asked} answers")


class Protection(Protocol):
    """Says whether a branch is protected; None where GitHub does not tell."""

    def __call__(self, repo: RepoRef, branch: str) -> bool | None: ...


def check_repository(
    repo: RepoRef, reader: GitHubReader, wanted: Sequence[str], protected: Protection
) -> Check:
    """Can people ask for plans there, and can plansync commit? ``wanted`` are request labels."""
    name = f"repository {repo.full_name}"
    try:
        snapshot = reader.repository()
        if snapshot.archived:
            return Check(name, False, "it is archived", "Unarchive it, or remove the App from it.")
        if not snapshot.has_issues:
            fix = "Enable issues in its settings: a plan needs one."
            return Check(name, False, "its issues are switched off", fix)
        there = {label.casefold() for label in reader.labels()}
        is_protected = protected(repo, snapshot.default_branch)
    except (Refused, Retryable) as problem:
        fix = f"Look at the App's installation on {repo.owner}."
        return Check(name, False, str(problem), fix)
    if not any(label.casefold() in there for label in wanted):
        fix = f"Make the labels: plansync sync {repo.full_name} --labels."
        return Check(name, False, NO_LABEL, fix)
    branch = snapshot.default_branch
    if is_protected:
        found = (
            f"{branch} is protected: unless a rule lets the App pass, changes wait in one"
            " pull request"
        )
        return Check(name, True, found)
    return Check(name, True, f"labels are there, {branch} takes commits")
