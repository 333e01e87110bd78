"""``plansync schema``: what editors need to know of ``.github/plansync.yml``."""

from __future__ import annotations

import click

from bot.templates import read_template

SCHEMA = "plansync.schema.json"


@click.command()
def schema() -> None:
    """Print the JSON Schema of .github/plansync.yml.

    Editors with a YAML language server complete keys and mark mistakes when the file's first line
    names it: # yaml-language-server: $schema=plansync.schema.json

    Example: plansync schema > .github/plansync.schema.json
    """
    click.echo(read_template("config", SCHEMA), nl=False)
