"""What asks in a walk that asks first: the question, the answer, the reason, and how it all went."""

from __future__ import annotations

from editor.panels.asking.panel import AskPanel

__all__ = ["AskPanel"]
