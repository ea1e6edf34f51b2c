"""The look of every standard widget, made from a theme. Fonts are set by widgets, so that text scales.

Widgets choose a variant by a dynamic property: ``kind`` of a button (``primary``, ``flat``), of a label (``dim``,
``error``, ``warning``, ``good``), of a frame (``card``, ``chip``, ``panel``), and ``invalid`` of a field.
"""

from __future__ import annotations

from pathlib import Path

from editor.palettes import Theme, mix
from editor.scale import scaled

CONTROLS = Path(__file__).resolve().parents[1] / "resources" / "icons" / "controls"


def stylesheet(theme: Theme) -> str:
    """QSS for the whole application, at the text scale in force."""
    t = theme
    controls = (CONTROLS / t.name).as_posix()
    pressed = mix(t.hover, t.text, 0.10).name()
    strong = mix(t.accent, t.on_accent, 0.12).name()
    handle = mix(t.line, t.text, 0.18).name()
    return scaled(f"""
QMainWindow, QDialog {{ background: {t.window}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QFrame[kind="panel"], QWidget[kind="panel"] {{ background: {t.panel}; border: none; }}
QFrame[kind="window"], QWidget[kind="window"] {{ background: {t.window}; border: none; }}
QFrame[kind="bar"] {{ background: {t.window}; border: none; border-bottom: 1px solid {t.line}; }}
QFrame[kind="dock"] {{ background: {t.panel}; border: none; border-top: 1px solid {t.line}; }}
QFrame[kind="card"] {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 8px; }}
QFrame[kind="tile"] {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 10px; }}
QFrame[kind="tile"]:hover {{ background: {t.hover}; border-color: {handle}; }}
QFrame[kind="tile"]:focus {{ border-color: {t.focus}; }}
QFrame[kind="plot"] {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 6px; }}
QFrame[kind="plot"]:focus {{ border-color: {t.focus}; }}
QFrame[kind="floating"] {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 10px; }}
QFrame[kind="popup"] {{ background: {t.panel}; border: 1px solid {handle}; }}
QFrame[kind="line"] {{ background: {t.line}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[kind="rule"] {{ background: {t.line}; border: none; max-width: 1px; min-width: 1px; }}
#Banner {{ background: {t.error_ground}; border: none; border-bottom: 1px solid {t.line}; }}
#Banner[kind="calm"] {{ background: {t.card}; }}
#Banner QLabel {{ background: transparent; }}
QFrame[kind="problem"] {{ background: {t.error_ground}; border: 1px solid {t.error}; border-radius: 8px; }}

QLabel {{ background: transparent; color: {t.text}; }}
QLabel:disabled {{ color: {t.text_faint}; }}
QLabel[kind="dim"] {{ color: {t.text_dim}; }}
QLabel[kind="accent"] {{ color: {t.focus}; }}
QLabel[kind="error"] {{ color: {t.error}; }}
QLabel[kind="warning"] {{ color: {t.warning}; }}
QLabel[kind="good"] {{ color: {t.good}; }}
QLabel[kind="forward"] {{ color: {t.forward}; }}
QLabel[kind="backward"] {{ color: {t.backward}; }}
QLabel[kind="train"] {{ color: {t.train}; }}
QLabel[kind="validation"] {{ color: {t.validation}; }}
QLabel[kind="test"] {{ color: {t.test}; }}

QToolBar {{ background: {t.window}; border: none; border-bottom: 1px solid {t.line}; padding: 4px 8px; spacing: 4px; }}
QToolBar::separator {{ background: {t.line}; width: 1px; margin: 6px 6px; }}
QStatusBar {{ background: {t.window}; color: {t.text_dim}; border-top: 1px solid {t.line}; }}
QStatusBar::item {{ border: none; }}

QPushButton, QToolButton {{
    background: {t.hover}; color: {t.text}; border: 1px solid transparent; border-radius: 6px; padding: 5px 12px;
}}
QToolButton {{ background: transparent; padding: 5px; }}
QPushButton:hover, QToolButton:hover {{ background: {pressed}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {t.line}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {t.focus}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.text_faint}; }}
QPushButton:disabled {{ background: {t.panel}; border-color: {t.line}; }}
QPushButton:checked, QToolButton:checked {{ background: {t.backward_ground}; color: {t.backward}; }}
QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent}; }}
QPushButton[kind="primary"]:hover {{ background: {strong}; }}
QPushButton[kind="primary"]:focus {{ border: 3px double {t.on_accent}; padding: 3px 10px; }}
QPushButton[kind="primary"]:disabled {{ background: {t.panel}; color: {t.text_faint}; border-color: {t.line}; }}
QPushButton[kind="flat"] {{ background: transparent; padding: 4px 8px; text-align: left; }}
QPushButton[kind="flat"]:hover {{ background: {t.hover}; }}
QPushButton[kind="link"], QPushButton[kind="link"]:checked {{
    background: transparent; color: {t.text_dim}; padding: 3px 6px 3px 0; text-align: left;
}}
QPushButton[kind="link"]:hover {{ color: {t.text}; }}
QPushButton[kind="segment"] {{
    background: transparent; color: {t.text_dim}; padding: 3px 10px; border-radius: 5px;
}}
QPushButton[kind="segment"]:hover {{ color: {t.text}; }}
QPushButton[kind="segment"]:checked {{ background: {t.hover}; color: {t.text}; }}
QPushButton[kind="choice"] {{
    background: {t.field}; color: {t.text}; border: 1px solid {t.line}; padding: 2px 9px; border-radius: 5px;
}}
QPushButton[kind="choice"]:hover {{ background: {t.hover}; }}
QPushButton[kind="choice"]:checked {{ background: {t.accent}; color: {t.on_accent}; }}
QPushButton[kind="phase"] {{ background: transparent; color: {t.text_dim}; padding: 3px 8px; }}
QPushButton[kind="phase"]:hover {{ background: {t.hover}; color: {t.text}; }}
QPushButton[kind="phase"]:checked {{ background: transparent; color: {t.text}; font-weight: 600; }}
QToolButton::menu-indicator {{ image: none; }}

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {{
    background: {t.field}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px; padding: 3px 8px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent};
}}
QLineEdit:hover, QComboBox:hover, QAbstractSpinBox:hover {{ border-color: {handle}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{
    border-color: {t.focus};
}}
QPlainTextEdit[kind="text"] {{ border: 1px solid {t.line}; border-radius: 6px; padding: 2px 4px; }}
QPlainTextEdit[kind="text"]:hover {{ border-color: {handle}; }}
QPlainTextEdit[kind="text"]:focus {{ border-color: {t.focus}; }}
QPlainTextEdit[kind="note"] {{
    background: {t.field}; border: 1px solid {t.focus}; border-radius: 4px; padding: 5px;
}}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {t.text_faint}; background: {t.panel}; }}
QLineEdit[invalid="true"], QComboBox[invalid="true"] {{ border-color: {t.error}; }}
QLineEdit[kind="title"] {{ background: transparent; border-color: transparent; padding: 2px 4px; }}
QLineEdit[kind="title"]:hover {{ border-color: {t.line}; }}
QLineEdit[kind="title"]:focus {{ background: {t.field}; border-color: {t.focus}; }}
QComboBox {{ padding: 2px 4px 2px 8px; combobox-popup: 0; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url("{controls}/down.svg"); width: 12px; height: 12px; }}
QComboBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
QComboBox QAbstractItemView {{
    background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; border-radius: 6px; padding: 4px; outline: none;
}}
QComboBox QAbstractItemView::item {{ padding: 4px 8px; border-radius: 4px; min-height: 18px; }}
QComboBox QAbstractItemView::item:hover, QComboBox QAbstractItemView::item:selected {{
    background: {t.accent}; color: {t.on_accent};
}}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 18px; background: transparent; }}
QAbstractSpinBox::up-arrow {{ image: url("{controls}/up.svg"); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url("{controls}/down.svg"); width: 10px; height: 10px; }}

QCheckBox, QRadioButton {{ spacing: 8px; color: {t.text}; background: transparent; }}
QCheckBox::indicator, QAbstractItemView::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.text_faint}; border-radius: 4px; background: {t.field};
}}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{
    background: {t.accent}; border-color: {t.accent}; image: url("{controls}/check.svg");
}}
QRadioButton::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.text_faint}; border-radius: 8px; background: {t.field};
}}
QRadioButton::indicator:checked {{
    width: 6px; height: 6px; border: 5px solid {t.accent}; background: {t.on_accent};
}}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {t.focus}; }}

QTabWidget::pane {{ border: none; border-top: 1px solid {t.line}; }}
QTabBar {{ background: {t.panel}; qproperty-drawBase: 0; }}
QTabBar::tab {{
    background: transparent; color: {t.text_dim}; border: none; border-bottom: 2px solid transparent;
    padding: 7px 2px 6px 2px; margin: 0 8px;
}}
QTabBar#Tabs::tab {{ padding: 7px 1px 6px 1px; margin: 0 4px; }}
QTabBar::tab:hover {{ color: {t.text}; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.focus}; }}
QTabBar::tab:focus {{ color: {t.focus}; background: {t.hover}; }}
QTabBar::tab:disabled {{ color: {t.text_faint}; }}
QTabBar QToolButton {{ background: {t.panel}; padding: 2px; }}
QTabBar::scroller {{ width: 24px; }}
QTabBar::tear {{ image: none; width: 0px; }}
QTabBar QToolButton::left-arrow {{ image: url("{controls}/left.svg"); width: 12px; height: 12px; }}
QTabBar QToolButton::right-arrow {{ image: url("{controls}/right.svg"); width: 12px; height: 12px; }}

QScrollArea, QAbstractScrollArea {{ border: none; background: transparent; }}
QScrollArea[kind="read"]:focus {{ border: 1px solid {t.focus}; border-radius: 6px; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {handle}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {t.text_faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QAbstractScrollArea::corner {{ background: transparent; }}

QMenuBar {{ background: {t.window}; color: {t.text}; padding: 2px 4px; }}
QMenuBar::item {{ background: transparent; padding: 4px 10px; border-radius: 5px; }}
QMenuBar::item:selected {{ background: {t.hover}; }}
QMenu {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 10px; border-radius: 5px; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.on_accent}; }}
QMenu::item:disabled {{ color: {t.text_faint}; background: transparent; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
QMenu::indicator {{ width: 12px; height: 12px; margin-left: 6px; }}
QMenu::indicator:checked {{ image: url("{controls}/check-menu.svg"); }}
QToolTip {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line}; padding: 5px 7px; }}

QAbstractItemView {{
    background: transparent; color: {t.text}; border: none; outline: none; alternate-background-color: {t.card};
    selection-background-color: {t.hover}; selection-color: {t.text};
}}
QListView::item {{ padding: 3px 6px; border-radius: 5px; }}
QListView::item:hover {{ background: {t.hover}; }}
QListView::item:selected {{ background: {t.hover}; color: {t.text}; }}
QListView[kind="box"] {{ background: {t.field}; border: 1px solid {t.line}; border-radius: 6px; padding: 3px; }}
QListView[kind="box"]:focus {{ border-color: {t.focus}; }}
QTableView {{ background: {t.card}; border: 1px solid {t.line}; border-radius: 6px; gridline-color: {t.card}; }}
QTableView:focus {{ border-color: {t.focus}; }}
QHeaderView {{ background: transparent; }}
QHeaderView::section {{
    background: {t.card}; color: {t.text_dim}; border: none; padding: 2px 6px;
}}
QTableCornerButton::section {{ background: {t.card}; border: none; }}

QSlider {{ background: transparent; }}
QSlider:horizontal {{ min-height: 18px; }}
QSlider::groove:horizontal {{ background: {t.line}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {t.focus}; border-radius: 2px; }}
QSlider::handle:horizontal {{
    background: {t.focus}; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
}}
QSlider::handle:horizontal:hover {{ background: {t.text}; }}
QSlider::handle:horizontal:focus {{
    background: {t.panel}; border: 3px solid {t.focus}; width: 8px; height: 8px;
}}
QSlider:disabled {{ color: {t.text_faint}; }}
QSlider::sub-page:horizontal:disabled {{ background: {t.line}; }}
QSlider::handle:horizontal:disabled {{ background: {t.text_faint}; }}
QSlider[kind="walk"]::sub-page:horizontal, QSlider[kind="walk"]::handle:horizontal {{ background: {t.backward}; }}
QSlider[kind="walk"]::handle:horizontal:focus {{ background: {t.panel}; border-color: {t.backward}; }}

QProgressBar {{ background: {t.line}; border: none; border-radius: 2px; max-height: 4px; }}
QProgressBar::chunk {{ background: {t.focus}; border-radius: 2px; }}
""")
