"""The durable engine: the only place where all the parts are put together."""

from indsats.engine.engine import SCHEDULER, Engine

__all__ = ["SCHEDULER", "Engine"]
