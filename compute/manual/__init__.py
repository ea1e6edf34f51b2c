"""The manual: one source as plain values, shown by the window, and as one HTML file by ``gradwire manual``."""

from compute.manual.blocks import Block, Code, Formula, Page, plain_text
from compute.manual.contents import Keys, contents
from compute.manual.page import manual_html

__all__ = ["Block", "Code", "Formula", "Keys", "Page", "contents", "manual_html", "plain_text"]
