"""Files on their way into a database: read for it, and what it refuses of them told with file and line."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import click

from indsats.cli.documents import recorded_document
from indsats.cli.reading import Files
from indsats.engine import Engine
from indsats.engine.arrivals import Arrival
from indsats.engine.results import Recorded, Refusal
from indsats.engine.transactions import failures_told
from indsats.errors import FactsRefused
from indsats.models.faults import Fault, shown
from indsats.replay.document import Json
from indsats.replay.entries import AnyLine, Into
from indsats.replay.registrations import arrival_of
from indsats.replay.source import Source, is_facts


class _Place(NamedTuple):
    source: Source
    entry: AnyLine

    def fault(self, refusal: Refusal) -> Fault:
        """What the database has against the entry, at its line."""
        return Fault(self.source.file, self.entry.line, None, refusal.reason, tuple(refusal.allowed))


class Filing:
    """The contents of files, read for the database of an engine. `actor` and `role` registered what names nobody."""

    def __init__(self, engine: Engine, files: Files, actor: str = "import", role: str = "system") -> None:
        if files.refused_to and not all(map(is_facts, files.paths)):
            raise click.UsageError("--skip-refused is for fact files; a scenario is recorded as a whole.")
        with failures_told(), engine.database.read() as connection:
            key = engine.parts.content_key(connection)
        into = Into(key, is_database=True, actor=actor, role=role)
        self.key = key
        self._files = files
        self._sources = files.sources(engine.model, municipality=engine.municipalities[0], into=into)
        self._places = [_Place(source, entry) for source in self._sources for entry in source.entries]
        for source in self._sources:
            for model in source.others.values():
                engine.models.add(model)

    @property
    def entries(self) -> Sequence[AnyLine]:
        """All entries, in their order."""
        return [place.entry for place in self._places]

    def hand_over(self, take: Callable[[Sequence[Arrival], bool], Recorded]) -> Json:
        """Have them taken, and say what came of it; `take` is told whether to skip what it refuses.

        What was refused, by the reader or the database, goes to the file for that. Raises `FactsRefused` if there is
        none, with file and line of each.
        """
        arrivals = [arrival_of(entry, source.others) for source, entry in self._places]
        refused = [refusal for source in self._sources for refusal in source.refused]
        self._files.set_aside(refused)  # so that a file that cannot be written is known before anything is recorded
        try:
            done = take(arrivals, self._files.refused_to is not None)
        except FactsRefused as fault:
            refusals = [refusal for refusal in fault.refusals if isinstance(refusal, Refusal)]
            faults = [self._places[refusal.place].fault(refusal) for refusal in refusals]
            raise FactsRefused([str(each) for each in shown(faults)], fault.refusals) from None
        for refusal in done.refused:
            place = self._places[refusal.place]
            line = place.source.lines[place.entry.line]
            refused.append(line._replace(faults=(place.fault(refusal),)))
        order = [source.file for source in self._sources]
        self._files.set_aside(sorted(refused, key=lambda one: (order.index(one.file), one.line)))
        repeated = sum(source.repeated for source in self._sources)
        return recorded_document(done, repeated=repeated, refused=len(refused) - len(done.refused))
