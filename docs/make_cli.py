"""Make docs/cli.md from the commands' own help: ``python docs/make_cli.py``."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli import COMMANDS, plansync

PAGE = Path(__file__).with_name("cli.md")
HEAD = """# Commands

Made from `plansync --help` and each command's own help by `docs/make_cli.py`.

Exit codes, where a command does not say otherwise: 0 done, 1 a problem was found or something
failed, 2 wrong usage or settings.
"""


def render() -> str:
    """The page as it should be."""
    parts = [HEAD]
    with click.Context(plansync, info_name="plansync", **plansync.context_settings) as context:
        for name in COMMANDS:
            command = plansync.get_command(context, name)
            if command is None:
                continue
            inner = click.Context(command, info_name=name, parent=context, max_content_width=95)
            parts.append(f"## plansync {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
