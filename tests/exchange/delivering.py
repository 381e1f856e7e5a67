"""What is done in a process of its own, which is killed."""

from multiprocessing.connection import Connection as Telling
from pathlib import Path

from tests.exchange.telling import SMALL, at_noon

from indsats.engine import Engine
from indsats.exchange.outbox import deliver
from indsats.exchange.webhook import Webhook
from indsats.store.keys import FileKeys


def deliver_all(where: str, keys: Path, url: str, telling: Telling) -> None:
    """Deliver to an address; tells how many arrived."""
    with Engine(where, SMALL, clock=at_noon(40), keys=FileKeys(keys)) as engine:
        telling.send(deliver(engine, Webhook(url)).delivered)
