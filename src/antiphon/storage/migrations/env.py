"""How Alembic runs our revisions: online, one transaction each."""

from alembic import context
from sqlalchemy import create_engine, event, pool

from antiphon.storage.schema import metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool)


@event.listens_for(engine, "connect")
def _transactions_by_hand(connection: object, _: object) -> None:
    # Python's sqlite3 commits before DDL on its own; a revision must be applied whole or not at all.
    connection.isolation_level = None  # type: ignore[attr-defined]  # the DB-API's connection, untyped here


@event.listens_for(engine, "begin")
def _begin(connection: object) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]  # as above


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
