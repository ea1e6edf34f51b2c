"""Help, version and completion, made from one declaration of the commands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from compute.cli import main
from compute.cli.arguments import COMMANDS, parser, window_parser
from compute.cli.completion import SHELLS, calls, script
from compute.cli.examples import EXAMPLES

Out = pytest.CaptureFixture[str]


def test_every_command_has_examples_and_each_can_be_typed() -> None:
    assert set(EXAMPLES) == {"", *COMMANDS}
    for command, examples in EXAMPLES.items():
        for call, says in examples:
            found = re.search(r'gradwire( [^|)"]*)?', call)
            assert found is not None
            words = shlex.split(found[0])[1:]
            if "--help" in words:
                words = [*words[: words.index("--help")], "other.json"]
            (parser() if words[:1] and words[0] in COMMANDS else window_parser()).parse_args(words)
            assert says
            assert command in ("", *words[:1])


def test_help_ends_with_the_examples_of_its_command(capsys: Out) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    shown = capsys.readouterr().out
    assert shown.rstrip().endswith("a script that needs only NumPy")
    assert "gradwire export trained.gradwire --to network.py" in shown


def test_version(capsys: Out) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"gradwire \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_completed(shell: str, capsys: Out) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert text.rstrip() == script(shell, parser()).rstrip()
    for call in calls(parser()):
        assert call.name in text
        for word in call.options:
            for name in word.names:
                # fish writes an option without its dashes.
                assert (f" {name.lstrip('-')} " if shell == "fish" else name) in text


def completed(line: str, folder: Path) -> set[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    program = (
        f"{script('bash', parser())}\ncomplete() {{ :; }}\n"
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}\n"
        '_gradwire; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_offers_commands_options_values_and_files(tmp_path: Path) -> None:
    (tmp_path / "net.json").touch()
    assert completed("gradwire tr", tmp_path) == {"trace", "train"}
    assert completed("gradwire n", tmp_path) == {"net.json"}
    assert completed("gradwire train --s", tmp_path) == {"--seed", "--set"}
    assert completed("gradwire train --engine ", tmp_path) == {"opencl", "reference"}
    assert completed("gradwire train ne", tmp_path) == {"net.json"}
    assert completed("gradwire train --lr ", tmp_path) == set()
    assert completed("gradwire completion f", tmp_path) == {"fish"}
