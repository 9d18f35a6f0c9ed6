"""Alembic's entry: migrations run on the connection, and in the transaction, that the caller opened."""

from alembic import context

from assent.storage.table_modules import tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=tables.metadata, transactional_ddl=True)
context.run_migrations()
