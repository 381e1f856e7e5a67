"""One seeded load for all benchmarks: the facts of many citizens under `stevns-2017`, as a fact file has them."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from indsats.domain.calendar import COPENHAGEN

_START = date(2017, 1, 1)


def lines(citizens: int, facts_each: int = 67, seed: int = 7) -> list[str]:
    """JSON Lines of so many citizens over 18 months, in an order that has nothing to do with time."""
    random = Random(seed)
    found = [json.dumps(fact) for number in range(citizens) for fact in _citizen(f"c{number:06d}", facts_each, random)]
    random.shuffle(found)
    return found


def _citizen(citizen: str, facts: int, random: Random) -> Iterator[dict[str, object]]:
    """A way from ledighedsydelse into a flexjob, now and then late, absent or registered days after."""
    begin = _START + timedelta(days=random.randrange(60))
    talk = begin + timedelta(days=random.randrange(12))
    job = begin + timedelta(days=random.randrange(90, 200))
    track = random.choice(["job_club"] * 4 + ["individual"])
    made: list[tuple[str, date, dict[str, object]]] = [
        ("ledighedsydelse_started", begin, {"route": random.choice(["mover_in", "rehab_grant", "dismissed_flexjob"])}),
        (
            "first_conversation_held",
            talk,
            {"participants": ["caseworker"], "topics": ["cv"], "consultant_invited": True},
        ),
        ("referred", talk, {"track": track}),
        ("strategy_reviewed", begin + timedelta(days=random.randrange(70, 110)), {"outcome": "continue"}),
        ("flexjob_started", job, {"employment": "e1", "weekly_hours": random.choice([4, 6, 8, 10, 15])}),
        (
            "expectation_alignment_held",
            job + timedelta(days=random.randrange(40)),
            {"employment": "e1", "participants": ["employer", "citizen"]},
        ),
        ("tillaegsaftale_signed", job + timedelta(days=random.randrange(30)), {"employment": "e1"}),
    ]
    for week in range(12):
        made.append(("job_club_attended", talk + timedelta(days=3 + 7 * week), {"club": "club-1", "hours": 4}))
    for turn in range(14):
        held = job + timedelta(days=20 * turn + random.randrange(1, 25))
        made.append(("follow_up_held", held, {"employment": "e1", "participants": ["citizen", "employer"]}))
    while len(made) < facts:
        held = begin + timedelta(days=random.randrange(400))
        made.append(("conversation_held", held, {"participants": ["caseworker"]}))
    for kind, on, fields in made[:facts]:
        registered = on + timedelta(days=random.choice([0, 0, 0, 0, 1, 2, 5]))
        instant = datetime.combine(registered, time(random.randrange(8, 16), random.randrange(60)), COPENHAGEN)
        yield {"citizen": citizen, "fact": kind, "on": on.isoformat(), "recorded": instant.isoformat(), **fields}
