"""Files are read into plain text with positions; what is no readable document is one clear fault."""

import time
from pathlib import Path

import pytest

from indsats.errors import InputInvalid, ModelInvalid
from indsats.models.document import MOST_BYTES, MOST_NESTED, read_bytes, read_document
from indsats.models.faults import Faults, MappingNode, Node, ScalarNode, SequenceNode, Source


def read(data: bytes | str) -> tuple[Node, Faults]:
    faults = Faults()
    given = data if isinstance(data, bytes) else data.encode()
    return read_document("m.yaml", given, faults, InputInvalid), faults


def refusal(data: bytes | str) -> str:
    """The text of the error with which a document is refused."""
    faults = Faults()
    given = data if isinstance(data, bytes) else data.encode()
    try:
        read_document("m.yaml", given, faults, InputInvalid)
        faults.refuse(InputInvalid)
    except InputInvalid as refused:
        return str(refused)
    raise AssertionError("nothing was refused")


def texts(node: Node) -> object:
    match node:
        case MappingNode():
            return {key: texts(entry.value) for key, entry in node.entries.items()}
        case SequenceNode():
            return [texts(item) for item in node.items]
        case ScalarNode():
            return node.text
        case _:
            raise AssertionError(node)


def test_every_value_is_the_text_that_stands_there() -> None:
    document, faults = read("a: NO\nb: 12:30\nc: 2026-02-30\nd: 010\ne: [1.0, ~, 'x']\nf:\n")
    assert texts(document) == {"a": "NO", "b": "12:30", "c": "2026-02-30", "d": "010", "e": ["1.0", "~", "x"], "f": ""}
    assert not faults


def test_json_is_read_like_yaml() -> None:
    document, _ = read('{\n\t"a": [1, true, "\\u00f8\\n"],\n\t"b":{"c":null}\n}\n')
    assert texts(document) == {"a": ["1", "true", "ø\n"], "b": {"c": "null"}}


def test_nodes_know_their_place() -> None:
    document, _ = read("æble:\n  - {b: ccc}\n")
    assert isinstance(document, MappingNode)
    key, value = document.entries["æble"]
    assert (key.line, key.column) == (1, 1)
    assert isinstance(value, SequenceNode)
    inner = value.items[0]
    assert isinstance(inner, MappingNode)
    assert (inner.entries["b"].value.line, inner.entries["b"].value.column) == (2, 9)


def test_a_byte_order_mark_is_no_text() -> None:
    assert texts(read(b"\xef\xbb\xbfa: 1")[0]) == {"a": "1"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "m.yaml:1: the file is empty"),
        (b" \n\t\n", "m.yaml:1: the file is empty"),
        (b"\xef\xbb\xbf", "m.yaml:1: the file is empty"),
        (b"# nothing\n", "m.yaml:1:1: the file holds only comments\n# nothing\n^"),
        (b"a: 1\n\tb: 2\n", "m.yaml:2:1: a tab; indent with spaces\n\tb: 2\n^"),
        (b"a:\n\t- b\n", "m.yaml:2:1: a tab; indent with spaces\n\t- b\n^"),
        (
            "a: ok\nb: bl\xe5".encode("latin-1"),
            "m.yaml:2:6: byte 0xe5 (number 12 of the file) is not UTF-8; save the file as UTF-8\nb: bl\ufffd\n     ^",
        ),
        (b"a: x\x00y", "m.yaml:1:5: the control character 0x00 is not allowed\na: x\ufffdy\n    ^"),
        ("a: b\u2028c: \x1b", "m.yaml:2:4: the control character 0x1b is not allowed\nc: \ufffd\n   ^"),
        (b"a: 1\n---\nb: 2\n", "m.yaml:2:1: a second document begins here; a file holds one\n---\n^"),
        (b"a: *b\n", "m.yaml:1:4: the alias *b is not allowed; write out what it stands for\na: *b\n   ^"),
        (b"a: &b 1\n", "m.yaml:1:4: the anchor &b is not allowed\na: &b 1\n   ^"),
        (
            b"a: !!int 1\n",
            "m.yaml:1:4: a tag (!) is not allowed; a field's type is given by the model\na: !!int 1\n   ^",
        ),
        (b"? [a]\n: b\n", "m.yaml:1:3: a key must be text, not a list\n? [a]\n  ^"),
        (
            b"a: 1\nb: 2\na: 3\n",
            "m.yaml:3:1: the key 'a' stands here again; it stands first on line 1\na: 3\n^",
        ),
        (
            b"a: [b]?\n",
            (
                "m.yaml:1:7: this is not YAML: mapping keys are not allowed in this context (an optional enumeration "
                'needs quotes: "[a, b]?")\na: [b]?\n      ^'
            ),
        ),
        (
            b'a: "b',
            (
                "m.yaml:1:6: this is not YAML: found unexpected end of stream while scanning a quoted scalar\n"
                'a: "b\n     ^'
            ),
        ),
        (
            b"a: [b\n",
            (
                "m.yaml:1:6: this is not YAML: did not find expected ',' or ']' while parsing a flow sequence\n"
                "a: [b\n     ^"
            ),
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(data: bytes | str, said: str) -> None:
    assert refusal(data) == said


def test_all_faults_are_said_at_once() -> None:
    said = refusal("a: &x 1\nb: *x\na: !t 2\n? {}\n: c\n")
    assert [line for line in said.splitlines() if line.startswith("m.yaml")] == [
        "m.yaml:1:4: the anchor &x is not allowed",
        "m.yaml:2:4: the alias *x is not allowed; write out what it stands for",
        "m.yaml:3:1: the key 'a' stands here again; it stands first on line 1",
        "m.yaml:3:4: a tag (!) is not allowed; a field's type is given by the model",
        "m.yaml:4:3: a key must be text, not a mapping",
    ]


def test_nesting_has_an_end() -> None:
    read("[" * MOST_NESTED + "]" * MOST_NESTED)
    said = refusal("[" * 100_000)
    assert said.startswith(f"m.yaml:1:{MOST_NESTED + 1}: nested more than {MOST_NESTED} deep\n")
    assert all(len(line) < 200 for line in said.splitlines())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b" " * (MOST_BYTES + 1), "m.yaml:1: the file is larger than 16 MB"),
        (b" " * MOST_BYTES, "m.yaml:1: the file is empty"),
    ],
)
def test_a_huge_file_of_spaces_is_refused_quickly(data: bytes, said: str) -> None:
    begin = time.perf_counter()
    assert refusal(data) == said
    assert time.perf_counter() - begin < 1


def test_a_file_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"nothing\.yaml: there is no such file"):
        read_bytes(tmp_path / "nothing.yaml", ModelInvalid)
    with pytest.raises(ModelInvalid, match="cannot be read: Is a directory"):
        read_bytes(tmp_path, ModelInvalid)


def test_no_more_is_read_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a" * (MOST_BYTES + 100))
    assert len(read_bytes(path)) == MOST_BYTES + 1


class TestFaults:
    """The collector and its accessors."""

    def test_the_first_hundred_are_shown_and_the_rest_counted(self) -> None:
        faults = Faults()
        node = ScalarNode(Source("m.yaml", ["x"]), 1, 1, "x")
        for _ in range(102):
            faults.add(node, "wrong")
        with pytest.raises(ModelInvalid) as refused:
            faults.refuse(ModelInvalid)
        assert len(refused.value.faults) == 101
        assert refused.value.faults[-1] == "and 2 more faults"

    def test_they_are_told_in_the_order_of_the_file(self) -> None:
        faults = Faults()
        source = Source("m.yaml", ["ab", "c"])
        for line, column in [(2, 1), (1, 2), (1, 1)]:
            faults.add(Node(source, line, column), f"{line}{column}")
        with pytest.raises(ModelInvalid) as refused:
            faults.refuse(ModelInvalid)
        assert [getattr(fault, "what", "") for fault in refused.value.faults] == ["11", "12", "21"]

    def test_without_any_nothing_is_refused(self) -> None:
        Faults().refuse(ModelInvalid)

    def test_the_caret_stands_under_the_column_behind_tabs_too(self) -> None:
        assert Source("m", ["\ta: b"]).excerpt(1, 5) == "\ta: b\n\t   ^"

    def test_of_a_long_line_the_part_around_is_shown(self) -> None:
        line, caret = Source("m", ["x" * 500 + "Y" + "z" * 500]).excerpt(1, 501).splitlines()
        assert len(line) == 160
        assert line[caret.index("^")] == "Y"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("{a: 1, c: 2}", ["x has no key 'c'; allowed: a, b", "x lacks the key 'b'"]),
            ("[a]", ["x must be a mapping, not a list"]),
            ("word", ["x must be a mapping, not 'word'"]),
            (
                "{a: 1, b: 2, more text}",
                ["x has no key 'more text' (text that holds a comma needs quotes); allowed: a, b"],
            ),
        ],
    )
    def test_keys(self, text: str, said: list[str]) -> None:
        document, faults = read(text)
        faults.keys(document, "x", ("a", "b"), ("a", "b"))
        assert [fault.text.partition(": ")[2] for fault in faults.found] == said

    @pytest.mark.parametrize(
        ("text", "value", "said"),
        [
            ("7", 7, None),
            ("0", None, "x must be at least 1, not 0"),
            ("-3", None, "x must be at least 1, not -3"),
            ("'7'", None, "x must be a whole number, not text"),
            ("7.0", None, "x must be a whole number, not '7.0'"),
            ("1234567890", None, "x must be a whole number, not '1234567890'"),
            ("[7]", None, "x must be a whole number, not a list"),
            ("~", None, "x must be a whole number, not nothing"),
        ],
    )
    def test_whole(self, text: str, value: int | None, said: str | None) -> None:
        document, faults = read(text)
        assert faults.whole(document, "x", 1) == value
        assert [fault.what for fault in faults.found] == ([said] if said else [])

    @pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("'true'", None), ("yes", None)])
    def test_flag(self, text: str, value: bool | None) -> None:
        document, faults = read(text)
        assert faults.flag(document, "x") is value
        assert [fault.allowed for fault in faults.found] == ([] if value is not None else [("true", "false")])

    def test_choice_guesses_what_was_meant(self) -> None:
        document, faults = read("pathwy")
        assert faults.choice(document, "scope", ("phase", "pathway")) is None
        assert str(faults.found[0]) == (
            "m.yaml:1:1: scope cannot be 'pathwy'; allowed: phase, pathway; did you mean pathway?\npathwy\n^"
        )

    def test_words_are_a_list_or_one(self) -> None:
        for text, words in [("[a, b]", ["a", "b"]), ("a", ["a"]), ("[]", [])]:
            document, faults = read(text)
            assert [word.text for word in faults.words(document, "x")] == words
            assert not faults

    @pytest.mark.parametrize(
        ("text", "said"),
        [("''", "x is empty"), ("~", "x is empty"), ("{}", "x must be text, not a mapping"), ("'~'", None)],
    )
    def test_text(self, text: str, said: str | None) -> None:
        document, faults = read(text)
        faults.text(document, "x")
        assert [fault.what for fault in faults.found] == ([said] if said else [])
