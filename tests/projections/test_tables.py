"""What conditions can name, what rows hold and what the tables keep are the same columns."""

from typing import NamedTuple

import pytest
import sqlalchemy as sa

from indsats.domain.kpi import READ_MODELS
from indsats.projections import tables
from indsats.projections.assignments import AssignmentRow
from indsats.projections.conditions import column_of
from indsats.projections.employments import EmploymentRow
from indsats.projections.facts import CountedRow, FactRow, FieldRow
from indsats.projections.lasting import LastingRow
from indsats.projections.obligations import ObligationRow
from indsats.projections.pathways import PathwayRow, VisitRow
from indsats.projections.rows import PathwayKey
from indsats.projections.spells import SpellRow
from indsats.projections.statements import TABLES
from indsats.store.connection import Database

ROWS: dict[sa.Table, type[NamedTuple]] = {
    tables.pathways: PathwayRow,
    tables.visits: VisitRow,
    tables.spells: SpellRow,
    tables.employments: EmploymentRow,
    tables.assignments: AssignmentRow,
    tables.obligations: ObligationRow,
    tables.counted_facts: CountedRow,
    tables.facts: FactRow,
    tables.fact_fields: FieldRow,
    tables.lasting: LastingRow,
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "text": sa.String,
    "number": (sa.Integer, sa.Double),
    "day": sa.Date,
    "flag": sa.Boolean,
}


@pytest.mark.parametrize("table", ROWS, ids=str)
def test_a_table_has_the_columns_of_its_rows_in_their_order(table: sa.Table) -> None:
    fields = [*PathwayKey._fields, *ROWS[table]._fields]
    assert [column.name for column in table.columns] == fields


@pytest.mark.parametrize("name", READ_MODELS)
def test_a_condition_can_name_only_columns_that_are_there(name: str) -> None:
    table = TABLES[name]
    for column, (type_, _) in READ_MODELS[name].columns.items():
        assert isinstance(column_of(table, column).type, TYPES[type_]), column


def test_every_table_has_the_prefix_and_the_municipality_in_its_key() -> None:
    assert set(tables.metadata.tables.values()) == set(ROWS)
    for table in tables.metadata.tables.values():
        assert table.name.startswith("indsats_")
        assert set(tables.PATHWAY) <= {column.name for column in table.primary_key}


def test_obligations_to_follow_up_are_read_in_the_order_of_the_index_made_for_them(database: Database) -> None:
    owed = tables.obligations
    asked = sa.select(owed).where(owed.c.municipality == "0336", owed.c.family == "flexjob", tables.is_waiting)
    in_order = asked.order_by(owed.c.due.nulls_last(), owed.c.citizen, owed.c.rule).limit(50)
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            # Of a table without rows any other plan would do as well.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
        sql = str(in_order.compile(connection, compile_kwargs={"literal_binds": True}))
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql))
        assert "indsats_obligations_waiting" in plan
        assert "sort" not in plan.lower()
        assert "b-tree" not in plan.lower()
        assert connection.execute(in_order).all() == []
