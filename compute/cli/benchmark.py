"""The command that measures."""

from __future__ import annotations

import argparse

from compute.benchmark import PARTS
from compute.benchmark.window import Measuring
from compute.child import built
from compute.cli.output import print_json, say
from compute.cli.streams import write
from compute.errors import DeviceError, GradwireError

WIDTH = 220
"""Columns of the tables where no terminal gives the width."""


def benchmark(args: argparse.Namespace, window: Measuring | None = None) -> None:
    """Measure what was asked for, and print it as tables or JSON; ``window``: whoever measures it. Errors:
    GradwireError, DeviceError."""
    from compute.opencl.devices import choose

    if built():
        raise GradwireError(
            "benchmark compares with programs that need a Python of their own; install gradwire by pip to run it"
        )
    if args.engine != "opencl":
        raise GradwireError("benchmark measures an OpenCL device; leave --engine out, the reference engine is compared")
    choice = choose(args.device)
    if choice.device is None:
        raise DeviceError(f"{choice.fault}; there is none to measure")
    say(args, choice.reason)
    from compute.benchmark import suite

    # Lines, not a moving bar: its thread would be measured with the rest.
    told = lambda text: say(args, f"{text} …")  # noqa: E731
    found = suite.run(choice.device, args.only or PARTS, told, quick=args.quick, window=window)
    if args.json:
        print_json(found)
        return
    from rich.console import Console

    from compute.cli.benchmark_tables import tables

    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    with console.capture() as shown:
        for part in tables(found):
            console.print(part)
            console.print()
    write(shown.get().removesuffix("\n"), as_it_is=True)
