"""Step 3: models in use, ids of what was registered, when pathways are looked at again, reads, refusals, outbox."""

from collections.abc import Mapping

_MODELS = """
CREATE TABLE indsats_models (
  digest TEXT NOT NULL PRIMARY KEY,
  model TEXT NOT NULL,
  form TEXT NOT NULL,
  first_used_at TEXT NOT NULL
)"""

_REGISTRATIONS = """
CREATE TABLE indsats_registrations (
  municipality TEXT NOT NULL,
  id TEXT NOT NULL,
  stream_key {key} NOT NULL REFERENCES indsats_streams (stream_key),
  PRIMARY KEY (municipality, id)
)"""

_DUE = """
CREATE TABLE indsats_due (
  stream_key {key} NOT NULL PRIMARY KEY REFERENCES indsats_streams (stream_key),
  municipality TEXT NOT NULL,
  next_change TEXT,
  synced_on TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  retry_at TEXT,
  fault TEXT
)"""

_READS = """
CREATE TABLE indsats_reads (
  number {counted},
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  municipality TEXT,
  command TEXT NOT NULL,
  subject_id TEXT,
  filter TEXT
)"""

_REFUSALS = """
CREATE TABLE indsats_refusals (
  number {counted},
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  actor_municipality TEXT,
  municipality TEXT,
  command TEXT NOT NULL,
  subject_id TEXT,
  reason TEXT NOT NULL
)"""

_OUTBOX = """
CREATE TABLE indsats_outbox (
  number {counted},
  at TEXT NOT NULL,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  municipality TEXT NOT NULL,
  stream TEXT NOT NULL,
  data TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  retry_at TEXT,
  delivered_at TEXT,
  dead_at TEXT,
  fault TEXT
)"""

STATEMENTS = (
    _MODELS,
    _REGISTRATIONS,
    _DUE,
    "CREATE INDEX indsats_due_next_change ON indsats_due (municipality, next_change)",
    _READS,
    _REFUSALS,
    _OUTBOX,
    "CREATE INDEX indsats_outbox_waiting ON indsats_outbox (municipality, number) WHERE delivered_at IS NULL",
)

_APPEND_ONLY = ("indsats_models", "indsats_reads", "indsats_refusals")


_IDS_ON_SQLITE = """
INSERT INTO indsats_registrations (municipality, id, stream_key)
SELECT municipality,
  CASE WHEN name LIKE 'fact_recorded.%' THEN json_extract(state, '$.fact') ELSE json_extract(state, '$.id') END AS id,
  stream_key
FROM indsats_events JOIN indsats_streams USING (stream_key)
WHERE name LIKE 'fact_recorded.%' OR name LIKE 'fact_annulled.%' OR name LIKE 'model_changed.%'
ON CONFLICT DO NOTHING"""

# The driver takes a lone percent sign for a parameter.
_IDS_ON_POSTGRESQL = """
INSERT INTO indsats_registrations (municipality, id, stream_key)
SELECT municipality,
  CASE WHEN name LIKE 'fact_recorded.%%' THEN state::json->>'fact' ELSE state::json->>'id' END AS id,
  stream_key
FROM indsats_events JOIN indsats_streams USING (stream_key)
WHERE name LIKE 'fact_recorded.%%' OR name LIKE 'fact_annulled.%%' OR name LIKE 'model_changed.%%'
ON CONFLICT DO NOTHING"""

MORE: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        _IDS_ON_SQLITE,
        *(
            f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {action} is refused'); END"
            for table in _APPEND_ONLY
            for action in ("UPDATE", "DELETE")
        ),
    ),
    "postgresql": (
        _IDS_ON_POSTGRESQL,
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION indsats_refuse_change()"
            for table in _APPEND_ONLY
        ),
    ),
}
