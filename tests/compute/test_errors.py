"""Every sentence is one printable line of at most 300 characters, whatever a file calls its nodes."""

from __future__ import annotations

import pytest

from compute.cli.output import print_table
from compute.cli.streams import tell, write
from compute.errors import LONGEST, DeviceError, GradwireError, one_line, printable
from compute.opencl.devices import Unavailable


def test_a_sentence_that_fits_is_left_alone() -> None:
    sentence = "Dense h₁, port x: it wants (B, N); 1\u2009000 × ∂ arrive."
    assert one_line(sentence) == sentence
    assert str(GradwireError(sentence)) == sentence


def test_breaks_become_blanks() -> None:
    assert one_line(" one\n  two\r\n\tthree\u2028four ") == "one two three four"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", "a␛[2Jb"),
        ("a\0b\x7fc", "a␀b␡c"),
        ("\x9b31m", "\ufffd31m"),
        ("name\u202egpj.exe", "name\ufffdgpj.exe"),
        ("half \ud800", "half \ufffd"),
        ("👩‍🔬 ∂L/∂w é", "👩‍🔬 ∂L/∂w é"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert one_line(text) == shown


def test_a_long_name_is_shortened_and_the_rest_of_the_sentence_is_whole() -> None:
    said = one_line(f"Node {'n' * 80_000}: this version does not know the op '{'o' * 80_000}'; replace it.")
    assert len(said) <= LONGEST
    assert said.startswith("Node nnn")
    assert said.endswith("; replace it.")
    assert "this version does not know the op 'ooo" in said


def test_a_long_name_of_many_words_is_cut_in_the_middle() -> None:
    said = one_line(f"Node {'so many words ' * 9000}: two wires feed the port; remove one.")
    assert len(said) == LONGEST
    assert said.startswith("Node so many words")
    assert said.endswith(": two wires feed the port; remove one.")


@pytest.mark.parametrize("kind", [GradwireError, DeviceError, lambda text: Unavailable(text, text)])
def test_every_kind_of_error_is_one_line(kind: type[GradwireError]) -> None:
    said = str(kind("bad\x1b name\n" * 9000))
    assert len(said) == LONGEST
    assert said.startswith("bad␛ name bad␛ name")


def test_no_stream_and_no_table_gives_commands_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write("a\x1bb\nc")
    print_table(("node", "value"), [("h\n\x1b[31m", "1"), ("long" * 1000, "2")])
    tell("\x1b]0;title\x07")
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:2] == ["a␛b", "c"]
    assert lines[3].split() == ["h", "␛[31m", "1"]
    assert max(map(len, lines)) <= LONGEST + 10
    assert err == "␛]0;title␇\n"
