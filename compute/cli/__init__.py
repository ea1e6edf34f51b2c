"""The command line: each of ``arguments.COMMANDS``; anything else is a file to open.

Results go to stdout, JSON alone; progress and messages go to stderr. Exit 0: done; 1: ``check`` found a gradient that
is wrong or that it could not compare; 2: the call or the document is wrong; 3: no device, or it failed; 130: stopped by
Ctrl+C, 143: by SIGTERM. What is wrong is one line, ``error: …``; with 1 too it means that the program has failed.
"""

from __future__ import annotations

import argparse
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compute import budget
from compute.cli.arguments import COMMANDS, SELFTEST, VERSION, parser, selftest_parser, window_parser
from compute.cli.missing import no_file
from compute.cli.streams import Unread, flush, tell, write
from compute.data.words import listed
from compute.document import Document
from compute.errors import GradwireError, one_line
from compute.version import version
from compute.waiting import telling

if TYPE_CHECKING:
    from compute.exercises import Variant
    from compute.manual import Keys
    from compute.report import Findings, Report

Render = Callable[[Document, Path, bool, float, bool, str], str]
"""Writes the picture of a document to a path, with or without values, at a scale, TikZ as a document of its own or not,
coloured by a measure of the cost or ""; returns why there are no values, if some were asked for, else an empty text."""
HandOut = Callable[["Sequence[Variant]", Path, bool, str], int]
"""Writes a PDF of some learners' exercises, or their solution, on a kind of paper; returns how many pages there are."""
Print = Callable[["Report", "Sequence[Findings]", Path], None]
"""Writes a report to a .html or .pdf file, with pictures of its documents."""
Edit = Callable[["str | None", "str | None", "str | None"], int]
"""Opens the window on a file or on nothing, with the engine and the device where they are asked for; returns the exit
code."""

Record = Callable[[Document, Path, int, float, str], int]
"""Writes a walk as an animated picture of a width in pixels, each step for some seconds, by nodes, wires or entries;
returns how many steps it has."""

Open = Callable[[Path], str]
"""Opens the window on a file for a moment, with settings of its own; returns what was seen, in words."""

Measuring = Callable[[str], Mapping[str, float]]
"""Measures training with the window in one of the ways of ``compute.benchmark.window``."""

ShortcutsOf = Callable[[], "Keys"]
"""The shortcuts of the window, area by area."""


class Drawing(NamedTuple):
    """Whoever can draw; None where nothing here can."""

    render: Render | None
    record: Record | None
    hand_out: HandOut | None
    report: Print | None
    open: Open | None
    keys: ShortcutsOf | None
    measure: Measuring | None


FAILED, STOPPED = 1, 130


def main(
    argv: Sequence[str],
    *,
    render: Render | None = None,
    edit: Edit | None = None,
    record: Record | None = None,
    hand_out: HandOut | None = None,
    report: Print | None = None,
    try_window: Open | None = None,
    keys: ShortcutsOf | None = None,
    measure: Measuring | None = None,
) -> int:
    """Run one call and return its exit code; ``--debug`` among the arguments adds the traceback of an error.

    ``render``, ``edit``, ``record``, ``hand_out``, ``report``, ``try_window``, ``keys`` and ``measure`` need a window
    system, so whoever calls gives them.
    """
    try:
        code = _run(list(argv), edit, Drawing(render, record, hand_out, report, try_window, keys, measure))
        flush()
        return code
    except Unread:
        return 0
    except KeyboardInterrupt as stop:
        # With words it was raised by a command that had written something by then.
        return _failed(f"stopped by Ctrl+C; {str(stop) or 'nothing was written'}", STOPPED)
    except GradwireError as error:
        return _failed(str(error), error.exit_code, show_where="--debug" in argv)
    except Exception as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        sentence = f"something went wrong inside the program ({what}); add --debug to see where"
        return _failed(sentence, FAILED, show_where="--debug" in argv)


def _failed(sentence: str, code: int, *, show_where: bool = False) -> int:
    if show_where:
        tell(traceback.format_exc().rstrip())
    tell(f"error: {one_line(sentence)}")
    return code


def _run(argv: list[str], edit: Edit | None, drawing: Drawing) -> int:
    budget.limit()  # what is no size is said here, and not in the middle of something
    if argv == [VERSION]:
        write(f"gradwire {version()}")
        return 0
    if argv[:1] == [SELFTEST]:
        from compute.cli.selftest import selftest

        args = selftest_parser().parse_args(argv)
        return 0 if selftest(drawing.render, drawing.open, debug=args.debug) else FAILED
    if not argv or argv[0] not in (*COMMANDS, "-h", "--help"):
        return _edit(argv, edit)
    args = parser().parse_args(argv)
    with telling(None if args.quiet else tell):
        return _carry_out(args, drawing)


def _carry_out(args: argparse.Namespace, drawing: Drawing) -> int:
    # Each command is imported when it runs: --help and a mistyped option need none of them.
    if args.command == "train":
        from compute.cli.train import train

        train(args)
    elif args.command == "validate":
        from compute.cli.validate import validate

        validate(args)
    elif args.command == "sweep":
        from compute.cli.sweep import sweep

        sweep(args)
    elif args.command == "check":
        from compute.cli.check import check

        return 0 if check(args) else FAILED
    elif args.command == "cost":
        from compute.cli.cost import cost

        cost(args)
    elif args.command == "report":
        from compute.cli.report import report

        report(args, drawing.report)
    elif args.command == "import":
        from compute.cli.importing import import_network

        import_network(args)
    elif args.command == "predict":
        from compute.cli.predict import predictions

        predictions(args)
    elif args.command in ("exercise", "mark"):
        from compute.cli import exercise

        exercise.exercise(args, drawing.render, drawing.hand_out) if args.command == "exercise" else exercise.mark(args)
    elif args.command == "completion":
        from compute.cli.completion import script

        write(script(args.shell, parser()).rstrip(), as_it_is=True)
    elif args.command == "integrate":
        from compute.cli.integrate import integrate

        integrate(args)
    elif args.command == "manual":
        from compute.cli.manual import manual

        manual(args, drawing.keys)
    elif args.command == "benchmark":
        from compute.cli.benchmark import benchmark

        benchmark(args, drawing.measure)
    else:
        from compute.cli import commands

        if args.command == "render":
            commands.render(args, drawing.render)
        elif args.command == "record":
            commands.record(args, drawing.record)
        else:
            getattr(commands, args.command)(args)
    return 0


def _edit(argv: list[str], edit: Edit | None) -> int:
    name = argv[0] if argv else ""
    if name.startswith("-") and set(argv) & set(COMMANDS):
        raise GradwireError(f'the command comes first and "{name}" after it; the commands are {listed(COMMANDS)}')
    if name and not name.startswith("-"):
        _require(name)
    args = window_parser().parse_args(argv)
    if edit is None:
        raise GradwireError("there is no window here; give a command, or --help to see them")
    return edit(args.file, args.engine, args.device)


def _require(name: str) -> None:
    """Errors: GradwireError where there is no such file, or none that may be looked at."""
    try:
        os.stat(name)
    except (FileNotFoundError, NotADirectoryError):
        raise GradwireError(no_file(name, f'there is no file or command "{name}"', COMMANDS)) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GradwireError(f'"{name}" cannot be opened ({reason}); check its name and place') from error
