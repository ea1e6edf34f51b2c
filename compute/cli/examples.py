"""Calls that show what each command is for; each of them can be typed as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "": (
        ("gradwire", "open the window"),
        ("gradwire tumours.gradwire", "open a document"),
        ("gradwire train tumours.gradwire --out trained.gradwire", "train it without the window"),
        ("gradwire train --help", "what a command can be told"),
    ),
    "devices": (
        ("gradwire devices", "what can compute here, and what is taken"),
        ("gradwire devices --refresh", "after a driver was installed"),
    ),
    "trace": (
        ("gradwire trace net.json", "every value and gradient, for all rows"),
        ("gradwire trace net.json --samples 0,3,7 --json", "of three rows, for another program"),
        ("gradwire trace net.json --plan", "how a training step computes them"),
    ),
    "train": (
        ("gradwire train net.json --out trained.gradwire", "as the document says"),
        ("gradwire train net.json --epochs 50 --lr 0.003 --seed 1", "with other settings, nothing written"),
        ("gradwire train net.json --set h.units=16 --watch 'loss nan'", "a wider layer, stopped where it diverges"),
    ),
    "validate": (("gradwire validate net.json --folds 10", "how good it is on rows that it was not trained on"),),
    "sweep": (
        ("gradwire sweep net.json --set lr=0.1,0.01,0.001 --set seed=0..4", "three rates, each with five seeds"),
        ("gradwire sweep net.json --set h.units=4,8,16 --out best.gradwire", "the best width, trained"),
    ),
    "check": (
        ("gradwire check net.json", "every gradient against the slope of the loss"),
        ("gradwire check net.json --entries all", "every entry of every tensor"),
    ),
    "cost": (("gradwire cost net.json --batch 64", "parameters, operations, bytes and time by node"),),
    "report": (
        ("gradwire report trained.gradwire --out report.html", "one page that tells all"),
        ("gradwire report one.gradwire other.gradwire --out differs.pdf", "what differs between two"),
    ),
    "schema": (("gradwire schema --out gradwire.schema.json", "for an editor that checks documents"),),
    "export": (
        ("gradwire export trained.gradwire --to weights.safetensors", "the weights"),
        ("gradwire export trained.gradwire --to network.py", "a script that needs only NumPy"),
    ),
    "import": (("gradwire import network.onnx --out network.gradwire", "as a graph that can be edited"),),
    "predict": (("gradwire predict trained.gradwire new.csv --out answers.csv", "a line for each row"),),
    "render": (
        ("gradwire render net.json --out net.svg --values", "with the numbers on its wires"),
        ("gradwire render net.json --out net.tex", "for LaTeX"),
        ("gradwire render net.json --out cost.png --cost parameters", "coloured by what each node costs"),
    ),
    "record": (("gradwire record net.json --out walk.gif --steps wire", "a wire at a time"),),
    "exercise": (
        ("gradwire exercise make net.json --students class.csv --out hand-out", "a document for each student"),
        ("gradwire exercise handout net.json --out hand-out.pdf --solution", "pages to print"),
    ),
    "mark": (("gradwire mark handed-in --out marks.csv", "the marks of all"),),
    "benchmark": (("gradwire benchmark --quick --only training", "how fast this machine trains"),),
    "integrate": (
        ("gradwire integrate", "after pip install or pipx install"),
        ("gradwire integrate --remove", "before it is uninstalled"),
    ),
    "manual": (("gradwire manual --out manual.html", "to read in a browser"),),
    "completion": (
        ('eval "$(gradwire completion bash)"', "in ~/.bashrc; for zsh the same in ~/.zshrc, after compinit"),
        ("gradwire completion fish | source", "in ~/.config/fish/config.fish"),
        ("gradwire completion powershell | Out-String | Invoke-Expression", "in $PROFILE"),
    ),
}
"""Command → calls with what each is for; "" is the program by itself."""


def examples_text(command: str) -> str:
    """What stands under the help of a command; "" where it has no examples."""
    lines = [f"  {call}\n      {says}" for call, says in EXAMPLES.get(command, ())]
    return "\n".join(["\nexamples:", *lines, ""]) if lines else ""
