"""What a button says that mends a problem, or leads to what does: the same wherever the problem is told."""

from __future__ import annotations

from compute.problems import Remedy


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
        "show node": (f"Go to {place.node}", "The node that has to be mended first"),
    }
    return offers[remedy.act]
