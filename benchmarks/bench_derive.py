"""What does deriving a pathway of 60 facts cost, as the mean of several? The floor beside it: decoding the facts."""

from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter

from indsats.domain.calendar import end_of
from indsats.domain.events import Envelope, Event, FactRecorded
from indsats.domain.obligations import Derivation, derive
from indsats.domain.timeline import Fact
from indsats.models.library import load
from indsats.replay.entries import FactLine
from indsats.replay.facts_file import read_facts
from indsats.replay.simulate import Municipality
from indsats.store.mapper import EventMapper

AS_OF = date(2018, 6, 30)
PATHWAYS = 20


def milliseconds(work: Callable[[], object], rounds: int = 40) -> float:
    """The median time of one pathway, over rounds of all."""
    times = []
    for _ in range(rounds):
        begin = perf_counter()
        work()
        times.append((perf_counter() - begin) / PATHWAYS * 1000)
    return median(times)


def main() -> None:
    """Print both times and their ratio."""
    model = load("stevns-2017")
    mapper = EventMapper()
    content = "\n".join(Municipality(citizens=PATHWAYS).lines()).encode()
    pathways: dict[str, list[FactLine]] = {}
    for entry in read_facts(content, "load", model).entries:
        if isinstance(entry, FactLine):
            pathways.setdefault(entry.subject, []).append(entry)
    rows = [
        mapper.to_stored_event(_event(entry, version))
        for entries in pathways.values()
        for version, entry in enumerate(entries, start=1)
    ]
    histories = [
        [
            Fact(entry.id, entry.kind, entry.on, entry.recorded_at, version, entry.fields)
            for version, entry in enumerate(entries, start=1)
        ]
        for entries in pathways.values()
    ]
    known_at = end_of(AS_OF)

    def decode() -> list[Event]:
        return [mapper.to_domain_event(row) for row in rows]

    def derived() -> list[Derivation]:
        return [derive(model, facts, AS_OF, known_at) for facts in histories]

    floor, time = milliseconds(decode), milliseconds(derived)
    owed = sum(len(derivation.obligations) for derivation in derived())
    print(f"decode {len(rows) / PATHWAYS:.0f} facts: {floor:.3f} ms")
    print(f"derive {owed / PATHWAYS:.0f} obligations from them: {time:.3f} ms, {time / floor:.1f} times the decoding")


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
