"""A workbook as Excel writes it, as far as a reader looks at it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | float | bool | None


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> None:
    """One sheet of cells for each name."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    numbered = list(enumerate(sheets, start=1))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{kinds}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets>'
            + "".join(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="s{at}"/>' for at, name in numbered)
            + "</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">'
            + "".join(
                f'<Relationship Id="s{at}" Type="{kinds}/worksheet" Target="worksheets/sheet{at}.xml"/>'
                for at, _ in numbered
            )
            + "</Relationships>",
        )
        for at, name in numbered:
            rows = "".join(f'<row r="{y}">{_row(y, row)}</row>' for y, row in enumerate(sheets[name], start=1))
            archive.writestr(
                f"xl/worksheets/sheet{at}.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
            )


def _row(y: int, cells: Sequence[Cell]) -> str:
    out = []
    for x, cell in enumerate(cells):
        place = f"{chr(65 + x)}{y}"
        if isinstance(cell, bool):
            out.append(f'<c r="{place}" t="b"><v>{int(cell)}</v></c>')
        elif isinstance(cell, str):
            out.append(f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
        elif cell is not None:
            out.append(f'<c r="{place}"><v>{cell}</v></c>')
    return "".join(out)
