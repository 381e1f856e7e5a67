"""What is written into the tables of the read models, and what is left alone."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.projections.histories import KNOWN, STORIES, fact, story

from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections.facts import named_by
from indsats.projections.rows import PathwayKey, Rows, rows_of
from indsats.projections.tables import LIVE, PATHWAY
from indsats.projections.writer import delete, insert, replace
from indsats.store.connection import Database

STEVNS = load("stevns-2017")
NAMED = named_by(declared_by(STEVNS).values())

_SOME: Mapping[type, object] = {str: "c7", int: 1, date: date(2017, 1, 2)}

Stored = Mapping[str, Sequence[sa.Row[tuple[object, ...]]]]


def key(citizen: str) -> PathwayKey:
    return PathwayKey("0336", "flexjob", "citizen", citizen)


def rows(facts: Sequence[Fact], as_of: date) -> Rows:
    return rows_of(derive(STEVNS, facts, as_of, KNOWN), NAMED)


def stored(connection: sa.Connection) -> Stored:
    """All that the tables hold, as SQLAlchemy reads it."""
    return {
        name: connection.execute(sa.select(table).order_by(*table.primary_key)).all()
        for name, table in LIVE.tables.items()
    }


def written(connection: sa.Connection) -> int:
    """How many rows the transaction, or on SQLite the connection, has added, changed or taken out so far."""
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())
    counts = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
    return int(connection.exec_driver_sql(counts).scalar_one() or 0)


def differing(before: Rows, after: Rows) -> int:
    return sum(len(set(before[name]).symmetric_difference(after[name])) for name in LIVE.tables)


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Rows], list[Rows]]:
    """The rows of some pathways on a day with some of their facts, and on a later day with others."""
    before: list[Rows] = []
    after: list[Rows] = []
    for facts in draw(STORIES):
        day = draw(st.sampled_from([one.on for one in facts]))
        first, last = draw(st.integers(0, len(facts))), draw(st.integers(0, len(facts)))
        before.append(rows(facts[:first], day))
        after.append(rows(facts[:last], day + timedelta(days=draw(st.sampled_from([0, 1, 40, 400])))))
    return before, after


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=changes())
def test_to_replace_is_to_delete_all_and_insert(database: Database, drawn: tuple[list[Rows], list[Rows]]) -> None:
    before, after = ({key(f"c{number}"): one for number, one in enumerate(some)} for some in drawn)
    bystander = {key("c"): drawn[1][0]}
    with database.write() as connection:
        insert(connection, before | bystander)
        delete(connection, before)
        insert(connection, after)
        expected = stored(connection)

        delete(connection, after)
        insert(connection, before)
        already_written = written(connection)
        replace(connection, after)
        assert written(connection) - already_written == sum(differing(before[one], after[one]) for one in before)
        assert stored(connection) == expected

        delete(connection, [*after, *bystander])
        assert not any(stored(connection).values())


def test_what_is_read_is_what_was_written(database: Database) -> None:
    job = fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="7.5")
    talk = fact("first_conversation_held", "2017-02-20", participants=["caseworker"], consultant_invited=True)
    made = rows(story(fact("ledighedsydelse_started", "2017-01-02", route="mover_in"), talk, job), date(2017, 6, 1))
    with database.write() as connection:
        insert(connection, {key("c1"): made})
        found = stored(connection)
    assert sum(map(len, found.values())) > 10
    for name in LIVE.tables:
        assert {tuple(row) for row in found[name]} == {(*key("c1"), *row) for row in made[name]}, name


def test_a_fact_more_writes_the_rows_that_it_changes_and_no_others(database: Database) -> None:
    facts = story(
        fact("ledighedsydelse_started", "2017-01-02", route="mover_in"),
        fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="8"),
        fact("first_conversation_held", "2017-01-05", participants=["caseworker"]),
    )
    day = date(2017, 3, 2)
    before, after = rows(facts[:2], day), rows(facts, day)
    with database.write() as connection:
        replace(connection, {key("c1"): before})
        already_written = written(connection)
        replace(connection, {key("c1"): before})
        assert written(connection) == already_written
        replace(connection, {key("c1"): after})
        assert written(connection) - already_written == differing(before, after)
        assert 0 < differing(before, after) < sum(map(len, after.values()))


def test_no_pathways_are_no_work(database: Database) -> None:
    with database.write() as connection:
        already_written = written(connection)
        insert(connection, {})
        replace(connection, {})
        delete(connection, [])
        assert written(connection) == already_written


def test_rows_are_found_by_their_key_in_tables_of_which_there_are_no_statistics(database: Database) -> None:
    made = rows(story(fact("ledighedsydelse_started", "2017-01-02", route="mover_in")), date(2017, 6, 1))
    with database.write() as connection:
        insert(connection, {key(f"c{number}"): made for number in range(400)})
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        for table in LIVE.tables.values():
            of_pathway = [table.c[name] for name in PATHWAY]
            for columns in (of_pathway, list(table.primary_key)):
                conditions = [column == sa.literal(_SOME[column.type.python_type]) for column in columns]
                asked = sa.select(table).where(*conditions)
                sql = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
                plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain + sql))
                assert "_pkey" in plan or "sqlite_autoindex" in plan or "PRIMARY KEY" in plan, sql
