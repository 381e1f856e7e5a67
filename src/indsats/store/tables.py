"""The tables of the event store. `migrations` makes them; a test holds the two to each other.

Everything is text or a whole number, so that the database is readable with its own shell and gives back what was put
in: instants are text such as `2017-01-02T08:00:00.000000Z`, which sorts by time, and states are JSON.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

_Key = BigInteger().with_variant(Integer(), "sqlite")

streams = Table(
    "indsats_streams",
    metadata,
    Column("stream_key", _Key, Identity(always=True), primary_key=True),
    Column("stream", Text, nullable=False, unique=True),
    Column("municipality", Text, nullable=False),
    # Whose stream it is. Null in a stream of events that are none of ours.
    Column("family", Text),
    Column("subject", Text),
    Column("subject_id", Text),
    UniqueConstraint("municipality", "family", "subject", "subject_id"),
    sqlite_autoincrement=True,
)

events = Table(
    "indsats_events",
    metadata,
    Column("position", _Key, Identity(always=True), primary_key=True),
    Column("stream_key", _Key, ForeignKey(streams.c.stream_key), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    # The envelope; all of it is null in an event that has none.
    Column("recorded_at", Text),
    Column("stored_at", Text),
    Column("actor", Text),
    Column("role", Text),
    Column("command", Text),
    Column("model_digest", Text),
    Column("semantics", Integer),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("stream_key", "version"),
    sqlite_autoincrement=True,
)

citizen_keys = Table(
    "indsats_citizen_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("wrapped_key", Text, nullable=False),
    Column("master_key", Text, nullable=False),
    UniqueConstraint("municipality", "subject", "subject_id"),
)

tracking = Table(
    "indsats_tracking",
    metadata,
    Column("application", Text, primary_key=True),
    Column("position", _Key, nullable=False),
)

models = Table(
    "indsats_models",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("first_used_at", Text, nullable=False),
)

# Every id that was given to a fact, annulment or change of model, so that each is used once in a municipality.
registrations = Table(
    "indsats_registrations",
    metadata,
    Column("municipality", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("stream_key", _Key, ForeignKey(streams.c.stream_key), nullable=False),
    PrimaryKeyConstraint("municipality", "id"),
)

# When each pathway is to be looked at again, and why that failed if it did.
due = Table(
    "indsats_due",
    metadata,
    Column("stream_key", _Key, ForeignKey(streams.c.stream_key), primary_key=True, autoincrement=False),
    Column("municipality", Text, nullable=False),
    Column("next_change", Text),
    Column("synced_on", Text, nullable=False),
    # The digests of those that the pathway is or was under, that of its read models last.
    Column("models", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Text),
    Column("fault", Text),
    Index("indsats_due_next_change", "municipality", "next_change"),
)

reads = Table(
    "indsats_reads",
    metadata,
    Column("number", _Key, Identity(always=True), primary_key=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("municipality", Text),
    Column("command", Text, nullable=False),
    # One of the two: whose pathway was read, or the filter of the list.
    Column("subject_id", Text),
    Column("filter", Text),
    sqlite_autoincrement=True,
)

refusals = Table(
    "indsats_refusals",
    metadata,
    Column("number", _Key, Identity(always=True), primary_key=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("actor_municipality", Text),
    Column("municipality", Text),
    Column("command", Text, nullable=False),
    Column("subject_id", Text),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)

# What is to be told to other systems, in the order of the log, and what became of that.
outbox = Table(
    "indsats_outbox",
    metadata,
    Column("number", _Key, Identity(always=True), primary_key=True),
    Column("at", Text, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Text),
    Column("delivered_at", Text),
    Column("dead_at", Text),
    Column("fault", Text),
    Index(
        "indsats_outbox_waiting",
        "municipality",
        "number",
        sqlite_where=text("delivered_at IS NULL"),
        postgresql_where=text("delivered_at IS NULL"),
    ),
    Index(
        "indsats_outbox_limits",
        "municipality",
        "stream",
        "number",
        sqlite_where=text("type = 'indsats.limit_passed.1'"),
        postgresql_where=text("type = 'indsats.limit_passed.1'"),
    ),
    sqlite_autoincrement=True,
)

# Under which random name each worker is told of.
worker_names = Table(
    "indsats_worker_names",
    metadata,
    Column("municipality", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    PrimaryKeyConstraint("municipality", "worker"),
)

schema = Table(
    "indsats_schema",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
)
