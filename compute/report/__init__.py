"""A record of a document in one file, and of what differs between two: found out here, drawn by whoever can."""

from compute.report.blocks import Report
from compute.report.comparing import comparison
from compute.report.findings import Findings, find_out
from compute.report.page import Drawn, page
from compute.report.sections import report_of

__all__ = ["Drawn", "Findings", "Report", "comparison", "find_out", "page", "report_of"]
