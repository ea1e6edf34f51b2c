"""Choosing data: what is offered, and what is said of a choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compute.data import SOURCES, Offer, find_source


def offers() -> dict[str, Offer]:
    """What all sources offer, by key."""
    return {offer.key: offer for source in SOURCES.values() for offer in source.offers()}


def key_of(data: Mapping[str, Any]) -> str:
    """What tells a data section from others: the key of an offer where it is one."""
    source = find_source(data)
    return source.key(data) if source else str(data.get("source"))


def describe(data: Mapping[str, Any]) -> str:
    """Where the data comes from, in a few words."""
    source = find_source(data)
    return source.describe(data) if source else str(data.get("source"))
