"""Run each night by cron: hand over the conversations held since, then look for deadlines that have passed."""

import sys
from datetime import date

from sqlalchemy import Engine as HostEngine
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from indsats.clock import Clock
from indsats.domain import facts
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.results import Swept
from indsats.errors import FactRefused, FactsInvalid

NIGHTLY = Actor("nightly", "system", municipality="0336")


class Base(DeclarativeBase):
    """The case system's own tables."""


class Conversation(Base):
    """A row of the case system; `state` is `new` until it is handed over or refused."""

    __tablename__ = "conversations"
    id: Mapped[int] = mapped_column(primary_key=True)
    citizen: Mapped[str]
    held_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="new")


def run(database: HostEngine, clock: Clock | None = None) -> Swept:
    """Hand over each new row in a transaction of its own; one that is refused says why, for a person to look at."""
    with Engine(database, "stevns-2017", clock=clock) as engine:
        with Session(database) as session:
            new = session.scalars(select(Conversation.id).where(Conversation.state == "new")).all()
        for number in new:
            try:
                hand_over(engine, database, number)
            except (FactRefused, FactsInvalid) as refused:
                with Session(database) as session, session.begin():
                    session.get_one(Conversation, number).state = f"refused: {refused}"
        return engine.sweep(actor=NIGHTLY)


def hand_over(engine: Engine, database: HostEngine, number: int) -> None:
    """Mark one row and record its fact."""
    with Session(database) as session, session.begin():
        row = session.get_one(Conversation, number, with_for_update=True)
        row.state = "handed over"
        session.flush()
        fact = facts.first_conversation_held(id=f"conversation-{row.id}", on=row.held_on, participants=["caseworker"])
        engine.record(row.citizen, fact, actor=NIGHTLY, connection=session)


if __name__ == "__main__":
    print(run(create_engine(sys.argv[1])))
