"""indsats: what is owed to a citizen, by which day, by whom, and where that is written."""

from indsats.clock import Clock, SystemClock, VirtualClock
from indsats.domain.calendar import Calendar
from indsats.domain.model import Model
from indsats.domain.obligations import Derivation, Obligation, derive
from indsats.domain.timeline import Fact
from indsats.domain.values import Duration
from indsats.errors import FactRefused, FactsInvalid, IndsatsError, InputInvalid, ModelInvalid, Refused

__all__ = [
    "Calendar",
    "Clock",
    "Derivation",
    "Duration",
    "Fact",
    "FactRefused",
    "FactsInvalid",
    "IndsatsError",
    "InputInvalid",
    "Model",
    "ModelInvalid",
    "Obligation",
    "Refused",
    "SystemClock",
    "VirtualClock",
    "derive",
]
