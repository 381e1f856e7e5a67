"""The tables of the read models, for any database.

Every key holds municipality, model family, kind of subject, and the opaque id of the citizen or other subject. A
row with `from_on` and `until_on` stands as of the days from the first to before the second (null: to this day), so that
one table answers for every day up to the one on which its rows were made. Days are compared, never counted: lengths are
columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    bindparam,
)

PREFIX = "indsats_"

PATHWAY = ("municipality", "family", "subject", "citizen")
"""Whose row it is: columns of every key."""

_PLACE_OF_CITIZEN = tuple(name for name in PATHWAY if name != "citizen")

metadata = MetaData()

# Sorted by code points everywhere, so that a list has one order whatever the database.
_STRING = String().with_variant(String(collation="C"), "postgresql")


def _table(name: str, *columns: Column[object], key: tuple[str, ...], is_looked_up: bool = False) -> Table:
    """A table whose rows belong to a pathway; `key` distinguishes those of one pathway.

    One whose rows are looked up one by one has what tells most of them apart first in its key, and on SQLite its rows
    in the key's own tree.
    """
    return Table(
        PREFIX + name,
        metadata,
        *(Column(part, _STRING, nullable=False) for part in PATHWAY),
        *columns,
        PrimaryKeyConstraint(*(("citizen", *key, *_PLACE_OF_CITIZEN) if is_looked_up else (*PATHWAY, *key))),
        sqlite_with_rowid=not is_looked_up,
    )


def _text(name: str) -> Column[object]:
    return Column(name, _STRING, nullable=False)


def _text_or_null(name: str) -> Column[object]:
    return Column(name, _STRING)


def _day(name: str) -> Column[object]:
    return Column(name, Date, nullable=False)


def _day_or_null(name: str) -> Column[object]:
    return Column(name, Date)


def _number(name: str) -> Column[object]:
    return Column(name, Integer, nullable=False)


def _number_or_null(name: str) -> Column[object]:
    return Column(name, Integer)


def _hours_or_null(name: str) -> Column[object]:
    # Fifteen digits are exact, and a catalogue's decimals of hours have at most thirteen.
    return Column(name, Double)


def _flag(name: str) -> Column[object]:
    return Column(name, Boolean, nullable=False)


pathways = _table(
    "pathways",
    _day("from_on"),
    _day_or_null("until_on"),
    # The same days by number, so that how many there are in a period can be reckoned in any database.
    _number("from_day"),
    _number_or_null("until_day"),
    _text_or_null("phase"),
    _number_or_null("visit"),
    _number("stretch"),
    _day("opened_on"),
    _text_or_null("reason"),
    _text_or_null("unit"),
    _day("begun_on"),
    _text_or_null("marks"),
    key=("from_on",),
)

visits = _table(
    "visits",
    _number("visit"),
    _day("from_on"),
    _day_or_null("until_on"),
    _text_or_null("phase"),
    _number("stretch"),
    _day("entered_on"),
    _text_or_null("entered_by"),
    _day_or_null("left_on"),
    _text_or_null("left_by"),
    _text_or_null("left_to"),
    _number_or_null("days"),
    key=("visit", "from_on"),
)

spells = _table(
    "spells",
    _number("spell"),
    _day("from_on"),
    _day_or_null("until_on"),
    _day("started_on"),
    _day_or_null("ended_on"),
    _text_or_null("ended_by"),
    _text_or_null("reason"),
    _number_or_null("months"),
    key=("spell", "from_on"),
)

employments = _table(
    "employments",
    _number("run"),
    _day("from_on"),
    _day_or_null("until_on"),
    _text_or_null("employment"),
    _day("started_on"),
    _day_or_null("ended_on"),
    _hours_or_null("hours_at_start"),
    _hours_or_null("hours"),
    _hours_or_null("total_hours"),
    _flag("agreed"),
    key=("run", "from_on"),
)

assignments = _table(
    "assignments",
    _number("assignment"),
    _text("role"),
    _day("from_on"),
    _day_or_null("until_on"),
    _text_or_null("worker"),
    _text_or_null("as_role"),
    _text_or_null("unit"),
    _text_or_null("functions"),
    _hours_or_null("fraction"),
    _flag("answers"),
    key=("assignment", "role", "from_on"),
)

obligations = _table(
    "obligations",
    _text("rule"),
    _text("anchor"),
    _number("n"),
    _text("anchor_fact"),
    _day("anchor_on"),
    _number("anchor_place"),
    _text_or_null("employment"),
    _day_or_null("due"),
    _day_or_null("book_by"),
    _text("status"),
    _text_or_null("satisfied_by"),
    _day_or_null("satisfied_on"),
    _day_or_null("settled_on"),
    _text("force"),
    _text_or_null("responsible"),
    _flag("known_in_time"),
    _text_or_null("cause"),
    _text_or_null("worker"),
    _text_or_null("unit"),
    _number_or_null("remarked_in"),
    key=("rule", "anchor", "n"),
)

counted_facts = _table(
    "counted_facts",
    _number("place"),
    _text("kind"),
    _day("happened_on"),
    _day("from_on"),
    _day_or_null("until_on"),
    _number_or_null("visit"),
    _number_or_null("stretch"),
    _text_or_null("employment"),
    _text_or_null("marks"),
    key=("place", "from_on"),
)

facts = _table(
    "facts",
    _number("place"),
    _text("fact"),
    _text("kind"),
    _day("from_on"),
    _number_or_null("visit"),
    _number_or_null("stretch"),
    _text_or_null("employment"),
    key=("place",),
)

fact_fields = _table(
    "fact_fields",
    _number("place"),
    _text("field"),
    _number("item"),
    _text_or_null("text_value"),
    _hours_or_null("number_value"),
    _day_or_null("day_value"),
    Column("flag_value", Boolean),
    key=("place", "field", "item"),
    is_looked_up=True,
)

lasting = _table(
    "lasting",
    _text("kind"),
    _text("ended_by"),
    _day("from_on"),
    _number("place"),
    _day_or_null("until_on"),
    # It follows from `until_on`, but each database would reckon it with a function of its own.
    _day_or_null("until_month_on"),
    _number_or_null("visit"),
    _number_or_null("stretch"),
    _text_or_null("employment"),
    key=("kind", "ended_by", "from_on", "place"),
    is_looked_up=True,
)

# Written out in statements: a database takes a partial index only if it sees there that no other row is asked for.
is_waiting = obligations.c.status.in_(
    bindparam("waiting", ("open", "on_hold", "breached"), expanding=True, literal_execute=True)
)
"""Whether an obligation is one to follow up."""

# What a figure counts by stands behind what it chooses by, so that it is counted in the index alone; the citizen behind
# the kind, so that what is asked of one row (is there some fact of this kind?) is a look-up and no search. What a list
# asks for stands first: without statistics PostgreSQL would take an index that begins like a pathway's key for the key.
Index(
    "indsats_pathways_phase",
    *(
        pathways.c[name]
        for name in ("phase", "municipality", "family", "until_on", "from_on", "until_day", "from_day", "marks")
    ),
)
Index(
    "indsats_visits_phase",
    *(visits.c[name] for name in ("phase", "municipality", "family", "left_by", "until_on", "from_on", "days")),
)
# Only what is settled is counted by rule; and the key of a row, which has its rule, is not looked up here.
Index(
    "indsats_obligations_rule",
    *(obligations.c[name] for name in ("rule", "municipality", "family", "settled_on", "status")),
    sqlite_where=obligations.c.settled_on.is_not(None),
    postgresql_where=obligations.c.settled_on.is_not(None),
)
# In the order of follow-up lists. Whatever else they are filtered by stands behind, so that rows passed over are never
# looked up.
Index(
    "indsats_obligations_waiting",
    *(
        obligations.c[name]
        for name in ("municipality", "family", "due", "citizen", "rule", "status", "responsible", "worker", "unit")
    ),
    sqlite_where=is_waiting,
    postgresql_where=is_waiting,
)
Index("indsats_assignments_worker", *(assignments.c[name] for name in ("worker", "municipality", "family")))
# What is counted of a week or month is found by its days.
Index(
    "indsats_counted_facts_day",
    *(
        counted_facts.c[name]
        for name in (
            "kind",
            "municipality",
            "family",
            "happened_on",
            "from_on",
            "until_on",
            "marks",
            "citizen",
            "subject",
        )
    ),
)
Index(
    "indsats_facts_kind",
    *(facts.c[name] for name in ("kind", "municipality", "family", "subject", "citizen", "from_on", "place", "visit")),
)


@dataclass(frozen=True, eq=False)
class ReadModels:
    """All tables of the read models under one prefix."""

    prefix: str
    metadata: MetaData

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """The tables by their names without the prefix."""
        return {name.removeprefix(self.prefix): table for name, table in self.metadata.tables.items()}


LIVE = ReadModels(PREFIX, metadata)
"""The tables that are asked."""


def read_models(prefix: str) -> ReadModels:
    """The same tables under another prefix, to be filled beside the live ones."""
    others = MetaData()
    for name, table in LIVE.tables.items():
        table.to_metadata(others, name=prefix + name)
    return ReadModels(prefix, others)
