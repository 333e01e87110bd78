"""Commands that bring a repository up to date, or say what that would change."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.changes import Change
    from bot.config import RepoConfig
    from bot.github.ports import GitHubReader
    from bot.memory import SubjectKey
    from bot.store import Store
    from bot.sync import Previewed, RepositoryGateway, Synced


@dataclass(frozen=True, slots=True)
class Hands:
    """What the commands work with; a test hands in its own as click's context object."""

    store: Store
    gateway: RepositoryGateway


@click.command()
@click.argument("repository", metavar="OWNER/REPO")
@click.option("--dry-run", is_flag=True, help="Only say what would be changed.")
@click.option("--labels", is_flag=True, help="Also make the labels that ask for a plan.")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and plan.")
@click.pass_obj
def sync(
    hands: Hands | None,
    repository: str,
    dry_run: bool,
    labels: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Compare every plan and every open request of a repository with GitHub now.

    Also finds plan files without an issue and requests that were never answered. What is parked is
    tried again. A running worker does it; where none runs, this command does. Prints each change
    with its reason. --labels makes those labels that ask for a plan and are missing there, so that
    people can choose them on GitHub's pages.

    Exit code 0: all is up to date; 1: something could not be done, or not in time.

    Examples: plansync sync acme/shop    plansync sync acme/shop --dry-run
    """
    from bot.errors import UserProblem
    from bot.memory import SubjectKey
    from bot.sync import discover
    from bot.sync import sync as sync_now

    if dry_run and labels:
        raise click.UsageError("--labels makes labels, --dry-run changes nothing: choose one.")
    hands = hands or _hands()
    repo = hands.gateway.find(repository)
    if repo is None:
        raise UserProblem(f"The App is not installed on {repository}.")
    reader = hands.gateway.reader(repo)
    keys = discover(repo, hands.store, reader, _config(hands, reader))
    if labels:
        keys = [SubjectKey(repo.id, "config"), *keys]
    if dry_run:
        sys.exit(_preview(keys, repo.full_name, hands, as_json))
    ended = sync_now(keys, repo, hands.store, hands.gateway, seconds=timeout)
    for one in ended:
        click.echo(json.dumps(_synced_json(one)) if as_json else _synced_lines(one))
    if not as_json:
        changes = sum(len(one.changes) for one in ended)
        click.echo(
            f"{repo.full_name}: {_count(len(ended), 'subject')}, {_count(changes, 'change')}"
        )
    sys.exit(0 if all(one.state == "finished" for one in ended) else 1)


@click.command()
@click.argument("target", metavar="OWNER/REPO|PLAN")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and plan.")
@click.pass_obj
def preview(hands: Hands | None, target: str, as_json: bool) -> None:
    """Say what plansync would change now, and why; nothing is written anywhere.

    PLAN is OWNER/REPO:PATH, OWNER/REPO#ISSUE, or the path of a plan that only one repository has.

    Exit code 0, also where there is something to change; 1: a plan needs a person first.

    Examples: plansync preview acme/shop    plansync preview acme/shop:plan_docs/search.md
    """
    from bot.sync import discover, resolve

    hands = hands or _hands()
    repo, key = resolve(target, hands.store, hands.gateway)
    reader = hands.gateway.reader(repo)
    keys = [key] if key else discover(repo, hands.store, reader, _config(hands, reader))
    sys.exit(_preview(keys, repo.full_name, hands, as_json))


def _preview(keys: list[SubjectKey], full_name: str, hands: Hands, as_json: bool) -> int:
    from bot.errors import UserProblem
    from bot.sync import preview as preview_one

    known = hands.store.repo(keys[0].repository_id) if keys else None
    repo = known or hands.gateway.find(full_name)
    if repo is None:
        raise UserProblem(f"The App is not installed on {full_name}.")
    reader = hands.gateway.reader(repo)
    config = _config(hands, reader)
    found: list[Previewed] = []
    for key in keys:
        one = preview_one(key, hands.store, reader, config)
        found.append(one)
        click.echo(json.dumps(_previewed_json(one)) if as_json else _previewed_lines(one))
    if not as_json:
        changes = sum(len(one.changes) for one in found)
        click.echo(
            f"{full_name}: {_count(len(found), 'subject')}, {_count(changes, 'change')} to make"
        )
    return 1 if any(one.failed for one in found) else 0


def _config(hands: Hands, reader: GitHubReader) -> RepoConfig:
    """The repository's configuration as it is now; nothing of it is kept."""
    from bot.config_load import load_config
    from bot.github.ports import Refused

    repo = reader.repo
    try:
        return load_config(reader).over(hands.store.choices(repo.id), repo.id).config
    except Refused:
        # Each plan then says so for itself.
        return hands.store.config(repo.id)


def _hands() -> Hands:
    from bot import logs
    from bot.github.live import Gateway
    from bot.settings import load_settings
    from bot.store import Store

    settings = load_settings()
    quiet = "debug" if settings.log_level == "debug" else "warning"
    logs.configure(settings.model_copy(update={"log_level": quiet}), process="sync")
    store = Store(settings.database_url)
    store.migrate()
    return Hands(store, Gateway(settings))


def _name(key: SubjectKey) -> str:
    if key.kind == "config":
        return "the labels that ask for a plan"
    return f"request #{key.name}" if key.kind == "request" else key.name


def _previewed_lines(one: Previewed) -> str:
    lines = [_name(one.key)]
    lines += [f"  {_line(type(c).__name__, c.target, c.reason)}" for c in one.changes]
    if one.more:
        lines.append("  and then what follows from that")
    if not one.changes:
        lines.append(f"  {'stopped' if one.failed else 'nothing to change'}: {one.note}")
    return "\n".join(lines)


def _synced_lines(one: Synced) -> str:
    lines = [_name(one.key)]
    lines += [f"  {_line(c.kind, c.target, c.reason)}" for c in one.changes]
    if one.state != "finished":
        lines.append(f"  {one.state}: {one.note or 'the worker has not come to it yet'}")
    elif not one.changes:
        lines.append(f"  nothing to change: {one.note}")
    return "\n".join(lines)


def _line(kind: str, target: str, reason: str) -> str:
    return f"{kind} {target}: {reason}"


def _previewed_json(one: Previewed) -> dict[str, Any]:
    return {
        "subject": str(one.key),
        "changes": [_change_json(change) for change in one.changes],
        "more": one.more,
        "failed": one.failed,
        "note": one.note,
    }


def _change_json(change: Change) -> dict[str, str]:
    return {"kind": type(change).__name__, "target": change.target, "reason": change.reason}


def _synced_json(one: Synced) -> dict[str, Any]:
    return {
        "subject": str(one.key),
        "state": one.state,
        "changes": [
            {"kind": c.kind, "target": c.target, "reason": c.reason, "url": c.url}
            for c in one.changes
        ],
        "note": one.note,
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
