"""Spells of a benefit."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from indsats.domain.calendar import add_months
from indsats.domain.timeline import Timeline
from indsats.projections.pathways import open_text

_ENDS = ("spell_end", "employment_start", "close")


class SpellRow(NamedTuple):
    """A spell, first as it lasts and then as it ended: on the first day without the benefit, by what kind of fact, why.

    `months` is how many calendar months it lasted in full: a spell of exactly six months has six. It counts as ended
    once the gap has passed within which a next start would join it; that day is `from_on` of the row with `ended_on`.
    """

    spell: int
    from_on: date
    until_on: date | None
    started_on: date
    ended_on: date | None = None
    ended_by: str | None = None
    reason: str | None = None
    months: int | None = None


class _Piece(NamedTuple):
    """From a start to the first later end, by places in fact order; `end` is None while it runs."""

    start: int
    end: int | None


def spell_rows(timeline: Timeline) -> list[SpellRow]:
    """The spells, each from a start to E, the first day without: the day of the first later end, job or closing.

    "Later" goes by fact order. A piece without a day is left out. The next start S joins when S < E + `spell_gap`.
    A spell has ended when E + `spell_gap` <= the day asked for.
    """
    model, facts = timeline.model, timeline.facts
    rows: list[SpellRow] = []
    for number, (start, end) in enumerate(_joined(timeline)):
        started_on = facts[start].on
        lasting = SpellRow(number, started_on, None, started_on)
        if end is None:
            rows.append(lasting)
            continue
        ended_on = facts[end].on
        settled_on = model.calendar.add(ended_on, model.policies.spell_gap)
        rows.append(lasting._replace(until_on=settled_on))
        rows.append(
            lasting._replace(
                from_on=settled_on,
                ended_on=ended_on,
                ended_by=facts[end].kind,
                reason=open_text(timeline, end, "reason") if model.facts[facts[end].kind].effect == "close" else None,
                months=whole_months(started_on, ended_on),
            )
        )
    return rows


def _joined(timeline: Timeline) -> list[_Piece]:
    gap, add = timeline.model.policies.spell_gap, timeline.model.calendar.add
    joined: list[_Piece] = []
    for piece in _pieces(timeline):
        if joined:
            before = joined[-1]
            if before.end is None or timeline.facts[piece.start].on < add(timeline.facts[before.end].on, gap):
                joined[-1] = before._replace(end=piece.end)
                continue
        joined.append(piece)
    return joined


def _pieces(timeline: Timeline) -> Iterator[_Piece]:
    ends = sorted(index for effect in _ENDS for index in timeline.by_effect.get(effect, ()))
    for start in timeline.by_effect.get("spell_start", ()):
        later = bisect_right(ends, start)
        end = ends[later] if later < len(ends) else None
        if end is None or timeline.facts[end].on > timeline.facts[start].on:
            yield _Piece(start, end)


def whole_months(first: date, until: date) -> int:
    """The most months that, added to `first`, do not pass `until`; they clamp to the last day of the month reached."""
    months = 12 * (until.year - first.year) + until.month - first.month
    return months if add_months(first, months) <= until else months - 1
