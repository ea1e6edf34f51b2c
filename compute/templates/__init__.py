"""Networks that are made from a few words: ``30-16-8-1 relu``, ``autoencoder 8-2-8``, ``two branches``.

``TEMPLATES`` has the kinds there are; ``network`` makes one of what a person typed and of the data there is.
"""

from compute.templates.building import Network, network
from compute.templates.given import NO_DATA, Given, given
from compute.templates.grammar import Wish, looks_like_sizes, parse
from compute.templates.registry import TEMPLATES, Template

__all__ = [
    "NO_DATA",
    "TEMPLATES",
    "Given",
    "Network",
    "Template",
    "Wish",
    "given",
    "looks_like_sizes",
    "network",
    "parse",
]
