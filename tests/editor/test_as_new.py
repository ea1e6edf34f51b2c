"""The window that tests share is as new for each, or is not used again."""

from __future__ import annotations

from shiboken6 import isValid

from editor import scale
from editor.main_window import MainWindow
from editor.settings import Settings
from tests.editor.as_new import LastingWindow


def test_what_a_person_changes_is_put_back(lasting: LastingWindow, outlasting: MainWindow) -> None:
    window = outlasting
    window.windows.set_text_scale(1.25)
    window.workbench.show_panel("palette", False)
    window.session.apply(window.session.edits.rename("mine"))
    window.session.start_walk()
    window.session.select(["g"])
    lasting.put_back()
    assert lasting.differences == {}
    assert lasting.window() is window
    assert scale.factor() == 1.0
    assert window.workbench.is_shown("palette")
    assert (window.session.title, window.session.walk, window.session.undo_stack.count()) == (
        "L = z · (2x + y)",
        None,
        0,
    )
    assert Settings().words("text_scale") == ""


def test_what_is_not_put_back_is_found_and_the_window_not_used_again(
    lasting: LastingWindow, outlasting: MainWindow
) -> None:
    outlasting.transport.train.setText("Something else")
    lasting.put_back()
    assert set(lasting.differences) == {"widgets"}
    assert not isValid(outlasting)
