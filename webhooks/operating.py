"""What the operator's pages show, as values: filters, remedies, and payloads without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from bot.blocks import Block
from bot.events import COMPARE
from bot.github.snapshots import RepoRef
from bot.manifest import EVENTS
from bot.store import SubjectRow
from bot.store.operations import DeliveryFilter
from bot.store.records import HELD
from bot.store.tallying import Tallied
from webhooks.exposition import LASTS

STATES = ("new", "open", "finished", "ignored", "failed")
SHOWN_EVENTS = tuple(
    sorted((*EVENTS, "installation", "installation_repositories", "ping", COMPARE))
)
"""What the filter offers: what GitHub sends an App like ours, and our own wishes."""
SAID = {
    "released": "Released: it is tried now.",
    "unblocked": "GitHub is asked now whether the repository is open again.",
    "parked": "Parked: it waits until an operator releases it.",
    "replayed": "It is worked off once more, as delivery {n}.",
    "retried": "Tried again: {n}.",
    "looked": "A worker looks at it within seconds.",
    "labels": "A worker makes the labels within seconds, and looks again in a minute.",
    "dry_run": "Nothing is made: the repository's configuration says dry_run: true. Take that out "
    "of .github/plansync.yml, there or in the organisation's, and press again.",
    "compared": "A worker compares it with GitHub within seconds.",
    "nothing": "There was nothing to do.",
    "gone": "The payload of this delivery is not kept any more: it cannot be worked off again. "
    "Compare reads what it is about on GitHub as it is now.",
}
"""What a page says after a button was pressed; the address names it, and can name nothing else."""
MOST_SHOWN = 200_000
"""How many characters of a payload are shown."""

_SECRET_NAME = re.compile(
    r"(?i)secret|password|passwd|token|private_?key|authorization|api_?key|credential|signature"
)
_BUG = re.compile(r"(?:failed \d+ times: )?[A-Za-z_.]*(?:Error|Exception|Exit|Warning)\b")
_MASK = "[secret]"


@dataclass(frozen=True, slots=True)
class Asked:
    """The list that a query asks for, as it was typed and as it was understood.

    ``path`` is where the list is; ``page`` counts from 1, in lists that have pages.
    """

    wanted: DeliveryFilter
    repository: str
    since: str
    until: str
    problems: tuple[str, ...] = ()
    path: str = "/operator/deliveries"
    page: int = 1

    def query(self, **changed: object) -> str:
        """The address of this list with something changed, such as ``before=12``."""
        values: dict[str, object] = {
            "repository": self.repository,
            "event": self.wanted.event,
            "state": self.wanted.state,
            "since": self.since,
            "until": self.until,
        } | changed
        given = {name: value for name, value in values.items() if value}
        return self.path + (f"?{urlencode(given)}" if given else "")

    @property
    def filtered(self) -> bool:
        """Whether something is left out on purpose."""
        return self.query() != self.path


def said(args: Mapping[str, str]) -> str:
    """The sentence that the address names, "" for none."""
    number = args.get("n", "")
    return SAID.get(args.get("said", ""), "").format(
        n=number if number.isascii() and number.isdigit() and len(number) < 19 else "?"
    )


def parse_asked(
    args: Mapping[str, str],
    repo_named: Callable[[str], RepoRef | None],
    path: str = "/operator/deliveries",
) -> Asked:
    """The list that a query asks for; what cannot be understood is told. Never raises."""

    def text(name: str) -> str:
        return args.get(name, "").replace("\0", "").strip()[:200]

    problems = []
    repository = text("repository")
    repo = repo_named(repository) if repository else None
    if repository and repo is None:
        problems.append(f"{repository} is no repository that plansync knows.")
    times = {}
    for name in ("since", "until"):
        times[name] = parse_time(text(name))
        if text(name) and times[name] is None:
            problems.append(f"{text(name)} is no time such as 2026-03-01T12:00.")
    before = text("before")
    state = text("state")
    wanted = DeliveryFilter(
        repository_id=repo.id if repo else (-1 if repository else None),
        event=text("event"),
        state=state if state in STATES else "",
        since=times["since"],
        until=times["until"],
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    page = text("page")
    return Asked(
        wanted,
        repository,
        text("since"),
        text("until"),
        tuple(problems),
        path,
        max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def parse_time(text: str) -> datetime | None:
    """A time in UTC as a form sends it, None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class Stuck:
    """A parked subject, where it is, why, and what ends it."""

    subject: SubjectRow
    repository: str
    reason: str
    remedy: str

    @property
    def key(self) -> str:
        """What a form names the subject by."""
        return str(self.subject.key)

    @property
    def page(self) -> str:
        """The address of a plan's page, "" for what has none."""
        key = self.subject.key
        if key.kind != "plan" or "/" not in self.repository:
            return ""
        return f"/plans/{quote(self.repository)}/{quote(key.name)}"


def remedy(subject: SubjectRow, block: Block | None) -> str:
    """What ends it that a subject is parked."""
    if block is not None:
        return (
            "Mend what the reason says; plansync asks once an hour. Retry asks now, for all of it."
        )
    if subject.reason.startswith(HELD):
        return "An operator stopped it: nothing moves until it is released here."
    if _BUG.match(subject.reason):
        return (
            f"A bug in plansync: the log has it with subject={subject.key}. Please report it;"
            " retry after an update."
        )
    if subject.parked_until is not None:
        return "It is tried again by itself. Retry tries now."
    return (
        "Somebody mends what the reason says: what they do next is tried at once. Retry tries now."
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """What GitHub still allows an installation; ``limit`` 0 where it did not say."""

    installation: str
    account: str
    left: int
    limit: int


def budgets(tallied: Sequence[Tallied], accounts: Mapping[int, str], now: datetime) -> list[Budget]:
    """The budget of each installation that GitHub told within the hour."""
    found: dict[str, dict[str, float]] = {}
    for one in tallied:
        if one.name in ("rate_left", "rate_limit") and now - one.at <= LASTS[one.name]:
            found.setdefault(one.labels.get("installation", ""), {})[one.name] = one.value
    return [
        Budget(
            number,
            accounts.get(int(number), "") if number.isdecimal() else "",
            int(values.get("rate_left", 0)),
            int(values.get("rate_limit", 0)),
        )
        for number, values in sorted(found.items())
        if "rate_left" in values
    ]


def running(tallied: Sequence[Tallied], now: datetime) -> int:
    """How many jobs the live workers are at."""
    alive = (one for one in tallied if one.name == "jobs_running")
    return sum(int(one.value) for one in alive if now - one.at <= LASTS["jobs_running"])


def shown_payload(body: bytes, redact: Callable[[str], str]) -> tuple[str, bool]:
    """A payload to look at, without what may be a secret; True when it was cut."""
    try:
        text = json.dumps(_cleaned(json.loads(body)), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body[:MOST_SHOWN].decode("utf-8", "replace")
    cut = len(text) > MOST_SHOWN
    return redact(text[: MOST_SHOWN + 10_000])[:MOST_SHOWN], cut


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _MASK
            if isinstance(inner, str)
            and inner
            and _SECRET_NAME.search(key)
            and not key.endswith("_url")
            else _cleaned(inner)
            for key, inner in value.items()
        }
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value


def span(length: timedelta | None) -> str:
    """A duration as people say it: ``0.4 s``, ``3 min``, ``2 h``."""
    if length is None:
        return ""
    seconds = max(0.0, length.total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
