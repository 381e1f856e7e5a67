"""A process that delivers is killed, before or after the receiver took something over: all comes, at least once."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.exchange.delivering import deliver_all
from tests.exchange.receiver import Answering, Receiver, take
from tests.exchange.telling import assert_all_came_in_order, log, tell
from tests.hard.places import Child

from indsats.clock import VirtualClock
from indsats.engine import Engine
from indsats.exchange.outbox import deliver
from indsats.exchange.webhook import Webhook

KILLS = 4


def test_whoever_is_killed_in_the_middle_has_lost_nothing(
    opened: Callable[[], Engine], clock: VirtualClock, receiver: Receiver, database_url: str, tmp_path: Path
) -> None:
    engine = opened()
    tell(engine, clock, [f"c{number}" for number in range(5)])
    for number in range(KILLS):
        child = Child(deliver_all, database_url, tmp_path / "master.key", receiver.url)
        receiver.behave = killing(child, receiver, len(receiver.taken) + 4, is_taken=bool(number % 2))
        assert child.rest() == []
        assert child.process.exitcode == -9
    receiver.behave = take
    give_up = time.monotonic() + 20
    # On PostgreSQL the server takes a moment to see that somebody is gone.
    while deliver(engine, Webhook(receiver.url)).busy and time.monotonic() < give_up:
        time.sleep(0.01)
    assert_all_came_in_order(engine, receiver.taken)
    again = len(receiver.taken) - len(log(engine))
    assert 0 <= again <= KILLS


def killing(child: Child, receiver: Receiver, nth: int, *, is_taken: bool) -> Callable[[Answering], None]:
    """Take over what comes until the nth, and then kill who sent it: after taking that over, or before."""

    def behave(request: Answering) -> None:
        is_last = len(receiver.taken) + 1 >= nth
        if not is_last or is_taken:
            receiver.taken.append(receiver.asked[-1])
            request.answer(204)
        if is_last:
            child.process.kill()

    return behave
