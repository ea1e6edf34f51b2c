"""The canvas as TikZ: every number as text, names shown and not obeyed, colours of the light theme by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from compute.edits import Editor
from compute.gallery import load_entry
from compute.graph import Note
from editor import theme
from editor.palettes import DARK, LIGHT
from editor.render import render
from editor.tikz_text import formula, is_plain, text_of

NODE = re.compile(r"^\\node\[.*?selectfont\] at \([^)]*\) \{(.*)\};$", re.M)


def balanced(text: str) -> bool:
    """Whether braces close what they open, those that are shown left out."""
    depth = 0
    for brace in re.findall(r"[{}]", re.sub(r"\\[{}\\]", "", text)):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def said(tex: str) -> list[str]:
    """The texts of a picture without what only makes room: ``→ −4`` is ``rightarrow-4``."""
    room = re.compile(r"\\hbox to [\d.]+em|\\raise[.\d]+em\\hbox|\\hss|\\script[a-z]*|[{}$\\ ]")
    return [room.sub("", each) for each in NODE.findall(tex)]


@pytest.fixture
def dark(qtbot: QtBot) -> None:
    """As it is when nobody chose."""
    assert theme.current() is DARK


def test_every_number_is_a_text_in_colours_of_the_light_theme(dark: None, tmp_path: Path) -> None:
    path = tmp_path / "z.tex"
    render(load_entry("z_2x_y"), path, True)
    tex = path.read_text(encoding="utf-8")
    assert theme.current() is DARK
    assert balanced(tex)
    assert tex.count(r"\begin{") == tex.count(r"\end{") == 2
    for text in ("rightarrow3", "rightarrow-4", "rightarrow6", "partial10", "partial5", "partial1"):
        assert text in said(tex), text
    assert rf"\definecolor{{gw-forward}}{{HTML}}{{{LIGHT.forward[1:].upper()}}}" in tex
    assert rf"\definecolor{{gw-backward}}{{HTML}}{{{LIGHT.backward[1:].upper()}}}" in tex


def test_a_bare_picture_is_to_be_put_into_a_document(dark: None, tmp_path: Path) -> None:
    path = tmp_path / "z.tex"
    render(load_entry("xor"), path, False, alone=False)
    tex = path.read_text(encoding="utf-8")
    assert r"\documentclass" not in tex
    assert tex.startswith("% XOR\n")
    assert not [each for each in said(tex) if "partial" in each]


def test_names_are_shown_and_formulas_stay_latex(dark: None, tmp_path: Path) -> None:
    entry = load_entry("z_2x_y")
    edits = Editor(entry)
    first = next(iter(entry.graph.nodes))
    edits.change(first, "Rename", title=r"a_%&#{}\~^$").apply(entry)
    note = Note("note", (0.0, 400.0), (300.0, 80.0), r"with $\frac{a}{b}$ and $\input{x}$ here")
    edits.add((note,), "Add").apply(entry)
    path = tmp_path / "z.tex"
    render(entry, path, True)
    tex = path.read_text(encoding="utf-8")
    assert balanced(tex)
    assert r"a\_\%\&\#\{\}\textbackslash{}\textasciitilde{}\textasciicircum{}\$" in tex
    assert r"{$\frac{a}{b}$};" in tex
    assert r"\input{x}" not in tex
    assert r"\textbackslash{}input" in tex


def test_letters_of_other_scripts() -> None:
    assert text_of("σ₁ ∂²") == r"$\sigma$$_{1}$ $\partial$$^{2}$"
    assert text_of("Größe −1") == r"Gr\"{o}\ss{}e $-$1"
    assert text_of("網") == "[7DB2]"
    assert text_of("−4", 0.5) == r"\hbox to 0.5em{\hss \raise.1em\hbox{$\scriptstyle -$}\hss}4"


@pytest.mark.parametrize(
    "latex", [r"\write18{x}", "a}b{", "x % y", r"\begin{document}", "a^^5cb", r"\catcode`\$=12", "a$b", "über", "{"]
)
def test_what_is_more_than_mathematics_is_shown_as_it_is_written(latex: str) -> None:
    assert not is_plain(latex)
    assert balanced(formula(latex))
    assert "\\write" not in formula(latex)


def test_mathematics_stays(dark: None) -> None:
    matrix = r"\begin{bmatrix}1 & 2\\3 & 4\end{bmatrix}"
    for latex in (r"\frac{\partial L}{\partial w_1} = \left(y - \hat{y}\right)^2", matrix):
        assert formula(latex) == f"${latex}$"
