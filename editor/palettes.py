"""Every colour of the window, dark and light, and how two of them mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute

from PySide6.QtGui import QColor


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. forward and backward, blue and orange, are the two fixed hues of values and gradients, and
    nothing else has them."""

    name: str
    window: str
    """Behind panels and toolbars."""
    canvas: str
    grid: str
    panel: str
    card: str
    """Raised or inset areas inside a panel: formula boxes, plots."""
    field: str
    """Text fields and lists."""
    hover: str
    line: str
    """Hairlines and borders."""
    text: str
    text_dim: str
    text_faint: str
    """For what is switched off; never for what must be read."""
    accent: str
    on_accent: str
    focus: str
    """The accent as a line: focus rings, the chosen tab, sliders."""
    forward: str
    forward_ground: str
    backward: str
    backward_ground: str
    good: str
    good_ground: str
    warning: str
    error: str
    error_ground: str
    positive: str
    """Diverging hues of signed numbers in heat maps, with ``card`` in the middle."""
    negative: str
    wire: str
    node: str
    node_border: str
    on_header: str
    on_bright: str
    """Dark ink for the bright cells of heat maps."""
    groups: Mapping[str, str] = attribute(default_factory=dict)
    """Node header by op group."""
    classes: tuple[str, ...] = ()
    """Hues of classes in plots; as those of signed numbers, neither that of values nor that of gradients."""
    frames: tuple[str, ...] = ()
    """Hues of frames and notes, by number."""
    guide: str = ""
    """What a lesson points at; nothing else has this hue."""
    train: str = ""
    validation: str = ""
    test: str = ""


DARK = Theme(
    name="dark",
    window="#1e2227",
    canvas="#1a1d22",
    grid="#262a31",
    panel="#25292f",
    card="#1d2126",
    field="#1a1e23",
    hover="#2f353d",
    line="#353b44",
    text="#e8ebef",
    text_dim="#a9b1bc",
    text_faint="#6d7683",
    accent="#d5dbe3",
    on_accent="#171a1f",
    focus="#e8ebef",
    forward="#5cc8ff",
    forward_ground="#12303f",
    backward="#ffa94d",
    backward_ground="#3d2812",
    good="#7bd88f",
    good_ground="#183324",
    warning="#ffdf5c",
    error="#ff7b7b",
    error_ground="#42201f",
    positive="#3ec98a",
    negative="#c45cf0",
    wire="#6b7480",
    node="#2a2f36",
    node_border="#434b56",
    on_header="#ffffff",
    on_bright="#000000",
    groups={
        "data": "#55606c",
        "layer": "#6550a3",
        "activation": "#3f7d5a",
        "arithmetic": "#766a1e",
        "matrix": "#2d7474",
        "regularisation": "#7a4a66",
        "loss": "#a34747",
    },
    classes=(
        "#b48cf7",
        "#ecd94a",
        "#6fd08c",
        "#ff7f9f",
        "#56d3c0",
        "#c5d86d",
        "#b0a090",
        "#e38cf0",
        "#9a9fb0",
        "#d9a7c7",
    ),
    frames=(
        "#4fa8ff",
        "#ff9a3d",
        "#6fd08c",
        "#d58cf0",
        "#f2d04e",
        "#ff7f9f",
        "#56d3d3",
        "#b0a090",
        "#9fb4ff",
        "#c5d86d",
    ),
    guide="#ff7ed4",
    train="#cfd6df",
    validation="#f0e060",
    test="#7fdcc0",
)

LIGHT = Theme(
    name="light",
    window="#eef0f3",
    canvas="#f7f8fa",
    grid="#e6e9ed",
    panel="#ffffff",
    card="#f5f6f8",
    field="#ffffff",
    hover="#e9edf2",
    line="#d5dae0",
    text="#1d2228",
    text_dim="#56606c",
    text_faint="#98a1ac",
    accent="#343a44",
    on_accent="#ffffff",
    focus="#343a44",
    forward="#00659c",
    forward_ground="#e2f3fc",
    backward="#a14a00",
    backward_ground="#fdeedd",
    good="#1d6f3a",
    good_ground="#e2f4e7",
    warning="#776000",
    error="#b3261e",
    error_ground="#fde9e7",
    positive="#1d8f56",
    negative="#9a35c4",
    wire="#8d97a3",
    node="#ffffff",
    node_border="#c6ccd4",
    on_header="#ffffff",
    on_bright="#000000",
    groups={
        "data": "#55606c",
        "layer": "#6550a3",
        "activation": "#3a7855",
        "arithmetic": "#766a1e",
        "matrix": "#2d7474",
        "regularisation": "#7a4a66",
        "loss": "#a34747",
    },
    classes=(
        "#7a4fd0",
        "#a88600",
        "#2d8f4e",
        "#cc3d63",
        "#138f80",
        "#6f8412",
        "#756c62",
        "#a23fb0",
        "#666c7a",
        "#a0587f",
    ),
    frames=(
        "#1f77d0",
        "#d9700a",
        "#2d8f4e",
        "#9a4fc0",
        "#a88600",
        "#cc3d63",
        "#138f8f",
        "#7a6a58",
        "#5468d4",
        "#6f8412",
    ),
    guide="#bd1489",
    train="#3a434d",
    validation="#786300",
    test="#0b6b58",
)


def mix(a: str, b: str, share: float) -> QColor:
    """``a`` with a share (0 … 1) of ``b``."""
    one, two = QColor(a), QColor(b)
    return QColor(
        round(one.red() + (two.red() - one.red()) * share),
        round(one.green() + (two.green() - one.green()) * share),
        round(one.blue() + (two.blue() - one.blue()) * share),
    )
