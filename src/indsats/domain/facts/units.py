"""What happens in a unit or club, and names no citizen as its subject."""

from datetime import date

from indsats.domain.facts.new_fact import NewFact, Number, new_fact


def job_order_received(*, on: date, order: str, id: str | None = None) -> NewFact:
    """A company asked the unit for a worker; `order` is the id of that job order."""
    return new_fact("job_order_received", on, id, order=order)


def order_placed(*, on: date, order: str, placed: str | None = None, id: str | None = None) -> NewFact:
    """A job order was filled; `placed` is the id of the citizen."""
    return new_fact("order_placed", on, id, order=order, placed=placed)


def club_meeting_held(*, on: date, club: str, hours: Number, id: str | None = None) -> NewFact:
    """The job club met, for so many hours."""
    return new_fact("club_meeting_held", on, id, club=club, hours=hours)
