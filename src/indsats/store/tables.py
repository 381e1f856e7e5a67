"""The tables of the event store. `migrations` makes them; a test holds the two to each other.

Everything is text or a whole number, so that the database is readable with its own shell and gives back what was put
in: instants are text such as `2017-01-02T08:00:00.000000Z`, which sorts by time, and states are JSON.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Integer, MetaData, Table, Text, UniqueConstraint

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

schema = Table(
    "indsats_schema",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
)
