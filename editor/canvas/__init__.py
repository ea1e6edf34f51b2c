"""The canvas: the graph with its numbers, painted and edited."""

from editor.canvas.canvas import MIME, Canvas

__all__ = ["MIME", "Canvas"]
