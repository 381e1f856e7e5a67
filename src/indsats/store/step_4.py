"""Step 4: a fact's fields are found by the citizen first, on SQLite in the key's own tree."""

from collections.abc import Mapping

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

STATEMENTS = (_WORKER_NAMES, _TOLD_OF_LIMITS)

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
