"""A chain of dense layers, drawn as circles and lines."""
