"""The shipped models load, by id, version or path."""

from pathlib import Path

import pytest

from indsats.errors import ModelInvalid
from indsats.models.extends import ModelFile, find, shipped
from indsats.models.library import load, load_all


@pytest.mark.parametrize("name", [name for name, _ in shipped()])
def test_a_shipped_model_loads_and_is_named_like_its_file(name: str) -> None:
    model = load(name)
    assert name in (model.id, model.reference)
    assert load(model.reference) == model
    assert len(model.digest) == 64


def test_all_of_them() -> None:
    assert [model.id for model in load_all()] == [
        "aalborg-2017",
        "aalborg-2019",
        "flexjob-base",
        "fsm3-2021",
        "fsm3-2021-in-fsm2",
        "project-2017",
        "stevns-2017",
        "uif2-2019",
    ]


@pytest.mark.parametrize("name", [name for name, _ in shipped()])
def test_people_are_shown_everything_in_both_languages(name: str) -> None:
    model = load(name)
    titles = [
        model.title,
        *model.phases.values(),
        *model.roles.values(),
        *model.policy_notes.values(),
        *(kind.title for kind in model.facts.values()),
        *(rule.title for rule in model.rules),
        *(note for rule in model.rules for note in rule.policy_notes.values()),
    ]
    # Some words are the same in both.
    same = {"Mentor", "System"}
    assert [title for title in titles if title is None or not title.da or not title.en] == []
    assert [title for title in titles if title and title.da == title.en and title.da not in same] == []


@pytest.mark.parametrize("name", [name for name, _ in shipped()])
def test_every_rule_names_its_source(name: str) -> None:
    assert all(rule.source for rule in load(name).rules)


def test_a_shipped_model_is_read_once() -> None:
    assert load("stevns-2017") is load("stevns-2017")


def test_a_path_is_taken_from_the_directory(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("id: own\nversion: 1\n")
    (tmp_path / "bare").write_text("id: bare\nversion: 1\n")
    for reference in ("own.yaml", "./own.yaml", str(tmp_path / "own.yaml")):
        assert load(reference, tmp_path).id == "own"
    assert load("bare", tmp_path).id == "bare"


def test_a_file_of_a_shipped_name_must_be_named_as_a_path(tmp_path: Path) -> None:
    (tmp_path / "stevns-2017.yaml").write_text("id: mine\nversion: 1\n")
    assert load("stevns-2017", tmp_path).id == "stevns-2017"
    assert load("stevns-2017.yaml", tmp_path).id == "mine"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("id: own\nversion: 1\n")
    first = load(str(path))
    path.write_text("id: own\nversion: 2\n")
    assert (first.version, load(str(path)).version) == (1, 2)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (
            "stevns2017",
            (
                "there is no model 'stevns2017'; allowed: aalborg-2017, aalborg-2019, flexjob-base, fsm3-2021, "
                "fsm3-2021-in-fsm2, project-2017, stevns-2017, uif2-2019, or the path of a file; did you mean "
                "stevns-2017?"
            ),
        ),
        ("stevns-2017@2", "stevns-2017.yaml: there is no version 2; allowed: stevns-2017@1"),
        ("./nothing.yaml", "nothing.yaml: there is no such file"),
    ],
)
def test_what_there_is_not(reference: str, said: str) -> None:
    with pytest.raises(ModelInvalid) as refused:
        load(reference)
    assert str(refused.value) == said


def test_an_older_version_stays_at_hand_in_a_file_of_its_own() -> None:
    files = {"own": Path("own.yaml"), "own@1": Path("own@1.yaml")}
    found = [find(reference, files) for reference in ("own", "own@2", "own@1", "other")]
    assert found == [
        ModelFile("own.yaml", files["own"]),
        ModelFile("own.yaml", files["own"], "2"),
        ModelFile("own@1.yaml", files["own@1"], "1"),
        None,
    ]
