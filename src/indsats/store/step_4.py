"""Step 4: fields of facts, and what facts begin and others end, found by citizen, on SQLite in the key's own tree."""

from collections.abc import Mapping

_LASTING = """
CREATE TABLE indsats_lasting (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  kind {text} NOT NULL,
  ended_by {text} NOT NULL,
  from_on DATE NOT NULL,
  place INTEGER NOT NULL,
  until_on DATE,
  until_month_on DATE,
  visit INTEGER,
  stretch INTEGER,
  employment {text},
  PRIMARY KEY (citizen, kind, ended_by, from_on, place, municipality, family, subject)
){found_by_key}"""

_WORKER_NAMES = """
CREATE TABLE indsats_worker_names (
  municipality TEXT NOT NULL,
  worker TEXT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  PRIMARY KEY (municipality, worker)
)"""

_TOLD_OF_LIMITS = (
    "CREATE INDEX indsats_outbox_limits ON indsats_outbox (municipality, stream, number) "
    "WHERE type = 'indsats.limit_passed.1'"
)

STATEMENTS = (
    _LASTING,
    _WORKER_NAMES,
    _TOLD_OF_LIMITS,
    # Whose read models are older than a table of them has them made anew.
    "DELETE FROM indsats_due",
)

_ON_SQLITE = (
    "ALTER TABLE indsats_fact_fields RENAME TO indsats_fact_fields_before",
    """
CREATE TABLE indsats_fact_fields (
  municipality VARCHAR NOT NULL,
  family VARCHAR NOT NULL,
  subject VARCHAR NOT NULL,
  citizen VARCHAR NOT NULL,
  place INTEGER NOT NULL,
  field VARCHAR NOT NULL,
  item INTEGER NOT NULL,
  text_value VARCHAR,
  number_value DOUBLE,
  day_value DATE,
  flag_value BOOLEAN,
  PRIMARY KEY (citizen, place, field, item, municipality, family, subject)
) WITHOUT ROWID""",
    """
INSERT INTO indsats_fact_fields
SELECT municipality, family, subject, citizen, place, field, item, text_value, number_value, day_value, flag_value
FROM indsats_fact_fields_before
ORDER BY citizen, place, field, item, municipality, family, subject""",
    "DROP TABLE indsats_fact_fields_before",
)

_ON_POSTGRESQL = (
    "ALTER TABLE indsats_fact_fields DROP CONSTRAINT indsats_fact_fields_pkey",
    "ALTER TABLE indsats_fact_fields ADD PRIMARY KEY (citizen, place, field, item, municipality, family, subject)",
)

MORE: Mapping[str, tuple[str, ...]] = {"sqlite": _ON_SQLITE, "postgresql": _ON_POSTGRESQL}
