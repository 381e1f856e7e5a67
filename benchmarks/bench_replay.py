"""What do 100,000 facts of 1,500 citizens cost, swept daily for 18 months, and what share is derivation?"""

import sys
from collections.abc import Callable
from datetime import date
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import ParamSpec, TypeVar

from indsats.domain import pathway
from indsats.models.library import load
from indsats.replay.facts_file import read_facts
from indsats.replay.run import replay
from indsats.replay.simulate import Municipality

P = ParamSpec("P")
T = TypeVar("T")


class Timed:
    """Adds up the time that a function takes, and how often it is called."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function, timed."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            begin = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += perf_counter() - begin
                self.calls += 1

        return timed


def main(citizens: int) -> None:
    """Print times, the share of derivation, pathways visited by sweeps, and the peak of memory."""
    model = load("stevns-2017")
    content = "\n".join(Municipality(citizens=citizens, facts_each=66).lines()).encode()
    begin = perf_counter()
    entries = read_facts(content, "load", model).entries
    read = perf_counter() - begin
    derivation = Timed()
    pathway.Pathway.derive = derivation(pathway.Pathway.derive)  # type: ignore[method-assign]
    begin = perf_counter()
    run = replay(model, entries, date(2018, 6, 30), others={})
    replayed = perf_counter() - begin
    megabytes = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(f"read {len(entries)} facts of {citizens} citizens: {read:.1f} s")
    print(
        f"replay through {run.days} daily sweeps: {replayed:.1f} s, of which derivation {derivation.seconds:.1f} s "
        f"({derivation.seconds / replayed:.0%}) in {derivation.calls} calls"
    )
    print(f"pathways visited by sweeps: {run.visited} of {run.days * citizens} if each sweep visited all")
    print(f"peak of memory: {megabytes:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500)
