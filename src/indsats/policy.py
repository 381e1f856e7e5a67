"""Who may do what: one table of roles and commands."""

from collections.abc import Collection, Mapping

from indsats.domain.values import Actor
from indsats.errors import NotAllowed

CASE_WORK = frozenset({"record", "annul", "correct", "pathway", "ledger", "obligations", "follow_ups"})
LEADING = CASE_WORK | {"change_model", "kpi", "limits", "reassign"}
EVERYTHING = LEADING | {"import", "sweep", "deliver", "audit", "erase", "db"}

TABLE: Mapping[str, frozenset[str]] = {
    "caseworker": CASE_WORK,
    "company_consultant": CASE_WORK,
    "follow_up_worker": CASE_WORK,
    "jobformidler": CASE_WORK,
    "authority_caseworker": CASE_WORK,
    "mentor": frozenset({"record", "pathway"}),
    "ips_consultant": frozenset({"record", "pathway"}),
    "rehab_team": frozenset({"record", "pathway"}),
    "project_leader": LEADING,
    "team_leader": LEADING,
    "system": EVERYTHING,
}
"""What each role may. A role that is not here may nothing: citizens and employers are whom facts are about."""


class Policy:
    """Decides by a table of roles and commands; a host passes its own to widen or narrow it."""

    def __init__(self, table: Mapping[str, Collection[str]] = TABLE) -> None:
        self._table = table

    def require(self, actor: Actor, command: str, municipality: str | None) -> None:
        """Raise `NotAllowed` unless the actor may do this in the municipality; None is all that the engine serves.

        An actor without a municipality belongs to the whole of the host, an actor with one to that one alone.
        """
        if command not in self._table.get(actor.role, ()):
            roles = [role for role, commands in self._table.items() if command in commands]
            raise NotAllowed(f"{actor.id} as {actor.role} may not {command.replace('_', ' ')}", roles)
        if actor.municipality is not None and municipality != actor.municipality:
            of = "several municipalities" if municipality is None else f"municipality {municipality}"
            raise NotAllowed(f"{actor.id} belongs to municipality {actor.municipality} and not to {of}")
