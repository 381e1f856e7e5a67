"""Every exception that indsats raises on purpose.

IndsatsError
├── InputInvalid            a file, model, scenario or value cannot be read as what it should be
│   ├── ValueInvalid        one value: a day that does not exist, a duration of unknown form
│   ├── ModelInvalid        a model file with faults, all of them at once
│   └── FactsInvalid        a fact or scenario file with faults, all of them at once
├── Refused                 well-formed, but not allowed here and now; nothing was recorded
│   ├── FactRefused         no legal move from the present phase, or an id that is taken
│   ├── FactsRefused        some of an import cannot be recorded
│   ├── NotAllowed          the role may not do this, or not in this municipality
│   ├── UnknownPathway      nothing was registered about this citizen
│   ├── UnknownFact         no fact has this id
│   ├── UnknownWorker       nobody was ever assigned under this name
│   └── ConcurrentChange    somebody else wrote to the pathway meanwhile
├── StoredEventUnreadable   a stored row is of an unknown name or does not decode
├── DatabaseNotReady        the database lacks tables of this version, or is newer than it
├── DatabaseFailed          the database did not do what was asked: full, read-only, locked, gone
├── ModelMissing            a model that a pathway runs under is neither stored nor at hand
└── KeyMissing              a master key that something was sealed under is not at hand
"""

from collections.abc import Sequence


class IndsatsError(Exception):
    """The root: catch this to catch whatever indsats refuses."""


class InputInvalid(IndsatsError):
    """Input that cannot be read; `faults` has one line each, in the order of the file."""

    def __init__(self, *faults: object) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class ValueInvalid(InputInvalid, ValueError):
    """One value is not of the form that its type demands."""


class ModelInvalid(InputInvalid):
    """A model has faults."""


class FactsInvalid(InputInvalid):
    """A fact file or scenario has faults; nothing of it was recorded."""


class Refused(IndsatsError):
    """A wish that is understood but not granted."""


class FactRefused(Refused):
    """A fact that is not legal here; `allowed` lists what would be."""

    def __init__(self, reason: str, allowed: Sequence[str] = ()) -> None:
        self.reason = reason
        self.allowed = tuple(allowed)
        super().__init__(f"{reason}; allowed: {', '.join(allowed)}" if allowed else reason)


class FactsRefused(Refused):
    """Some of what was to be imported cannot be; `refusals` say which, and nothing was recorded."""

    def __init__(self, reasons: Sequence[str], refusals: Sequence[object]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("\n".join(reasons))


class NotAllowed(Refused):
    """The actor may not do this; `allowed` lists the roles that may."""

    def __init__(self, reason: str, allowed: Sequence[str] = ()) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"{reason}; allowed: {', '.join(allowed)}" if allowed else reason)


class UnknownPathway(Refused):
    """Nothing was registered about the citizen or other subject."""


class UnknownFact(Refused):
    """No fact of the municipality has the id."""


class UnknownWorker(Refused):
    """Nobody was ever assigned under this name; `allowed` lists who was, `meant` is who may have been meant."""

    def __init__(self, reason: str, allowed: Sequence[str] = (), meant: str | None = None) -> None:
        self.allowed = tuple(allowed)
        self.meant = meant
        guess = f"; did you mean {meant}?" if meant else ""
        super().__init__(f"{reason}; allowed: {', '.join(allowed) or 'none'}{guess}")


class ConcurrentChange(Refused):
    """Somebody else wrote to the pathway meanwhile; `events` names what, as text. Read again and decide again."""

    def __init__(self, reason: str, events: Sequence[str] = ()) -> None:
        self.events = tuple(events)
        super().__init__(f"{reason}: {'; '.join(events)}" if events else reason)


class StoredEventUnreadable(IndsatsError):
    """A stored event that this version cannot read: stream, version and reason."""

    def __init__(self, stream: str, version: int, reason: str) -> None:
        self.stream = stream
        self.version = version
        self.reason = reason
        super().__init__(f"stream {stream}, version {version}: {reason}")


class DatabaseNotReady(IndsatsError):
    """The tables are not those of this version; the message says which command mends it."""


class DatabaseFailed(IndsatsError):
    """The database did not do what was asked; nothing of the command was recorded."""


class ModelMissing(IndsatsError):
    """A pathway runs under a model of this digest, which is neither stored nor at hand."""


class KeyMissing(IndsatsError):
    """A master key is not where it should be, or not kept as it should be. Nothing was read or written."""
