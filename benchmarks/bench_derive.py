"""What does it cost to derive one pathway of 60 facts? The floor beside it: decoding the same facts."""

from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter

from indsats.domain.calendar import end_of
from indsats.domain.events import Envelope, Event, FactRecorded
from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact
from indsats.models.library import load
from indsats.replay.entries import FactLine
from indsats.replay.facts_file import read_facts
from indsats.replay.simulate import Municipality
from indsats.store.mapper import EventMapper

AS_OF = date(2018, 6, 30)


def milliseconds(work: Callable[[], object], rounds: int = 40) -> float:
    """The median time of one call, over rounds of 20 calls."""
    times = []
    for _ in range(rounds):
        begin = perf_counter()
        for _ in range(20):
            work()
        times.append((perf_counter() - begin) / 20 * 1000)
    return median(times)


def main() -> None:
    """Print both times and their ratio."""
    model = load("stevns-2017")
    mapper = EventMapper()
    content = "\n".join(Municipality(citizens=1).lines()).encode()
    read = read_facts(content, "load", model).entries
    entries = [entry for entry in read if isinstance(entry, FactLine)]
    rows = [mapper.to_stored_event(_event(entry, version)) for version, entry in enumerate(entries, start=1)]

    def decode() -> list[Event]:
        return [mapper.to_domain_event(row) for row in rows]

    facts = [
        Fact(entry.id, entry.kind, entry.on, entry.recorded_at, version, entry.fields)
        for version, entry in enumerate(entries, start=1)
    ]
    known_at = end_of(AS_OF)
    floor = milliseconds(decode)
    derived = milliseconds(lambda: derive(model, facts, AS_OF, known_at))
    owed = len(derive(model, facts, AS_OF, known_at).obligations)
    print(f"decode {len(facts)} facts: {floor:.3f} ms")
    print(f"derive {owed} obligations from them: {derived:.3f} ms, {derived / floor:.1f} times the decoding")


def _event(entry: FactLine, version: int) -> Event:
    envelope = Envelope(
        stream="stream",
        version=version,
        municipality="0336",
        subject="citizen",
        recorded_at=entry.recorded_at,
        stored_at=entry.recorded_at,
        actor=entry.actor,
        role=entry.role,
        command="command",
        model_digest="digest",
    )
    return Event(envelope, FactRecorded(fact=entry.id, kind=entry.kind, on=entry.on, fields=entry.fields))


if __name__ == "__main__":
    main()
