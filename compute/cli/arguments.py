"""What can be said on the command line, and a sentence for what cannot."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from compute.benchmark import PARTS
from compute.cli.completion import SHELLS
from compute.cli.examples import examples_text
from compute.cli.streams import flush, write
from compute.cli.watching import HELP as WATCH_HELP
from compute.data.words import did_you_mean
from compute.document import SETTINGS
from compute.engines import DEFAULT, ENGINES
from compute.errors import GradwireError
from compute.export import FORMATS, suffixes
from compute.importing import ORIENTATIONS, READERS
from compute.optimizers import LEARNING_RATE
from compute.params import Param

COMMANDS = (
    "devices",
    "trace",
    "train",
    "validate",
    "sweep",
    "check",
    "cost",
    "report",
    "schema",
    "export",
    "import",
    "predict",
    "render",
    "record",
    "exercise",
    "mark",
    "benchmark",
    "completion",
    "integrate",
    "manual",
)
COUNTED = ("parameters", "multiply-adds", "arithmetic", "exps", "divisions", "value-bytes", "kept-bytes")
"""What of a node's cost a picture may be coloured by."""
SELFTEST, VERSION = "--selftest", "--version"
"""What is asked of the program by itself."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are GradwireErrors like all others."""

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            options = [option for action in self._actions for option in action.option_strings]
            hint = did_you_mean(unknown[1], options)
            raise GradwireError(f'"{unknown[1]}" is not understood; {hint}{self.prog} --help shows what is')
        missing = re.match(r"the following arguments are required: (.+)", message)
        if missing:
            raise GradwireError(f"{self.prog} needs {missing[1]}; {self.prog} --help shows how to call it")
        raise GradwireError(f"{message}; {self.prog} --help shows what can be given")

    def format_help(self) -> str:
        """What argparse makes of it, and examples."""
        return super().format_help() + examples_text(self.prog.partition(" ")[2])

    def print_help(self, file: object = None) -> None:
        """On stdout, as a result."""
        write(self.format_help().rstrip())
        flush()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """A command's own parser complains about what it does not know: it knows which options are close."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def parser() -> Parser:
    """The parser of all commands."""
    top = Parser(
        prog="gradwire",
        description="Wire a neural network as a graph, see every value and gradient, train it on OpenCL.",
        epilog="gradwire [FILE] [--engine …] [--device …] opens the window.",
        allow_abbrev=False,
    )
    top.add_argument(VERSION, action="store_true", help="say which version this is")
    top.add_argument(SELFTEST, action="store_true", help="train, export and open an example, and say what works here")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    def command(name: str, help_text: str, *, file: bool = True) -> argparse.ArgumentParser:
        new = commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
        if file:
            new.add_argument("file", metavar="FILE", help="a .gradwire or .json document")
        common = new.add_argument_group("common options")
        _engine(common)
        _in_place_of(common, "--seed", SETTINGS["seed"])
        common.add_argument("--quiet", action="store_true", help="no progress and no messages")
        return new

    new = command("devices", "List the OpenCL devices, which of them work, and which one is taken.", file=False)
    new.add_argument("--refresh", action="store_true", help="ask the drivers again and try again what failed")
    _json(new)

    new = command("trace", "One forward and backward pass: the value and gradient of every node and wire.")
    new.add_argument("--samples", type=_rows, metavar="0,3,7", help="these rows of the data (default: all rows)")
    new.add_argument("--plan", action="store_true", help="not the numbers, but how a training step computes them")
    _json(new)

    new = command("train", "Train the document; trained weights are where it starts, unless --seed is given.")
    _training_options(new)
    new.add_argument("--out", metavar="FILE.gradwire", help="write the trained document to this file")
    new.add_argument("--watch", metavar="WATCH", action="append", default=[], help=WATCH_HELP)
    new.epilog = (
        "With --out, what was reached is written every ten seconds, and when Ctrl+C, SIGTERM or a watch stops it; "
        "training goes on from such a file. Exit status: 4 when a watch stopped it."
    )
    _json(new)

    new = command("validate", "Cross-validation: train from the first weights on each of some folds of the rows.")
    new.add_argument(
        "--folds", type=_whole(2, 1000), metavar="K", default=5, help="into how many parts the rows are cut (5)"
    )
    _training_options(new)
    new.epilog = (
        "Each part is judged once, by what was trained on the others for all epochs. As the document's split says, "
        "classes are in equal shares, groups stay together, or each part is later than all that is trained on. "
        "Rows kept for a test are in no part. Nothing is written."
    )
    _json(new)

    new = command("sweep", "Train the document again and again with other settings, and rank the trials.")
    new.add_argument(
        "--set",
        type=_axis,
        action="append",
        default=[],
        dest="axes",
        metavar="NAME=VALUES",
        help="what to vary: lr=0.1,0.01, seed=0..9, units=4,8, h.units=4,8, lr=0.001..0.1:5 (five values by their "
        "logarithm; :lin evenly); several times, for every combination",
    )
    new.add_argument(
        "--random", type=_whole(1, 100_000), metavar="N", help="draw N combinations, each with every seed that is set"
    )
    _training_options(new, settings=False)
    new.add_argument("--top", type=_whole(1), default=20, metavar="N", help="rows of the table (20)")
    new.add_argument(
        "--out", metavar="PATH", help="the best trial (.gradwire, .json), all as a table (.csv), or a folder for both"
    )
    new.add_argument("--rank", type=_whole(1), default=1, metavar="N", help="the trial that --out writes (1, the best)")
    new.epilog = (
        "Every trial starts from its first weights and gives the same bits as alone. Small networks train side by "
        "side. Ranked by the validation loss, or without rows held back by the loss. Ctrl+C keeps what was reached."
    )
    _json(new)

    new = command("check", "Compare the gradient of every weight and every wire with the slope of the loss.")
    new.epilog = (
        "The kernels are built in double where the device has it. "
        "Exit status: 0 when every gradient is right, 1 when one is wrong or cannot be compared."
    )
    new.add_argument("--samples", type=_rows, metavar="0,3,7", help="these rows of the data (default: the first batch)")
    new.add_argument(
        "--entries", type=_entries, metavar="N|all", default=100, help="how many of each tensor (default 100)"
    )
    _json(new)

    new = command("cost", "What a training step costs, by node: parameters, operations, bytes, measured time.")
    _in_place_of(new, "--batch", SETTINGS["batch_size"])
    new.epilog = (
        "Operations are counted as the reference engine does them. The time is measured on the engine that computes, "
        "each node by itself."
    )
    _json(new)

    new = command("report", "One file that tells all of a document, or what differs between two.")
    new.add_argument("other", metavar="OTHER", nargs="?", help="another document, to tell what differs")
    new.add_argument("--out", metavar="PATH", required=True, help="a .html or .pdf file")
    new.add_argument("--test", action="store_true", help="judge the rows that are kept for a test, too")

    new = command("schema", "The JSON Schema of documents, for editors and other programs.", file=False)
    new.add_argument("--out", metavar="PATH", help="a .json file; without it, it is printed")

    new = command("export", "Write the weights for other tools, and verify the file.")
    new.add_argument("--to", metavar="PATH", required=True, help=f"the suffix chooses: {' or '.join(suffixes())}")
    new.add_argument(
        "--option",
        type=_option,
        action="append",
        default=[],
        dest="options",
        metavar="NAME=VALUE",
        help="what can be chosen of a format: "
        + "; ".join(f"{param.name} ({known.title}): {param.help}" for known in FORMATS for param in known.params),
    )
    new.epilog = " ".join(f"{' or '.join(known.suffixes)}: {known.holds}" for known in FORMATS)

    new = command(
        "import", "A network of another tool as a document, compared with what its file computes.", file=False
    )
    new.add_argument("file", metavar="PATH", help=f"a file that ends in {' or '.join(READERS)}")
    new.add_argument("--out", metavar="FILE.gradwire", help="the document (.gradwire or .json)")
    new.add_argument(
        "--into",
        metavar="FILE",
        help="take the weights alone, into the graph of this document, which is written over where there is no --out",
    )
    new.add_argument(
        "--orientation",
        choices=ORIENTATIONS,
        help="of weights alone that could lie either way: y = x·W (in-out), or y = x·Wᵀ as in PyTorch (out-in)",
    )
    new.epilog = (
        "What has no counterpart becomes a placeholder and is listed; the rest can be edited, trained and exported "
        "again. The document holds made-up rows in place of data."
    )
    _json(new)

    new = command("predict", "The answers of a trained document for new rows.")
    new.add_argument("rows", metavar="NEW.csv", help="the new rows; the inputs' columns are enough")
    new.add_argument("--out", metavar="OUT.csv", required=True, help="the answers, one line a row after a header")

    new = command("render", "The picture that the canvas shows.")
    new.add_argument("--out", metavar="PATH", required=True, help="a .png, .svg or .pdf file, or .tex for TikZ")
    new.add_argument("--values", action="store_true", help="with values and gradients on the wires")
    new.add_argument(
        "--scale", type=_between(0.1, 16), metavar="X", default=2.0, help="pixels of a .png for one of the screen (2)"
    )
    new.add_argument("--bare", action="store_true", help="of a .tex the picture alone, to put into a document")
    new.add_argument("--cost", choices=COUNTED, help="with nodes coloured by what they cost in a training step")

    new = command("record", "A walk through backpropagation as an animated picture.")
    new.add_argument("--out", metavar="PATH", required=True, help="a .gif file, or a .png that moves")
    new.add_argument("--width", type=_whole(200, 4000), metavar="N", default=1280, help="in pixels (1280)")
    new.add_argument(
        "--seconds", type=_between(0.1, 60), metavar="X", default=2.0, help="that each step is on show (2)"
    )
    new.add_argument(
        "--steps", choices=("node", "wire", "entry"), default="node", help="what counts as one (default node)"
    )

    new = command("exercise", "An exercise with numbers of their own for each of a list of students.", file=False)
    new.add_argument(
        "act",
        choices=("make", "handout"),
        help="make: a document for each student, and the key for the teacher; handout: pages to print",
    )
    new.add_argument("file", metavar="FILE", help="a .gradwire or .json document that holds an exercise")
    new.add_argument("--students", metavar="LIST.csv", help="one student a line: id, name, e-mail")
    new.add_argument(
        "--out", metavar="FOLDER", required=True, help="the folder to write to; of handouts a .pdf for all, too"
    )
    new.add_argument("--moodle", action="store_true", help="for the teacher, a Moodle XML file to import too")
    new.add_argument("--qti", action="store_true", help="for the teacher, a QTI 2.1 package too")
    new.add_argument("--solution", action="store_true", help="of a handout the solution, with the way to each number")
    new.add_argument("--paper", choices=("a4", "letter"), default="a4", help="of a handout (default a4)")
    new.epilog = "Give the students what lies in FOLDER, and keep FOLDER/teacher: it has the exercise and its key."

    new = command("mark", "The marks of a folder of exercises that were handed in, as CSV.", file=False)
    new.add_argument("folder", metavar="FOLDER", help="with the documents that were handed in")
    new.add_argument("--out", metavar="MARKS.csv", required=True, help="the marks, one line a student after a header")
    new.add_argument(
        "--exercise",
        metavar="FILE",
        help="the exercise as the teacher has it (default: FOLDER/teacher/exercise.gradwire, if it is there)",
    )

    new = command("benchmark", "The project's own measurements, beside its goals; it takes minutes.", file=False)
    new.add_argument("--only", type=_parts, metavar="NAME[,NAME]", help=f"these of {', '.join(PARTS)} (default: all)")
    new.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    _json(new)

    new = command("completion", "What a shell reads to complete calls of gradwire.", file=False)
    new.add_argument("shell", choices=tuple(SHELLS), help="the shell that is to complete them")

    new = command("integrate", "Menu entry, icon and file association for you alone, without root.", file=False)
    new.add_argument("--remove", action="store_true", help="take them away again")

    new = command("manual", "The manual as one HTML file that needs nothing beside it.", file=False)
    new.add_argument("--out", metavar="PATH", required=True, help="a .html file, or a folder for manual.html")
    return top


def selftest_parser() -> Parser:
    """The parser of a call that tries what was installed."""
    new = Parser(prog="gradwire", allow_abbrev=False)
    new.add_argument(SELFTEST, action="store_true")
    new.add_argument("--debug", action="store_true")
    return new


def window_parser() -> Parser:
    """The parser of a call that opens the window."""
    new = Parser(prog="gradwire", allow_abbrev=False)
    new.add_argument("file", metavar="FILE", nargs="?")
    _engine(new)
    new.set_defaults(engine=None, device=None)  # as it was chosen in the window
    return new


def _engine(group: argparse._ActionsContainer) -> None:
    group.add_argument("--engine", choices=ENGINES, default=DEFAULT, help=f"what computes (default {DEFAULT})")
    group.add_argument("--device", default="auto", help="auto, an index of `gradwire devices`, or part of a name")
    group.add_argument("--debug", action="store_true", help="show where an error was raised")


def _training_options(new: argparse.ArgumentParser, *, settings: bool = True) -> None:
    """What a call that trains may give in place of what the document says; ``settings``: any others of it too."""
    _in_place_of(new, "--epochs", SETTINGS["epochs"])
    _in_place_of(new, "--batch", SETTINGS["batch_size"])
    _in_place_of(new, "--lr", LEARNING_RATE)
    new.add_argument("--data", metavar="PATH", help="a file with the same columns, in place of the document's data")
    if not settings:
        return
    new.add_argument(
        "--set",
        type=_setting,
        action="append",
        default=[],
        dest="given",
        metavar="NODE.PARAM=VALUE",
        help="a setting of a node, such as h.units=16, or of the training, such as training.schedule.name=cosine; "
        "may be given several times",
    )


def _in_place_of(group: argparse._ActionsContainer, option: str, setting: Param) -> None:
    """An option for a setting of the document, with its limits."""
    help_text = f"in place of the document's {setting.name.replace('_', ' ')}"
    metavar = "N" if setting.kind == "int" else "X"
    group.add_argument(option, type=_value_of(setting), dest=setting.name, metavar=metavar, help=help_text)


def _value_of(setting: Param) -> Any:
    def check(text: str) -> Any:
        try:
            return setting.check(int(text) if setting.kind == "int" else float(text))
        except ValueError:
            whole = "whole " if setting.kind == "int" else ""
            limits = f"from {setting.minimum:g} " + ("on" if setting.maximum is None else f"to {setting.maximum}")
            raise argparse.ArgumentTypeError(f'"{text}" is no {whole}number {limits}') from None

    return check


def _setting(text: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    node, dot, param = name.strip().rpartition(".")
    if not (equals and dot and node and param):
        raise argparse.ArgumentTypeError(f'"{text}" is no NODE.PARAM=VALUE, such as h.units=16')
    return node, param, value.strip()


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise argparse.ArgumentTypeError(f'"{text}" is no NAME=VALUE, such as opset=17')
    return name.strip(), value.strip()


def _axis(text: str) -> tuple[str, str]:
    name, equals, values = text.partition("=")
    if not (equals and name.strip() and values.strip()):
        raise argparse.ArgumentTypeError(f'"{text}" is no NAME=VALUES, such as lr=0.1,0.01')
    return name.strip(), values.strip()


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="the result as JSON, alone on stdout")


def _whole(least: int, most: float = math.inf) -> Any:
    def check(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            limit = "on" if most == math.inf else f"to {most}"
            raise argparse.ArgumentTypeError(f'"{text}" is no whole number from {least} {limit}')
        return number

    return check


def _entries(text: str) -> int | None:
    if text == "all":
        return None
    try:
        number: int = _whole(1)(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, nor all") from None
    return number


def _rows(text: str) -> list[int]:
    whole = _whole(0)
    return [whole(part.strip()) for part in text.split(",")]


def _between(low: float, high: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f'"{text}" is no number from {low:g} to {high:g}')
        return value

    return number


def _parts(text: str) -> list[str]:
    names = [part.strip() for part in text.split(",")]
    for name in names:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f'"{name}" is none of {", ".join(PARTS)}')
    return names
