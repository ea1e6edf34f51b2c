"""A screen reader's view of the program while XOR is built, trained, explained and exported by keys alone.

Run by the system's Python, which has pyatspi, in a session of D-Bus of its own; prints what it read as JSON.
usage: screen_reader.py PYTHON FOLDER
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyatspi  # type: ignore[import-not-found]
from gi.repository import GLib  # type: ignore[import-not-found]

PATIENCE = 40.0
ROOT = Path(__file__).resolve().parents[2]


class Reader:
    """Hears what changes, and looks at what there is."""

    def __init__(self) -> None:
        self.focused: list[str] = []
        """What had the focus, one after the other, by role and name."""
        self.said: list[str] = []
        pyatspi.Registry.registerEventListener(self._on_focus, "object:state-changed:focused")
        pyatspi.Registry.registerEventListener(self._on_announcement, "object:announcement")

    def _on_focus(self, event: Any) -> None:
        if event.detail1 and event.source is not None:
            with suppress(GLib.GError):  # gone already
                self.focused.append(f"{event.source.getRoleName()}: {event.source.name}")

    def _on_announcement(self, event: Any) -> None:
        self.said.append(str(event.any_data))

    def until(self, what: str, done: Callable[[], Any]) -> Any:
        """Wait until something is so; what was found."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            while GLib.MainContext.default().iteration(False):
                pass
            try:
                found = done()
            except GLib.GError:
                found = None  # gone while it was looked at
            if found:
                return found
            time.sleep(0.05)
        raise SystemExit(f"waited in vain for {what}; focused: {self.focused[-5:]}; said: {self.said[-5:]}")

    def hears_focus(self, beginning: str) -> str:
        """Wait until the last thing that got the focus is named so."""
        self.until(beginning, lambda: self.focused and self.focused[-1].partition(": ")[2].startswith(beginning))
        return self.focused[-1]

    def everything(self, of: Any = None) -> Iterator[Any]:
        """All that there is in the program."""
        of = self.program() if of is None else of
        if of is None:
            return
        yield of
        for i in range(of.childCount):
            child = of.getChildAtIndex(i)
            if child is not None:
                yield from self.everything(child)

    def program(self) -> Any:
        desktop = pyatspi.Registry.getDesktop(0)
        found = (desktop.getChildAtIndex(i) for i in range(desktop.childCount))
        return next((each for each in found if each is not None and each.name.lower() == "gradwire"), None)

    def find(self, role: str, beginning: str) -> Any:
        return next((e for e in self.everything() if e.getRoleName() == role and e.name.startswith(beginning)), None)

    def canvas(self) -> Any:
        return self.until("the canvas", lambda: self.find("list", "Canvas"))


def give_keys(reader: Reader, program: int) -> None:
    """What a window manager would do: the newest window of a program gets the keyboard. There is none here."""

    def window() -> str:
        search = ["xdotool", "search", "--onlyvisible", "--pid", str(program)]
        found = subprocess.run(search, capture_output=True, text=True, timeout=20).stdout.split()
        return max(found, key=int, default="")

    subprocess.run(["xdotool", "windowfocus", reader.until("a window", window)], check=True, timeout=20)


def keys(*names: str) -> None:
    subprocess.run(["xdotool", "key", "--delay", "40", *names], check=True, timeout=20)
    time.sleep(0.1)


def write(text: str) -> None:
    subprocess.run(["xdotool", "type", "--delay", "20", text], check=True, timeout=60)
    time.sleep(0.1)


def add(reader: Reader, words: str, name: str) -> str:
    """Add a node through the search; what is heard of it."""
    keys("Tab")
    reader.hears_focus("Search for a node to add")
    write(words)
    keys("Return")
    return reader.hears_focus(name)


def set_units(reader: Reader, units: int, name: str) -> None:
    keys("Return")
    reader.hears_focus("units")
    keys("ctrl+a")
    write(str(units))
    keys("Return", "Escape")
    reader.hears_focus(name)


def build(reader: Reader) -> list[str]:
    """XOR from an empty document."""
    keys("ctrl+n")
    reader.until("an empty canvas", lambda: reader.canvas().childCount <= 1)
    keys("ctrl+shift+d")
    write("Exclusive")
    keys("Return")
    reader.until("the data", lambda: reader.find("combo box", "Data") is not None)
    keys("Escape")
    reader.hears_focus("Canvas")
    heard = [add(reader, "input", "Input x"), add(reader, "dense", "Dense h")]
    set_units(reader, 4, "Dense h")
    heard += [add(reader, "tanh", "Tanh a"), add(reader, "dense", "Dense h2")]
    set_units(reader, 1, "Dense h2")
    return [*heard, add(reader, "sigmoid cross", "Sigmoid cross-entropy loss"), add(reader, "target", "Target y")]


def loss_now(reader: Reader) -> str:
    label = reader.find("label", "training loss")
    return label.name if label is not None else ""


def trained(reader: Reader) -> bool:
    """Whether all epochs are done."""
    label = reader.find("label", "epoch ")
    done, _, goal = label.name.removeprefix("epoch ").partition(" / ") if label is not None else ("", "", " ")
    return bool(done == goal)


def main(python: str, folder: str) -> None:
    reader, path = Reader(), Path(folder) / "xor.safetensors"
    program = subprocess.Popen([python, "main.py", "--engine", "reference"], cwd=ROOT)
    try:
        reader.until("the window", lambda: reader.find("frame", "") is not None and reader.find("list", "Canvas"))
        give_keys(reader, program.pid)
        reader.hears_focus("Canvas")
        facts: dict[str, Any] = {"built": build(reader)}
        facts["canvas"] = [child.name for child in reader.canvas()]
        facts["ports"] = [part.name for part in reader.canvas().getChildAtIndex(1)]
        first = loss_now(reader)
        keys("F5")
        reader.until("another loss", lambda: loss_now(reader) not in ("", first))
        reader.until(
            "the end of training", lambda: reader.find("push button", "Train") or reader.find("push button", "More")
        )
        facts["losses"] = [first, loss_now(reader)]
        keys("Right")
        facts["wire"] = reader.hears_focus("Wire from y to port target of loss")
        keys("Right", "c")
        reader.until("a proposed wire", lambda: any("Enter connects" in sentence for sentence in reader.said))
        keys("Escape", "Left", "w")
        facts["why"] = reader.hears_focus("Ask about")
        keys("F9")
        reader.until("the walk", lambda: reader.find("push button", "Leave the walk"))
        keys("Right", "Escape")
        keys("ctrl+e")
        reader.until("the form", lambda: reader.find("combo box", "Format"))
        give_keys(reader, program.pid)
        keys("Return")
        reader.until("the dialog", lambda: reader.find("dialog", "") or reader.find("file chooser", ""))
        give_keys(reader, program.pid)
        keys("ctrl+a")
        write(str(path))
        keys("Return")
        reader.until("the export", lambda: any("largest difference" in sentence for sentence in reader.said))
        facts["status"] = reader.find("label", "Last message").name
        facts |= {"focused": reader.focused, "said": reader.said}
        print(json.dumps(facts))
    finally:
        program.terminate()
        program.wait(20)


if __name__ == "__main__":
    main(*sys.argv[1:])
