"""The manual: a page for every operation, true numbers, one file that needs nothing beside it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from compute.cli import main
from compute.cli.arguments import COMMANDS
from compute.document import load
from compute.manual import Page, contents, manual_html, plain_text
from compute.manual.contents import DOCUMENT, FIELDS, LIBRARY, _compact
from compute.manual.operations import example
from compute.ops import REGISTRY
from compute.ops.base import Elementwise
from compute.report.blocks import Chart
from compute.schema import document_schema


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return contents([("File", [("Save", "Ctrl+S"), ("Nothing", "")])])


def test_every_operation_command_and_field_is_told(pages: list[Page]) -> None:
    known = {page.id: page for page in pages}
    assert set(known) == {"start", "shortcuts", "library", "commands", "format", *(f"op-{name}" for name in REGISTRY)}
    for name, op in REGISTRY.items():
        told = plain_text(known[f"op-{name}"])
        assert op.help in told
        assert all(param.help in told for param in op.params)
        curve = isinstance(op, Elementwise) and len(op.ports) == 1
        assert any(isinstance(block, Chart) for block in known[f"op-{name}"].blocks) == curve
    assert all(f"gradwire {name}" in plain_text(known["commands"]) for name in COMMANDS)
    assert set(FIELDS) == set(document_schema()["properties"])
    assert "Ctrl+S" in plain_text(known["shortcuts"])
    assert "Nothing" not in plain_text(known["shortcuts"])


@pytest.mark.parametrize("name", [name for name, op in REGISTRY.items() if op.ports and not op.draws])
def test_the_gradients_of_an_example_are_slopes(name: str) -> None:
    op = REGISTRY[name]
    found = example(op)
    assert found is not None
    for port, gradient in enumerate(found.gradients):
        if gradient is None or not op.sends_back([each.shape for each in found.inputs])[port]:
            continue
        slopes = np.zeros_like(found.inputs[port])
        for at in np.ndindex(slopes.shape):
            sums = []
            for step in (1e-6, -1e-6):
                inputs = [each.copy() for each in found.inputs]
                inputs[port][at] += step
                sums.append(op.forward(inputs, found.weights, found.settings).sum())
            slopes[at] = (sums[0] - sums[1]) / 2e-6
        np.testing.assert_allclose(gradient, slopes, atol=1e-6)


def test_the_document_and_the_library_do_what_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(_compact(DOCUMENT)) == DOCUMENT
    (tmp_path / "net.json").write_text(_compact(DOCUMENT), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(LIBRARY, "library", "exec"), {})
    assert float(capsys.readouterr().out) < 0.7
    assert load(tmp_path / "trained.gradwire").progress is not None


def test_the_file_needs_nothing_beside_it_and_its_links_lead_somewhere(
    tmp_path: Path, pages: list[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [page for page in pages if page.id in ("start", "format", "op-sigmoid", "op-dense")]
    monkeypatch.setattr("compute.cli.manual.contents", lambda keys: some)
    assert main(["manual", "--out", str(tmp_path), "--quiet"]) == 0
    text = (tmp_path / "manual.html").read_text(encoding="utf-8")
    assert text == manual_html(some)
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', text) == []
    ids, links, drawn = set[str](), list[str](), list[str]()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            ids.add(given.get("id") or "")
            if tag == "a":
                links.append((given["href"] or "").removeprefix("#"))
            if tag == "svg" and given.get("aria-label"):
                drawn.append(given["aria-label"] or "")

    Reader().feed(text)
    assert links == [page.id for page in some]
    assert set(links) <= ids
    assert REGISTRY["sigmoid"].formula in drawn
    assert "prefers-color-scheme: dark" in text
