"""One plan's page: how far it is, what comes next, what holds it up, what happened and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, request

from bot.attention import find_attention
from bot.github.snapshots import RepoRef
from bot.memory import PlanMemory, PullMemory, SubjectKey
from bot.plan_lists import plan_path
from bot.plans.companions import readable
from bot.plans.model import Plan, PlanTask, TaskState
from bot.plans.plaintext import plain_text
from bot.settings import Settings
from bot.standing import Standing, read_standing, title_of
from bot.store import AuditRow, Store
from webhooks.address import own_origin
from webhooks.badge import badge_path
from webhooks.burnup import HEIGHT, WIDTH, burn_up
from webhooks.look import Look
from webhooks.operating import said
from webhooks.reading import render_safe
from webhooks.security import Guard
from webhooks.waiting import BOX_HEIGHT, BOX_WIDTH, dependency_graph

MOST_HISTORY = 50
MOST_TASKS = 1000
_FORGOTTEN = ("gone", "moved")
"""States of a path at which no plan stands any more and of which nothing is held."""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_WORDS = {
    TaskState.PENDING: "open",
    TaskState.IN_PROGRESS: "in progress",
    TaskState.BLOCKED: "blocked",
    TaskState.COMPLETE: "complete",
    TaskState.UNKNOWN: "open",
}


@dataclass(frozen=True, slots=True)
class PullLink:
    """A pull request that the plan knows; ``state`` is "" for one that only a table names."""

    number: int
    url: str
    state: str = ""
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task as the page lists it; ``word`` says where it stands."""

    address: str
    text: str
    settled: bool
    word: str
    owner: str
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupLines:
    """A phase, story or checklist with its tasks; ``exit`` are the boxes of its exit gate."""

    title: str
    done: int
    total: int
    complete: bool
    owner: str
    tasks: tuple[TaskLine, ...]
    exit: tuple[TaskLine, ...]


@dataclass(frozen=True, slots=True)
class Tracked:
    """A row of the tracking table."""

    number: str
    text: str
    output: str
    status: str
    pulls: tuple[PullLink, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """A change that plansync made: what, why, by whom it was caused, and where it can be seen."""

    id: int
    at: datetime
    kind: str
    target: str
    reason: str
    result: str
    actor: str
    url: str


class Links:
    """Addresses on GitHub, made of parts that are quoted; never taken over from a payload."""

    def __init__(self, server: str, repository: str) -> None:
        self._server = server
        self._repository = f"{server}/{quote(repository)}"

    def file(self, path: str) -> str:
        return f"{self._repository}/blob/HEAD/{quote(path)}"

    def issue(self, number: int) -> str:
        return f"{self._repository}/issues/{number}"

    def pull(self, number: int) -> str:
        return f"{self._repository}/pull/{number}"

    def trace(self, url: str) -> str:
        """Where a change can be seen; "" for what is no address on this GitHub."""
        if _COMMIT.fullmatch(url):
            return f"{self._repository}/commit/{url}"
        return url if url.startswith(f"{self._server}/") else ""


def blueprint(settings: Settings, store: Store, guard: Guard, look: Look) -> Blueprint:
    """The page of each plan."""
    pages = Blueprint("plan", __name__)

    @pages.get("/plans/<owner>/<name>/<path:path>")
    def plan(owner: str, name: str, path: str) -> Response:
        repo = store.repo_named(f"{owner}/{name}")
        if repo is None or not guard.view().may_read(repo.id):
            abort(404)
        memory = store.plan(repo.id, path)
        if memory is None or memory.state in _FORGOTTEN:
            abort(404)
        key = SubjectKey(repo.id, "plan", path)
        links = Links(settings.github_server_url, repo.full_name)
        common: dict[str, Any] = {
            "repository": repo.full_name,
            "memory": memory,
            "links": links,
            "address": plan_path(repo.full_name, path),
            "row": store.plan_row(repo.id, path),
            "attention": find_attention(memory),
            "block": store.block(repo.id),
            "said": said(request.args),
            "key": str(key),
            "subject": store.subject(key) if guard.view().operator else None,
        }
        now = guard.clock()
        standing = read_standing(memory, now.date(), store.config(repo.id).statuses)
        title = memory.title or path if standing is None else title_of(standing.plan, memory)
        common["title"] = plain_text(title) or path
        if request.args.get("show") == "text":
            text = render_safe(readable(memory.base_text))
            return look.page("plantext.html", text=text, **common)
        before = _before(request.args.get("before", ""))
        history = _history(store, repo, memory, links, before)
        if standing is None:
            return look.page("planlost.html", history=history, before=before, **common)
        points = store.progress_of(repo.id, path)
        badge = badge_path(guard.keys, repo, path)
        return look.page(
            "plan.html",
            **common,
            **_facts(standing, memory, links),
            history=history,
            before=before,
            more=history[-1].id if len(history) == MOST_HISTORY else None,
            chart=burn_up(points, now),
            chart_size=(WIDTH, HEIGHT),
            graph=dependency_graph(standing.plan.tasks),
            box_size=(BOX_WIDTH, BOX_HEIGHT),
            badge=badge,
            origin=own_origin(request, settings),
        )

    return pages


def _facts(standing: Standing, memory: PlanMemory, links: Links) -> dict[str, Any]:
    plan, status = standing.plan, standing.status
    pulls = [_pull_link(pull, links) for pull in memory.pulls]
    tracking = _tracking(plan, pulls, links)
    tracked = {pull.number for row in tracking for pull in row.pulls}
    return {
        "plan": plan,
        "status": status,
        "groups": _groups(plan),
        "next": [_line(task) for task in status.next[:5]],
        "in_progress": [_line(task) for task in status.in_progress[:10]],
        "blockers": status.blockers,
        "gates": status.gates,
        "questions": status.questions,
        "approvals": plan.approvals,
        "tracking": tracking,
        "other_pulls": [pull for pull in pulls if pull.number not in tracked],
        "plain": plain_text,
    }


def _groups(plan: Plan) -> list[GroupLines]:
    found = []
    left = MOST_TASKS
    for group in plan.groups:
        tasks = group.tasks[: max(0, left)]
        left -= len(tasks)
        progress = group.progress
        found.append(
            GroupLines(
                title=plain_text(group.title or group.key),
                done=progress.done,
                total=progress.total,
                complete=group.complete,
                owner=group.owner,
                tasks=tuple(_line(task) for task in tasks),
                exit=tuple(_line(task) for task in group.exit_tasks),
            )
        )
    return found


def _line(task: PlanTask) -> TaskLine:
    word = "settled" if task.settled else _WORDS[task.state]
    text = plain_text(task.text)
    return TaskLine(task.address, text, task.settled, word, task.owner, task.depends_on)


def _tracking(plan: Plan, pulls: Sequence[PullLink], links: Links) -> list[Tracked]:
    known = {pull.number: pull for pull in pulls}
    return [
        Tracked(
            row.number,
            plain_text(row.text),
            plain_text(row.output),
            row.status_word,
            tuple(known.get(n, PullLink(n, links.pull(n))) for n in row.pulls),
        )
        for row in plan.tracking
    ]


def _pull_link(pull: PullMemory, links: Links) -> PullLink:
    return PullLink(pull.number, links.pull(pull.number), pull.standing, pull.tasks)


def _history(
    store: Store, repo: RepoRef, memory: PlanMemory, links: Links, before: int | None
) -> list[Happened]:
    """What was done to the plan, newest first, from the request that made it on."""
    keys = [SubjectKey(repo.id, "plan", memory.path)]
    if memory.request_number is not None:
        keys.append(SubjectKey(repo.id, "request", str(memory.request_number)))
    rows: list[AuditRow] = []
    for key in keys:
        rows += store.audit(subject=key, before=before, limit=MOST_HISTORY)
    newest = sorted(rows, key=lambda row: row.id, reverse=True)[:MOST_HISTORY]
    return [
        Happened(
            id=row.id,
            at=row.at,
            kind=_said(row.entry.kind),
            target=row.entry.target,
            reason=row.entry.reason,
            result=row.entry.result,
            actor=row.entry.actor,
            url=links.trace(row.entry.url),
        )
        for row in newest
    ]


def _said(kind: str) -> str:
    """``EditIssueBody`` as people say it: ``Edit issue body``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind)
    return words[:1].upper() + words[1:].lower()


def _before(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
