"""`indsats model` and `indsats schema`: what people and scripts are shown of models."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from indsats.cli.model import model
from indsats.cli.schema import schema
from indsats.models.library import load, load_all

BAD = """\
id: own
version: 1
facts: {a: {}}
rules:
  r: {kind: deadline, when: {fact: a}, require: {fact: b}, within: 7D}
"""


def shown(*arguments: str) -> str:
    """What is printed; fails if the command does."""
    result = CliRunner().invoke(model, arguments, catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def document(*arguments: str) -> Any:
    return json.loads(shown(*arguments, "--json"))


def test_list() -> None:
    lines = shown("list").splitlines()
    assert lines[0].split() == ["model", "title", "municipality", "from", "to", "rules"]
    (stevns,) = [line.split() for line in lines if line.startswith("stevns-2017@1 ")]
    assert stevns == ["stevns-2017@1", "Progression", "together", "0336", "2017-01-01", "2018-06-30", "15"]
    assert "Sammen om progression" in shown("list", "--lang", "da")


def test_list_as_json() -> None:
    models: list[Mapping[str, object]] = document("list")["models"]
    assert [one["id"] for one in models] == [found.id for found in load_all()]
    stevns = load("stevns-2017")
    (found,) = [one for one in models if one["id"] == "stevns-2017"]
    assert found == {
        "id": "stevns-2017",
        "version": 1,
        "digest": stevns.digest,
        "title": {"da": "Sammen om progression", "en": "Progression together"},
        "source": "001",
        "family": "flexjob",
        "subject": "citizen",
        "municipality": "0336",
        "valid": {"from": "2017-01-01", "to": "2018-06-30"},
        "rules": 15,
    }


def test_show_says_each_rule_in_words_with_its_source() -> None:
    text = shown("show", "stevns-2017")
    rule = text.index("  first_conversation: First conversation within a week [001 section 7.C page 6]\n")
    assert text[rule:].splitlines()[1].strip().startswith("Within 7 days of »Ledighedsydelse started«")
    for found in load("stevns-2017").rules:
        assert f"\n  {found.id}: " in text
        assert f"[{found.source}]" in text


def test_show_lists_what_no_source_states_with_what_was_chosen() -> None:
    text = shown("show", "stevns-2017")
    assert "\n  not stated in the source: weekends: Due days are not moved for weekends, holidays" in text
    assert "\n    not stated in the source: summons: The conversation must be held within the week." in text
    assert "\n  ledighedsydelse_share: not stated in the source: unit: Counted in heads" in text
    assert "\n  roll none; closing days 06-05, 12-24, 12-31; spell gap P1M\n" in text


def test_show_in_danish() -> None:
    text = shown("show", "stevns-2017", "--lang", "da")
    assert "Første samtale senest efter en uge" in text
    assert "ikke angivet i kilden: weekends: Forfaldsdage flyttes ikke" in text


def test_show_as_json_is_the_model_with_all_that_its_bases_brought() -> None:
    shown_ = document("show", "stevns-2017")
    assert shown_["model"] == {"id": "stevns-2017", "version": 1, "digest": load("stevns-2017").digest}
    assert shown_["form"]["rules"]["statutory_status"]["within"] == "P4Y6M"
    assert shown_["words"]["referral"]["en"].startswith("On the day of »First conversation held«")
    assert shown_["not_stated"][0]["policy"] == "weekends"
    assert "extends" not in shown_["form"]


def test_check_of_a_model_without_faults() -> None:
    text = shown("check", "stevns-2017")
    assert text == f"stevns-2017: no faults; stevns-2017@1, digest {load('stevns-2017').digest}\n"


def test_check_reports_every_fault_of_every_file(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(BAD)
    result = CliRunner().invoke(model, ["check", str(path), "stevns-2017", "nothing"], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.stdout.startswith("stevns-2017: no faults")
    lines = result.stderr.splitlines()
    assert lines[0] == f"{path}:5:56: rule r: require: there is no fact 'b'; allowed: a"
    assert lines[1:3] == [BAD.splitlines()[4], " " * 55 + "^"]
    assert lines[3].startswith(f"{path}:5:68: rule r: within: '7D' is no duration; allowed: ")
    assert lines[-1].startswith("there is no model 'nothing'")


def test_check_as_json(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(BAD)
    result = CliRunner().invoke(model, ["check", str(path), "nothing", "--json"], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (2, "")
    checked = json.loads(result.stdout)
    assert checked["ok"] is False
    assert checked["files"][0]["faults"][0] == {
        "file": str(path),
        "line": 5,
        "column": 56,
        "what": "rule r: require: there is no fact 'b'",
        "allowed": ["a"],
        "did_you_mean": None,
        "excerpt": f"{BAD.splitlines()[4]}\n{' ' * 55}^",
    }
    assert checked["files"][1]["faults"][0]["line"] is None
    assert document("check", "stevns-2017")["ok"] is True


def test_diff(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "id: stevns-2017\nversion: 1\nextends: stevns-2017\nphases: {later: {}}\nrules:\n  referral: null\n"
        "  screening: {kind: precedence, when: {fact: rehab_meeting_held}, require: {fact: screened}, force: info}\n"
    )
    lines = shown("diff", "stevns-2017", str(path)).splitlines()
    assert lines[:4] == ["phases", "  + later", "rules", "  ~ screening"]
    assert "      force: must -> info" in lines
    assert "      scope: pathway -> phase" in lines
    assert "  - referral" in lines
    changes = document("diff", "stevns-2017", str(path))["changes"]
    assert {"section": "phases", "name": "later", "change": "added", "keys": []} in changes
    [screening] = [change for change in changes if change["name"] == "screening"]
    assert {"key": "force", "before": "must", "after": "info"} in screening["keys"]


def test_diff_of_the_same() -> None:
    assert shown("diff", "stevns-2017", "stevns-2017@1") == "no difference\n"


def test_graph() -> None:
    text = shown("graph", "stevns-2017", "--lang", "da")
    assert text.startswith('stateDiagram-v2\n  state "Før første fase" as none\n')
    assert "  none --> ledighedsydelse: ledighedsydelse_started\n" in text
    assert document("graph", "stevns-2017")["mermaid"].startswith("stateDiagram-v2\n")


def test_docs() -> None:
    assert shown("docs").startswith("# Models\n")
    assert document("docs")["markdown"] == shown("docs")


@pytest.mark.parametrize("name", ["model", "scenario", "facts"])
def test_schema(name: str) -> None:
    result = CliRunner().invoke(schema, [name], catch_exceptions=False)
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    Draft202012Validator.check_schema(printed)
    assert printed == json.loads((resources.files("indsats") / "schemas" / f"{name}.json").read_text("utf-8"))
    assert CliRunner().invoke(schema, [name, "--json"]).stdout == result.stdout
