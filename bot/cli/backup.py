"""``plansync backup`` and ``restore``: copies of the SQLite database, while plansync runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UserProblem

if TYPE_CHECKING:
    from bot.store import Store


class NotHere(UserProblem):
    """The database is not a SQLite file."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is there already.")
def backup(file: Path, force: bool) -> None:
    """Copy the SQLite database to FILE, whole, while plansync runs.

    The copy is checked before it gets its name, and only its owner can read it. It holds what
    GitHub sent in the last days: keep it like the database. Exit code 2 for a PostgreSQL database,
    which pg_dump copies.

    Example: plansync backup /backups/plansync-monday.sqlite3
    """
    from bot.store.copies import back_up

    _, database = _database()
    size = back_up(database, file, replace=force)
    click.echo(f"{file}: {size / 1_000_000:.1f} MB, checked")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put a copy that plansync backup made in place of the SQLite database.

    plansync may go on running. What came in since the copy was made is gone from the database; the
    sweeps find it again on GitHub.

    Example: plansync restore /backups/plansync-monday.sqlite3 --yes
    """
    from bot.store.copies import bring_back

    store, database = _database()
    if database.exists() and not yes:
        click.confirm(f"Replace what is in {database}?", abort=True)
    bring_back(file, database)
    store.migrate()
    click.echo(f"{database}: restored from {file}")


def _database() -> tuple[Store, Path]:
    from bot.settings import load_store_settings
    from bot.store import Store

    store = Store(load_store_settings().database_url)
    file = store.sqlite_file
    if file is None:
        raise NotHere(
            "This database is not a SQLite file.", "Use pg_dump and pg_restore for PostgreSQL."
        )
    return store, file
