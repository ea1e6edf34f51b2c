"""The place of the data: where it comes from, its columns and who reads them, and a table of its rows."""

from editor.panels.data.place import DataPlace

__all__ = ["DataPlace"]
