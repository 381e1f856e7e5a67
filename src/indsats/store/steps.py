"""The numbered steps that make the tables: each is run once in a database, and never changed afterwards.

A step is text and not made from the tables that the code reads, because it must do the same in ten years. Only the few
words in which the databases differ are filled in.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from indsats.store import step_3, step_4, step_5

_DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "counted": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "key": "INTEGER",
        "double": "DOUBLE",
        "text": "VARCHAR",
        "found_by_key": " WITHOUT ROWID",
    },
    "postgresql": {
        "counted": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "key": "BIGINT",
        "double": "DOUBLE PRECISION",
        "text": 'VARCHAR COLLATE "C"',  # sorted by code points, as SQLite and Python do
        "found_by_key": "",
    },
}


class Migration(NamedTuple):
    """One step: statements for every database, in which the words in braces are filled in, and those for one."""

    number: int
    title: str
    statements: Sequence[str]
    more: Mapping[str, Sequence[str]] = {}

    def run(self, connection: Connection) -> None:
        """Run every statement; the caller's transaction holds them together."""
        dialect = connection.dialect.name
        for statement in self.statements:
            connection.exec_driver_sql(statement.format_map(_DIFFERENCES[dialect]))
        for statement in self.more.get(dialect, ()):
            connection.exec_driver_sql(statement)


_STREAMS = """
CREATE TABLE indsats_streams (
  stream_key {counted},
  stream TEXT NOT NULL UNIQUE,
  municipality TEXT NOT NULL,
  family TEXT,
  subject TEXT,
  subject_id TEXT,
  UNIQUE (municipality, family, subject, subject_id)
)"""

_EVENTS = """
CREATE TABLE indsats_events (
  position {counted},
  stream_key {key} NOT NULL REFERENCES indsats_streams (stream_key),
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  recorded_at TEXT,
  stored_at TEXT,
  actor TEXT,
  role TEXT,
  command TEXT,
  model_digest TEXT,
  semantics INTEGER,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (stream_key, version)
)"""

_CITIZEN_KEYS = """
CREATE TABLE indsats_citizen_keys (
  key_id TEXT NOT NULL PRIMARY KEY,
  municipality TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  wrapped_key TEXT NOT NULL,
  master_key TEXT NOT NULL,
  UNIQUE (municipality, subject, subject_id)
)"""

_TRACKING = """
CREATE TABLE indsats_tracking (
  application TEXT NOT NULL PRIMARY KEY,
  position {key} NOT NULL
)"""

_REFUSE_ON_SQLITE = tuple(
    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {action} is refused'); END"
    for table in ("indsats_streams", "indsats_events")
    for action in ("UPDATE", "DELETE")
)

_REFUSE_ON_POSTGRESQL = (
    """
CREATE FUNCTION indsats_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
    MESSAGE = TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' is refused';
END $$""",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION indsats_refuse_change()"
        for table in ("indsats_streams", "indsats_events")
    ),
)

_PATHWAYS = """
CREATE TABLE indsats_pathways (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  from_on DATE NOT NULL,
  until_on DATE,
  from_day INTEGER NOT NULL,
  until_day INTEGER,
  phase {text},
  visit INTEGER,
  stretch INTEGER NOT NULL,
  opened_on DATE NOT NULL,
  reason {text},
  unit {text},
  PRIMARY KEY (municipality, family, subject, citizen, from_on)
)"""

_VISITS = """
CREATE TABLE indsats_visits (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  visit INTEGER NOT NULL,
  from_on DATE NOT NULL,
  until_on DATE,
  phase {text},
  stretch INTEGER NOT NULL,
  entered_on DATE NOT NULL,
  entered_by {text},
  left_on DATE,
  left_by {text},
  left_to {text},
  days INTEGER,
  PRIMARY KEY (municipality, family, subject, citizen, visit, from_on)
)"""

_SPELLS = """
CREATE TABLE indsats_spells (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  spell INTEGER NOT NULL,
  from_on DATE NOT NULL,
  until_on DATE,
  started_on DATE NOT NULL,
  ended_on DATE,
  ended_by {text},
  reason {text},
  months INTEGER,
  PRIMARY KEY (municipality, family, subject, citizen, spell, from_on)
)"""

_EMPLOYMENTS = """
CREATE TABLE indsats_employments (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  run INTEGER NOT NULL,
  from_on DATE NOT NULL,
  until_on DATE,
  employment {text},
  started_on DATE NOT NULL,
  ended_on DATE,
  hours_at_start {double},
  hours {double},
  total_hours {double},
  agreed BOOLEAN NOT NULL,
  PRIMARY KEY (municipality, family, subject, citizen, run, from_on)
)"""

_ASSIGNMENTS = """
CREATE TABLE indsats_assignments (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  assignment INTEGER NOT NULL,
  role {text} NOT NULL,
  from_on DATE NOT NULL,
  until_on DATE,
  worker {text},
  as_role {text},
  unit {text},
  functions {text},
  fraction {double},
  answers BOOLEAN NOT NULL,
  PRIMARY KEY (municipality, family, subject, citizen, assignment, role, from_on)
)"""

_OBLIGATIONS = """
CREATE TABLE indsats_obligations (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  rule {text} NOT NULL,
  anchor {text} NOT NULL,
  n INTEGER NOT NULL,
  anchor_fact {text} NOT NULL,
  anchor_on DATE NOT NULL,
  anchor_place INTEGER NOT NULL,
  employment {text},
  due DATE,
  book_by DATE,
  status {text} NOT NULL,
  satisfied_by {text},
  satisfied_on DATE,
  settled_on DATE,
  force {text} NOT NULL,
  responsible {text},
  known_in_time BOOLEAN NOT NULL,
  cause {text},
  worker {text},
  unit {text},
  remarked_in INTEGER,
  PRIMARY KEY (municipality, family, subject, citizen, rule, anchor, n)
)"""

_FACTS = """
CREATE TABLE indsats_facts (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  place INTEGER NOT NULL,
  fact {text} NOT NULL,
  kind {text} NOT NULL,
  from_on DATE NOT NULL,
  visit INTEGER,
  stretch INTEGER,
  employment {text},
  PRIMARY KEY (municipality, family, subject, citizen, place)
)"""

_FACT_FIELDS = """
CREATE TABLE indsats_fact_fields (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  place INTEGER NOT NULL,
  field {text} NOT NULL,
  item INTEGER NOT NULL,
  text_value {text},
  number_value {double},
  day_value DATE,
  flag_value BOOLEAN,
  PRIMARY KEY (municipality, family, subject, citizen, place, field, item)
)"""

_READ_MODEL_INDEXES = (
    """
CREATE INDEX indsats_pathways_phase ON indsats_pathways
  (phase, municipality, family, until_on, from_on, until_day, from_day)""",
    """
CREATE INDEX indsats_visits_phase ON indsats_visits
  (phase, municipality, family, left_by, until_on, from_on, days)""",
    "CREATE INDEX indsats_assignments_worker ON indsats_assignments (worker, municipality, family)",
    """
CREATE INDEX indsats_obligations_rule ON indsats_obligations (rule, municipality, family, settled_on, status)
  WHERE settled_on IS NOT NULL""",
    """
CREATE INDEX indsats_obligations_waiting ON indsats_obligations
  (municipality, family, due, citizen, rule, status, responsible, worker, unit)
  WHERE status IN ('open', 'on_hold', 'breached')""",
    """
CREATE INDEX indsats_facts_kind ON indsats_facts
  (kind, municipality, family, subject, citizen, from_on, place, visit)""",
)

MIGRATIONS = (
    Migration(
        1,
        "events, streams, citizens' keys, tracking",
        (_STREAMS, _EVENTS, _CITIZEN_KEYS, _TRACKING),
        {"sqlite": _REFUSE_ON_SQLITE, "postgresql": _REFUSE_ON_POSTGRESQL},
    ),
    Migration(
        2,
        "read models",
        (
            _PATHWAYS,
            _VISITS,
            _SPELLS,
            _EMPLOYMENTS,
            _ASSIGNMENTS,
            _OBLIGATIONS,
            _FACTS,
            _FACT_FIELDS,
            *_READ_MODEL_INDEXES,
        ),
    ),
    Migration(
        3,
        "models, ids, days of the next change, reads, refusals, outbox",
        step_3.STATEMENTS,
        step_3.MORE,
    ),
    Migration(4, "fields of facts by citizen, and what lasts", step_4.STATEMENTS, step_4.MORE),
    Migration(5, "marks on pathways and on facts counted", step_5.STATEMENTS),
)
"""Every step there ever was, in order. A new one is added at the end."""
