"""Reports: all that there is of a document in one file, whatever state the document is in, and what differs in two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compute.cli.report import _PARTS
from compute.document import Document
from compute.document.exercise import Learner
from compute.engines import open_engine
from compute.evaluation import evaluate
from compute.fitting import fit
from compute.gallery import load_entry
from compute.graph import Node
from compute.reference import ReferenceEngine
from compute.report import Drawn, Findings, comparison, find_out, page, report_of
from compute.report.blocks import Cell, Chart, Curve, Facts, Table, Text
from compute.report.chart import chart_svg
from compute.report.page import DARK, LIGHT
from compute.report.sections import HIDDEN
from tests.compute.test_cli import Out, call, entry, error

Array = npt.NDArray[Any]
NOW = datetime(2026, 3, 4, 5, 6)
VOID = {"meta", "img", "source", "br"}


class Balanced(HTMLParser):
    """Fails where an element is not closed in its place, and collects what is referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.refers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.refers += [value or "" for name, value in attrs if name in ("src", "srcset", "href", "xlink:href")]
        assert tag not in ("script", "link", "iframe")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(html: str) -> str:
    """The page, which is well-formed and needs nothing beside itself."""
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert all(each.startswith(("#", "data:")) for each in parser.refers)
    assert "url(" not in html
    assert "@import" not in html
    return html


def found_in(document: Document) -> Findings:
    return find_out(document, ReferenceEngine())


def written(document: Document) -> str:
    return checked(page(report_of(found_in(document), NOW), [Drawn(b"<svg/>", b"<svg/>", width=10)]))


def section(found: Findings, title: str) -> Any:
    return next(each.blocks for each in report_of(found, NOW).sections if each.title == title)


@pytest.fixture(scope="module")
def iris() -> Document:
    document = load_entry("iris")
    engine, _ = open_engine("reference")
    fit(document, engine, epochs=8)
    return document


def test_every_section_stands_on_the_page(iris: Document) -> None:
    html = written(iris)
    titles = re.findall("<h2>(.*?)</h2>", html)
    assert titles == [
        "Network",
        "Data and preparation",
        "Settings",
        "Training",
        "Results",
        "Cost",
        "Gradients, audited",
        "Weights",
        "Provenance",
    ]
    assert "Made by Gradwire on 2026-03-04 at 05:06." in html
    assert html.count("<polyline") == 3  # two losses, and the accuracy
    assert "prefers-color-scheme: dark" in html
    assert "All 15 weights and 2 wires agree." in html


def test_the_numbers_are_those_of_the_network(iris: Document) -> None:
    found = found_in(iris)
    program = found.workspace.program
    run = ReferenceEngine().open(program)
    judged = evaluate(program, run)
    facts = dict(next(each for each in section(found, "Results") if isinstance(each, Facts)).pairs)
    assert facts["accuracy, validation"] == f"{100 * judged.metrics['accuracy']:.1f}\u00a0%"
    matrix = section(found, "Results")[-1]
    assert isinstance(matrix, Table)
    counts = np.array([[int(cell.text) for cell in line[1:] if isinstance(cell, Cell)] for line in matrix.lines])
    assert counts.sum() == judged.rows
    assert np.trace(counts) / counts.sum() == pytest.approx(judged.metrics["accuracy"])
    total = next(each for each in section(found, "Cost") if isinstance(each, Table)).lines[-1]
    assert [each.text if isinstance(each, Cell) else each for each in total][:3] == ["total", "15", "576"]


def test_other_data_have_another_checksum() -> None:
    def told(document: Document) -> str:
        facts = next(each for each in section(found_in(document), "Data and preparation") if isinstance(each, Facts))
        return dict(facts.pairs)["checksum of its columns"]

    mazur = load_entry("mazur_2_2_2")
    before = told(mazur)
    assert told(load_entry("mazur_2_2_2")) == before
    columns = {name: [*values] for name, values in mazur.data["columns"].items()}
    next(iter(columns.values()))[0] += 0.25
    mazur.data = {**mazur.data, "columns": columns}
    assert told(mazur) != before


def test_a_document_that_is_not_trained_says_so() -> None:
    found = found_in(load_entry("xor"))
    assert section(found, "Training") == [Text("Not trained: the weights are the first ones.", "dim")]
    assert "not trained" in report_of(found, NOW).subtitle


def test_without_loss_data_or_nodes_there_is_a_sentence() -> None:
    found = found_in(load_entry("matrix_vector"))
    assert section(found, "Results")[0].text.startswith("No loss is chosen")
    assert section(found, "Data and preparation")[-1].text.startswith("The graph reads no data")
    empty = found_in(Document())
    assert section(empty, "Network") == [Text("The graph has no nodes.", "dim")]
    assert section(empty, "Cost")[0].text == "Nothing can be computed, so nothing is counted."
    written(Document())


def test_what_is_wrong_stands_where_it_is_and_the_rest_is_told() -> None:
    document = load_entry("spiral")
    document.graph.nodes["h2"] = Node("h2", "no such op", {}, title="<script>alert(1)</script>")
    html = written(document)
    assert "does not know the op" in html
    assert "<script" not in html
    assert "400 for training, 100 for validation" in html


def test_data_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    document = load_entry("iris")
    document.data = {"source": "csv", "path": str(tmp_path / "gone.csv")}
    found = found_in(document)
    assert "gone.csv" in section(found, "Results")[0].text
    written(document)


def test_weights_that_are_no_numbers_are_loud(iris: Document) -> None:
    name, weight = next(iter(iris.weights.items()))
    document = replace(iris, weights={**iris.weights, name: np.full_like(weight, np.nan)})
    lines = next(each for each in section(found_in(document), "Weights") if isinstance(each, Table)).lines
    assert [line[0].tone for line in lines if isinstance(line[0], Cell)].count("error") == 1


def test_what_a_learner_is_asked_is_told_nowhere() -> None:
    document = load_entry("exercise_z_2x_y")
    assert document.exercise is not None
    document.exercise = replace(document.exercise, learner=Learner("1"))
    found = found_in(document)
    for title in ("Results", "Gradients, audited", "Weights"):
        assert section(found, title) == [Text(HIDDEN, "dim")]
    assert "loss" not in report_of(found, NOW).subtitle


def test_a_document_beside_itself_does_not_differ(iris: Document) -> None:
    report = comparison(found_in(iris), found_in(iris), NOW)
    assert report.subtitle == "Nothing differs."
    checked(page(report, [Drawn(), Drawn()]))


def test_two_documents_differ_where_something_was_changed(iris: Document) -> None:
    other = iris.copy()
    node = next(node for node in other.graph.nodes.values() if node.op == "dense")
    other.graph.nodes[node.id] = replace(node, params={**node.params, "bias": False})
    other.training = replace(other.training, batch_size=5)
    report = comparison(found_in(iris), found_in(replace(other, weights={})), NOW)
    parts = {each.title: each.blocks for each in report.sections}
    assert report.subtitle == "They differ in network, settings, weights, results, cost."
    network = next(each for each in parts["Network"] if isinstance(each, Table))
    assert "bias yes" in str(network.lines[0][1])
    assert "bias no" in str(network.lines[0][2])
    settings = parts["Settings"][0]
    assert isinstance(settings, Table)
    assert settings.lines == [("batch size", "16", "5")]
    weights = next(each for each in parts["Weights"] if isinstance(each, Table))
    assert any("–" in line for line in weights.lines)


def test_how_far_two_documents_were_trained_is_a_difference(iris: Document) -> None:
    other = load_entry("iris")
    fit(other, ReferenceEngine(), epochs=3)
    report = comparison(found_in(iris), found_in(other), NOW)
    assert report.subtitle == "They differ in training, weights, results."
    training = next(each.blocks for each in report.sections if each.title == "Training")
    assert isinstance(training[0], Table)
    assert [line[:3] for line in training[0].lines][:2] == [("epochs", "8", "3"), ("steps", "64", "24")]
    assert any(isinstance(each, Chart) for each in training)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_of_a_page_can_be_read(colors: Mapping[str, str]) -> None:
    def hexed(name: str) -> Array:
        return np.array([int(colors[name][at : at + 2], 16) for at in (1, 3, 5)])

    def luminance(color: Array) -> float:
        part = color / 255
        return float(
            np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        )

    def contrast(a: Array, b: Array) -> float:
        low, high = sorted((luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)

    fill, strength = np.array([*map(int, colors["fill"].split(","))]), float(colors["strength"])
    largest = strength * fill + (1 - strength) * hexed("ground")
    assert contrast(hexed("text"), largest) >= 4.5
    assert min(contrast(hexed(each), hexed("ground")) for each in ("text", "dim", "good", "error")) >= 4.5


def test_a_chart_has_round_numbers_and_all_its_names() -> None:
    svg = chart_svg(Chart("Loss", "epoch", [_curve("a", 400), _curve("b" * 60, 3), _curve("c" * 40, 900)]), str)
    assert svg.count("<polyline") == 3
    assert "b" * 60 in svg
    assert ">0.4<" in svg
    assert max(len(points.split()) for points in re.findall('points="(.*?)"', svg)) <= 602


def _curve(name: str, count: int) -> Curve:
    x = np.linspace(0, 10, count)
    return Curve(name, x.tolist(), (1 / (1 + x)).tolist())


def test_the_command_writes_a_page_without_a_window(capsys: Out, tmp_path: Path) -> None:
    out = tmp_path / "xor.html"
    _, err = call(capsys, "report", entry("xor"), "--out", str(out), "--engine", "reference")
    assert f"wrote {out}" in err
    html = checked(out.read_text(encoding="utf-8"))
    assert "This installation has no window, which draws the picture." in html


def test_every_part_that_takes_time_is_told() -> None:
    told = list[str]()
    document = load_entry("iris")
    document.data = {**document.data, "test_fraction": 0.1}
    find_out(document, ReferenceEngine(), test=True, tell=told.append)
    assert [*dict.fromkeys(told)] == [*_PARTS]


def test_what_cannot_be_written_is_refused_first(capsys: Out, tmp_path: Path) -> None:
    told = error(capsys, "report", entry("xor"), "--out", str(tmp_path / "a.doc"))
    assert told.endswith("must end in .html or .pdf; choose another name")
    assert "cannot draw" in error(capsys, "report", entry("xor"), "--out", str(tmp_path / "a.pdf"))
    assert "no document" in error(capsys, "report", entry("xor"), "gone.json", "--out", str(tmp_path / "a.html"))
