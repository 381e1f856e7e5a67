"""Tables of the read models that are filled beside the live ones, and then take their place."""

import sqlalchemy as sa

from indsats.projections.tables import ReadModels


def create(connection: sa.Connection, read_models: ReadModels) -> None:
    """Make the tables without their secondary indexes, which are made faster once the rows are there."""
    for table in read_models.tables.values():
        connection.execute(sa.schema.CreateTable(table))


def drop(connection: sa.Connection, read_models: ReadModels) -> None:
    """Take away the tables, those that are there."""
    for table in read_models.tables.values():
        connection.execute(sa.schema.DropTable(table, if_exists=True))


def swap(connection: sa.Connection, live: ReadModels, rebuilt: ReadModels) -> None:
    """Put rebuilt tables in the place of the live ones, which are dropped, and make their indexes.

    All of it is in the transaction of the connection; whoever reads waits on PostgreSQL, or sees the tables from before
    on SQLite, until that ends.
    """
    is_postgresql = connection.dialect.name == "postgresql"
    if is_postgresql:
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(live.metadata.tables)} IN ACCESS EXCLUSIVE MODE")
    for name, table in live.tables.items():
        other = rebuilt.tables[name]
        connection.execute(sa.schema.DropTable(table))
        connection.exec_driver_sql(f"ALTER TABLE {other.name} RENAME TO {table.name}")
        if is_postgresql:
            # Else the name would be taken when the next rebuild makes its tables.
            connection.exec_driver_sql(f"ALTER INDEX {other.name}_pkey RENAME TO {table.name}_pkey")
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(sa.schema.CreateIndex(index))
