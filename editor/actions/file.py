"""What is done to files."""

from __future__ import annotations

from editor.action import ActionSpec
from editor.file_commands import FileCommands
from editor.publishing import Publishing

FILE: tuple[ActionSpec[FileCommands], ...] = (
    ActionSpec("new", "File", "New", lambda f: f.new(), ("Ctrl+N",), "Start with an empty canvas.", "add"),
    ActionSpec(
        "new_network",
        "File",
        "New from template…",
        lambda f: f.new_network(),
        ("Ctrl+Alt+N",),
        "A network of a few words: 30-16-8-1 relu, logistic regression, autoencoder, two branches.",
        "add",
    ),
    ActionSpec("open", "File", "Open…", lambda f: f.ask_open(), ("Ctrl+O",), "Open a document.", "open"),
    ActionSpec(
        "gallery",
        "File",
        "Gallery…",
        lambda f: f.pages.toggle(),
        ("Ctrl+G",),
        "Ready-made examples and recent files.",
        "gallery",
    ),
    ActionSpec(
        "save",
        "File",
        "Save",
        lambda f: f.save(),
        ("Ctrl+S",),
        "Write the document and its weights.",
        "save",
        separator=True,
    ),
    ActionSpec(
        "save_as", "File", "Save as…", lambda f: f.ask_save(), ("Ctrl+Shift+S",), "Write it to another file.", "save"
    ),
    ActionSpec(
        "version",
        "File",
        "Restore an earlier version…",
        lambda f: f.ask_version(),
        ("Ctrl+Alt+O",),
        "One of the last three that were saved over.",
        "undo",
    ),
    ActionSpec(
        "export",
        "File",
        "Export weights…",
        lambda f: f.ask_export(),
        ("Ctrl+E",),
        "Write the weights as safetensors or npz, read them back, and say the largest difference.",
        "export",
        separator=True,
    ),
    ActionSpec(
        "predict",
        "File",
        "Predict…",
        lambda f: f.ask_predict(),
        ("Ctrl+Shift+R",),
        "What the network answers for the rows of another file: classes with probabilities, or numbers.",
        "export",
    ),
    ActionSpec(
        "picture",
        "File",
        "Save picture…",
        lambda f: f.publishing.ask_picture(),
        ("Ctrl+Shift+E",),
        "The canvas, the view or the selection as PNG at any scale, SVG or PDF.",
        "export",
    ),
    ActionSpec(
        "report",
        "File",
        "Save a report…",
        lambda f: f.publishing.ask_report(),
        ("Ctrl+Shift+T",),
        "One page or PDF that tells all: picture, data, settings, curves, results, cost, audited gradients, weights.",
        "export",
    ),
    ActionSpec(
        "compare_documents",
        "File",
        "Compare with a document…",
        lambda f: f.publishing.ask_comparison(),
        ("Ctrl+Shift+Y",),
        "What differs between this document and another: network, data, settings, weights, results, as a page or PDF.",
        "export",
    ),
    ActionSpec(
        "new_window",
        "File",
        "New window",
        lambda f: f.windows.open_window(),
        ("Ctrl+Shift+N",),
        "Another window, with a document of its own.",
        "add",
        separator=True,
    ),
    ActionSpec(
        "next_window",
        "File",
        "Next window",
        lambda f: f.windows.go_on_from(f.window, 1),
        ("Ctrl+F6",),
        "To the next document that is open.",
        "next-window",
    ),
    ActionSpec(
        "previous_window",
        "File",
        "Previous window",
        lambda f: f.windows.go_on_from(f.window, -1),
        ("Ctrl+Shift+F6",),
        "To the document before it.",
        "previous-window",
    ),
    ActionSpec(
        "close",
        "File",
        "Close window",
        lambda f: f.window.close(),
        ("Ctrl+W",),
        "Close this window and its document.",
        "close",
    ),
    ActionSpec("quit", "File", "Quit", lambda f: f.windows.quit(), ("Ctrl+Q",), "Close every window.", "close"),
)

HANDOUT: tuple[ActionSpec[Publishing], ...] = (
    ActionSpec(
        "handout",
        "Edit",
        "Handout as PDF…",
        lambda f: f.ask_handout(solution=False),
        ("Alt+Shift+D",),
        tip="The graph with blanks and the questions, to be printed.",
        enabled=lambda f: f.asks,
        submenu="Exercise",
    ),
    ActionSpec(
        "handout_solution",
        "Edit",
        "Solution as PDF…",
        lambda f: f.ask_handout(solution=True),
        ("Alt+Shift+S",),
        tip="The same pages with the numbers filled in, and the way to each.",
        enabled=lambda f: f.asks and not f.session.exercising.is_working,
        submenu="Exercise",
    ),
    ActionSpec(
        "handout_class",
        "Edit",
        "Handouts for a class…",
        lambda f: f.ask_class(),
        ("Alt+Shift+A",),
        tip="From a list of students: everyone's handout, with numbers of their own, and the solutions.",
        enabled=lambda f: f.asks and not f.session.exercising.is_working,
        submenu="Exercise",
    ),
)
"""Below those of the exercise."""
RECORD: tuple[ActionSpec[Publishing], ...] = (
    ActionSpec(
        "record_walk",
        "Backprop",
        "Record the walk…",
        lambda f: f.ask_recording(),
        ("Alt+Shift+R",),
        tip="The canvas at each step, with what the step says, as a GIF or a PNG that moves.",
    ),
)
"""Below what walks."""
