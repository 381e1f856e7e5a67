"""The read models of a municipality as Parquet files, and key figures asked of such files through DuckDB.

An export is a directory with one file for each table of the read models, named after it, with the same columns: text
as UTF-8, days as dates, whole numbers as 32 bits, hours as doubles. It is sorted by the key, compressed with Zstandard,
and answers for the key figures of every day up to the one on which it was made. Read models hold ids and no personal
text, and so does it.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect

from indsats.domain.model import Model
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.figures import Figures
from indsats.errors import ValueInvalid
from indsats.models.kpi_form import kpis_of
from indsats.projections.facts import Named, named_by
from indsats.projections.kpis import KpiResult, compute_with
from indsats.projections.statements import Statement
from indsats.projections.tables import LIVE

try:
    import duckdb
    import pyarrow as pa
    from pyarrow import parquet
except ImportError as missing:
    raise ImportError(f"Parquet needs more than is installed ({missing}); install the extra `parquet`") from missing

_ROWS_AT_ONCE = 50_000
_TYPES: Mapping[type, pa.DataType] = {
    bool: pa.bool_(),
    date: pa.date32(),
    float: pa.float64(),
    int: pa.int32(),
    str: pa.string(),
}
_AS_OF = b"indsats.as_of"
_HELD = b"indsats.held"


class Exported(NamedTuple):
    """What was exported: where to, as of which day, whose, and how many rows each table has."""

    directory: Path
    as_of: date
    known_at: datetime
    municipality: str
    rows: Mapping[str, int]


def export(
    engine: Engine,
    directory: Path,
    *,
    actor: Actor,
    municipality: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Write the read models as they are now to a new directory, one state of them, whatever others do meanwhile.

    Pathways that a sweep has not come to yet are brought up to the day. The directory gets its name when all of it is
    on the disk, and only its owner can read it. `progress` is told how many rows were written.
    Raises `ValueInvalid` if it is there already or cannot be made; `NotAllowed`.
    """
    whose = municipality or engine.municipalities[0]
    figures = Figures(engine.parts, engine.model, whose)

    def work(_: sa.Connection) -> Exported:
        point = figures.point(None, None)
        known_at = engine.clock.now()
        needed = engine.parts.named_under(engine.model)
        with figures.seen_from(point, needed) as seen:
            rows = write(seen.connection, directory, whose, point.as_of, needed, progress)
        return Exported(directory, point.as_of, known_at, whose, rows)

    return engine.transactions.read("kpi", actor, whose, work, asked={"export": "parquet"})


def write(
    connection: sa.Connection,
    directory: Path,
    municipality: str,
    as_of: date,
    held: Named,
    progress: Callable[[int], None] = lambda _: None,
) -> Mapping[str, int]:
    """Write the read models of a municipality, brought up to a day, as a connection sees them; the rows of each table.

    `held` is what they hold of facts, for all pathways. Raises `ValueInvalid` as `export`.
    """
    about = {_AS_OF: as_of.isoformat().encode(), _HELD: msgspec.json.encode(sorted(held.parts))}
    with _new_directory(directory) as beside:
        return {
            name: _write(connection, table, municipality, about, beside / f"{name}.parquet", progress)
            for name, table in LIVE.tables.items()
        }


def kpis_of_export(directory: Path, model: Model, as_of: date, ids: Collection[str] = ()) -> Sequence[KpiResult]:
    """The figures of a model on a day from an export, by the statements that a database is asked with.

    Raises `ValueInvalid` if the directory holds no whole export, one made before the day, or one made under a model
    whose figures ask for other facts; `ModelInvalid`.
    """
    files = {table.name: directory / f"{name}.parquet" for name, table in LIVE.tables.items()}
    if absent := [file for file in files.values() if not file.is_file()]:
        raise ValueInvalid(f"{absent[0]}: there is no such file; an export has one for each table of the read models")
    about = parquet.read_schema(files["indsats_pathways"]).metadata or {}
    made_on = date.fromisoformat(about[_AS_OF].decode())
    if as_of > made_on:
        raise ValueInvalid(f"{directory}: was made on {made_on} and cannot say what is so on {as_of}")
    held = msgspec.json.decode(about[_HELD], type=set[tuple[str, str, str]])
    for name, kpi in kpis_of(model).items():
        if (not ids or name in ids) and not named_by([kpi]).parts <= held:
            raise ValueInvalid(f"{directory}: does not hold what {name!r} asks for; export under {model.reference}")
    with duckdb.connect(":memory:") as connection:
        for name, file in files.items():
            connection.read_parquet(str(file)).create_view(name)

        def ask(statement: Statement, parameters: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
            asked = statement.compile(dialect=_DIALECT).construct_expanded_state(parameters)
            return connection.execute(asked.statement, list(asked.positional_parameters)).fetchall()

        return compute_with(ask, model, as_of, ids=ids)


# DuckDB speaks PostgreSQL's SQL, and takes parameters as $1, $2, …
_DIALECT = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@contextmanager
def _new_directory(directory: Path) -> Iterator[Path]:
    """A directory for its owner alone that gets the name at the end, when all of it is on the disk; else it is gone."""
    if directory.exists():
        raise _is_there(directory)
    try:
        beside = Path(tempfile.mkdtemp(prefix=f"{directory.name}.", suffix=".part", dir=directory.parent))
    except OSError as fault:
        raise ValueInvalid(f"{directory}: cannot be made: {fault.strerror}") from fault
    try:
        yield beside
        for path in (*beside.iterdir(), beside):
            _sync(path)
        try:
            beside.rename(directory)
        except OSError:
            raise _is_there(directory) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_there(directory: Path) -> ValueInvalid:
    return ValueInvalid(f"{directory}: is there already; an export never overwrites anything")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(
    connection: sa.Connection,
    table: sa.Table,
    municipality: str,
    about: Mapping[bytes, bytes],
    file: Path,
    progress: Callable[[int], None],
) -> int:
    """One table, some thousand rows at a time; how many rows it has."""
    columns = [pa.field(column.name, _TYPES[column.type.python_type], column.nullable) for column in table.columns]
    schema = pa.schema(columns, metadata=dict(about))
    chosen = sa.select(table).where(table.c.municipality == municipality).order_by(*table.primary_key)
    written = 0
    with (
        connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(chosen) as found,
        parquet.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for rows in found.partitions():
            values = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(values, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            written += len(rows)
            progress(len(rows))
    return written
