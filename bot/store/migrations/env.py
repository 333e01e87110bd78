"""Alembic runs this; the connection, already inside a locked transaction, comes from ``migrate``.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll DDL back too, as long as the driver does not begin transactions by itself.
    transactional_ddl=True,
)
context.run_migrations()
