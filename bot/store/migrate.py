"""Bring the tables up to date, once, however many processes start at the same time."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.engine import WRITES, StoreProblem, why_unusable
from bot.store.records import StoreUnavailable

NEWEST = "0008"
"""The newest migration. Known here so that starting and /readyz need not import Alembic."""

_ADVISORY_LOCK = 0x706C616E  # any number that nothing else in the database locks


def current_revision(connection: Connection) -> str | None:
    """The migration the database stands at; None when it has no tables of ours yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def migrate(engine: Engine) -> bool:
    """Make or update the tables, and make sure that they can be written; True when they changed.

    Raises StoreProblem when the database cannot be reached or written, or was made by a newer
    version of plansync, and StoreUnavailable when another process holds it for too long.
    """
    try:
        with engine.connect() as connection:
            current = current_revision(connection) == NEWEST
        with engine.execution_options(**{WRITES: True}).begin() as connection:
            if current:
                connection.execute(sa.text("DELETE FROM workers WHERE id = ''"))
            else:
                _upgrade(connection)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        if "database is locked" in str(error):
            raise StoreUnavailable("Another process holds the database.") from error
        raise why_unusable(engine, error) from error
    return not current


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreProblem(
            f"The database is not one that this version of plansync can use ({error}).",
            "Start the version that was used last, or a newer one.",
        ) from error
