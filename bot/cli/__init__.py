"""``plansync …``: which commands there are, and where each is.

A command's module is imported only when the command is used, so that ``plansync --help`` is quick.
Exit codes: 0 done, 1 a problem was found or something failed, 2 wrong usage or settings.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from bot.errors import Retryable, UserProblem

COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("run:serve", "Receive webhooks and work them off: web and worker in one."),
    "web": ("run:web", "Only receive webhooks."),
    "worker": ("run:worker", "Only work off what was received."),
    "demo": ("demo:demo", "Play the main job on a GitHub that runs on this machine."),
    "deliveries": ("inbox:deliveries", "Show what was received and what became of it."),
    "replay": ("inbox:replay", "Work stored deliveries off once more, or release what is parked."),
    "sync": ("sync:sync", "Compare a repository's plans with GitHub now."),
    "preview": ("sync:preview", "Say what would be changed, and why."),
    "setup": ("setup:setup", "Make the GitHub App, and keep its keys."),
    "doctor": ("doctor:doctor", "Say whether everything is there, and how to mend it."),
    "new": ("plans:new", "Make a new plan, with everything that belongs beside it."),
    "check": ("checking:check", "Say what is wrong with plans and how to mend it."),
    "status": ("standing:status", "Show how far plans are, and what comes next."),
    "outline": ("editing:outline", "Show what a plan is made of."),
    "tick": ("editing:tick", "Tick tasks of a plan."),
    "set": ("editing:set_values", "Set cells, fields and front matter of a plan."),
    "scan-experts": ("plans:scan_experts", "Look up a task plan's keywords in the repository."),
    "setup-plan": ("plans:setup_plan", "Say where a feature's files are."),
    "merge-driver": ("merge_driver:merge_driver", "Merge a plan file for git."),
    "schema": ("configuring:schema", "Print the JSON Schema of .github/plansync.yml."),
    "backup": ("backup:backup", "Copy the SQLite database while plansync runs."),
    "restore": ("backup:restore", "Put a copy of the database in its place."),
    "manifest": ("run:manifest", "Print the App manifest: permissions and events."),
}
"""Command -> ``module:function`` inside this package, and its line in ``plansync --help``."""


class Commands(click.Group):
    """The commands of a table, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        module, function = found[0].split(":")
        command: click.Command = getattr(importlib.import_module(f"bot.cli.{module}"), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"plansync {version('plansync')}")
        except PackageNotFoundError:
            click.echo("plansync (not installed)")
        ctx.exit()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Print the version.",
)
def plansync() -> None:
    """Keep markdown plans and GitHub issues the same thing.

    COMMAND --help says more about a command. Settings are described in docs/settings.md.
    """


def main(args: list[str] | None = None) -> Any:
    """Run a command; what a person can mend is told in a sentence, never as a traceback."""
    try:
        return plansync.main(args, prog_name="plansync", standalone_mode=True)
    except UserProblem as problem:
        click.echo(told(problem), err=True)
        sys.exit(getattr(problem, "exit_code", 1))
    except Retryable as problem:
        click.echo(f"{told(problem)} Try again later.", err=True)
        sys.exit(1)


def told(problem: Exception) -> str:
    """The line about a problem: it begins with the program's name, once."""
    text = str(problem).strip()
    return text if text.startswith(("plansync ", "plansync:")) else f"plansync: {text}"
