"""A case system's web service: its own row of a job and our fact about it are one transaction."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine as HostEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from indsats.clock import Clock
from indsats.domain import facts
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.errors import FactRefused, FactsInvalid, IndsatsError, NotAllowed, UnknownPathway

STATUS = {FactsInvalid: 422, FactRefused: 409, NotAllowed: 403, UnknownPathway: 404}


class Base(DeclarativeBase):
    """The case system's own tables."""


class Job(Base):
    """A row of the case system."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(primary_key=True)
    citizen: Mapped[str]
    starts_on: Mapped[date]


def logged_in(x_user: Annotated[str, Header()], x_role: Annotated[str, Header()]) -> Actor:
    """Who calls; here stands the login of your own system."""
    return Actor(x_user, x_role, municipality="0336")


def create_app(database: HostEngine, clock: Clock | None = None) -> FastAPI:
    """The service, on a database that holds its tables and ours."""
    app = FastAPI()
    engine = Engine(database, "stevns-2017", clock=clock, create=True)
    Base.metadata.create_all(database)

    @app.put("/citizens/{citizen}/jobs/{job}")
    def put_job(
        citizen: str, job: str, starts_on: date, weekly_hours: Decimal, actor: Annotated[Actor, Depends(logged_in)]
    ) -> dict[str, int]:
        fact = facts.flexjob_started(id=f"job-{job}", on=starts_on, employment=job, weekly_hours=weekly_hours)
        with Session(database) as session, session.begin():
            session.merge(Job(id=job, citizen=citizen, starts_on=starts_on))
            session.flush()
            done = engine.record(citizen, fact, actor=actor, connection=session)
        return {"recorded": done.recorded, "repeated": done.repeated}

    @app.get("/citizens/{citizen}")
    def get_citizen(citizen: str, actor: Annotated[Actor, Depends(logged_in)]) -> dict[str, object]:
        pathway = engine.pathway(citizen, actor=actor).derivation
        owed = [{"rule": duty.rule, "due": duty.due, "status": duty.status} for duty in pathway.obligations]
        return {"phase": pathway.timeline.phase, "obligations": owed}

    @app.exception_handler(IndsatsError)
    def refused(_: Request, fault: IndsatsError) -> JSONResponse:
        body = {"error": str(fault), "allowed": getattr(fault, "allowed", ())}
        return JSONResponse(body, STATUS.get(type(fault), 500))

    return app
