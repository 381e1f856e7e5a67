"""`indsats remark`: what was done about a breach, or why it came to it, for those who read the lists."""

from datetime import date

import click

from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.documents import recorded_document
from indsats.cli.output import Day, json_option, lang_option
from indsats.cli.record import echo_recorded
from indsats.domain import facts
from indsats.domain.calendar import local_day
from indsats.domain.fields import allowed
from indsats.domain.obligations import Obligation
from indsats.engine.results import View
from indsats.errors import ValueInvalid


@click.command
@click.argument("citizen")
@click.argument("rule")
@database_options
@click.option("--text", required=True, help="The remark; it is sealed in the database.")
@click.option("--n", type=click.IntRange(min=1), help="Only on the occurrence of this number.")
@click.option("--employment", help="Only on what is owed for this employment.")
@click.option("--on", type=Day(), help="The day of the remark; default: today.")
@json_option
@lang_option
def remark(
    access: Access,
    citizen: str,
    rule: str,
    text: str,
    n: int | None,
    employment: str | None,
    on: date | None,
    as_json: bool,
    lang: str,
) -> None:
    """Write a remark on a breach of CITIZEN's by a RULE: the lists show the latest one, who wrote it and when.

    It changes no verdict.
    """
    with opened_engine(access) as engine:
        municipality = one_municipality(engine)
        day = on or local_day(engine.clock.now())
        view = engine.pathway(citizen, actor=access.actor, municipality=municipality)
        _refuse_nothing(view, rule, n, employment, day)
        fact = facts.breach_remarked(on=day, rule=rule, remark=text, n=n, employment=employment)
        done = engine.record(citizen, fact, actor=access.actor, municipality=municipality)
    echo_recorded(recorded_document(done), as_json, lang)


def _refuse_nothing(view: View, rule: str, n: int | None, employment: str | None, on: date) -> None:
    """A remark that stands on nothing would be lost."""

    def is_meant(owed: Obligation) -> bool:
        same_job = employment in (None, owed.anchor.text("employment"))
        return owed.rule == rule and n in (None, owed.n) and same_job and owed.anchor.on <= on

    owed = view.derivation.obligations
    if not any(map(is_meant, owed)):
        rules = sorted({one.rule for one in owed if one.anchor.on <= on})
        what = "".join(f", {name} {value}" for name, value in (("n", n), ("employment", employment)) if value)
        raise ValueInvalid(
            f"nothing was owed by {view.citizen} under the rule {rule!r}{what} by {on}; {allowed(rule, rules)}"
        )
