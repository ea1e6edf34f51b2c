"""What reads a spreadsheet in a process of its own: a file may ask for any amount of memory, and a call of the library
cannot be called off.

``python excel_child.py PATH SHEET LIMIT``: SHEET is a name, or "" for the first one that holds anything; LIMIT is how
many bytes it may take. The answer is a line of JSON that names the sheets and says how many rows there are, or what is
wrong; then a line for each row. This file imports nothing of its package: it is run by its path.
"""

from __future__ import annotations

import datetime
import json
import sys
from typing import Any


def cell(value: Any) -> Any:
    """A cell as JSON has it: dates as ISO 8601 writes them, without a time of midnight; nothing as null."""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return None if value == "" else value


def main(path: str, wanted: str, limit: str) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
    import python_calamine

    write = sys.stdout.write
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = [each.name for each in book.sheets_metadata if each.typ == python_calamine.SheetTypeEnum.WorkSheet]
        if wanted and wanted not in names:
            write(json.dumps({"error": f'there is no sheet "{wanted}"', "sheets": names}) + "\n")
            return
        name, sheet = "", None
        for name in [wanted] if wanted else names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                break
        rows = sheet.height if sheet is not None else 0
        write(json.dumps({"sheets": names, "sheet": name, "rows": rows}) + "\n")
        for row in sheet.iter_rows() if sheet is not None and rows else ():
            write(json.dumps([cell(value) for value in row]) + "\n")
    except python_calamine.PasswordError:
        write(json.dumps({"error": "it is protected by a password"}) + "\n")
    except python_calamine.CalamineError as error:
        write(json.dumps({"error": str(error)[:100]}) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(*sys.argv[1:4])
