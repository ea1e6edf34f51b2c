"""What a button says that mends a problem, or leads to what does: the same wherever the problem is told."""

from __future__ import annotations

from compute.problems import Remedy


def _number(remedy: Remedy) -> str:
    return f"{remedy.value:g}" if isinstance(remedy.value, int | float) else ""


def offer(remedy: Remedy) -> tuple[str, str]:
    """What the button says, and its tip."""
    place = remedy.place
    port = f"port {place.port}" if place.port else "the port"
    setting = place.setting.replace("_", " ") or "the setting"
    offers = {
        "choose device": ("Choose a device…", "Another device, or the reference engine"),
        "choose loss": ("Choose a loss…", "Which node training makes small, in the training settings"),
        "choose data": ("Choose data…", "A data set, a file or a table of your own, in the place of the data"),
        "switch on": ("Switch it on", "Neither muted nor bypassed any more; it can be undone"),
        "cut wire": (f"Cut the wire at {port}", "Remove the wire that causes the problem; it can be undone"),
        "remove node": ("Remove the node", "With the wires at it; it can be undone"),
        "wire port": (f"Wire {port}…", "Propose the nearest output; arrow keys change it, Enter connects"),
        "change setting": (f"Change {setting}…", "The field in which it is set"),
        "show number": (
            "Show the number",
            "The very number, with what went into it; the weights are those before the step",
        ),
        "stop watching": ("Stop watching", "Without this watch training goes on; it can be undone"),
        "set learning rate": (f"Learning rate {_number(remedy)}", "Then train on from where the loss was least"),
        "clip gradients": (
            f"Clip gradients at {_number(remedy)}",
            "All gradients together keep to this norm; then train on from where the loss was least",
        ),
        "standardise": ("Standardise the data", "Each input gets mean 0 and deviation 1; it can be undone"),
        "change op": (f"Use {str(remedy.value).replace('_', ' ')}", "In the place of this op; it can be undone"),
        "go to step": (
            f"Go to step {int(remedy.value or 0):,}",
            "The whole run as it was when its numbers were still good; it can be left again",
        ),
        "show node": (f"Go to {place.node}", "The node that has to be mended first"),
    }
    return offers[remedy.act]
