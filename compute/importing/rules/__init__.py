"""What each operation of ONNX becomes: a function for each, by its name.

A rule takes the network, the node and what is known of its inputs (None for one that is left out), and returns what is
known of its outputs. Errors: Unsupported, with the end of a sentence that says why it has no counterpart.
"""

from __future__ import annotations

from collections.abc import Mapping

from compute.importing.network import Rule
from compute.importing.rules import arithmetic, layers, learned, shaping

RULES: Mapping[str, Rule] = {**arithmetic.RULES, **layers.RULES, **learned.RULES, **shaping.RULES}
