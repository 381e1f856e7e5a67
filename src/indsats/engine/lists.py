"""Lists of what is owed: from the read models for now, and derived from the log for any other point."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, exists, literal_column, select

from indsats.domain.calendar import local_day
from indsats.domain.model import Model, Title
from indsats.domain.pathway import Pathway
from indsats.domain.values import Actor
from indsats.engine.intake import not_ahead, point_of_view
from indsats.engine.remarks import Remarks
from indsats.engine.results import Anchor, Listed, Owed
from indsats.engine.transactions import Transactions
from indsats.engine.unit import Parts
from indsats.errors import ValueInvalid
from indsats.projections.due import DueTable
from indsats.projections.obligations import ObligationRow, obligation_rows
from indsats.projections.rows import PathwayKey
from indsats.projections.tables import LIVE
from indsats.store import tables
from indsats.store.connection import Host
from indsats.store.fold import fold_some, fold_streams
from indsats.store.mapper import EventMapper

WAITING = ("open", "on_hold", "breached")
"""The statuses of what somebody still has to do."""

_NEVER = date.max
_obligation = LIVE.tables["obligations"].c
_due, _stream = tables.due.c, tables.streams.c
_COLUMNS = [_obligation[name] for name in ObligationRow._fields]


class Wanted(NamedTuple):
    """Which obligations are asked for; what is None or empty is not asked. Of all that fit `limit` after `offset`.

    `due_from` and `due_until` are both included; what has no due day while a hold lasts fits neither.
    """

    citizen: str | None = None
    rule: str | None = None
    status: tuple[str, ...] = ()
    role: str | None = None
    worker: str | None = None
    unit: str | None = None
    limit: int | None = None
    offset: int = 0
    due_from: date | None = None
    due_until: date | None = None

    def fits(self, row: ObligationRow) -> bool:
        """Whether an obligation is one of these; the citizen is not looked at."""
        return (
            self.rule in (None, row.rule)
            and (not self.status or row.status in self.status)
            and self.role in (None, row.responsible)
            and self.worker in (None, row.worker)
            and self.unit in (None, row.unit)
            and (self.due_from is None or (row.due is not None and row.due >= self.due_from))
            and (self.due_until is None or (row.due is not None and row.due <= self.due_until))
        )


ALL = Wanted()
"""Nothing is asked, everything fits."""


class Question(NamedTuple):
    """Who asks for which list: `obligations`, or `follow_ups`, which are those that wait, by due day."""

    command: Literal["obligations", "follow_ups"]
    actor: Actor
    municipalities: Sequence[str]
    as_of: date | None
    known_at: datetime | None
    wanted: Wanted


class _Found(NamedTuple):
    """An obligation with what it is sorted by, and whose it is."""

    place: tuple[Any, ...]
    municipality: str
    citizen: str
    row: ObligationRow


class Lists:
    """The lists of one engine, over the pathways of its model's family and subject."""

    def __init__(self, parts: Parts, model: Model) -> None:
        self._parts = parts
        self._model = model

    def answer(
        self,
        transactions: Transactions,
        question: Question,
        progress: Callable[[int], None] = lambda _: None,
        host: Host | None = None,
    ) -> Listed:
        """The list that is asked for, noted as one read with what was asked.

        Raises `NotAllowed`; `ValueInvalid` for a point of view that is none, or a status of what waits no more.
        """
        command, actor, whose, as_of, known_at, wanted = question
        point_of_view(as_of, known_at)
        by_due = command == "follow_ups"
        if by_due:
            if done := [status for status in wanted.status if status not in WAITING]:
                raise ValueInvalid(f"status: nobody has to follow up what is {done[0]}; allowed: {', '.join(WAITING)}")
            wanted = wanted._replace(status=wanted.status or WAITING)

        def work(connection: Connection) -> Listed:
            return self.owed(connection, whose, wanted, as_of, known_at, by_due=by_due, progress=progress)

        asked = {"as_of": as_of, "known_at": known_at, **wanted._asdict()}
        asked = {name: value for name, value in asked.items() if value not in (None, (), 0)}
        named = whose[0] if len(whose) == 1 else None
        return transactions.read(command, actor, named, work, subject_id=wanted.citizen, asked=asked, host=host)

    def owed(
        self,
        connection: Connection,
        municipalities: Collection[str],
        wanted: Wanted,
        as_of: date | None,
        known_at: datetime | None,
        *,
        by_due: bool,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Listed:
        """What is owed as of a day and as far as known at an instant: sorted by due day, else by citizen and anchor.

        The read models know the present only; for any other point, and for pathways that a sweep has not come to yet,
        it is derived from the log. `progress` is told how many pathways were.
        """
        now = self._parts.clock.now()
        if known_at is not None and known_at >= now:
            known_at = None  # what will be registered is not known yet
        instant, today = known_at or now, local_day(now)
        day = as_of or local_day(instant)
        key = _by_due if by_due else _by_citizen
        found: list[Iterable[_Found]] = []
        for municipality in municipalities:
            if wanted.citizen is not None:
                whose = PathwayKey(municipality, self._model.family, self._model.subject, wanted.citizen)
                pathway = self._parts.fold(connection, whose)
                some = [pathway] if pathway is not None else []
                found.append(sorted(self._derived(some, wanted, day, known_at, key, progress)))
            elif known_at is None and day == today:
                behind = list(DueTable(connection, [municipality]).due(today))
                stored = self._stored(connection, municipality, wanted, today, by_due=by_due, leave_out=bool(behind))
                found.append([_Found(key(citizen, row), municipality, citizen, row) for citizen, row in stored])
                late = fold_some(connection, EventMapper(), [stream for stream, _ in behind]).values()
                found.append(sorted(self._derived(late, wanted, day, known_at, key, progress)))
            else:
                every = fold_streams(
                    connection,
                    EventMapper(),
                    municipality=municipality,
                    family=self._model.family,
                    subject=self._model.subject,
                )
                found.append(sorted(self._derived(every, wanted, day, known_at, key, progress)))
        stop = None if wanted.limit is None else wanted.offset + wanted.limit + 1
        page = list(islice(merge(*found), wanted.offset, stop))
        more = wanted.limit is not None and len(page) > wanted.limit
        remarks = Remarks(connection, self._parts, self._model)
        return Listed(day, instant, [self._shown(one, day, remarks) for one in page[: wanted.limit]], more)

    def _derived(
        self,
        pathways: Iterable[Pathway],
        wanted: Wanted,
        as_of: date,
        known_at: datetime | None,
        key: Callable[[str, ObligationRow], tuple[Any, ...]],
        progress: Callable[[int], None],
    ) -> Iterator[_Found]:
        for pathway in pathways:
            progress(1)
            instant = not_ahead(known_at, self._parts.clock.now(), pathway)
            if pathway.is_known(instant) and (pathway.family, pathway.subject) == (
                self._model.family,
                self._model.subject,
            ):
                for row in obligation_rows(pathway.derive(self._parts.models, as_of, instant)):
                    if wanted.fits(row):
                        citizen = pathway.citizen
                        yield _Found(key(citizen, row), pathway.municipality, citizen, row)

    def _stored(
        self,
        connection: Connection,
        municipality: str,
        wanted: Wanted,
        today: date,
        *,
        by_due: bool,
        leave_out: bool,
    ) -> list[tuple[str, ObligationRow]]:
        """From the read models, in order; `leave_out` the pathways that a sweep has not come to yet."""
        query: Select[Any] = select(_obligation.citizen, *_COLUMNS).where(
            _obligation.municipality == municipality,
            _obligation.family == self._model.family,
            _obligation.subject == self._model.subject,
        )
        asked = {
            _obligation.rule: wanted.rule,
            _obligation.responsible: wanted.role,
            _obligation.worker: wanted.worker,
            _obligation.unit: wanted.unit,
        }
        query = query.where(*(column == value for column, value in asked.items() if value is not None))
        if wanted.due_from is not None:
            query = query.where(_obligation.due >= wanted.due_from)
        if wanted.due_until is not None:
            query = query.where(_obligation.due <= wanted.due_until)
        if wanted.status:
            query = query.where(_obligation.status.in_(wanted.status))
        if wanted.status and set(wanted.status) <= set(WAITING):
            # As the partial index has it, so that it is used.
            query = query.where(_obligation.status.in_([literal_column(f"'{status}'") for status in WAITING]))
        if leave_out:
            query = query.where(
                ~exists().where(
                    _stream.stream_key == _due.stream_key,
                    _stream.municipality == _obligation.municipality,
                    _stream.family == _obligation.family,
                    _stream.subject == _obligation.subject,
                    _stream.subject_id == _obligation.citizen,
                    _due.next_change <= today.isoformat(),
                )
            )
        o = _obligation
        if by_due:
            query = query.order_by(o.due.nulls_last(), o.citizen, o.rule, o.anchor_on, o.anchor_place, o.n)
        else:
            query = query.order_by(o.citizen, o.anchor_on, o.rule, o.anchor_place, o.n)
        if wanted.limit is not None:
            query = query.limit(wanted.offset + wanted.limit + 1)
        return [(citizen, ObligationRow(*row)) for citizen, *row in connection.execute(query)]

    def _shown(self, found: _Found, as_of: date, remarks: Remarks) -> Owed:
        row = found.row
        return Owed(
            citizen=found.citizen,
            municipality=found.municipality,
            rule=row.rule,
            anchor=Anchor(row.anchor_fact, row.anchor_on, row.anchor),
            n=row.n,
            due=row.due,
            book_by=row.book_by,
            status=row.status,
            satisfied_on=row.satisfied_on,
            force=row.force,
            responsible=row.responsible,
            known_in_time=row.known_in_time,
            cause=row.cause,
            worker=row.worker,
            unit=row.unit,
            days_left=None if row.due is None else (row.due - as_of).days,
            reason=self._reason(row),
            **remarks.on(found.municipality, found.citizen, row.remarked_in),
        )

    def _reason(self, row: ObligationRow) -> Title | None:
        """What is to be done, because of what, and where that is written."""
        for model in (self._model, *self._parts.models.values()):
            if (rule := model.rule(row.rule)) is not None:
                title = rule.title or Title(rule.id, rule.id)
                source = f"; {rule.source}" if rule.source else ""
                return Title(
                    f"{title.da} (udløst af {row.anchor_fact} {row.anchor_on}{source})",
                    f"{title.en} (because of {row.anchor_fact} {row.anchor_on}{source})",
                )
        return None


def _by_due(citizen: str, row: ObligationRow) -> tuple[Any, ...]:
    return (row.due or _NEVER, citizen, row.rule, row.anchor_on, row.anchor_place, row.n)


def _by_citizen(citizen: str, row: ObligationRow) -> tuple[Any, ...]:
    return (citizen, row.anchor_on, row.rule, row.anchor_place, row.n)
