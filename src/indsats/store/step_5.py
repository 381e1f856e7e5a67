"""Step 5: marks of what key figures ask for on pathways and on the facts that they count, and of which models."""

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
  begun_on DATE NOT NULL,
  marks {text},
  PRIMARY KEY (municipality, family, subject, citizen, from_on)
)"""

_COUNTED_FACTS = """
CREATE TABLE indsats_counted_facts (
  municipality {text} NOT NULL,
  family {text} NOT NULL,
  subject {text} NOT NULL,
  citizen {text} NOT NULL,
  place INTEGER NOT NULL,
  kind {text} NOT NULL,
  happened_on DATE NOT NULL,
  from_on DATE NOT NULL,
  until_on DATE,
  visit INTEGER,
  stretch INTEGER,
  employment {text},
  marks {text},
  PRIMARY KEY (municipality, family, subject, citizen, place, from_on)
)"""

_DUE = """
CREATE TABLE indsats_due (
  stream_key {key} NOT NULL PRIMARY KEY REFERENCES indsats_streams (stream_key),
  municipality TEXT NOT NULL,
  next_change TEXT,
  synced_on TEXT NOT NULL,
  models TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  retry_at TEXT,
  fault TEXT
)"""

STATEMENTS = (
    "DROP TABLE indsats_pathways",
    _PATHWAYS,
    """
CREATE INDEX indsats_pathways_phase ON indsats_pathways
  (phase, municipality, family, until_on, from_on, until_day, from_day, marks)""",
    _COUNTED_FACTS,
    """
CREATE INDEX indsats_counted_facts_day ON indsats_counted_facts
  (kind, municipality, family, happened_on, from_on, until_on, marks, citizen, subject)""",
    # Empty, so that the read models of every pathway are made anew.
    "DROP TABLE indsats_due",
    _DUE,
    "CREATE INDEX indsats_due_next_change ON indsats_due (municipality, next_change)",
)
