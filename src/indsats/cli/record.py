"""`indsats record`, `import`, `annul`, `correct`: facts into a database, and what is wrong with them put right."""

from collections.abc import Sequence

import click

from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.documents import recorded_document
from indsats.cli.filing import Filing
from indsats.cli.labels import Labels
from indsats.cli.output import echo_json, json_option, lang_option, progress_bar
from indsats.cli.reading import Files, file_options, skip_option
from indsats.domain.pathway import Signature
from indsats.engine.arrivals import Arrival
from indsats.engine.results import Recorded
from indsats.errors import FactsInvalid
from indsats.replay.document import Json
from indsats.replay.entries import FactLine
from indsats.replay.registrations import new_fact_of


@click.command
@database_options
@file_options
@skip_option
@click.option("--late", is_flag=True, help="Keep facts that have no legal move, flagged as irregular.")
@json_option
@lang_option
def record(access: Access, files: Files, late: bool, as_json: bool, lang: str) -> None:
    """Record facts as of now: all that FILES hold in one transaction, or nothing.

    FILES are fact files (.jsonl, .csv) and scenarios (YAML), of which only the facts are taken; `-` reads JSON Lines
    from standard input. The instant of registration is that of the command, whatever a file says in `recorded`. Who
    registered a fact is who its line names, or else the actor.
    """
    with opened_engine(access, opens_pathways=True) as engine:
        filing = Filing(engine, files, access.actor.id, access.actor.role)

        def take(arrivals: Sequence[Arrival], skip_refused: bool) -> Recorded:
            return engine.record_all(arrivals, actor=access.actor, late=late, skip_refused=skip_refused)

        document = filing.hand_over(take)
    echo_recorded(document, as_json, lang)


@click.command(name="import")
@database_options
@file_options
@skip_option
@json_option
@lang_option
def import_command(access: Access, files: Files, as_json: bool, lang: str) -> None:
    """Record history from another system: each fact with the instant of its first registration.

    FILES are as for `record`. All is checked before anything is recorded. An import that was cut off goes on when it is
    repeated; what is there already is counted as repeated. Findings are not back-dated.
    """
    with opened_engine(access, opens_pathways=True) as engine:
        filing = Filing(engine, files)
        with progress_bar("import", len(filing.entries)) as advance:

            def take(arrivals: Sequence[Arrival], skip_refused: bool) -> Recorded:
                return engine.import_(arrivals, actor=access.actor, skip_refused=skip_refused, progress=advance)

            document = filing.hand_over(take)
    echo_recorded(document, as_json, lang)


@click.command
@click.argument("fact_id", metavar="ID")
@database_options
@click.option("--reason", required=True, help="Why it is taken out.")
@json_option
@lang_option
def annul(access: Access, fact_id: str, reason: str, as_json: bool, lang: str) -> None:
    """Take the fact with an ID out from now on; what stood before stays readable."""
    with opened_engine(access) as engine:
        done = engine.annul(fact_id, reason, actor=access.actor, municipality=one_municipality(engine))
    echo_recorded(recorded_document(done), as_json, lang)


@click.command
@click.argument("fact_id", metavar="ID")
@database_options
@file_options
@click.option("--reason", default="corrected", show_default=True, help="Why the other is taken out.")
@json_option
@lang_option
def correct(access: Access, fact_id: str, files: Files, reason: str, as_json: bool, lang: str) -> None:
    """Take the fact with an ID out, and record the one that FILES hold in its place, in one transaction."""
    with opened_engine(access) as engine:
        municipality = one_municipality(engine)
        filing = Filing(engine, files, access.actor.id, access.actor.role)
        entry, *others = filing.entries
        if others or not isinstance(entry, FactLine):
            what = f"{len(others) + 1} entries" if others else f"the entry {entry.kind}"
            raise FactsInvalid(f"{files.paths[0]}: holds {what}; allowed: one fact, which takes the other's place")
        done = engine.correct(
            fact_id,
            new_fact_of(entry, filing.key),
            actor=access.actor,
            reason=reason,
            citizen=entry.subject,
            signature=Signature(entry.actor, entry.role),
            municipality=entry.municipality or municipality,
        )
    echo_recorded(recorded_document(done), as_json, lang)


def echo_recorded(document: Json, as_json: bool, lang: str) -> None:
    """Print what came of facts: the document, or its figures for people."""
    if as_json:
        echo_json(document)
        return
    labels = Labels(lang)
    for key, value in document.items():
        click.echo(f"{labels.word(key)}: {len(value) if isinstance(value, list) else value}")
