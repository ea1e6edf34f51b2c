"""Theme, style sheet and icons: contrast, one source of colour, both modes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QCheckBox, QPushButton, QRadioButton, QStyleOptionComboBox, QWidget
from pytestqt.qtbot import QtBot

from compute.ops import GROUPS, REGISTRY
from editor import icons, theme
from editor.icons import icon
from editor.main_window import MainWindow
from editor.palettes import DARK, LIGHT, Theme
from editor.panels.tensor_table import cell_colors, contrast
from editor.panels.widgets import Combo
from editor.stylesheet import stylesheet
from tests.editor.panel_session import WAIT

THEMES = [DARK, LIGHT]
GROUNDS = ("window", "canvas", "panel", "card", "field", "hover", "node")
INKS = ("text", "text_dim", "forward", "backward", "good", "warning", "error", "train", "validation")
PAIRS = (
    ("on_accent", "accent"),
    ("forward", "forward_ground"),
    ("backward", "backward_ground"),
    ("good", "good_ground"),
    ("error", "error_ground"),
    ("text", "error_ground"),
)


OTHERS = ("accent", "focus", "good", "warning", "error", "positive", "negative", "train", "validation")
"""Colours that say neither value nor gradient."""


@pytest.fixture(autouse=True)
def dark_again(qtbot: QtBot) -> Iterator[None]:
    yield
    theme.set_mode("dark")


@pytest.fixture
def window(own_window: MainWindow) -> MainWindow:
    """Gone before the theme is put back."""
    return own_window


def ratio(one: str, two: str) -> float:
    return contrast(QColor(one), QColor(two))


@pytest.mark.parametrize("t", THEMES, ids=lambda t: t.name)
def test_blue_and_orange_mean_values_and_gradients_and_nothing_else(t: Theme) -> None:
    taken = [QColor(t.forward).hue(), QColor(t.backward).hue()]
    named = {name: getattr(t, name) for name in OTHERS} | {f"group {name}": hue for name, hue in t.groups.items()}
    named |= {f"class {number}": hue for number, hue in enumerate(t.classes)}
    for name, text in named.items():
        color = QColor(text)
        near = min(abs((color.hue() - hue + 180) % 360 - 180) for hue in taken)
        # What is nearly grey has no hue that the eye sees.
        assert near > 15 or color.hsvSaturationF() < 0.26, (name, text, near)
    assert len({*t.classes}) == len(t.classes) == 10


@pytest.mark.parametrize("t", THEMES, ids=lambda t: t.name)
def test_text_stands_out_from_every_ground_it_is_written_on(t: Theme) -> None:
    weak = [
        (ink, ground, round(ratio(getattr(t, ink), getattr(t, ground)), 2))
        for ink in INKS
        for ground in GROUNDS
        if ratio(getattr(t, ink), getattr(t, ground)) < 4.5
    ]
    weak += [(a, b, 0.0) for a, b in PAIRS if ratio(getattr(t, a), getattr(t, b)) < 4.5]
    assert weak == []


@pytest.mark.parametrize("t", THEMES, ids=lambda t: t.name)
def test_node_headers_carry_their_text(t: Theme) -> None:
    assert set(t.groups) == set(GROUPS)
    assert min(ratio(t.on_header, ground) for ground in t.groups.values()) >= 4.5


@pytest.mark.parametrize("t", THEMES, ids=lambda t: t.name)
def test_focus_rings_and_class_hues_are_visible(t: Theme) -> None:
    assert min(ratio(t.focus, getattr(t, ground)) for ground in GROUNDS) >= 3.0
    assert min(ratio(hue, t.card) for hue in t.classes) >= 3.0
    assert len(set(t.classes)) == len(t.classes) == 10


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_every_number_of_a_heat_map_can_be_read(mode: theme.Mode) -> None:
    theme.set_mode(mode)
    for value in (-1.0, -0.7, -0.5, -0.3, -0.1, 0.0, 0.1, 0.3, 0.5, 0.7, 1.0, float("nan"), float("inf")):
        ground, ink = cell_colors(value, 1.0)
        assert contrast(ground, ink) >= 4.5, value


def test_contrast_is_that_of_the_guideline() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21.0)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("t", THEMES, ids=lambda t: t.name)
def test_the_style_sheet_names_only_colours_of_the_theme_and_no_font_size(t: Theme) -> None:
    sheet = stylesheet(t)
    assert "font-size" not in sheet
    pictures = re.findall(r'url\("([^"]+)"\)', sheet)
    assert pictures
    assert all(Path(path).is_file() for path in pictures)
    for path in set(pictures):
        colors = set(re.findall(r"#[0-9a-f]{6}", Path(path).read_text("utf-8")))
        assert colors <= {t.text_dim, t.text, t.on_accent}, path


@pytest.mark.parametrize("t", THEMES, ids=lambda t: t.name)
def test_the_style_sheet_is_understood(t: Theme, qtbot: QtBot) -> None:
    # Qt warns about what it cannot parse, and a warning fails the test.
    theme.set_mode("dark" if t is DARK else "light")
    button = QPushButton("Train")
    button.setProperty("kind", "primary")
    qtbot.addWidget(button)
    theme.dress(button)
    button.resize(120, 30)
    assert button.grab().toImage().pixelColor(60, 3) == QColor(t.accent)


def test_a_theme_is_put_on_part_by_part_and_nothing_is_painted_between(qtbot: QtBot) -> None:
    theme.set_mode("dark")
    window = QWidget()
    qtbot.addWidget(window)
    parts = [QPushButton(f"{i}", window) for i in range(40)]
    theme.dress(*parts)
    before = parts[0].styleSheet()
    window.show()
    theme.set_mode("light")
    assert {part.styleSheet() for part in parts} == {before}
    assert not window.updatesEnabled()
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += any(part.styleSheet() == before for part in parts)

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(0)
    qtbot.waitUntil(lambda: all(part.styleSheet() != before for part in parts))
    timer.stop()
    assert beats > 0
    qtbot.waitUntil(window.updatesEnabled)
    theme.set_mode("dark")
    theme.finish_change()
    assert {part.styleSheet() for part in parts} == {before}
    assert window.updatesEnabled()


def test_every_icon_is_drawn_in_the_colour_asked_for(qtbot: QtBot) -> None:
    for name in icons.names():
        for size in (16, 32):
            image = icons.pixmap(name, "#ff0000", size).toImage()
            inked = [
                image.pixelColor(x, y) for x in range(size) for y in range(size) if image.pixelColor(x, y).alpha() > 128
            ]
            assert len(inked) >= size // 2, name
            assert all(c.red() > 250 and c.green() < 5 for c in inked), name


def test_icons_are_crisp_at_twice_the_size(qtbot: QtBot) -> None:
    pixmap = icons.pixmap("play", "#ffffff", 16, 2.0)
    assert pixmap.width() == 32
    assert pixmap.deviceIndependentSize().width() == 16


def test_an_unknown_icon_is_refused_by_name(qtbot: QtBot) -> None:
    with pytest.raises(KeyError, match="there is no icon"):
        icons.icon("nothing")


def test_icons_follow_the_theme(qtbot: QtBot) -> None:
    theme.set_mode("dark")
    theme.finish_change()
    action = QAction()
    icons.set_icon(action, "play", "text")

    def color() -> str:
        return action.icon().pixmap(24, 24).toImage().pixelColor(10, 12).name()

    assert color() == DARK.text
    theme.set_mode("light")
    theme.finish_change()
    assert color() == LIGHT.text
    icons.set_icon(action, "play", "backward")
    assert color() == LIGHT.backward


def test_the_app_icon_is_there_in_all_sizes(qtbot: QtBot) -> None:
    assert {size.width() for size in icons.app_icon().availableSizes()} >= {16, 32, 48, 256}


def test_every_op_group_has_an_icon() -> None:
    assert {op.group for op in REGISTRY.values()} <= set(icons.names())


def test_fonts_are_sized_relative_to_the_systems_own(qtbot: QtBot) -> None:
    assert theme.ui_font(20).pointSizeF() == pytest.approx(2 * theme.ui_font(10).pointSizeF())
    assert theme.mono_font(10).pointSizeF() == pytest.approx(theme.ui_font(10).pointSizeF())


class Painted(QObject):
    """Counts how often widgets are painted, until it goes."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self.times = dict.fromkeys(widgets, 0)
        for each in widgets:
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched in self.times:
            self.times[watched] += 1
        return False


@pytest.mark.parametrize("asked", [False, True])
def test_all_is_painted_in_another_theme_whatever_was_asked_for_before(
    window: MainWindow, qtbot: QtBot, asked: bool
) -> None:
    parts = (window.canvas, window.inspector, window.menuBar(), window.training_panel)
    painted = Painted(*parts)
    if asked:
        for part in parts:
            part.update()  # Qt has its turn to paint when nothing may be painted
    window.windows.set_theme("light")
    qtbot.waitUntil(lambda: window.updatesEnabled() and all(painted.times.values()), timeout=WAIT)
    before = dict(painted.times)
    window.canvas.update()
    qtbot.waitUntil(lambda: painted.times[window.canvas] > before[window.canvas], timeout=WAIT)
    window.windows.set_theme("dark")
    qtbot.waitUntil(lambda: window.updatesEnabled(), timeout=WAIT)


def test_icons_have_the_colour_of_the_theme_before_anything_is_painted(window: MainWindow, qtbot: QtBot) -> None:
    action = window.actions_.by_id["save"]
    dark = action.icon().cacheKey()
    window.windows.set_theme("light")
    assert not window.updatesEnabled()
    assert action.icon().cacheKey() == dark
    theme.finish_change()
    assert window.updatesEnabled()
    assert action.icon().cacheKey() == icon("save").cacheKey() != dark
    window.windows.set_theme("dark")
    theme.finish_change()
    assert action.icon().cacheKey() == dark


def test_what_waits_for_a_theme_is_not_done_for_what_has_gone(qapp: object) -> None:
    class Part(QObject):
        def mark(self) -> None:
            done.append(self)

    done: list[Part] = []
    deleted, dropped, kept = Part(), Part(), Part()
    for part in (deleted, dropped, kept):
        theme.in_turn(part.mark)
    shiboken6.delete(deleted)
    del dropped, part
    theme.finish_change()
    assert done == [kept]


@pytest.mark.parametrize("mode", ["dark", "light"])
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_what_is_not_chosen_shows_that_it_can_be(
    mode: theme.Mode, kind: type[QCheckBox | QRadioButton], qtbot: QtBot
) -> None:
    theme.set_mode(mode)
    ground = QWidget()
    ground.setProperty("kind", "panel")
    choice = kind("", ground)
    qtbot.addWidget(ground)
    theme.dress(ground)
    ground.resize(60, 40)
    ground.show()
    seen = {}
    for chosen in (False, True):
        choice.setChecked(chosen)
        picture = ground.grab().toImage()
        seen[chosen] = {picture.pixelColor(x, y).name() for x in range(24) for y in range(40)}
        panel = QColor(theme.current().panel)
        assert max(contrast(panel, QColor(name)) for name in seen[chosen]) > (4.5 if chosen else 2)
    assert seen[False] != seen[True]


def test_what_is_chosen_is_cut_with_dots_where_it_does_not_fit(qtbot: QtBot) -> None:
    combo = Combo([("a", "shoulder of the arm")])
    qtbot.addWidget(combo)
    shown = []
    for width in (90, 300):
        combo.resize(width, 30)
        option = QStyleOptionComboBox()
        combo.initStyleOption(option)
        shown.append(option.currentText)
    assert (shown[0][0], shown[0][-1], shown[1]) == ("s", "…", "shoulder of the arm")


def test_nothing_waits_to_be_dressed_of_a_window_that_has_closed(own_window: MainWindow) -> None:
    own_window.windows.set_text_scale(1.5)
    own_window.windows.set_text_scale(1.0)
    assert theme._wardrobe._timer.isActive()
    own_window.session.mark_saved()
    own_window.close()
    assert not theme._wardrobe._timer.isActive()


def test_what_is_hidden_is_dressed_when_it_is_shown_or_soon(qtbot: QtBot) -> None:
    early, late, never = (QWidget() for _ in range(3))
    for part in (early, late, never):
        qtbot.addWidget(part)
    theme.dress_when_shown(early, 60_000)
    theme.dress_when_shown(late, 1)
    theme.dress_when_shown(never)
    assert not early.styleSheet()
    early.show()
    assert early.styleSheet()
    qtbot.waitUntil(lambda: bool(late.styleSheet()), timeout=WAIT)
    assert not late.isVisible()
    assert not never.styleSheet()
    late.setStyleSheet("own")
    late.show()
    assert late.styleSheet() == "own"  # not once more
