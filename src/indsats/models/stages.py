"""The stages of a cadence: each in force at some time, all of whole calendar periods if they are aligned."""

from collections.abc import Mapping

from indsats.domain.model import Stage
from indsats.domain.values import Duration
from indsats.models.faults import Faults, Node, SequenceNode


def read_stages(faults: Faults, what: str, keys: Mapping[str, Node], values: Mapping[str, object]) -> tuple[Stage, ...]:
    """The value of `stages` in the order of the file; `values` are the keys of the rule that were read already."""
    node = keys["stages"]
    items = faults.items(node, f"{what}: stages")
    if isinstance(node, SequenceNode) and not items and not values.get("agreement"):
        faults.add(node, f"{what}: without stages nothing is owed, unless agreement is true")
    stages: list[Stage] = []
    for place, item in enumerate(items, start=1):
        stage = _read_stage(faults, f"{what}: stage {place}", item)
        if stage is None:
            continue
        if stages and stages[-1].until is None:
            faults.add(item, f"{what}: stage {place} can never be in force: the one before has no end, 'until'")
        stages.append(stage)
    if values.get("align") in ("quarter", "iso_week"):
        _check_alignment(faults, what, keys["align"], values, stages)
    return tuple(stages)


def _read_stage(faults: Faults, what: str, node: Node) -> Stage | None:
    keys = {key: entry.value for key, entry in faults.keys(node, what, ("every", "until"), ("every",)).items()}
    times = {key: faults.parsed(value, f"{what}: {key}", Duration.parse) for key, value in keys.items()}
    every, until = times.get("every"), times.get("until")
    if every is None:
        return None
    if every.is_zero:
        faults.add(keys["every"], f"{what}: every {every} would never end")
        return None
    return Stage(every, until)


def _check_alignment(faults: Faults, what: str, node: Node, values: Mapping[str, object], stages: list[Stage]) -> None:
    align = values["align"]
    if values.get("mode") != "window":
        faults.add(node, f"{what}: align needs mode: window")
    if values.get("agreement"):
        faults.add(node, f"{what}: align and agreement exclude each other")
    wanted = "a multiple of P3M" if align == "quarter" else "a multiple of P1W"
    for stage in stages:
        if not (_fits_quarters(stage.every) if align == "quarter" else _fits_weeks(stage.every)):
            faults.add(node, f"{what}: align {align} does not fit every {stage.every}", (wanted,))


def _fits_quarters(every: Duration) -> bool:
    return every.months % 3 == 0 and not every.days and not every.working_days


def _fits_weeks(every: Duration) -> bool:
    return every.days % 7 == 0 and not every.months and not every.working_days
