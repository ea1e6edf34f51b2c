"""What belongs to the window rather than to the document: its looks, the device, and help."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.tools import Tools

TOOLS: tuple[ActionSpec[Tools], ...] = (
    ActionSpec(
        "next_pane",
        "View",
        "Next pane",
        lambda t: t.panes.go(1),
        ("F6",),
        "The keyboard goes to the next part of the window: canvas, inspector, plots and so on.",
        separator=True,
    ),
    ActionSpec(
        "previous_pane",
        "View",
        "Previous pane",
        lambda t: t.panes.go(-1),
        ("Shift+F6",),
        "The keyboard goes to the part of the window before this one.",
    ),
    ActionSpec(
        "dark",
        "View",
        "Dark",
        lambda t: t.windows.set_theme("dark"),
        ("Ctrl+Alt+D",),
        "Light text on a dark ground.",
        "theme",
        separator=True,
        checked=lambda t: t.theme == "dark",
    ),
    ActionSpec(
        "light",
        "View",
        "Light",
        lambda t: t.windows.set_theme("light"),
        ("Ctrl+Alt+L",),
        "For a bright room or a projector.",
        "theme",
        checked=lambda t: t.theme == "light",
    ),
    ActionSpec(
        "system",
        "View",
        "As the system",
        lambda t: t.windows.set_theme("system"),
        ("Ctrl+Alt+S",),
        "Dark or light with the system.",
        "theme",
        checked=lambda t: t.theme == "system",
    ),
    ActionSpec(
        "reduced_motion",
        "View",
        "Reduced motion",
        lambda t: t.windows.set_reduced_motion(not t.windows.reduced_motion),
        ("Ctrl+Alt+M",),
        "Nothing runs across the screen by itself: no marks on wires in a walk, and nodes jump into place.",
        separator=True,
        checked=lambda t: t.windows.reduced_motion,
    ),
    ActionSpec(
        "settings",
        "View",
        "Settings…",
        lambda t: t.toggle_preferences(),
        ("Ctrl+,",),
        "Theme, size of text, motion, projector, panels.",
        "settings",
    ),
    ActionSpec(
        "device",
        "Train",
        "Device…",
        lambda t: t.show_devices(),
        ("Ctrl+Alt+G",),
        "Choose what computes: a device that works, or the reference engine.",
        "chip",
        separator=True,
    ),
    ActionSpec(
        "commands",
        "Help",
        "Find an action…",
        lambda t: t.open_command_search(),
        ("Ctrl+Shift+P",),
        "Search everything the window can do.",
        "search",
    ),
    ActionSpec(
        "sheet", "Help", "Shortcuts", lambda t: t.toggle_sheet(), ("F1",), "Every shortcut on one page.", "help"
    ),
    ActionSpec(
        "shortcuts",
        "Help",
        "Change shortcuts…",
        lambda t: t.change_shortcuts(),
        ("Ctrl+Alt+K",),
        "Give any action other keys; they are remembered.",
        "help",
    ),
)
